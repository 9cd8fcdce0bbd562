//! The state machine without any I/O: order, refusal, pivot, acknowledgement, recovery, pause.

use std::collections::BTreeMap;

use super::*;
use crate::model::{ConflictClass, Effect, Kind, Named, PlanKind, RefusalKind, UserId};

fn named(id: &str) -> Named {
    Named { id: id.into(), name: id.into() }
}

fn refusal(code: &str) -> Refusal {
    Refusal {
        kind: RefusalKind::Validation,
        status: 400,
        code: code.into(),
        detail: "no".into(),
        correlation_id: None,
    }
}

fn plan(kind: PlanKind, steps: Vec<(Effect, ConflictClass, bool)>, pivot: Option<u16>) -> Plan {
    let step = |(index, (effect, class, identity)): (usize, _)| Step {
        id: StepId(index as u16),
        effect,
        class,
        identity,
    };
    Plan {
        kind,
        steps: steps.into_iter().enumerate().map(step).collect(),
        pivot: pivot.map(StepId),
        owed: false,
    }
}

fn join(id: &str) -> Effect {
    Effect::Join { kind: Kind::Queue, of: named(id) }
}

/// create | division (user) | queue A | queue B
fn create() -> Plan {
    plan(
        PlanKind::Create,
        vec![
            (
                Effect::CreateUser { document: Default::default(), email: "a@b.c".into() },
                ConflictClass::User,
                true,
            ),
            (Effect::MoveDivision { to: named("d"), from: None }, ConflictClass::User, false),
            (join("a"), ConflictClass::Member("a".into()), false),
            (join("b"), ConflictClass::Member("b".into()), false),
        ],
        None,
    )
}

fn started(machine: &mut Machine) -> Vec<u16> {
    match machine.proceed() {
        Next::Start(steps) => steps.into_iter().map(|id| id.0).collect(),
        other => panic!("expected a start, got {other:?}"),
    }
}

fn done(machine: &mut Machine, id: u16) {
    machine.on(Event::Done(StepId(id), (id == 0).then(|| "user-1".to_owned())));
}

fn turn(machine: &mut Machine) -> Turn {
    match machine.proceed() {
        Next::Turn(turn) => {
            machine.on(Event::Turned(turn.clone()));
            turn
        }
        other => panic!("expected a turn, got {other:?}"),
    }
}

fn undone_in_order(machine: &mut Machine) -> Vec<u16> {
    let mut order = Vec::new();
    while let Next::Undo(id) = machine.proceed() {
        order.push(id.0);
        machine.on(Event::Undone(id));
    }
    order
}

#[test]
fn identity_runs_alone_and_the_rest_side_by_side() {
    let mut machine = Machine::new(create(), None);
    assert_eq!(started(&mut machine), [0]);
    assert_eq!(machine.proceed(), Next::Wait);
    assert!(!machine.can_acknowledge());
    done(&mut machine, 0);
    assert!(machine.can_acknowledge());
    assert_eq!(started(&mut machine), [1, 2, 3]);
    for id in [3, 1, 2] {
        done(&mut machine, id);
    }
    assert_eq!(
        turn(&mut machine),
        Turn::Finished(Outcome::Committed { bound: "user-1".into(), failures: vec![] })
    );
    assert_eq!(machine.proceed(), Next::Ended);
}

#[test]
fn steps_of_one_class_run_one_after_another() {
    let levels = Effect::SetLevels { kind: Kind::Skill, levels: vec![] };
    let steps = vec![
        (levels.clone(), ConflictClass::User, false),
        (levels, ConflictClass::User, false),
        (Effect::AddRoles(vec![]), ConflictClass::Roles, false),
    ];
    let mut machine = Machine::new(plan(PlanKind::Update, steps, None), Some("u".into()));
    assert_eq!(started(&mut machine), [0, 2]);
    done(&mut machine, 2);
    assert_eq!(machine.proceed(), Next::Wait);
    done(&mut machine, 0);
    assert_eq!(started(&mut machine), [1]);
}

#[test]
fn a_refusal_lets_the_flight_settle_and_then_undoes_in_reverse() {
    let mut machine = Machine::new(create(), None);
    started(&mut machine);
    done(&mut machine, 0);
    started(&mut machine);
    done(&mut machine, 1);
    machine.on(Event::Refused(StepId(2), refusal("queue.size.limit"), false));
    assert_eq!(machine.proceed(), Next::Wait, "queue b is still in flight");
    assert!(machine.settling());
    machine.on(Event::Abandoned(StepId(3), true));
    assert_eq!(
        turn(&mut machine),
        Turn::Undoing { refusal: refusal("queue.size.limit"), step: Some(StepId(2)) }
    );
    assert_eq!(undone_in_order(&mut machine), [3, 1, 0], "what was refused whole has nothing to undo");
    let outcome = Outcome::RolledBack { refusal: refusal("queue.size.limit"), step: Some(StepId(2)) };
    assert_eq!(turn(&mut machine), Turn::Finished(outcome));
}

