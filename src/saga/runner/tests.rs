//! The runner under a clock that stands still: what happens to those who wait and ask while a saga waits,
//! undoes or dies.
//!
//! Genesys, journal and directory are stand-ins that do as they are told; whole sagas against the emulator
//! are in `tests/saga_steps`.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use uuid::Uuid;

use super::*;
use crate::model::ports::{CallContext, Page, Priority, Resolution, Shift, Write};
use crate::model::{
    Aspects, Batch, Cause, ClientId, CommitToken, ConflictClass, Created, CredentialId, Effect, FoundUser,
    Held, Holder, Intent, Kind, Later, Listed, Mark, Named, Observed, ObservedGroup, Outcome, Plan, PlanKind,
    Refusal, RefusalKind, Report, Reservation, RoleGrant, SagaState, Step, StepId, StoreError, SubjectId,
    TenantId, UserId, UserState, Verdict, Wanted,
};

/// Tokio's clock, which these tests stop.
struct Stopped(tokio::time::Instant);

#[async_trait]
impl Clock for Stopped {
    fn now_ms(&self) -> i64 {
        i64::try_from(self.monotonic_ms()).unwrap()
    }
    fn monotonic_ms(&self) -> u64 {
        u64::try_from(self.0.elapsed().as_millis()).unwrap()
    }
    async fn sleep(&self, pause: Duration) {
        tokio::time::sleep(pause).await;
    }
    fn jitter(&self, _bound: u64) -> u64 {
        0
    }
}

/// A journal that takes every turn.
#[derive(Default)]
struct Log(Mutex<Vec<Turn>>);

#[async_trait]
impl Journal for Log {
    async fn open(&self, _: &SagaOpened, _: Batch) -> Result<CommitToken, StoreError> {
        Ok(CommitToken::mint(0))
    }
    async fn turn(&self, _: SagaId, turn: &Turn, _: Batch) -> Result<CommitToken, StoreError> {
        self.0.lock().unwrap().push(turn.clone());
        Ok(CommitToken::mint(1))
    }
    async fn hand_over(&self, _: SagaId, _: &SagaOpened, _: Batch) -> Result<CommitToken, StoreError> {
        Ok(CommitToken::mint(2))
    }
    async fn load(&self, _: SagaId) -> Result<Option<SagaState>, StoreError> {
        Ok(None)
    }
    async fn open_sagas(&self) -> Result<Vec<SagaState>, StoreError> {
        Ok(Vec::new())
    }
    async fn finished(&self, _: usize) -> Result<Vec<SagaState>, StoreError> {
        Ok(Vec::new())
    }
    async fn reserved_by(&self, _: &Reservation) -> Result<Option<SagaId>, StoreError> {
        Ok(None)
    }
}

/// A directory that writes nothing, or panics.
struct Records {
    sound: bool,
}

#[async_trait]
impl TurnRecords for Records {
    async fn compose(&self, _: &SagaOpened, _: &Turn, _: &Report, _: i64) -> Result<Batch, StoreError> {
        assert!(self.sound, "planted");
        Ok(Batch::new())
    }
}

/// What becomes of a write.
#[derive(Clone, Copy)]
pub(super) enum Fate {
    Done,
    Refused,
    /// It waits for its permit until it is given up; the changes of its priority are noted.
    NoPermit,
    Later,
    Unknown,
    /// The first time it has no answer.
    OnceUnknown,
    /// Busy, for as long as the world says so.
    Trouble,
    /// 404.
    NotThere,
}

/// Genesys, doing as it is told for each queue that is joined or left.
pub(super) struct World {
    join: fn(&str) -> Fate,
    leave: Fate,
    priorities: Mutex<Vec<Priority>>,
    pub(super) sent: Mutex<Vec<String>>,
    unanswered: Mutex<BTreeSet<String>>,
    /// How long each call takes from now on, in milliseconds.
    pub(super) slow: AtomicU64,
    pub(super) trouble: AtomicBool,
}

