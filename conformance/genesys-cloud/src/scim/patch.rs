//! SCIM PATCH on a JSON document (RFC 7644 section 3.5.2). Pure: whether the result makes sense is `apply`'s
//! question.

use serde_json::{Map, Value};

use super::path::{Path, PathFault};
use crate::quirks::{Empty, Quirks, Unknown};
use crate::reply::Refusal;
use crate::turn::Turn;

/// What an operation does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verb {
    Add,
    Replace,
    Remove,
}

/// One operation.
#[derive(Clone, Debug)]
pub(super) struct Operation {
    verb: Verb,
    path: Option<String>,
    value: Value,
}

/// A refusal that knows its scimType and not yet its shape.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PatchFault {
    pub(super) scim_type: &'static str,
    pub(super) detail: String,
}

impl PatchFault {
    fn new(scim_type: &'static str, detail: impl Into<String>) -> PatchFault {
        PatchFault { scim_type, detail: detail.into() }
    }

    pub(super) fn refuse(self, turn: &Turn<'_>) -> Refusal {
        turn.scim_bad(self.scim_type, self.detail)
    }
}

impl Operation {
    pub(super) fn parse(operation: &Value) -> Result<Operation, PatchFault> {
        let verb = match operation
            .get("op")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_ascii_lowercase()
            .as_str()
        {
            "add" => Verb::Add,
            "replace" => Verb::Replace,
            "remove" => Verb::Remove,
            other => return Err(PatchFault::new("invalidSyntax", format!("`{other}` is not an operation."))),
        };
        let path = operation.get("path").and_then(Value::as_str).map(str::to_owned);
        if verb == Verb::Remove && path.is_none() {
            return Err(PatchFault::new("noTarget", "A path is required for a remove operation."));
        }
        Ok(Operation { verb, path, value: operation.get("value").cloned().unwrap_or(Value::Null) })
    }

    /// Applies the operation to a document.
    pub(super) fn apply(&self, document: &mut Map<String, Value>, quirks: &Quirks) -> Result<(), PatchFault> {
        let Some(path) = &self.path else {
            let Value::Object(values) = &self.value else {
                return Err(PatchFault::new("invalidValue", "Without a path the value must be an object."));
            };
            for (path, value) in values {
                if path != "schemas" {
                    apply_at(document, quirks, self.verb, path, value)?;
                }
            }
            return Ok(());
        };
        apply_at(document, quirks, self.verb, path, &self.value)
    }
}

fn apply_at(
    document: &mut Map<String, Value>,
    quirks: &Quirks,
    verb: Verb,
    text: &str,
    value: &Value,
) -> Result<(), PatchFault> {
    let path = match Path::parse(text) {
        Ok(path) => path,
        Err(PathFault::Unknown(_)) if quirks.unknown_attributes == Unknown::Ignore => return Ok(()),
        Err(PathFault::Unknown(what) | PathFault::Syntax(what)) => {
            return Err(PatchFault::new("invalidPath", format!("The path is not valid: {what}.")));
        }
    };
    if matches!(path.attribute, Some("groups" | "id")) {
        return Err(PatchFault::new("mutability", format!("The attribute {text} is read-only.")));
    }
    if verb != Verb::Remove && is_empty(value) {
        match quirks.scim_empty_values {
            Empty::Ignore => return Ok(()),
            Empty::Refuse => {
                return Err(PatchFault::new("invalidValue", format!("The value of {text} is empty.")));
            }
            Empty::Clear => return at_path(document, Verb::Remove, &path, value),
        }
    }
    if let (Some(urn), None, Value::Object(inner)) = (path.extension, path.attribute, value) {
        for (name, value) in inner {
            apply_at(document, quirks, verb, &format!("{urn}:{name}"), value)?;
        }
        return Ok(());
    }
    at_path(document, verb, &path, value)
}

fn at_path(
    document: &mut Map<String, Value>,
    verb: Verb,
    path: &Path,
    value: &Value,
) -> Result<(), PatchFault> {
    let container = match path.extension {
        None => document,
        Some(urn) => {
            let slot = document.entry(urn).or_insert_with(|| Value::Object(Map::new()));
            let Value::Object(inner) = slot else {
                return Err(PatchFault::new("invalidValue", format!("{urn} must be an object.")));
            };
            if path.attribute.is_none() {
                inner.clear();
                return Ok(());
            }
            inner
        }
    };
    let name = path.attribute.unwrap_or_default();
    match (&path.filter, &path.sub) {
        (Some(filter), sub) => filtered(container, verb, name, filter, sub.as_deref(), value),
        (None, Some(sub)) => sub_attribute(container, verb, name, sub, value),
        (None, None) => {
            whole(container, verb, name, value);
            Ok(())
        }
    }
}

