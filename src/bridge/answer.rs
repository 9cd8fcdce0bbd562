//! What a client hears of a fault: the one place of this room where a fault gets a status (docs/scim.md,
//! "When Genesys refuses or is slow").
//!
//! Never 401 or 403 for our own credentials or rights: an identity provider would quarantine its own. Renders
//! nothing: that is
//! `scim::error` and `server`. The words are the fault's own.

use super::fault::Fault;
use crate::model::RefusalKind;
use crate::scim::error::ScimError;
use crate::scim::store_fault::store_fault;

impl From<Fault> for ScimError {
    fn from(fault: Fault) -> Self {
        let words = fault.to_string();
        if let Some(seconds) = fault.retry_after_s() {
            return match fault {
                Fault::Scim(error) => error,
                Fault::OverBudget(_) => Self::too_many_requests(seconds, words),
                Fault::Store(error) => store_fault(&error),
                _ => Self::unavailable(seconds, words),
            };
        }
        match fault {
            Fault::Scim(error) => error,
            Fault::Store(error) => store_fault(&error),
            Fault::NotFound { .. } | Fault::GoneFromGenesys(_) => Self::not_found(words),
            // No 404: the user is shown by a GET, and Entra would create it anew for ever (docs/connectors.md C5.2).
            Fault::DeletedInGenesys(_) => Self::conflict(words),
            Fault::VersionChanged => Self::precondition_failed(words),
            Fault::NameTaken(_) | Fault::AddressTaken | Fault::NotLinked(_) | Fault::AddressProtected => {
                Self::uniqueness(words)
            }
            Fault::Protected | Fault::ProtectedMember(_) => Self::mutability(words),
            Fault::TooMuch(_) => Self::payload_too_large(words),
            Fault::Refused { refusal, .. } | Fault::RolledBack { refusal, .. }
                if refusal.kind == RefusalKind::Uniqueness =>
            {
                Self::uniqueness(words)
            }
            Fault::Refused { .. } | Fault::RolledBack { .. } | Fault::NoAddress | Fault::Unacceptable(_) => {
                Self::invalid_value(words)
            }
            _ => Self::internal(words),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Refusal, SagaId, StoreError, UserId};
    use crate::scim::error::ScimType;
    use crate::scim::kind::ResourceKind;

    fn refusal(kind: RefusalKind) -> Refusal {
        let (code, detail) = ("bad.request".to_owned(), "no".to_owned());
        Refusal { kind, status: 400, code, detail, correlation_id: Some("c-1".to_owned()) }
    }

    fn rolled_back(kind: RefusalKind) -> Fault {
        Fault::RolledBack { refusal: refusal(kind), during: "could not create the user".to_owned() }
    }

    #[test]
    fn each_fault_has_its_status_its_keyword_and_its_time_to_wait() {
        let id = || "7".to_owned();
        let (unique, value) = (Some(ScimType::Uniqueness), Some(ScimType::InvalidValue));
        let table = [
            (Fault::NotFound { kind: ResourceKind::Group, id: id() }, 404, None, None),
            (Fault::GoneFromGenesys(UserId::new("7")), 404, None, None),
            (Fault::DeletedInGenesys(UserId::new("7")), 409, None, None),
            (Fault::VersionChanged, 412, None, None),
            (Fault::NameTaken(ResourceKind::User), 409, unique, None),
            (Fault::AddressTaken, 409, unique, None),
            (Fault::NotLinked("not ours"), 409, unique, None),
            (Fault::AddressProtected, 409, unique, None),
            (Fault::Protected, 400, Some(ScimType::Mutability), None),
            (Fault::ProtectedMember(id()), 400, Some(ScimType::Mutability), None),
            (Fault::NoAddress, 400, value, None),
            (Fault::Unacceptable(id()), 400, value, None),
            (Fault::TooMuch(id()), 413, None, None),
            (Fault::Scim(ScimError::no_target("nothing")), 400, Some(ScimType::NoTarget), None),
            (rolled_back(RefusalKind::Uniqueness), 409, unique, None),
            (rolled_back(RefusalKind::Validation), 400, value, None),
            (rolled_back(RefusalKind::UnknownName), 400, value, None),
            (rolled_back(RefusalKind::Credentials), 503, None, Some(60)),
            (rolled_back(RefusalKind::Permission), 503, None, Some(60)),
            (rolled_back(RefusalKind::NotFound), 503, None, Some(10)),
            (rolled_back(RefusalKind::Other), 503, None, Some(10)),
            (Fault::UndoRefused(refusal(RefusalKind::Validation)), 503, None, Some(300)),
            (Fault::UndoRefused(refusal(RefusalKind::Permission)), 503, None, Some(60)),
            (Fault::Stuck(SagaId::new(uuid::Uuid::nil())), 503, None, Some(300)),
            (Fault::Busy { during: id(), wait_s: 7 }, 503, None, Some(7)),
            (Fault::Silent { during: id() }, 503, None, Some(10)),
            (Fault::TooSlow, 503, None, Some(10)),
            (Fault::OverBudget(17), 429, None, Some(17)),
            (Fault::NotDoneYet, 503, None, Some(10)),
            (Fault::LeftOpen, 503, None, Some(10)),
            (Fault::GaveWay, 503, None, Some(1)),
            (Fault::Store(StoreError::Failed("disk".to_owned())), 503, None, Some(30)),
            (Fault::Store(StoreError::Damaged("a record".to_owned())), 503, None, Some(30)),
            (Fault::Store(StoreError::TooLarge { bytes: 9 }), 413, None, None),
            (Fault::Broken, 500, None, None),
        ];
        for (fault, status, scim_type, retry_after_s) in table {
            let words = fault.to_string();
            let error = ScimError::from(fault);
            assert_eq!(
                (error.status, error.scim_type, error.retry_after_s),
                (status, scim_type, retry_after_s),
                "{words}"
            );
        }
    }

    #[test]
    fn words_name_the_step_the_code_and_whose_fault_it_is() {
        for (fault, expected) in [
            (
                rolled_back(RefusalKind::Validation),
                "could not create the user: no (Genesys bad.request, correlation c-1); everything else was undone",
            ),
            (
                rolled_back(RefusalKind::Permission),
                "the bridge's own access to Genesys Cloud was refused; could not create the user: no (Genesys bad.request, \
                 correlation c-1); everything else was undone",
            ),
            (
                Fault::UndoRefused(refusal(RefusalKind::Other)),
                "an undo was refused: no (Genesys bad.request, correlation c-1); an administrator has to redrive the saga",
            ),
            (Fault::NotFound { kind: ResourceKind::Group, id: "7".to_owned() }, "there is no group 7"),
        ] {
            assert_eq!(ScimError::from(fault).detail, expected);
        }
    }
}
