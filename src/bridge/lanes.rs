//! Lanes of one process: a fair lock for each thing that can be reserved, with fencing tokens.
//!
//! What nobody holds or waits for takes no memory. Several replicas would put a lease behind the same
//! port.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;

use crate::model::Reservation;
use crate::model::ports::{Lane, Lanes};

type Locks = Arc<Mutex<HashMap<Reservation, Arc<tokio::sync::Mutex<()>>>>>;

/// The lanes.
#[derive(Default)]
pub struct LocalLanes {
    locks: Locks,
    fence: AtomicU64,
}

struct Guard {
    wanted: Reservation,
    locks: Locks,
    held: Option<tokio::sync::OwnedMutexGuard<()>>,
}

impl Drop for Guard {
    fn drop(&mut self) {
        drop(self.held.take());
        let mut locks = self.locks.lock().unwrap_or_else(PoisonError::into_inner);
        // One reference is the map's; waiters hold others.
        if locks.get(&self.wanted).is_some_and(|lock| Arc::strong_count(lock) == 1) {
            locks.remove(&self.wanted);
        }
    }
}

#[async_trait]
impl Lanes for LocalLanes {
    async fn acquire(&self, wanted: &Reservation) -> Lane {
        let lock = {
            let mut locks = self.locks.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(locks.entry(wanted.clone()).or_default())
        };
        // The guard exists before the wait, so that a waiter that gives up cleans up as well.
        let mut guard = Guard { wanted: wanted.clone(), locks: Arc::clone(&self.locks), held: None };
        guard.held = Some(lock.lock_owned().await);
        Lane { fence: self.fence.fetch_add(1, Ordering::Relaxed) + 1, guard: Box::new(guard) }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::model::UserId;

    #[tokio::test]
    async fn a_second_holder_waits_and_gets_a_later_fence() {
        let lanes = LocalLanes::default();
        let [one, two] = ["1", "2"].map(|id| Reservation::User(UserId::new(id)));
        let first = lanes.acquire(&one).await;
        let other = lanes.acquire(&two).await;
        assert!(tokio::time::timeout(Duration::from_millis(20), lanes.acquire(&one)).await.is_err());
        let fence = first.fence;
        drop(first);
        assert!(lanes.acquire(&one).await.fence > fence);
        drop(other);
        assert!(lanes.locks.lock().unwrap().is_empty(), "lanes that nobody holds take no memory");
    }
}
