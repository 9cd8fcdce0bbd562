//! The turns of one saga, made durable together with the records that belong to them.
//!
//! Which turn is due is decided by `machine`; what is in the records by `directory`.

use std::sync::Arc;
use std::time::Duration;

use super::RunnerPorts;
use crate::model::ports::{Clock, Journal, TurnRecords};
use crate::model::{Backoff, Batch, CommitToken, Report, SagaOpened, StoreError, Table, Turn};

/// How often the records of one turn are composed: with the pauses in between, for some seconds.
const COMMIT_TRIES: u32 = 16;
/// First and longest pause before they are composed anew.
const PAUSE: (Duration, Duration) = (Duration::from_millis(1), Duration::from_millis(500));

/// Writes the turns of one saga.
pub(super) struct Turns {
    journal: Arc<dyn Journal>,
    directory: Arc<dyn TurnRecords>,
    clock: Arc<dyn Clock>,
    opened: Arc<SagaOpened>,
}

impl Turns {
    pub(super) fn new(ports: &RunnerPorts, opened: Arc<SagaOpened>) -> Self {
        Self {
            journal: Arc::clone(&ports.journal),
            directory: Arc::clone(&ports.directory),
            clock: Arc::clone(&ports.clock),
            opened,
        }
    }

    /// Who composes the records.
    pub(super) fn directory(&self) -> Arc<dyn TurnRecords> {
        Arc::clone(&self.directory)
    }

    /// Makes a turn durable. An import may change a record between our look and the commit: the records are
    /// then composed anew.
    pub(super) async fn write(&self, turn: &Turn, report: &Report) -> Result<CommitToken, StoreError> {
        let mut pauses = Backoff::new(PAUSE.0, PAUSE.1);
        for _ in 0..COMMIT_TRIES {
            let batch = self.records(turn, report).await?;
            match self.journal.turn(self.opened.id, turn, batch).await {
                Err(StoreError::Conflict { table, .. }) if table != Table::Journal => {
                    tracing::info!(saga = %self.opened.id, ?table, "a record changed under a turn; composing it anew");
                    let pause = Backoff::jittered(pauses.pause(), |bound| self.clock.jitter(bound));
                    self.clock.sleep(pause).await;
                }
                settled => return settled,
            }
        }
        Err(StoreError::Failed("the records of a turn kept changing under it".into()))
    }

    /// Ends the saga and opens its successor in one transaction.
    pub(super) async fn hand_over(
        &self,
        successor: &SagaOpened,
        report: &Report,
    ) -> Result<CommitToken, StoreError> {
        let batch = self.records(&Turn::HandedOver { to: successor.id }, report).await?;
        self.journal.hand_over(self.opened.id, successor, batch).await
    }

    async fn records(&self, turn: &Turn, report: &Report) -> Result<Batch, StoreError> {
        self.directory.compose(&self.opened, turn, report, self.clock.now_ms()).await
    }
}
