//! One saga at work: starts its steps, writes its turns, answers the bridge.
//!
//! Every decision is `machine`'s; this file only waits. One step is `drive`, the writing is `turns`.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::behind::{Aftermath, InFlight};
use super::turns::Turns;
use crate::model::ports::{CallContext, Clock, Priority, Upstream, Urgency};
use crate::model::{
    Actor, CommitToken, Effect, Mark, Outcome, PlanKind, Report, SagaOpened, Secret, Step, StepId,
    StoreError, Table, Turn, metric,
};
use crate::saga::better::Better;
use crate::saga::drive::patience::{Bounds, GivenUp, Patience};
use crate::saga::drive::{Driver, StepEnd};
use crate::saga::handle::{Command, Parked, Yielded};
use crate::saga::machine::{Event, Machine, Next};
use crate::saga::registry::Registration;
use crate::saga::tries::Tries;
use crate::saga::unanswered::Unanswered;

/// The end of a task of the saga.
pub(super) enum Ended {
    Forward(StepId, StepEnd),
    /// With what the undo found out about the Genesys id.
    Back(StepId, StepEnd, Option<String>),
}

/// One saga at work.
pub(super) struct Running {
    pub(super) opened: Arc<SagaOpened>,
    pub(super) machine: Machine,
    pub(super) upstream: Arc<dyn Upstream>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) turns: Turns,
    pub(super) registration: Registration,
    pub(super) stop: CancellationToken,
    pub(super) receiver: mpsc::Receiver<Command>,
    pub(super) urgency: watch::Receiver<Urgency>,
    /// True: steps in flight are given up between two calls.
    pub(super) settle: watch::Sender<bool>,
    /// True: so is an undo in flight.
    pub(super) leave_undo: watch::Sender<bool>,
    /// What a saga that was passed, or the process before, still has in flight.
    pub(super) behind: Option<InFlight>,
    pub(super) bounds: Bounds,
    pub(super) given_up: watch::Sender<GivenUp>,
    pub(super) tries: Tries,
    pub(super) password: Option<Secret>,
    pub(super) steps: JoinSet<Ended>,
    pub(super) parking: Option<oneshot::Sender<Option<Parked>>>,
    pub(super) epoch: u64,
    pub(super) resumed: bool,
    /// By the monotonic clock.
    pub(super) began_ms: u64,
    /// Calls of ours that had no answer.
    pub(super) unanswered: Arc<Unanswered>,
    /// Where they are noted, for whoever comes next.
    pub(super) aftermath: Arc<Aftermath>,
    pub(super) arrives_within: Duration,
    pub(super) better: Arc<Better>,
    /// What the undo found out about the Genesys id: `Some(None)` is "there is none".
    pub(super) found: Option<Option<String>>,
}

impl Running {
    pub(super) async fn run(mut self) {
        let stop = self.stop.clone();
        loop {
            self.publish();
            let next = self.machine.proceed();
            tell(&self.settle, self.machine.settling());
            tell(&self.leave_undo, self.machine.leaves_undo());
            match next {
                // An undo is in flight: its call must have an answer first.
                Next::Undo(_) | Next::Stopped if !self.steps.is_empty() => self.wait(&stop).await,
                Next::Start(steps) => self.spawn(&steps),
                Next::Turn(turn) => {
                    if let Err(error) = self.write(turn).await {
                        self.leave_open(&error.to_string());
                        break;
                    }
                }
                Next::Undo(step) => self.undo(step),
                Next::Ended => break,
                Next::Stopped => {
                    self.leave_open("the bridge is stopping");
                    break;
                }
                Next::Parked => {
                    if let Some(reply) = self.parking.take() {
                        let arriving = self.behind.as_ref().is_some_and(InFlight::is_expected);
                        let parked = Parked { report: self.report(), epoch: self.epoch, arriving };
                        let _ = reply.send(Some(parked));
                    }
                    self.wait(&stop).await;
                }
                Next::Wait => self.wait(&stop).await,
            }
        }
        self.wind_down().await;
    }

    /// Calls in flight of a saga that was passed: who passed it waits for their answers.
    async fn wind_down(mut self) {
        self.registration.leave();
        tell(&self.settle, true);
        tell(&self.leave_undo, true);
        while self.steps.join_next().await.is_some() {
            self.note_unanswered();
        }
        if let Some(behind) = &mut self.behind {
            behind.over().await;
        }
    }

    async fn wait(&mut self, stop: &CancellationToken) {
        tokio::select! {
            // What has happened goes before what is asked for, and no stream of questions puts off the stop.
            biased;
            Some(ended) = self.steps.join_next() => self.ended(ended),
            () = stop.cancelled(), if !*self.settle.borrow() || self.steps.is_empty() => self.machine.on(Event::Stop),
            command = self.receiver.recv() => match command {
                Some(command) => self.obey(command).await,
                // The registered handle lives as long as this does, so it cannot be; stopping is the safe
                // answer.
                None => self.machine.on(Event::Stop),
            },
        }
    }

