//! What one upstream call came to: done, refused, later or unknown.
//!
//! Does not decide what to do about it: that is `saga`. How an answer becomes a verdict is
//! `genesys::verdict`.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The end of one call to Genesys Cloud.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict<T> {
    /// It took effect, or had done so before.
    Done(T),
    /// Genesys refused for good: nothing took effect.
    Refused(Refusal),
    /// Nothing took effect and it may be tried again: not sent, rate-limited, not visible yet.
    Later(Later),
    /// It was sent and no trustworthy answer came back. Never a failure: look before acting.
    Unknown(Unknown),
}

/// Why Genesys refused, in terms on which the bridge branches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefusalKind {
    /// 409, or 400 with a uniqueness code: another record owns the name.
    Uniqueness,
    /// 400: a value is not acceptable.
    Validation,
    /// 404: there is no such thing.
    NotFound,
    /// 401: our credentials.
    Credentials,
    /// 403: our rights, a permission or a division.
    Permission,
    /// 404 or conflict while one name is known to us only by the rules: an unknown role, queue, skill, ...
    UnknownName,
    /// Anything else.
    Other,
}

/// A refusal with what an administrator needs to find it: code and correlation id (docs/genesys.md G7.1,
/// G7.2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// On what the bridge branches.
    pub kind: RefusalKind,
    /// HTTP status that Genesys answered; 0 when the bridge itself refused.
    pub status: u16,
    /// Genesys' `code`, or its scimType.
    pub code: String,
    /// What was attempted and what Genesys said of it, without personal values.
    pub detail: String,
    /// `ININ-Correlation-Id`, the same as `contextId` in the body.
    pub correlation_id: Option<String>,
}

/// Nothing took effect; when to try again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Later {
    /// Wait at least this long.
    pub wait: Duration,
    /// Why, for logs.
    pub reason: String,
}

/// Sent, and no trustworthy answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unknown {
    /// What happened to the answer, for logs: time-out, connection lost, 5xx.
    pub reason: String,
}
