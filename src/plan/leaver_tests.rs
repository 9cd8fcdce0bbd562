//! Leavers as tables: what was given and what a passed saga left on the left, the steps on the right.

use serde_json::json;

use super::*;
use crate::model::{
    Certainty, ConflictClass, Entitlement, Granted, Level, Named, Plan, Proficiency, Reason, RoleGrant,
    Setting, Step, StepId, Target,
};
use crate::plan::passed::{Reached, leftover};

const NOTHING: GrantedSet = GrantedSet::new();

fn named(id: &str) -> Named {
    Named { id: id.into(), name: id.to_uppercase() }
}

fn given(kind: Kind, id: &str, reason: Reason) -> (String, Granted) {
    let of = named(id);
    let (target, setting) = match kind {
        Kind::Role => (Target::Role { role: of, division: named("d") }, Setting::Held),
        Kind::Queue | Kind::Team => (Target::Member { kind, of }, Setting::Held),
        Kind::Skill | Kind::Language => {
            (Target::Level { kind, of }, Setting::Level(Proficiency::new(3.0).unwrap()))
        }
        Kind::Attribute => {
            (Target::Attribute { schema: of, version: 1, field: "f_text".into() }, Setting::Value(json!("x")))
        }
    };
    (
        target.key(),
        Granted {
            entitlement: Entitlement { target, setting },
            reason,
            before: None,
            certainty: Certainty::Given,
        },
    )
}

fn everything(reason: &Reason) -> GrantedSet {
    Kind::ALL.into_iter().map(|kind| given(kind, "x", reason.clone())).collect()
}

fn skill(before: Option<f64>, after: Option<f64>) -> Effect {
    let [before, after] = [before, after].map(|level| level.and_then(Proficiency::new));
    Effect::SetLevels { kind: Kind::Skill, levels: vec![Level { of: named("x"), before, after }] }
}

fn update(before: Value, after: Value) -> Effect {
    let title = |value: Value| Payload::from([("title".to_owned(), value)]);
    Effect::UpdateUser { after: title(after), before: title(before) }
}

fn plan(effects: &[Effect]) -> Plan {
    let steps = (0..).zip(effects).map(|(id, effect)| Step {
        id: StepId(id),
        effect: effect.clone(),
        class: ConflictClass::User,
        identity: false,
    });
    Plan { kind: PlanKind::Update, steps: steps.collect(), pivot: None, owed: false }
}

fn effects(planned: &Planned) -> Vec<Effect> {
    planned.plan.steps.iter().map(|step| step.effect.clone()).collect()
}

struct Case {
    before: Payload,
    after: Payload,
    granted: GrantedSet,
    wanted: Option<Vec<Wanted>>,
    managed: BTreeSet<Kind>,
    passed: Leftover,
    in_doubt: bool,
}

impl Default for Case {
    fn default() -> Self {
        Self {
            before: Payload::new(),
            after: Payload::new(),
            granted: GrantedSet::new(),
            wanted: Some(vec![]),
            managed: BTreeSet::new(),
            passed: Leftover::default(),
            in_doubt: false,
        }
    }
}

impl Case {
    fn plan(&self) -> Planned {
        plan_leaver(&LeaverInput {
            payload: &self.after,
            payload_before: &self.before,
            in_doubt: self.in_doubt,
            granted: &self.granted,
            wanted: self.wanted.as_deref(),
            managed: &self.managed,
            passed: &self.passed,
        })
    }

    /// What comes behind the pivot and the end of the sessions.
    fn tail(&self) -> Vec<Effect> {
        let planned = self.plan();
        assert_eq!((planned.plan.kind, planned.plan.pivot), (PlanKind::Deactivate, Some(StepId(0))));
        let all = effects(&planned);
        assert_eq!(all[..2], [Effect::SetActive { active: false }, Effect::RevokeSessions]);
        assert!(planned.plan.steps.iter().skip(1).all(|step| !step.identity), "nothing else is waited for");
        all[2..].to_vec()
    }
}

#[test]
fn what_gives_access_goes_by_its_id_whoever_asked_for_it() {
    for reason in [Reason::Request, Reason::Rule("r".into())] {
        let case = Case { granted: everything(&reason), wanted: None, ..Case::default() };
        let role = RoleGrant { role: named("x"), division: named("d") };
        let leave = |kind| Effect::Leave { kind, of: named("x"), seen: false };
        assert_eq!(
            case.tail(),
            [leave(Kind::Team), Effect::RemoveRoles(vec![role]), leave(Kind::Queue)],
            "{reason:?}"
        );
        let kept: Vec<Kind> =
            case.plan().granted.values().map(|kept| kept.entitlement.target.kind()).collect();
        assert_eq!(kept, [Kind::Attribute, Kind::Language, Kind::Skill], "the rest stays ours");
    }
}

#[test]
fn the_rest_is_taken_back_only_where_nobody_asks_for_it_any_more_and_where_it_is_still_ours() {
    let wanted = |name: &str| Wanted::Level {
        kind: Kind::Skill,
        name: name.into(),
        proficiency: Proficiency::new(1.0).unwrap(),
    };
    let undo = Effect::GiveBack(Box::new(skill(None, Some(3.0))));
    for (reason, wanted, managed, gone) in [
        (Reason::Request, Some(vec![]), vec![], false),
        (Reason::Request, Some(vec![]), vec![Kind::Skill], true),
        (Reason::Request, Some(vec![wanted("x")]), vec![Kind::Skill], false),
        (Reason::Request, Some(vec![wanted("y")]), vec![Kind::Skill], true),
        (Reason::Rule("r".into()), Some(vec![]), vec![], true),
        (Reason::Rule("r".into()), Some(vec![wanted("X")]), vec![], false),
        (Reason::Rule("r".into()), None, vec![], false),
    ] {
        let granted = GrantedSet::from([given(Kind::Skill, "x", reason.clone())]);
        let case = Case {
            granted,
            wanted: wanted.clone(),
            managed: managed.into_iter().collect(),
            ..Case::default()
        };
        let tail = if gone { vec![undo.clone()] } else { vec![] };
        assert_eq!((case.tail(), case.plan().granted.is_empty()), (tail, gone), "{reason:?} {wanted:?}");
    }
}

