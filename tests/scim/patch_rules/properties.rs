//! Laws that hold for every PATCH, checked with operations made at random.
//!
//! Single cases with their reasons are in the tables of the other files.

use genesys_scim_bridge::testing::model::Object;
use genesys_scim_bridge::testing::scim::kind::{BRIDGE_USER, ENTERPRISE_USER};
use genesys_scim_bridge::testing::scim::value::same;
use genesys_scim_bridge::testing::scim::{Dialect, ResourceKind};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::rows::{apply, difference, user};

/// Paths, the attribute each touches, and a value that fits.
fn targets() -> Vec<(String, String, Value)> {
    let plain = |path: &str, attribute: &str, value: Value| (path.to_owned(), attribute.to_owned(), value);
    let enterprise = |path: &str, attribute: &str, value: Value| {
        (format!("{ENTERPRISE_USER}:{path}"), format!("{ENTERPRISE_USER}:{attribute}"), value)
    };
    let bridge = |path: &str, attribute: &str, value: Value| {
        (format!("{BRIDGE_USER}:{path}"), format!("{BRIDGE_USER}:{attribute}"), value)
    };
    vec![
        plain("title", "title", json!("T")),
        plain("active", "active", json!("False")),
        plain("name", "name", json!({"givenName": "G", "formatted": null})),
        plain("name.givenName", "name", json!("X")),
        plain("emails", "emails", json!([{"value": "n@x", "type": "other", "primary": true}])),
        plain("emails", "emails", json!([{"value": "babs@jensen.org", "type": "home", "primary": true}])),
        plain("emails", "emails", json!([{"value": "a@x"}, {"value": "a@x"}])),
        plain("emails[type eq \"work\"].value", "emails", json!("n@x")),
        plain("emails[type eq \"other\"].value", "emails", json!("o@x")),
        plain("emails[type eq \"home\"].primary", "emails", json!("True")),
        plain("emails.primary", "emails", json!(true)),
        plain("emails[type eq \"home\"]", "emails", json!({"value": "h@x", "primary": true})),
        plain("addresses[type eq \"other\"]", "addresses", json!({"country": "DE", "primary": true})),
        plain("roles[primary eq \"True\"].value", "roles", json!("Boss")),
        plain("roles", "roles", json!("Boss")),
        enterprise("department", "department", json!("D")),
        enterprise("manager", "manager", json!("m9")),
        enterprise("manager", "manager", json!({"value": ""})),
        bridge("queues", "queues", json!(["Sales", "Support", "Support"])),
        bridge("queues[value eq \"Sales\"]", "queues", json!("Sales")),
        bridge("skills", "skills", json!("Billing:4;Spanish:2")),
        bridge("skills[name eq \"Billing\"].proficiency", "skills", json!(4.0)),
    ]
}

fn operation() -> impl Strategy<Value = (Value, String)> {
    let op = prop::sample::select(vec!["add", "Replace", "remove"]);
    (op, prop::sample::select(targets())).prop_map(|(op, (path, attribute, value))| {
        // Everybody has a state; nobody can take it away.
        let row = if op == "remove" && path != "active" {
            json!([op, path])
        } else {
            let op = if op == "remove" { "replace" } else { op };
            json!([op, path, value])
        };
        (row, attribute)
    })
}

fn many() -> impl Strategy<Value = Vec<(Value, String)>> {
    prop::collection::vec(operation(), 1..6)
}

fn patch(start: &Object, row: &Value) -> Result<(Object, bool), String> {
    apply(ResourceKind::User, Dialect::Tolerant, start, row)
        .map(|patched| (patched.document, patched.changed))
        .map_err(|fault| fault.detail)
}

fn list(operations: &[(Value, String)]) -> Value {
    operations.iter().map(|(row, _)| row.clone()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn an_operation_applied_twice_is_the_same_as_once(before in many(), (row, _) in operation()) {
        let (start, _) = patch(&user(), &list(&before)).unwrap();
        let (once, _) = patch(&start, &row).unwrap();
        let (twice, changed) = patch(&once, &row).unwrap();
        prop_assert!(!changed && twice == once, "{row}: {}", difference(&once, &twice));
    }

    #[test]
    fn a_change_is_reported_exactly_when_the_documents_differ(operations in many()) {
        let (after, changed) = patch(&user(), &list(&operations)).unwrap();
        prop_assert_eq!(changed, after != user());
        prop_assert_eq!(changed, difference(&user(), &after) != json!({}));
    }

    #[test]
    fn at_most_one_entry_is_primary(operations in many()) {
        let (after, _) = patch(&user(), &list(&operations)).unwrap();
        for entries in after.values().filter_map(Value::as_array) {
            let primary = entries.iter().filter(|entry| entry["primary"] == json!(true)).count();
            prop_assert!(primary <= 1, "{entries:?}");
        }
    }

    #[test]
    fn only_the_attributes_that_are_named_change(operations in many()) {
        let (after, _) = patch(&user(), &list(&operations)).unwrap();
        let difference = difference(&user(), &after);
        for key in difference.as_object().unwrap().keys().filter(|key| *key != "schemas") {
            prop_assert!(operations.iter().any(|(_, attribute)| attribute == key), "{key} in {difference}");
        }
    }

    #[test]
    fn one_operation_that_fails_fails_all(operations in many(), at in 0_usize..6, bad in prop::sample::select(vec![
        json!(["replace", "id", "another"]), json!(["add", "hatSize", 1]), json!(["replace", "active", "perhaps"]),
        json!(["remove", "emails[nonsense eq 1]"]), json!(["remove", null]), json!(["move", "title"]),
    ])) {
        let mut rows: Vec<Value> = operations.into_iter().map(|(row, _)| row).collect();
        rows.insert(at.min(rows.len()), bad);
        prop_assert!(patch(&user(), &Value::Array(rows)).is_err());
    }

    #[test]
    fn operations_in_one_request_are_the_same_as_one_request_each(operations in many()) {
        let (together, _) = patch(&user(), &list(&operations)).unwrap();
        let mut apart = user();
        for (row, _) in &operations {
            apart = patch(&apart, row).unwrap().0;
        }
        // The order of schemas has no meaning, and 4.0 is 4.
        let without = |mut document: Object| {
            document.shift_remove("schemas");
            Value::Object(document)
        };
        let difference = difference(&together, &apart);
        prop_assert!(same(&without(together), &without(apart)), "{difference}");
    }

    #[test]
    fn what_is_read_only_never_becomes_part_of_the_document(
        op in prop::sample::select(vec!["add", "replace", "remove"]),
        path in prop::sample::select(vec![
            "id", "meta", "meta.version", "groups", "groups[value eq \"g\"]", "manager.displayName", "provisioning",
            "provisioning.status",
        ]),
        value in prop::sample::select(vec![json!("x"), json!({"value": "x"}), json!([{"value": "x"}]), json!(null)]),
        with_path in any::<bool>(),
    ) {
        let row = match (with_path, op) {
            (true, "remove") => json!([op, path]),
            (true, _) => json!([op, path, value]),
            (false, _) => json!(["replace", null, {path: value}]),
        };
        if let Ok((after, changed)) = patch(&user(), &row) {
            prop_assert!(!changed && after == user(), "{row}");
        }
    }
}
