//! Users and groups as they are kept: the document of record and what the bridge knows beside it.
//!
//! Types only. How they become bytes: [`super::codec`]; how a saga's result becomes a record: `turn`; what
//! the SCIM representation looks like: `scim`.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::model::{Failure, GroupId, Named, Object, SagaId, StoreError, SubjectId, UserId};
use crate::scim::rendered::Rendered;
use crate::store::record;

const FORMAT: u8 = 1;

/// How far the provisioning of a user has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProvisioningState {
    /// Everything desired is there.
    #[default]
    Committed,
    /// The identity exists, the rest goes on.
    Pending,
    /// Something was refused for good; see the failures.
    Failed,
    /// Something waits for a name that Genesys does not know yet; see the failures.
    Held,
}

impl ProvisioningState {
    /// The word that a client sees.
    pub const fn as_str(self) -> &'static str {
        match self {
            ProvisioningState::Committed => "committed",
            ProvisioningState::Pending => "pending",
            ProvisioningState::Failed => "failed",
            ProvisioningState::Held => "held",
        }
    }
}

/// Provisioning status of a user. Does not count in its version.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Provisioning {
    /// How far it is.
    pub state: ProvisioningState,
    /// What was desired and is not there.
    pub failures: Vec<Failure>,
    /// When that was written, Unix milliseconds.
    pub updated_ms: i64,
}

/// A user as the identity provider sees it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StoredUser {
    /// Our own key; the value of the mark in Genesys.
    pub subject: SubjectId,
    /// Its Genesys id.
    pub id: UserId,
    /// Document of record, without id, meta, groups and password.
    pub document: Object,
    /// Counts the changes of the document, from 1; continues after a delete.
    pub version: u64,
    /// When it was first seen here, Unix milliseconds.
    pub created_ms: i64,
    /// When the document last changed, Unix milliseconds.
    pub modified_ms: i64,
    /// False for one that was imported and no identity provider has written yet.
    pub managed: bool,
    /// How far its provisioning has come.
    pub status: Provisioning,
    /// Its Genesys division, as far as it was read.
    #[serde(default)]
    pub division: Option<Named>,
    /// The saga that wrote it last, so that several turns of one saga count as one change. `None` after an
    /// import.
    pub saga: Option<SagaId>,
}

/// A group as the identity provider sees it. Its members are keys of their own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StoredGroup {
    /// Our own key.
    pub subject: SubjectId,
    /// Our id.
    pub id: GroupId,
    /// Genesys group id, once there is one.
    pub genesys: Option<String>,
    /// Document of record, without id, meta and members.
    pub document: Object,
    /// Counts the changes of document and members, from 1.
    pub version: u64,
    /// When it was first seen here, Unix milliseconds.
    pub created_ms: i64,
    /// When document or members last changed, Unix milliseconds.
    pub modified_ms: i64,
    /// False for one that was imported and no identity provider has written yet.
    pub managed: bool,
    /// Whether the bridge made it in Genesys: only then may it remove it there.
    #[serde(default)]
    pub made: bool,
    /// The saga that wrote it last. `None` after an import.
    pub saga: Option<SagaId>,
}

impl StoredGroup {
    /// Its displayName, empty if it has none.
    pub fn display_name(&self) -> &str {
        super::index::text(&self.document, "displayName").unwrap_or_default()
    }
}

/// A resource as a read needs it: its text and what stands in headers, without taking it apart.
#[derive(Clone, Debug, PartialEq)]
pub struct View {
    /// Its id.
    pub id: String,
    /// Version, for the ETag.
    pub version: u64,
    /// Unix milliseconds.
    pub created_ms: i64,
    /// Unix milliseconds.
    pub modified_ms: i64,
    /// Whether its provisioning is pending or failed, which every answer tells.
    pub telling: bool,
    /// The resource as text.
    pub text: Rendered,
}

/// As a value of the store.
pub(super) fn encode<T: Serialize>(record: &T) -> Result<Bytes, StoreError> {
    record::encode(FORMAT, record)
}

/// From a value of the store.
pub(super) fn decode<T: serde::de::DeserializeOwned>(value: &[u8]) -> Result<T, StoreError> {
    record::decode(FORMAT, value)
}

/// Attributes that are never part of a user's document of record: they are computed, or secret.
pub(super) const NOT_OF_USERS: [&str; 4] = ["id", "meta", "groups", "password"];
/// Attributes that are never part of a group's document of record.
pub(super) const NOT_OF_GROUPS: [&str; 3] = ["id", "meta", "members"];

/// The document without what is not part of it.
pub(super) fn document_of_record(document: &Object, without: &[&str]) -> Object {
    let kept = document.iter().filter(|(name, _)| !without.iter().any(|one| name.eq_ignore_ascii_case(one)));
    kept.map(|(name, value)| (name.clone(), value.clone())).collect()
}