#[async_trait]
impl Upstream for World {
    async fn write(&self, write: &Write, context: &CallContext) -> Verdict<Option<Created>> {
        let (fate, what) = match write {
            Write::Join(_, _, queue) => ((self.join)(queue), format!("join {queue}")),
            Write::Leave(_, _, queue) => (self.leave, format!("leave {queue}")),
            Write::SetActive(..) => ((self.join)("identity"), "set active".to_owned()),
            Write::AddRoles(..) => ((self.join)("roles"), "add roles".to_owned()),
            other => (Fate::Done, format!("{other:?}")),
        };
        match fate {
            Fate::NoPermit => {
                let mut shifts = context.shifts();
                self.priorities.lock().unwrap().push(context.priority());
                while let Shift::Priority(priority) = shifts.next().await {
                    self.priorities.lock().unwrap().push(priority);
                }
                return Verdict::Later(Later { wait: Duration::ZERO, reason: "given up".into() });
            }
            Fate::Trouble if self.trouble.load(Ordering::Relaxed) => {
                return Verdict::Later(Later { wait: Duration::ZERO, reason: "503".into() });
            }
            Fate::Later => {
                return Verdict::Later(Later { wait: Duration::from_secs(1), reason: "busy".into() });
            }
            Fate::Unknown => return Verdict::Unknown(crate::model::Unknown { reason: "503".into() }),
            Fate::OnceUnknown if self.unanswered.lock().unwrap().insert(what.clone()) => {
                return Verdict::Unknown(crate::model::Unknown { reason: "503".into() });
            }
            Fate::Refused => return Verdict::Refused(refusal()),
            Fate::NotThere => {
                return Verdict::Refused(Refusal { kind: RefusalKind::NotFound, ..refusal() });
            }
            Fate::Done | Fate::OnceUnknown | Fate::Trouble => {}
        }
        pass(Duration::from_millis(self.slow.load(Ordering::Relaxed))).await;
        self.sent.lock().unwrap().push(what);
        Verdict::Done(None)
    }
    async fn find_by_mark(&self, _: &Mark, _: &CallContext) -> Verdict<Option<UserId>> {
        Verdict::Done(None)
    }
    async fn find_by_email(&self, _: &str, _: &CallContext) -> Verdict<Vec<FoundUser>> {
        Verdict::Done(Vec::new())
    }
    async fn observe(&self, _: &UserId, _: &Aspects, _: &CallContext) -> Verdict<Option<Observed>> {
        Verdict::Done(Some(Observed::default()))
    }
    async fn resolve(&self, _: &[Wanted], _: Option<&Named>, _: &CallContext) -> Verdict<Vec<Resolution>> {
        Verdict::Done(Vec::new())
    }
    async fn division(&self, _: &str, _: &CallContext) -> Verdict<Option<Named>> {
        Verdict::Done(None)
    }
    async fn find_group(&self, _: &str, _: &CallContext) -> Verdict<Option<ObservedGroup>> {
        Verdict::Done(None)
    }
    async fn observe_group(&self, _: &str, _: bool, _: &CallContext) -> Verdict<Option<ObservedGroup>> {
        Verdict::Done(None)
    }
    async fn list_users(&self, _: Option<u32>, _: &CallContext) -> Verdict<Page<Observed>> {
        Verdict::Done(Page { items: Vec::new(), next: None, total: None })
    }
    async fn list_groups(&self, _: Option<u32>, _: &CallContext) -> Verdict<Page<ObservedGroup>> {
        Verdict::Done(Page { items: Vec::new(), next: None, total: None })
    }
    async fn list_in_state(
        &self,
        _: UserState,
        _: Option<&str>,
        _: &CallContext,
    ) -> Verdict<Listed<Observed>> {
        Verdict::Done(Listed { items: Vec::new(), next: None, total: None, calls: 1 })
    }
    async fn list_holders(&self, _: &Held, _: Option<&str>, _: &CallContext) -> Verdict<Listed<Holder>> {
        Verdict::Done(Listed { items: Vec::new(), next: None, total: None, calls: 1 })
    }
    async fn whoami(&self, _: &CallContext) -> Verdict<String> {
        Verdict::Done("Aurora".into())
    }
}

fn refusal() -> Refusal {
    Refusal {
        kind: RefusalKind::Validation,
        status: 400,
        code: "planted".into(),
        detail: "no".into(),
        correlation_id: None,
    }
}

pub(super) fn world(join: fn(&str) -> Fate, leave: Fate) -> Arc<World> {
    Arc::new(World {
        join,
        leave,
        priorities: Mutex::default(),
        sent: Mutex::default(),
        unanswered: Mutex::default(),
        slow: AtomicU64::new(0),
        trouble: AtomicBool::new(false),
    })
}

