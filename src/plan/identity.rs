//! Core identity: which attributes of a SCIM user Genesys Cloud can hold, and how they differ from what it
//! holds.
//!
//! Facts: docs/genesys.md G2.4 (no `name`, no `locale`, no addresses: those stay in the directory). Roles,
//! skills, languages and the division have other owners (`entitlements`, the division step) and are never
//! sent from here.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::phone;
use crate::model::{Failure, Mark, Object};
use crate::scim::kind::{CORE_USER as CORE, ENTERPRISE_USER as ENTERPRISE, GENESYS_USER as GENESYS};

/// Attributes by their SCIM path, as Genesys should hold them. `active` is not among them: it has steps of
/// its own.
pub(crate) type Payload = BTreeMap<String, Value>;

/// Why a user has no usable e-mail address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NoEmail;

/// The address by which Genesys identifies the person: userName when it is one, else the primary or work
/// e-mail, else the only one if it has no type, else userName at the fallback domain.
///
/// # Errors
/// There is none of these.
pub(crate) fn email_of(document: &Object, fallback_domain: Option<&str>) -> Result<String, NoEmail> {
    let user_name = document.get("userName").and_then(Value::as_str).unwrap_or_default().trim();
    if is_email(user_name) {
        return Ok(user_name.to_owned());
    }
    let emails = document.get("emails").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let usable = |wanted: &dyn Fn(&Value) -> bool| {
        let mut values =
            emails.iter().filter(|email| wanted(email)).filter_map(|email| email.get("value")?.as_str());
        values.find(|value| is_email(value)).map(str::to_owned)
    };
    let primary = usable(&|email| email.get("primary") == Some(&Value::Bool(true)));
    let work = || usable(&|email| email.get("type").and_then(Value::as_str) == Some("work"));
    let lone = || usable(&|email| emails.len() == 1 && text(email.get("type")).is_none());
    let fallback = || {
        let local: String = user_name
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() || "._-+".contains(c) { c } else { '_' })
            .collect();
        fallback_domain.filter(|_| !local.is_empty()).map(|domain| format!("{local}@{domain}"))
    };
    primary.or_else(work).or_else(lone).or_else(fallback).ok_or(NoEmail)
}

fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
    !local.is_empty()
        && domain.contains('.')
        && !domain.starts_with('.')
        && !domain.ends_with('.')
        && !text.contains(|c: char| c.is_whitespace() || c.is_control() || "<>()[],;:\\\"".contains(c))
        && local.find('@').is_none()
}

/// Builds the payload. `known_user` tells whether a manager's id is a user of this tenant; an unknown one
/// stays here.
pub(crate) fn payload(document: &Object, email: &str, known_user: &dyn Fn(&str) -> bool) -> Payload {
    let mut payload = Payload::new();
    payload.insert("userName".into(), json!(email));
    payload.insert("displayName".into(), json!(display_name(document)));
    for name in ["title", "externalId"] {
        if let Some(text) = text(document.get(name)) {
            payload.insert(name.into(), json!(text));
        }
    }
    let phones = phone::phones(document.get("phoneNumbers")).carried;
    if !phones.is_empty() {
        payload.insert("phoneNumbers".into(), Value::Array(phones));
    }
    if let Some(enterprise) = document.get(ENTERPRISE).and_then(Value::as_object) {
        for name in ["department", "employeeNumber"] {
            if let Some(text) = text(enterprise.get(name)) {
                payload.insert(format!("{ENTERPRISE}:{name}"), json!(text));
            }
        }
        if let Some(date) = text(enterprise.get("dateHire")).filter(|date| is_date(date)) {
            payload.insert(format!("{ENTERPRISE}:dateHire"), json!(date));
        }
        if let Some(manager) = manager_of(document).filter(|id| known_user(id)) {
            payload.insert(format!("{ENTERPRISE}:manager"), json!({ "value": manager }));
        }
    }
    payload
}

