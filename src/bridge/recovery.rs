//! Sagas that a predecessor left open, and what an administrator does about those that do not end.
//!
//! Decides nothing about steps: a saga goes on from its turns, which is `saga::machine`'s business. What an
//! intervention leads to is `intervention`.

use std::sync::Arc;
use std::time::Duration;

use super::intervention::{Consequence, Intervention, consequence};
use super::trail::Action;
use crate::directory::Directory;
use crate::model::ports::{Clock, Journal, Store, TurnRecords};
use crate::model::{
    Batch, Cause, Outcome, Refusal, Report, SagaId, SagaState, StepId, StoreError, Subject, SubjectId, Turn,
};
use crate::saga::{Arrivals, Handle, Runner};

/// Pause between two looks at a saga that is over and whose task has not ended yet.
const ABOUT_TO_LEAVE: Duration = Duration::from_millis(5);

/// Why an intervention is not done.
#[derive(Debug, thiserror::Error)]
pub enum InterventionError {
    /// No such saga.
    #[error("there is no such saga; `sagas list` shows those there are")]
    NotFound,
    /// Not as the saga stands; in words.
    #[error("{0}")]
    NotNow(String),
    /// The store refuses.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Takes sagas up again.
pub(super) struct Recovery {
    pub(super) journal: Arc<dyn Journal>,
    pub(super) runner: Arc<Runner>,
    pub(super) records: Arc<dyn TurnRecords>,
    pub(super) store: Arc<dyn Store>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) directory: Arc<Directory>,
    pub(super) arrives_within: Duration,
}

impl Recovery {
    /// Takes every saga that was left open forward or back. Returns how many there are, stuck ones included.
    pub(super) async fn recover(&self) -> Result<usize, StoreError> {
        let open = self.journal.open_sagas().await?;
        let count = open.len();
        self.note_crash(&open).await?;
        for saga in open {
            if saga.is_stuck() {
                tracing::warn!(saga = %saga.opened.id, "saga is stuck and waits for an administrator");
                continue;
            }
            tracing::info!(saga = %saga.opened.id, turns = saga.turns.len(), "going on with an open saga");
            self.runner.start(saga.opened, Some(&saga.turns), None);
        }
        Ok(count)
    }

    /// What the process before had sent may still arrive. Noted before anything goes on, for this process and, should
    /// it end as soon, for the next.
    async fn note_crash(&self, open: &[SagaState]) -> Result<(), StoreError> {
        let at_work = open.iter().filter(|saga| !saga.is_stuck()).map(|saga| saga.opened.subject);
        let (now_ms, now) = (self.clock.now_ms(), self.clock.monotonic_ms());
        let within_ms = i64::try_from(self.arrives_within.as_millis()).unwrap_or(i64::MAX);
        let earlier = self.directory.aftermath().await?.now(now_ms, within_ms);
        let all = earlier.clone().and(at_work, now_ms.saturating_add(within_ms));
        if !all.until_ms.is_empty() {
            let mut batch = Batch::new();
            self.directory.note_aftermath(&mut batch, &all)?;
            // A disk that is full keeps nobody from what goes on; only another crash at this moment would not know it.
            if let Err(error) = self.store.commit(batch).await {
                tracing::error!(%error, "whose calls may still arrive could not be noted");
            }
        }
        let moment =
            |until_ms: i64| now.saturating_add(u64::try_from(until_ms.saturating_sub(now_ms)).unwrap_or(0));
        let arrivals = |(subject, until_ms): (&SubjectId, &i64)| {
            let earlier_ms = earlier.until_ms.get(subject).map_or(0, |until_ms| moment(*until_ms));
            (*subject, Arrivals { last_ms: moment(*until_ms), earlier_ms })
        };
        self.runner.crashed(all.until_ms.iter().map(arrivals).collect());
        Ok(())
    }

    /// What an intervention would lead to.
    pub(super) async fn foresee(
        &self,
        id: SagaId,
        asked: Intervention,
    ) -> Result<Consequence, InterventionError> {
        let (saga, handle) = self.standing(id).await?;
        foreseen(&saga, handle.as_ref(), asked)
    }

