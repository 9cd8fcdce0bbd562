//! The real clock and the real source of ids and random bytes. Everything else gets them through ports.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use rand::TryRngCore;
use uuid::Uuid;

use crate::model::ports::{Clock, Ids};
use crate::model::{GroupId, SagaId, SubjectId};

/// Wall clock, monotonic clock and timers of the system.
#[derive(Debug)]
pub struct SystemClock {
    start: Instant,
}

impl SystemClock {
    /// A clock whose monotonic time starts now.
    #[expect(clippy::disallowed_methods, reason = "the real monotonic clock: the one place that reads it")]
    pub fn new() -> Self {
        Self { start: Instant::now() }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

#[expect(clippy::disallowed_methods, reason = "the real clock: the one place that reads and waits")]
#[async_trait]
impl Clock for SystemClock {
    fn now_ms(&self) -> i64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    }

    fn monotonic_ms(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    async fn sleep(&self, pause: Duration) {
        tokio::time::sleep(pause).await;
    }

    fn jitter(&self, bound: u64) -> u64 {
        if bound == 0 { 0 } else { rand::random::<u64>() % bound }
    }
}

/// Fresh uuids.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemIds;

#[expect(clippy::disallowed_methods, reason = "the real source of ids")]
impl Ids for SystemIds {
    fn saga(&self) -> SagaId {
        SagaId::new(Uuid::now_v7())
    }

    fn subject(&self) -> SubjectId {
        SubjectId::new(Uuid::now_v7())
    }

    fn group(&self) -> GroupId {
        GroupId::new(Uuid::now_v7().to_string())
    }
}

/// 256 bits from the operating system; fails only where the system has none, and then no token can be made.
///
/// # Errors
/// The operating system has no random source.
#[expect(clippy::disallowed_methods, reason = "the real source of secrets")]
pub(crate) fn random_bits() -> Result<[u8; 32], String> {
    let mut bits = [0; 32];
    rand::rngs::OsRng.try_fill_bytes(&mut bits).map_err(|error| format!("no randomness: {error}"))?;
    Ok(bits)
}

/// A fresh request id: the time and chance of this process's start, and a number. A read costs less than a
/// call for fresh randomness.
#[expect(clippy::disallowed_methods, reason = "drawn once for each process")]
pub(crate) fn request_id() -> String {
    static START: LazyLock<String> = LazyLock::new(|| {
        let start = Uuid::now_v7().simple().to_string();
        start.get(..20).unwrap_or(&start).to_owned()
    });
    static NEXT: AtomicU64 = AtomicU64::new(1);
    format!("{}-{:08x}", *START, NEXT.fetch_add(1, Ordering::Relaxed))
}
