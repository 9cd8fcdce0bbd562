//! Entitlements that the request itself carries: our extension in full and compact form, Genesys' extension,
//! core `roles`.
//!
//! Reads a document of record and says which kinds it speaks of. An absent attribute is "not managed by this
//! request"; `[]`, null and "" mean "take back what we gave" (P5). Where kinds stand is
//! [`crate::scim::places`], how a text is read [`crate::model::compact`].

use std::collections::BTreeSet;

use serde_json::Value;

use crate::limits;
use crate::model::compact;
use crate::model::{Desired, DesiredSet, Family, Kind, Object, Proficiency, Reason, Wanted};
use crate::scim::error::ScimError;
use crate::scim::json;
use crate::scim::places::{Place, places};

/// Where each kind may stand.
fn everywhere() -> impl Iterator<Item = (Kind, Place)> {
    Kind::ALL.into_iter().flat_map(|kind| places(kind).map(move |place| (kind, place)))
}

/// The kinds of which a document speaks, with or without items.
pub(super) fn mentioned(user: &Object) -> BTreeSet<Kind> {
    everywhere().filter(|(_, place)| place.of(user).is_some()).map(|(kind, _)| kind).collect()
}

/// What the document asks for.
///
/// # Errors
/// 400 `invalidValue` naming attribute and item.
pub(crate) fn requested(user: &Object) -> Result<DesiredSet, ScimError> {
    let mut set = DesiredSet { items: Vec::new(), managed: mentioned(user) };
    for (kind, place) in everywhere() {
        let Some(value) = place.of(user) else { continue };
        let wanted = all(kind, place.attribute, value).and_then(of_known_length).map_err(|why| {
            let name = place.attribute;
            let place = place.extension.map_or_else(|| name.to_owned(), |urn| format!("{urn}:{name}"));
            ScimError::invalid_value(format!("{place}: {why}"))
        })?;
        set.items.extend(wanted.into_iter().map(|wanted| Desired { wanted, reason: Reason::Request }));
    }
    for kind in Kind::ALL {
        // An empty core `roles` is sent by connectors for every user and says nothing (docs/connectors.md
        // C3.1).
        if only_core_and_empty(kind, user) {
            set.managed.remove(&kind);
        }
    }
    if set.items.len() > limits::ENTITLEMENTS_PER_USER {
        let most = limits::ENTITLEMENTS_PER_USER;
        return Err(ScimError::invalid_value(format!(
            "more than {most} entitlements for one user; ask for fewer"
        )));
    }
    Ok(set)
}

fn of_known_length(wanted: Vec<Wanted>) -> Result<Vec<Wanted>, String> {
    let most = limits::ENTITLEMENT_NAME_CHARS;
    let is_too_long = |name: &str| name.chars().nth(most).is_some();
    if wanted.iter().any(|wanted| wanted.names().any(is_too_long)) {
        return Err(format!(
            "a name is longer than {most} characters; Genesys Cloud has none of that length"
        ));
    }
    Ok(wanted)
}

fn only_core_and_empty(kind: Kind, user: &Object) -> bool {
    let empty = |value: &Value| value.is_null() || value.as_array().is_some_and(Vec::is_empty);
    places(kind)
        .filter_map(|place| Some((place, place.of(user)?)))
        .all(|(place, value)| place.extension.is_none() && empty(value))
}

/// What an attribute asks for: a text in compact form, one item, or a list of items.
fn all(kind: Kind, attribute: &str, value: &Value) -> Result<Vec<Wanted>, String> {
    let Value::Array(items) = value else { return item(kind, value) };
    // In a full list JSON separates, and a name needs no escape: it is taken as it stands.
    let plain = kind.family() == Family::Membership && attribute != kind.row().compact;
    let one = |value: &Value| match value {
        Value::String(name) if plain && name.trim().is_empty() => Ok(Vec::new()),
        Value::String(name) if plain => Ok(vec![Wanted::Member { kind, name: name.trim().to_owned() }]),
        other => item(kind, other),
    };
    Ok(items.iter().map(one).collect::<Result<Vec<_>, _>>()?.concat())
}

fn item(kind: Kind, item: &Value) -> Result<Vec<Wanted>, String> {
    match item {
        Value::Null => Ok(Vec::new()),
        Value::String(text) => match packed(kind, text)? {
            Some(object) => Ok(vec![from_object(kind, &object)?]),
            None => compact::wanted(kind, text),
        },
        Value::Object(object) => Ok(vec![from_object(kind, object)?]),
        _ => Err("an item is neither a text nor an object".to_owned()),
    }
}

/// Entra's AppRoleAssignmentsComplex: JSON inside a string (docs/connectors.md C4.5).
fn packed(kind: Kind, text: &str) -> Result<Option<Object>, String> {
    if kind.family() != Family::Grant {
        return Ok(None);
    }
    json::object_in(text).map_err(|fault| fault.detail)
}

fn from_object(kind: Kind, object: &Object) -> Result<Wanted, String> {
    let word = kind.row().word;
    match kind.family() {
        Family::Grant => {
            let role = text(object, &["role", "value", "display", "displayName"])?;
            let division = object.get("division").and_then(Value::as_str).filter(|name| !name.is_empty());
            if division.is_some() || object.contains_key("role") {
                return Ok(Wanted::Role { role, division: division.map(str::to_owned) });
            }
            // A core role has no place for a division but its name; inside an object `;` separates nothing.
            match packed(kind, &role)? {
                Some(inner) => from_object(kind, &inner),
                None => compact::one(kind, &role),
            }
        }
        Family::Membership => Ok(Wanted::Member { kind, name: text(object, &[word, "value", "name"])? }),
        Family::Level => Ok(Wanted::Level {
            kind,
            name: text(object, &[word, "name", "value"])?,
            proficiency: level(object)?,
        }),
        Family::Field => {
            let value = object.get("value").cloned().unwrap_or(Value::Null);
            let value = if value.as_str() == Some("") { Value::Null } else { value };
            Ok(Wanted::Attribute {
                schema: text(object, &["schema"])?,
                field: text(object, &["field"])?,
                value,
            })
        }
    }
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
        .ok_or_else(|| "proficiency of an item is not a number from 0 to 5".to_owned())
}
