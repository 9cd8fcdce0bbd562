//! What a saga that was passed still has in flight: its successor must not take back what may yet arrive.
//!
//! A call that was sent cannot be recalled, and waiting for its answer would keep a leaver in: so the pivot
//! goes at once, and what comes behind it waits here. Which steps wait is decided in `running`.

use tokio::sync::watch;

use crate::saga::handle::{Handle, Progress};

/// Ends when every call of a passed saga, and of those that it passed itself, has its answer.
#[derive(Clone)]
pub(super) struct InFlight(watch::Receiver<Progress>);

impl InFlight {
    /// Of that saga.
    pub(super) fn of(passed: &Handle) -> Self {
        Self(passed.progress.clone())
    }

    /// Waits for it. A saga tells of its progress for as long as its task lives.
    pub(super) async fn over(&mut self) {
        while self.0.changed().await.is_ok() {}
    }
}
