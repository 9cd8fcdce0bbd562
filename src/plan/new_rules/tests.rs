//! One person under other rules as a table, and the law: what is foreseen is what the plan does, where Genesys has
//! exactly what we gave.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::config::{rules_as_json, rules_of_json};
use crate::model::{Entitlement, FailureState, Named, Observed, Proficiency, Recent, UserState};
use crate::plan::{Resolved, UserChange, UserInput, plan_user};

const OURS: &str = "urn:ietf:params:scim:schemas:extension:genesysbridge:2.0:User";
const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

fn rules(text: &str) -> RuleSet {
    RuleSet::compile(&rules_of_json(&rules_as_json(text)).unwrap()).unwrap()
}

/// A rule for everybody.
fn rule(name: &str, gives: &str) -> String {
    format!("[[rule]]\nname = \"{name}\"\nwhen = 'userName pr'\n{gives}\n")
}

fn named(name: &str) -> Named {
    Named { id: format!("id-of-{}", name.to_lowercase()), name: name.to_owned() }
}

fn role(role: &str, division: &str) -> (Target, Setting) {
    (Target::Role { role: named(role), division: named(division) }, Setting::Held)
}

fn queue(name: &str) -> (Target, Setting) {
    (Target::Member { kind: Kind::Queue, of: named(name) }, Setting::Held)
}

fn skill(name: &str, level: f64) -> (Target, Setting) {
    (Target::Level { kind: Kind::Skill, of: named(name) }, Setting::Level(Proficiency::new(level).unwrap()))
}

fn field(key: &str, value: Value) -> (Target, Setting) {
    let field = key.to_owned();
    (Target::Attribute { schema: named("HR"), version: 1, field }, Setting::Value(value))
}

fn ours((target, setting): (Target, Setting), reason: Reason) -> (String, Granted) {
    let key = target.key();
    let entitlement = Entitlement { target, setting };
    (key, Granted { entitlement, reason, before: None, certainty: Certainty::Given })
}

fn by(rule: &str, what: (Target, Setting)) -> (String, Granted) {
    ours(what, Reason::Rule(rule.to_owned()))
}

fn asked(what: (Target, Setting)) -> (String, Granted) {
    ours(what, Reason::Request)
}

fn object(value: Value) -> Object {
    value.as_object().unwrap().clone()
}

fn ada(more: Value) -> Object {
    let mut ada = object(json!({ "id": "1", "userName": "ada@aurora.example" }));
    ada.extend(object(more));
    ada
}

/// `+` gained, `-` lost, `~` another value; with the rule.
fn short(foreseen: &Foreseen) -> Vec<String> {
    let sign = |change| match change {
        Change::Gain => '+',
        Change::Loss => '-',
        Change::Value => '~',
    };
    foreseen
        .differences
        .iter()
        .map(|one| format!("{} {} by {}", sign(one.change), one.what, one.rule))
        .collect()
}

struct Case {
    why: &'static str,
    document: Object,
    granted: Vec<(String, Granted)>,
    new: String,
    default: Option<&'static str>,
    differences: &'static [&'static str],
    anyway: u64,
}

impl Case {
    fn new(why: &'static str, granted: Vec<(String, Granted)>, new: String) -> Self {
        Self { why, document: ada(json!({})), granted, new, default: None, differences: &[], anyway: 0 }
    }

    fn of(self, more: Value) -> Self {
        Self { document: ada(more), ..self }
    }

    fn differs(self, differences: &'static [&'static str]) -> Self {
        Self { differences, ..self }
    }

    fn anyway(self, anyway: u64) -> Self {
        Self { anyway, ..self }
    }

    fn judge(self) {
        let granted: GrantedSet = self.granted.into_iter().collect();
        let person = Person { document: &self.document, granted: &granted, told: &[] };
        let foreseen = foresee(&person, &rules(&self.new), Before::Unknown, self.default).unwrap();
        assert_eq!(short(&foreseen), self.differences, "{}", self.why);
        assert_eq!(foreseen.anyway, self.anyway, "{}", self.why);
    }
}

