//! The token request, which the API description does not hold because it goes to the login host.
//! Rules and their source: docs/genesys.md G1.2. Every other path is judged by the neighbouring files.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::report::{Direction, Report};
use super::{Exchange, header};

/// Path of the token endpoint on the login host.
pub(super) const PATH: &str = "/oauth/token";
/// Judges one token request and its answer.
pub(super) fn check(exchange: &Exchange<'_>) -> Vec<String> {
    let mut report = Report::new(format!("{} {PATH}", exchange.method));
    check_request(exchange, &mut report);
    if exchange.status != 0 {
        check_answer(exchange, &mut report);
    }
    report.into_violations()
}

fn check_request(exchange: &Exchange<'_>, report: &mut Report) {
    let mut wrong = |place: &str, what: &str| report.add(Direction::Request, place, what, "G1.2");
    if exchange.method != "POST" {
        wrong("method", "the token endpoint takes POST only");
    }
    if !exchange.query.is_empty() {
        wrong("query", "credentials and parameters belong in header and form, never in the URL");
    }
    let content_type = header(exchange.request_headers, "content-type").unwrap_or_default();
    if !content_type.to_ascii_lowercase().starts_with("application/x-www-form-urlencoded") {
        wrong("header Content-Type", "must be application/x-www-form-urlencoded");
    }
    let form = form(exchange.request_body);
    if !form.iter().any(|(key, value)| key == "grant_type" && value == "client_credentials") {
        wrong("form grant_type", "must be client_credentials");
    }
    let in_form = |name: &str| form.iter().any(|(key, value)| key == name && !value.is_empty());
    let posted = in_form("client_id") && in_form("client_secret");
    if !posted && !basic(header(exchange.request_headers, "authorization").unwrap_or_default()) {
        wrong("header Authorization", "must be Basic with base64(client_id:client_secret)");
    }
    for (key, _) in &form {
        if !matches!(key.as_str(), "grant_type" | "client_id" | "client_secret") {
            wrong(&format!("form {key}"), "is not a parameter of a client-credentials request");
        }
    }
}

fn check_answer(exchange: &Exchange<'_>, report: &mut Report) {
    let mut wrong = |place: &str, what: &str| report.add(Direction::Answer, place, what, "G1.3");
    let body: Option<Value> = serde_json::from_slice(exchange.response_body).ok();
    let text = |name: &str| body.as_ref().and_then(|body| body.get(name)).and_then(Value::as_str);
    match exchange.status {
        200 => {
            if text("access_token").is_none_or(str::is_empty) {
                wrong("/access_token", "must be a non-empty string");
            }
            if text("token_type").is_none_or(|kind| !kind.eq_ignore_ascii_case("bearer")) {
                wrong("/token_type", "must be bearer");
            }
            if body.as_ref().and_then(|body| body.get("expires_in")).and_then(Value::as_u64).is_none() {
                wrong("/expires_in", "must be a whole number of seconds");
            }
            if body.as_ref().is_some_and(|body| body.get("refresh_token").is_some()) {
                wrong("/refresh_token", "client credentials never give a refresh token");
            }
        }
        400 | 401 => {
            if text("error").is_none_or(str::is_empty) {
                wrong("/error", "an OAuth failure names its error code");
            }
        }
        403 | 429 | 500 | 502 | 503 | 504 => {}
        status => wrong("status", &format!("{status} is not an answer of the token endpoint")),
    }
}

fn basic(authorization: &str) -> bool {
    let Some(encoded) = authorization.strip_prefix("Basic ") else { return false };
    let Ok(decoded) = STANDARD.decode(encoded) else { return false };
    String::from_utf8(decoded)
        .ok()
        .and_then(|pair| pair.split_once(':').map(|(id, secret)| !id.is_empty() && !secret.is_empty()))
        .unwrap_or(false)
}

fn form(body: &[u8]) -> Vec<(String, String)> {
    super::parameters::pairs(&String::from_utf8_lossy(body))
}
