//! What may still arrive when a saga has given way, died or ended without an answer: who waits for it, and who does
//! not. Under a clock that stands still, with the stand-ins of `tests`.

use std::sync::atomic::Ordering;
use std::time::Duration;

use uuid::Uuid;

use super::tests::{ARRIVES, Fate, World, opened, pass, runner, world};
use super::*;
use crate::model::{ConflictClass, Effect, Kind, Named, Plan, PlanKind, Step, StepId};

/// A runner as after a crash in which the user of [`opened`] had a saga open.
fn after_a_crash(upstream: &Arc<World>) -> Arc<Runner> {
    let runner = runner(Arc::clone(upstream), true);
    let last_ms = u64::try_from(ARRIVES.as_millis()).unwrap();
    runner.crashed([(opened().subject, Arrivals { last_ms, earlier_ms: 0 })].into());
    runner
}

#[tokio::test(start_paused = true)]
async fn a_saga_that_is_taken_up_again_waits_for_what_was_sent_before_it_was_opened() {
    let world = world(|_| Fate::Done, Fate::Done);
    let runner = runner(Arc::clone(&world), true);
    runner.crashed([(opened().subject, Arrivals { last_ms: 15_000, earlier_ms: 9_000 })].into());
    let handle = runner.start(opened(), Some(&[]), None);
    pass(Duration::from_secs(8)).await;
    assert_eq!(*world.sent.lock().unwrap(), [""; 0]);
    pass(Duration::from_secs(2)).await;
    assert!(handle.progress().is_over(), "its own calls it sends again");
}

/// The same user leaves: out, sessions ended, then out of a queue.
fn leaver() -> SagaOpened {
    let step =
        |number, effect, identity| Step { id: StepId(number), effect, class: ConflictClass::User, identity };
    let leave =
        Effect::Leave { kind: Kind::Queue, of: Named { id: "a".into(), name: "a".into() }, seen: true };
    let steps = vec![
        step(0, Effect::SetActive { active: false }, true),
        step(1, Effect::RevokeSessions, false),
        step(2, leave, false),
    ];
    let plan = Plan { kind: PlanKind::Deactivate, steps, pivot: Some(StepId(0)), owed: false };
    SagaOpened { plan, ..opened() }
}

#[tokio::test(start_paused = true)]
async fn after_a_crash_a_leaver_is_out_at_once_and_what_may_still_arrive_is_taken_back_when_it_has() {
    for turns in [None, Some(&[][..])] {
        let world = world(|_| Fate::Done, Fate::Done);
        let handle = after_a_crash(&world).start(leaver(), turns, None);
        pass(Duration::from_secs(1)).await;
        assert_eq!(world.sent.lock().unwrap().len(), 2, "out, and the sessions ended");
        pass(ARRIVES).await;
        assert_eq!(world.sent.lock().unwrap().last().unwrap(), "leave a");
        assert!(handle.progress().is_over());
    }
}

#[tokio::test(start_paused = true)]
async fn after_a_crash_a_new_change_of_the_same_user_waits_and_one_of_another_user_does_not() {
    let world = world(|_| Fate::Done, Fate::Done);
    let runner = after_a_crash(&world);
    let other = SagaOpened {
        id: SagaId::new(Uuid::from_u128(7)),
        subject: SubjectId::new(Uuid::from_u128(8)),
        ..opened()
    };
    let other = runner.start(other, None, None);
    let handle = runner.start(opened(), None, None);
    pass(Duration::from_secs(1)).await;
    assert!(other.progress().is_over() && !handle.progress().is_over());
    pass(ARRIVES).await;
    assert!(handle.progress().is_over());
    let started = tokio::time::Instant::now();
    runner.start(SagaOpened { id: SagaId::new(Uuid::from_u128(9)), ..opened() }, None, None).over().await;
    assert!(started.elapsed() < Duration::from_secs(1), "nothing can arrive any more");
}

#[tokio::test(start_paused = true)]
async fn a_saga_that_is_taken_up_again_goes_on_at_once_and_back_only_when_its_calls_have_arrived() {
    let world = world(|what| if what == "b" { Fate::Refused } else { Fate::Done }, Fate::Done);
    let runner = after_a_crash(&world);
    let handle = runner.start(opened(), Some(&[]), None);
    pass(Duration::from_secs(1)).await;
    assert_eq!(*world.sent.lock().unwrap(), ["set active", "join a"]);
    pass(ARRIVES).await;
    assert!(world.sent.lock().unwrap().contains(&"leave a".to_owned()));
    assert!(handle.progress().is_over());
}

