//! Plans as tables: what is observed, desired and granted on the left, the steps on the right; and the laws
//! as properties.

use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::identity::Payload;
use super::*;
use crate::model::ports::Write;
use crate::model::{
    Certainty, ConflictClass, Effect, Entitlement, Granted, GrantedSet, Kind, Level, Mark, Named, Object,
    Observed, PlanKind, Proficiency, Reason, Recent, Setting, StepId, Target, UserId, UserState, Wanted,
};

fn object(value: Value) -> Object {
    value.as_object().cloned().unwrap()
}

fn named(id: &str) -> Named {
    Named { id: id.into(), name: id.to_uppercase() }
}

fn level(value: f64) -> Setting {
    Setting::Level(Proficiency::new(value).unwrap())
}

fn skill(id: &str, value: f64) -> Entitlement {
    Entitlement { target: Target::Level { kind: Kind::Skill, of: named(id) }, setting: level(value) }
}

fn queue(id: &str) -> Entitlement {
    Entitlement { target: Target::Member { kind: Kind::Queue, of: named(id) }, setting: Setting::Held }
}

fn role(id: &str, division: &str) -> Entitlement {
    Entitlement {
        target: Target::Role { role: named(id), division: named(division) },
        setting: Setting::Held,
    }
}

fn by_rule(entitlement: Entitlement) -> Resolved {
    Resolved { entitlement, reason: Reason::Rule("r".into()) }
}

fn observed(entitlements: &[Entitlement]) -> Observed {
    Observed {
        id: Some(UserId::new("u")),
        document: object(json!({ "userName": "a@b.c", "displayName": "A" })),
        entitlements: entitlements.iter().map(|e| (e.target.key(), e.clone())).collect(),
        read: Kind::ALL.into(),
        ..Observed::default()
    }
}

fn granted(list: &[(Entitlement, Reason, Option<Setting>)]) -> GrantedSet {
    let one = |(entitlement, reason, before): &(Entitlement, Reason, Option<Setting>)| {
        let granted = Granted {
            entitlement: entitlement.clone(),
            reason: reason.clone(),
            before: before.clone(),
            certainty: Certainty::Given,
        };
        (entitlement.target.key(), granted)
    };
    list.iter().map(one).collect()
}

const KNOWN: UserChange<'static> = UserChange::Existing { adopt: false, anew: false };

struct Case {
    document: Object,
    observed: Observed,
    desired: Vec<Resolved>,
    unresolved: Vec<Wanted>,
    managed: BTreeSet<Kind>,
    granted: GrantedSet,
    recent: Recent,
    division: Option<Named>,
}

impl Default for Case {
    fn default() -> Self {
        Self {
            document: object(json!({ "userName": "a@b.c", "displayName": "A" })),
            observed: observed(&[]),
            desired: vec![],
            unresolved: vec![],
            managed: BTreeSet::new(),
            granted: GrantedSet::new(),
            recent: Recent::new(),
            division: None,
        }
    }
}

impl Case {
    fn plan(&self, change: UserChange<'_>) -> Planned {
        let payload = identity::payload(&self.document, "a@b.c", &|_| true);
        plan_user(&UserInput {
            change,
            document: &self.document,
            payload: &payload,
            payload_before: None,
            observed: &self.observed,
            division: self.division.as_ref(),
            desired: &self.desired,
            unresolved: &self.unresolved,
            managed: &self.managed,
            granted: &self.granted,
            recent: &self.recent,
            may_activate: true,
        })
    }

    fn effects(&self) -> Vec<Effect> {
        self.plan(KNOWN).plan.steps.into_iter().map(|step| step.effect).collect()
    }
}

#[test]
fn what_is_as_it_should_be_needs_no_step() {
    let case = Case {
        observed: observed(&[skill("s", 3.0), queue("q"), role("r", "d")]),
        desired: vec![by_rule(skill("s", 3.0)), by_rule(queue("q")), by_rule(role("r", "d"))],
        ..Case::default()
    };
    assert_eq!(case.effects(), []);
    let planned = case.plan(KNOWN);
    assert!(planned.granted.is_empty(), "what somebody else gave is not ours");
}

