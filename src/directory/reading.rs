//! The read side of the directory: resources as text, by id, by index and page by page, and how many there are.
//!
//! Parses no record (`form::view`). Writes that keep the numbers right are [`Directory::came`] and [`Directory::went`], called where a
//! record comes to be or goes. Whole records for the bridge are read in the files above.

use crate::model::{Batch, GroupId, StoreError, Table, UserId};
use crate::scim::kind::ResourceKind;
use crate::store::{keys, record};

use super::{Counts, Directory, PAGE, UserLookup, View, form, index};

/// Word under which a kind's records are kept.
const fn word(kind: ResourceKind) -> &'static str {
    match kind {
        ResourceKind::User => "user",
        ResourceKind::Group => "group",
    }
}

const fn table(kind: ResourceKind) -> Table {
    match kind {
        ResourceKind::User => Table::Users,
        ResourceKind::Group => Table::Groups,
    }
}

/// How many resources of a kind ever came and went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Turnover {
    came: u64,
    went: u64,
}

#[expect(clippy::missing_errors_doc, reason = "they fail on damaged records only, see `Directory`")]
impl Directory {
    /// One resource.
    pub fn view(&self, kind: ResourceKind, id: &str) -> Result<Option<View>, StoreError> {
        let value = self.value(table(kind), &self.key(&[word(kind), id]))?;
        value.map(|value| form::view(kind, &value)).transpose()
    }

    /// Up to `limit` users that a look-up finds, by id.
    pub fn user_views_by(&self, lookup: UserLookup<'_>, limit: usize) -> Result<Vec<View>, StoreError> {
        let ids = self.user_ids_by(lookup, limit)?;
        ids.iter().filter_map(|id| self.view(ResourceKind::User, id).transpose()).collect()
    }

    /// The group of that folded displayName.
    pub fn group_view_by_name(&self, folded: &str) -> Result<Option<View>, StoreError> {
        let id = self.owner(index::GROUP_NAME, folded)?;
        id.map_or(Ok(None), |id| self.view(ResourceKind::Group, &id))
    }

    /// Up to `limit` groups with that externalId, by id.
    pub fn group_views_by_external_id(&self, external: &str, limit: usize) -> Result<Vec<View>, StoreError> {
        let ids = self.sharers(index::GROUP_EXTERNAL, external, limit)?;
        ids.iter().filter_map(|id| self.view(ResourceKind::Group, id).transpose()).collect()
    }

    /// Up to `limit` resources after the id `after`, in the order of their ids.
    pub fn views(
        &self,
        kind: ResourceKind,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<View>, StoreError> {
        let after = after.map(|id| self.key(&[word(kind), id]));
        let rows = self.scan(table(kind), &[word(kind)], after.as_deref(), limit)?;
        rows.iter().map(|(_, value)| form::view(kind, value)).collect()
    }

    /// The id of the `nth` resource (from 1) after the id `after`; `None` where there are fewer.
    pub fn nth_id(
        &self,
        kind: ResourceKind,
        after: Option<&str>,
        nth: usize,
    ) -> Result<Option<String>, StoreError> {
        let after = after.map(|id| self.key(&[word(kind), id]));
        let prefix = keys::prefix(&self.tenant, &[word(kind)]);
        let Some(key) = self.store.nth_key(table(kind), &prefix, after.as_deref(), nth)? else {
            return Ok(None);
        };
        match keys::last_part(&key) {
            Some(id) => Ok(Some(id)),
            // An id too long to stand in the key.
            None => Ok(self
                .value(table(kind), &key)?
                .map(|value| form::view(kind, &value))
                .transpose()?
                .map(|view| view.id)),
        }
    }

    /// The groups of a user with their display names, by group id.
    pub fn groups_of(&self, user: &UserId) -> Result<Vec<(GroupId, String)>, StoreError> {
        let mut groups = Vec::new();
        for id in self.group_ids_of(user)? {
            if let Some(view) = self.view(ResourceKind::Group, id.as_str())? {
                groups.push((id, view.text.display_name()));
            }
        }
        Ok(groups)
    }

    /// How many users and groups there are.
    pub fn counts(&self) -> Result<Counts, StoreError> {
        let live = |turnover: Turnover| {
            usize::try_from(turnover.came.saturating_sub(turnover.went)).unwrap_or(usize::MAX)
        };
        Ok(Counts {
            users: live(self.turnover(ResourceKind::User)?),
            groups: live(self.turnover(ResourceKind::Group)?),
        })
    }

    /// A number that is another one whenever a resource of that kind has come or gone.
    pub fn generation(&self, kind: ResourceKind) -> Result<u64, StoreError> {
        let turnover = self.turnover(kind)?;
        Ok(turnover.came.saturating_add(turnover.went))
    }

    /// What has to be written once in a data directory from before resources were counted; empty in any other.
    pub fn batch_first_counts(&self) -> Result<Batch, StoreError> {
        let mut batch = Batch::new();
        for kind in ResourceKind::ALL {
            if self.value(Table::Meta, &self.came_key(kind))?.is_some() {
                continue;
            }
            let (mut number, mut after) = (0_i64, None::<String>);
            loop {
                let page = self.views(kind, after.as_deref(), PAGE)?;
                let Some(last) = page.last() else { break };
                number = number.saturating_add(i64::try_from(page.len()).unwrap_or(i64::MAX));
                after = Some(last.id.clone());
            }
            if number > 0 {
                batch.count(Table::Meta, self.came_key(kind), number);
            }
        }
        Ok(batch)
    }

    /// Counts a resource that comes to be with this batch.
    pub(super) fn came(&self, batch: &mut Batch, kind: ResourceKind) {
        batch.count(Table::Meta, self.came_key(kind), 1);
    }

    /// Counts a resource that goes with this batch.
    pub(super) fn went(&self, batch: &mut Batch, kind: ResourceKind) {
        batch.count(Table::Meta, self.key(&["went", word(kind)]), 1);
    }

    fn turnover(&self, kind: ResourceKind) -> Result<Turnover, StoreError> {
        let read = |key: &[u8]| -> Result<u64, StoreError> {
            let number = record::number(self.value(Table::Meta, key)?.as_deref())?;
            Ok(u64::try_from(number).unwrap_or(0))
        };
        Ok(Turnover { came: read(&self.came_key(kind))?, went: read(&self.key(&["went", word(kind)]))? })
    }

    fn came_key(&self, kind: ResourceKind) -> Vec<u8> {
        self.key(&["came", word(kind)])
    }
}
