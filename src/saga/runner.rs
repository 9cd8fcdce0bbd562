//! Runs sagas on the engine: starts steps, writes turns, answers the bridge.
//!
//! Every decision is `machine`'s; this file only waits. Nothing here may run inside a request handler's future, because a
//! client that resets its connection drops that future half-way.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::drive::{Driver, StepEnd};
use super::handle::{Command, Handle, Parked, Progress};
use super::machine::{Event, Machine, Next};
use crate::model::ports::{CallContext, Clock, Journal, Priority, TurnRecords, Upstream};
use crate::model::{
    Batch, CommitToken, Effect, Mark, Outcome, PlanKind, SagaId, SagaOpened, Secret, Step, StepId,
    StoreError, Subject, Table, Turn, metric,
};

/// How often the records of one turn are composed.
const COMMIT_TRIES: u32 = 8;

/// What the runner works with.
#[derive(Clone)]
pub struct RunnerPorts {
    /// The saga log.
    pub journal: Arc<dyn Journal>,
    /// Genesys Cloud.
    pub upstream: Arc<dyn Upstream>,
    /// Composes what is written with a turn.
    pub directory: Arc<dyn TurnRecords>,
    /// Time.
    pub clock: Arc<dyn Clock>,
}

/// Runs sagas.
pub struct Runner {
    ports: RunnerPorts,
    engine: tokio::runtime::Handle,
    stop: CancellationToken,
    running: Mutex<BTreeMap<SagaId, Handle>>,
}

impl Runner {
    /// A runner whose sagas run on `engine` and leave themselves open once `stop` is cancelled.
    pub fn new(ports: RunnerPorts, engine: tokio::runtime::Handle, stop: CancellationToken) -> Arc<Self> {
        Arc::new(Self { ports, engine, stop, running: Mutex::new(BTreeMap::new()) })
    }

    /// Starts a saga whose opening is durable. `turns` are those found after a crash, empty for a fresh one.
    pub fn start(
        self: &Arc<Self>,
        opened: SagaOpened,
        turns: Option<&[Turn]>,
        password: Option<Secret>,
    ) -> Handle {
        let bound = match &opened.about {
            Subject::User(user) => user.as_ref().map(|user| user.as_str().to_owned()),
            Subject::Group { genesys, .. } => genesys.clone(),
        };
        let machine = match turns {
            None => Machine::new(opened.plan.clone(), bound),
            Some(turns) => Machine::recover(opened.plan.clone(), bound, turns),
        };
        let opened = Arc::new(opened);
        let (commands, receiver) = mpsc::channel(8);
        let visible = machine.acknowledged();
        let (sender, progress) = watch::channel(Progress { visible, ..Progress::default() });
        let waited_for = Arc::new(AtomicBool::new(turns.is_none()));
        let handle = Handle {
            opened: Arc::clone(&opened),
            commands,
            progress,
            waited_for: Arc::clone(&waited_for),
            clock: Arc::clone(&self.ports.clock),
        };
        self.lock().insert(opened.id, handle.clone());
        let (settle, settling) = watch::channel(machine.settling());
        let saga = Running {
            runner: Arc::clone(self),
            opened,
            machine,
            receiver,
            progress: sender,
            waited_for,
            settle,
            settling,
            password,
            steps: JoinSet::new(),
            parking: None,
            epoch: 0,
            found: None,
            resumed: turns.is_some(),
        };
        self.engine.spawn(saga.run());
        handle
    }

    /// The running saga of that id.
    pub fn find(&self, id: SagaId) -> Option<Handle> {
        self.lock().get(&id).cloned()
    }