#[test]
fn a_step_refused_half_way_is_undone_too() {
    let mut machine = Machine::new(create(), None);
    started(&mut machine);
    machine.on(Event::Refused(StepId(0), refusal("x"), true));
    turn(&mut machine);
    assert_eq!(undone_in_order(&mut machine), [0]);
}

#[test]
fn after_the_acknowledgement_a_refusal_is_reported_and_never_undone() {
    let mut machine = Machine::new(create(), None);
    started(&mut machine);
    done(&mut machine, 0);
    machine.on(Event::Turned(Turn::Acknowledged { bound: "user-1".into() }));
    started(&mut machine);
    machine.on(Event::Refused(StepId(2), refusal("x"), false));
    done(&mut machine, 1);
    done(&mut machine, 3);
    let Turn::Finished(Outcome::Committed { failures, .. }) = turn(&mut machine) else { panic!("committed") };
    assert_eq!(failures.len(), 1);
    assert_eq!(failures[0].code, "x");
    let mut late = Machine::new(create(), None);
    started(&mut late);
    done(&mut late, 0);
    late.on(Event::Turned(Turn::Acknowledged { bound: "user-1".into() }));
    late.on(Event::Abort(refusal("overtaken")));
    assert!(matches!(late.proceed(), Next::Start(_)), "an abort comes too late");
}

#[test]
fn from_the_pivot_on_a_saga_only_goes_forward() {
    let deactivate = || {
        plan(
            PlanKind::Deactivate,
            vec![
                (Effect::SetActive { active: false }, ConflictClass::User, true),
                (
                    Effect::Leave { kind: Kind::Queue, of: named("a"), seen: true },
                    ConflictClass::Member("a".into()),
                    false,
                ),
            ],
            Some(0),
        )
    };
    let mut machine = Machine::new(deactivate(), Some("u".into()));
    started(&mut machine);
    done(&mut machine, 0);
    assert_eq!(started(&mut machine), [1]);
    machine.on(Event::Refused(StepId(1), refusal("x"), true));
    assert!(
        matches!(turn(&mut machine), Turn::Finished(Outcome::Committed { failures, .. }) if failures.len() == 1)
    );
    // A second leaver does not turn the first one back, neither in flight nor when it is found open after a
    // crash.
    for mut machine in
        [Machine::new(deactivate(), Some("u".into())), Machine::recover(deactivate(), Some("u".into()), &[])]
    {
        started(&mut machine);
        machine.on(Event::Abort(refusal("overtaken")));
        done(&mut machine, 0);
        assert_eq!(started(&mut machine), [1]);
    }
    // Refused at the pivot itself: nothing happened and nothing is given back.
    let mut machine = Machine::new(deactivate(), Some("u".into()));
    started(&mut machine);
    machine.on(Event::Refused(StepId(0), refusal("x"), true));
    turn(&mut machine);
    assert_eq!(undone_in_order(&mut machine), Vec::<u16>::new());
    // Whoever wants it to go back comes too late once the pivot was sent, be it before a crash.
    let mut sent = Machine::new(deactivate(), Some("u".into()));
    started(&mut sent);
    sent.on(Event::Abort(refusal("overtaken")));
    let mut recovered = Machine::recover(deactivate(), Some("u".into()), &[]);
    recovered.on(Event::Abort(refusal("overtaken")));
    started(&mut recovered);
    for mut machine in [sent, recovered] {
        done(&mut machine, 0);
        assert_eq!(started(&mut machine), [1]);
    }
    let mut unsent = Machine::new(deactivate(), Some("u".into()));
    unsent.on(Event::Abort(refusal("overtaken")));
    assert!(matches!(unsent.proceed(), Next::Turn(Turn::Undoing { .. })));
}

#[test]
fn recovery_is_decided_by_the_turns_alone() {
    let acknowledged = Turn::Acknowledged { bound: "user-1".into() };
    let undoing = Turn::Undoing { refusal: refusal("x"), step: None };
    let stuck = Turn::Stuck { step: StepId(0), refusal: refusal("y") };
    let mut forward = Machine::recover(create(), None, &[]);
    assert_eq!(started(&mut forward), [0]);
    let mut visible = Machine::recover(create(), None, std::slice::from_ref(&acknowledged));
    assert!(visible.forward_only());
    assert_eq!(visible.bound(), Some("user-1"));
    assert_eq!(
        started(&mut visible),
        [1, 2, 3],
        "the identity was there; the rest is repeated: that is harmless"
    );
    let mut back = Machine::recover(create(), None, std::slice::from_ref(&undoing));
    assert_eq!(undone_in_order(&mut back), [3, 2, 1, 0], "any step may have run");
    let mut redriven = Machine::recover(create(), None, &[undoing.clone(), stuck, undoing]);
    assert_eq!(undone_in_order(&mut redriven), [3, 2, 1, 0]);
}

#[test]
fn a_saga_recovered_forward_and_then_refused_undoes_what_may_have_run_before_the_crash() {
    let mut machine = Machine::recover(create(), None, &[]);
    started(&mut machine);
    done(&mut machine, 0);
    started(&mut machine);
    machine.on(Event::Refused(StepId(1), refusal("x"), false));
    done(&mut machine, 2);
    done(&mut machine, 3);
    turn(&mut machine);
    assert_eq!(undone_in_order(&mut machine), [3, 2, 1, 0]);
}

