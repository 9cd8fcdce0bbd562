//! Why the front door cannot do what was asked: one error for the whole room, in the words of the domain.
//!
//! Says what happened, what to do about it, and after how long another try may go better. Which SCIM error a
//! client makes of it is `answer`, and nothing else in this room knows a status.

use crate::model::{Later, Refusal, RefusalKind, SagaId, StoreError, Unknown, UserId, Verdict};
use crate::scim::error::ScimError;
use crate::scim::kind::ResourceKind;
use crate::scim::store_fault;

/// Seconds after which what could not be finished may be tried again.
const SOON_S: u32 = 10;
/// Seconds for what an operator has to put right: our own credentials and rights.
const OWN_ACCESS_S: u32 = 60;
/// Seconds for what waits for an administrator.
const STUCK_S: u32 = 300;

/// Why a change is not done, or not yet.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// SCIM itself refuses: what is asked for does not fit what is there.
    #[error("{}", .0.detail)]
    Scim(#[from] ScimError),
    /// The directory knows no such resource.
    #[error("there is no {} {id}", .kind.name().to_lowercase())]
    NotFound {
        /// User or group.
        kind: ResourceKind,
        /// The id that was asked for.
        id: String,
    },
    /// The directory knows the user, Genesys does not any more.
    #[error("user {0} is gone from Genesys Cloud; delete it here and create it anew")]
    GoneFromGenesys(UserId),
    /// Somebody deleted the user in Genesys, and nothing allows to bring it back.
    #[error(
        "somebody deleted user {0} in Genesys Cloud, and the bridge does not bring it back: restore the user there, or set \
         on_deleted_email = \"restore\", and send the change again; to leave it deleted, deactivate or delete it here"
    )]
    DeletedInGenesys(UserId),
    /// Another version than those of the precondition is the current one.
    #[error("the resource has changed since; read it again")]
    VersionChanged,
    /// Another resource of the directory has the name.
    #[error("{}", match .0 {
        ResourceKind::User => "a user with this userName exists",
        ResourceKind::Group => "a group with this displayName exists",
    })]
    NameTaken(ResourceKind),
    /// Another user of the directory has the address.
    #[error("another user of this directory owns the e-mail address")]
    AddressTaken,
    /// What Genesys had before us must not be changed, by the tenant's choice; in words.
    #[error("{0}")]
    NotLinked(&'static str),
    /// The configuration protects the user.
    #[error("this user is protected by the bridge's configuration and cannot be changed")]
    Protected,
    /// The configuration protects somebody who is to join or leave a group.
    #[error(
        "user {0} is protected by the bridge's configuration (tenant.protected) and neither joins nor leaves a group through \
         it; take the person out of this change"
    )]
    ProtectedMember(String),
    /// The configuration protects the user whom Genesys has under the address.
    #[error("the address belongs to a protected user, which the bridge must not change")]
    AddressProtected,
    /// Nothing tells Genesys who the user is.
    #[error(
        "Genesys Cloud identifies people by e-mail: userName is no address, there is no primary or work e-mail, and the tenant \
         has no fallback_email_domain"
    )]
    NoAddress,
    /// A name that Genesys does not know, or a value that it would not take; in words.
    #[error("{0}")]
    Unacceptable(String),
    /// More than one request may ask for; in words.
    #[error("{0}")]
    TooMuch(String),
    /// Genesys refused a call before anything was changed. `during` says which.
    #[error("{}", refused(.refusal, .during))]
    Refused {
        /// Its words.
        refusal: Refusal,
        /// What was tried.
        during: String,
    },
    /// Genesys refused a step, and everything else was undone.
    #[error("{}; everything else was undone", refused(.refusal, .during))]
    RolledBack {
        /// Its words.
        refusal: Refusal,
        /// The step.
        during: String,
    },
    /// Genesys refused an undo.
    #[error("{}; an administrator has to redrive the saga", refused(.0, "an undo was refused"))]
    UndoRefused(Refusal),
    /// An earlier change of the resource waits for an administrator.
    #[error(
        "an earlier change of this resource could not be undone (saga {0}); an administrator has to redrive it"
    )]
    Stuck(SagaId),
    /// Genesys has no room for a call now.
    #[error("Genesys Cloud is busy ({during}); nothing was changed")]
    Busy {
        /// What was tried.
        during: String,
        /// Seconds that it asks for.
        wait_s: u32,
    },
    /// Genesys gave no answer.
    #[error("Genesys Cloud did not answer ({during}); nothing was changed")]
    Silent {
        /// What was tried.
        during: String,
    },
    /// There was no time left to plan.
    #[error("Genesys Cloud is too slow at the moment; nothing was changed")]
    TooSlow,
    /// The budget is used up for longer than the client waits; seconds until it is not.
    #[error("the Genesys Cloud budget is used up for now")]
    OverBudget(u32),
    /// The deadline passed and the identity is not there yet.
    #[error("not done yet: the change goes on in the background, and sending the request again joins it")]
    NotDoneYet,
    /// The saga is open on disk and nobody works on it: the process is stopping, the store took no more
    /// writes, or its task died.
    #[error(
        "not done yet: nobody works on an earlier change, because the bridge is stopping, cannot write at the moment or met a \
         mistake of its own; it goes on in a while by itself, or when an administrator redrives it, and sending the request again \
         then joins it"
    )]
    LeftOpen,
    /// Another saga was in the way of work that nobody waits for; it may begin now.
    #[error("another change of the user came first")]
    GaveWay,
    /// The store refuses, or a record cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A mistake of ours; the log says more.
    #[error("the change could not be carried out; its request id is in the log")]
    Broken,
}

