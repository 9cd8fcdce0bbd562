//! Tables: what a request asks for in each form, what rules give, and how the two are merged.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::*;
use crate::config::{Config, Grant, Rule};
use crate::model::{Kind, Proficiency, Reason, Wanted};
use crate::scim::dialect::Dialect;
use crate::scim::kind::ResourceKind;
use crate::scim::resource;

const OURS: &str = "urn:ietf:params:scim:schemas:extension:genesysbridge:2.0:User";
const GENESYS: &str = "urn:ietf:params:scim:schemas:extension:genesys:purecloud:2.0:User";

fn object(value: Value) -> Object {
    value.as_object().cloned().unwrap()
}

fn role(role: &str, division: Option<&str>) -> Wanted {
    Wanted::Role { role: role.into(), division: division.map(Into::into) }
}

fn skill(skill: &str, level: f64) -> Wanted {
    Wanted::Level { kind: Kind::Skill, name: skill.into(), proficiency: Proficiency::new(level).unwrap() }
}

fn language(language: &str, level: f64) -> Wanted {
    Wanted::Level {
        kind: Kind::Language,
        name: language.into(),
        proficiency: Proficiency::new(level).unwrap(),
    }
}

fn attribute(schema: &str, field: &str, value: Value) -> Wanted {
    Wanted::Attribute { schema: schema.into(), field: field.into(), value }
}

fn queue(queue: &str) -> Wanted {
    Wanted::Member { kind: Kind::Queue, name: queue.into() }
}

#[test]
fn a_request_may_ask_in_every_documented_form() {
    let table = [
        (
            json!({ OURS: { "roles": [{ "role": "Agent", "division": "EMEA" }] } }),
            vec![role("Agent", Some("EMEA"))],
        ),
        (
            json!({ OURS: { "roles": ["Agent@EMEA", "Supervisor"] } }),
            vec![role("Agent", Some("EMEA")), role("Supervisor", None)],
        ),
        (
            json!({ OURS: { "compactRoles": "Agent@EMEA; Supervisor" } }),
            vec![role("Agent", Some("EMEA")), role("Supervisor", None)],
        ),
        (json!({ "roles": [{ "value": "Agent" }] }), vec![role("Agent", None)]),
        (json!({ "roles": [{ "value": "Agent@EMEA", "primary": true }] }), vec![role("Agent", Some("EMEA"))]),
        (json!({ "roles": [{ "value": "Agent", "division": "EMEA" }] }), vec![role("Agent", Some("EMEA"))]),
        (
            json!({ "roles": [{ "value": "{\"id\":\"1\",\"value\":\"Agent\",\"displayName\":\"An agent\"}" }] }),
            vec![role("Agent", None)],
        ),
        (
            json!({ OURS: { "queues": ["Sales", { "queue": "Claims" }] } }),
            vec![queue("Sales"), queue("Claims")],
        ),
        (json!({ OURS: { "compactQueues": "Sales;A\\;B" } }), vec![queue("Sales"), queue("A;B")]),
        (json!({ OURS: { "skills": ["Billing:4"] } }), vec![skill("Billing", 4.0)]),
        (
            json!({ OURS: { "compactSkills": "Billing:4;Claims:2.5" } }),
            vec![skill("Billing", 4.0), skill("Claims", 2.5)],
        ),
        (
            json!({ GENESYS: { "routingSkills": [{ "name": "Billing", "proficiency": 3.0 }] } }),
            vec![skill("Billing", 3.0)],
        ),
        (
            json!({ OURS: { "languages": [{ "language": "Spanish", "proficiency": 5 }] } }),
            vec![language("Spanish", 5.0)],
        ),
        (
            json!({ GENESYS: { "routingLanguages": [{ "name": "Spanish", "proficiency": "4" }] } }),
            vec![language("Spanish", 4.0)],
        ),
        (
            json!({ OURS: { "compactAttributes": "HR.badge=4711" } }),
            vec![attribute("HR", "badge", json!("4711"))],
        ),
        (json!({ OURS: { "compactAttributes": "HR.badge=" } }), vec![attribute("HR", "badge", Value::Null)]),
        (
            json!({ OURS: { "attributes": [{ "schema": "HR", "field": "badge", "value": 7 }] } }),
            vec![attribute("HR", "badge", json!(7))],
        ),
    ];
    for (document, wanted) in table {
        let set = requested(&object(document.clone())).unwrap();
        let found: Vec<Wanted> = set.items.into_iter().map(|item| item.wanted).collect();
        assert_eq!(found, wanted, "{document}");
    }
}

