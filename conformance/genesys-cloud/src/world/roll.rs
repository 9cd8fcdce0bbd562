//! The roll: who is there, by state, in the order of ids, so that a listing makes a page without looking at
//! everybody.
//!
//! Knows nothing of requests; pages are cut in `paging` and in the operations.

use std::collections::BTreeSet;
use std::ops::Bound;

use super::World;
use super::entities::State;
use super::lookup::Key;

/// Those who hold a role directly, as a read sees it now.
pub(crate) struct Holders<'w> {
    pub(crate) count: usize,
    pub(crate) ids: Ids<'w>,
}

/// Ids in order.
pub(crate) type Ids<'w> = Box<dyn Iterator<Item = &'w String> + 'w>;

impl World {
    /// How many users are in a state; in any when none is named.
    pub(crate) fn head_count(&self, state: Option<State>) -> usize {
        state.map_or(self.users.len(), |state| self.lookup.count(&Key::State(state)))
    }

    /// Who holds a role directly. Those whose grants changed of late are shown as they were before; who is not
    /// in the order any more for it, comes last.
    pub(crate) fn holders(&self, role: &str, now_ms: u64, stale_ms: u32) -> Holders<'_> {
        let (mut hidden, mut extra) = (BTreeSet::new(), Vec::new());
        for user in self.lately_regranted(now_ms, stale_ms) {
            let seen = self.visible_grants(user, now_ms, stale_ms).iter().any(|grant| grant.role == role);
            let held = user.grants.iter().any(|grant| grant.role == role);
            if held && !seen {
                hidden.insert(&user.id);
            } else if seen && !held {
                extra.push(&user.id);
            }
        }
        let key = Key::Role(role.to_owned());
        let count = self.lookup.count(&key).saturating_sub(hidden.len()).saturating_add(extra.len());
        let now = self.lookup.all(&key).into_iter().flatten();
        if hidden.is_empty() {
            return Holders { count, ids: Box::new(now.chain(extra)) };
        }
        let ids = now.filter(move |id| !hidden.contains(id)).chain(extra);
        Holders { count, ids: Box::new(ids) }
    }

    /// Ids of the users in a state, or in any; those that come after an id, or all. Skipping many costs
    /// little, since nobody is looked at on the way.
    pub(crate) fn roll(&self, state: Option<State>, after: Option<&str>, descending: bool) -> Ids<'_> {
        let bounds = match after {
            None => (Bound::Unbounded, Bound::Unbounded),
            Some(id) if descending => (Bound::Unbounded, Bound::Excluded(id)),
            Some(id) => (Bound::Excluded(id), Bound::Unbounded),
        };
        match state {
            None => {
                let ids = self.users.range::<str, _>(bounds).map(|(id, _)| id);
                if descending { Box::new(ids.rev()) } else { Box::new(ids) }
            }
            Some(state) => {
                let Some(ids) = self.lookup.all(&Key::State(state)) else {
                    return Box::new(std::iter::empty());
                };
                let ids = ids.range::<str, _>(bounds);
                if descending { Box::new(ids.rev()) } else { Box::new(ids) }
            }
        }
    }
}
