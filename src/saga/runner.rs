//! Starts sagas on the engine and finds those that are at work.
//!
//! One saga at work is `running`, its durable turns are `turns`; every decision is `machine`'s. Nothing here
//! may run inside a request handler's future, because a client that resets its connection drops that future
//! half-way.

mod behind;
#[cfg(test)]
mod behind_tests;
#[cfg(test)]
mod removing_tests;
mod running;
#[cfg(test)]
mod tests;
mod turns;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use self::behind::Aftermath;
pub(crate) use self::behind::Arrivals;
use self::running::Running;
use self::turns::Turns;
use super::better::Better;
use super::drive::patience::Bounds;
use super::handle::{Handle, Progress};
use super::machine::Machine;
use super::registry::Registry;
use super::tries::Tries;
use super::unanswered::Unanswered;
use crate::model::ports::{Clock, Journal, TurnRecords, Upstream, Urgency};
use crate::model::{Actor, SagaId, SagaOpened, Secret, Subject, SubjectId, Turn};

/// Questions that may wait for a saga's answer.
const QUESTIONS: usize = 8;

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
    /// How long a saga waits trouble out that does not end: from its opening on, and as long again to undo.
    pub give_up_after: Duration,
    /// How long after a call was given up it may still take effect.
    pub arrives_within: Duration,
}

/// Runs sagas.
pub struct Runner {
    ports: RunnerPorts,
    engine: tokio::runtime::Handle,
    stop: CancellationToken,
    registry: Arc<Registry>,
    aftermath: Arc<Aftermath>,
    better: Arc<Better>,
}

impl Runner {
    /// A runner whose sagas run on `engine` and leave themselves open once `stop` is cancelled.
    pub fn new(ports: RunnerPorts, engine: tokio::runtime::Handle, stop: CancellationToken) -> Arc<Self> {
        let (registry, aftermath, better) = (Arc::default(), Arc::default(), Arc::default());
        Arc::new(Self { ports, engine, stop, registry, aftermath, better })
    }

    /// Starts a saga whose opening is durable. `turns` are those found after a crash, `None` for a fresh one.
    /// One that is at work already goes on as it was.
    pub fn start(
        self: &Arc<Self>,
        opened: SagaOpened,
        turns: Option<&[Turn]>,
        password: Option<Secret>,
    ) -> Handle {
        self.launch(opened, turns, password, None)
    }

    /// Starts a saga in the place of one that has, or of which a predecessor has, calls in flight.
    pub(crate) fn start_behind(
        self: &Arc<Self>,
        opened: SagaOpened,
        password: Option<Secret>,
        passed: &Handle,
    ) -> Handle {
        self.launch(opened, None, password, Some(passed))
    }

    /// Sagas of these were open when a process ended: its calls may still arrive, and nobody hears of it.
    pub(crate) fn crashed(&self, subjects: BTreeMap<SubjectId, Arrivals>) {
        self.aftermath.note(subjects);
    }

    /// Whether a call that nobody waits for may still arrive that is about the subject: one of the process before, or
    /// one without an answer.
    pub(crate) fn may_arrive(&self, subject: SubjectId) -> bool {
        self.aftermath.may_arrive(subject, self.ports.clock.monotonic_ms())
    }

    fn launch(
        self: &Arc<Self>,
        opened: SagaOpened,
        turns: Option<&[Turn]>,
        password: Option<Secret>,
        passed: Option<&Handle>,
    ) -> Handle {
        let bound = match &opened.about {
            Subject::User(user) => user.as_ref().map(|user| user.as_str().to_owned()),
            Subject::Group { genesys, .. } => genesys.clone(),
        };
        let machine = match turns {
            None => Machine::new(opened.plan.clone(), bound),
            Some(turns) => Machine::recover(opened.plan.clone(), bound, turns),
        };
        let machine = if opened.cause.by == Actor::Recompute { machine.for_nobody() } else { machine };
        let opened = Arc::new(opened);
        let (commands, receiver) = mpsc::channel(QUESTIONS);
        let visible = machine.acknowledged();
        let (sender, progress) = watch::channel(Progress { visible, ..Progress::default() });
        // Whoever waited for a saga that is found open left with the process.
        let urgency = if turns.is_none() { Urgency::AsPlanned } else { Urgency::NobodyWaits };
        let (urgency, follows) = watch::channel(urgency);
        let handle = Handle {
            opened: Arc::clone(&opened),
            commands,
            progress,
            urgency: Arc::new(urgency),
            clock: Arc::clone(&self.ports.clock),
            tries: Tries::default(),
        };
        let registration = match self.registry.enter(handle.clone(), sender) {
            Ok(registration) => registration,
            Err(at_work) => return at_work,
        };
        let saga = Running {
            registration,
            bounds: Bounds::new(&opened, self.ports.give_up_after, self.ports.clock.as_ref()),
            given_up: watch::Sender::new(BTreeMap::new()),
            tries: handle.tries.clone(),
            upstream: Arc::clone(&self.ports.upstream),
            clock: Arc::clone(&self.ports.clock),
            stop: self.stop.clone(),
            turns: Turns::new(&self.ports, Arc::clone(&opened)),
            settle: watch::Sender::new(machine.settling()),
            leave_undo: watch::Sender::new(machine.leaves_undo()),
            behind: self.aftermath.in_flight(&opened, passed, &self.ports.clock),
            opened,
            machine,
            receiver,
            urgency: follows,
            password,
            steps: JoinSet::new(),
            parking: None,
            epoch: 0,
            found: None,
            unanswered: Arc::new(Unanswered::default()),
            aftermath: Arc::clone(&self.aftermath),
            arrives_within: self.ports.arrives_within,
            better: Arc::clone(&self.better),
            resumed: turns.is_some(),
            began_ms: self.ports.clock.monotonic_ms(),
        };
        self.engine.spawn(saga.run());
        handle
    }

    /// The running saga of that id.
    pub fn find(&self, id: SagaId) -> Option<Handle> {
        self.registry.find(id)
    }

    /// Steps that all running sagas still have to do: about as many calls.
    pub fn to_do(&self) -> u64 {
        self.registry.to_do()
    }

    /// Sagas that left without an end since this was asked last.
    pub(crate) fn left_open(&self) -> BTreeSet<SagaId> {
        self.registry.left_open()
    }

    /// All running sagas, oldest first.
    pub fn all(&self) -> Vec<Handle> {
        self.registry.all()
    }
}
