//! Why a chain of calls ended early: the verdicts other than done, as an error, so that `?` carries them.
//!
//! Decides nothing: judgements come from `genesys::verdict`.

use std::fmt;
use std::time::Duration;

use super::request::HttpCall;
use crate::model::{Created, Later, Refusal, RefusalKind, Unknown, Verdict};

/// Anything but done.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum NotDone {
    Refused(Refusal),
    Later(Later),
    Unknown(Unknown),
}

/// What Genesys made, if it made something.
pub(super) type Made = Result<Option<Created>, NotDone>;

impl NotDone {
    /// Word for metrics.
    pub(super) fn label(&self) -> &'static str {
        match self {
            NotDone::Refused(_) => "refused",
            NotDone::Later(_) => "later",
            NotDone::Unknown(_) => "unknown",
        }
    }

    /// Nothing took effect; try again after so many milliseconds.
    pub(super) fn later(wait_ms: u64, reason: impl Into<String>) -> Self {
        NotDone::Later(Later { wait: Duration::from_millis(wait_ms), reason: reason.into() })
    }

    /// The same after an earlier call of the same write took effect: "nothing took effect" would not be true
    /// any more.
    pub(super) fn after(self, an_effect: bool) -> Self {
        match self {
            NotDone::Later(later) if an_effect => NotDone::Unknown(Unknown { reason: later.reason }),
            other => other,
        }
    }

    /// Whether it is a refusal of that kind.
    pub(super) fn is(&self, kind: RefusalKind) -> bool {
        matches!(self, NotDone::Refused(refusal) if refusal.kind == kind)
    }
}

impl fmt::Display for NotDone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NotDone::Refused(refusal) => f.write_str(&refusal.detail),
            NotDone::Later(later) => f.write_str(&later.reason),
            NotDone::Unknown(unknown) => f.write_str(&unknown.reason),
        }
    }
}

/// A successful answer that does not hold what it must: no trustworthy answer.
pub(super) fn unreadable(call: &HttpCall) -> NotDone {
    let reason = format!("{}: the answer does not hold what the API description promises", call.operation);
    if call.nature.writes() { NotDone::Unknown(Unknown { reason }) } else { NotDone::later(1_000, reason) }
}

/// Back to a verdict.
pub(super) fn verdict<T>(result: Result<T, NotDone>) -> Verdict<T> {
    match result {
        Ok(value) => Verdict::Done(value),
        Err(NotDone::Refused(refusal)) => Verdict::Refused(refusal),
        Err(NotDone::Later(later)) => Verdict::Later(later),
        Err(NotDone::Unknown(unknown)) => Verdict::Unknown(unknown),
    }
}
