//! The read side of the directory: resources as text, by id, by index and page by page, and how many there
//! are.
//!
//! Parses no record (`codec::view`). Writes that keep the numbers right are [`Directory::came`] and
//! [`Directory::went`], called where a record comes to be or goes. Whole records for the bridge are read in
//! the files above.

use std::collections::BTreeMap;

use crate::limits::{GROUPS_NAMED, SORT_BYTES, WALK_BYTES};
use crate::model::{Batch, GroupId, StoreError, Table, UserId};
use crate::scim::kind::ResourceKind;
use crate::store::{keys, record};

use super::{Counts, Directory, PAGE, UserLookup, View, codec, index};

/// Names of groups that were read; `None` for one that is not there.
pub(crate) type GroupNames = BTreeMap<GroupId, Option<String>>;

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
impl Directory {
    /// One resource.
    pub async fn view(&self, kind: ResourceKind, id: &str) -> Result<Option<View>, StoreError> {
        let value = self.value(table(kind), &self.key(&[word(kind), id])).await?;
        value.map(|value| codec::view(kind, &value)).transpose()
    }

    /// Up to `limit` users that a look-up finds, by id; `None` where they are too large together.
    pub async fn user_views_by(
        &self,
        lookup: UserLookup<'_>,
        limit: usize,
    ) -> Result<Option<Vec<View>>, StoreError> {
        let ids = self.user_ids_by(lookup, limit).await?;
        self.views_of(ResourceKind::User, ids).await
    }

    /// The group of that folded displayName.
    pub async fn group_view_by_name(&self, folded: &str) -> Result<Option<View>, StoreError> {
        match self.owner(index::GROUP_NAME, folded).await? {
            Some(id) => self.view(ResourceKind::Group, &id).await,
            None => Ok(None),
        }
    }

    /// Up to `limit` groups with that externalId, by id; `None` where they are too large together.
    pub async fn group_views_by_external_id(
        &self,
        external: &str,
        limit: usize,
    ) -> Result<Option<Vec<View>>, StoreError> {
        let ids = self.sharers(index::GROUP_EXTERNAL, external, limit).await?;
        self.views_of(ResourceKind::Group, ids).await
    }

    /// Up to `limit` groups that a user is a member of, by id; `None` where they are too large together.
    pub async fn group_views_of(&self, user: &UserId, limit: usize) -> Result<Option<Vec<View>>, StoreError> {
        let ids = self.group_ids_of(user).await?.into_iter().take(limit);
        self.views_of(ResourceKind::Group, ids.map(|id| id.to_string()).collect()).await
    }

    async fn views_of(&self, kind: ResourceKind, ids: Vec<String>) -> Result<Option<Vec<View>>, StoreError> {
        let (mut views, mut left) = (Vec::with_capacity(ids.len()), SORT_BYTES);
        for id in ids {
            let Some(view) = self.view(kind, &id).await? else { continue };
            let Some(rest) = left.checked_sub(view.text.bytes()) else { return Ok(None) };
            left = rest;
            views.push(view);
        }
        Ok(Some(views))
    }

    /// Up to `limit` resources after the id `after`, in the order of their ids, and no more behind the one with which
    /// their records exceed `bytes`. True: there may be more.
    pub async fn views(
        &self,
        kind: ResourceKind,
        after: Option<&str>,
        limit: usize,
        bytes: usize,
    ) -> Result<(Vec<View>, bool), StoreError> {
        let after = after.map(|id| self.key(&[word(kind), id]));
        let prefix = keys::prefix(&self.tenant, &[word(kind)]);
        let (rows, more) =
            self.store.scan_within(table(kind), &prefix, after.as_deref(), limit, bytes).await?;
        let views = rows.iter().map(|(_, value)| codec::view(kind, value)).collect::<Result<_, _>>()?;
        Ok((views, more))
    }