fn whole(container: &mut Map<String, Value>, verb: Verb, name: &str, value: &Value) {
    match (verb, container.get_mut(name)) {
        (Verb::Remove, _) => {
            // Some clients remove list members by value instead of by filter.
            if let (Value::Array(gone), Some(Value::Array(held))) = (value, container.get_mut(name)) {
                held.retain(|item| !gone.iter().any(|gone| same_item(name, item, gone)));
            } else {
                container.remove(name);
            }
        }
        (Verb::Add, Some(Value::Array(held))) => {
            for item in as_list(value) {
                match held.iter_mut().find(|held| same_item(name, held, &item)) {
                    Some(found) => *found = item,
                    None => held.push(item),
                }
            }
        }
        _ if is_multi_valued(name) => {
            container.insert(name.to_owned(), Value::Array(as_list(value)));
        }
        _ => {
            container.insert(name.to_owned(), value.clone());
        }
    }
}

fn filtered(
    container: &mut Map<String, Value>,
    verb: Verb,
    name: &str,
    filter: &[(String, String)],
    sub: Option<&str>,
    value: &Value,
) -> Result<(), PatchFault> {
    let slot = container.entry(name).or_insert_with(|| Value::Array(Vec::new()));
    let Value::Array(items) = slot else {
        return Err(PatchFault::new("invalidPath", format!("{name} is not a list.")));
    };
    let matches = |item: &Value| {
        filter.iter().all(|(key, wanted)| match item.get(key) {
            Some(Value::String(held)) => held.eq_ignore_ascii_case(wanted),
            Some(Value::Bool(held)) => held.to_string() == *wanted,
            _ => false,
        })
    };
    if verb == Verb::Remove && sub.is_none() {
        items.retain(|item| !matches(item));
        return Ok(());
    }
    let mut found = false;
    for item in items.iter_mut().filter(|item| matches(item)) {
        found = true;
        change_item(item, verb, sub, value);
    }
    match (found, verb) {
        (true, _) | (false, Verb::Remove) => Ok(()),
        (false, Verb::Replace) => Err(PatchFault::new("noTarget", format!("No {name} matches the filter."))),
        (false, Verb::Add) => {
            let mut item: Map<String, Value> =
                filter.iter().map(|(key, wanted)| (key.clone(), Value::String(wanted.clone()))).collect();
            match (sub, value) {
                (Some(sub), value) => {
                    item.insert(sub.to_owned(), value.clone());
                }
                (None, Value::Object(values)) => item.extend(values.clone()),
                (None, _) => return Err(PatchFault::new("invalidValue", format!("{name} needs an object."))),
            }
            items.push(Value::Object(item));
            Ok(())
        }
    }
}

fn change_item(item: &mut Value, verb: Verb, sub: Option<&str>, value: &Value) {
    let Value::Object(held) = item else { return };
    match (verb, sub, value) {
        (Verb::Remove, Some(sub), _) => {
            held.remove(sub);
        }
        (_, Some(sub), value) => {
            held.insert(sub.to_owned(), value.clone());
        }
        (_, None, Value::Object(values)) => held.extend(values.clone()),
        (_, None, _) => {}
    }
}

fn sub_attribute(
    container: &mut Map<String, Value>,
    verb: Verb,
    name: &str,
    sub: &str,
    value: &Value,
) -> Result<(), PatchFault> {
    if verb == Verb::Remove {
        if let Some(Value::Object(held)) = container.get_mut(name) {
            held.remove(sub);
        }
        return Ok(());
    }
    let slot = container.entry(name).or_insert_with(|| Value::Object(Map::new()));
    let Value::Object(held) = slot else {
        return Err(PatchFault::new("invalidPath", format!("{name} has no {sub} without a filter.")));
    };
    held.insert(sub.to_owned(), value.clone());
    Ok(())
}

fn as_list(value: &Value) -> Vec<Value> {
    match value {
        Value::Array(items) => items.clone(),
        other => vec![other.clone()],
    }
}

