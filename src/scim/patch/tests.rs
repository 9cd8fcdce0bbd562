//! PATCH: the RFC's own rules, then what Entra, Okta and others are known to send.

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::scim::error::ScimType;
use crate::scim::kind::{BRIDGE_USER, CORE_USER, ENTERPRISE_USER};

fn request(operations: Value) -> Result<PatchRequest, ScimError> {
    PatchRequest::parse(json!({"schemas": [PATCH_SCHEMA], "Operations": operations}), Dialect::Tolerant)
}

fn as_object(value: Value) -> Object {
    value.as_object().unwrap().clone()
}

fn user() -> Object {
    as_object(json!({
        "schemas": [CORE_USER, ENTERPRISE_USER], "userName": "u", "displayName": "U", "active": true,
        "name": {"givenName": "G", "familyName": "F"},
        "emails": [{"type": "home", "value": "h@x"}, {"type": "work", "value": "w@x", "primary": true}],
        ENTERPRISE_USER: {"department": "D", "manager": {"value": "m1", "$ref": "https://x/Users/m1"}},
    }))
}

fn patch(operations: Value) -> Result<Patched, ScimError> {
    apply(ResourceKind::User, &user(), "id-1", &request(operations)?)
}

/// The document after one operation, cut to what differs from before, `null` for what went.
fn difference(operation: Value) -> Result<Value, ScimError> {
    let patched = patch(json!([operation]))?;
    let before = user();
    let mut out = Object::new();
    for (key, value) in &patched.document {
        if before.get(key) != Some(value) {
            out.insert(key.clone(), value.clone());
        }
    }
    for key in before.keys().filter(|key| !patched.document.contains_key(*key)) {
        out.insert(key.clone(), Value::Null);
    }
    assert_eq!(patched.changed, !out.is_empty());
    Ok(Value::Object(out))
}

#[test]
fn single_valued_attributes_are_set_merged_and_taken_away() {
    let table = [
        (json!({"op": "Replace", "path": "active", "value": "False"}), json!({"active": false})),
        (json!({"op": "Add", "path": "nickName", "value": "Babs"}), json!({"nickName": "Babs"})),
        (
            json!({"op": "replace", "path": "name.givenName", "value": "X"}),
            json!({"name": {"givenName": "X", "familyName": "F"}}),
        ),
        (
            json!({"op": "replace", "path": "Name", "value": {"givenname": "X"}}),
            json!({"name": {"givenName": "X", "familyName": "F"}}),
        ),
        (json!({"op": "remove", "path": "name.givenName"}), json!({"name": {"familyName": "F"}})),
        (json!({"op": "remove", "path": "name"}), json!({"name": null})),
        (json!({"op": "replace", "path": "displayName", "value": ""}), json!({"displayName": null})),
        (json!({"op": "replace", "path": "displayName", "value": null}), json!({"displayName": null})),
        (json!({"op": "rEmOvE", "path": "nickName"}), json!({})),
        (json!({"op": "add", "path": "displayName", "value": "U"}), json!({})),
        (
            json!({"op": "replace", "path": "urn:ietf:params:scim:schemas:core:2.0:User:displayName", "value": "V"}),
            json!({"displayName": "V"}),
        ),
    ];
    for (operation, expected) in table {
        assert_eq!(difference(operation.clone()), Ok(expected), "{operation}");
    }
}

