//! The user and the group that the tables change, and the language the rows are written in.
//!
//! A row is `request => answer`. A PATCH request is `["op", "path", value]`, the path `null` or the value
//! left out where there is none, or a list of such operations. The answer is what differs afterwards, `null`
//! for what went, or the scimType of the refusal. `'` in a text stands for a quotation mark; `E:`, `B:`, `G:`
//! and `C:` at the start of a text for the URNs of the enterprise, bridge, Genesys and core schema. Lines
//! that begin with `//` say why.

use genesys_scim_bridge::testing::model::Object;
use genesys_scim_bridge::testing::scim::error::{ScimError, ScimType};
use genesys_scim_bridge::testing::scim::kind::{BRIDGE_USER, CORE_USER, ENTERPRISE_USER, GENESYS_USER};
use genesys_scim_bridge::testing::scim::{Dialect, MemberChange, PatchRequest, Patched, ResourceKind, patch};
use serde_json::{Value, json};

pub(crate) const ID: &str = "2819c223";

/// One test for each table, and `count` for all rows of the file.
macro_rules! tables {
    ($run:path; $($name:ident: $rows:literal)*) => {
        $(#[test] fn $name() { $run($rows); })*
        pub(crate) fn count() -> usize { 0 $(+ $crate::patch_rules::rows::rows($rows).len())* }
    };
}
pub(crate) use tables;

const SHORT: [(&str, &str); 5] = [
    ("<work>", r#"{"type": "work", "value": "bjensen@example.com", "primary": true}"#),
    ("<home>", r#"{"type": "home", "value": "babs@jensen.org"}"#),
    ("<work-2>", r#"{"type": "work", "value": "bjensen@example.com", "primary": false}"#),
    (
        "<plaza>",
        r#"{"type": "work", "streetAddress": "100 Universal City Plaza", "locality": "Hollywood", "primary": true}"#,
    ),
    ("<blvd>", r#"{"type": "home", "streetAddress": "456 Hollywood Blvd"}"#),
];

pub(crate) fn user() -> Object {
    object(json!({
        "schemas": [CORE_USER, ENTERPRISE_USER, BRIDGE_USER],
        "userName": "bjensen", "externalId": "701984", "displayName": "Babs Jensen", "active": true, "title": "Guide",
        "name": {"formatted": "Ms. Barbara J Jensen III", "familyName": "Jensen", "givenName": "Barbara"},
        "emails": [short("<work>"), short("<home>")],
        "addresses": [short("<plaza>"), short("<blvd>")],
        "phoneNumbers": [{"type": "work", "value": "555-555-5555"}],
        "roles": [{"value": "Agent", "primary": true}],
        ENTERPRISE_USER: {"employeeNumber": "701984", "department": "Tour",
            "manager": {"value": "m1", "$ref": "https://example.com/Users/m1"}},
        BRIDGE_USER: {"queues": ["Sales", "Claims"], "skills": [{"name": "Billing", "proficiency": 4}],
            "roles": [{"role": "Agent", "division": "EMEA"}]},
    }))
}

pub(crate) fn group() -> Object {
    object(json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "Tour Guides",
        "externalId": "g-1"}))
}

fn short(name: &str) -> Value {
    let (_, text) = SHORT.iter().find(|(known, _)| *known == name).unwrap();
    serde_json::from_str(text).unwrap()
}

pub(crate) fn object(value: Value) -> Object {
    value.as_object().unwrap().clone()
}

/// The rows of a table, each with its two sides in full.
pub(crate) fn rows(table: &str) -> Vec<(Value, Value)> {
    let lines = table.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("//"));
    lines
        .map(|line| {
            let (request, answer) = line.rsplit_once(" => ").unwrap_or_else(|| panic!("no answer: {line}"));
            (read(request, line), read(answer, line))
        })
        .collect()
}

fn read(text: &str, line: &str) -> Value {
    let mut text = text.to_owned();
    for (name, long) in SHORT {
        text = text.replace(name, long);
    }
    if text.starts_with(|c: char| c.is_ascii_alphabetic())
        && !matches!(text.as_str(), "true" | "false" | "null")
    {
        return Value::String(text);
    }
    long(serde_json::from_str(&text).unwrap_or_else(|fault| panic!("{fault}: {line}")))
}

fn long(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(long_text(&text)),
        Value::Array(items) => items.into_iter().map(long).collect(),
        Value::Object(members) => {
            Value::Object(members.into_iter().map(|(key, value)| (long_text(&key), long(value))).collect())
        }
        other => other,
    }
}

fn long_text(text: &str) -> String {
    let text = text.replace('\'', "\"");
    for (mark, urn) in [("E", ENTERPRISE_USER), ("B", BRIDGE_USER), ("G", GENESYS_USER), ("C", CORE_USER)] {
        if text == mark {
            return urn.to_owned();
        }
        if let Some(rest) = text.strip_prefix(mark).filter(|rest| rest.starts_with(':')) {
            return format!("{urn}{rest}");
        }
    }
    text
}

/// The body of a PATCH with the operations of a row.
pub(crate) fn message(row: &Value) -> Value {
    let one = |operation: &Value| {
        let mut out = Object::new();
        for (key, value) in ["op", "path", "value"].iter().zip(operation.as_array().unwrap()) {
            if !(*key == "path" && value.is_null()) {
                out.insert((*key).to_owned(), value.clone());
            }
        }
        Value::Object(out)
    };
    let operations: Vec<Value> = match &row[0] {
        Value::Array(_) => row.as_array().unwrap().iter().map(one).collect(),
        _ => vec![one(row)],
    };
    json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations})
}