/// An update of one user: the identity first, then two queues side by side.
pub(super) fn opened() -> SagaOpened {
    let join = |id: &str| Effect::Join { kind: Kind::Queue, of: Named { id: id.into(), name: id.into() } };
    let step = |number, effect, class, identity| Step { id: StepId(number), effect, class, identity };
    let steps = vec![
        step(0, Effect::SetActive { active: true }, ConflictClass::User, true),
        step(1, join("a"), ConflictClass::Member("a".into()), false),
        step(2, join("b"), ConflictClass::Member("b".into()), false),
    ];
    SagaOpened {
        id: SagaId::new(Uuid::from_u128(1)),
        tenant: TenantId::new("t"),
        subject: SubjectId::new(Uuid::from_u128(2)),
        about: Subject::User(Some(UserId::new("u"))),
        names: Vec::new(),
        plan: Plan { kind: PlanKind::Update, steps, pivot: None, owed: false },
        intent: Intent::DeleteUser { version: 0, passed: Default::default() },
        cause: Cause::client(ClientId::new("c"), CredentialId::new("k"), "test"),
        claim: None,
        opened_ms: 0,
        fence: 0,
    }
}

pub(super) fn runner(upstream: Arc<World>, sound: bool) -> Arc<Runner> {
    let ports = RunnerPorts {
        journal: Arc::new(Log::default()),
        upstream,
        directory: Arc::new(Records { sound }),
        clock: Arc::new(Stopped(tokio::time::Instant::now())),
        give_up_after: DAY,
        arrives_within: ARRIVES,
    };
    Runner::new(ports, tokio::runtime::Handle::current(), CancellationToken::new())
}

/// Lets everything happen that needs no more than so much time.
pub(super) async fn pass(time: Duration) {
    tokio::time::sleep(time).await;
}

pub(super) const ARRIVES: Duration = Duration::from_secs(15);
const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(24 * 3600);

#[tokio::test(start_paused = true)]
async fn a_saga_whose_task_dies_is_taken_out_and_those_who_wait_hear_of_it() {
    let runner = runner(world(|_| Fate::Done, Fate::Done), false);
    let handle = runner.start(opened(), None, None);
    let progress = tokio::time::timeout(MINUTE, handle.over()).await.expect("nobody waits for the dead");
    assert!(progress.left_open.is_some() && progress.ended.is_none(), "{progress:?}");
    pass(Duration::from_millis(1)).await;
    assert!(runner.find(handle.id()).is_none());
    assert!(runner.all().is_empty());
}

#[tokio::test(start_paused = true)]
async fn whoever_asks_while_an_undo_does_not_end_is_answered_at_once() {
    let fate = |queue: &str| if queue == "b" { Fate::Refused } else { Fate::Done };
    let runner = runner(world(fate, Fate::Later), true);
    let handle = runner.start(opened(), None, None);
    pass(MINUTE).await;
    assert!(!handle.progress().is_over(), "its undo is put off again and again");
    let asking = async {
        for _ in 0..50 {
            handle.abort(refusal()).await;
            handle.resume().await;
            assert!(handle.acknowledge().await.is_none());
            assert!(handle.park().await.is_none());
        }
    };
    tokio::time::timeout(Duration::from_millis(10), asking).await.expect("no question waits for the undo");
}

#[tokio::test(start_paused = true)]
async fn a_step_that_waits_for_its_permit_gives_its_place_up_when_the_saga_pauses() {
    let fate = |queue: &str| if queue == "b" { Fate::NoPermit } else { Fate::Done };
    let upstream = world(fate, Fate::Done);
    let runner = runner(Arc::clone(&upstream), true);
    let handle = runner.start(opened(), None, None);
    pass(MINUTE).await;
    assert!(handle.acknowledge().await.is_some());
    let parked = tokio::time::timeout(Duration::from_millis(10), handle.park()).await;
    let parked = parked.expect("it does not wait for the permit").expect("it was acknowledged");
    assert_eq!(parked.report.done, [StepId(0), StepId(1)], "what was never sent is not ours");
    handle.resume().await;
    pass(MINUTE).await;
    assert_eq!(upstream.priorities.lock().unwrap().len(), 2, "it waits again");
}

#[tokio::test(start_paused = true)]
async fn a_step_that_waits_for_its_permit_is_given_up_when_another_one_is_refused() {
    let fate = |queue: &str| match queue {
        "a" => Fate::NoPermit,
        "b" => Fate::Refused,
        _ => Fate::Done,
    };
    let upstream = world(fate, Fate::Done);
    let runner = runner(Arc::clone(&upstream), true);
    let handle = runner.start(opened(), None, None);
    let progress =
        tokio::time::timeout(MINUTE, handle.over()).await.expect("it does not wait for the permit");
    assert!(matches!(progress.ended, Some((Outcome::RolledBack { .. }, _))), "{progress:?}");
    let sent = upstream.sent.lock().unwrap();
    assert!(!sent.iter().any(|call| call.contains("queue") || call.starts_with("leave")), "{sent:?}");
}

