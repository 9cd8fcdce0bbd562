//! What may still arrive in Genesys though its saga has given way or died: a successor must not take back what
//! comes only afterwards.
//!
//! A call that was sent cannot be recalled. Of a saga that was passed the answers are waited for; of the process
//! before, whose answers nobody gets, the time is waited that a call may take ([`Aftermath`]). A leaver waits for
//! neither: the pivot goes at once, and what comes behind it waits here. What had no answer in a saga that has ended
//! is waited for behind a leaver, because it can give back what was taken; and what had none in a leaver's, before
//! somebody is active again. Whatever else it does is found when the user is compared (`directory::work`). Which
//! steps wait is decided in `running`.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

use crate::model::ports::Clock;
use crate::model::{Effect, SagaOpened, Step, SubjectId};
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

    /// Whether something may still come.
    pub(super) fn is_expected(&self) -> bool {
        let passed = self.passed.as_ref().is_some_and(|passed| passed.has_changed().is_ok());
        passed || self.until_ms > self.clock.monotonic_ms()
    }

    /// What of it others have sent, not the saga itself before the process ended.
    pub(super) fn of_others(self) -> Self {
        Self { passed: None, until_ms: self.earlier_ms, ..self }
    }
}

/// Whose calls may arrive though nobody waits for them, and until when.
#[derive(Default)]
pub(super) struct Aftermath {
    /// Those that the process before may have had in flight when it ended.
    crashed: Mutex<BTreeMap<SubjectId, Arrivals>>,
    /// Those of this one that had no answer: moments of the monotonic clock.
    unanswered: Mutex<BTreeMap<SubjectId, Expected>>,
}

/// Until when calls without an answer may arrive; 0 if there are none.
#[derive(Clone, Copy, Default)]
struct Expected {
    any_ms: u64,
    leavers_ms: u64,
}

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
        *lock(&self.crashed) = subjects;
    }

    /// A call of a saga had no answer, and may arrive until then.
    pub(super) fn expect(&self, opened: &SagaOpened, until_ms: u64, now_ms: u64) {
        let mut unanswered = lock(&self.unanswered);
        // Now and then, so that it costs nothing per call: what is over is forgotten.
        if unanswered.len().is_power_of_two() {
            unanswered.retain(|_, known| known.any_ms > now_ms);
        }
        let known = unanswered.entry(opened.subject).or_default();
        known.any_ms = known.any_ms.max(until_ms);
        if opened.plan.pivot.is_some() {
            known.leavers_ms = known.leavers_ms.max(until_ms);
        }
    }

    /// Whether a call that nobody waits for may still arrive.
    pub(super) fn may_arrive(&self, subject: SubjectId, now_ms: u64) -> bool {
        self.of(subject, now_ms).is_some() || self.expected(subject).any_ms > now_ms
    }

    fn expected(&self, subject: SubjectId) -> Expected {
        lock(&self.unanswered).get(&subject).copied().unwrap_or_default()
    }

    /// Until when calls of the process before may arrive that are about the subject; `None` if none can.
    fn of(&self, subject: SubjectId, now_ms: u64) -> Option<Arrivals> {
        let mut crashed = lock(&self.crashed);
        crashed.retain(|_, arrivals| arrivals.last_ms > now_ms);
        crashed.get(&subject).copied()
    }

    /// What a saga of the subject has to wait for; `passed` is the saga whose place it takes.
    pub(super) fn in_flight(
        &self,
        opened: &SagaOpened,
        passed: Option<&Handle>,
        clock: &Arc<dyn Clock>,
    ) -> Option<InFlight> {
        let now_ms = clock.monotonic_ms();
        let arrivals = self.of(opened.subject, now_ms);
        let expected = self.expected(opened.subject);
        let comes_back = |step: &Step| step.effect == Effect::SetActive { active: true };
        let until_ms = match opened.plan.pivot {
            Some(_) => expected.any_ms,
            None if opened.plan.steps.iter().any(comes_back) => expected.leavers_ms,
            None => 0,
        };
        let passed = passed.map(|handle| handle.progress.clone());
        (passed.is_some() || arrivals.is_some() || until_ms > now_ms).then(|| InFlight {
            passed,
            until_ms: arrivals.map_or(0, |arrivals| arrivals.last_ms).max(until_ms),
            earlier_ms: arrivals.map_or(0, |arrivals| arrivals.earlier_ms),
            clock: Arc::clone(clock),
        })
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