#[test]
fn multi_valued_attributes_grow_are_replaced_and_shrink() {
    let home = json!({"type": "home", "value": "h@x"});
    let work = json!({"type": "work", "value": "w@x", "primary": true});
    let mut second = work.clone();
    second["primary"] = json!(false);
    let new = json!({"type": "other", "value": "o@x", "primary": true});
    let table = [
        (
            json!({"op": "add", "path": "emails", "value": [{"value": "o@x"}]}),
            json!([home, work, {"value": "o@x"}]),
        ),
        (
            json!({"op": "add", "path": "emails", "value": {"value": "o@x"}}),
            json!([home, work, {"value": "o@x"}]),
        ),
        (json!({"op": "add", "path": "emails", "value": [new]}), json!([home, second, new])),
        (json!({"op": "replace", "path": "emails", "value": [new]}), json!([new])),
        (json!({"op": "remove", "path": "emails"}), json!(null)),
        (json!({"op": "replace", "path": "emails", "value": []}), json!(null)),
        (json!({"op": "remove", "path": "emails[type eq \"home\"]"}), json!([work])),
        (json!({"op": "remove", "path": "emails", "value": [{"value": "h@x"}]}), json!([work])),
        (
            json!({"op": "replace", "path": "emails[type eq \"work\"].value", "value": "n@x"}),
            json!([home, {"type": "work", "value": "n@x", "primary": true}]),
        ),
        (
            json!({"op": "replace", "path": "emails[type eq \"other\"].value", "value": "o@x"}),
            json!([home, work, {"type": "other", "value": "o@x"}]),
        ),
        (
            json!({"op": "add", "path": "emails[type eq \"home\"].primary", "value": "true"}),
            json!([{"type": "home", "value": "h@x", "primary": true}, second]),
        ),
        (
            json!({"op": "replace", "path": "emails[type eq \"work\"]", "value": {"value": "n@x"}}),
            json!([home, {"type": "work", "value": "n@x"}]),
        ),
        (
            json!({"op": "add", "path": "emails[type eq \"work\"]", "value": {"display": "W"}}),
            json!([home, {"type": "work", "value": "w@x", "primary": true, "display": "W"}]),
        ),
        (json!({"op": "replace", "path": "emails[type eq \"work\"].value", "value": ""}), json!([home])),
        (
            json!({"op": "remove", "path": "emails[type eq \"work\"].primary"}),
            json!([home, {"type": "work", "value": "w@x"}]),
        ),
    ];
    for (operation, expected) in table {
        assert_eq!(difference(operation.clone()), Ok(json!({"emails": expected})), "{operation}");
    }
    for nothing in [
        json!({"op": "add", "path": "emails", "value": [{"value": "h@x"}]}),
        json!({"op": "remove", "path": "emails[type eq \"other\"]"}),
        json!({"op": "remove", "path": "roles", "value": [{"value": "x"}]}),
        json!({"op": "replace", "path": "photos[type eq \"photo\"].value", "value": ""}),
    ] {
        assert_eq!(difference(nothing.clone()), Ok(json!({})), "{nothing}");
    }
}

#[test]
fn a_value_without_a_path_may_hold_plain_dotted_filtered_and_urn_keys() {
    let department = format!("{ENTERPRISE_USER}:department");
    let patched = difference(json!({"op": "replace", "value": {
        "displayName": "V", "name.givenName": "X", "emails[type eq \"work\"].value": "n@x", "USERNAME": "v",
        department: "E", "id": "id-1", "meta": {"version": "x"}, "groups": [], "schemas": [CORE_USER],
        "shoeSize": 43, "nickName": null, BRIDGE_USER: {"queues": ["Sales"], "provisioning": {"status": "x"}},
    }}));
    assert_eq!(
        patched,
        Ok(json!({
            "displayName": "V", "userName": "v", "name": {"givenName": "X", "familyName": "F"}, "shoeSize": 43,
            "emails": [{"type": "home", "value": "h@x"}, {"type": "work", "value": "n@x", "primary": true}],
            ENTERPRISE_USER: {"department": "E", "manager": {"value": "m1", "$ref": "https://x/Users/m1"}},
            BRIDGE_USER: {"queues": ["Sales"]}, "schemas": [CORE_USER, ENTERPRISE_USER, BRIDGE_USER],
        }))
    );
    let as_text = difference(json!({"op": "replace", "value": "{\"active\":\"false\"}"}));
    assert_eq!(as_text, Ok(json!({"active": false})));
}

#[test]
fn a_manager_is_understood_in_every_shape_and_removed_by_every_empty_one() {
    let path = format!("{ENTERPRISE_USER}:manager");
    for (path, value) in [
        (path.as_str(), json!("m2")),
        (&path, json!({"value": "m2"})),
        ("manager", json!([{"value": "m2"}])),
        ("manager.value", json!("m2")),
        ("manager", json!({"managerId": "m2"})),
        (ENTERPRISE_USER, json!({"manager": "m2"})),
    ] {
        let expected = json!({ENTERPRISE_USER: {"department": "D", "manager": {"value": "m2"}}});
        for op in ["Add", "Replace"] {
            assert_eq!(
                difference(json!({"op": op, "path": path, "value": value})),
                Ok(expected.clone()),
                "{path} {value}"
            );
        }
    }
    for operation in [
        json!({"op": "replace", "path": path, "value": {"value": ""}}),
        json!({"op": "replace", "path": path, "value": ""}),
        json!({"op": "replace", "path": path, "value": null}),
        json!({"op": "replace", "path": "manager.value", "value": ""}),
        json!({"op": "Remove", "path": path}),
    ] {
        let expected = json!({ENTERPRISE_USER: {"department": "D"}});
        assert_eq!(difference(operation.clone()), Ok(expected), "{operation}");
    }
}