#[test]
fn a_person_gains_what_the_rules_give_and_loses_what_a_rule_gave_and_none_gives_any_more() {
    let vip = || rule("desk", "queues = [\"VIP\"]");
    let nothing = String::new;
    let cases = [
        Case::new("new", vec![], vip()).differs(&["+ queue VIP by desk"]),
        Case::new("kept", vec![by("desk", queue("VIP"))], vip()),
        Case::new("kept by a rule of another name", vec![by("night", queue("vip"))], vip()),
        Case::new("the rule is gone", vec![by("desk", queue("VIP"))], nothing())
            .differs(&["- queue VIP by desk"]),
        Case::new("the rule gives something else", vec![by("desk", queue("Old"))], vip())
            .differs(&["+ queue VIP by desk", "- queue Old by desk"]),
        Case::new("asked for by the request", vec![asked(queue("VIP"))], nothing()),
        Case::new("no more asked for, whatever the rules say", vec![asked(queue("VIP"))], nothing())
            .of(json!({ OURS: { "queues": [] } }))
            .anyway(1),
        Case::new("asked for and not there yet", vec![], nothing())
            .of(json!({ OURS: { "queues": ["VIP"] } }))
            .anyway(1),
        Case::new("the request has it anyway", vec![asked(queue("VIP"))], vip())
            .of(json!({ OURS: { "queues": ["VIP"] } })),
        Case::new(
            "another level",
            vec![by("desk", skill("Billing", 3.0))],
            rule("desk", "skills = { Billing = 4 }"),
        )
        .differs(&["~ skill Billing by desk"]),
        Case::new(
            "the level that the request asks for",
            vec![asked(skill("Billing", 2.0))],
            rule("desk", "skills = { Billing = 4 }"),
        )
        .of(json!({ OURS: { "skills": [{ "skill": "Billing", "proficiency": 2 }] } })),
        Case::new(
            "one team at a time",
            vec![],
            format!("{}{}", rule("a", "teams = [\"A\"]"), rule("b", "teams = [\"B\"]")),
        )
        .differs(&["+ team A by a"]),
        Case::new(
            "said twice with other levels, of which the first counts",
            vec![by("desk", skill("Billing", 3.0))],
            rule("desk", "skills = [\"Billing:4\", \"billing:5\"]"),
        )
        .differs(&["~ skill Billing by desk"]),
        Case::new("said twice", vec![], rule("desk", "queues = [\"VIP\", \"vip\"]"))
            .differs(&["+ queue VIP by desk"]),
    ];
    cases.into_iter().for_each(Case::judge);
}

#[test]
fn a_role_without_a_division_counts_in_that_of_the_person_else_of_the_tenant_else_in_home() {
    let agent = || rule("desk", "roles = [\"Agent\"]");
    let emea = || json!({ ENTERPRISE: { "division": "EMEA" } });
    let in_default = |case: Case| Case { default: Some("APAC"), ..case };
    let cases = [
        Case::new("of the person", vec![by("desk", role("Agent", "EMEA"))], agent()).of(emea()),
        in_default(
            Case::new("of the person first", vec![by("desk", role("Agent", "EMEA"))], agent()).of(emea()),
        ),
        in_default(Case::new("of the tenant", vec![by("desk", role("Agent", "APAC"))], agent())),
        Case::new("Home", vec![by("desk", role("Agent", "Home"))], agent()),
        Case::new("Home, not where it was", vec![by("desk", role("Agent", "EMEA"))], agent())
            .differs(&["+ role Agent in division Home by desk", "- role Agent in division EMEA by desk"]),
        Case::new("named", vec![by("desk", role("Agent", "EMEA"))], rule("desk", "roles = [\"Agent@EMEA\"]")),
        Case::new("the same, named and not", vec![], rule("desk", "roles = [\"Agent@EMEA\", \"Agent\"]"))
            .of(emea())
            .differs(&["+ role Agent in division EMEA by desk"]),
    ];
    cases.into_iter().for_each(Case::judge);
}

#[test]
fn a_field_is_known_again_by_its_short_name_and_in_the_form_of_its_schema() {
    let badge = |value: &str| {
        rule("hr", &format!("attributes = [{{ schema = \"hr\", field = \"badge\", value = {value} }}]"))
    };
    let cases = [
        Case::new("short", vec![by("hr", field("badge_text", json!("x")))], badge("\"x\"")),
        Case::new("a number", vec![by("hr", field("badge_integer", json!(4711)))], badge("\"4711\"")),
        Case::new("a truth", vec![by("hr", field("badge_boolean", json!(true)))], badge("\"TRUE\"")),
        Case::new("a list", vec![by("hr", field("badge_tag", json!(["x"])))], badge("\"x\"")),
        Case::new("another value", vec![by("hr", field("badge_text", json!("x")))], badge("\"y\""))
            .differs(&["~ attribute HR.badge_text by hr"]),
    ];
    cases.into_iter().for_each(Case::judge);
}

