//! Sagas that a predecessor left open, and those that wait for an administrator.
//!
//! Decides nothing about steps: a saga goes on from its turns, which is `saga::machine`'s business.

use std::sync::Arc;

use crate::model::ports::Journal;
use crate::model::{Batch, Refusal, SagaId, StepId, StoreError, Turn};
use crate::saga::Runner;

/// Why a saga cannot be redriven.
#[derive(Debug, thiserror::Error)]
pub enum RedriveError {
    /// No such saga.
    #[error("there is no such saga; `sagas list` shows those there are")]
    NotFound,
    /// Only stuck sagas can be redriven.
    #[error("the saga is not stuck: it is at work or has ended")]
    NotStuck,
    /// The store refuses.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Takes sagas up again.
pub(super) struct Recovery {
    pub(super) journal: Arc<dyn Journal>,
    pub(super) runner: Arc<Runner>,
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

    /// Tries again to undo a stuck saga.
    pub(super) async fn redrive(&self, id: SagaId) -> Result<(), RedriveError> {
        let Some(mut saga) = self.journal.load(id).await? else { return Err(RedriveError::NotFound) };
        if !saga.is_stuck() || self.runner.find(id).is_some() {
            return Err(RedriveError::NotStuck);
        }
        let (refusal, step) = saga.turns.iter().rev().find_map(undoing).ok_or(RedriveError::NotStuck)?;
        let turn = Turn::Undoing { refusal, step };
        self.journal.turn(id, &turn, Batch::new()).await?;
        saga.turns.push(turn);
        self.runner.start(saga.opened, Some(&saga.turns), None);
        Ok(())
    }
}

fn undoing(turn: &Turn) -> Option<(Refusal, Option<StepId>)> {
    match turn {
        Turn::Undoing { refusal, step } => Some((refusal.clone(), *step)),
        _ => None,
    }
}
