//! Memberships: one key for each, once under the group and once under the user.
//!
//! Reads, and the two keys of one membership. Which memberships a saga changes is decided in `turn`.

use std::collections::BTreeSet;

use crate::model::{Batch, GroupId, StoreError, Table, UserId};
use crate::store::keys;

use super::{Directory, StoredGroup, id_text};

/// Users under a group.
const OF_GROUP: &str = "ofGroup";
/// Groups under a user.
const OF_USER: &str = "ofUser";
impl Directory {
    /// The ids of a user's groups.
    pub(super) async fn group_ids_of(&self, user: &UserId) -> Result<Vec<GroupId>, StoreError> {
        let rows = self.scan_all(Table::Members, &[OF_USER, user.as_str()]).await?;
        rows.iter().map(|(_, group)| id_text(group).map(GroupId::new)).collect()
    }

    /// Whether no user from `first` to `last` is in any group; ids must be alphanumeric or hyphens and of one
    /// length.
    pub async fn groupless(&self, first: &UserId, last: &UserId) -> Result<bool, StoreError> {
        let all = keys::prefix(&self.tenant, &[OF_USER]);
        // Everything of the first user sorts behind its key without the part for the group.
        let before = keys::key(&self.tenant, &[OF_USER, first.as_str()]);
        let next = self.store.nth_key(Table::Members, &all, Some(&before), 1).await?;
        let mut end = keys::key(&self.tenant, &[OF_USER, last.as_str()]);
        // The character behind the separator `/`.
        end.push(b'0');
        Ok(next.is_none_or(|key| key >= end))
    }

    /// Up to `limit` members of a group after `after`, by user id.
    pub async fn members(
        &self,
        group: &GroupId,
        after: Option<&UserId>,
        limit: usize,
    ) -> Result<Vec<UserId>, StoreError> {
        let after = after.map(|user| self.membership(group, user).0);
        let rows = self.scan(Table::Members, &[OF_GROUP, group.as_str()], after.as_deref(), limit).await?;
        rows.iter().map(|(_, user)| id_text(user).map(UserId::new)).collect()
    }

    /// How many members a group has, counted one by one.
    pub async fn member_count(&self, group: &GroupId) -> Result<usize, StoreError> {
        self.count(Table::Members, &[OF_GROUP, group.as_str()]).await
    }

    /// Whether a user is a member of a group.
    pub async fn is_member(&self, group: &GroupId, user: &UserId) -> Result<bool, StoreError> {
        Ok(self.store.get(Table::Members, &self.membership(group, user).0).await?.is_some())
    }

    /// All members of a group.
    pub(super) async fn all_members(&self, group: &GroupId) -> Result<BTreeSet<UserId>, StoreError> {
        let rows = self.scan_all(Table::Members, &[OF_GROUP, group.as_str()]).await?;
        rows.iter().map(|(_, user)| id_text(user).map(UserId::new)).collect()
    }

    /// Writes one membership.
    pub(super) fn join(&self, batch: &mut Batch, group: &GroupId, user: &UserId) {
        let (of_group, of_user) = self.membership(group, user);
        batch.put(Table::Members, of_group, user.as_str().to_owned());
        batch.put(Table::Members, of_user, group.as_str().to_owned());
    }

    /// Removes one membership.
    pub(super) fn leave(&self, batch: &mut Batch, group: &GroupId, user: &UserId) {
        let (of_group, of_user) = self.membership(group, user);
        batch.delete(Table::Members, of_group);
        batch.delete(Table::Members, of_user);
    }

    /// Removes all memberships of a user. Each of the groups is another one now: who asks with its tag must see it.
    pub(super) async fn leave_all(
        &self,
        batch: &mut Batch,
        user: &UserId,
        now_ms: i64,
    ) -> Result<(), StoreError> {
        for (_, group) in self.scan_all(Table::Members, &[OF_USER, user.as_str()]).await? {
            let group = GroupId::new(id_text(&group)?);
            self.leave(batch, &group, user);
            // Others may change the group, or take somebody out of it, at the same moment.
            let as_it_is = self.as_it_is(Table::Groups, &self.group_key(&group)).await?;
            if let Some(before) = self.get_group(&group).await? {
                let version = before.version.saturating_add(1);
                let after = StoredGroup { version, modified_ms: now_ms, ..before.clone() };
                batch.expect(Table::Groups, self.group_key(&group), as_it_is);
                self.write_group(batch, Some(&before), &after).await?;
            }
        }
        Ok(())
    }

    fn membership(&self, group: &GroupId, user: &UserId) -> (Vec<u8>, Vec<u8>) {
        let (group, user) = (group.as_str(), user.as_str());
        (keys::key(&self.tenant, &[OF_GROUP, group, user]), keys::key(&self.tenant, &[OF_USER, user, group]))
    }
}
