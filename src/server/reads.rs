//! What the server reads: resources as identity providers see them, by id, by index, page by page.
//!
//! A trait over both resource types, so that every endpoint is written once. `app` implements it for the
//! directory. How a stored resource becomes an answer: [`super::view`].

use async_trait::async_trait;

use crate::model::{Object, StoreError};
use crate::scim::filter::Lookup;
use crate::scim::kind::ResourceKind;
use crate::scim::render::{GroupRef, Provisioning};
use crate::scim::rendered::{Meta, Rendered};
use crate::scim::resource::Member;

/// A user or group as it is stored.
#[derive(Clone, Debug, PartialEq)]
pub struct Stored {
    /// Its id.
    pub id: String,
    /// Version, for the ETag.
    pub version: u64,
    /// Whether its provisioning is pending or failed: every answer then tells.
    pub telling: bool,
    /// The resource as text.
    pub text: Rendered,
}

impl Stored {
    /// From a document of record.
    pub fn new(kind: ResourceKind, id: &str, document: &Object, meta: &Meta) -> Self {
        let text = Rendered::of(kind, id, document, meta);
        Self { id: id.to_owned(), version: meta.version, telling: false, text }
    }

    /// The document of record.
    ///
    /// # Errors
    /// A damaged record.
    pub fn document(&self) -> Result<Object, StoreError> {
        self.text.document().map_err(|_| damaged())
    }
}

/// The text of a record cannot be taken apart.
pub(super) fn damaged() -> StoreError {
    StoreError::Damaged("the text of a resource is no JSON".to_owned())
}

/// Whose names are told of the members of a group; each costs a look at the member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemberNames {
    /// Nobody's: nobody looks at them.
    None,
    /// Those of a group with up to [`crate::limits::MEMBERS_NAMED`] members.
    OfSmallGroups,
    /// Everybody's: a filter asks for them.
    All,
}

/// The read side of the directory.
#[async_trait]
pub trait Reads: Send + Sync {
    /// One resource.
    ///
    /// # Errors
    /// A damaged record.
    async fn get(&self, kind: ResourceKind, id: &str) -> Result<Option<Stored>, StoreError>;

    /// The resources an index names; the caller still applies the filter. `None` when no index serves that
    /// look-up.
    ///
    /// # Errors
    /// A damaged record.
    async fn lookup(&self, kind: ResourceKind, lookup: &Lookup) -> Result<Option<Vec<Stored>>, StoreError>;

    /// Up to `limit` resources after the id `after`, in the one stable order of listings, and no more behind the
    /// one with which they exceed `bytes`. True: there may be more.
    ///
    /// # Errors
    /// A damaged record.
    async fn scan(
        &self,
        kind: ResourceKind,
        after: Option<&str>,
        limit: usize,
        bytes: usize,
    ) -> Result<(Vec<Stored>, bool), StoreError>;

    /// The id of the `nth` resource (from 1) after the id `after`, in the same order; `None` where there are
    /// fewer.
    ///
    /// # Errors
    /// A damaged record.
    async fn nth_id(
        &self,
        kind: ResourceKind,
        after: Option<&str>,
        nth: usize,
    ) -> Result<Option<String>, StoreError>;

    /// How many there are.
    ///
    /// # Errors
    /// A damaged record.
    async fn count(&self, kind: ResourceKind) -> Result<u64, StoreError>;

    /// A number that is another one whenever a resource has come or gone.
    ///
    /// # Errors
    /// A damaged record.
    async fn generation(&self, kind: ResourceKind) -> Result<u64, StoreError>;

    /// How far the provisioning of a user has come; `None` for one that was only imported.
    ///
    /// # Errors
    /// A damaged record.
    async fn provisioning(&self, user: &str) -> Result<Option<Provisioning>, StoreError>;

    /// The groups of a user.
    ///
    /// # Errors
    /// A damaged record.
    async fn groups_of(&self, user: &str) -> Result<Vec<GroupRef>, StoreError>;

    /// Whether no user from the id `first` to the id `last` is in any group, told by one look. Both are of
    /// one length.
    ///
    /// # Errors
    /// A damaged record.
    async fn groupless(&self, first: &str, last: &str) -> Result<bool, StoreError>;

    /// All members of a group.
    ///
    /// # Errors
    /// A damaged record.
    async fn members(&self, group: &str, names: MemberNames) -> Result<Vec<Member>, StoreError>;

    /// Whether a group has more members than that; looks at no more than it must.
    ///
    /// # Errors
    /// A damaged record.
    async fn more_members_than(&self, group: &str, number: usize) -> Result<bool, StoreError>;
}
