//! The words of the domain: identifiers, entitlements, plans, verdicts, saga records, and the ports that
//! adapters fill.
//!
//! Nothing here decides or does anything: types are built by parsing and then passed along. Decisions are in
//! `scim`, `entitlements`, `plan` and `saga`; the adapters of [`ports`] are in `store`, `directory` and
//! `genesys`.

pub(crate) mod backoff;
pub(crate) mod batch;
mod budget_use;
pub(crate) mod cause;
pub(crate) mod claim;
pub(crate) mod compact;
pub(crate) mod drift;
pub(crate) mod entitlement;
pub(crate) mod ids;
pub(crate) mod kind;
pub(crate) mod listing;
pub(crate) mod metric;
pub(crate) mod observed;
pub(crate) mod ours;
pub(crate) mod plan;
pub(crate) mod policy;
pub(crate) mod ports;
mod records;
pub(crate) mod reservation;
pub(crate) mod route;
pub(crate) mod saga;
pub(crate) mod secret;
pub(crate) mod verdict;

pub(crate) use backoff::Backoff;
pub use batch::{Batch, CommitToken, Expect, StoreError, StoreTrouble, Table};
pub(crate) use budget_use::BudgetUse;
pub(crate) use budget_use::SentCalls;
pub(crate) use cause::Actor;
pub use cause::Cause;
pub(crate) use claim::Claim;
pub(crate) use drift::{Difference, DriftClass, Winner};
pub(crate) use entitlement::{Certainty, Desired, DesiredSet, Granted, GrantedSet, Reason};
pub use entitlement::{Entitlement, Named, Proficiency, Setting, Target, Wanted};
pub use ids::{ClientId, CredentialId, Mark, SubjectId, TenantId, UserId};
pub(crate) use ids::{GroupId, SagaId};
pub use kind::Kind;
pub(crate) use kind::{Elsewhere, Family, Need};
pub(crate) use listing::{Held, Holder, Listed};
pub use observed::{Aspects, Created, Observed, UserState};
pub(crate) use observed::{FoundUser, ObservedGroup};
pub(crate) use ours::{Ours, Recent};
pub use plan::RoleGrant;
pub(crate) use plan::{ConflictClass, Effect, Level, Plan, PlanKind, Step, StepId};
pub(crate) use reservation::Reservation;
pub(crate) use saga::{Failure, Intent, Report, SagaState, Subject};
pub use saga::{FailureState, Outcome, SagaOpened, Turn};
pub use secret::Secret;
pub(crate) use verdict::{Later, Unknown};
pub use verdict::{Refusal, RefusalKind, Verdict};

/// A SCIM resource or a part of one, as JSON with its members in the order in which they were sent.
pub type Object = serde_json::Map<String, serde_json::Value>;
