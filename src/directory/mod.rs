//! The directory: users and groups as the identity provider sees them, with look-ups, memberships and what
//! was granted.
//!
//! Reads are answered from here and cost no Genesys call. Writes happen only in the batch of a saga's turn
//! ([`turn`]) or of an import ([`import`]), by way of [`writing`]; this room never commits. Look-ups are
//! below, pages and texts for reads in [`views`]. Keys are named in [`index`] and below; records in
//! [`record`], their bytes in [`codec`]; work that a group change leaves for its members in [`recompute`],
//! everything else that is still to be done for a user in [`work`].

mod aftermath;
mod claims;
mod codec;
#[cfg(test)]
pub(crate) mod crowd_tests;
#[cfg(test)]
mod format_tests;
pub(crate) mod granted;
pub(crate) mod import;
mod index;
mod members;
#[cfg(test)]
mod number_tests;
mod owed;
pub(crate) mod recompute;
pub(crate) mod record;
#[cfg(test)]
mod tests;
mod turn;
mod views;
pub(crate) mod work;
mod writing;

use std::sync::Arc;

use bytes::Bytes;
use serde::de::DeserializeOwned;

use crate::model::ports::{Rows, Store};
use crate::model::{Batch, Expect, GroupId, Ours, Reservation, StoreError, Table, TenantId, UserId};
use crate::store::keys;

pub(crate) use views::GroupNames;

pub(crate) use record::{Provisioning, ProvisioningState, StoredGroup, StoredUser, View};

/// Rows read in one go where all are wanted.
const PAGE: usize = 1000;

