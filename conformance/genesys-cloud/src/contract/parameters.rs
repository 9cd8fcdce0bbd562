//! Path, query and header parameters against what the operation declares: names, types, allowed values,
//! repetition. The body is judged in `request.rs`, limits that come from facts in `rules.rs`.

use percent_encoding::percent_decode_str;
use uuid::Uuid;

use super::description::{Kind, Operation, Parameter, Place};
use super::report::{Direction, Report};
use super::{Exchange, header};

/// Path parameters that are identifiers of directory objects; those are UUIDs everywhere in Genesys Cloud.
const UUID_NAMES: [&str; 12] = [
    "userId",
    "subjectId",
    "groupId",
    "queueId",
    "roleId",
    "divisionId",
    "skillId",
    "languageId",
    "memberId",
    "teamId",
    "stationId",
    "definitionId",
];
/// Headers that only some operations take; elsewhere they promise a check that nobody makes.
const CONDITIONAL: [&str; 4] = ["If-Match", "If-None-Match", "If-Modified-Since", "Idempotency-Key"];

/// Judges the parameters of one request.
pub(super) fn check(
    operation: &Operation,
    path_values: &[(String, String)],
    exchange: &Exchange<'_>,
    report: &mut Report,
) {
    check_path(operation, path_values, report);
    check_query(operation, &pairs(exchange.query), report);
    check_headers(operation, exchange, report);
}

/// The decoded name-value pairs of a query or a form, in order.
pub(super) fn pairs(text: &str) -> Vec<(String, String)> {
    text.split('&')
        .filter(|part| !part.is_empty())
        .map(|part| part.split_once('=').unwrap_or((part, "")))
        .map(|(name, value)| (decode(name), decode(value)))
        .collect()
}

/// Decodes one name or value of a query or a form.
fn decode(text: &str) -> String {
    percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned()
}

fn check_path(operation: &Operation, path_values: &[(String, String)], report: &mut Report) {
    let attributes = operation.template.contains("/customattributes");
    for (name, value) in path_values {
        let is_id = UUID_NAMES.contains(&name.as_str()) || (attributes && name == "schemaId");
        if is_id && Uuid::parse_str(value).is_err() {
            report.add(Direction::Request, &format!("path {name}"), "is not a UUID", "G3.12");
        }
    }
    for parameter in operation.parameters.iter().filter(|p| p.place == Place::Path) {
        let value = path_values.iter().find(|(name, _)| *name == parameter.name);
        if let Some((_, value)) = value
            && let Some(problem) = value_problem(parameter, value)
        {
            report.add(Direction::Request, &format!("path {}", parameter.name), &problem, "");
        }
    }
}

fn check_query(operation: &Operation, query: &[(String, String)], report: &mut Report) {
    let declared = || operation.parameters.iter().filter(|p| p.place == Place::Query);
    for (name, value) in query {
        let place = format!("query {name}");
        match declared().find(|parameter| parameter.name == *name) {
            None => report.add(Direction::Request, &place, "the operation has no such parameter", ""),
            Some(parameter) => {
                if let Some(problem) = value_problem(parameter, value) {
                    report.add(Direction::Request, &place, &problem, "");
                }
                let times = query.iter().filter(|(other, _)| other == name).count();
                if times > 1 && parameter.kind != Kind::Array {
                    report.add(Direction::Request, &place, "may be given once only", "");
                }
            }
        }
    }
    for parameter in declared().filter(|parameter| parameter.required) {
        if !query.iter().any(|(name, _)| *name == parameter.name) {
            let place = format!("query {}", parameter.name);
            report.add(Direction::Request, &place, "is required and missing", "");
        }
    }
}

fn check_headers(operation: &Operation, exchange: &Exchange<'_>, report: &mut Report) {
    for name in CONDITIONAL {
        let Some(value) = header(exchange.request_headers, name) else { continue };
        let place = format!("header {name}");
        let declared = operation
            .parameters
            .iter()
            .any(|parameter| parameter.place == Place::Header && parameter.name.eq_ignore_ascii_case(name));
        if !declared {
            report.add(Direction::Request, &place, "the operation does not take this header", "G2.16");
        } else if name == "If-Match" && !is_quoted_version(value) {
            report.add(Direction::Request, &place, "must be the version in double quotes", "G2.15");
        }
    }
    let authorization = header(exchange.request_headers, "authorization").unwrap_or_default();
    let bearer = authorization
        .split_once(' ')
        .is_some_and(|(scheme, token)| scheme.eq_ignore_ascii_case("bearer") && !token.trim().is_empty());
    if !bearer && exchange.status != 401 {
        let what = "must be a bearer token; an answer other than 401 shows that none was asked for";
        report.add(Direction::Request, "header Authorization", what, "G1.2");
    }
}

fn is_quoted_version(value: &str) -> bool {
    let inner = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    inner.is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()))
}

/// What is wrong with one value of `parameter`, if anything.
fn value_problem(parameter: &Parameter, value: &str) -> Option<String> {
    match parameter.kind {
        Kind::Integer if value.parse::<i32>().is_err() => Some("is not a 32-bit integer".to_owned()),
        Kind::Boolean if !matches!(value, "true" | "false") => {
            Some("must be exactly true or false".to_owned())
        }
        _ if value.is_empty() && parameter.required => Some("is required and empty".to_owned()),
        _ if !parameter.allowed.is_empty() && !parameter.allowed.iter().any(|allowed| allowed == value) => {
            let some: Vec<_> = parameter.allowed.iter().take(6).map(String::as_str).collect();
            Some(format!("is not an allowed value (allowed: {}, ...)", some.join(", ")))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_decoded_pair_by_pair() {
        let read = pairs("name=M%C3%BCller+%26+Co&joined=true&empty=&bare");
        let expected =
            [("name", "Müller & Co"), ("joined", "true"), ("empty", ""), ("bare", "")].map(owned).to_vec();
        assert_eq!(read, expected);
    }

    fn owned((name, value): (&str, &str)) -> (String, String) {
        (name.to_owned(), value.to_owned())
    }

    #[test]
    fn only_a_quoted_number_is_a_version() {
        for (value, good) in
            [("\"42\"", true), ("42", false), ("\"\"", false), ("W/\"42\"", false), ("*", false)]
        {
            assert_eq!(is_quoted_version(value), good, "{value}");
        }
    }
}
