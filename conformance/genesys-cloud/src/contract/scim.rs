//! What holds for the Genesys SCIM API beyond its models: `eq`-only filters, page sizes, PATCH operations,
//! entity tags, list and limit facts. Source: docs/genesys.md G2. Failure shapes are judged in `answer.rs`.

use serde_json::{Value, json};

use super::description::Operation;
use super::parameters::pairs;
use super::report::{Direction, Report};
use super::{Contract, Exchange, header};

const CORE: &str = "urn:ietf:params:scim:schemas:core:2.0:";
const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const GENESYS: &str = "urn:ietf:params:scim:schemas:extension:genesys:purecloud:2.0:User";
const PATCH_OP: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
/// A larger page needs the expensive attributes to be left out, or it runs into resource limits.
const PAGE: u32 = 25;
/// Members, skills or languages in one call.
const MEMBERS: usize = 50;

/// Judges a SCIM request by the facts.
pub(super) fn check_request(
    contract: &Contract,
    operation: &Operation,
    exchange: &Exchange<'_>,
    body: Option<&Value>,
    report: &mut Report,
) {
    let groups = operation.template.contains("/groups");
    let query = pairs(exchange.query);
    let value = |name: &str| query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    if let Some(filter) = value("filter")
        && !operation.template.ends_with("/schemas")
        && let Some(problem) = filter_problem(filter, groups)
    {
        report.add(Direction::Request, "query filter", problem, "G2.12");
    }
    let trimmed = value("attributes").is_some() || value("excludedAttributes").is_some();
    if value("count").and_then(|count| count.parse::<u32>().ok()).is_some_and(|n| n > PAGE) && !trimmed {
        let what = "a page over 25 needs attributes or excludedAttributes";
        report.add(Direction::Request, "query count", what, "G2.11");
    }
    if value("startIndex").is_some_and(|start| start.parse::<u32>().is_ok_and(|start| start == 0)) {
        report.add(Direction::Request, "query startIndex", "counts from 1", "G2.11");
    }
    let Some(body) = body else { return };
    if operation.method == "PATCH" {
        check_patch(contract, groups, body, report);
    } else {
        check_lists(body, report);
    }
}

/// Judges a successful SCIM answer by the facts.
pub(super) fn check_answer(
    operation: &Operation,
    exchange: &Exchange<'_>,
    body: &Value,
    report: &mut Report,
) {
    let resources = body.get("Resources").and_then(Value::as_array);
    let asked = pairs(exchange.query).into_iter().find(|(name, _)| name == "count");
    let asked = asked.and_then(|(_, value)| value.parse::<usize>().ok()).unwrap_or(25);
    if resources.is_some_and(|list| list.len() > asked) {
        report.add(Direction::Answer, "/Resources", "holds more resources than count allows", "G2.11");
    }
    let users = operation.template.contains("/users");
    let one = [body];
    let judged: Vec<&Value> = match resources {
        Some(list) => list.iter().collect(),
        None if body.get("totalResults").is_some() => Vec::new(),
        None => one.to_vec(),
    };
    for resource in judged.into_iter().filter(|_| users) {
        if resource.get("password").is_some() {
            report.add(Direction::Answer, "/password", "is write-only", "G2.6");
        }
    }
}

/// An answer with one user or group carries an entity tag that equals `meta.version`.
pub(super) fn check_etag(exchange: &Exchange<'_>, body: Option<&Value>, report: &mut Report) {
    let version = body.and_then(|body| body.pointer("/meta/version")).and_then(Value::as_str);
    let resource = body.and_then(|body| body.pointer("/meta/resourceType")).and_then(Value::as_str);
    let (Some(version), Some("User" | "Group")) = (version, resource) else { return };
    let plain = |text: &str| text.trim_start_matches("W/").trim_matches('"').to_owned();
    match header(exchange.response_headers, "etag") {
        Some(tag) if plain(tag) == plain(version) => {}
        Some(_) => report.add(Direction::Answer, "header ETag", "differs from meta.version", "G2.15"),
        None => report.add(Direction::Answer, "header ETag", "is missing", "G2.15"),
    }
}

