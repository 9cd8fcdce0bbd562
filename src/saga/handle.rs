//! The bridge's end of a running saga: its progress, and what may be asked of it.
//!
//! Holds no state of its own; the other end is `runner`, and `registry` lists who is at work.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot, watch};

use super::tries::{Tries, Try};
use crate::model::ports::{Clock, Urgency};
use crate::model::{CommitToken, Outcome, PlanKind, Refusal, Report, SagaId, SagaOpened, StepId, StoreError};
use crate::plan::Reached;

/// How long a saga has to answer a question of the bridge.
const ANSWER_WITHIN: Duration = Duration::from_secs(1);

/// Where a saga stands, for those who wait.
#[derive(Clone, Debug, Default)]
pub struct Progress {
    /// The identity exists in Genesys.
    pub identity: bool,
    /// Its id there.
    pub bound: Option<String>,
    /// The resource is visible here, also when it became so before a restart.
    pub visible: bool,
    /// The acknowledgement of this process.
    pub acknowledged: Option<CommitToken>,
    /// It is over.
    pub ended: Option<(Outcome, CommitToken)>,
    /// A leaver of that kind took its place before anybody was promised anything.
    pub overtaken: Option<PlanKind>,
    /// An undo was refused.
    pub stuck: Option<Refusal>,
    /// The process stops or the store refuses; the saga goes on in a while, or at the next start.
    pub left_open: Option<String>,
}

impl Progress {
    /// Whether nothing more will happen in this process.
    pub fn is_over(&self) -> bool {
        self.ended.is_some() || self.stuck.is_some() || self.left_open.is_some()
    }
}

/// A saga that pauses with nothing in flight.
#[derive(Debug)]
pub struct Parked {
    /// What it has achieved.
    pub report: Report,
    /// Which pause this is: whoever resumes and pauses it again makes the report of an earlier pause
    /// worthless.
    pub epoch: u64,
    /// What a saga before it had sent may still arrive: whoever comes next waits for it as well.
    pub arriving: bool,
}

/// A saga that pauses for a leaver, wherever it was: it may have calls in flight.
#[derive(Debug)]
pub(crate) struct Yielded {
    /// How far it had come.
    pub(crate) reached: Reached,
    /// As in [`Parked`].
    pub(crate) epoch: u64,
}

/// What may be asked of a running saga.
#[derive(Debug)]
pub(super) enum Command {
    Acknowledge(oneshot::Sender<Option<CommitToken>>),
    Park(oneshot::Sender<Option<Parked>>),
    Yield(oneshot::Sender<Option<Yielded>>),
    Resume,
    HandOver(Box<SagaOpened>, u64, oneshot::Sender<Result<CommitToken, StoreError>>),
    Abort(Refusal),
    GiveUp(StepId, Refusal),
}

/// A running saga.
#[derive(Clone)]
pub struct Handle {
    pub(super) opened: Arc<SagaOpened>,
    pub(super) commands: mpsc::Sender<Command>,
    pub(super) progress: watch::Receiver<Progress>,
    pub(super) urgency: Arc<watch::Sender<Urgency>>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) tries: Tries,
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle").field("saga", &self.opened.id).finish_non_exhaustive()
    }
}

impl Handle {
    /// Its id.
    pub fn id(&self) -> SagaId {
        self.opened.id
    }

    /// How it was opened.
    pub fn opened(&self) -> &SagaOpened {
        &self.opened
    }

    /// Where it stands now.
    pub fn progress(&self) -> Progress {
        self.progress.borrow().clone()
    }

    /// What the last try of each step came to that is not settled, or was not at once.
    pub fn tries(&self) -> Vec<Try> {
        self.tries.last()
    }

    /// Waits until it is over.
    pub async fn over(&self) -> Progress {
        let mut progress = self.progress.clone();
        // The sender is dropped only after the last progress was published.
        let _ = progress.wait_for(Progress::is_over).await;
        self.progress()
    }

    /// Asks to make the resource visible now. `None` if it cannot be: identity not done, going back, or over.
    pub async fn acknowledge(&self) -> Option<CommitToken> {
        // It may be writing a turn: whoever answers a client must not wait for a store that is slow.
        self.clock.deadline(self.ask(Command::Acknowledge), ANSWER_WITHIN).await.ok().flatten().flatten()
    }

    /// Asks it to pause at the next settled step. `None` if it was not acknowledged or is over.
    pub async fn park(&self) -> Option<Parked> {
        self.ask(Command::Park).await.flatten()
    }

    /// Asks it to pause at once for a leaver. `None` if it is over.
    pub(crate) async fn give_way(&self) -> Option<Yielded> {
        self.ask(Command::Yield).await.flatten()
    }

    /// Lets it go on after a pause. If a leaver had hurried it, that one has given up.
    pub async fn resume(&self) {
        self.become_urgent(Urgency::LeaverWaits, Urgency::NobodyWaits);
        let _ = self.commands.send(Command::Resume).await;
    }

    /// Ends a saga that is still in that pause and opens its successor in one transaction.
    ///
    /// # Errors
    /// The store refuses, or the saga is over.
    pub async fn hand_over(&self, successor: SagaOpened, epoch: u64) -> Result<CommitToken, StoreError> {
        let successor = Box::new(successor);
        let answer = self.ask(|reply| Command::HandOver(successor, epoch, reply)).await;
        answer.unwrap_or_else(|| Err(StoreError::Failed("the saga is over".into())))
    }

    /// Asks it to go back, unless it only goes forward.
    pub async fn abort(&self, refusal: Refusal) {
        let _ = self.commands.send(Command::Abort(refusal)).await;
    }

    /// Asks it to try a step, or its undo, no longer than until the next pause: it then counts as refused.
    pub async fn give_up(&self, step: StepId, refusal: Refusal) {
        let _ = self.commands.send(Command::GiveUp(step, refusal)).await;
    }

    /// Nobody waits any more: its calls become background work, those that wait for a permit included.
    pub fn leave(&self) {
        self.become_urgent(Urgency::AsPlanned, Urgency::NobodyWaits);
    }

    /// Somebody waits again, after nobody did: its calls are as urgent as planned.
    pub fn attend(&self) {
        self.become_urgent(Urgency::NobodyWaits, Urgency::AsPlanned);
    }

    /// A leaver waits for it: its calls go first, those that wait for a permit included.
    pub fn hurry(&self) {
        self.urgency.send_if_modified(|urgency| {
            std::mem::replace(urgency, Urgency::LeaverWaits) != Urgency::LeaverWaits
        });
    }

    fn become_urgent(&self, from: Urgency, to: Urgency) {
        self.urgency.send_if_modified(|urgency| {
            let changes = *urgency == from;
            if changes {
                *urgency = to;
            }
            changes
        });
    }

    async fn ask<T>(&self, command: impl FnOnce(oneshot::Sender<T>) -> Command) -> Option<T> {
        let (reply, answer) = oneshot::channel();
        self.commands.send(command(reply)).await.ok()?;
        answer.await.ok()
    }
}