#[tokio::test(start_paused = true)]
async fn a_call_that_waits_keeps_its_place_when_its_client_leaves_and_is_raised_when_a_leaver_comes() {
    let fate = |queue: &str| if queue == "b" { Fate::NoPermit } else { Fate::Done };
    let upstream = world(fate, Fate::Done);
    let runner = runner(Arc::clone(&upstream), true);
    let handle = runner.start(opened(), None, None);
    pass(MINUTE).await;
    handle.leave();
    pass(MINUTE).await;
    handle.hurry();
    pass(MINUTE).await;
    handle.leave();
    pass(MINUTE).await;
    handle.resume().await;
    pass(MINUTE).await;
    let expected = [Priority::Waiting, Priority::Waiting, Priority::Leaver, Priority::Waiting];
    assert_eq!(*upstream.priorities.lock().unwrap(), expected);
}

fn ended(progress: &Progress) -> &Outcome {
    &progress.ended.as_ref().expect("it has ended").0
}

#[tokio::test(start_paused = true)]
async fn a_step_that_is_tried_in_vain_for_a_day_is_listed_where_the_saga_was_acknowledged() {
    for fate in [
        |queue: &str| if queue == "b" { Fate::Later } else { Fate::Done },
        |queue: &str| {
            if queue == "b" { Fate::Unknown } else { Fate::Done }
        },
    ] {
        let upstream = world(fate, Fate::Done);
        let runner = runner(Arc::clone(&upstream), true);
        let handle = runner.start(opened(), None, None);
        pass(MINUTE).await;
        assert!(handle.acknowledge().await.is_some());
        handle.leave();
        pass(DAY - 2 * MINUTE).await;
        assert!(!handle.progress().is_over(), "not before its time");
        let attempts = handle.tries().iter().map(|one| one.attempt).max().unwrap_or(0);
        assert!((200..400).contains(&attempts), "a day of trouble costs so many calls: {attempts}");
        let progress = tokio::time::timeout(2 * MINUTE, handle.over()).await.expect("it ends");
        let Outcome::Committed { failures, .. } = ended(&progress) else { panic!("{progress:?}") };
        assert_eq!(failures.len(), 1);
        assert_eq!(failures[0].code, "gave_up");
    }
}

#[tokio::test(start_paused = true)]
async fn what_nobody_was_promised_goes_back_when_the_identity_is_tried_in_vain() {
    let fate = |call: &str| if call == "identity" { Fate::Unknown } else { Fate::Done };
    let upstream = world(fate, Fate::Done);
    let runner = runner(Arc::clone(&upstream), true);
    let handle = runner.start(opened(), None, None);
    handle.leave();
    pass(14 * MINUTE).await;
    assert!(!handle.progress().is_over());
    // Its undo is tried in vain as well, for a day.
    pass(DAY).await;
    assert!(!handle.progress().is_over(), "{:?}", handle.progress());
    let progress = tokio::time::timeout(30 * MINUTE, handle.over()).await.expect("it ends");
    assert_eq!(progress.stuck.expect("stuck").code, "gave_up");
    // Redriven, it has some time again, and no more.
    let turn = Turn::Undoing { refusal: refusal(), step: None };
    let again = runner.start(opened(), Some(&[turn]), None);
    let progress = tokio::time::timeout(DAY, again.over()).await.expect("it ends");
    assert!(progress.stuck.is_some(), "{progress:?}");
}

#[tokio::test(start_paused = true)]
async fn a_saga_that_goes_back_because_of_one_step_ends_rolled_back() {
    let fate = |call: &str| if call == "b" { Fate::Later } else { Fate::Done };
    let runner = runner(world(fate, Fate::Done), true);
    let handle = runner.start(opened(), None, None);
    let progress = tokio::time::timeout(DAY + MINUTE, handle.over()).await.expect("it ends");
    let Outcome::RolledBack { refusal, step } = ended(&progress) else { panic!("{progress:?}") };
    assert_eq!((refusal.code.as_str(), *step), ("gave_up", Some(StepId(2))));
}