#[test]
fn what_cannot_be_read_is_refused_with_its_attribute_and_item() {
    let table = [
        (json!({ OURS: { "compactSkills": "hunter2" } }), "entry 1: the skill has no level"),
        (json!({ OURS: { "compactSkills": "hunter2:9" } }), "0 to 5"),
        (json!({ OURS: { "skills": [{ "skill": "hunter2", "proficiency": "hunter2" }] } }), "0 to 5"),
        (json!({ OURS: { "skills": [{ "skill": "Billing" }] } }), "proficiency"),
        (json!({ OURS: { "skills": [{ "proficiency": 4 }] } }), "skill"),
        (json!({ OURS: { "compactRoles": "@EMEA" } }), "role name is empty"),
        (json!({ OURS: { "compactRoles": "Supervisor;Agent@" } }), "entry 2: the division name after the @"),
        (json!({ OURS: { "compactAttributes": "badge" } }), "Schema.field=value"),
        (json!({ OURS: { "compactRoles": format!("Agent@{}", "D".repeat(501)) } }), "longer than 500"),
        (json!({ OURS: { "queues": ["Q".repeat(262_144)] } }), "longer than 500"),
        (json!({ OURS: { "queues": [4711] } }), "an item is neither a text nor an object"),
        (
            json!({ "roles": [{ "value": "{\"value\":\"hunter2\",\"VALUE\":\"b\"}" }] }),
            "VALUE is given twice",
        ),
    ];
    for (document, named) in table {
        let error = requested(&object(document.clone())).unwrap_err();
        assert_eq!(
            (error.status, error.scim_type.map(|kind| kind.as_str())),
            (400, Some("invalidValue")),
            "{document}"
        );
        assert!(error.detail.contains(named), "{}", error.detail);
        // Values are the person's, and an error goes through logs and consoles.
        assert!(!error.detail.contains("hunter2") && !error.detail.contains("4711"), "{}", error.detail);
    }
}

/// What a text asks for as compact attribute, in place of the full attribute, and in a rule.
fn in_all_places(kind: Kind, text: &str) -> [Result<Vec<Wanted>, String>; 3] {
    let of_request = |attribute: &str| {
        let body = json!({ "userName": "u", OURS: { attribute: text } });
        let incoming =
            resource::create(ResourceKind::User, body, Dialect::Tolerant).map_err(|error| error.detail)?;
        let set = requested(&incoming.document).map_err(|error| error.detail)?;
        Ok(set.items.into_iter().map(|item| item.wanted).collect())
    };
    let key = kind.row().attribute;
    let file = format!(
        "[genesys]\nregion = \"eu-west-1\"\nclient_id = \"c\"\nclient_secret_env = \"S\"\n[tenant]\nname = \"t\"\n\
         [[rule]]\nname = \"r\"\nwhen = \"userName pr\"\n{key} = '{text}'\n"
    );
    let config =
        Config::parse(&file, std::path::Path::new("bridge.toml"), &|name| (name == "S").then(|| "s".into()));
    let of_rule = config.map_err(|error| error.to_string()).map(|config| {
        let grants = config.rules.into_iter().flat_map(|rule| rule.grants);
        let wanted = grants.map(|grant| match grant {
            Grant::Wanted(wanted) => wanted,
            other => panic!("{other:?} does not come from a text"),
        });
        wanted.collect()
    });
    [of_request(kind.row().compact), of_request(key), of_rule]
}

