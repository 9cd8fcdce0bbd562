//! Facts beyond the models: how many per call, which values are UUIDs, page sizes, proficiency, fields a good
//! answer must have. Which facts hold for which operation stands in the overlay's `[[rule]]` table; the few
//! that cannot be said in a table are here. SCIM has its own in `scim.rs`.

use serde_json::Value;
use uuid::Uuid;

use super::description::Operation;
use super::overlay::{Overlay, Rule};
use super::parameters::pairs;
use super::report::{Direction, Report};
use super::{Contract, Exchange};

/// Judges a request by the facts.
pub(super) fn check_request(
    contract: &Contract,
    operation: &Operation,
    exchange: &Exchange<'_>,
    body: Option<&Value>,
    report: &mut Report,
) {
    let query = pairs(exchange.query);
    let name = operation.name();
    for rule in contract.overlay.rules(&name) {
        check_query(rule, &query, report);
        if let Some(body) = body {
            check_body(rule, body, report);
        }
    }
    if let Some(body) = body {
        check_proficiency(operation, Direction::Request, body, report);
        match name.as_str() {
            "PATCH /api/v2/users/{userId}" => check_state_alone(body, report),
            "POST /api/v2/users/search" => check_search(contract.description.document(), body, report),
            "POST /api/v2/users/{userId}/externalid" => check_authority(body, report),
            _ => {}
        }
    }
}

/// Judges a successful answer by the facts.
pub(super) fn check_answer(overlay: &Overlay, operation: &Operation, body: &Value, report: &mut Report) {
    let name = operation.name();
    for rule in overlay.rules(&name) {
        for place in &rule.answer_required {
            for (pointer, value) in select(body, place) {
                if value.is_none() {
                    report.add(Direction::Answer, &pointer, "is missing", &rule.fact);
                }
            }
        }
        check_ids(Direction::Answer, &rule.answer_ids, rule, body, report);
    }
    check_proficiency(operation, Direction::Answer, body, report);
    check_page(body, report);
}

fn check_query(rule: &Rule, query: &[(String, String)], report: &mut Report) {
    if let Some(limit) = &rule.query_count {
        let values: Vec<&str> =
            query.iter().filter(|(name, _)| *name == limit.name).flat_map(|(_, v)| v.split(',')).collect();
        let place = format!("query {}", limit.name);
        if values.len() > limit.max {
            let what = format!("holds {} values, at most {} are taken per call", values.len(), limit.max);
            report.add(Direction::Request, &place, &what, &rule.fact);
        }
        if limit.ids && values.iter().any(|value| Uuid::parse_str(value).is_err()) {
            report.add(Direction::Request, &place, "holds a value that is not a UUID", &rule.fact);
        }
    }
    if let Some(limit) = &rule.query_max {
        let value = query.iter().find(|(name, _)| *name == limit.name);
        if let Some(value) = value.and_then(|(_, value)| value.parse::<i64>().ok())
            && !(1..=limit.max).contains(&value)
        {
            let what = format!("is {value}, must be 1 to {}", limit.max);
            report.add(Direction::Request, &format!("query {}", limit.name), &what, &rule.fact);
        }
    }
}

fn check_body(rule: &Rule, body: &Value, report: &mut Report) {
    check_ids(Direction::Request, &rule.request_ids, rule, body, report);
    if let Some(limit) = &rule.request_count
        && let Some(list) = body.pointer(&limit.at).and_then(Value::as_array)
    {
        let count = list.len();
        if count < limit.min {
            let what = format!("holds {count} entries, at least {} are needed", limit.min);
            report.add(Direction::Request, &limit.at, &what, &rule.fact);
        }
        if let Some(max) = limit.max.filter(|max| count > *max) {
            let what = format!("holds {count} entries, at most {max} are taken per call");
            report.add(Direction::Request, &limit.at, &what, &rule.fact);
        }
    }
}

fn check_ids(direction: Direction, places: &[String], rule: &Rule, body: &Value, report: &mut Report) {
    for place in places {
        for (pointer, value) in select(body, place) {
            match value {
                None if direction == Direction::Request => {
                    report.add(direction, &pointer, "is missing", &rule.fact);
                }
                Some(Value::String(text)) if Uuid::parse_str(text).is_err() => {
                    report.add(direction, &pointer, "is not a UUID", &rule.fact);
                }
                None | Some(_) => {}
            }
        }
    }
}

/// Every value at `place` with its pointer, where `*` stands for each element of a list. A place that is
/// not there gives `None`; so does one whose way leads through something that is not there.
fn select<'a>(body: &'a Value, place: &str) -> Vec<(String, Option<&'a Value>)> {
    let mut found = vec![(String::new(), Some(body))];
    for segment in place.split('/').skip(1) {
        found = found.into_iter().flat_map(|(pointer, value)| step(pointer, value, segment)).collect();
    }
    found
}

