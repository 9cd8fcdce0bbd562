//! POST and PUT bodies: what is kept, what is corrected, what is refused.

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::scim::error::ScimType;
use crate::scim::kind::{BRIDGE_USER, CORE_GROUP, CORE_USER, ENTERPRISE_USER, GENESYS_USER};

fn create_user(body: Value) -> Result<Value, ScimError> {
    create(ResourceKind::User, body, Dialect::Tolerant).map(|incoming| Value::Object(incoming.document))
}

fn replace(current: &Object, body: Value) -> Incoming {
    let whole = Replacement::parse(ResourceKind::User, body, Dialect::Tolerant).unwrap();
    whole.onto(current).unwrap()
}

fn as_object(value: Value) -> Object {
    value.as_object().unwrap().clone()
}

#[test]
fn the_documented_entra_create_is_taken_as_sent() {
    let body = json!({
        "schemas": [CORE_USER, ENTERPRISE_USER], "externalId": "0a21", "userName": "x@y", "active": "True",
        "displayName": "X", "emails": [{"primary": true, "type": "work", "value": "x@y"}],
        "meta": {"resourceType": "User"}, "name": {"formatted": "X Y", "familyName": "Y", "givenName": "X"},
        "roles": [], "groups": [], "id": "theirs", "nickName": null,
        "urn:custom:2.0:User": {"tag": "t"},
    });
    assert_eq!(
        create_user(body).unwrap(),
        json!({
            "schemas": [CORE_USER, ENTERPRISE_USER, "urn:custom:2.0:User"], "externalId": "0a21", "userName": "x@y",
            "active": true, "displayName": "X", "emails": [{"primary": true, "type": "work", "value": "x@y"}],
            "name": {"formatted": "X Y", "familyName": "Y", "givenName": "X"}, "roles": [],
            "urn:custom:2.0:User": {"tag": "t"},
        })
    );
}

#[test]
fn names_become_canonical_and_nothing_unknown_is_lost() {
    let body = json!({
        "USERNAME": "u", "shoeSize": 43, "Emails": [{"VALUE": "a@b", "x": {"y": 1}}],
        "urn:ietf:params:scim:schemas:EXTENSION:enterprise:2.0:user": {"Manager": "m", "custom": [1]},
        "urn:ietf:params:scim:schemas:extension:genesysbridge:2.0:User:queues": "Sales;Claims",
    });
    assert_eq!(
        create_user(body).unwrap(),
        json!({
            "userName": "u", "shoeSize": 43, "emails": [{"value": "a@b", "x": {"y": 1}}],
            ENTERPRISE_USER: {"manager": {"value": "m"}, "custom": [1]},
            BRIDGE_USER: {"queues": ["Sales", "Claims"]},
            "schemas": [CORE_USER, ENTERPRISE_USER, BRIDGE_USER],
        })
    );
}

#[test]
fn a_password_is_taken_out_and_never_kept() {
    let body = json!({"userName": "u", "password": "hunter2"});
    let incoming = create(ResourceKind::User, body, Dialect::Tolerant).unwrap();
    assert_eq!(incoming.password.as_ref().map(Secret::expose), Some("hunter2"));
    assert!(!format!("{incoming:?}").contains("hunter2"));
    assert!(!incoming.document.contains_key("password"));
}

#[test]
fn bodies_that_cannot_be_right_are_refused_with_their_keyword() {
    let table = [
        (json!([]), ScimType::InvalidSyntax),
        (json!({}), ScimType::InvalidValue),
        (json!({"userName": ""}), ScimType::InvalidValue),
        (json!({"userName": "   "}), ScimType::InvalidValue),
        (json!({"userName": ["u", "v"]}), ScimType::InvalidValue),
        (json!({"userName": "u", "USERNAME": "v"}), ScimType::InvalidSyntax),
        (json!({"userName": "u", "active": "maybe"}), ScimType::InvalidValue),
        (json!({"userName": "u", "password": 1}), ScimType::InvalidValue),
        (json!({"userName": "u", ENTERPRISE_USER: "x"}), ScimType::InvalidValue),
        (
            json!({"userName": "u", "emails": [{"value": "a", "primary": true}, {"value": "b", "primary": "true"}]}),
            ScimType::InvalidValue,
        ),
    ];
    for (body, expected) in table {
        assert_eq!(create_user(body.clone()).unwrap_err().scim_type, Some(expected), "{body}");
    }
    let strict = create(
        ResourceKind::User,
        json!({"schemas": [CORE_USER], "userName": "u", "shoeSize": 1}),
        Dialect::Strict,
    );
    assert_eq!(strict.unwrap_err().scim_type, Some(ScimType::InvalidSyntax));
}

#[test]
fn a_put_replaces_core_attributes_and_keeps_entitlements_it_does_not_mention() {
    let current = as_object(json!({
        "schemas": [CORE_USER], "userName": "u", "title": "T", ENTERPRISE_USER: {"department": "D"},
        BRIDGE_USER: {"queues": ["Sales"], "compactRoles": "Agent", "skills": [{"name": "A", "proficiency": 1}]},
    }));
    let put = |body: Value| {
        let incoming = replace(&current, body);
        incoming.document.get(BRIDGE_USER).cloned().unwrap_or(Value::Null)
    };
    let untouched = put(json!({"id": "anything", "userName": "u2"}));
    assert_eq!(untouched, current[BRIDGE_USER]);
    assert_eq!(
        put(json!({"userName": "u", BRIDGE_USER: {"queues": []}})),
        json!({"queues": [], "compactRoles": "Agent", "skills": [{"name": "A", "proficiency": 1}]})
    );
    assert_eq!(
        put(json!({"userName": "u", BRIDGE_USER: {"roles": [{"role": "Boss"}], "queues": null},
            GENESYS_USER: {"routingSkills": []}})),
        json!({"roles": [{"role": "Boss"}]})
    );
    let whole = replace(&current, json!({"userName": "u"}));
    assert!(!whole.document.contains_key("title") && !whole.document.contains_key(ENTERPRISE_USER));
}