#[test]
fn the_same_text_means_the_same_in_a_compact_attribute_in_a_full_one_and_in_a_rule() {
    let good = [
        (Kind::Role, "Agent@EMEA; Supervisor", vec![role("Agent", Some("EMEA")), role("Supervisor", None)]),
        (Kind::Role, r"a\@b@c@EMEA", vec![role("a@b@c", Some("EMEA"))]),
        (Kind::Queue, r"Sales;A\;B", vec![queue("Sales"), queue("A;B")]),
        (Kind::Queue, r"a@b:c.d=e\\", vec![queue(r"a@b:c.d=e\")]),
        (
            Kind::Team,
            "Claims Dublin",
            vec![Wanted::Member { kind: Kind::Team, name: "Claims Dublin".into() }],
        ),
        (Kind::Skill, "Billing:4;Tier:1:2.5", vec![skill("Billing", 4.0), skill("Tier:1", 2.5)]),
        (Kind::Language, "Spanish: 5", vec![language("Spanish", 5.0)]),
        (Kind::Attribute, "HR.note=a=b", vec![attribute("HR", "note", json!("a=b"))]),
        (Kind::Attribute, "HR.token=YWJj=", vec![attribute("HR", "token", json!("YWJj="))]),
        (Kind::Attribute, "a.b.c=d.e", vec![attribute("a.b", "c", json!("d.e"))]),
        (Kind::Attribute, "HR.badge=", vec![attribute("HR", "badge", Value::Null)]),
    ];
    for (kind, text, wanted) in good {
        assert_eq!(in_all_places(kind, text), std::array::from_fn(|_| Ok(wanted.clone())), "{text}");
    }
    let bad = [
        (Kind::Role, "Agent@", "division"),
        (Kind::Role, "@EMEA", "role"),
        (Kind::Skill, "Billing", ""),
        (Kind::Skill, "Billing:9", "0 to 5"),
        (Kind::Language, "Spanish:fluent", "0 to 5"),
        (Kind::Attribute, "HR.badge", "no ="),
        (Kind::Attribute, "badge=1", "no ."),
    ];
    for (kind, text, part) in bad {
        for result in in_all_places(kind, text) {
            let why = result.expect_err(text);
            assert!(why.contains(part), "{text}: {why}");
        }
    }
}

#[test]
fn names_in_a_full_list_are_taken_as_they_stand() {
    let set = requested(&object(json!({ OURS: { "queues": ["A;B", r"C\D", " Sales "] } }))).unwrap();
    let found: Vec<Wanted> = set.items.into_iter().map(|item| item.wanted).collect();
    assert_eq!(found, [queue("A;B"), queue(r"C\D"), queue("Sales")]);
}

#[test]
fn silence_is_not_managed_and_emptiness_takes_back() {
    let kinds = |document: Value| requested(&object(document)).unwrap().managed;
    assert_eq!(kinds(json!({ "userName": "x" })), BTreeSet::new());
    assert_eq!(kinds(json!({ OURS: { "queues": [] } })), BTreeSet::from([Kind::Queue]));
    assert_eq!(kinds(json!({ OURS: { "compactRoles": null } })), BTreeSet::from([Kind::Role]));
    // Connectors send an empty core `roles` for everybody.
    assert_eq!(kinds(json!({ "roles": [] })), BTreeSet::new());
    let before = object(json!({ OURS: { "queues": ["Sales"] } }));
    let mention = Mention::Patched { before: &before };
    let after = desired(&RuleSet::default(), &object(json!({ "userName": "x" })), mention).unwrap();
    assert_eq!(after.managed, BTreeSet::from([Kind::Queue]), "a PATCH that removes it takes back");
}

fn rules(list: &[(&str, &str, Vec<Grant>)]) -> RuleSet {
    let rule = |(name, when, grants): &(&str, &str, Vec<Grant>)| Rule {
        name: (*name).into(),
        when: (*when).into(),
        grants: grants.clone(),
    };
    RuleSet::compile(&list.iter().map(rule).collect::<Vec<_>>()).unwrap()
}

#[test]
fn rules_give_by_attribute_and_by_group_with_their_reason() {
    let rules = rules(
        &[
            (
                "emea",
                "groups.display eq \"EMEA Support\" and active eq true",
                vec![Grant::Wanted(queue("Sales"))],
            ),
            (
                "sales",
                "department eq \"x\" or userType eq \"Agent\"",
                vec![Grant::Wanted(role("Agent", None))],
            ),
            (
                "badge",
                "userName pr",
                vec![Grant::AttributeFrom {
                    schema: "HR".into(),
                    field: "badge".into(),
                    from: "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber".into(),
                }],
            ),
        ][..1],
    );
    let user = object(
        json!({ "userName": "a@b.c", "active": true, "groups": [{ "value": "1", "display": "emea support" }] }),
    );
    let given = rules.evaluate(&user);
    assert_eq!(
        given,
        [crate::model::Desired { wanted: queue("Sales"), reason: Reason::Rule("emea".into()) }]
    );
    let outside = object(json!({ "userName": "a@b.c", "active": true }));
    assert!(rules.evaluate(&outside).is_empty());
}

#[test]
fn an_attribute_may_come_from_the_user_and_gives_nothing_where_it_is_absent() {
    let from = |from: &str| {
        rules(&[(
            "r",
            "userName pr",
            vec![Grant::AttributeFrom { schema: "HR".into(), field: "f".into(), from: from.into() }],
        )])
    };
    let enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
    let user = object(
        json!({ "userName": "u@x.y", "name": { "givenName": "Ada" }, enterprise: { "employeeNumber": "4711" } }),
    );
    for (path, value) in [
        (format!("{enterprise}:employeeNumber"), Some(json!("4711"))),
        ("name.givenName".into(), Some(json!("Ada"))),
        ("NAME.GIVENNAME".into(), Some(json!("Ada"))),
        ("urn:ietf:params:scim:schemas:core:2.0:User:userName".into(), Some(json!("u@x.y"))),
        ("nickName".into(), None),
        (format!("{enterprise}:costCenter"), None),
    ] {
        let given = from(&path).evaluate(&user).pop().map(|desired| desired.wanted);
        assert_eq!(given, value.map(|value| attribute("HR", "f", value)), "{path}");
    }
}

#[test]
fn the_request_wins_over_rules_and_the_higher_level_wins_among_rules() {
    let rules = rules(&[
        (
            "low",
            "userName pr",
            vec![Grant::Wanted(skill("Billing", 2.0)), Grant::Wanted(skill("Claims", 2.0))],
        ),
        (
            "high",
            "userName pr",
            vec![Grant::Wanted(skill("Billing", 5.0)), Grant::Wanted(skill("Claims", 4.0))],
        ),
    ]);
    let user = object(json!({ "userName": "u", OURS: { "compactSkills": "Billing:3" } }));
    let set = desired(&rules, &user, Mention::Document).unwrap();
    let found: Vec<(Wanted, Reason)> = set.items.into_iter().map(|item| (item.wanted, item.reason)).collect();
    assert_eq!(
        found,
        [(skill("Billing", 3.0), Reason::Request), (skill("Claims", 4.0), Reason::Rule("high".into())),]
    );
}

#[test]
fn a_rule_with_a_bad_condition_is_named() {
    let rule = Rule { name: "emea".into(), when: "groups.display eqq 1".into(), grants: vec![] };
    let error = RuleSet::compile(&[rule]).unwrap_err();
    assert!(error.to_string().contains("emea") && error.to_string().contains("when"), "{error}");
}

#[test]
fn a_condition_on_what_no_rule_is_shown_is_refused_instead_of_never_true() {
    for (when, named) in [
        ("provisioning.status eq \"failed\"", "provisioning"),
        ("title pr and not (provisioning pr)", "provisioning"),
        ("meta.created gt \"2026-01-01T00:00:00Z\"", "meta"),
    ] {
        let rule = Rule { name: "emea".into(), when: when.into(), grants: vec![] };
        let error = RuleSet::compile(&[rule]).unwrap_err();
        assert!(error.why.starts_with(named), "{when}: {error}");
    }
}