/// What of the document cannot be carried to Genesys although it has a place for such things; named without
/// its value.
pub(crate) fn kept_here(document: &Object) -> Vec<Failure> {
    phone::phones(document.get("phoneNumbers")).kept
}

/// The id of the manager that the document names.
pub(crate) fn manager_of(document: &Object) -> Option<&str> {
    text(document.get(ENTERPRISE)?.get("manager")?.get("value"))
}

/// The division that the document names.
pub(crate) fn division_of(document: &Object) -> Option<&str> {
    let division = document.get(ENTERPRISE)?.as_object()?.get("division")?.as_str()?;
    Some(division).filter(|name| !name.trim().is_empty())
}

/// Whether the document says that the user is active; silence means yes.
pub(crate) fn is_active(document: &Object) -> bool {
    document.get("active").and_then(Value::as_bool).unwrap_or(true)
}

/// The whole document of a SCIM create: payload, state, mark, and the client's own external ids.
pub(crate) fn create_document(payload: &Payload, active: bool, mark: &Mark, document: &Object) -> Object {
    let mut created = Object::new();
    let mut schemas = vec![json!(CORE)];
    let mut enterprise = Object::new();
    for (path, value) in payload {
        match path.strip_prefix(ENTERPRISE).and_then(|rest| rest.strip_prefix(':')) {
            Some(name) => enterprise.insert(name.to_owned(), value.clone()),
            None => created.insert(path.clone(), value.clone()),
        };
    }
    created.insert("active".into(), json!(active));
    if !enterprise.is_empty() {
        schemas.push(json!(ENTERPRISE));
        created.insert(ENTERPRISE.into(), Value::Object(enterprise));
    }
    let mut external_ids = vec![json!({ "authority": mark.authority, "value": mark.value })];
    let own =
        document.get(GENESYS).and_then(|extension| extension.get("externalIds")).and_then(Value::as_array);
    for entry in own.map(Vec::as_slice).unwrap_or_default() {
        if let (Some(authority), Some(value)) = (text(entry.get("authority")), text(entry.get("value"))) {
            // The SCIM authority is Genesys' own and immutable.
            if !authority.starts_with("x-pc:scim") && authority != mark.authority {
                external_ids.push(json!({ "authority": authority, "value": value }));
            }
        }
    }
    schemas.push(json!(GENESYS));
    created.insert(GENESYS.into(), json!({ "externalIds": external_ids }));
    created.insert("schemas".into(), Value::Array(schemas));
    created
}

/// What the bridge carries to Genesys, a user may be without, and is not named; by path.
pub(crate) fn unnamed(is_named: impl Fn(&str) -> bool) -> Vec<String> {
    let enterprise = ["department", "employeeNumber", "dateHire", "manager"];
    let enterprise = enterprise.iter().map(|name| format!("{ENTERPRISE}:{name}"));
    let core = ["title", "externalId", "phoneNumbers"].into_iter().map(str::to_owned);
    core.chain(enterprise).filter(|path| !is_named(path)).collect()
}

/// The same of a document.
pub(crate) fn unnamed_in(document: &Object) -> Vec<String> {
    unnamed(|path| has(document, path))
}

/// Whether a document has something at a path.
pub(crate) fn has(document: &Object, path: &str) -> bool {
    !same(path, &observed_at(document, path), &Value::Null)
}

/// What Genesys holds at a path; `Null` where nothing is.
pub(crate) fn observed_at(observed: &Object, path: &str) -> Value {
    let found = match path.strip_prefix(ENTERPRISE).and_then(|rest| rest.strip_prefix(':')) {
        Some(name) => observed.get(ENTERPRISE).and_then(|extension| extension.get(name)),
        None => observed.get(path),
    };
    found.cloned().unwrap_or(Value::Null)
}

