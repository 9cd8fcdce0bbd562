//! Takes up the sagas that were left open while the process goes on: the store refused a turn, or the saga's
//! task died.
//!
//! Decides nothing about steps: a saga goes on from its turns. What a predecessor left open is `recovery`'s
//! matter, and a leaver who cannot wait takes up by itself what is in its way (`admission`). While the store refuses,
//! nothing is taken up.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::model::ports::{Clock, Journal, Store};
use crate::model::{Backoff, SagaId, StoreError};
use crate::saga::Runner;

/// Pause between two looks for sagas that were left open.
const LOOK: Duration = Duration::from_secs(5);
/// First and longest time that a saga is left alone: one that dies again and again must not spin.
const PAUSE: (Duration, Duration) = (Duration::from_secs(10), Duration::from_secs(600));

/// The watch over them.
pub(super) struct LeftOpen {
    pub(super) journal: Arc<dyn Journal>,
    pub(super) runner: Arc<Runner>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) store: Arc<dyn Store>,
    pub(super) stop: CancellationToken,
}

/// A saga that was left open at least once.
struct Again {
    pauses: Backoff,
    /// When it is taken up; `None` while it is at work.
    due_ms: Option<i64>,
}

impl LeftOpen {
    /// Works until the process stops.
    pub(super) async fn for_ever(self) {
        let mut known = BTreeMap::new();
        loop {
            tokio::select! {
                biased;
                () = self.stop.cancelled() => return,
                () = self.clock.sleep(LOOK) => {}
            }
            // What cannot write its turns would only send its calls again.
            if self.store.trouble().is_none() {
                self.look(&mut known).await;
            }
        }
    }

    async fn look(&self, known: &mut BTreeMap<SagaId, Again>) {
        let now = self.clock.now_ms();
        let left_open = self.runner.left_open();
        // The others have ended meanwhile, or wait for an administrator.
        known.retain(|id, again| {
            again.due_ms.is_some() || left_open.contains(id) || self.runner.find(*id).is_some()
        });
        for id in left_open {
            let again = known
                .entry(id)
                .or_insert_with(|| Again { pauses: Backoff::new(PAUSE.0, PAUSE.1), due_ms: None });
            again.put_off(now);
        }
        for (id, again) in known.iter_mut().filter(|(_, again)| again.due_ms.is_some_and(|due| due <= now)) {
            match self.take_up(*id).await {
                Ok(()) => again.due_ms = None,
                Err(error) => {
                    tracing::warn!(saga = %id, %error, "a saga that was left open cannot be read yet");
                    again.put_off(now);
                }
            }
        }
    }

    /// Goes on with a saga that is still open and waits for nobody.
    async fn take_up(&self, id: SagaId) -> Result<(), StoreError> {
        let Some(saga) = self.journal.load(id).await? else { return Ok(()) };
        if saga.is_finished() || saga.is_stuck() {
            return Ok(());
        }
        tracing::info!(saga = %id, turns = saga.turns.len(), "taking up a saga that was left open");
        self.runner.start(saga.opened, Some(&saga.turns), None);
        Ok(())
    }
}

impl Again {
    fn put_off(&mut self, now_ms: i64) {
        let pause_ms = i64::try_from(self.pauses.pause().as_millis()).unwrap_or(i64::MAX);
        self.due_ms = Some(now_ms.saturating_add(pause_ms));
    }
}