    /// The id of the `nth` resource (from 1) after the id `after`; `None` where there are fewer.
    pub async fn nth_id(
        &self,
        kind: ResourceKind,
        after: Option<&str>,
        nth: usize,
    ) -> Result<Option<String>, StoreError> {
        let after = after.map(|id| self.key(&[word(kind), id]));
        let prefix = keys::prefix(&self.tenant, &[word(kind)]);
        let Some(key) = self.store.nth_key(table(kind), &prefix, after.as_deref(), nth).await? else {
            return Ok(None);
        };
        if let Some(id) = keys::last_part(&key) {
            return Ok(Some(id));
        }
        // An id too long to stand in the key.
        let value = self.value(table(kind), &key).await?;
        let view = value.map(|value| codec::view(kind, &value)).transpose()?;
        Ok(view.map(|view| view.id))
    }

    /// The groups of a user with their display names, by group id.
    pub async fn groups_of(&self, user: &UserId) -> Result<Vec<(GroupId, String)>, StoreError> {
        self.groups_of_by(user, &mut GroupNames::new()).await
    }

    /// The same for one of many users: names that were read for those before are not read again.
    pub(crate) async fn groups_of_by(
        &self,
        user: &UserId,
        names: &mut GroupNames,
    ) -> Result<Vec<(GroupId, String)>, StoreError> {
        let mut groups = Vec::new();
        for id in self.group_ids_of(user).await? {
            let name = match names.get(&id) {
                Some(known) => known.clone(),
                None => {
                    let view = self.view(ResourceKind::Group, id.as_str()).await?;
                    let name = view.map(|view| view.text.display_name());
                    if names.len() >= GROUPS_NAMED {
                        names.clear();
                    }
                    names.insert(id.clone(), name.clone());
                    name
                }
            };
            groups.extend(name.map(|name| (id, name)));
        }
        Ok(groups)
    }

    /// How many users and groups there are.
    pub async fn counts(&self) -> Result<Counts, StoreError> {
        let live = |turnover: Turnover| {
            usize::try_from(turnover.came.saturating_sub(turnover.went)).unwrap_or(usize::MAX)
        };
        Ok(Counts {
            users: live(self.turnover(ResourceKind::User).await?),
            groups: live(self.turnover(ResourceKind::Group).await?),
        })
    }

    /// A number that is another one whenever a resource of that kind has come or gone.
    pub async fn generation(&self, kind: ResourceKind) -> Result<u64, StoreError> {
        let turnover = self.turnover(kind).await?;
        Ok(turnover.came.saturating_add(turnover.went))
    }

    /// What has to be written once in a data directory from before resources were counted; empty in any
    /// other.
    pub async fn batch_first_counts(&self) -> Result<Batch, StoreError> {
        let mut batch = Batch::new();
        for kind in ResourceKind::ALL {
            if self.value(Table::Meta, &self.came_key(kind)).await?.is_some() {
                continue;
            }
            let (mut number, mut after) = (0_i64, None::<String>);
            loop {
                let (page, _) = self.views(kind, after.as_deref(), PAGE, WALK_BYTES).await?;
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
        batch.count(Table::Meta, self.went_key(kind), 1);
    }

    async fn turnover(&self, kind: ResourceKind) -> Result<Turnover, StoreError> {
        let came = self.number(&self.came_key(kind)).await?;
        Ok(Turnover { came, went: self.number(&self.went_key(kind)).await? })
    }

    async fn number(&self, key: &[u8]) -> Result<u64, StoreError> {
        let number = record::number(self.value(Table::Meta, key).await?.as_deref())?;
        Ok(u64::try_from(number).unwrap_or(0))
    }

    fn came_key(&self, kind: ResourceKind) -> Vec<u8> {
        self.key(&["came", word(kind)])
    }

    fn went_key(&self, kind: ResourceKind) -> Vec<u8> {
        self.key(&["went", word(kind)])
    }
}
