//! What the identity provider hears of a refusal (docs/scim.md, "When Genesys refuses or is slow").
//!
//! Never 401 or 403 for our own credentials or rights: an identity provider would quarantine its own. Renders nothing:
//! that is `scim::error` and `server`.

use crate::model::{Refusal, RefusalKind, StoreError};
use crate::scim::error::ScimError;

/// Seconds after which a client may try again what we could not finish.
pub(super) const RETRY_AFTER_S: u32 = 10;

/// Code of the refusal with which a removal ends an open change of the same resource. A later deactivation says something else: what it
/// overtook must not be tried again by itself, it may have been the opposite.
pub(super) const REMOVED_MEANWHILE: &str = "removed_meanwhile";

/// A refusal of Genesys, or of the bridge before any call. `during` names the step.
pub(super) fn refused(refusal: &Refusal, during: &str) -> ScimError {
    let trace = match &refusal.correlation_id {
        Some(id) => format!(" (Genesys {}, correlation {id})", refusal.code),
        None => format!(" ({})", refusal.code),
    };
    let said = format!("{during}: {}{trace}", refusal.detail);
    match refusal.kind {
        RefusalKind::Uniqueness => ScimError::uniqueness(said),
        RefusalKind::Credentials | RefusalKind::Permission => ScimError::unavailable(
            60,
            format!("the bridge's own access to Genesys Cloud was refused; {said}"),
        ),
        RefusalKind::Validation | RefusalKind::UnknownName => ScimError::invalid_value(said),
        RefusalKind::NotFound | RefusalKind::Other => ScimError::unavailable(RETRY_AFTER_S, said),
    }
}

/// The store refuses: nothing was acknowledged.
pub(super) fn store(error: &StoreError) -> ScimError {
    tracing::error!(%error, "the store refuses");
    match error {
        StoreError::TooLarge { .. } => ScimError::payload_too_large(error.to_string()),
        _ => ScimError::unavailable(
            RETRY_AFTER_S,
            "the bridge cannot write at the moment; nothing was changed",
        ),
    }
}

/// The deadline passed and the identity is not there yet.
pub(super) fn not_done_yet() -> ScimError {
    ScimError::unavailable(
        RETRY_AFTER_S,
        "not done yet: the change goes on in the background, and sending the request again joins it",
    )
}

/// The saga is open on disk and nobody works on it: the process is stopping, or the store took no more writes.
pub(super) fn left_open() -> ScimError {
    ScimError::unavailable(
        RETRY_AFTER_S,
        "not done yet: the bridge is stopping or cannot write at the moment; the change goes on at its next start, and sending \
         the request again then joins it",
    )
}
