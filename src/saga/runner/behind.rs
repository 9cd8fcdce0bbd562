//! What may still arrive in Genesys though its saga has given way or died: a successor must not take back what
//! comes only afterwards.
//!
//! A call that was sent cannot be recalled. Of a saga that was passed the answers are waited for; of the process
//! before, whose answers nobody gets, the time is waited that a call may take ([`Aftermath`]). A leaver waits for
//! neither: the pivot goes at once, and what comes behind it waits here. Which steps wait is decided in `running`.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

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
            self.clock.sleep(std::time::Duration::from_millis(left)).await;
        }
    }
}

/// Who may have had calls in flight when the process before ended, and until when they may arrive.
#[derive(Default)]
pub(super) struct Aftermath(Mutex<Crashed>);

#[derive(Default)]
struct Crashed {
    subjects: BTreeSet<SubjectId>,
    /// A moment of the monotonic clock.
    until_ms: u64,
}

impl Aftermath {
    /// Sagas of these were open when the process before ended.
    pub(super) fn note(&self, subjects: BTreeSet<SubjectId>, until_ms: u64) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Crashed { subjects, until_ms };
    }

    /// Until when calls of the process before may arrive that are about the subject; `None` if none can.
    pub(super) fn of(&self, subject: SubjectId, now_ms: u64) -> Option<u64> {
        let mut crashed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if crashed.until_ms <= now_ms {
            crashed.subjects.clear();
        }
        crashed.subjects.contains(&subject).then_some(crashed.until_ms)
    }

    /// What a saga of the subject has to wait for; `passed` is the saga whose place it takes.
    pub(super) fn in_flight(
        &self,
        subject: SubjectId,
        passed: Option<&Handle>,
        clock: &Arc<dyn Clock>,
    ) -> Option<InFlight> {
        let until_ms = self.of(subject, clock.monotonic_ms());
        let passed = passed.map(|handle| handle.progress.clone());
        (passed.is_some() || until_ms.is_some()).then(|| InFlight {
            passed,
            until_ms: until_ms.unwrap_or(0),
            clock: Arc::clone(clock),
        })
    }
}