    /// Does it, and writes down who asked.
    pub(super) async fn intervene(
        &self,
        id: SagaId,
        asked: Intervention,
        cause: &Cause,
    ) -> Result<Consequence, InterventionError> {
        let (saga, handle) = self.standing(id).await?;
        let found = foreseen(&saga, handle.as_ref(), asked)?;
        let with = self.entry(&saga, asked, cause)?;
        match (handle, asked) {
            (Some(handle), Intervention::GiveUp(step)) => {
                self.store.commit(with).await?;
                handle.give_up(step, asked.refusal()).await;
            }
            (Some(handle), _) => {
                self.store.commit(with).await?;
                handle.abort(asked.refusal()).await;
            }
            (None, Intervention::GiveUp(_)) => {
                let why = "nobody works on this saga; redrive it first".to_owned();
                return Err(InterventionError::NotNow(why));
            }
            (None, Intervention::Redrive) => self.redrive(saga, with).await?,
            (None, Intervention::Abort) => self.abort(saga, asked.refusal(), with).await?,
        }
        Ok(found)
    }

    /// The saga, and who works on it. One that has just become stuck is about to leave: that is waited for.
    async fn standing(&self, id: SagaId) -> Result<(SagaState, Option<Handle>), InterventionError> {
        loop {
            let handle = self.runner.find(id);
            let saga = self.journal.load(id).await?.ok_or(InterventionError::NotFound)?;
            match &handle {
                Some(handle) if saga.is_stuck() || handle.progress().is_over() => {}
                _ => return Ok((saga, handle)),
            }
            self.clock.sleep(ABOUT_TO_LEAVE).await;
        }
    }

    /// Tries again to undo a stuck saga, or goes on with one on which nobody works.
    async fn redrive(&self, mut saga: SagaState, with: Batch) -> Result<(), StoreError> {
        let undoing = saga.turns.iter().rev().find_map(undoing);
        match undoing.filter(|_| saga.is_stuck()) {
            Some((refusal, step)) => self.turn(&mut saga, Turn::Undoing { refusal, step }, with).await?,
            None => self.store.commit(with).await.map(drop)?,
        }
        self.runner.start(saga.opened, Some(&saga.turns), None);
        Ok(())
    }

    /// Ends a stuck saga as it is; turns one back on which nobody works.
    async fn abort(&self, mut saga: SagaState, refusal: Refusal, mut with: Batch) -> Result<(), StoreError> {
        if !saga.is_stuck() {
            self.turn(&mut saga, Turn::Undoing { refusal, step: None }, with).await?;
            self.runner.start(saga.opened, Some(&saga.turns), None);
            return Ok(());
        }
        let turn = Turn::Finished(Outcome::RolledBack { refusal, step: None });
        // A user whom it made may be there still: that is looked for, and taken back when Genesys lets us.
        let report = Report { unsettled: true, ..Report::unknown(&saga.opened.plan) };
        with.append(self.records.compose(&saga.opened, &turn, &report, self.clock.now_ms()).await?);
        self.turn(&mut saga, turn, with).await
    }

    async fn turn(&self, saga: &mut SagaState, turn: Turn, with: Batch) -> Result<(), StoreError> {
        self.journal.turn(saga.opened.id, &turn, with).await?;
        saga.turns.push(turn);
        Ok(())
    }

    /// The administrator's action in the audit trail.
    fn entry(&self, saga: &SagaState, asked: Intervention, cause: &Cause) -> Result<Batch, StoreError> {
        let subject = match &saga.opened.about {
            Subject::Group { id, .. } => id.as_str().to_owned(),
            Subject::User(Some(id)) => id.as_str().to_owned(),
            Subject::User(None) => saga.opened.subject.to_string(),
        };
        let mut batch = Batch::new();
        let action = Action { cause, what: asked.word(), subject, saga: Some(saga.opened.id) };
        action.note(&mut batch, &saga.opened.tenant, self.clock.now_ms())?;
        Ok(batch)
    }
}

fn foreseen(
    saga: &SagaState,
    handle: Option<&Handle>,
    asked: Intervention,
) -> Result<Consequence, InterventionError> {
    if handle.is_some() && asked == Intervention::Redrive {
        return Err(InterventionError::NotNow("the saga is not stuck: it is at work".to_owned()));
    }
    consequence(saga, asked).map_err(InterventionError::NotNow)
}

fn undoing(turn: &Turn) -> Option<(Refusal, Option<StepId>)> {
    match turn {
        Turn::Undoing { refusal, step } => Some((refusal.clone(), *step)),
        _ => None,
    }
}
