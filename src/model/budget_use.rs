//! How much of the budget was used lately, and what pauses: as it is written down, so that a restart neither
//! bursts nor forgets a pause.
//!
//! Types only: it is taken and taken over by `genesys::budget`, kept by `store::budget_use`.

use serde::{Deserialize, Serialize};

/// The last minute of a budget.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BudgetUse {
    /// When this was taken, Unix milliseconds.
    pub at_ms: i64,
    /// What was sent, oldest first.
    pub sent: Vec<SentCalls>,
    /// Most calls that are sent after this before it is written anew.
    pub allowed: u32,
    /// Milliseconds for which nobody calls.
    pub house_ms: u64,
    /// Families of routes that pause, and for how many milliseconds.
    pub families: Vec<(String, u64)>,
}

/// Calls of about a second.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SentCalls {
    /// How long before, in milliseconds; the latest of them.
    pub ago_ms: u64,
    /// How many.
    pub calls: u32,
    /// How many of them had been saved up.
    pub saved: u32,
}