    /// What had no answer may still arrive, also when this saga is over.
    fn note_unanswered(&self) {
        if let Some(last_ms) = self.unanswered.last_ms() {
            let within_ms = u64::try_from(self.arrives_within.as_millis()).unwrap_or(u64::MAX);
            let now_ms = self.clock.monotonic_ms();
            self.aftermath.expect(&self.opened, last_ms.saturating_add(within_ms), now_ms);
        }
    }

    fn ended(&mut self, ended: Result<Ended, tokio::task::JoinError>) {
        self.note_unanswered();
        match ended {
            Ok(Ended::Back(id, end, found)) => self.undone(id, end, found),
            Ok(Ended::Forward(id, StepEnd::Done(made))) => self.machine.on(Event::Done(id, made)),
            Ok(Ended::Forward(id, StepEnd::Refused { refusal, partial })) => {
                tracing::warn!(saga = %self.opened.id, step = id.0, code = %refusal.code,
                    correlation = refusal.correlation_id.as_deref().unwrap_or("-"), "step refused");
                self.machine.on(Event::Refused(id, refusal, partial));
            }
            Ok(Ended::Forward(id, StepEnd::Abandoned { partial })) => {
                self.machine.on(Event::Abandoned(id, partial));
            }
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
                let _ = reply.send(token.or(self.registration.progress.borrow().acknowledged));
            }
            Command::Park(reply) if self.machine.acknowledged() && !self.machine.yielded() => {
                self.epoch += 1;
                self.machine.on(Event::Park);
                self.parking = Some(reply);
            }
            Command::Park(reply) => drop(reply.send(None)),
            Command::Yield(reply) => self.give_way(reply),
            Command::Resume => self.machine.on(Event::Resume),
            Command::HandOver(successor, epoch, reply) => {
                let _ = reply.send(self.hand_over(&successor, epoch).await);
            }
            Command::Abort(refusal) => self.machine.on(Event::Abort(refusal)),
            Command::GiveUp(step, refusal) => {
                self.given_up.send_modify(|all| drop(all.insert(step, refusal)));
            }
        }
    }

    fn give_way(&mut self, reply: oneshot::Sender<Option<Yielded>>) {
        // Who wanted to take over looks again, and finds the leaver.
        if let Some(parking) = self.parking.take() {
            let _ = parking.send(None);
        }
        self.epoch += 1;
        self.machine.on(Event::Yield);
        if reply.send(Some(Yielded { reached: self.machine.reached(), epoch: self.epoch })).is_err() {
            self.machine.on(Event::Resume);
        }
    }

    async fn acknowledge(&mut self) -> Option<CommitToken> {
        let bound = self.machine.bound()?.to_owned();
        match self.write(Turn::Acknowledged { bound }).await {
            Ok(token) => {
                self.registration.progress.send_modify(|progress| progress.acknowledged = Some(token));
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
        let token = self.turns.hand_over(successor, &self.report()).await?;
        let turn = Turn::HandedOver { to: successor.id };
        self.machine.on(Event::Turned(turn));
        let overtaken = (!self.machine.acknowledged()).then_some(successor.plan.kind);
        self.registration.progress.send_modify(|progress| {
            progress.overtaken = overtaken;
            progress.ended = Some((Outcome::HandedOver, token));
        });
        Ok(token)
    }

    fn report(&self) -> Report {
        let may_arrive = self.resumed || self.behind.is_some() || self.unanswered.last_ms().is_some();
        Report { unsettled: self.found == Some(None), in_doubt: may_arrive, ..self.machine.report() }
    }

    /// Makes a turn durable together with the records that belong to it.
    async fn write(&mut self, turn: Turn) -> Result<CommitToken, StoreError> {
        let token = self.turns.write(&turn, &self.report()).await?;
        tracing::debug!(saga = %self.opened.id, turn = turn_name(&turn), "turn");
        match &turn {
            Turn::Finished(outcome) => {
                let outcome = outcome.clone();
                metric::SAGAS_ENDED.of(self.opened.tenant.as_str(), [outcome_name(&outcome)]).increment(1);
                self.registration.progress.send_modify(|progress| progress.ended = Some((outcome, token)));
            }
            Turn::Stuck { refusal, .. } => {
                tracing::error!(saga = %self.opened.id, code = %refusal.code, "saga is stuck: an undo was refused");
                let refusal = refusal.clone();
                self.registration.progress.send_modify(|progress| progress.stuck = Some(refusal));
            }
            _ => {}
        }
        self.machine.on(Event::Turned(turn));
        Ok(token)
    }

    fn spawn(&mut self, steps: &[StepId]) {
        for id in steps {
            let Some(step) = self.machine.plan().step(*id).cloned() else { continue };
            let until_ms = self.bounds.forward(step.identity);
            let mut driver = self.driver(&step, self.settle.subscribe(), until_ms);
            let behind = self.behind_of(&step);
            self.steps.spawn(async move {
                if let Some(mut behind) = behind
                    && driver.settles_before(behind.over()).await
                {
                    return Ended::Forward(step.id, StepEnd::Abandoned { partial: false });
                }
                Ended::Forward(step.id, driver.forward(&step).await)
            });
        }
    }

    /// What is still in flight that the step must not arrive before. Who goes loses access at once, and the end of the
    /// sessions is nothing that one could take back. A saga that is taken up again sends what it had sent.
    fn behind_of(&self, step: &Step) -> Option<InFlight> {
        let behind = self.behind.clone()?;
        match self.opened.plan.pivot {
            Some(_) => (!step.identity && step.effect != Effect::RevokeSessions).then_some(behind),
            None if self.resumed => Some(behind.of_others()),
            None => Some(behind),
        }
    }

    fn undo(&mut self, id: StepId) {
        let Some(step) = self.machine.plan().step(id).cloned() else { return };
        let until_ms = self.bounds.undo(self.clock.as_ref());
        let mut driver = self.driver(&step, self.leave_undo.subscribe(), until_ms);
        let behind = self.behind.clone();
        self.steps.spawn(async move {
            if let Some(mut behind) = behind
                && driver.settles_before(behind.over()).await
            {
                return Ended::Back(id, StepEnd::Abandoned { partial: false }, driver.bound);
            }
            let end = driver.backward(&step).await;
            Ended::Back(id, end, driver.bound)
        });
    }

    fn undone(&mut self, id: StepId, end: StepEnd, found: Option<String>) {
        match end {
            StepEnd::Done(made) => {
                if made.is_none() {
                    self.found = Some(found);
                }
                self.machine.on(Event::Undone(id));
            }
            StepEnd::Refused { refusal, .. } => self.machine.on(Event::UndoRefused(id, refusal)),
            // The process stops, or a leaver takes over: it is still to be undone.
            StepEnd::Abandoned { .. } => {}
        }
    }

    fn driver(&self, step: &Step, settle: watch::Receiver<bool>, until_ms: u64) -> Driver {
        let opened = &self.opened;
        let made =
            |step: &Step| matches!(step.effect, Effect::CreateUser { .. } | Effect::RestoreUser { .. });
        let makes_group = opened.plan.kind == PlanKind::GroupCreate;
        let label = format!("saga {} step {}", opened.id, step.id.0);
        // Who began first becomes whole first; what ends somebody's access goes before all tidying up.
        let pivot = opened.plan.pivot == Some(step.id);
        let began = if pivot { 0 } else { u64::try_from(opened.opened_ms).unwrap_or(0).saturating_add(1) };
        let context =
            CallContext::new(self.priority(step), label).begun(began).following(self.urgency.clone());
        // A leaver's steps are not handed to whoever comes next: a successor would not know that sessions are to end.
        let context = if opened.plan.pivot.is_some() { context } else { context.until(settle.clone()) };
        let patience = Patience {
            clock: Arc::clone(&self.clock),
            step: step.id,
            until_ms,
            settle,
            given_up: self.given_up.subscribe(),
            priority: context.priority(),
            shifts: context.shifts(),
            tries: self.tries.clone(),
            // A group that is to go keeps nobody in.
            news: (pivot && step.effect != Effect::DeleteGroup).then(|| self.better.news()),
        };
        Driver {
            upstream: Arc::clone(&self.upstream),
            clock: Arc::clone(&self.clock),
            patience,
            mark: Mark::of(&opened.tenant, opened.subject),
            directory: self.turns.directory(),
            opened: Arc::clone(opened),
            better: Arc::clone(&self.better),
            unanswered: Arc::clone(&self.unanswered),
            bound: self.machine.bound().map(str::to_owned).or_else(|| self.found.clone().flatten()),
            absent: self.found == Some(None),
            fresh: opened.plan.steps.iter().any(made),
            resumed: self.resumed,
            began_ms: if makes_group { u64::MAX } else { self.began_ms },
            password: self.password.clone().filter(|_| step.identity),
            context,
        }
    }

    /// As planned: what becomes of it while the saga runs is a matter of its urgency.
    fn priority(&self, step: &Step) -> Priority {
        match self.opened.plan.kind {
            PlanKind::Deactivate | PlanKind::Delete => Priority::Leaver,
            _ if self.opened.cause.by == Actor::Recompute => Priority::Background,
            _ if step.identity => Priority::Identity,
            _ => Priority::Waiting,
        }
    }

    fn publish(&mut self) {
        self.registration.still_to_do(self.machine.to_do());
        let (identity, bound) = (self.machine.identity_done(), self.machine.bound());
        let visible = self.machine.acknowledged();
        self.registration.progress.send_if_modified(|progress| {
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
        tracing::warn!(saga = %self.opened.id, why, "saga left open; it goes on in a while, or at the next start");
        if let Some(reply) = self.parking.take() {
            let _ = reply.send(None);
        }
        self.registration.progress.send_modify(|progress| progress.left_open = Some(why.to_owned()));
    }
}

fn tell(flag: &watch::Sender<bool>, new: bool) {
    flag.send_if_modified(|flag| std::mem::replace(flag, new) != new);
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
