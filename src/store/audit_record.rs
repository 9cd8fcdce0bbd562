//! The form of an audit record, and how it gets into a batch.
//!
//! Below `directory` and `audit`, which both need it. Verification and export are in `audit`, the hash chain
//! in [`super::hash_chain`].

use serde::{Deserialize, Serialize};

use crate::model::{Batch, Cause, CredentialId, SagaId, StoreError, TenantId};

use super::{keys, record};

const FORMAT: u8 = 1;

/// One entry of the audit trail. It holds ids and codes, never personal values.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditRecord {
    /// When, Unix milliseconds.
    pub at_ms: i64,
    /// Who or what caused it, as [`Actor`](crate::model::Actor) is written: `client:<client id>`,
    /// `recompute`, `operator`. Records from before clients had ids name the token here.
    pub who: String,
    /// With which credential, where a client asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential: Option<CredentialId>,
    /// The id of the request that caused it.
    pub request: String,
    /// What kind of change: `create`, `update`, `group_delete`, `token_revoked`, ...
    pub what: String,
    /// The id of the user, group or token.
    pub subject: String,
    /// How it came out: `pending`, `committed`, `failed`, `rolled_back`, ...
    pub outcome: String,
    /// Codes that say why, where it did not simply work.
    pub codes: Vec<String>,
    /// The saga, if it was one.
    pub saga: Option<SagaId>,
}

impl AuditRecord {
    /// That somebody did something by the administration's means: what to which token, saga or part of the
    /// bridge, and how it came out.
    pub fn administration(cause: &Cause, at_ms: i64, what: &str, subject: &str, outcome: &str) -> Self {
        Self {
            at_ms,
            who: cause.by.to_string(),
            credential: cause.credential.clone(),
            request: cause.request.clone(),
            what: what.to_owned(),
            subject: subject.to_owned(),
            outcome: outcome.to_owned(),
            codes: Vec::new(),
            saga: None,
        }
    }
}

/// Adds a record to a batch.
///
/// # Errors
/// A record that cannot be written.
pub fn append(batch: &mut Batch, tenant: &TenantId, entry: &AuditRecord) -> Result<(), StoreError> {
    batch.append_chained(prefix(tenant), record::encode(FORMAT, entry)?);
    Ok(())
}

/// What all keys of a tenant's trail start with.
pub fn prefix(tenant: &TenantId) -> Vec<u8> {
    keys::prefix(tenant, &["trail"])
}

/// A record from the content of a link.
///
/// # Errors
/// `Damaged` when it cannot be read back.
pub fn read(content: &[u8]) -> Result<AuditRecord, StoreError> {
    record::decode(FORMAT, content)
}