#[test]
fn who_is_not_active_gains_nothing_and_keeps_only_what_gives_no_access() {
    let inactive = || json!({ "active": false });
    let gives = || rule("desk", "queues = [\"VIP\"]\nskills = { Billing = 4 }");
    let cases = [
        Case::new("nothing comes", vec![], gives()).of(inactive()),
        Case::new("a skill stays, at its level", vec![by("desk", skill("Billing", 3.0))], gives())
            .of(inactive()),
        Case::new("a skill goes with its rule", vec![by("desk", skill("Billing", 3.0))], String::new())
            .of(inactive())
            .differs(&["- skill Billing by desk"]),
        Case::new("a queue goes anyway", vec![by("desk", queue("VIP"))], gives()).of(inactive()).anyway(1),
        Case::new("also one that the request has given", vec![asked(queue("VIP"))], gives())
            .of(inactive())
            .anyway(1),
    ];
    cases.into_iter().for_each(Case::judge);
}

#[test]
fn what_was_so_under_the_rules_in_force_is_not_the_work_of_the_new_ones() {
    let document = ada(json!({}));
    let leaving = {
        let (key, granted) = by("desk", queue("Old"));
        (key, Granted { certainty: Certainty::Leaving, ..granted })
    };
    let granted: GrantedSet = [leaving, by("desk", queue("Kept"))].into();
    let (old, new) = (
        rules(&rule("desk", "queues = [\"Kept\", \"By hand\"]")),
        rules(&rule("desk", "queues = [\"Kept\", \"By hand\", \"New\"]")),
    );
    let foreseen = |new, before, told: &[Failure]| {
        let person = Person { document: &document, granted: &granted, told };
        let foreseen = foresee(&person, new, before, None).unwrap();
        (short(&foreseen), foreseen.anyway)
    };
    let both = ["+ queue By hand by desk".to_owned(), "+ queue New by desk".to_owned()];
    assert_eq!(foreseen(&new, Before::Unknown, &[]), (both.to_vec(), 1));
    assert_eq!(foreseen(&new, Before::Rules(&old), &[]), (both[1..].to_vec(), 2));
    assert_eq!(foreseen(&new, Before::Same, &[]), (vec![], 3));
    let held = Failure {
        what: "queue By hand".into(),
        reason: None,
        why: String::new(),
        code: String::new(),
        correlation_id: None,
        state: FailureState::Held,
    };
    assert_eq!(foreseen(&new, Before::Unknown, &[held]), (both[1..].to_vec(), 2));
    let again = rules(&rule("desk", "queues = [\"Kept\", \"Old\"]"));
    assert_eq!(
        foreseen(&again, Before::Rules(&old), &[]).0,
        ["+ queue Old by desk"],
        "what goes is given again"
    );
}

#[test]
fn who_is_left_without_access_is_told_and_who_keeps_or_gets_some_is_not() {
    let table = [
        (vec![by("a", queue("A")), by("a", skill("S", 1.0))], rule("b", "skills = { S = 1 }"), true),
        (vec![by("a", queue("A"))], rule("b", "queues = [\"B\"]"), false),
        (vec![by("a", queue("A")), asked(queue("B"))], String::new(), false),
        (vec![by("a", skill("S", 1.0))], String::new(), false),
        (vec![], String::new(), false),
    ];
    for (granted, new, loses) in table {
        let (document, granted) = (ada(json!({})), granted.into_iter().collect());
        let person = Person { document: &document, granted: &granted, told: &[] };
        let foreseen = foresee(&person, &rules(&new), Before::Unknown, None).unwrap();
        assert_eq!(foreseen.loses_access, loses, "{granted:?}");
    }
}

#[test]
fn a_document_that_asks_for_what_cannot_be_read_is_no_difference_but_an_error() {
    let document = ada(json!({ OURS: { "skills": [7] } }));
    let person = Person { document: &document, granted: &GrantedSet::new(), told: &[] };
    assert!(foresee(&person, &rules(""), Before::Unknown, None).is_err());
}

/// Things that rules of the law give.
const GIFTS: [&str; 8] = [
    "queues = [\"A\"]",
    "queues = [\"B\"]",
    "roles = [\"Agent\"]",
    "roles = [\"Agent@EMEA\"]",
    "skills = { S = 1 }",
    "skills = { S = 4 }",
    "teams = [\"T\"]",
    "attributes = [{ schema = \"HR\", field = \"badge\", from = \"title\" }]",
];