#[test]
fn members_are_split_off_and_counted_once() {
    let body = json!({"displayName": "G", "members": [
        {"value": "u1", "display": "One", "$ref": null, "type": "User"}, {"value": "u1"}, "u2"]});
    let mut incoming = create(ResourceKind::Group, body, Dialect::Tolerant).unwrap();
    let members = split_members(&mut incoming.document).unwrap().unwrap();
    let ids: Vec<&str> = members.iter().map(|member| member.value.as_str()).collect();
    assert_eq!(ids, ["u1", "u2"]);
    assert_eq!(members[0].display, None, "names are derived from the members, not taken from the request");
    assert_eq!(Value::Object(incoming.document), json!({"displayName": "G", "schemas": [CORE_GROUP]}));

    let mut silent = as_object(json!({"displayName": "G"}));
    assert_eq!(split_members(&mut silent), Ok(None));
    let mut empty = as_object(json!({"members": []}));
    assert_eq!(split_members(&mut empty), Ok(Some(vec![])));
    let mut nameless = as_object(json!({"members": [{"display": "x"}]}));
    assert_eq!(split_members(&mut nameless).unwrap_err().scim_type, Some(ScimType::InvalidValue));
}

fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        prop::sample::select(vec!["", "true", "Agent@EMEA;B", "Billing:4", "{\"value\":\"x\"}", "ä"])
            .prop_map(Value::from),
    ];
    let key = prop::sample::select(vec![
        "value",
        "type",
        "primary",
        "role",
        "name",
        "proficiency",
        "$ref",
        "managerId",
        "hat",
        "queues",
        "manager",
        "skills",
        "roles",
    ]);
    leaf.prop_recursive(3, 24, 4, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::Array),
            prop::collection::vec((key.clone(), inner), 0..4).prop_map(|members| members
                .into_iter()
                .map(|(key, value)| (key.to_owned(), value))
                .collect()),
        ]
    })
}

/// Entries as they are meant to be, so that the interesting rules are reached often.
fn entries() -> impl Strategy<Value = Value> {
    let entry = ("[ab]", prop::sample::select(vec!["work", "home"]), any::<bool>())
        .prop_map(|(value, kind, primary)| json!({"value": value, "type": kind, "primary": primary}));
    prop::collection::vec(entry, 1..4).prop_map(Value::Array)
}

fn body() -> impl Strategy<Value = Value> {
    let key = prop::sample::select(vec![
        "emails",
        "roles",
        "active",
        "name",
        "title",
        "schemas",
        "groups",
        "meta",
        "hat",
        "members",
        ENTERPRISE_USER,
        BRIDGE_USER,
        GENESYS_USER,
        "urn:custom:2.0:User",
        "x509Certificates",
    ]);
    let good =
        prop::sample::select(vec!["emails", "roles", "photos"]).prop_flat_map(|key| (Just(key), entries()));
    let member = prop_oneof![(key, json_value()), good];
    prop::collection::vec(member, 0..4).prop_map(|members| {
        let mut body: Object = members.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
        body.insert("userName".into(), "u".into());
        Value::Object(body)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn a_document_that_was_accepted_is_accepted_again_unchanged(body in body()) {
        if let Ok(document) = create_user(body) {
            prop_assert_eq!(create_user(document.clone()), Ok(document));
        }
    }

    #[test]
    fn a_document_put_back_as_it_was_read_stays_as_it_is(body in body()) {
        if let Ok(incoming) = create(ResourceKind::User, body, Dialect::Tolerant) {
            let stored = incoming.with_state(None);
            let mut sent = stored.clone();
            sent.insert("id".into(), "1".into());
            sent.insert("groups".into(), json!([]));
            let put = replace(&stored, Value::Object(sent));
            prop_assert_eq!(put.document, stored);
        }
    }

    #[test]
    fn no_json_makes_a_patch_panic_or_leaves_a_document_that_would_be_refused(
        path in prop::sample::select(vec!["", "emails", "roles", "emails[type eq \"work\"]", "emails[type eq \"work\"].value",
            "manager", "queues[value eq \"x\"]", "skills", "name.givenName", "active", BRIDGE_USER, "schemas",
            "emails.primary", "roles[primary eq true].primary", "hat"]),
        op in prop::sample::select(vec!["add", "replace", "remove"]),
        start in body(),
        value in prop_oneof![json_value(), entries(), Just(json!(true))],
    ) {
        let Ok(incoming) = create(ResourceKind::User, start, Dialect::Tolerant) else { return Ok(()) };
        let operations = json!({"Operations": [{"op": op, "path": path, "value": value}]});
        let patched = crate::scim::PatchRequest::parse(operations, Dialect::Tolerant)
            .and_then(|request| crate::scim::patch::apply(ResourceKind::User, &incoming.document, "1", &request));
        if let Ok(patched) = patched {
            let document = Value::Object(patched.document);
            prop_assert_eq!(create_user(document.clone()), Ok(document));
        }
    }
}
