//! Sagas that a predecessor left open, and what an administrator does about those that do not end.
//!
//! Decides nothing about steps: a saga goes on from its turns, which is `saga::machine`'s business. What an
//! intervention leads to is `intervention`.

use std::sync::Arc;

use super::intervention::{Consequence, Intervention, consequence};
use crate::audit::{self, AuditRecord};
use crate::model::ports::{Clock, Journal, Store, TurnRecords};
use crate::model::{
    Batch, Cause, Outcome, Refusal, Report, SagaId, SagaState, StepId, StoreError, Subject, Turn,
};
use crate::saga::Runner;

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
}

impl Recovery {
    /// Takes every saga that was left open forward or back. Returns how many there are, stuck ones included.
    pub(super) async fn recover(&self) -> Result<usize, StoreError> {
        let open = self.journal.open_sagas().await?;
        let count = open.len();
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

    /// What an intervention would lead to.
    pub(super) async fn foresee(
        &self,
        id: SagaId,
        asked: Intervention,
    ) -> Result<(SagaState, Consequence), InterventionError> {
        let saga = self.journal.load(id).await?.ok_or(InterventionError::NotFound)?;
        let at_work = self.runner.find(id).is_some();
        if at_work && asked == Intervention::Redrive {
            return Err(InterventionError::NotNow("the saga is not stuck: it is at work".to_owned()));
        }
        let found = consequence(&saga, asked).map_err(InterventionError::NotNow)?;
        Ok((saga, found))
    }

    /// Does it, and writes down who asked.
    pub(super) async fn intervene(
        &self,
        id: SagaId,
        asked: Intervention,
        cause: &Cause,
    ) -> Result<Consequence, InterventionError> {
        let (saga, found) = self.foresee(id, asked).await?;
        let with = self.entry(&saga, asked, cause)?;
        match (self.runner.find(id), asked) {
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
        let now = self.clock.now_ms();
        with.append(self.records.compose(&saga.opened, &turn, &Report::default(), now).await?);
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
        let entry = AuditRecord {
            at_ms: self.clock.now_ms(),
            who: cause.by.to_string(),
            credential: cause.credential.clone(),
            request: cause.request.clone(),
            what: asked.word().to_owned(),
            subject,
            outcome: "asked".to_owned(),
            codes: Vec::new(),
            saga: Some(saga.opened.id),
        };
        let mut batch = Batch::new();
        audit::append(&mut batch, &saga.opened.tenant, &entry)?;
        Ok(batch)
    }
}

fn undoing(turn: &Turn) -> Option<(Refusal, Option<StepId>)> {
    match turn {
        Turn::Undoing { refusal, step } => Some((refusal.clone(), *step)),
        _ => None,
    }
}
