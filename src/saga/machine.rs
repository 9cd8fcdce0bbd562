//! The state machine of one saga: what to do next, as a pure function of plan, turns and events.
//!
//! Knows nothing of calls, clocks or storage: the runner asks [`Machine::proceed`], does it, and reports an
//! [`Event`]. The same machine serves a fresh saga and one found open after a crash ([`Machine::recover`]).

use crate::model::{Failure, Outcome, Plan, Refusal, Report, Step, StepId, Turn};
use crate::plan::{Reached, describe_failed};

/// Where a step stands.
#[derive(Clone, Debug, PartialEq)]
enum StepState {
    Waiting,
    Running,
    Done,
    Failed(Refusal),
    /// May have taken effect: undone with the others if it comes to that.
    Maybe,
    Undone,
    UndoRefused(Refusal),
}

#[derive(Clone, Debug, PartialEq)]
enum Phase {
    Forward,
    /// Refused: nothing new is started until everything in flight has settled.
    Settling(Refusal, Option<StepId>),
    Undoing(Refusal, Option<StepId>),
    Ended,
}

/// What happened.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Event {
    /// A step took effect; creates bring the id.
    Done(StepId, Option<String>),
    /// A step was refused for good; `partial` if some of its calls took effect before.
    Refused(StepId, Refusal, bool),
    /// A step was given up before its end was known; false if none of its calls can have taken effect.
    Abandoned(StepId, bool),
    /// An undo took effect.
    Undone(StepId),
    /// An undo was refused.
    UndoRefused(StepId, Refusal),
    /// The bridge asks to go back (a leaver overtakes).
    Abort(Refusal),
    /// The bridge asks to pause at the next settled step.
    Park,
    /// A leaver takes its place: pause at once, whatever is in flight, and whichever way it goes.
    Yield,
    /// Go on after a pause.
    Resume,
    /// The process stops.
    Stop,
    /// A turn is durable.
    Turned(Turn),
}

/// What to do next.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Next {
    /// Start these steps side by side.
    Start(Vec<StepId>),
    /// Make this turn durable.
    Turn(Turn),
    /// Undo this step.
    Undo(StepId),
    /// Wait for an event.
    Wait,
    /// Nothing more is begun; wait for the bridge.
    Parked,
    /// Leave the saga open for the next start.
    Stopped,
    /// It has ended, or is stuck.
    Ended,
}

/// One saga.
#[derive(Clone, Debug)]
pub(crate) struct Machine {
    plan: Plan,
    steps: Vec<StepState>,
    phase: Phase,
    bound: Option<String>,
    /// Steps that were refused, or given up, after a part of them may have taken effect.
    partial: Vec<StepId>,
    acknowledged: bool,
    nobody_waits: bool,
    recovered: bool,
    parked: bool,
    yielded: bool,
    stopping: bool,
}

impl Machine {
    /// A fresh saga. `bound` is the Genesys id if it is known already.
    pub(crate) fn new(plan: Plan, bound: Option<String>) -> Self {
        let steps = vec![StepState::Waiting; plan.steps.len()];
        let phase = Phase::Forward;
        Self {
            plan,
            steps,
            phase,
            bound,
            partial: Vec::new(),
            acknowledged: false,
            nobody_waits: false,
            recovered: false,
            parked: false,
            yielded: false,
            stopping: false,
        }
    }

    /// A saga found open: any of its steps may have taken effect. Repeating them is harmless, so nothing but
    /// the turns decides the direction: back once `Undoing` was written, forward otherwise.
    pub(crate) fn recover(plan: Plan, bound: Option<String>, turns: &[Turn]) -> Self {
        let mut machine = Self::new(plan, bound);
        machine.recovered = true;
        for turn in turns {
            if let Turn::Acknowledged { bound } = turn {
                machine.bound = Some(bound.clone());
            }
            machine.turned(turn);
        }
        machine
    }

