//! How long the client of a request still waits.
//!
//! Measured by the clock that is passed in. What a client hears when the time is over is `fault`.

use std::sync::Arc;
use std::time::Duration;

use crate::model::ports::Clock;

/// A moment of the monotonic clock.
#[derive(Clone, Copy, Debug)]
pub(super) struct Deadline {
    until_ms: u64,
}

impl Deadline {
    /// So long from now.
    pub(super) fn after(clock: &Arc<dyn Clock>, wait: Duration) -> Self {
        let wait_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
        Self { until_ms: clock.monotonic_ms().saturating_add(wait_ms) }
    }

    /// Whether it has come.
    pub(super) fn is_over(self, clock: &Arc<dyn Clock>) -> bool {
        self.left(clock).is_zero()
    }

    /// What the future gives, unless the deadline comes first.
    pub(super) async fn within<T>(
        self,
        clock: &Arc<dyn Clock>,
        future: impl Future<Output = T>,
    ) -> Option<T> {
        clock.deadline(future, self.left(clock)).await.ok()
    }

    fn left(self, clock: &Arc<dyn Clock>) -> Duration {
        Duration::from_millis(self.until_ms.saturating_sub(clock.monotonic_ms()))
    }
}