/// What is wrong with a filter. Only a single `eq` over a published attribute can be relied on.
fn filter_problem(filter: &str, groups: bool) -> Option<&'static str> {
    if let Some(inner) = filter
        .strip_prefix(&format!("{GENESYS}:externalIds["))
        .and_then(|rest| rest.strip_suffix(']'))
        .filter(|_| !groups)
    {
        let both = inner.starts_with("authority eq \"") && inner.contains("\" and value eq \"");
        return (!both).then_some("externalIds is filtered by authority and value together");
    }
    let known: &[&str] = if groups {
        &["id", "displayName"]
    } else {
        &["id", "userName", "manager", "email", "division", "externalId", "active", "employeeNumber"]
    };
    let mut parts = filter.splitn(3, ' ');
    let attribute = parts.next().unwrap_or_default();
    if !known.contains(&attribute) {
        return Some("filters by an attribute that is not published as a filter");
    }
    if parts.next() != Some("eq") {
        return Some("eq is the only published operator");
    }
    let value = parts.next().unwrap_or_default();
    let single = serde_json::from_str::<Value>(value).is_ok_and(|value| !value.is_object())
        || (!value.is_empty() && !value.contains([' ', '"']));
    (!single).then_some("holds more than one comparison, or a value with spaces that is not in quotes")
}

fn check_lists(body: &Value, report: &mut Report) {
    for name in ["routingSkills", "routingLanguages"] {
        let list = body.get(GENESYS).and_then(|extension| extension.get(name)).and_then(Value::as_array);
        if list.is_some_and(|list| list.len() > MEMBERS) {
            let place = format!("/{GENESYS}/{name}");
            report.add(Direction::Request, &place, "holds more than 50 entries", "G2.8");
        }
    }
}

fn check_patch(contract: &Contract, groups: bool, body: &Value, report: &mut Report) {
    let schemas = body.get("schemas").and_then(Value::as_array);
    if !schemas.is_some_and(|list| list.iter().any(|schema| schema.as_str() == Some(PATCH_OP))) {
        report.add(Direction::Request, "/schemas", "must hold the URN of the PATCH message", "G2.19");
    }
    let operations = body.get("Operations").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    if operations.is_empty() {
        report.add(Direction::Request, "/Operations", "is missing or empty", "G2.19");
    }
    for (index, operation) in operations.iter().enumerate() {
        let place = format!("/Operations/{index}");
        check_patch_operation(contract, groups, &place, operation, report);
    }
}

fn check_patch_operation(
    contract: &Contract,
    groups: bool,
    place: &str,
    operation: &Value,
    report: &mut Report,
) {
    let mut wrong = |place: &str, what: &str| report.add(Direction::Request, place, what, "G2.19");
    let op = operation.get("op").and_then(Value::as_str).unwrap_or_default();
    let value = operation.get("value");
    if op != "remove" && value.is_none() {
        wrong(&format!("{place}/value"), "add and replace need a value");
    }
    if let Some(list) = value.and_then(Value::as_array)
        && list.len() > MEMBERS
    {
        wrong(&format!("{place}/value"), "holds more than 50 entries");
    }
    let Some(path) = operation.get("path").and_then(Value::as_str) else {
        if op == "remove" {
            wrong(&format!("{place}/path"), "remove needs a path");
        } else if let Some(value) = value {
            check_value(contract, groups, place, value, report);
        }
        return;
    };
    match Target::parse(path, groups) {
        Err(problem) => wrong(&format!("{place}/path"), problem),
        Ok(target) => {
            if let (Some(value), true) = (value, op != "remove" && target.whole) {
                let wrapped = target.wrap(contract.description.document(), value);
                check_value(contract, groups, place, &wrapped, report);
            }
        }
    }
}

/// Judges a value by the resource's own model: what may be patched is what may be sent.
fn check_value(contract: &Contract, groups: bool, place: &str, value: &Value, report: &mut Report) {
    let model = if groups { "/definitions/ScimV2Group" } else { "/definitions/ScimV2User" };
    let document = contract.description.document();
    for finding in contract.schemas.check(document, Direction::Request, model, value) {
        if !(finding.missing && finding.pointer.is_empty()) {
            let place = format!("{place}/value at {}", finding.pointer);
            report.add(Direction::Request, &place, &finding.what, "");
        }
    }
}

/// The attribute that a PATCH path means.
struct Target<'a> {
    extension: Option<&'static str>,
    attribute: &'a str,
    /// True when the path means the attribute as a whole: no filter, no sub-attribute.
    whole: bool,
}