    /// Steps that are still to be done, or to be undone: about as many calls.
    pub(crate) fn to_do(&self) -> usize {
        let open = |state: &&StepState| match self.phase {
            Phase::Forward | Phase::Settling(..) => matches!(state, StepState::Waiting | StepState::Running),
            Phase::Undoing(..) => matches!(state, StepState::Done | StepState::Maybe),
            Phase::Ended => false,
        };
        self.steps.iter().filter(open).count()
    }

    /// The same for work that no client waits for: once the identity is there it is acknowledged, before
    /// anything else is tried, so that what is refused is listed and nothing is undone because of it.
    pub(crate) fn for_nobody(mut self) -> Self {
        self.nobody_waits = self.plan.pivot.is_none() && !self.plan.is_empty();
        self
    }

    /// What to do next. Asking twice without an event in between gives the same answer, except that started
    /// steps run.
    pub(crate) fn proceed(&mut self) -> Next {
        let running = self.steps.contains(&StepState::Running);
        match &self.phase {
            Phase::Ended => Next::Ended,
            _ if self.stopping => {
                if running {
                    Next::Wait
                } else {
                    Next::Stopped
                }
            }
            _ if self.yielded => Next::Parked,
            Phase::Settling(..) if running => Next::Wait,
            Phase::Settling(refusal, step) => {
                Next::Turn(Turn::Undoing { refusal: refusal.clone(), step: *step })
            }
            Phase::Undoing(refusal, step) => self.next_undo(refusal, *step),
            Phase::Forward if self.parked => {
                if running {
                    Next::Wait
                } else {
                    Next::Parked
                }
            }
            Phase::Forward => self.next_forward(running),
        }
    }

    fn next_forward(&mut self, running: bool) -> Next {
        if let Some(bound) = self.bound.clone().filter(|_| self.nobody_waits && self.can_acknowledge()) {
            return Next::Turn(Turn::Acknowledged { bound });
        }
        let startable: Vec<StepId> =
            self.plan.steps.iter().filter(|step| self.can_start(step)).map(|s| s.id).collect();
        if !startable.is_empty() {
            for id in &startable {
                self.set(*id, StepState::Running);
            }
            return Next::Start(startable);
        }
        if running {
            return Next::Wait;
        }
        let bound = self.bound.clone().unwrap_or_default();
        Next::Turn(Turn::Finished(Outcome::Committed { bound, failures: self.failures() }))
    }

    fn next_undo(&self, refusal: &Refusal, step: Option<StepId>) -> Next {
        let undoable = |step: &&Step| {
            matches!(self.state(step.id), Some(StepState::Done | StepState::Maybe))
                && !self.beyond_pivot(step.id)
        };
        if let Some(step) = self.plan.steps.iter().rev().find(undoable) {
            return Next::Undo(step.id);
        }
        let refused = self.steps.iter().enumerate().find_map(|(index, state)| match state {
            StepState::UndoRefused(refusal) => Some((self.plan.steps.get(index)?.id, refusal.clone())),
            _ => None,
        });
        match refused {
            Some((step, refusal)) => Next::Turn(Turn::Stuck { step, refusal }),
            None => Next::Turn(Turn::Finished(Outcome::RolledBack { refusal: refusal.clone(), step })),
        }
    }

    /// Takes note of what happened.
    pub(crate) fn on(&mut self, event: Event) {
        match event {
            Event::Done(id, made) => {
                self.bound = made.or(self.bound.take());
                self.set(id, StepState::Done);
            }
            Event::Refused(id, refusal, partial) => self.refused(id, refusal, partial),
            // Before a crash it may have been sent as well.
            Event::Abandoned(id, partial) if partial || self.recovered => {
                self.partial.push(id);
                self.set(id, StepState::Maybe);
            }
            Event::Abandoned(id, _) => self.set(id, StepState::Waiting),
            Event::Undone(id) => self.set(id, StepState::Undone),
            Event::UndoRefused(id, refusal) => self.set(id, StepState::UndoRefused(refusal)),
            Event::Abort(refusal) => {
                if self.phase == Phase::Forward && !self.forward_only() && !self.pivot_may_be_done() {
                    self.phase = Phase::Settling(refusal, None);
                }
            }
            Event::Park => self.parked = true,
            Event::Yield => self.yielded = true,
            Event::Resume => {
                (self.parked, self.yielded) = (false, false);
                // What was given up for the pause is tried again: every step is idempotent. On the way back it is
                // still to be undone.
                let forward = self.phase == Phase::Forward;
                let again = |state: &&mut StepState| forward && **state == StepState::Maybe;
                self.steps.iter_mut().filter(again).for_each(|state| *state = StepState::Waiting);
            }
            Event::Stop => self.stopping = true,
            Event::Turned(turn) => self.turned(&turn),
        }
    }

