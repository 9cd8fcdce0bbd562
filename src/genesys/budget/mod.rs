//! The shared budget of calls: permits are granted by priority at the pace that Genesys allows.
//!
//! This file is the waiting; who goes when is decided by the pure [`bucket`]. One budget serves one OAuth
//! client: all work of the process shares it. What a permit is for is the caller's matter.

pub(crate) mod bucket;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::oneshot;

use self::bucket::{Bucket, Ticket};
use crate::model::ports::{Budget, Clock, Permit, Priority, WaitingPlace};

struct State {
    bucket: Bucket,
    waiting: BTreeMap<Ticket, oneshot::Sender<()>>,
}

impl State {
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

/// What the budget, its waiting places and its permits share.
struct Shared {
    state: Mutex<State>,
    clock: Arc<dyn Clock>,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        // Every change of the state is complete before anything could panic.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A token that was granted and not used: whoever waits next has it.
    fn refund(&self) {
        let now = self.clock.monotonic_ms();
        let mut state = self.lock();
        state.bucket.refund();
        state.pump(now);
    }
}

/// The budget of one OAuth client.
pub struct SharedBudget {
    shared: Arc<Shared>,
}

impl SharedBudget {
    /// A budget of so many calls in any minute, less a margin in percent.
    pub fn new(calls_per_minute: u32, margin_percent: u32, clock: Arc<dyn Clock>) -> Self {
        let bucket = Bucket::new(calls_per_minute, margin_percent, clock.monotonic_ms());
        let state = Mutex::new(State { bucket, waiting: BTreeMap::new() });
        Self { shared: Arc::new(Shared { state, clock }) }
    }
}

/// One who waits.
struct Place {
    shared: Arc<Shared>,
    ticket: Ticket,
    receiver: oneshot::Receiver<()>,
    /// The permit was handed out: what becomes of it is no longer this place's matter.
    taken: bool,
}

impl Place {
    fn permit(&mut self) -> Permit {
        self.taken = true;
        let shared = Arc::clone(&self.shared);
        Permit::new(move || shared.refund())
    }
}

#[async_trait]
impl WaitingPlace for Place {
    async fn granted(&mut self) -> Permit {
        while !self.taken {
            let pause = {
                let now = self.shared.clock.monotonic_ms();
                self.shared.lock().bucket.until_next_ms(now)
            };
            tokio::select! {
                // A permit that is there is taken, whatever else is due.
                biased;
                // The sender is dropped unsent only together with the budget's own state.
                _ = &mut self.receiver => return self.permit(),
                () = self.shared.clock.sleep(Duration::from_millis(pause)) => {
                    let now = self.shared.clock.monotonic_ms();
                    self.shared.lock().pump(now);
                }
            }
        }
        // A place is good for one permit.
        std::future::pending().await
    }

    fn promote(&mut self, priority: Priority) {
        let now = self.shared.clock.monotonic_ms();
        let mut state = self.shared.lock();
        state.bucket.promote(self.ticket, priority);
        state.pump(now);
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if self.taken {
            return;
        }
        let now = self.shared.clock.monotonic_ms();
        let mut state = self.shared.lock();
        let waited = state.waiting.remove(&self.ticket).is_some();
        state.bucket.leave(self.ticket);
        if !waited {
            // Granted, and not fetched.
            state.bucket.refund();
        }
        state.pump(now);
    }
}

impl Budget for SharedBudget {
    fn reserve(&self, priority: Priority) -> Box<dyn WaitingPlace> {
        let (sender, receiver) = oneshot::channel();
        let now = self.shared.clock.monotonic_ms();
        let mut state = self.shared.lock();
        let ticket = state.bucket.join(priority);
        state.waiting.insert(ticket, sender);
        state.pump(now);
        Box::new(Place { shared: Arc::clone(&self.shared), ticket, receiver, taken: false })
    }

    fn pause(&self, wait: Duration) {
        let now = self.shared.clock.monotonic_ms();
        let wait = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
        self.shared.lock().bucket.pause(now, wait);
    }

    fn left(&self) -> u32 {
        let now = self.shared.clock.monotonic_ms();
        self.shared.lock().bucket.left(now)
    }

    fn expected_wait(&self, priority: Priority) -> Duration {
        let now = self.shared.clock.monotonic_ms();
        Duration::from_millis(self.shared.lock().bucket.expected_wait_ms(now, priority))
    }
}

#[cfg(test)]
mod tests;
