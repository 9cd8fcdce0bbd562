//! How a record is written: with the index keys under which it is found, counted when it comes to be, and
//! only if nobody was faster.
//!
//! What the record says is decided by those who write it: [`super::turn`] and [`super::import`].

use crate::model::{Batch, Expect, Failure, StoreError, Table, UserId};
use crate::scim::kind::ResourceKind;

use super::record::{Provisioning, ProvisioningState, StoredGroup, StoredUser};
use super::{Directory, codec, index};

impl Directory {
    /// The user's record and its index keys.
    pub(super) async fn write_user(
        &self,
        batch: &mut Batch,
        before: Option<&StoredUser>,
        user: &StoredUser,
    ) -> Result<(), StoreError> {
        let keys = |user: &StoredUser| index::user(&self.tenant, user.id.as_str(), &user.document);
        let old = before.map(keys).unwrap_or_default();
        self.replace_index(batch, user.id.as_str(), &old, &keys(user)).await?;
        batch.put(Table::Users, self.user_key(&user.id), codec::encode_user(user)?);
        if before.is_none() {
            self.came(batch, ResourceKind::User);
        }
        Ok(())
    }

    /// The group's header and its index keys.
    pub(super) async fn write_group(
        &self,
        batch: &mut Batch,
        before: Option<&StoredGroup>,
        group: &StoredGroup,
    ) -> Result<(), StoreError> {
        let keys = |group: &StoredGroup| {
            index::group(&self.tenant, group.id.as_str(), &group.document, group.genesys.as_deref())
        };
        let old = before.map(keys).unwrap_or_default();
        self.replace_index(batch, group.id.as_str(), &old, &keys(group)).await?;
        batch.put(Table::Groups, self.group_key(&group.id), codec::encode_group(group)?);
        if before.is_none() {
            self.came(batch, ResourceKind::Group);
        }
        Ok(())
    }

    pub(super) async fn replace_index(
        &self,
        batch: &mut Batch,
        id: &str,
        old: &index::Keys,
        new: &index::Keys,
    ) -> Result<(), StoreError> {
        let mut owners = index::Owners::new();
        for key in new.unique.union(&old.unique) {
            if let Some(owner) = self.store.get(Table::Index, key).await? {
                owners.insert(key.clone(), owner);
            }
        }
        index::replace(batch, id, old, new, &owners);
        Ok(())
    }

    /// Whether there is a user with that id; its record is not decoded.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn has_user(&self, id: &UserId) -> Result<bool, StoreError> {
        Ok(self.store.get(Table::Users, &self.user_key(id)).await?.is_some())
    }

    /// What a batch expects of a record that is read next: asked before, so that whoever changes it in between makes
    /// the batch fail instead of being overwritten.
    pub(super) async fn as_it_is(&self, table: Table, key: &[u8]) -> Result<Expect, StoreError> {
        Ok(self.store.get(table, key).await?.map_or(Expect::Absent, Expect::Equals))
    }

    /// Lists something on a user that a change without a waiting client could not give.
    ///
    /// # Errors
    /// A damaged record.
    pub async fn note_failure(
        &self,
        id: &UserId,
        failure: Failure,
        now_ms: i64,
    ) -> Result<Batch, StoreError> {
        let mut batch = Batch::new();
        let as_it_is = self.as_it_is(Table::Users, &self.user_key(id)).await?;
        let Some(mut user) = self.get_user(id).await? else { return Ok(batch) };
        batch.expect(Table::Users, self.user_key(id), as_it_is);
        user.status =
            Provisioning { state: ProvisioningState::Failed, failures: vec![failure], updated_ms: now_ms };
        batch.put(Table::Users, self.user_key(id), codec::encode_user(&user)?);
        Ok(batch)
    }
}