    fn refused(&mut self, id: StepId, refusal: Refusal, partial: bool) {
        if partial {
            self.partial.push(id);
        }
        let forward = self.phase == Phase::Forward;
        let owed = self.plan.owed && self.plan.step(id).is_some_and(|step| !step.identity);
        if self.forward_only() || owed && forward {
            self.set(id, StepState::Failed(refusal));
            return;
        }
        self.set(id, maybe(refusal.clone(), partial));
        if forward {
            self.phase = Phase::Settling(refusal, Some(id));
        }
    }

    fn turned(&mut self, turn: &Turn) {
        match turn {
            Turn::Acknowledged { .. } => {
                self.acknowledged = true;
                if self.recovered {
                    // Acknowledged means that the identity was there.
                    let steps = self.plan.steps.iter().zip(&mut self.steps);
                    steps.filter(|(step, _)| step.identity).for_each(|(_, state)| *state = StepState::Done);
                }
            }
            Turn::Undoing { refusal, step } => {
                self.phase = Phase::Undoing(refusal.clone(), *step);
                let recovered = self.recovered;
                for state in &mut self.steps {
                    let again = matches!(state, StepState::UndoRefused(_))
                        || (recovered && matches!(state, StepState::Waiting | StepState::Failed(_)));
                    if again {
                        *state = StepState::Maybe;
                    }
                }
            }
            Turn::Stuck { .. } | Turn::HandedOver { .. } | Turn::Finished(_) => self.phase = Phase::Ended,
        }
    }

    fn can_start(&self, step: &Step) -> bool {
        if self.state(step.id) != Some(&StepState::Waiting) {
            return false;
        }
        let earlier = self.plan.steps.iter().filter(|other| other.id < step.id);
        let settled =
            |other: &Step| matches!(self.state(other.id), Some(StepState::Done | StepState::Failed(_)));
        if step.identity {
            return earlier.into_iter().filter(|other| other.identity).all(settled);
        }
        let mut identity = self.plan.steps.iter().filter(|other| other.identity);
        identity.all(settled) && earlier.into_iter().filter(|other| other.class == step.class).all(settled)
    }

    /// Whether the saga can no longer go back.
    pub(crate) fn forward_only(&self) -> bool {
        let pivot_done = self.plan.pivot.is_some_and(|pivot| self.state(pivot) == Some(&StepState::Done));
        self.acknowledged || pivot_done
    }

    /// Whether the pivot was sent, by us or before a crash: it may have taken effect, and it is never undone,
    /// so going back would leave Genesys and the directory apart.
    fn pivot_may_be_done(&self) -> bool {
        let sent = |pivot| self.recovered || self.state(pivot) != Some(&StepState::Waiting);
        self.plan.pivot.is_some_and(sent)
    }

    /// Whether the identity exists in Genesys: what a 2xx needs.
    pub(crate) fn identity_done(&self) -> bool {
        let mut identity = self.plan.steps.iter().filter(|step| step.identity);
        identity.all(|step| self.state(step.id) == Some(&StepState::Done))
    }

    /// Whether the resource may be acknowledged now.
    pub(crate) fn can_acknowledge(&self) -> bool {
        let forward = self.phase == Phase::Forward && !self.yielded;
        forward && !self.acknowledged && self.identity_done() && self.bound.is_some()
    }