#[test]
fn a_new_user_gets_identity_first_then_division_roles_skills_and_queues() {
    let mark = Mark { authority: "scimbridge-t".into(), value: "1".into() };
    let case = Case {
        observed: Observed::default(),
        desired: vec![by_rule(queue("q")), by_rule(skill("s", 3.0)), by_rule(role("r", "d"))],
        division: Some(named("d")),
        ..Case::default()
    };
    let planned = case.plan(UserChange::Create { mark: &mark });
    let names: Vec<String> =
        planned.plan.steps.iter().map(|step| describe(&step.effect, &GrantedSet::new())).collect();
    assert_eq!(planned.plan.kind, PlanKind::Create);
    assert_eq!(
        names,
        [
            "create the user",
            "move to division D",
            "give role R in division D",
            "set skills S 3",
            "add to queue Q"
        ]
    );
    assert_eq!(planned.plan.steps.iter().filter(|step| step.identity).count(), 1);
    assert_eq!(planned.granted.len(), 3);
    let Effect::CreateUser { document, .. } = &planned.plan.steps[0].effect else { panic!("create first") };
    let marks = &document["urn:ietf:params:scim:schemas:extension:genesys:purecloud:2.0:User"]["externalIds"];
    assert_eq!(marks, &json!([{ "authority": "scimbridge-t", "value": "1" }]));
}

#[test]
fn a_leaver_loses_access_in_the_first_step_and_keeps_skills() {
    let given = [(queue("q"), Reason::Request, None), (skill("s", 3.0), Reason::Rule("r".into()), None)];
    let case = Case {
        document: object(json!({ "userName": "a@b.c", "displayName": "A", "active": false })),
        observed: observed(&[queue("q"), skill("s", 3.0), queue("theirs")]),
        desired: vec![by_rule(skill("s", 3.0)), by_rule(queue("q"))],
        granted: granted(&given),
        ..Case::default()
    };
    let planned = case.plan(KNOWN);
    let effects: Vec<Effect> = planned.plan.steps.iter().map(|step| step.effect.clone()).collect();
    assert_eq!(
        effects,
        [
            Effect::SetActive { active: false },
            Effect::RevokeSessions,
            Effect::Leave { kind: Kind::Queue, of: named("q"), seen: true }
        ]
    );
    assert_eq!(planned.plan.pivot, Some(StepId(0)));
    assert_eq!(planned.granted.keys().collect::<Vec<_>>(), ["skill/s"]);
}

#[test]
fn only_what_we_gave_and_is_still_ours_is_taken_back() {
    let rule = || Reason::Rule("r".into());
    let skills = |before, after| {
        let level = |level: Option<f64>| level.map(|level| Proficiency::new(level).unwrap());
        let levels = vec![Level { of: named("s"), before: level(before), after: level(after) }];
        vec![Effect::SetLevels { kind: Kind::Skill, levels }]
    };
    let table = [
        (
            "given by a rule that no longer matches",
            granted(&[(skill("s", 3.0), rule(), None)]),
            skill("s", 3.0),
            false,
            skills(Some(3.0), None),
        ),
        (
            "given on top of an older level",
            granted(&[(skill("s", 3.0), rule(), Some(level(1.0)))]),
            skill("s", 3.0),
            false,
            skills(Some(3.0), Some(1.0)),
        ),
        (
            "changed by somebody else since",
            granted(&[(skill("s", 3.0), rule(), None)]),
            skill("s", 5.0),
            false,
            vec![],
        ),
        ("given by somebody else", granted(&[]), skill("s", 3.0), true, vec![]),
        (
            "asked for by a request that now says nothing",
            granted(&[(skill("s", 3.0), Reason::Request, None)]),
            skill("s", 3.0),
            false,
            vec![],
        ),
        (
            "asked for by a request that now says none",
            granted(&[(skill("s", 3.0), Reason::Request, None)]),
            skill("s", 3.0),
            true,
            skills(Some(3.0), None),
        ),
    ];
    for (name, granted, there, managed, effects) in table {
        let managed = if managed { BTreeSet::from([Kind::Skill]) } else { BTreeSet::new() };
        let case = Case { observed: observed(&[there]), granted, managed, ..Case::default() };
        assert_eq!(case.effects(), effects, "{name}");
    }
}