/// By what a user is looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UserLookup<'a> {
    /// userName, folded.
    UserName(&'a str),
    /// externalId, exactly.
    ExternalId(&'a str),
    /// Any e-mail address, folded.
    Email(&'a str),
}

/// How many resources there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Users, unmanaged ones included.
    pub users: usize,
    /// Groups, unmanaged ones included.
    pub groups: usize,
}

/// Users and groups of one tenant.
#[derive(Clone)]
pub struct Directory {
    tenant: TenantId,
    store: Arc<dyn Store>,
}

/// All reads fail with `StoreError::Damaged` on a record that cannot be read back, and with nothing else.
impl Directory {
    /// The directory of a tenant.
    pub fn new(tenant: TenantId, store: Arc<dyn Store>) -> Self {
        Self { tenant, store }
    }

    /// A user by its Genesys id.
    pub async fn get_user(&self, id: &UserId) -> Result<Option<StoredUser>, StoreError> {
        let value = self.value(Table::Users, &self.user_key(id)).await?;
        value.map(|value| codec::decode_user(&value)).transpose()
    }

    /// The user that a look-up finds; the first by id if an external id or an address has several.
    pub async fn user_by(&self, lookup: UserLookup<'_>) -> Result<Option<StoredUser>, StoreError> {
        Ok(self.users_by(lookup, 1).await?.pop())
    }

    /// Up to `limit` users that a look-up finds, by id.
    pub async fn users_by(
        &self,
        lookup: UserLookup<'_>,
        limit: usize,
    ) -> Result<Vec<StoredUser>, StoreError> {
        let mut users = Vec::new();
        for id in self.user_ids_by(lookup, limit).await? {
            users.extend(self.get_user(&UserId::new(id)).await?);
        }
        Ok(users)
    }

    async fn user_ids_by(&self, lookup: UserLookup<'_>, limit: usize) -> Result<Vec<String>, StoreError> {
        Ok(match lookup {
            UserLookup::UserName(name) => self.owner(index::USER_NAME, name).await?.into_iter().collect(),
            UserLookup::ExternalId(external) => self.sharers(index::USER_EXTERNAL, external, limit).await?,
            UserLookup::Email(email) => self.sharers(index::USER_EMAIL, email, limit).await?,
        })
    }

    /// Users by id, behind `after`.
    pub async fn users_after(
        &self,
        after: Option<&UserId>,
        limit: usize,
    ) -> Result<Vec<StoredUser>, StoreError> {
        let after = after.map(|id| self.user_key(id));
        let rows = self.scan(Table::Users, &["user"], after.as_deref(), limit).await?;
        rows.iter().map(|(_, value)| codec::decode_user(value)).collect()
    }

    /// A group by our id.
    pub async fn get_group(&self, id: &GroupId) -> Result<Option<StoredGroup>, StoreError> {
        let value = self.value(Table::Groups, &self.group_key(id)).await?;
        value.map(|value| codec::decode_group(&value)).transpose()
    }

    /// A group by folded displayName.
    pub async fn group_by_name(&self, folded: &str) -> Result<Option<StoredGroup>, StoreError> {
        match self.owner(index::GROUP_NAME, folded).await? {
            Some(id) => self.get_group(&GroupId::new(id)).await,
            None => Ok(None),
        }
    }

    /// The group that is kept under that Genesys group id.
    pub async fn group_by_genesys(&self, genesys: &str) -> Result<Option<StoredGroup>, StoreError> {
        match self.sharers(index::GROUP_GENESYS, genesys, 1).await?.pop() {
            Some(id) => self.get_group(&GroupId::new(id)).await,
            None => Ok(None),
        }
    }

    /// What we gave a user and may take back, and what we wrote lately; also of one who was removed here.
    pub(crate) async fn ours(&self, id: &UserId) -> Result<Ours, StoreError> {
        Ok(self.read(Table::Granted, &self.granted_key(id)).await?.unwrap_or_default())
    }

    /// The last version of a user that was removed here; one with the same id continues counting from it.
    pub async fn tombstone(&self, id: &UserId) -> Result<Option<u64>, StoreError> {
        self.read(Table::Users, &self.tombstone_key(id)).await
    }

    /// Conditions under which what a saga reserves belongs to nobody, or to the resource `own`. To be opened
    /// with the saga, so that a name taken between the look and the opening refuses it.
    pub async fn names_free(&self, wanted: &[Reservation], own: Option<&str>) -> Result<Batch, StoreError> {
        let mut batch = Batch::new();
        for wanted in wanted {
            let (word, name) = match wanted {
                Reservation::UserName(name) => (index::USER_NAME, name),
                Reservation::GroupName(name) => (index::GROUP_NAME, name),
                // Reserved too, but without a single owner in the index.
                Reservation::User(_) | Reservation::UserEmail(_) | Reservation::Group(_) => continue,
            };
            let key = self.key(&[word, name]);
            let expect = match self.store.get(Table::Index, &key).await? {
                Some(held) if own.is_some_and(|own| held == own.as_bytes()) => Expect::Equals(held),
                _ => Expect::Absent,
            };
            batch.expect(Table::Index, key, expect);
        }
        Ok(batch)
    }

    async fn owner(&self, word: &str, name: &str) -> Result<Option<String>, StoreError> {
        let value = self.store.get(Table::Index, &self.key(&[word, name])).await?;
        value.as_deref().map(id_text).transpose()
    }

    async fn sharers(&self, word: &str, name: &str, limit: usize) -> Result<Vec<String>, StoreError> {
        let rows = self.scan(Table::Index, &[word, name], None, limit).await?;
        rows.iter().map(|(_, id)| id_text(id)).collect()
    }

    async fn value(&self, table: Table, key: &[u8]) -> Result<Option<Bytes>, StoreError> {
        self.store.get(table, key).await
    }

    async fn count(&self, table: Table, parts: &[&str]) -> Result<usize, StoreError> {
        let (mut total, mut after) = (0, None::<Vec<u8>>);
        loop {
            let page = self.scan(table, parts, after.as_deref(), PAGE).await?;
            let Some((last, _)) = page.last() else { return Ok(total) };
            after = Some(last.clone());
            total += page.len();
        }
    }

    async fn scan(
        &self,
        table: Table,
        parts: &[&str],
        after: Option<&[u8]>,
        limit: usize,
    ) -> Result<Rows, StoreError> {
        self.store.scan(table, &keys::prefix(&self.tenant, parts), after, limit).await
    }

    async fn scan_all(&self, table: Table, parts: &[&str]) -> Result<Rows, StoreError> {
        let mut rows = Rows::new();
        loop {
            let after = rows.last().map(|(key, _)| key.as_slice());
            let page = self.scan(table, parts, after, PAGE).await?;
            if page.is_empty() {
                return Ok(rows);
            }
            rows.extend(page);
        }
    }

    async fn read<T: DeserializeOwned>(&self, table: Table, key: &[u8]) -> Result<Option<T>, StoreError> {
        self.value(table, key).await?.map(|value| record::decode(&value)).transpose()
    }

    fn key(&self, parts: &[&str]) -> Vec<u8> {
        keys::key(&self.tenant, parts)
    }

    fn user_key(&self, id: &UserId) -> Vec<u8> {
        self.key(&["user", id.as_str()])
    }

    fn tombstone_key(&self, id: &UserId) -> Vec<u8> {
        self.key(&["gone", id.as_str()])
    }

    fn granted_key(&self, id: &UserId) -> Vec<u8> {
        self.key(&["user", id.as_str()])
    }

    fn group_key(&self, id: &GroupId) -> Vec<u8> {
        self.key(&["group", id.as_str()])
    }
}

fn id_text(value: &[u8]) -> Result<String, StoreError> {
    crate::store::record::id(value).map(str::to_owned)
}
