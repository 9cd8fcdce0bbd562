//! The words of the domain: identifiers, entitlements, plans, verdicts, saga records, and the ports that adapters fill.
//!
//! Nothing here decides or does anything: types are built by parsing and then passed along. Decisions are in `scim`,
//! `entitlements`, `plan` and `saga`; the adapters of [`ports`] are in `store`, `directory` and `genesys`.

pub mod backoff;
pub mod batch;
pub mod cause;
pub mod claim;
pub mod compact;
pub mod entitlement;
pub mod ids;
pub mod kind;
pub mod metric;
pub mod observed;
pub mod plan;
pub mod policy;
pub mod ports;
mod records;
pub mod reservation;
pub mod route;
pub mod saga;
pub mod secret;
pub mod verdict;

pub use backoff::Backoff;
pub use batch::{Batch, CommitToken, Expect, StoreError, Table};
pub use cause::{Actor, Cause};
pub use claim::Claim;
pub use entitlement::{
    Desired, DesiredSet, Entitlement, Granted, GrantedSet, Named, Proficiency, Reason, Setting, Target,
    Wanted,
};
pub use ids::{ClientId, CredentialId, GroupId, Mark, SagaId, SubjectId, TenantId, UserId};
pub use kind::{Elsewhere, Family, Kind, Need};
pub use observed::{Aspects, FoundUser, Observed, ObservedGroup, UserState};
pub use plan::{ConflictClass, Effect, Level, Plan, PlanKind, RoleGrant, Step, StepId};
pub use reservation::Reservation;
pub use saga::{Failure, FailureState, Intent, Outcome, Report, SagaOpened, SagaState, Subject, Turn};
pub use secret::Secret;
pub use verdict::{Later, Refusal, RefusalKind, Unknown, Verdict};

/// A SCIM resource or a part of one, as JSON with its members in the order in which they were sent.
pub type Object = serde_json::Map<String, serde_json::Value>;