#[test]
fn a_kind_that_was_not_read_is_never_taken_back() {
    let mut case =
        Case { granted: granted(&[(skill("s", 3.0), Reason::Rule("r".into()), None)]), ..Case::default() };
    case.observed = observed(&[skill("s", 3.0)]);
    case.observed.read.remove(&Kind::Skill);
    assert_eq!(case.effects(), []);
    assert_eq!(case.plan(KNOWN).granted, case.granted);
}

#[test]
fn a_team_is_left_before_a_move_and_the_next_one_joined_after_it() {
    let team = |id: &str| Entitlement {
        target: Target::Member { kind: Kind::Team, of: named(id) },
        setting: Setting::Held,
    };
    let case = Case {
        observed: Observed { division: Some(named("d")), ..observed(&[team("a")]) },
        desired: vec![by_rule(team("b")), by_rule(queue("q"))],
        granted: granted(&[(team("a"), Reason::Rule("r".into()), None)]),
        division: Some(named("e")),
        ..Case::default()
    };
    let planned = case.plan(KNOWN);
    let steps: Vec<(String, ConflictClass)> = planned
        .plan
        .steps
        .into_iter()
        .map(|step| (describe(&step.effect, &GrantedSet::new()), step.class))
        .collect();
    let expected = [
        ("take out of team A", ConflictClass::User),
        ("move from division D to E", ConflictClass::User),
        ("add to queue Q", ConflictClass::Member("queue/q".into())),
        ("add to team B", ConflictClass::User),
    ];
    assert_eq!(steps, expected.map(|(words, class)| (words.to_owned(), class)));
}

