//! When a saga's last call without an answer was given up: it may have taken effect, and may still.
//!
//! What follows is decided by others: the report says that the saga is in doubt, and a leaver who comes next takes
//! back what may arrive (`runner::behind`).

use std::sync::atomic::{AtomicU64, Ordering};

/// The calls of one saga that had no answer: one more than the moment of the last one, by the monotonic clock; 0 for
/// none.
#[derive(Default)]
pub(super) struct Unanswered(AtomicU64);

impl Unanswered {
    /// A call had no answer, now.
    pub(super) fn note(&self, now_ms: u64) {
        self.0.fetch_max(now_ms.saturating_add(1), Ordering::Relaxed);
    }

    /// When the last one was given up.
    pub(super) fn last_ms(&self) -> Option<u64> {
        self.0.load(Ordering::Relaxed).checked_sub(1)
    }
}