    /// Whether it was acknowledged.
    pub(crate) fn acknowledged(&self) -> bool {
        self.acknowledged
    }

    /// Whether it is paused, and may be handed over: with nothing in flight, unless a leaver takes its place.
    pub(crate) fn is_idle(&self) -> bool {
        self.yielded || self.parked && !self.steps.contains(&StepState::Running)
    }

    /// Whether it pauses for a leaver.
    pub(crate) fn yielded(&self) -> bool {
        self.yielded
    }

    /// How far it has come, for the leaver that takes its place.
    pub(crate) fn reached(&self) -> Reached {
        let of = |wanted: &dyn Fn(&StepState) -> bool| {
            let steps = self.plan.steps.iter().zip(&self.steps);
            steps.filter(|(_, state)| wanted(state)).map(|(step, _)| step.id).collect()
        };
        let there = |state: &StepState| match state {
            StepState::Running | StepState::Done | StepState::Maybe | StepState::UndoRefused(_) => true,
            // Before a crash it may have been sent.
            StepState::Waiting => self.recovered,
            StepState::Failed(_) | StepState::Undone => false,
        };
        let open = |state: &StepState| !matches!(state, StepState::Done | StepState::Undone);
        Reached { visible: self.acknowledged, there: of(&there), open: of(&open) }
    }

    /// Whether steps in flight should be given up as soon as they are between two calls.
    pub(crate) fn settling(&self) -> bool {
        matches!(self.phase, Phase::Settling(..)) || self.parked || self.yielded || self.stopping
    }

    /// Whether an undo in flight should be given up as soon as it is between two calls.
    pub(crate) fn leaves_undo(&self) -> bool {
        self.yielded || self.stopping
    }

    /// Genesys id of the user or group, once known.
    pub(crate) fn bound(&self) -> Option<&str> {
        self.bound.as_deref()
    }

    /// The plan.
    pub(crate) fn plan(&self) -> &Plan {
        &self.plan
    }

    /// What has been achieved.
    pub(crate) fn report(&self) -> Report {
        let mut report = Report { bound: self.bound.clone(), ..Report::default() };
        for (step, state) in self.plan.steps.iter().zip(&self.steps) {
            match state {
                StepState::Done => report.done.push(step.id),
                // Before a crash, or before a pause, it may have been sent.
                StepState::Waiting if self.recovered || self.partial.contains(&step.id) => {
                    report.maybe.push(step.id);
                }
                StepState::Maybe | StepState::Running | StepState::UndoRefused(_) => {
                    report.maybe.push(step.id);
                }
                StepState::Failed(refusal) => {
                    report.failed.push((step.id, refusal.clone()));
                    if self.partial.contains(&step.id) {
                        report.maybe.push(step.id);
                    }
                }
                StepState::Undone => report.undone.push(step.id),
                StepState::Waiting => {}
            }
        }
        report.settled = report.done.len() + report.failed.len() == self.plan.steps.len();
        report
    }

    fn failures(&self) -> Vec<Failure> {
        let steps = self.plan.steps.iter().zip(&self.steps);
        let failed = steps.filter_map(|(step, state)| match state {
            StepState::Failed(refusal) => Some(describe_failed(&step.effect, refusal)),
            _ => None,
        });
        failed.collect()
    }

    fn beyond_pivot(&self, id: StepId) -> bool {
        self.plan.pivot.is_some_and(|pivot| id >= pivot)
    }

    fn state(&self, id: StepId) -> Option<&StepState> {
        self.steps.get(usize::from(id.0))
    }

    fn set(&mut self, id: StepId, new: StepState) {
        if let Some(state) = self.steps.get_mut(usize::from(id.0)) {
            *state = new;
        }
    }
}

fn maybe(refusal: Refusal, partial: bool) -> StepState {
    if partial { StepState::Maybe } else { StepState::Failed(refusal) }
}

#[cfg(test)]
#[path = "machine_tests.rs"]
mod tests;
