//! What an administrator asked for, as an entry of the audit trail, to be committed with what it changes.
//!
//! Entries of sagas are `directory::turn`'s.

use crate::audit::{self, AuditRecord};
use crate::model::{Batch, Cause, SagaId, StoreError, TenantId};

/// An action of an administrator.
pub(super) struct Action<'a> {
    pub(super) cause: &'a Cause,
    /// `saga_aborted`, `work_retried`, ...
    pub(super) what: &'static str,
    /// The id of the user or group that it is about.
    pub(super) subject: String,
    pub(super) saga: Option<SagaId>,
}

impl Action<'_> {
    /// Adds the entry.
    ///
    /// # Errors
    /// A record that cannot be written.
    pub(super) fn note(self, batch: &mut Batch, tenant: &TenantId, now_ms: i64) -> Result<(), StoreError> {
        let mut entry = AuditRecord::administration(self.cause, now_ms, self.what, &self.subject, "asked");
        entry.saga = self.saga;
        audit::append(batch, tenant, &entry)
    }
}