#[test]
fn extensions_come_and_go_as_a_whole_and_schemas_follow() {
    let gone = json!({ENTERPRISE_USER: null, "schemas": [CORE_USER]});
    assert_eq!(difference(json!({"op": "remove", "path": ENTERPRISE_USER})), Ok(gone));
    let added =
        json!({BRIDGE_USER: {"compactRoles": "Agent"}, "schemas": [CORE_USER, ENTERPRISE_USER, BRIDGE_USER]});
    let value = json!({"schemas": [BRIDGE_USER], "compactRoles": "Agent"});
    assert_eq!(difference(json!({"op": "add", "path": BRIDGE_USER, "value": value})), Ok(added));
    let custom = json!({"urn:custom:2.0:User": {"tag": "t"},
        "schemas": [CORE_USER, ENTERPRISE_USER, "urn:custom:2.0:User"]});
    let operation = json!({"op": "add", "path": "urn:custom:2.0:User:tag", "value": "t"});
    assert_eq!(difference(operation), Ok(custom));
}

#[test]
fn an_entry_is_created_once_through_a_filter_and_roles_are_found_by_their_mark() {
    let patched = patch(json!([
        {"op": "add", "path": "addresses[type eq \"work\"].country", "value": "DE"},
        {"op": "add", "path": "addresses[type eq \"work\"].locality", "value": "Berlin"},
        {"op": "replace", "path": "roles[primary eq \"True\"].value", "value": "Agent"},
        {"op": "replace", "path": "roles[primary eq \"True\"].value", "value": "Boss"},
        {"op": "add", "path": format!("{BRIDGE_USER}:queues[value eq \"Sales\"]"), "value": "Sales"},
        {"op": "add", "path": "queues", "value": "Claims;Sales"},
        {"op": "add", "path": "skills", "value": "Billing:4;Spanish:2"},
        {"op": "add", "path": "skills", "value": "Billing:5"},
    ]));
    let document = patched.unwrap().document;
    assert_eq!(document["addresses"], json!([{"type": "work", "country": "DE", "locality": "Berlin"}]));
    assert_eq!(document["roles"], json!([{"primary": true, "value": "Boss"}]));
    assert_eq!(document[BRIDGE_USER]["queues"], json!(["Sales", "Claims"]));
    let skills = json!([{"name": "Billing", "proficiency": 5.0}, {"name": "Spanish", "proficiency": 2.0}]);
    assert_eq!(document[BRIDGE_USER]["skills"], skills);
}

