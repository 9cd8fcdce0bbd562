//! What may still arrive in Genesys though its saga has given way or died: a successor must not take back what
//! comes only afterwards.
//!
//! A call that was sent cannot be recalled. Of a saga that was passed the answers are waited for; of the process
//! before, whose answers nobody gets, the time is waited that a call may take ([`Aftermath`]). A leaver waits for
//! neither: the pivot goes at once, and what comes behind it waits here. Which steps wait is decided in `running`.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

use crate::model::SubjectId;
use crate::model::ports::Clock;
use crate::saga::handle::{Handle, Progress};

/// Ends when every call of a passed saga, and of those that it passed itself, has its answer, and when what the
/// process before had sent has arrived or never will.
#[derive(Clone)]
pub(super) struct InFlight {
    passed: Option<watch::Receiver<Progress>>,
    /// A moment of the monotonic clock.
    until_ms: u64,
    /// The same of calls that a saga which is taken up again did not send itself.
    earlier_ms: u64,
    clock: Arc<dyn Clock>,
}

impl InFlight {
    /// Waits for it. A saga tells of its progress for as long as its task lives.
    pub(super) async fn over(&mut self) {
        if let Some(passed) = &mut self.passed {
            while passed.changed().await.is_ok() {}
        }
        let left = self.until_ms.saturating_sub(self.clock.monotonic_ms());
        if left > 0 {
            self.clock.sleep(Duration::from_millis(left)).await;
        }
    }

    /// What of it others have sent, not the saga itself before the process ended.
    pub(super) fn of_others(self) -> Self {
        Self { passed: None, until_ms: self.earlier_ms, ..self }
    }
}

/// Who may have had calls in flight when the process before ended, and until when they may arrive.
#[derive(Default)]
pub(super) struct Aftermath(Mutex<BTreeMap<SubjectId, Arrivals>>);

/// Until when calls about one subject may arrive: moments of the monotonic clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Arrivals {
    /// Those of the process before, of whichever saga.
    pub(crate) last_ms: u64,
    /// Those of processes before it: of sagas that need not be the one that is open now. 0 where there are none.
    pub(crate) earlier_ms: u64,
}

impl Aftermath {
    /// Sagas of these were open when a process ended.
    pub(super) fn note(&self, subjects: BTreeMap<SubjectId, Arrivals>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = subjects;
    }

    /// Until when calls that no process waits for may arrive that are about the subject; `None` if none can.
    pub(super) fn of(&self, subject: SubjectId, now_ms: u64) -> Option<Arrivals> {
        let mut crashed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        crashed.retain(|_, arrivals| arrivals.last_ms > now_ms);
        crashed.get(&subject).copied()
    }

    /// What a saga of the subject has to wait for; `passed` is the saga whose place it takes.
    pub(super) fn in_flight(
        &self,
        subject: SubjectId,
        passed: Option<&Handle>,
        clock: &Arc<dyn Clock>,
    ) -> Option<InFlight> {
        let arrivals = self.of(subject, clock.monotonic_ms());
        let passed = passed.map(|handle| handle.progress.clone());
        (passed.is_some() || arrivals.is_some()).then(|| InFlight {
            passed,
            until_ms: arrivals.map_or(0, |arrivals| arrivals.last_ms),
            earlier_ms: arrivals.map_or(0, |arrivals| arrivals.earlier_ms),
            clock: Arc::clone(clock),
        })
    }
}