impl<'a> Target<'a> {
    fn parse(path: &'a str, groups: bool) -> Result<Self, &'static str> {
        let core = format!("{CORE}{}:", if groups { "Group" } else { "User" });
        let path = path.strip_prefix(&core).unwrap_or(path);
        let extension = [ENTERPRISE, GENESYS].into_iter().find(|urn| !groups && path.starts_with(*urn));
        let rest = extension.and_then(|urn| path.strip_prefix(urn)).unwrap_or(path);
        let rest = if extension.is_some() { rest.strip_prefix(':').unwrap_or(rest) } else { rest };
        let end = rest.find(['[', '.']).unwrap_or(rest.len());
        let attribute = rest.get(..end).unwrap_or(rest);
        let known: &[&str] = match extension {
            Some(ENTERPRISE) => &["", "division", "department", "manager", "employeeNumber", "dateHire"],
            Some(_) => &["", "routingSkills", "routingLanguages", "externalIds"],
            None if groups => &["members", "displayName", "externalId"],
            None => &[
                "active",
                "userName",
                "displayName",
                "password",
                "title",
                "phoneNumbers",
                "emails",
                "externalId",
                "roles",
            ],
        };
        if known.contains(&attribute) {
            return Ok(Self { extension, attribute, whole: end == rest.len() });
        }
        let in_extension = matches!(
            attribute,
            "division"
                | "department"
                | "manager"
                | "employeeNumber"
                | "dateHire"
                | "routingSkills"
                | "routingLanguages"
                | "externalIds"
        );
        Err(if in_extension && !groups {
            "an attribute of an extension needs its full URN"
        } else {
            "is not an attribute that can be written"
        })
    }

    /// The value as a resource that holds nothing else; a single entry of a list becomes a list of one.
    fn wrap(&self, document: &Value, value: &Value) -> Value {
        let model = match self.extension {
            None => "ScimV2User",
            Some(ENTERPRISE) => "ScimV2EnterpriseUser",
            Some(_) => "ScimUserExtensions",
        };
        let kind = document.pointer(&format!("/definitions/{model}/properties/{}/type", self.attribute));
        let listed = kind.and_then(Value::as_str) == Some("array") || self.attribute == "members";
        let value = if listed && !value.is_array() { json!([value]) } else { value.clone() };
        match (self.extension, self.attribute) {
            (Some(urn), "") => json!({ urn: value }),
            (Some(urn), attribute) => json!({ urn: { attribute: value } }),
            (None, attribute) => json!({ attribute: value }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_eq_over_a_published_attribute_is_a_filter() {
        for (filter, groups, good) in [
            ("userName eq \"anna@example.org\"", false, true),
            ("userName eq anna@example.org", false, true),
            ("active eq false", false, true),
            ("division eq \"New York\"", false, true),
            ("displayName eq \"Sales \\\"A\\\"\"", true, true),
            (&format!("{GENESYS}:externalIds[authority eq \"a\" and value eq \"b\"]"), false, true),
            (&format!("{GENESYS}:externalIds[value eq \"b\"]"), false, false),
            ("userName sw \"anna\"", false, false),
            ("displayName eq \"Anna\"", false, false),
            ("userName eq \"a\" and active eq true", false, false),
            ("division eq New York", false, false),
            ("members eq \"x\"", true, false),
            ("userName", false, false),
            ("", false, false),
        ] {
            assert_eq!(filter_problem(filter, groups).is_none(), good, "{filter}");
        }
    }

    #[test]
    fn a_patch_path_names_a_writable_attribute() {
        for (path, groups, good) in [
            ("title", false, true),
            ("emails[type eq \"work\"].value", false, true),
            (&format!("{CORE}User:title"), false, true),
            (&format!("{GENESYS}:externalIds"), false, true),
            (&format!("{ENTERPRISE}:manager.value"), false, true),
            (GENESYS, false, true),
            ("members[value eq \"x\"]", true, true),
            ("externalIds", false, false),
            ("name.givenName", false, false),
            ("groups", false, false),
            ("title", true, false),
            ("", false, false),
        ] {
            assert_eq!(Target::parse(path, groups).is_ok(), good, "{path}");
        }
    }
}