#[test]
fn every_fault_has_its_own_keyword_and_changes_nothing() {
    use ScimType::{InvalidFilter, InvalidPath, InvalidSyntax, InvalidValue, Mutability, NoTarget};
    let table = [
        (json!([]), InvalidSyntax),
        (json!("x"), InvalidSyntax),
        (json!(["x"]), InvalidSyntax),
        (json!([{"op": "move", "path": "title"}]), InvalidSyntax),
        (json!([{"path": "title", "value": "x"}]), InvalidSyntax),
        (json!([{"op": "remove"}]), NoTarget),
        (json!([{"op": "remove", "path": ""}]), NoTarget),
        (json!([{"op": "add", "path": "title"}]), InvalidValue),
        (json!([{"op": "add", "path": 1, "value": 1}]), InvalidPath),
        (json!([{"op": "add", "value": "x"}]), InvalidValue),
        (json!([{"op": "add", "path": "hatSize", "value": "x"}]), InvalidPath),
        (json!([{"op": "add", "path": "emails[", "value": "x"}]), InvalidPath),
        (json!([{"op": "add", "path": "emails[hat eq 1]", "value": "x"}]), InvalidFilter),
        (
            json!([{"op": "replace", "path": "emails[not (type eq \"home\") and type ne \"work\"].value", "value": "x"}]),
            NoTarget,
        ),
        (json!([{"op": "replace", "path": "active", "value": "perhaps"}]), InvalidValue),
        (json!([{"op": "replace", "path": "id", "value": "other"}]), Mutability),
        (json!([{"op": "replace", "path": "groups", "value": []}]), Mutability),
        (json!([{"op": "replace", "path": "meta.version", "value": "x"}]), Mutability),
        (json!([{"op": "replace", "path": "manager.displayName", "value": "x"}]), Mutability),
        (json!([{"op": "remove", "path": "userName"}]), Mutability),
        (
            json!([{"op": "replace", "path": "title", "value": "x"}, {"op": "replace", "value": {"id": "other"}}]),
            Mutability,
        ),
    ];
    for (operations, expected) in table {
        let fault = patch(operations.clone()).map(|patched| patched.document).unwrap_err();
        assert_eq!(fault.scim_type, Some(expected), "{operations}: {fault}");
    }
    let many: Vec<Value> = vec![json!({"op": "remove", "path": "title"}); limits::PATCH_OPERATIONS + 1];
    assert_eq!(request(Value::Array(many)).unwrap_err().status, 413);
}

#[test]
fn an_attribute_with_too_many_entries_is_refused_however_it_grew_and_quickly() {
    let entries = |from: usize, number: usize| -> Value {
        (from..from + number).map(|n| json!({"value": format!("{n}@x")})).collect()
    };
    let most = limits::ENTRIES_PER_ATTRIBUTE;
    let grow = |number: usize| json!({"op": "add", "path": "emails", "value": entries(number, most / 2)});
    assert!(patch(json!([{"op": "replace", "path": "emails", "value": entries(0, most)}])).is_ok());
    for operations in [
        json!([{"op": "replace", "path": "emails", "value": entries(0, most + 1)}]),
        json!([{"op": "replace", "path": "emails", "value": entries(0, 200_000)}]),
        json!([grow(0), grow(most)]),
        json!([{"op": "add", "path": "queues", "value": "Q;".repeat(100_000)}]),
    ] {
        let fault = patch(operations).unwrap_err();
        assert_eq!(fault.scim_type, Some(ScimType::InvalidValue), "{fault}");
        assert!(fault.detail.contains("more than 1000 entries"), "{fault}");
    }
    let body = json!({"userName": "u", "emails": entries(0, most + 1)});
    assert!(crate::scim::resource::create(ResourceKind::User, body, Dialect::Tolerant).is_err());
}

#[test]
fn the_strict_dialect_wants_the_letter_of_the_rfc() {
    let strict = |body: Value| {
        PatchRequest::parse(body, Dialect::Strict)
            .and_then(|request| apply(ResourceKind::User, &user(), "id-1", &request))
            .map(|_| ())
            .map_err(|fault| fault.scim_type)
    };
    let one = |operation: Value| json!({"schemas": [PATCH_SCHEMA], "Operations": [operation]});
    assert_eq!(strict(one(json!({"op": "replace", "path": "active", "value": false}))), Ok(()));
    assert_eq!(
        strict(json!({"Operations": [{"op": "add", "path": "title", "value": "x"}]})),
        Err(Some(ScimType::InvalidSyntax))
    );
    for (operation, expected) in [
        (json!({"op": "Replace", "path": "active", "value": false}), ScimType::InvalidSyntax),
        (json!({"op": "replace", "path": "active", "value": "False"}), ScimType::InvalidValue),
        (
            json!({"op": "replace", "path": "emails[type eq \"other\"].value", "value": "x"}),
            ScimType::NoTarget,
        ),
        (json!({"op": "replace", "value": {"hatSize": 1}}), ScimType::InvalidPath),
    ] {
        assert_eq!(strict(one(operation.clone())), Err(Some(expected)), "{operation}");
    }
}

#[test]
fn a_password_is_handed_over_and_not_stored() {
    let patched = patch(json!([{"op": "replace", "value": {"password": "hunter2"}}])).unwrap();
    assert_eq!(patched.password.as_ref().map(Secret::expose), Some("hunter2"));
    assert!(!patched.changed && !format!("{patched:?}").contains("hunter2"));
}