/// Equality that ignores order, sub-attributes that Genesys adds, and the letter case of the main address.
pub(crate) fn same(path: &str, a: &Value, b: &Value) -> bool {
    let empty = |value: &Value| match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(elements) => elements.is_empty(),
        Value::Object(members) => {
            members.get("value").is_none_or(Value::is_null) && path.ends_with(":manager")
        }
        _ => false,
    };
    if empty(a) || empty(b) {
        return empty(a) && empty(b);
    }
    match path {
        "userName" => fold(a) == fold(b),
        "phoneNumbers" => phone_set(a) == phone_set(b),
        _ if path.ends_with(":manager") => manager_id(a) == manager_id(b),
        _ => a == b,
    }
}

fn fold(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_lowercase()
}

fn manager_id(value: &Value) -> Option<&str> {
    value.as_str().or_else(|| value.get("value")?.as_str())
}

fn phone_set(value: &Value) -> std::collections::BTreeSet<(String, String)> {
    let sub =
        |phone: &Value, name: &str| phone.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let phones = value.as_array().map(Vec::as_slice).unwrap_or_default();
    let number = |text: String| phone::number(&text).unwrap_or(text);
    phones.iter().map(|phone| (sub(phone, "type"), number(sub(phone, "value")))).collect()
}

/// Telephone numbers without their types.
pub(crate) fn numbers(value: &Value) -> std::collections::BTreeSet<String> {
    phone_set(value).into_iter().map(|(_, number)| number).collect()
}

/// `displayName`, built where it is missing: Genesys requires one.
fn display_name(document: &Object) -> String {
    if let Some(name) = text(document.get("displayName")) {
        return name.to_owned();
    }
    let name = document.get("name");
    let part = |key: &str| name.and_then(|name| text(name.get(key)));
    if let Some(formatted) = part("formatted") {
        return formatted.to_owned();
    }
    let parts: Vec<&str> = [part("givenName"), part("familyName")].into_iter().flatten().collect();
    if parts.is_empty() {
        text(document.get("userName")).unwrap_or("unnamed").to_owned()
    } else {
        parts.join(" ")
    }
}

fn is_date(text: &str) -> bool {
    text.len() == 10 && text.parse::<jiff::civil::Date>().is_ok()
}

fn text(value: Option<&Value>) -> Option<&str> {
    value.and_then(Value::as_str).filter(|text| !text.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(value: Value) -> Object {
        value.as_object().cloned().unwrap()
    }

    #[test]
    fn all_that_a_create_may_carry_and_a_user_may_be_without_is_found_where_it_is_not_named() {
        let full = object(json!({
            "userName": "a@b.c", "displayName": "A", "title": "Clerk", "externalId": "x",
            "phoneNumbers": [{"type": "work", "value": "+35315550100"}],
            ENTERPRISE: {
                "department": "Claims", "employeeNumber": "7", "dateHire": "2020-02-02",
                "manager": {"value": "boss"}, "division": "EMEA",
            },
        }));
        let carried = payload(&full, "a@b.c", &|_| true);
        let mark = Mark { authority: "scimbridge-t".into(), value: "1".into() };
        let there = create_document(&carried, true, &mark, &full);
        let mut wanted: Vec<&str> = carried.keys().map(String::as_str).collect();
        wanted.retain(|path| !["userName", "displayName"].contains(path));
        let bare = object(json!({"userName": "a@b.c", "displayName": "A", "title": ""}));
        let mut found = unnamed_in(&bare);
        found.sort();
        assert_eq!(found, wanted);
        assert!(found.iter().all(|path| has(&there, path)));
        assert_eq!(unnamed_in(&there), Vec::<String>::new());
        assert_eq!(unnamed(|path| carried.contains_key(path)), Vec::<String>::new());
        let nothing =
            object(json!({"title": "", "phoneNumbers": [], ENTERPRISE: {"manager": {"value": null}}}));
        assert_eq!(unnamed_in(&nothing).len(), wanted.len());
    }
}