/// With an id for every name, as the catalogue would have it.
fn resolved(item: &Desired, division: Option<&str>) -> Resolved {
    let setting = setting_of(&item.wanted);
    let target = match &item.wanted {
        Wanted::Role { role, division: named_one } => {
            let within = named_one.as_deref().or(division).unwrap_or("Home");
            Target::Role { role: named(role), division: named(within) }
        }
        Wanted::Member { kind, name } => Target::Member { kind: *kind, of: named(name) },
        Wanted::Level { kind, name, .. } => Target::Level { kind: *kind, of: named(name) },
        Wanted::Attribute { schema, field, .. } => {
            Target::Attribute { schema: named(schema), version: 1, field: format!("{field}_text") }
        }
    };
    Resolved { entitlement: Entitlement { target, setting }, reason: item.reason.clone() }
}

/// What the real plan leaves granted, where Genesys has exactly what we gave.
fn planned(document: &Object, rules: &RuleSet, granted: &GrantedSet) -> GrantedSet {
    let wanted = entitlements::desired(rules, document, Mention::Record).unwrap();
    let active = identity::is_active(document);
    let all: Vec<Resolved> =
        wanted.items.iter().map(|item| resolved(item, identity::division_of(document))).collect();
    let names: Vec<Wanted> = wanted.items.iter().map(|item| item.wanted.clone()).collect();
    let has = |ours: &Granted| (ours.entitlement.target.key(), ours.entitlement.clone());
    let observed = Observed {
        id: Some(UserId::new("1")),
        state: if active { UserState::Active } else { UserState::Inactive },
        entitlements: granted.values().map(has).collect(),
        read: Kind::ALL.into(),
        ..Observed::default()
    };
    // For somebody who is not active no name is looked up.
    let (desired, unresolved) = if active { (all, Vec::new()) } else { (Vec::new(), names) };
    plan_user(&UserInput {
        change: UserChange::Existing { adopt: false, anew: false },
        document,
        payload: &BTreeMap::new(),
        payload_before: None,
        observed: &observed,
        division: None,
        desired: &desired,
        unresolved: &unresolved,
        managed: &wanted.managed,
        granted,
        may_activate: true,
        recent: &Recent::new(),
    })
    .granted
}

/// Names of rules, each with what it gives and whom.
fn some_rules() -> impl Strategy<Value = String> {
    let one = (0..3_usize, 0..GIFTS.len(), prop::bool::ANY);
    prop::collection::vec(one, 0..6).prop_map(|all| {
        let rule = |(number, (name, gift, chosen)): (usize, &(usize, usize, bool))| {
            let when = if *chosen { "title eq \"Agent\"" } else { "userName pr" };
            format!("[[rule]]\nname = \"{name}-{number}\"\nwhen = '{when}'\n{}\n", GIFTS[*gift])
        };
        all.iter().enumerate().map(rule).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn what_is_foreseen_is_what_the_plan_does(
        old in some_rules(),
        new in some_rules(),
        asks in prop::sample::subsequence(vec!["A", "B", "C"], 0..3),
        title in prop::sample::select(vec!["Agent", "Lead"]),
        division in prop::option::of(Just("EMEA")),
        stays in prop::bool::weighted(0.8),
        known in prop::bool::ANY,
    ) {
        let mut document = ada(json!({ "title": title, OURS: { "queues": asks } }));
        document.extend(division.map(|name| (ENTERPRISE.to_owned(), json!({ "division": name }))));
        let (old, new) = (rules(&old), rules(&new));
        let before = planned(&document, &old, &GrantedSet::new());
        document.insert("active".into(), json!(stays));
        // Who is made inactive has lost what gives access before any rule changes.
        let before = planned(&document, &old, &before);
        let after = planned(&document, &new, &before);
        let person = Person { document: &document, granted: &before, told: &[] };
        let in_force = if known { Before::Rules(&old) } else { Before::Unknown };
        let foreseen = foresee(&person, &new, in_force, None).unwrap();

        let words = |ours: &Granted| ours.entitlement.target.to_string().replace("_text", "");
        let mut wanted: Vec<(Change, String)> = Vec::new();
        for (key, ours) in &after {
            match before.get(key) {
                None => wanted.push((Change::Gain, words(ours))),
                Some(old) if old.entitlement.setting != ours.entitlement.setting => {
                    wanted.push((Change::Value, words(ours)));
                }
                Some(_) => {}
            }
        }
        wanted.extend(before.iter().filter(|(key, _)| !after.contains_key(*key)).map(|(_, ours)| (Change::Loss, words(ours))));
        wanted.sort();
        let mut found: Vec<(Change, String)> =
            foreseen.differences.iter().map(|one| (one.change, one.what.replace("_text", ""))).collect();
        found.sort();
        prop_assert_eq!(found, wanted);
        prop_assert_eq!(foreseen.anyway, 0);
    }
}
