//! The shared budget of calls: waiters are let through by priority at the pace that Genesys grants.
//!
//! This file is the waiting; which ticket goes when is decided by the pure [`bucket`]. One budget serves one OAuth client: all
//! work of the process shares it.

pub mod bucket;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::oneshot;

use self::bucket::{Bucket, Ticket};
use crate::model::ports::{Budget, Clock, Priority};

struct Shared {
    bucket: Bucket,
    waiting: HashMap<Ticket, oneshot::Sender<()>>,
}

impl Shared {
    /// Lets through whom the bucket names.
    fn pump(&mut self, now_ms: u64) {
        for ticket in self.bucket.grant(now_ms) {
            let gone = self.waiting.remove(&ticket).is_none_or(|waiter| waiter.send(()).is_err());
            if gone {
                self.bucket.refund();
            }
        }
    }
}

/// The budget of one OAuth client.
pub struct SharedBudget {
    shared: Mutex<Shared>,
    clock: Arc<dyn Clock>,
}

impl SharedBudget {
    /// A budget of so many calls in any minute, less a margin in percent.
    pub fn new(calls_per_minute: u32, margin_percent: u32, clock: Arc<dyn Clock>) -> Self {
        let bucket = Bucket::new(calls_per_minute, margin_percent, clock.monotonic_ms());
        Self { shared: Mutex::new(Shared { bucket, waiting: HashMap::new() }), clock }
    }

    fn lock(&self) -> MutexGuard<'_, Shared> {
        // Every change of the state is complete before anything could panic.
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes a waiter out of the queue when its caller stops waiting.
struct Place<'a> {
    budget: &'a SharedBudget,
    ticket: Ticket,
    taken: bool,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        if !self.taken {
            let now = self.budget.clock.monotonic_ms();
            let mut shared = self.budget.lock();
            let waited = shared.waiting.remove(&self.ticket).is_some();
            shared.bucket.leave(self.ticket);
            if !waited {
                shared.bucket.refund();
            }
            shared.pump(now);
        }
    }
}

#[async_trait]
impl Budget for SharedBudget {
    async fn acquire(&self, priority: Priority) {
        let (sender, mut receiver) = oneshot::channel();
        let ticket = {
            let now = self.clock.monotonic_ms();
            let mut shared = self.lock();
            let ticket = shared.bucket.join(priority);
            shared.waiting.insert(ticket, sender);
            shared.pump(now);
            ticket
        };
        let mut place = Place { budget: self, ticket, taken: false };
        loop {
            let pause = {
                let now = self.clock.monotonic_ms();
                self.lock().bucket.until_next_ms(now)
            };
            tokio::select! {
                biased;
                granted = &mut receiver => {
                    // A sender is dropped unsent only together with the budget's own state.
                    place.taken = granted.is_ok();
                    return;
                }
                () = self.clock.sleep(Duration::from_millis(pause)) => {
                    let now = self.clock.monotonic_ms();
                    self.lock().pump(now);
                }
            }
        }
    }

    fn pause(&self, wait: Duration) {
        let now = self.clock.monotonic_ms();
        let wait = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
        self.lock().bucket.pause(now, wait);
    }

    fn left(&self) -> u32 {
        let now = self.clock.monotonic_ms();
        self.lock().bucket.left(now)
    }

    fn expected_wait(&self, priority: Priority) -> Duration {
        let now = self.clock.monotonic_ms();
        Duration::from_millis(self.lock().bucket.expected_wait_ms(now, priority))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    /// Tokio's own clock, which tests may stop.
    struct Tick(tokio::time::Instant, AtomicU64);

    #[async_trait]
    impl Clock for Tick {
        fn now_ms(&self) -> i64 {
            0
        }
        fn monotonic_ms(&self) -> u64 {
            u64::try_from(self.0.elapsed().as_millis()).unwrap()
        }
        async fn sleep(&self, pause: Duration) {
            self.1.fetch_add(1, Ordering::Relaxed);
            tokio::time::sleep(pause).await;
        }
        fn jitter(&self, _bound: u64) -> u64 {
            0
        }
    }

    fn budget(per_minute: u32) -> Arc<SharedBudget> {
        Arc::new(SharedBudget::new(
            per_minute,
            0,
            Arc::new(Tick(tokio::time::Instant::now(), AtomicU64::new(0))),
        ))
    }

    async fn spend_all(budget: &SharedBudget) {
        while budget.left() > 0 {
            budget.acquire(Priority::Waiting).await;
        }
    }

    #[tokio::test]
    async fn a_full_budget_lets_calls_through_at_once_and_an_empty_one_by_priority() {
        // One call every 200 ms: long enough for all four to queue up on a busy machine.
        let budget = budget(300);
        spend_all(&budget).await;
        let order = Arc::new(Mutex::new(Vec::new()));
        let mut tasks = Vec::new();
        for priority in [Priority::Background, Priority::Waiting, Priority::Leaver, Priority::Identity] {
            let (budget, order) = (Arc::clone(&budget), Arc::clone(&order));
            tasks.push(tokio::spawn(async move {
                budget.acquire(priority).await;
                order.lock().unwrap().push(priority);
            }));
            tokio::task::yield_now().await;
        }
        for task in tasks {
            task.await.unwrap();
        }
        let order = order.lock().unwrap();
        assert_eq!(order[0], Priority::Leaver, "{order:?}");
        assert_eq!(order[3], Priority::Background, "{order:?}");
    }

    #[tokio::test]
    async fn a_caller_that_stops_waiting_takes_nothing_with_it() {
        let budget = budget(600);
        spend_all(&budget).await;
        {
            let waiting = budget.acquire(Priority::Leaver);
            assert!(tokio::time::timeout(Duration::from_millis(5), waiting).await.is_err());
        }
        assert!(budget.lock().waiting.is_empty());
        let wait = tokio::time::timeout(Duration::from_secs(2), budget.acquire(Priority::Background));
        assert!(wait.await.is_ok());
    }

    #[tokio::test]
    async fn a_pause_holds_everybody() {
        let budget = budget(60_000);
        budget.pause(Duration::from_millis(80));
        assert!(budget.expected_wait(Priority::Leaver) >= Duration::from_millis(70));
        let started = std::time::Instant::now();
        budget.acquire(Priority::Leaver).await;
        assert!(started.elapsed() >= Duration::from_millis(75));
    }
}