#[tokio::test(start_paused = true)]
async fn an_undo_that_does_not_end_becomes_stuck_after_the_bound() {
    let fate = |call: &str| if call == "b" { Fate::Refused } else { Fate::Done };
    for leave in [Fate::Later, Fate::Unknown] {
        let runner = runner(world(fate, leave), true);
        let handle = runner.start(opened(), None, None);
        let progress = tokio::time::timeout(DAY + MINUTE, handle.over()).await.expect("it ends");
        assert_eq!(progress.stuck.expect("stuck").code, "gave_up");
        pass(MINUTE).await;
        assert!(runner.all().is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn an_administrator_gives_a_step_up_and_its_undo_too() {
    let given_up = || Refusal { code: "given_up".into(), ..refusal() };
    let fate = |call: &str| if call == "b" { Fate::Later } else { Fate::Done };
    let runner = runner(world(fate, Fate::Later), true);
    let handle = runner.start(opened(), None, None);
    pass(MINUTE).await;
    assert_eq!(handle.tries().iter().map(|one| one.step).collect::<Vec<_>>(), [StepId(2)]);
    assert_eq!(handle.tries()[0].why, "busy");
    handle.give_up(StepId(2), given_up()).await;
    pass(MINUTE).await;
    assert!(!handle.progress().is_over(), "it goes back, and its undo is put off");
    assert_eq!(handle.tries()[0].step, StepId(1));
    handle.give_up(StepId(1), given_up()).await;
    let progress = tokio::time::timeout(Duration::from_secs(1), handle.over()).await.expect("at once");
    assert_eq!(progress.stuck.expect("stuck").code, "given_up");
}

#[tokio::test(start_paused = true)]
async fn a_404_to_new_grants_is_one_of_a_cache_for_minutes_and_then_the_truth() {
    let mut opened = opened();
    opened.plan.steps[2].effect = Effect::AddRoles(vec![RoleGrant {
        role: Named { id: "r".into(), name: "r".into() },
        division: Named { id: "d".into(), name: "d".into() },
    }]);
    opened.plan.steps[2].class = ConflictClass::Roles;
    let fate = |call: &str| if call == "roles" { Fate::NotThere } else { Fate::Done };
    let runner = runner(world(fate, Fate::Done), true);
    let handle = runner.start(opened, None, None);
    pass(4 * MINUTE).await;
    assert!(!handle.progress().is_over());
    let progress = tokio::time::timeout(3 * MINUTE, handle.over()).await.expect("it ends");
    assert!(matches!(ended(&progress), Outcome::RolledBack { .. }), "{progress:?}");
}

#[tokio::test(start_paused = true)]
async fn a_pause_ends_when_somebody_waits_again() {
    let fate = |call: &str| if call == "identity" { Fate::Unknown } else { Fate::Done };
    let runner = runner(world(fate, Fate::Done), true);
    let handle = runner.start(opened(), None, None);
    handle.leave();
    pass(10 * MINUTE).await;
    let before = handle.tries()[0].attempt;
    handle.attend();
    pass(Duration::from_millis(1)).await;
    assert_eq!(handle.tries()[0].attempt, before + 1);
}

#[tokio::test(start_paused = true)]
async fn no_saga_is_worked_on_twice() {
    let runner = runner(world(|_| Fate::Later, Fate::Done), true);
    let first = runner.start(opened(), None, None);
    pass(MINUTE).await;
    let again = runner.start(opened(), Some(&[]), None);
    assert_eq!(again.tries(), first.tries());
    assert_eq!(runner.all().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn work_that_nobody_waits_for_lists_what_is_refused_and_undoes_nothing() {
    let fate = |call: &str| if call == "b" { Fate::Refused } else { Fate::Done };
    let upstream = world(fate, Fate::Done);
    let runner = runner(Arc::clone(&upstream), true);
    let handle = runner.start(SagaOpened { cause: Cause::recompute("test"), ..opened() }, None, None);
    let progress = tokio::time::timeout(MINUTE, handle.over()).await.expect("it ends");
    let Outcome::Committed { failures, .. } = ended(&progress) else { panic!("{progress:?}") };
    assert_eq!(failures.iter().map(|failure| failure.code.as_str()).collect::<Vec<_>>(), ["planted"]);
    assert_eq!(*upstream.sent.lock().unwrap(), ["set active", "join a"]);
}

#[tokio::test(start_paused = true)]
async fn an_identity_that_is_refused_ends_such_work_before_anything_else_is_begun() {
    let fate = |call: &str| if call == "identity" { Fate::Refused } else { Fate::Done };
    let upstream = world(fate, Fate::Done);
    let runner = runner(Arc::clone(&upstream), true);
    let handle = runner.start(SagaOpened { cause: Cause::recompute("test"), ..opened() }, None, None);
    let progress = tokio::time::timeout(MINUTE, handle.over()).await.expect("it ends");
    assert!(matches!(ended(&progress), Outcome::RolledBack { .. }), "{progress:?}");
    assert!(upstream.sent.lock().unwrap().is_empty());
}
