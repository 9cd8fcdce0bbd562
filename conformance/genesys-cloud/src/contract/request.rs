//! The request body: presence, content type, model, and the facts beyond the model.
//! Parameters are judged in `parameters.rs`, the answer in `answer.rs`.

use serde_json::Value;

use super::description::Operation;
use super::report::{Direction, Report};
use super::{Contract, Exchange, header, rules, scim};

/// Judges the body of one request, and the facts about the request as a whole.
pub(super) fn check(
    contract: &Contract,
    operation: &Operation,
    exchange: &Exchange<'_>,
    report: &mut Report,
) {
    let body = body(contract, operation, exchange, report);
    rules::check_request(contract, operation, exchange, body.as_ref(), report);
    if operation.scim {
        scim::check_request(contract, operation, exchange, body.as_ref(), report);
    }
}

/// The parsed body, after its presence, type and model were judged.
fn body(
    contract: &Contract,
    operation: &Operation,
    exchange: &Exchange<'_>,
    report: &mut Report,
) -> Option<Value> {
    let mut wrong = |place: &str, what: &str| report.add(Direction::Request, place, what, "");
    let Some(declared) = &operation.body else {
        if !exchange.request_body.is_empty() {
            wrong("", "the operation takes no body");
        }
        return None;
    };
    if exchange.request_body.is_empty() {
        if declared.required {
            wrong("", "is required and missing");
        }
        return None;
    }
    let content_type = header(exchange.request_headers, "content-type").unwrap_or_default();
    if !is_json(content_type, operation.scim) {
        wrong("header Content-Type", "the operation does not consume this type");
    }
    let Ok(body) = serde_json::from_slice::<Value>(exchange.request_body) else {
        wrong("", "is not JSON");
        return None;
    };
    let document = contract.description.document();
    for finding in contract.schemas.check(document, Direction::Request, &declared.schema, &body) {
        wrong(&finding.pointer, &finding.what);
    }
    Some(body)
}

/// True for the media types an operation takes and gives; SCIM operations also take the SCIM type.
pub(super) fn is_json(content_type: &str, scim: bool) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    essence == "application/json" || (scim && essence == "application/scim+json")
}
