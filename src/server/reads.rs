//! What the server reads: resources as identity providers see them, by id, by index, page by page.
//!
//! A trait over both resource types, so that every endpoint is written once. `app` implements it for the directory. How a
//! stored resource becomes an answer: [`super::view`].

use crate::model::{Object, StoreError};
use crate::scim::filter::Lookup;
use crate::scim::kind::ResourceKind;
use crate::scim::render::{GroupRef, Provisioning};
use crate::scim::resource::Member;

/// A user or group as it is stored.
#[derive(Clone, Debug, PartialEq)]
pub struct Stored {
    /// Its id.
    pub id: String,
    /// Document of record, without id, meta, groups and members.
    pub document: Object,
    /// Version, for the ETag.
    pub version: u64,
    /// Unix milliseconds.
    pub created_ms: i64,
    /// Unix milliseconds.
    pub modified_ms: i64,
    /// How far provisioning has come, as it is shown in our extension; users only.
    pub provisioning: Option<Provisioning>,
}

/// The read side of the directory.
pub trait Reads: Send + Sync {
    /// One resource.
    ///
    /// # Errors
    /// A damaged record.
    fn get(&self, kind: ResourceKind, id: &str) -> Result<Option<Stored>, StoreError>;

    /// The resources an index names; the caller still applies the filter. `None` when no index serves that look-up.
    ///
    /// # Errors
    /// A damaged record.
    fn lookup(&self, kind: ResourceKind, lookup: &Lookup) -> Result<Option<Vec<Stored>>, StoreError>;

    /// Up to `limit` resources after the id `after`, in the one stable order of listings.
    ///
    /// # Errors
    /// A damaged record.
    fn scan(&self, kind: ResourceKind, after: Option<&str>, limit: usize) -> Result<Vec<Stored>, StoreError>;

    /// How many there are.
    ///
    /// # Errors
    /// A damaged record.
    fn count(&self, kind: ResourceKind) -> Result<u64, StoreError>;

    /// The groups of a user.
    ///
    /// # Errors
    /// A damaged record.
    fn groups_of(&self, user: &str) -> Result<Vec<GroupRef>, StoreError>;

    /// All members of a group.
    ///
    /// # Errors
    /// A damaged record.
    fn members(&self, group: &str) -> Result<Vec<Member>, StoreError>;

    /// Whether a group has more members than that; looks at no more than it must.
    ///
    /// # Errors
    /// A damaged record.
    fn more_members_than(&self, group: &str, number: usize) -> Result<bool, StoreError>;
}
