//! What a failing store means to whoever asked: the one translation for the SCIM service and the
//! administration.
//!
//! What exactly failed goes to the log, here and once; the caller hears what to do. A command that opens the
//! data directory itself shows the store's own words instead.

use super::error::ScimError;
use crate::model::StoreError;

/// Seconds after which it is worth trying again.
pub(crate) const RETRY_S: u32 = 30;

/// The error that the caller sees.
pub(crate) fn store_fault(error: &StoreError) -> ScimError {
    match error {
        StoreError::Conflict { .. } => {
            return ScimError::conflict("Another change came first; send this one again.");
        }
        StoreError::TooLarge { .. } => return ScimError::payload_too_large(error.to_string()),
        StoreError::Failed(_) | StoreError::Damaged(_) => {}
    }
    tracing::error!(%error, "the store does not work");
    ScimError::unavailable(
        RETRY_S,
        "The bridge cannot write or read its store right now; the operator's log says why.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Table;

    #[test]
    fn a_conflict_is_409_too_much_413_and_everything_else_503_that_does_not_say_what_the_disk_said() {
        let conflict = StoreError::Conflict { table: Table::Tokens, key: b"t/token/x".to_vec() };
        assert_eq!(store_fault(&conflict).status, 409);
        assert_eq!(store_fault(&StoreError::TooLarge { bytes: 9 }).status, 413);
        for error in [StoreError::Failed("no space on /data".into()), StoreError::Damaged("a key".into())] {
            let fault = store_fault(&error);
            assert_eq!((fault.status, fault.retry_after_s), (503, Some(RETRY_S)));
            assert!(!fault.detail.contains("/data"), "{fault}");
        }
    }
}
