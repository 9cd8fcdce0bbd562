//! Entitlements that the request itself carries: our extension in full and compact form, Genesys' extension, core `roles`.
//!
//! Reads a document of record and says which kinds it speaks of. An absent attribute is "not managed by this request";
//! `[]`, null and "" mean "take back what we gave" (P5). The compact grammar is in `compact`.

use std::collections::BTreeSet;

use serde_json::Value;

use super::compact::{items, split_first, split_last, unescape};
use crate::limits;
use crate::model::{Desired, DesiredSet, Kind, Object, Proficiency, Reason, Wanted};
use crate::scim::error::ScimError;
use crate::scim::kind::{BRIDGE_USER as OURS, GENESYS_USER as GENESYS};

/// Where a kind may stand: extension (`None` is the core), attribute.
const PLACES: [(Option<&str>, &str, Kind); 13] = [
    (Some(OURS), "roles", Kind::Role),
    (Some(OURS), "compactRoles", Kind::Role),
    (None, "roles", Kind::Role),
    (Some(OURS), "queues", Kind::Queue),
    (Some(OURS), "compactQueues", Kind::Queue),
    (Some(OURS), "skills", Kind::Skill),
    (Some(OURS), "compactSkills", Kind::Skill),
    (Some(GENESYS), "routingSkills", Kind::Skill),
    (Some(OURS), "languages", Kind::Language),
    (Some(OURS), "compactLanguages", Kind::Language),
    (Some(GENESYS), "routingLanguages", Kind::Language),
    (Some(OURS), "attributes", Kind::Attribute),
    (Some(OURS), "compactAttributes", Kind::Attribute),
];

fn place<'a>(user: &'a Object, extension: Option<&str>, attribute: &str) -> Option<&'a Value> {
    match extension {
        None => user.get(attribute),
        Some(urn) => user.get(urn)?.as_object()?.get(attribute),
    }
}

/// The kinds of which a document speaks, with or without items.
pub(super) fn mentioned(user: &Object) -> BTreeSet<Kind> {
    PLACES
        .iter()
        .filter(|(urn, name, _)| place(user, *urn, name).is_some())
        .map(|(_, _, kind)| *kind)
        .collect()
}

/// What the document asks for.
///
/// # Errors
/// 400 `invalidValue` naming attribute and item.
pub fn requested(user: &Object) -> Result<DesiredSet, ScimError> {
    let mut set = DesiredSet { items: Vec::new(), managed: mentioned(user) };
    for (urn, name, kind) in PLACES {
        let Some(value) = place(user, urn, name) else { continue };
        for item in list(value) {
            let wanted = one(kind, &item).map_err(|why| {
                let place = urn.map_or_else(|| name.to_owned(), |urn| format!("{urn}:{name}"));
                ScimError::invalid_value(format!("{place}: {why}"))
            })?;
            set.items.extend(wanted.map(|wanted| Desired { wanted, reason: Reason::Request }));
        }
    }
    // An empty core `roles` is sent by connectors for every user and says nothing (docs/connectors.md C3.1).
    if core_roles_only_and_empty(user) {
        set.managed.remove(&Kind::Role);
    }
    if set.items.len() > limits::ENTITLEMENTS_PER_USER {
        let most = limits::ENTITLEMENTS_PER_USER;
        return Err(ScimError::invalid_value(format!(
            "more than {most} entitlements for one user; ask for fewer"
        )));
    }
    Ok(set)
}

fn core_roles_only_and_empty(user: &Object) -> bool {
    let empty =
        user.get("roles").is_some_and(|roles| roles.is_null() || roles.as_array().is_some_and(Vec::is_empty));
    empty && place(user, Some(OURS), "roles").is_none() && place(user, Some(OURS), "compactRoles").is_none()
}

/// The items of an attribute: array elements, or the parts of a compact string.
fn list(value: &Value) -> Vec<Value> {
    match value {
        Value::Null => Vec::new(),
        Value::Array(elements) => elements.iter().flat_map(list_element).collect(),
        other => list_element(other),
    }
}

fn list_element(value: &Value) -> Vec<Value> {
    match value {
        Value::String(text) if text.trim_start().starts_with('{') => vec![value.clone()],
        Value::String(text) => items(text).into_iter().map(Value::String).collect(),
        other => vec![other.clone()],
    }
}