    /// All running sagas, oldest first.
    pub fn all(&self) -> Vec<Handle> {
        self.lock().values().cloned().collect()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<SagaId, Handle>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One saga at work.
struct Running {
    runner: Arc<Runner>,
    opened: Arc<SagaOpened>,
    machine: Machine,
    receiver: mpsc::Receiver<Command>,
    progress: watch::Sender<Progress>,
    waited_for: Arc<AtomicBool>,
    settle: watch::Sender<bool>,
    settling: watch::Receiver<bool>,
    password: Option<Secret>,
    steps: JoinSet<(StepId, StepEnd)>,
    parking: Option<oneshot::Sender<Option<Parked>>>,
    epoch: u64,
    resumed: bool,
    /// What the undo found out about the Genesys id: `Some(None)` is "there is none".
    found: Option<Option<String>>,
}

impl Running {
    async fn run(mut self) {
        let stop = self.runner.stop.clone();
        loop {
            self.publish();
            let next = self.machine.proceed();
            self.settle.send_if_modified(|settle| {
                let new = self.machine.settling();
                std::mem::replace(settle, new) != new
            });
            match next {
                Next::Start(steps) => self.spawn(&steps),
                Next::Turn(turn) => {
                    if let Err(error) = self.write(turn).await {
                        self.leave_open(&error.to_string());
                        break;
                    }
                }
                Next::Undo(step) => self.undo(step).await,
                Next::Ended => break,
                Next::Stopped => {
                    self.leave_open("the bridge is stopping");
                    break;
                }
                Next::Parked => {
                    if let Some(reply) = self.parking.take() {
                        let _ = reply.send(Some(Parked { report: self.machine.report(), epoch: self.epoch }));
                    }
                    self.wait(&stop).await;
                }
                Next::Wait => self.wait(&stop).await,
            }
        }
        self.runner.lock().remove(&self.opened.id);
    }

    async fn wait(&mut self, stop: &CancellationToken) {
        tokio::select! {
            // What has happened goes before what is asked for, and no stream of questions puts off the stop.
            biased;
            Some(ended) = self.steps.join_next() => self.ended(ended),
            () = stop.cancelled(), if !*self.settling.borrow() || self.steps.is_empty() => self.machine.on(Event::Stop),
            command = self.receiver.recv() => match command {
                Some(command) => self.obey(command).await,
                // The runner's own handle is still registered, so this cannot be; stopping is the safe answer.
                None => self.machine.on(Event::Stop),
            },
        }
    }

    fn ended(&mut self, ended: Result<(StepId, StepEnd), tokio::task::JoinError>) {
        match ended {
            Ok((id, StepEnd::Done(made))) => self.machine.on(Event::Done(id, made)),
            Ok((id, StepEnd::Refused { refusal, partial })) => {
                tracing::warn!(saga = %self.opened.id, step = id.0, code = %refusal.code,
                    correlation = refusal.correlation_id.as_deref().unwrap_or("-"), "step refused");
                self.machine.on(Event::Refused(id, refusal, partial));
            }
            Ok((id, StepEnd::Abandoned)) => self.machine.on(Event::Abandoned(id)),
            Err(error) => {
                tracing::error!(saga = %self.opened.id, %error, "a step died; the saga is left open");
                self.machine.on(Event::Stop);
            }
        }
    }

    async fn obey(&mut self, command: Command) {
        match command {
            Command::Acknowledge(reply) => {
                let token = if self.machine.can_acknowledge() { self.acknowledge().await } else { None };
                let _ = reply.send(token.or(self.progress.borrow().acknowledged));
            }
            Command::Park(reply) if self.machine.acknowledged() => {
                self.epoch += 1;
                self.machine.on(Event::Park);
                self.parking = Some(reply);
            }
            Command::Park(reply) => drop(reply.send(None)),
            Command::Resume => self.machine.on(Event::Resume),
            Command::HandOver(successor, epoch, reply) => {
                let _ = reply.send(self.hand_over(&successor, epoch).await);
            }
            Command::Abort(refusal) => self.machine.on(Event::Abort(refusal)),
        }
    }

    async fn acknowledge(&mut self) -> Option<CommitToken> {
        let bound = self.machine.bound()?.to_owned();
        match self.write(Turn::Acknowledged { bound }).await {
            Ok(token) => {
                self.progress.send_modify(|progress| progress.acknowledged = Some(token));
                Some(token)
            }
            Err(error) => {
                tracing::error!(saga = %self.opened.id, %error, "the acknowledgement could not be written");
                None
            }
        }
    }

    async fn hand_over(&mut self, successor: &SagaOpened, epoch: u64) -> Result<CommitToken, StoreError> {
        if !self.machine.is_idle() || epoch != self.epoch {
            // It was resumed meanwhile: whoever asks has to look again.
            return Err(StoreError::Conflict { table: Table::Journal, key: Vec::new() });
        }
        let turn = Turn::HandedOver { to: successor.id };
        let batch = self.records(&turn).await?;
        let token = self.runner.ports.journal.hand_over(self.opened.id, successor, batch).await?;
        self.machine.on(Event::Turned(turn));
        self.progress.send_modify(|progress| progress.ended = Some((Outcome::HandedOver, token)));
        Ok(token)
    }

    /// Makes a turn durable together with the records that belong to it.
    async fn write(&mut self, turn: Turn) -> Result<CommitToken, StoreError> {
        let token = self.commit(&turn).await?;
        tracing::debug!(saga = %self.opened.id, turn = turn_name(&turn), "turn");
        match &turn {
            Turn::Finished(outcome) => {
                let outcome = outcome.clone();
                metric::SAGAS_ENDED.of(self.opened.tenant.as_str(), [outcome_name(&outcome)]).increment(1);
                self.progress.send_modify(|progress| progress.ended = Some((outcome, token)));
            }
            Turn::Stuck { refusal, .. } => {
                tracing::error!(saga = %self.opened.id, code = %refusal.code, "saga is stuck: an undo was refused");
                let refusal = refusal.clone();
                self.progress.send_modify(|progress| progress.stuck = Some(refusal));
            }
            _ => {}
        }
        self.machine.on(Event::Turned(turn));
        Ok(token)
    }

    /// An import may change a record between our look and the commit: the records are then composed anew.
    async fn commit(&mut self, turn: &Turn) -> Result<CommitToken, StoreError> {
        for _ in 0..COMMIT_TRIES {
            let batch = self.records(turn).await?;
            match self.runner.ports.journal.turn(self.opened.id, turn, batch).await {
                Err(StoreError::Conflict { table, .. }) if table != Table::Journal => {
                    tracing::info!(saga = %self.opened.id, ?table, "a record changed under a turn; composing it anew");
                }
                settled => return settled,
            }
        }
        Err(StoreError::Failed("the records of a turn kept changing under it".into()))
    }

    async fn records(&self, turn: &Turn) -> Result<Batch, StoreError> {
        let now = self.runner.ports.clock.now_ms();
        let report = self.machine.report();
        self.runner.ports.directory.compose(&self.opened, turn, &report, now).await
    }

    fn spawn(&mut self, steps: &[StepId]) {
        for id in steps {
            let Some(step) = self.machine.plan().step(*id).cloned() else { continue };
            let mut driver = self.driver(&step);
            self.steps.spawn(async move { (step.id, driver.forward(&step).await) });
        }
    }

    async fn undo(&mut self, id: StepId) {
        let Some(step) = self.machine.plan().step(id).cloned() else { return };
        let mut driver = self.driver(&step);
        let stop = self.runner.stop.clone();
        // An undo is only given up when the process stops.
        let (give_up, settle) = watch::channel(false);
        driver.settle = settle;
        let end = {
            let undo = driver.backward(&step);
            tokio::pin!(undo);
            tokio::select! {
                biased;
                end = &mut undo => end,
                () = stop.cancelled() => {
                    let _ = give_up.send(true);
                    undo.await
                }
            }
        };
        if end == StepEnd::Done(None) {
            self.found = Some(driver.bound.clone());
        }
        match end {
            StepEnd::Done(_) => self.machine.on(Event::Undone(id)),
            StepEnd::Refused { refusal, .. } => self.machine.on(Event::UndoRefused(id, refusal)),
            StepEnd::Abandoned => self.machine.on(Event::Stop),
        }
    }

    fn driver(&self, step: &Step) -> Driver {
        let opened = &self.opened;
        let made =
            |step: &Step| matches!(step.effect, Effect::CreateUser { .. } | Effect::RestoreUser { .. });
        Driver {
            upstream: Arc::clone(&self.runner.ports.upstream),
            clock: Arc::clone(&self.runner.ports.clock),
            mark: Mark::of(&opened.tenant, opened.subject),
            bound: self.machine.bound().map(str::to_owned).or_else(|| self.found.clone().flatten()),
            absent: self.found == Some(None),
            fresh: opened.plan.steps.iter().any(made),
            resumed: self.resumed,
            password: self.password.clone().filter(|_| step.identity),
            settle: self.settling.clone(),
            context: CallContext::new(self.priority(step), format!("saga {} step {}", opened.id, step.id.0)),
        }
    }

    fn priority(&self, step: &Step) -> Priority {
        match self.opened.plan.kind {
            PlanKind::Deactivate | PlanKind::Delete => Priority::Leaver,
            _ if !self.waited_for.load(Ordering::Relaxed) => Priority::Background,
            _ if step.identity => Priority::Identity,
            _ => Priority::Waiting,
        }
    }

    fn publish(&self) {
        let (identity, bound) = (self.machine.identity_done(), self.machine.bound());
        let visible = self.machine.acknowledged();
        self.progress.send_if_modified(|progress| {
            let changed = progress.identity != identity
                || progress.visible != visible
                || progress.bound.as_deref() != bound;
            progress.visible = visible;
            progress.identity = identity;
            progress.bound = bound.map(str::to_owned);
            changed
        });
    }

    fn leave_open(&mut self, why: &str) {
        tracing::warn!(saga = %self.opened.id, why, "saga left open; it goes on at the next start");
        if let Some(reply) = self.parking.take() {
            let _ = reply.send(None);
        }
        self.progress.send_modify(|progress| progress.left_open = Some(why.to_owned()));
    }
}

fn turn_name(turn: &Turn) -> &'static str {
    match turn {
        Turn::Acknowledged { .. } => "acknowledged",
        Turn::Undoing { .. } => "undoing",
        Turn::Stuck { .. } => "stuck",
        Turn::HandedOver { .. } => "handed over",
        Turn::Finished(_) => "finished",
    }
}

fn outcome_name(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Committed { failures, .. } if failures.is_empty() => "committed",
        Outcome::Committed { .. } => "committed_with_failures",
        Outcome::RolledBack { .. } => "rolled_back",
        Outcome::HandedOver => "handed_over",
    }
}