#[test]
fn naming_the_display_name_is_told_apart_from_leaving_it_alone() {
    let named = |operations| patch(operations).unwrap().named_display_name;
    assert!(named(json!([{"op": "replace", "value": {"displayName": "U"}}])));
    assert!(named(json!([{"op": "remove", "path": "displayName"}])));
    assert!(!named(json!([{"op": "replace", "path": "name.givenName", "value": "X"}])));
}

fn member(id: &str) -> Member {
    Member { value: id.into(), display: None, kind: None }
}

#[test]
fn members_become_changes_and_never_part_of_the_document() {
    use MemberChange::{Add, Remove, ReplaceAll};
    let ids = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect::<Vec<_>>();
    let named = |id: &str| Member { display: Some("N".into()), ..member(id) };
    let table = [
        (
            json!({"op": "Add", "path": "members", "value": [{"$ref": null, "value": "a"}]}),
            vec![Add(vec![member("a")])],
        ),
        (
            json!({"op": "add", "path": "members", "value": {"value": "a", "display": "N"}}),
            vec![Add(vec![named("a")])],
        ),
        (json!({"op": "add", "value": {"members": [{"value": "a"}]}}), vec![Add(vec![member("a")])]),
        (json!({"op": "Remove", "path": "members", "value": [{"value": "a"}]}), vec![Remove(ids(&["a"]))]),
        (json!({"op": "Remove", "path": "members", "value": []}), vec![Remove(vec![])]),
        (json!({"op": "remove", "path": "members[value eq \"a\"]"}), vec![Remove(ids(&["a"]))]),
        (
            json!({"op": "remove", "path": "members[value eq \"a\" or value eq \"b\"]"}),
            vec![Remove(ids(&["a", "b"]))],
        ),
        (json!({"op": "remove", "path": "members"}), vec![ReplaceAll(vec![])]),
        (json!({"op": "replace", "path": "members", "value": []}), vec![ReplaceAll(vec![])]),
        (
            json!({"op": "replace", "path": "members", "value": ["a", {"value": "a"}]}),
            vec![ReplaceAll(vec![member("a")])],
        ),
        (
            json!({"op": "replace", "value": {"members": [{"value": "a"}], "id": "g", "displayName": "G"}}),
            vec![ReplaceAll(vec![member("a")])],
        ),
        (json!({"op": "replace", "value": {"id": "g", "displayName": "G"}}), vec![]),
        (
            json!({"op": "replace", "path": "members[value eq \"a\"].value", "value": "a"}),
            vec![Add(vec![member("a")])],
        ),
    ];
    let group =
        as_object(json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "G"}));
    for (operation, expected) in table {
        let request = request(json!([operation])).unwrap();
        let patched = apply(ResourceKind::Group, &group, "g", &request).unwrap();
        assert_eq!(patched.members, expected, "{operation}");
        assert_eq!((patched.document, patched.changed), (group.clone(), false), "{operation}");
    }
    let by_type = request(json!([{"op": "remove", "path": "members[type eq \"User\"]"}])).unwrap();
    let patched = apply(ResourceKind::Group, &group, "g", &by_type).unwrap();
    let [MemberChange::RemoveWhere(filter)] = patched.members.as_slice() else {
        panic!("{:?}", patched.members)
    };
    assert!(filter.matches(&json!({"value": "a", "type": "User"})));
    for (operation, expected) in [
        (json!({"op": "add", "path": "members", "value": [{"display": "x"}]}), ScimType::InvalidValue),
        (json!({"op": "remove", "path": "members.value"}), ScimType::InvalidPath),
        // The parts of a member are immutable (RFC 7643 section 4.2).
        (
            json!({"op": "replace", "path": "members[value eq \"a\"].value", "value": "b"}),
            ScimType::Mutability,
        ),
        (json!({"op": "remove", "path": "displayName"}), ScimType::Mutability),
    ] {
        let fault =
            apply(ResourceKind::Group, &group, "g", &request(json!([operation])).unwrap()).unwrap_err();
        assert_eq!(fault.scim_type, Some(expected), "{operation}");
    }
}