fn one(kind: Kind, item: &Value) -> Result<Option<Wanted>, String> {
    match item {
        Value::String(text) => from_text(kind, text),
        Value::Object(object) => from_object(kind, object).map(Some),
        Value::Null => Ok(None),
        other => Err(format!("{other} is neither a text nor an object")),
    }
}

fn from_text(kind: Kind, text: &str) -> Result<Option<Wanted>, String> {
    if let (Kind::Role, Ok(Value::Object(object))) = (kind, serde_json::from_str(text)) {
        // Entra's AppRoleAssignmentsComplex: JSON inside a string (docs/connectors.md C4.5).
        return from_object(kind, &object).map(Some);
    }
    let wanted = match kind {
        Kind::Role => {
            let (role, division) = split_last(text, '@');
            Wanted::Role { role: named(role, text)?, division: division.filter(|name| !name.is_empty()) }
        }
        Kind::Queue => Wanted::Queue { queue: named(unescape(text), text)? },
        Kind::Skill => {
            let (skill, proficiency) = leveled(text)?;
            Wanted::Skill { skill, proficiency }
        }
        Kind::Language => {
            let (language, proficiency) = leveled(text)?;
            Wanted::Language { language, proficiency }
        }
        Kind::Attribute => {
            let (name, value) = split_first(text, '=').ok_or_else(|| form(text, "Schema.field=value"))?;
            let (schema, field) = split_last(name, '.');
            let field = field.ok_or_else(|| form(text, "Schema.field=value"))?;
            let value =
                Some(unescape(value)).filter(|value| !value.is_empty()).map_or(Value::Null, Value::String);
            Wanted::Attribute { schema: named(schema, text)?, field: named(field, text)?, value }
        }
    };
    Ok(Some(wanted))
}

fn form(text: &str, expected: &str) -> String {
    format!("\"{text}\" is not of the form {expected}")
}

fn named(name: String, whole: &str) -> Result<String, String> {
    if name.is_empty() { Err(format!("\"{whole}\" has an empty name")) } else { Ok(name) }
}

fn leveled(text: &str) -> Result<(String, Proficiency), String> {
    let (name, level) = split_last(text, ':');
    let level = level.ok_or_else(|| form(text, "Name:level"))?;
    let parsed = level.parse().ok().and_then(Proficiency::new);
    let proficiency = parsed.ok_or_else(|| format!("\"{text}\": the level must be a number from 0 to 5"))?;
    Ok((named(name, text)?, proficiency))
}

fn from_object(kind: Kind, object: &Object) -> Result<Wanted, String> {
    let wanted = match kind {
        Kind::Role => {
            let role = text(object, &["role", "value", "display", "displayName"])?;
            match object.get("division").and_then(Value::as_str).filter(|name| !name.is_empty()) {
                Some(division) => Wanted::Role { role, division: Some(division.to_owned()) },
                None if object.contains_key("role") => Wanted::Role { role, division: None },
                None => match from_text(kind, &role)? {
                    Some(wanted) => wanted,
                    None => Wanted::Role { role, division: None },
                },
            }
        }
        Kind::Queue => Wanted::Queue { queue: text(object, &["queue", "value", "name"])? },
        Kind::Skill => {
            Wanted::Skill { skill: text(object, &["skill", "name", "value"])?, proficiency: level(object)? }
        }
        Kind::Language => Wanted::Language {
            language: text(object, &["language", "name", "value"])?,
            proficiency: level(object)?,
        },
        Kind::Attribute => Wanted::Attribute {
            schema: text(object, &["schema"])?,
            field: text(object, &["field"])?,
            value: object.get("value").cloned().unwrap_or(Value::Null),
        },
    };
    Ok(wanted)
}

fn text(object: &Object, names: &[&str]) -> Result<String, String> {
    let found = names.iter().find_map(|name| object.get(*name).and_then(Value::as_str));
    let first = names.first().copied().unwrap_or_default();
    found
        .filter(|text| !text.trim().is_empty())
        .map(str::to_owned)
        .ok_or_else(|| format!("an item has no \"{first}\""))
}

fn level(object: &Object) -> Result<Proficiency, String> {
    let value = object.get("proficiency").ok_or("an item has no \"proficiency\" (0 to 5)")?;
    let number = value.as_f64().or_else(|| value.as_str().and_then(|text| text.parse().ok()));
    number
        .and_then(Proficiency::new)
        .ok_or_else(|| format!("proficiency {value} is not a number from 0 to 5"))
}