/// A user who was made active with a lost answer; then the one who leaves.
#[tokio::test(start_paused = true)]
async fn what_had_no_answer_in_a_change_that_is_over_is_waited_for_behind_a_leaver_and_by_nobody_else() {
    let world = world(|what| if what == "b" { Fate::OnceUnknown } else { Fate::Done }, Fate::Done);
    let runner = runner(Arc::clone(&world), true);
    let before = runner.start(opened(), None, None);
    assert!(before.over().await.is_over());
    let started = tokio::time::Instant::now();
    assert!(runner.may_arrive(opened().subject));
    let other = SagaOpened { id: SagaId::new(Uuid::from_u128(7)), ..opened() };
    runner.start(other, None, None).over().await;
    assert!(started.elapsed() < Duration::from_secs(1), "a change that gives waits for nothing");
    world.sent.lock().unwrap().clear();
    let leaver = SagaOpened { id: SagaId::new(Uuid::from_u128(9)), ..leaver() };
    let leaves = runner.start(leaver, None, None);
    pass(Duration::from_secs(1)).await;
    assert_eq!(world.sent.lock().unwrap().len(), 2, "out, and the sessions ended");
    pass(ARRIVES).await;
    assert_eq!(world.sent.lock().unwrap().last().unwrap(), "leave a");
    assert!(leaves.progress().is_over());
    assert!(!runner.may_arrive(opened().subject));
}

#[tokio::test(start_paused = true)]
async fn who_comes_back_waits_for_a_deactivation_that_had_no_answer() {
    let world = world(|what| if what == "identity" { Fate::OnceUnknown } else { Fate::Done }, Fate::Done);
    let runner = runner(Arc::clone(&world), true);
    runner.start(leaver(), None, None).over().await;
    let began = tokio::time::Instant::now();
    let back = SagaOpened { id: SagaId::new(Uuid::from_u128(7)), ..opened() };
    runner.start(back, None, None).over().await;
    let waited = began.elapsed();
    assert!(
        waited > ARRIVES - Duration::from_secs(1) && waited < ARRIVES + Duration::from_secs(2),
        "{waited:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn who_comes_back_waits_for_what_the_leaver_before_waited_for() {
    let world = world(|_| Fate::Done, Fate::Done);
    let runner = runner(Arc::clone(&world), true);
    let joining = runner.start(opened(), None, None);
    // A call of it takes ten seconds.
    world.slow.store(10_000, Ordering::Relaxed);
    pass(Duration::from_millis(1)).await;
    let yielded = joining.give_way().await.unwrap();
    let leaver = SagaOpened { id: SagaId::new(Uuid::from_u128(7)), ..leaver() };
    joining.hand_over(leaver.clone(), yielded.epoch).await.unwrap();
    world.slow.store(0, Ordering::Relaxed);
    let leaving = runner.start_behind(leaver, None, &joining);
    pass(Duration::from_secs(1)).await;
    leaving.acknowledge().await.unwrap();
    let parked = leaving.park().await.unwrap();
    assert!(parked.arriving);
    let back = SagaOpened { id: SagaId::new(Uuid::from_u128(9)), ..opened() };
    leaving.hand_over(back.clone(), parked.epoch).await.unwrap();
    let sent = world.sent.lock().unwrap().len();
    let back = runner.start_behind(back, None, &leaving);
    pass(Duration::from_secs(5)).await;
    assert_eq!(world.sent.lock().unwrap().len(), sent, "what was sent first has not arrived");
    pass(Duration::from_secs(10)).await;
    assert!(back.progress().is_over());
}

#[tokio::test(start_paused = true)]
async fn who_waits_to_be_out_goes_at_once_when_others_get_through_and_never_waits_longer_than_a_minute() {
    for others in [true, false] {
        let world = world(|what| if what == "identity" { Fate::Trouble } else { Fate::Done }, Fate::Done);
        let runner = runner(Arc::clone(&world), true);
        world.trouble.store(true, Ordering::Relaxed);
        let leaver = runner.start(leaver(), None, None);
        // Long enough for the longest of pauses.
        pass(Duration::from_secs(1800)).await;
        assert!(!leaver.progress().identity);
        world.trouble.store(false, Ordering::Relaxed);
        let began = tokio::time::Instant::now();
        if others {
            let subject = SubjectId::new(Uuid::from_u128(8));
            runner.start(SagaOpened { id: SagaId::new(Uuid::from_u128(7)), subject, ..opened() }, None, None);
        }
        leaver.over().await;
        let within = if others { 12 } else { 62 };
        assert!(began.elapsed() < Duration::from_secs(within), "{others}: {:?}", began.elapsed());
    }
}
