//! Clocks for tests: the real one, one in a hurry, and one that stands still.

use std::time::Duration;

use async_trait::async_trait;
use genesys_scim_bridge::testing::app::system::SystemClock;
use genesys_scim_bridge::testing::model::ports::Clock;

/// The machine's clock, some times faster, so that a test need not wait for what takes minutes.
pub(crate) struct HurriedClock {
    real: SystemClock,
    began_ms: i64,
    times: u32,
}

impl HurriedClock {
    pub(crate) fn new(times: u32) -> Self {
        let real = SystemClock::new();
        Self { began_ms: real.now_ms(), real, times }
    }
}

#[async_trait]
impl Clock for HurriedClock {
    fn now_ms(&self) -> i64 {
        self.began_ms + (self.real.now_ms() - self.began_ms) * i64::from(self.times)
    }
    fn monotonic_ms(&self) -> u64 {
        self.real.monotonic_ms() * u64::from(self.times)
    }
    async fn sleep(&self, pause: Duration) {
        self.real.sleep(pause / self.times).await;
    }
    fn jitter(&self, bound: u64) -> u64 {
        self.real.jitter(bound)
    }
}

/// Wall time that stands still; pauses take as long as they do.
pub(crate) struct StandingClock;

#[async_trait]
impl Clock for StandingClock {
    fn now_ms(&self) -> i64 {
        1_700_000_000_000
    }
    fn monotonic_ms(&self) -> u64 {
        0
    }
    async fn sleep(&self, pause: Duration) {
        tokio::time::sleep(pause).await;
    }
    fn jitter(&self, _bound: u64) -> u64 {
        0
    }
}