#[test]
fn attributes_are_sent_where_they_change_and_all_of_them_where_genesys_may_hold_something_else() {
    let payload = |pairs: &[(&str, &str)]| -> Payload {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect()
    };
    let before = payload(&[("displayName", "A"), ("title", "T")]);
    let case = Case { before: before.clone(), after: before.clone(), ..Case::default() };
    assert_eq!(case.tail(), []);
    let case = Case { before: before.clone(), after: payload(&[("displayName", "A")]), ..Case::default() };
    assert_eq!(case.tail(), [update(json!("T"), Value::Null)]);
    let case = Case { before: before.clone(), after: before.clone(), in_doubt: true, ..Case::default() };
    assert_eq!(case.tail(), [Effect::UpdateUser { after: before.clone(), before }]);
}

#[test]
fn what_a_passed_saga_may_have_done_is_undone_behind_the_pivot_and_its_state_is_set_once_more() {
    let update = update(json!("T"), json!("U"));
    let passed = plan(&[Effect::SetActive { active: true }, update.clone(), skill(None, Some(3.0))]);
    let case =
        Case { passed: leftover(&passed, &NOTHING, &NOTHING, &Reached::unknown(&passed)), ..Case::default() };
    let give_back = |effect: Effect| Effect::GiveBack(Box::new(effect));
    assert_eq!(
        case.tail(),
        [Effect::SetActive { active: false }, give_back(skill(None, Some(3.0))), give_back(update)]
    );
    let removal: Vec<Effect> = effects(&plan_removal());
    assert_eq!(removal, [Effect::DeleteUser, Effect::RevokeSessions, Effect::DeleteUser]);
}

#[test]
fn nothing_that_is_left_behind_gives_access_again() {
    let role = RoleGrant { role: named("r"), division: named("d") };
    let renamed = update(json!("T"), json!("U"));
    let passed = plan(&[
        renamed.clone(),
        skill(None, Some(2.0)),
        Effect::RemoveRoles(vec![role]),
        Effect::Leave { kind: Kind::Queue, of: named("old"), seen: true },
        Effect::Join { kind: Kind::Queue, of: named("new") },
    ]);
    let after = GrantedSet::from([given(Kind::Queue, "new", Reason::Request)]);
    let left = leftover(&passed, &NOTHING, &after, &Reached::unknown(&passed));
    assert_eq!(left.granted, after, "what may have been given is ours to take");
    assert_eq!(left.give_back, [skill(None, Some(2.0)), renamed], "in reverse");
    assert!(!left.state);
    let nothing = Reached { there: vec![], ..Reached::unknown(&passed) };
    assert_eq!(leftover(&passed, &NOTHING, &after, &nothing), Leftover::default());
}

#[test]
fn what_the_directory_shows_is_not_undone_and_its_removals_go_on() {
    let passed = plan(&[skill(Some(3.0), None), skill(None, Some(1.0))]);
    let reached = Reached { visible: true, ..Reached::unknown(&passed) };
    let left = leftover(&passed, &NOTHING, &NOTHING, &reached);
    assert_eq!(left.give_back, [skill(None, Some(3.0))]);
    let done = Reached { open: vec![], ..reached };
    assert_eq!(leftover(&passed, &NOTHING, &NOTHING, &done).give_back, []);
}

#[test]
fn a_leaver_that_is_passed_hands_on_what_it_had_not_given_back_yet() {
    let renamed = update(json!("T"), json!("U"));
    let passed = plan(&[Effect::SetActive { active: false }, Effect::GiveBack(Box::new(renamed.clone()))]);
    let reached = Reached { visible: true, ..Reached::unknown(&passed) };
    assert_eq!(leftover(&passed, &NOTHING, &NOTHING, &reached).give_back, [renamed]);
    let done = Reached { open: vec![], ..reached };
    assert_eq!(leftover(&passed, &NOTHING, &NOTHING, &done).give_back, []);
}

#[test]
fn a_leaver_that_is_passed_hands_on_what_only_it_knew_of_and_had_not_taken_back_yet() {
    let role = RoleGrant { role: named("r"), division: named("d") };
    let passed = plan(&[
        Effect::SetActive { active: false },
        Effect::Leave { kind: Kind::Queue, of: named("q"), seen: false },
        Effect::ClearRoles(vec![role]),
    ]);
    let before: GrantedSet =
        [given(Kind::Queue, "q", Reason::Request), given(Kind::Role, "r", Reason::Request)].into();
    let nothing_was_sent = Reached { there: vec![], ..Reached::unknown(&passed) };
    for reached in [Reached::unknown(&passed), nothing_was_sent] {
        assert_eq!(leftover(&passed, &before, &NOTHING, &reached).granted, before);
    }
    let queue_is_done = Reached { open: vec![StepId(2)], ..Reached::unknown(&passed) };
    let left = leftover(&passed, &before, &NOTHING, &queue_is_done);
    assert_eq!(left.granted.keys().collect::<Vec<_>>(), ["role/r/d"]);
}
