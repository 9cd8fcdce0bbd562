//! The answer: status, content type, model, error shapes and the headers that carry meaning.
//! Which fields a good answer must have beyond the model stands in the overlay's rules.

use serde_json::Value;

use super::description::Operation;
use super::report::{Direction, Report};
use super::{Contract, Exchange, header, request, rules, scim};

/// Model of a platform failure.
const ERROR_BODY: &str = "/definitions/ErrorBody";
/// Schema of a SCIM failure; the overlay puts it there.
const SCIM_ERROR: &str = "/x-scim-failure";

/// Judges one answer.
pub(super) fn check(
    contract: &Contract,
    operation: &Operation,
    exchange: &Exchange<'_>,
    report: &mut Report,
) {
    let declared = operation.answers.get(&exchange.status);
    let shared = operation.shared_failures && contract.description.is_shared_failure(exchange.status);
    let gateway = is_gateway(contract, exchange.status);
    if declared.is_none() && !shared && !gateway {
        let known: Vec<String> = operation.answers.keys().map(u16::to_string).collect();
        let what =
            format!("{} is not an answer of this operation (its own: {})", exchange.status, known.join(", "));
        report.add(Direction::Answer, "status", &what, "");
        return;
    }
    let is_json = request::is_json(
        header(exchange.response_headers, "content-type").unwrap_or_default(),
        operation.scim,
    );
    if gateway && !is_json {
        return;
    }
    let failure = exchange.status >= 400;
    let schema = match declared {
        Some(answer) => answer.schema.as_deref(),
        None => Some(ERROR_BODY),
    };
    if exchange.response_body.is_empty() {
        let bodiless = operation.method == "HEAD" || declared.is_some_and(|answer| answer.body_optional);
        if schema.is_some() && !bodiless {
            report.add(Direction::Answer, "", "is declared and missing", "");
        }
        check_headers(operation, exchange, None, report);
        return;
    }
    if schema.is_none() || operation.method == "HEAD" {
        report.add(Direction::Answer, "", "the operation gives no body with this status", "");
        return;
    }
    if !is_json {
        report.add(Direction::Answer, "header Content-Type", "is not a JSON type", "");
    }
    let Ok(body) = serde_json::from_slice::<Value>(exchange.response_body) else {
        report.add(Direction::Answer, "", "is not JSON", "");
        return;
    };
    let schema = if failure { failure_model(operation, &body, report) } else { schema.unwrap_or(ERROR_BODY) };
    for finding in contract.schemas.check(contract.description.document(), Direction::Answer, schema, &body) {
        report.add(Direction::Answer, &finding.pointer, &finding.what, "");
    }
    check_headers(operation, exchange, Some(&body), report);
    if failure {
        check_failure(schema, exchange, &body, report);
    } else {
        rules::check_answer(&contract.overlay, operation, &body, report);
        if operation.scim {
            scim::check_answer(operation, exchange, &body, report);
        }
    }
}

/// True for statuses that a gateway in front of the platform gives with a body of its own.
fn is_gateway(contract: &Contract, status: u16) -> bool {
    contract
        .description
        .document()
        .get("x-gateway-statuses")
        .and_then(Value::as_array)
        .is_some_and(|statuses| statuses.iter().any(|known| known.as_u64() == Some(u64::from(status))))
}

/// Which failure model the body must have. SCIM operations give either, and it must be clear which.
fn failure_model(operation: &Operation, body: &Value, report: &mut Report) -> &'static str {
    if !operation.scim {
        return ERROR_BODY;
    }
    let is_scim = body.get("schemas").is_some() || body.get("status").is_some_and(Value::is_string);
    let is_platform = body.get("code").is_some() || body.get("status").is_some_and(Value::is_number);
    if is_scim == is_platform {
        let what = "is neither exactly a ScimError nor exactly an ErrorBody";
        report.add(Direction::Answer, "", what, "G2.17");
    }
    if is_scim { SCIM_ERROR } else { ERROR_BODY }
}

fn check_failure(model: &str, exchange: &Exchange<'_>, body: &Value, report: &mut Report) {
    let mut wrong = |place: &str, what: &str, fact: &str| {
        report.add(Direction::Answer, place, what, fact);
    };
    if model == SCIM_ERROR {
        if body.get("status").and_then(Value::as_str) != Some(exchange.status.to_string().as_str()) {
            wrong("/status", "must be the HTTP status as a string", "G2.17");
        }
        let urn = "urn:ietf:params:scim:api:messages:2.0:Error";
        let schemas = body.get("schemas").and_then(Value::as_array);
        if !schemas.is_some_and(|list| list.iter().any(|schema| schema.as_str() == Some(urn))) {
            wrong("/schemas", "must hold the URN of the SCIM error message", "G2.17");
        }
        return;
    }
    if body.get("status").and_then(Value::as_u64) != Some(u64::from(exchange.status)) {
        wrong("/status", "must be the HTTP status as a number", "G7.1");
    }
    for field in ["code", "message", "contextId"] {
        if body.get(field).and_then(Value::as_str).is_none_or(str::is_empty) {
            wrong(&format!("/{field}"), "is missing or empty", "G7.1");
        }
    }
    let correlation = header(exchange.response_headers, "inin-correlation-id");
    if body.get("contextId").and_then(Value::as_str) != correlation {
        wrong("header ININ-Correlation-Id", "must be there and equal contextId", "G7.2");
    }
    let code = body.get("code").and_then(Value::as_str);
    if exchange.status == 429 && code != Some("too.many.requests.retry.after") {
        wrong("/code", "a 429 carries too.many.requests.retry.after", "G7.3");
    }
}

fn check_headers(operation: &Operation, exchange: &Exchange<'_>, body: Option<&Value>, report: &mut Report) {
    let value = header(exchange.response_headers, "retry-after");
    let whole_seconds = value.is_some_and(|value| value.parse::<u32>().is_ok());
    if (exchange.status == 429 || value.is_some()) && !whole_seconds {
        report.add(Direction::Answer, "header Retry-After", "must be a whole number of seconds", "G7.3");
    }
    if operation.scim && exchange.status < 300 {
        scim::check_etag(exchange, body, report);
    }
}
