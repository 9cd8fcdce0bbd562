//! Where in the listing a position is: the ids of every so-manyth resource, learnt while walking, so that a
//! client that pages through everything by `startIndex` does not make each page walk from the beginning.
//!
//! Nothing is prepared: a restart begins with an empty index. Its entries are thrown away when a resource
//! comes or goes, because every position behind it is then another one. Who walks: [`super::find`].

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use crate::limits;
use crate::scim::kind::ResourceKind;

/// Resources between two entries.
pub(crate) const STEP: usize = 500;

#[derive(Debug, Default)]
struct Known {
    generation: u64,
    /// How many resources come up to this id, and the id.
    ids: BTreeMap<usize, String>,
}

/// Positions in the listings of users and groups.
#[derive(Debug, Default)]
pub struct PageIndex {
    users: Mutex<Known>,
    groups: Mutex<Known>,
}

impl PageIndex {
    fn of(&self, kind: ResourceKind) -> &Mutex<Known> {
        match kind {
            ResourceKind::User => &self.users,
            ResourceKind::Group => &self.groups,
        }
    }

    /// The last entry at or before a position: how many resources come up to it, and its id. `(0, None)` is
    /// the beginning.
    pub fn before(&self, kind: ResourceKind, generation: u64, position: usize) -> (usize, Option<String>) {
        let known = self.of(kind).lock().unwrap_or_else(PoisonError::into_inner);
        if known.generation != generation {
            return (0, None);
        }
        known.ids.range(..=position).next_back().map_or((0, None), |(at, id)| (*at, Some(id.clone())))
    }

    /// Learns an entry.
    pub fn learn(&self, kind: ResourceKind, generation: u64, position: usize, id: &str) {
        let mut known = self.of(kind).lock().unwrap_or_else(PoisonError::into_inner);
        if known.generation != generation {
            *known = Known { generation, ids: BTreeMap::new() };
        }
        if known.ids.len() < limits::PAGE_INDEX_ENTRIES {
            known.ids.insert(position, id.to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_mark_before_a_position_counts_until_something_comes_or_goes() {
        let index = PageIndex::default();
        let user = ResourceKind::User;
        index.learn(user, 7, 500, "a");
        index.learn(user, 7, 1000, "b");
        for (position, wanted) in
            [(0, (0, None)), (499, (0, None)), (500, (500, Some("a"))), (1700, (1000, Some("b")))]
        {
            let (at, id) = index.before(user, 7, position);
            assert_eq!((at, id.as_deref()), wanted, "{position}");
        }
        assert_eq!(index.before(user, 8, 1700), (0, None), "another generation");
        assert_eq!(index.before(ResourceKind::Group, 7, 1700), (0, None), "another kind");
        index.learn(user, 8, 500, "c");
        assert_eq!(index.before(user, 8, 1700), (500, Some("c".to_owned())), "the old ones are gone");
    }
}