fn is_multi_valued(name: &str) -> bool {
    matches!(
        name,
        "phoneNumbers"
            | "emails"
            | "roles"
            | "members"
            | "routingSkills"
            | "routingLanguages"
            | "externalIds"
    )
}

/// Whether two items of a list are about the same thing.
fn same_item(list: &str, one: &Value, other: &Value) -> bool {
    let keys: &[&str] = match list {
        "routingSkills" | "routingLanguages" => &["name"],
        "phoneNumbers" | "emails" => &["type"],
        "externalIds" => &["authority", "value"],
        _ => &["value"],
    };
    keys.iter().all(|key| one.get(key) == other.get(key))
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::scim::{ENTERPRISE, GENESYS};

    fn patched(before: Value, operation: Value, quirks: &Quirks) -> Result<Value, PatchFault> {
        let Value::Object(mut document) = before else { panic!("an object is needed") };
        Operation::parse(&operation)?.apply(&mut document, quirks)?;
        Ok(Value::Object(document))
    }

    #[test]
    fn operations_do_what_the_rfc_says() {
        let work = json!({ "emails": [{ "type": "work", "value": "a@b" }] });
        let skills = json!({ GENESYS: { "routingSkills": [{ "name": "Chat", "proficiency": 1.0 }] } });
        let skills_path = format!("{GENESYS}:routingSkills");
        for (before, operation, after) in [
            (json!({}), json!({ "op": "add", "path": "title", "value": "x" }), json!({ "title": "x" })),
            (json!({ "title": "x" }), json!({ "op": "remove", "path": "title" }), json!({})),
            (
                json!({ "title": "x" }),
                json!({ "op": "replace", "value": { "title": "y" } }),
                json!({ "title": "y" }),
            ),
            (
                work.clone(),
                json!({ "op": "replace", "path": "emails[type eq \"work\"].value", "value": "c@d" }),
                json!({ "emails": [{ "type": "work", "value": "c@d" }] }),
            ),
            (
                json!({}),
                json!({ "op": "add", "path": "emails[type eq \"work\"].value", "value": "c@d" }),
                json!({ "emails": [{ "type": "work", "value": "c@d" }] }),
            ),
            (work, json!({ "op": "remove", "path": "emails[type eq \"work\"]" }), json!({ "emails": [] })),
            (
                json!({}),
                json!({ "op": "add", "path": format!("{ENTERPRISE}:manager.value"), "value": "m" }),
                json!({ ENTERPRISE: { "manager": { "value": "m" } } }),
            ),
            (
                skills,
                json!({ "op": "add", "path": skills_path, "value": [{ "name": "Chat", "proficiency": 3.0 }, { "name": "VIP" }] }),
                json!({ GENESYS: { "routingSkills": [{ "name": "Chat", "proficiency": 3.0 }, { "name": "VIP" }] } }),
            ),
        ] {
            assert_eq!(patched(before, operation.clone(), &Quirks::default()), Ok(after), "{operation}");
        }
    }

    #[test]
    fn refusals_carry_the_right_scim_type() {
        for (operation, scim_type) in [
            (json!({ "op": "merge", "path": "title" }), "invalidSyntax"),
            (json!({ "op": "remove" }), "noTarget"),
            (json!({ "op": "replace", "path": "emails[type eq \"work\"].value", "value": "x" }), "noTarget"),
            (json!({ "op": "add", "path": "externalIds", "value": [{}] }), "invalidPath"),
            (json!({ "op": "add", "path": "groups", "value": [{}] }), "mutability"),
            (json!({ "op": "add", "value": 3 }), "invalidValue"),
        ] {
            let fault = patched(json!({}), operation.clone(), &Quirks::default()).unwrap_err();
            assert_eq!(fault.scim_type, scim_type, "{operation}");
        }
    }

    #[test]
    fn an_empty_value_clears_is_ignored_or_is_refused_as_the_quirk_says() {
        let operation = json!({ "op": "replace", "path": "title", "value": "" });
        for (quirk, after) in [
            (Empty::Ignore, Some(json!({ "title": "x" }))),
            (Empty::Clear, Some(json!({}))),
            (Empty::Refuse, None),
        ] {
            let quirks = Quirks { scim_empty_values: quirk, ..Quirks::default() };
            assert_eq!(patched(json!({ "title": "x" }), operation.clone(), &quirks).ok(), after);
        }
    }
}
