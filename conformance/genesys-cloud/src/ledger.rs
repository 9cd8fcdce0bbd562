//! The ledger: one line per call, so that a test can say what was asked for, by whom, and what it did.

use serde::{Deserialize, Serialize};

/// Header by which a client may say why it calls; it is no part of the public API and changes nothing.
pub const PRIORITY_HEADER: &str = "x-bridge-priority";
/// Lines kept; the oldest go first.
const MAX_LINES: usize = 200_000;

/// One call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    /// Number of the call, from 1, never reused.
    pub seq: u64,
    /// When it was worked on, in milliseconds since 1970.
    pub at_ms: u64,
    /// Method.
    pub method: String,
    /// Path with its query, as sent.
    pub path: String,
    /// Template of the public description; the path itself when there is no such operation.
    pub template: String,
    /// Status of the answer; none when the connection was closed instead.
    pub status: Option<u16>,
    /// What the client sent in [`PRIORITY_HEADER`].
    pub priority: Option<String>,
    /// Whether the call changed the organisation (revoked sessions included).
    pub effect: bool,
    /// The fault that was applied, if any.
    pub fault: Option<String>,
    /// ININ-Correlation-Id of the answer.
    pub correlation_id: String,
}

/// All calls.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    calls: std::collections::VecDeque<Call>,
    last: u64,
}

impl Ledger {
    /// Adds a call and numbers it.
    pub(crate) fn add(&mut self, mut call: Call) {
        self.last = self.last.saturating_add(1);
        call.seq = self.last;
        if self.calls.len() >= MAX_LINES {
            self.calls.pop_front();
        }
        self.calls.push_back(call);
    }

    /// The calls after a number.
    pub(crate) fn after(&self, seq: u64) -> Vec<Call> {
        self.calls.iter().filter(|call| call.seq > seq).cloned().collect()
    }

    /// Forgets the calls; numbers go on.
    pub(crate) fn clear(&mut self) {
        self.calls.clear();
    }
}