pub(crate) fn apply(
    kind: ResourceKind,
    dialect: Dialect,
    start: &Object,
    row: &Value,
) -> Result<Patched, ScimError> {
    PatchRequest::parse(message(row), dialect).and_then(|request| patch::apply(kind, start, ID, &request))
}

/// What differs between two documents, extensions by their attributes; `null` for what went.
pub(crate) fn difference(before: &Object, after: &Object) -> Value {
    let flat = |document: &Object| {
        let mut out = Object::new();
        for (key, value) in document {
            match value {
                Value::Object(inner) if key.starts_with("urn:") => {
                    out.extend(inner.iter().map(|(name, value)| (format!("{key}:{name}"), value.clone())));
                }
                value => drop(out.insert(key.clone(), value.clone())),
            }
        }
        out
    };
    let (before, after) = (flat(before), flat(after));
    let mut out = Object::new();
    for (key, value) in &after {
        if before.get(key) != Some(value) {
            out.insert(key.clone(), value.clone());
        }
    }
    for key in before.keys().filter(|key| !after.contains_key(*key)) {
        out.insert(key.clone(), Value::Null);
    }
    Value::Object(out)
}

pub(crate) fn keyword(fault: &ScimError) -> Value {
    let name = match fault.scim_type {
        Some(ScimType::InvalidFilter) => "invalidFilter",
        Some(ScimType::InvalidPath) => "invalidPath",
        Some(ScimType::InvalidSyntax) => "invalidSyntax",
        Some(ScimType::InvalidValue) => "invalidValue",
        Some(ScimType::Mutability) => "mutability",
        Some(ScimType::NoTarget) => "noTarget",
        _ => return Value::String(fault.status.to_string()),
    };
    name.into()
}

pub(crate) fn user_table(table: &str) {
    run(ResourceKind::User, Dialect::Tolerant, &user(), table);
}

pub(crate) fn strict_table(table: &str) {
    run(ResourceKind::User, Dialect::Strict, &user(), table);
}

fn run(kind: ResourceKind, dialect: Dialect, start: &Object, table: &str) {
    let mut wrong = Vec::new();
    for (row, expected) in rows(table) {
        let found = match apply(kind, dialect, start, &row) {
            Ok(patched) => {
                let found = difference(start, &patched.document);
                assert_eq!(patched.changed, found != json!({}), "{row}");
                found
            }
            Err(fault) => keyword(&fault),
        };
        if found != expected {
            wrong.push(format!("{row}\n    should be {expected}\n    but is    {found}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Rows about a group: the answer is a list of member changes, or the difference of the rest.
pub(crate) fn group_table(table: &str) {
    let mut wrong = Vec::new();
    for (row, expected) in rows(table) {
        let found = match apply(ResourceKind::Group, Dialect::Tolerant, &group(), &row) {
            Ok(patched) if expected.is_array() => patched.members.iter().map(change).collect(),
            Ok(patched) => difference(&group(), &patched.document),
            Err(fault) => keyword(&fault),
        };
        if found != expected {
            wrong.push(format!("{row}\n    should be {expected}\n    but is    {found}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn change(change: &MemberChange) -> Value {
    let ids = |members: &[genesys_scim_bridge::testing::scim::Member]| {
        members.iter().map(|member| Value::String(member.value.clone())).collect::<Value>()
    };
    match change {
        MemberChange::Add(members) => json!({"add": ids(members)}),
        MemberChange::Remove(gone) => json!({"remove": gone}),
        MemberChange::RemoveWhere(filter) => json!({"removeWhere": filter.to_string()}),
        MemberChange::ReplaceAll(members) => json!({"all": ids(members)}),
    }
}