#[test]
fn a_refused_undo_leaves_the_saga_stuck_and_a_redrive_tries_again() {
    let mut machine = Machine::new(create(), None);
    started(&mut machine);
    done(&mut machine, 0);
    started(&mut machine);
    machine.on(Event::Refused(StepId(1), refusal("x"), false));
    done(&mut machine, 2);
    done(&mut machine, 3);
    turn(&mut machine);
    assert_eq!(machine.proceed(), Next::Undo(StepId(3)));
    machine.on(Event::UndoRefused(StepId(3), refusal("undo")));
    assert_eq!(undone_in_order(&mut machine), [2, 0], "one refused undo does not keep the others");
    assert_eq!(turn(&mut machine), Turn::Stuck { step: StepId(3), refusal: refusal("undo") });
    assert_eq!(machine.proceed(), Next::Ended);
    machine.on(Event::Turned(Turn::Undoing { refusal: refusal("x"), step: None }));
    assert_eq!(undone_in_order(&mut machine), [3]);
}

#[test]
fn a_pause_starts_nothing_and_a_resumed_saga_repeats_what_was_given_up() {
    let mut machine = Machine::new(create(), None);
    started(&mut machine);
    done(&mut machine, 0);
    machine.on(Event::Turned(Turn::Acknowledged { bound: "user-1".into() }));
    started(&mut machine);
    machine.on(Event::Park);
    done(&mut machine, 1);
    done(&mut machine, 2);
    assert_eq!(machine.proceed(), Next::Wait);
    machine.on(Event::Abandoned(StepId(3), true));
    assert_eq!(machine.proceed(), Next::Parked);
    assert_eq!(machine.report().maybe, [StepId(3)], "nobody knows whether it took effect");
    machine.on(Event::Resume);
    assert_eq!(started(&mut machine), [3]);
    machine.on(Event::Abandoned(StepId(3), false));
    assert_eq!(machine.report().maybe, [StepId(3)], "nor after another try that was not sent");
}

#[test]
fn a_step_given_up_before_anything_was_sent_is_neither_ours_nor_undone() {
    let mut machine = Machine::new(create(), None);
    started(&mut machine);
    done(&mut machine, 0);
    machine.on(Event::Turned(Turn::Acknowledged { bound: "user-1".into() }));
    assert_eq!(started(&mut machine), [1, 2, 3]);
    machine.on(Event::Park);
    done(&mut machine, 1);
    done(&mut machine, 2);
    machine.on(Event::Abandoned(StepId(3), false));
    assert_eq!(machine.proceed(), Next::Parked);
    let report = machine.report();
    assert!(!report.done.contains(&StepId(3)) && !report.settled, "{report:?}");
    machine.on(Event::Resume);
    assert_eq!(started(&mut machine), [3]);

    let mut machine = Machine::new(create(), None);
    started(&mut machine);
    done(&mut machine, 0);
    started(&mut machine);
    done(&mut machine, 1);
    machine.on(Event::Refused(StepId(2), refusal("x"), false));
    machine.on(Event::Abandoned(StepId(3), false));
    turn(&mut machine);
    assert_eq!(undone_in_order(&mut machine), [1, 0]);
}

#[test]
fn what_a_crash_may_have_sent_is_not_forgotten_because_the_repeat_was_given_up() {
    let turns = [Turn::Acknowledged { bound: "user-1".into() }];
    let mut machine = Machine::recover(create(), None, &turns);
    assert_eq!(started(&mut machine), [1, 2, 3]);
    machine.on(Event::Park);
    (1..=3).for_each(|step| machine.on(Event::Abandoned(StepId(step), false)));
    let report = machine.report();
    assert_eq!((report.done, report.maybe), (vec![StepId(0)], vec![StepId(1), StepId(2), StepId(3)]));
}

#[test]
fn a_stop_leaves_the_saga_open() {
    let mut machine = Machine::new(create(), None);
    started(&mut machine);
    machine.on(Event::Stop);
    assert_eq!(machine.proceed(), Next::Wait);
    done(&mut machine, 0);
    assert_eq!(machine.proceed(), Next::Stopped);
}

#[test]
fn an_empty_plan_ends_at_once() {
    let mut machine = Machine::new(plan(PlanKind::Update, vec![], None), Some("u".into()));
    assert_eq!(
        turn(&mut machine),
        Turn::Finished(Outcome::Committed { bound: "u".into(), failures: vec![] })
    );
}

#[test]
fn a_restored_user_is_bound_from_the_start() {
    let effect = Effect::RestoreUser { user: UserId::new("u"), without: Vec::new() };
    let update = Effect::UpdateUser { after: BTreeMap::new(), before: BTreeMap::new() };
    let steps = vec![(effect, ConflictClass::User, true), (update, ConflictClass::User, true)];
    let mut machine = Machine::new(plan(PlanKind::Restore, steps, None), Some("u".into()));
    assert_eq!(started(&mut machine), [0]);
    done(&mut machine, 1);
    assert_eq!(machine.proceed(), Next::Wait);
}
