//! Why a chain of calls ended early: the verdicts other than done, as an error, so that `?` carries them.
//!
//! Decides nothing: judgements come from `genesys::verdict`.

use std::fmt;
use std::time::Duration;

use crate::genesys::request::HttpCall;
use crate::model::{Later, Refusal, RefusalKind, Unknown, Verdict};

/// Anything but done.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::genesys) enum Stop {
    Refused(Refusal),
    Later(Later),
    Unknown(Unknown),
}

impl Stop {
    /// Word for metrics.
    pub(in crate::genesys) fn label(&self) -> &'static str {
        match self {
            Stop::Refused(_) => "refused",
            Stop::Later(_) => "later",
            Stop::Unknown(_) => "unknown",
        }
    }

    /// Nothing took effect; try again after so many milliseconds.
    pub(super) fn later(wait_ms: u64, reason: impl Into<String>) -> Self {
        Stop::Later(Later { wait: Duration::from_millis(wait_ms), reason: reason.into() })
    }

    /// The same after an earlier call of the same write took effect: "nothing took effect" would not be true any more.
    pub(super) fn after(self, an_effect: bool) -> Self {
        match self {
            Stop::Later(later) if an_effect => Stop::Unknown(Unknown { reason: later.reason }),
            other => other,
        }
    }

    /// Whether it is a refusal of that kind.
    pub(super) fn is(&self, kind: RefusalKind) -> bool {
        matches!(self, Stop::Refused(refusal) if refusal.kind == kind)
    }
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Stop::Refused(refusal) => f.write_str(&refusal.detail),
            Stop::Later(later) => f.write_str(&later.reason),
            Stop::Unknown(unknown) => f.write_str(&unknown.reason),
        }
    }
}

/// A successful answer that does not hold what it must: no trustworthy answer.
pub(in crate::genesys) fn unreadable(call: &HttpCall) -> Stop {
    let reason = format!("{}: the answer does not hold what the API description promises", call.operation);
    if call.nature.writes() { Stop::Unknown(Unknown { reason }) } else { Stop::later(1_000, reason) }
}

/// Back to a verdict.
pub(super) fn verdict<T>(result: Result<T, Stop>) -> Verdict<T> {
    match result {
        Ok(value) => Verdict::Done(value),
        Err(Stop::Refused(refusal)) => Verdict::Refused(refusal),
        Err(Stop::Later(later)) => Verdict::Later(later),
        Err(Stop::Unknown(unknown)) => Verdict::Unknown(unknown),
    }
}