impl Fault {
    /// Seconds after which another try may go better; `None` where the same request can only fail again.
    pub fn retry_after_s(&self) -> Option<u32> {
        match self {
            Self::Refused { refusal, .. } | Self::RolledBack { refusal, .. } => refusal_retry_s(refusal.kind),
            Self::UndoRefused(refusal) => Some(refusal_retry_s(refusal.kind).unwrap_or(STUCK_S)),
            Self::Stuck(_) => Some(STUCK_S),
            Self::Busy { wait_s, .. } | Self::OverBudget(wait_s) => Some(*wait_s),
            Self::Silent { .. } | Self::TooSlow | Self::NotDoneYet | Self::LeftOpen => Some(SOON_S),
            Self::GaveWay | Self::Store(StoreError::Conflict { .. }) => Some(1),
            Self::Store(StoreError::TooLarge { .. }) => None,
            Self::Store(StoreError::Failed(_) | StoreError::Damaged(_)) => Some(store_fault::RETRY_S),
            Self::Scim(error) => error.retry_after_s,
            Self::NotFound { .. }
            | Self::GoneFromGenesys(_)
            | Self::DeletedInGenesys(_)
            | Self::VersionChanged
            | Self::NameTaken(_)
            | Self::AddressTaken
            | Self::NotLinked(_)
            | Self::Protected
            | Self::ProtectedMember(_)
            | Self::AddressProtected
            | Self::NoAddress
            | Self::Unacceptable(_)
            | Self::TooMuch(_)
            | Self::Broken => None,
        }
    }
}

/// Never as if the client had no rights: what Genesys refuses us is for our operator to put right, and an
/// identity provider that hears of it would quarantine its own application.
fn refusal_retry_s(kind: RefusalKind) -> Option<u32> {
    match kind {
        RefusalKind::Uniqueness | RefusalKind::Validation | RefusalKind::UnknownName => None,
        RefusalKind::Credentials | RefusalKind::Permission => Some(OWN_ACCESS_S),
        RefusalKind::NotFound | RefusalKind::Other => Some(SOON_S),
    }
}

/// A refusal of Genesys, or of the bridge before any call, in words.
fn refused(refusal: &Refusal, during: &str) -> String {
    let trace = match &refusal.correlation_id {
        Some(id) => format!(" (Genesys {}, correlation {id})", refusal.code),
        None => format!(" ({})", refusal.code),
    };
    let whose = match refusal.kind {
        RefusalKind::Credentials | RefusalKind::Permission => {
            "the bridge's own access to Genesys Cloud was refused; "
        }
        _ => "",
    };
    format!("{whose}{during}: {}{trace}", refusal.detail)
}

/// A read that must succeed before anything is opened: anything but `Done` changes nothing and may be tried
/// again.
///
/// # Errors
/// What the verdict means for the change.
pub(super) fn read<T>(verdict: Verdict<T>, during: &str) -> Result<T, Fault> {
    let during = || during.to_owned();
    match verdict {
        Verdict::Done(value) => Ok(value),
        Verdict::Refused(refusal) => Err(Fault::Refused { refusal, during: during() }),
        Verdict::Later(Later { wait, .. }) => {
            let wait_s = u32::try_from(wait.as_secs().max(1)).unwrap_or(SOON_S);
            Err(Fault::Busy { during: during(), wait_s })
        }
        Verdict::Unknown(Unknown { .. }) => Err(Fault::Silent { during: during() }),
    }
}