fn step<'a>(pointer: String, value: Option<&'a Value>, segment: &str) -> Vec<(String, Option<&'a Value>)> {
    match (segment, value) {
        ("*", Some(Value::Array(list))) => {
            list.iter().enumerate().map(|(index, item)| (format!("{pointer}/{index}"), Some(item))).collect()
        }
        ("*", None) => vec![(pointer, None)],
        ("*", Some(_)) => Vec::new(),
        (name, Some(value)) => vec![(format!("{pointer}/{name}"), value.get(name))],
        (_, None) => vec![(pointer, None)],
    }
}

/// Proficiency of skills and languages is 0 to 5, wherever it stands.
fn check_proficiency(operation: &Operation, direction: Direction, body: &Value, report: &mut Report) {
    if operation.template.contains("skillgroup") {
        return;
    }
    let mut open = vec![(String::new(), body)];
    while let Some((pointer, value)) = open.pop() {
        match value {
            Value::Array(list) => {
                open.extend(list.iter().enumerate().map(|(i, item)| (format!("{pointer}/{i}"), item)));
            }
            Value::Object(members) => {
                let proficiency = members.get("proficiency").and_then(Value::as_f64);
                if proficiency.is_some_and(|level| !(0.0..=5.0).contains(&level)) {
                    let place = format!("{pointer}/proficiency");
                    report.add(direction, &place, "must be between 0 and 5", "G5.1");
                }
                open.extend(members.iter().map(|(name, member)| (format!("{pointer}/{name}"), member)));
            }
            _ => {}
        }
    }
}

fn check_state_alone(body: &Value, report: &mut Report) {
    let Some(members) = body.as_object() else { return };
    if !members.contains_key("state") {
        return;
    }
    for name in members.keys().filter(|name| !matches!(name.as_str(), "state" | "version")) {
        let what = "cannot be changed in the same call as state";
        report.add(Direction::Request, &format!("/{name}"), what, "G3.2");
    }
}

/// Search fields are listed beside the model, in an extension of the description.
fn check_search(document: &Value, body: &Value, report: &mut Report) {
    let known = document
        .pointer("/definitions/UserSearchCriteria/properties/fields/x-genesys-search-fields/value")
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        .unwrap_or_default();
    for (pointer, fields) in select(body, "/query/*/fields") {
        for field in fields.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default() {
            if !known.is_empty() && !known.contains(field) {
                report.add(Direction::Request, &pointer, &format!("{field} is not a search field"), "G3.7");
            }
        }
    }
    for (pointer, criterion) in select(body, "/query/*") {
        let Some(criterion) = criterion else { continue };
        let kind = criterion.get("type").and_then(Value::as_str).unwrap_or_default();
        let has_value = ["value", "values", "startValue", "endValue", "group"]
            .iter()
            .any(|name| criterion.get(*name).is_some());
        if !has_value && !matches!(kind, "MATCH_ALL" | "REQUIRED_FIELDS") {
            report.add(Direction::Request, &pointer, "a criterion needs a value to compare with", "G3.7");
        }
    }
}

fn check_authority(body: &Value, report: &mut Report) {
    let authority = body.get("authorityName").and_then(Value::as_str).unwrap_or_default();
    if authority.contains("://") || authority.contains('/') {
        let what = "an authority in the shape of a URL cannot be looked up again";
        report.add(Direction::Request, "/authorityName", what, "G3.9");
    }
}

/// A page never holds more than it says.
fn check_page(body: &Value, report: &mut Report) {
    let list = body.get("entities").or_else(|| body.get("results")).and_then(Value::as_array);
    let size = body.get("pageSize").and_then(Value::as_u64);
    if let (Some(list), Some(size)) = (list, size)
        && u64::try_from(list.len()).is_ok_and(|count| count > size)
    {
        let what = format!("a page of {size} holds {} entries", list.len());
        report.add(Direction::Answer, "/pageSize", &what, "G3.12");
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_place_with_a_star_selects_every_element() {
        let body = json!({"grants": [{"role": {"id": "a"}}, {"role": {}}, {}]});
        let found: Vec<_> = select(&body, "/grants/*/role/id")
            .into_iter()
            .map(|(pointer, value)| (pointer, value.and_then(Value::as_str)))
            .collect();
        let expected =
            [("/grants/0/role/id", Some("a")), ("/grants/1/role/id", None), ("/grants/2/role", None)];
        assert_eq!(found, expected.map(|(pointer, value)| (pointer.to_owned(), value)).to_vec());
        assert_eq!(select(&json!({}), "/grants/*/id"), vec![("/grants".to_owned(), None)]);
        assert_eq!(select(&json!({"grants": []}), "/grants/*/id"), Vec::new());
    }
}