#[test]
fn more_than_fifty_skills_travel_in_several_steps() {
    let desired = (0..120).map(|n| by_rule(skill(&format!("s{n:03}"), 1.0))).collect();
    let sizes: Vec<usize> = Case { desired, ..Case::default() }
        .effects()
        .iter()
        .map(|effect| match effect {
            Effect::SetLevels { kind: Kind::Skill, levels } => levels.len(),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(sizes, [50, 50, 20]);
}

#[test]
fn a_deleted_user_is_restored_before_anything_else_and_an_inactive_one_activated() {
    let mut case = Case::default();
    case.observed.state = UserState::Deleted;
    let restore = |without| Effect::RestoreUser { user: UserId::new("u"), without };
    assert_eq!(case.effects(), [restore(Vec::new())]);
    let anew = case.plan(UserChange::Existing { adopt: true, anew: true }).plan.steps;
    assert_eq!(anew[0].effect, restore(identity::unnamed(|_| false)), "nothing of the person before");
    assert_eq!(anew.len(), 1);
    case.observed.state = UserState::Inactive;
    assert_eq!(case.effects(), [Effect::SetActive { active: true }]);
}

#[test]
fn identity_is_compared_attribute_by_attribute() {
    let enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
    let mut case = Case {
        document: object(json!({
            "userName": "a@b.c", "displayName": "A", "title": "Agent", "locale": "de-DE",
            "phoneNumbers": [{ "type": "work", "value": "+4930123456", "primary": true }, { "type": "fax", "value": "1" }],
            enterprise: { "department": "Sales", "manager": { "value": "m", "displayName": "M" } },
        })),
        ..Case::default()
    };
    let expected: Payload = [
        ("title".to_owned(), json!("Agent")),
        ("phoneNumbers".to_owned(), json!([{ "type": "work", "value": "+4930123456" }])),
        (format!("{enterprise}:department"), json!("Sales")),
        (format!("{enterprise}:manager"), json!({ "value": "m" })),
    ]
    .into();
    let effects = case.effects();
    let Some(Effect::UpdateUser { after, before }) = effects.first() else { panic!("{effects:?}") };
    assert_eq!(after, &expected);
    assert!(before.values().all(Value::is_null));
    case.observed.document = object(json!({
        "userName": "A@B.C", "displayName": "A", "title": "Agent",
        "phoneNumbers": [{ "type": "work", "value": "+4930123456" }],
        enterprise: { "department": "Sales", "manager": { "value": "m", "$ref": "x" } },
    }));
    assert_eq!(case.effects(), [], "letter case of the address and extra sub-attributes are no difference");
}

#[test]
fn the_address_comes_from_user_name_then_e_mails_then_the_fallback_domain() {
    let table = [
        (json!({ "userName": "a@b.c" }), Some("f.example"), Ok("a@b.c")),
        (
            json!({ "userName": "ada", "emails": [{ "value": "w@b.c", "type": "work" }, { "value": "p@b.c", "primary": true }] }),
            None,
            Ok("p@b.c"),
        ),
        (
            json!({ "userName": "ada", "emails": [{ "value": "h@b.c", "type": "home" }, { "value": "w@b.c", "type": "work" }] }),
            None,
            Ok("w@b.c"),
        ),
        (
            json!({ "userName": "ada", "emails": [{ "value": "not an address", "primary": true }] }),
            Some("f.example"),
            Ok("ada@f.example"),
        ),
        // A lone address without a type or mark is the address; where there are several, none is chosen.
        (json!({ "userName": "ada", "emails": [{ "value": "l@b.c" }] }), Some("f.example"), Ok("l@b.c")),
        (
            json!({ "userName": "ada", "emails": [{ "value": "l@b.c", "type": "home" }] }),
            None,
            Err(identity::NoEmail),
        ),
        (
            json!({ "userName": "ada", "emails": [{ "value": "l@b.c" }, { "value": "m@b.c" }] }),
            None,
            Err(identity::NoEmail),
        ),
        (json!({ "userName": "ada" }), None, Err(identity::NoEmail)),
        (json!({ "userName": "a@b@c.d" }), None, Err(identity::NoEmail)),
        (json!({ "userName": "a@localhost" }), None, Err(identity::NoEmail)),
    ];
    for (document, fallback, expected) in table {
        assert_eq!(
            identity::email_of(&object(document.clone()), fallback),
            expected.map(str::to_owned),
            "{document}"
        );
    }
}

#[test]
fn a_group_is_made_linked_renamed_and_filled_in_chunks_of_fifty() {
    let users = |count: usize| (0..count).map(|n| UserId::new(format!("u{n}"))).collect::<Vec<_>>();
    let create = plan_group(&GroupInput { name: "G", add: users(51), ..GroupInput::default() });
    assert_eq!(create.kind, PlanKind::GroupCreate);
    assert_eq!(create.steps.len(), 3);
    let rename = plan_group(&GroupInput {
        genesys: Some("g"),
        name_now: Some("Old"),
        name: "New",
        remove: users(1),
        ..GroupInput::default()
    });
    assert!(matches!(rename.steps[0].effect, Effect::RenameGroup { .. }) && rename.steps.len() == 2);
    let delete = plan_group(&GroupInput { delete: true, genesys: Some("g"), ..GroupInput::default() });
    assert_eq!(delete.pivot, Some(StepId(0)));
}

#[test]
fn who_was_in_a_group_before_us_is_in_it_after_an_undo_whatever_is_known_of_it() {
    let ids = |names: &[&str]| names.iter().map(|id| UserId::new(*id)).collect::<Vec<_>>();
    let now = BTreeSet::from_iter(ids(&["there", "leaves"]));
    let undone = |before: Before<'_>| {
        let plan = plan_group(&GroupInput {
            genesys: Some("g"),
            name_now: Some("G"),
            name: "G",
            add: ids(&["new", "there"]),
            remove: ids(&["leaves", "gone"]),
            before,
            ..GroupInput::default()
        });
        let steps = || plan.steps.iter().map(|step| &step.effect);
        let sent: Vec<Write> = steps().flat_map(|effect| effects::forward(effect, Some("g"))).collect();
        let (mut added, mut removed) = (Vec::new(), Vec::new());
        for write in &sent {
            match write {
                Write::AddMembers(_, users) => added.extend(users.clone()),
                Write::RemoveMembers(_, users) => removed.extend(users.clone()),
                other => panic!("{other:?}"),
            }
        }
        added.sort();
        removed.sort();
        assert_eq!((added, removed), (ids(&["new", "there"]), ids(&["gone", "leaves"])), "all of it is sent");
        steps()
            .rev()
            .flat_map(|effect| effects::backward(effect, "g", &Observed::default()))
            .collect::<Vec<_>>()
    };
    let group = || "g".to_owned();
    let back = [Write::AddMembers(group(), ids(&["leaves"])), Write::RemoveMembers(group(), ids(&["new"]))];
    assert_eq!(format!("{:?}", undone(Before::Seen(&now))), format!("{back:?}"));
    assert_eq!(undone(Before::Unknown).len(), 0);
    assert_eq!(undone(Before::Ours).len(), 2, "those of a group that we made are ours");
}

fn any_entitlement() -> impl Strategy<Value = Entitlement> {
    let id = 0..6u8;
    prop_oneof![
        (id.clone(), 0..=10u8).prop_map(|(id, value)| skill(&format!("s{id}"), f64::from(value) / 2.0)),
        id.clone().prop_map(|id| queue(&format!("q{id}"))),
        (id.clone(), 0..3u8).prop_map(|(id, division)| role(&format!("r{id}"), &format!("d{division}"))),
        (id, any::<bool>()).prop_map(|(id, value)| Entitlement {
            target: Target::Attribute { schema: named("hr"), version: 1, field: format!("f{id}") },
            setting: Setting::Value(json!(value)),
        }),
    ]
}

/// Genesys after the plan, by the meaning of each effect.
fn applied(observed: &Observed, plan: &crate::model::Plan) -> Observed {
    let mut world = observed.clone();
    let mut set = |target: Target, setting: Option<Setting>| match setting {
        Some(setting) => drop(world.entitlements.insert(target.key(), Entitlement { target, setting })),
        None => drop(world.entitlements.remove(&target.key())),
    };
    for step in &plan.steps {
        match step.effect.clone() {
            Effect::AddRoles(grants) => grants.into_iter().for_each(|grant| {
                set(Target::Role { role: grant.role, division: grant.division }, Some(Setting::Held));
            }),
            Effect::RemoveRoles(grants) => grants.into_iter().for_each(|grant| {
                set(Target::Role { role: grant.role, division: grant.division }, None);
            }),
            Effect::SetLevels { kind, levels } => {
                levels.into_iter().for_each(|level| {
                    set(Target::Level { kind, of: level.of }, level.after.map(Setting::Level))
                });
            }
            Effect::SetAttributes { schema, version, after, .. } => {
                after.into_iter().for_each(|(field, value)| {
                    let target = Target::Attribute { schema: schema.clone(), version, field };
                    set(target, (!value.is_null()).then_some(Setting::Value(value)));
                })
            }
            Effect::Join { kind, of } => set(Target::Member { kind, of }, Some(Setting::Held)),
            Effect::Leave { kind, of, .. } => set(Target::Member { kind, of }, None),
            other => panic!("no entitlement: {other:?}"),
        }
    }
    world
}

proptest! {
    #[test]
    fn a_plan_applied_gives_what_was_desired_and_then_there_is_nothing_to_do(
        there in prop::collection::vec(any_entitlement(), 0..12),
        desired in prop::collection::vec(any_entitlement(), 0..12),
        later in prop::collection::vec(any_entitlement(), 0..12),
    ) {
        let mut case = Case { observed: observed(&there), desired: desired.into_iter().map(by_rule).collect(), ..Case::default() };
        let before = case.observed.clone();
        let first = case.plan(KNOWN);
        prop_assert_eq!(&first, &case.plan(KNOWN), "a plan is deterministic");
        case.observed = applied(&case.observed, &first.plan);
        let mut seen = BTreeSet::new();
        for wanted in &case.desired {
            if seen.insert(wanted.entitlement.target.key()) {
                prop_assert_eq!(case.observed.entitlements.get(&wanted.entitlement.target.key()), Some(&wanted.entitlement));
            }
        }
        case.granted = first.granted;
        prop_assert!(case.effects().is_empty(), "a second plan is empty");
        // Something else is desired, then nothing: what was there before us is there again.
        case.desired = later.into_iter().map(by_rule).collect();
        let second = case.plan(KNOWN);
        case.observed = applied(&case.observed, &second.plan);
        case.granted = second.granted;
        case.desired.clear();
        let third = case.plan(KNOWN);
        prop_assert!(third.granted.is_empty());
        prop_assert_eq!(applied(&case.observed, &third.plan).entitlements, before.entitlements);
    }
}
