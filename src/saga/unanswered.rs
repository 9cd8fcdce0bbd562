//! When a saga's calls last had no answer: such a call may have taken effect, and may still.
//!
//! What follows is decided by others: the report says that the saga is in doubt, and a leaver who comes next takes
//! back what may arrive (`runner::behind`).

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// The calls of one saga that had no answer.
#[derive(Default)]
pub(super) struct Unanswered {
    any: AtomicBool,
    /// One more than the moment of the last one that was not taken yet, by the monotonic clock; 0 for none.
    last_ms: AtomicU64,
}

impl Unanswered {
    /// A call had no answer, now.
    pub(super) fn note(&self, now_ms: u64) {
        self.any.store(true, Ordering::Relaxed);
        self.last_ms.fetch_max(now_ms.saturating_add(1), Ordering::Relaxed);
    }

    /// Whether any call had none.
    pub(super) fn is_any(&self) -> bool {
        self.any.load(Ordering::Relaxed)
    }

    /// When the last one was given up since this was asked last.
    pub(super) fn take(&self) -> Option<u64> {
        self.last_ms.swap(0, Ordering::Relaxed).checked_sub(1)
    }
}
