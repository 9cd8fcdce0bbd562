//! The shared budget of calls: permits are granted by priority at the pace that Genesys allows.
//!
//! This file is the waiting. How many go is the pure [`pace`], who goes [`queues`]; [`bucket`] puts both
//! together with the pauses after 429. One budget serves one OAuth client: all work of the process shares it.
//! What a permit is for is the caller's matter. One of those who wait keeps the time for all of them, and
//! only whoever is granted a permit is woken.

pub(crate) mod bucket;
mod memory;
pub(crate) mod pace;
pub(crate) mod queues;
#[cfg(test)]
mod simulation;

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::{Notify, oneshot};

use self::bucket::Bucket;
use self::pace::Granted;
use self::queues::Ticket;
use crate::model::BudgetUse;
use crate::model::ports::{Asked, Budget, Clock, Limited, Permit, Priority, WaitingPlace};

struct State {
    bucket: Bucket,
    waiting: BTreeMap<Ticket, oneshot::Sender<Granted>>,
}

impl State {
    /// Lets through whom the bucket names.
    fn pump(&mut self, now_ms: u64) {
        loop {
            let granted = self.bucket.grant(now_ms);
            if granted.is_empty() {
                return;
            }
            for (ticket, granted) in granted {
                let gone = match self.waiting.remove(&ticket) {
                    Some(waiter) => waiter.send(granted).err(),
                    None => Some(granted),
                };
                if let Some(granted) = gone {
                    self.bucket.returned(granted);
                }
            }
        }
    }
}

/// What the budget, its waiting places and its permits share.
struct Shared {
    state: Mutex<State>,
    clock: Arc<dyn Clock>,
    /// Whoever holds it keeps the time.
    watch: tokio::sync::Mutex<()>,
    /// Something changed that the keeper of the time must know.
    changed: Notify,
    /// What was used should be written down.
    to_write: Notify,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        // Every change of the state is complete before anything could panic.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the state and lets through who may go then.
    fn change<T>(&self, change: impl FnOnce(&mut State, u64) -> T) -> T {
        let now = self.clock.monotonic_ms();
        let mut state = self.lock();
        let result = change(&mut state, now);
        state.pump(now);
        let some_wait = !state.waiting.is_empty();
        let to_write = state.bucket.wants_writing();
        drop(state);
        if to_write {
            self.to_write.notify_one();
        }
        if some_wait {
            self.changed.notify_one();
        }
        result
    }

    /// Keeps the time, once nobody else does, and lets through who may go.
    async fn keep_time(&self) -> Infallible {
        let _watch = self.watch.lock().await;
        loop {
            let pause = {
                let now = self.clock.monotonic_ms();
                self.lock().bucket.until_next_ms(now)
            };
            match pause {
                Some(pause) => tokio::select! {
                    biased;
                    () = self.changed.notified() => {}
                    () = self.clock.sleep(Duration::from_millis(pause)) => {}
                },
                None => self.changed.notified().await,
            }
            let now = self.clock.monotonic_ms();
            let to_write = {
                let mut state = self.lock();
                state.pump(now);
                state.bucket.wants_writing()
            };
            if to_write {
                self.to_write.notify_one();
            }
        }
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
        let (watch, changed, to_write) = (tokio::sync::Mutex::default(), Notify::new(), Notify::new());
        Self { shared: Arc::new(Shared { state, clock, watch, changed, to_write }) }
    }

    /// Goes on where a predecessor ended, if there was one; and from now on lets no call go that was not
    /// announced in writing: somebody has to [`Self::write_down`] for ever.
    pub fn resume(&self, used: Option<&BudgetUse>) {
        let wall = self.shared.clock.now_ms();
        self.shared.change(|state, now| {
            if let Some(used) = used {
                state.bucket.inherit(used, now, wall);
            }
            state.bucket.keep_written();
        });
    }

    /// Waits until it is time and lets `write` keep what was used. If that fails calls go on all the same: a
    /// store that refuses lets no saga begin, and those that run must end.
    pub async fn write_down<E, F: Future<Output = Result<(), E>>>(
        &self,
        write: impl FnOnce(BudgetUse) -> F,
    ) -> Result<(), E> {
        self.shared.to_write.notified().await;
        let wall = self.shared.clock.now_ms();
        let used = self.shared.change(|state, now| state.bucket.use_now(now, wall));
        let kept = write(used).await;
        self.shared.change(|state, _| state.bucket.written());
        kept
    }
}

/// One who waits.
struct Place {
    shared: Arc<Shared>,
    ticket: Ticket,
    receiver: oneshot::Receiver<Granted>,
    /// The permit was handed out: what becomes of it is no longer this place's matter.
    taken: bool,
}

impl Place {
    fn permit(&mut self, granted: Granted) -> Permit {
        self.taken = true;
        let shared = Arc::clone(&self.shared);
        Permit::new(move |spent| {
            shared.change(|state, now| {
                if spent { state.bucket.sent(now, granted) } else { state.bucket.returned(granted) }
            });
        })
    }
}

#[async_trait]
impl WaitingPlace for Place {
    async fn granted(&mut self) -> Permit {
        if !self.taken {
            let shared = Arc::clone(&self.shared);
            tokio::select! {
                // A permit that is there is taken, whatever else is due.
                biased;
                // The sender is dropped unsent only together with the budget's own state.
                Ok(granted) = &mut self.receiver => return self.permit(granted),
                never = shared.keep_time() => match never {},
            }
        }
        // A place is good for one permit.
        std::future::pending().await
    }

    fn promote(&mut self, priority: Priority) {
        self.shared.change(|state, _| state.bucket.promote(self.ticket, priority));
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if self.taken {
            return;
        }
        let (ticket, receiver) = (self.ticket, &mut self.receiver);
        self.shared.change(|state, _| {
            state.waiting.remove(&ticket);
            state.bucket.leave(ticket);
            // Granted, and not fetched.
            if let Ok(granted) = receiver.try_recv() {
                state.bucket.returned(granted);
            }
        });
    }
}

impl Budget for SharedBudget {
    fn reserve(&self, asked: Asked) -> Box<dyn WaitingPlace> {
        let (sender, receiver) = oneshot::channel();
        let ticket = self.shared.change(|state, _| {
            let ticket = state.bucket.join(asked);
            state.waiting.insert(ticket, sender);
            ticket
        });
        Box::new(Place { shared: Arc::clone(&self.shared), ticket, receiver, taken: false })
    }

    fn pause(&self, limited: Limited, wait: Duration) {
        let wait = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
        self.shared.change(|state, now| state.bucket.pause(now, limited, wait));
    }

    fn left(&self) -> u32 {
        let now = self.shared.clock.monotonic_ms();
        self.shared.lock().bucket.left(now)
    }

    fn expected_wait(&self, asked: &Asked) -> Duration {
        let now = self.shared.clock.monotonic_ms();
        Duration::from_millis(self.shared.lock().bucket.expected_wait_ms(now, asked))
    }

    fn time_for(&self, calls: u64) -> Duration {
        Duration::from_millis(self.shared.lock().bucket.time_for_ms(calls))
    }
}

#[cfg(test)]
mod tests;
