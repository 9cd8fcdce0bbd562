//! Lanes of one process: a fair lock for each thing that can be reserved, with fencing tokens.
//!
//! What nobody holds or waits for takes no memory. Several replicas would put a lease behind the same
//! port.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use tokio::sync::watch;

use crate::model::Reservation;
use crate::model::ports::{Lane, Lanes};

type Places = Arc<Mutex<HashMap<Reservation, Arc<Place>>>>;

/// The lanes.
#[derive(Default)]
pub struct LocalLanes {
    places: Places,
    fence: AtomicU64,
}

#[derive(Default)]
struct Place {
    lock: Arc<tokio::sync::Mutex<()>>,
    leavers: watch::Sender<usize>,
}

/// A leaver that waits, for as long as it does.
struct Waiting<'a>(&'a Place);

impl<'a> Waiting<'a> {
    fn for_lane(place: &'a Place) -> Self {
        place.leavers.send_modify(|leavers| *leavers += 1);
        Self(place)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.leavers.send_modify(|leavers| *leavers = leavers.saturating_sub(1));
    }
}

struct Guard {
    wanted: Reservation,
    places: Places,
    place: Arc<Place>,
    held: Option<tokio::sync::OwnedMutexGuard<()>>,
}

impl Drop for Guard {
    fn drop(&mut self) {
        drop(self.held.take());
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        // One reference is the map's and one is ours; waiters hold others.
        if Arc::strong_count(&self.place) == 2 {
            places.remove(&self.wanted);
        }
    }
}

impl LocalLanes {
    /// The guard exists before the wait, so that a waiter that gives up cleans up as well.
    fn place(&self, wanted: &Reservation) -> Guard {
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        let place = Arc::clone(places.entry(wanted.clone()).or_default());
        Guard { wanted: wanted.clone(), places: Arc::clone(&self.places), place, held: None }
    }

    async fn wait(&self, mut guard: Guard) -> Lane {
        guard.held = Some(Arc::clone(&guard.place.lock).lock_owned().await);
        let leavers = guard.place.leavers.subscribe();
        Lane { fence: self.fence.fetch_add(1, Ordering::Relaxed) + 1, leavers, guard: Box::new(guard) }
    }
}

#[async_trait]
impl Lanes for LocalLanes {
    async fn acquire(&self, wanted: &Reservation) -> Lane {
        self.wait(self.place(wanted)).await
    }

    async fn acquire_first(&self, wanted: &Reservation) -> Lane {
        let guard = self.place(wanted);
        let place = Arc::clone(&guard.place);
        let _waiting = Waiting::for_lane(&place);
        self.wait(guard).await
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
        assert!(lanes.places.lock().unwrap().is_empty(), "lanes that nobody holds take no memory");
    }

    #[tokio::test]
    async fn whoever_holds_the_lane_is_called_back_for_a_leaver_and_only_for_one_that_waits() {
        let lanes = LocalLanes::default();
        let wanted = Reservation::User(UserId::new("1"));
        let soon = Duration::from_millis(20);
        let holder = lanes.acquire(&wanted).await;
        assert!(tokio::time::timeout(soon, holder.called_back()).await.is_err());
        let leaver = async {
            tokio::select! {
                biased;
                _ = lanes.acquire_first(&wanted) => false,
                () = holder.called_back() => true,
            }
        };
        assert!(leaver.await);
        assert!(tokio::time::timeout(soon, holder.called_back()).await.is_err(), "it has given up");
        drop(holder);
        let leaver = lanes.acquire_first(&wanted).await;
        assert!(tokio::time::timeout(soon, leaver.called_back()).await.is_err(), "nobody else waits");
        drop(leaver);
        assert!(lanes.places.lock().unwrap().is_empty());
    }
}