fn operation() -> impl Strategy<Value = Value> {
    let op = prop::sample::select(vec!["Add", "replace", "remove"]);
    let target = prop::sample::select(vec![
        ("title", json!("T")),
        ("name.givenName", json!("X")),
        ("emails", json!([{"value": "n@x", "type": "other", "primary": true}])),
        ("emails[type eq \"work\"].value", json!("n@x")),
        ("emails[type eq \"other\"].value", json!("o@x")),
        ("roles[primary eq \"True\"].value", json!("Agent")),
        ("manager", json!("m9")),
        ("queues", json!(["Sales", "Claims"])),
        ("active", json!("False")),
        (ENTERPRISE_USER, json!({"department": "Z"})),
    ]);
    (op, target).prop_map(|(op, (path, value))| match op {
        // Everybody has a state; nobody can take it away.
        "remove" if path == "active" => json!({"op": "replace", "path": path, "value": value}),
        "remove" => json!({"op": op, "path": path}),
        _ => json!({"op": op, "path": path, "value": value}),
    })
}

proptest! {
    #[test]
    fn an_operation_applied_twice_is_the_same_as_once(operation in operation()) {
        let request = request(json!([operation])).unwrap();
        let once = apply(ResourceKind::User, &user(), "id-1", &request).unwrap().document;
        let twice = apply(ResourceKind::User, &once, "id-1", &request).unwrap();
        prop_assert!(!twice.changed, "{:?} then {:?}", once, twice.document);
    }

    #[test]
    fn at_most_one_entry_is_primary_whatever_is_asked(operations in prop::collection::vec(operation(), 1..6)) {
        let document = patch(Value::Array(operations)).unwrap().document;
        for list in document.values().filter_map(Value::as_array) {
            let primary = list.iter().filter(|item| item.get("primary") == Some(&json!(true))).count();
            prop_assert!(primary <= 1, "{:?}", list);
        }
    }
}

#[test]
fn a_thousand_operations_with_long_filters_over_a_thousand_entries_are_refused_before_they_cost_anything() {
    let mut many = user();
    let emails: Vec<Value> = (0..999).map(|n| json!({"type": "work", "value": format!("w{n}@x")})).collect();
    many.insert("emails".into(), json!(emails));
    let condition = (0..40).map(|n| format!("value eq \"n{n}@x\"")).collect::<Vec<_>>().join(" or ");
    let operation = json!({"op": "replace", "path": format!("emails[{condition} or type eq \"work\"].display"), "value": "x"});
    let heavy = request(json!(vec![operation; 999])).unwrap();
    let fault = apply(ResourceKind::User, &many, "id-1", &heavy).unwrap_err();
    assert_eq!(fault.status, 413, "{fault:?}");
    assert!(fault.detail.contains("several requests"), "{}", fault.detail);
    // As many operations as one may send, over what people really have.
    let light = json!({"op": "replace", "path": "emails[type eq \"work\"].display", "value": "x"});
    assert!(patch(json!(vec![light; 1000])).is_ok());
    // And as many entries as an attribute may have, added at once.
    let roles: Vec<Value> = (0..1000).map(|n| json!({"value": format!("r{n}")})).collect();
    assert!(patch(json!([{"op": "add", "path": "roles", "value": roles}])).is_ok());
}

#[test]
fn long_texts_count_for_what_they_cost_however_few_entries_hold_them() {
    let mut long = user();
    let text = "a".repeat(limits::ATTRIBUTE_BYTES);
    let roles: Vec<Value> = (0..15).map(|n| json!({"value": format!("r{n}"), "display": text})).collect();
    long.insert("roles".into(), json!(roles));
    let condition = vec!["display co \"ab\""; 40].join(" or ");
    for (path, number) in
        [(format!("roles[{condition}].type"), 300), ("roles[type eq \"x\"].type".into(), 1000)]
    {
        let operation = json!({"op": "remove", "path": path});
        let heavy = request(json!(vec![operation; number])).unwrap();
        let fault = apply(ResourceKind::User, &long, "id-1", &heavy).unwrap_err();
        assert_eq!(fault.status, 413, "{number} operations");
    }
    // A few of them over the same texts are done.
    let few = request(json!([{"op": "remove", "path": "roles[display co \"ab\"].type"}])).unwrap();
    assert!(apply(ResourceKind::User, &long, "id-1", &few).is_ok());
}
