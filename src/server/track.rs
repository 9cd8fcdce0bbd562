//! What surrounds every request: its tidy address, its id, its span, its log line, its metrics, and SCIM bodies for errors that the framework made.
//!
//! Logs the route's pattern, never a path, a query or a body: those hold names of people. Who is let in: [`super::auth`].

use actix_web::HttpMessage;
use actix_web::body::{BoxBody, EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::web::Data;
use tracing::{Instrument, Level};

use super::auth::Principal;
use super::state::ServerState;
use super::{address, answer, measure};
use crate::scim::error::ScimError;

/// The header that carries a request's id, both ways.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Milliseconds from which on a read counts as slow.
const SLOW_MS: u64 = 1000;
/// Longest request id that is taken over from a client.
const REQUEST_ID_BYTES: usize = 128;

/// The id of the request at hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestId(pub String);

/// Takes over the client's id when it cannot do harm in a log or a header.
fn sane(id: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte);
    !id.is_empty() && id.len() <= REQUEST_ID_BYTES && id.bytes().all(plain)
}

/// The resource of a route's pattern, for metrics: a fixed set of words.
fn resource(pattern: Option<&str>) -> &'static str {
    let Some(pattern) = pattern else { return "none" };
    let rest = pattern.strip_prefix(super::state::BASE).unwrap_or(pattern);
    let first = rest.trim_start_matches('/').split('/').next().unwrap_or_default();
    const KNOWN: [&str; 12] = [
        "Users",
        "Groups",
        "Me",
        "Bulk",
        "Schemas",
        "ResourceTypes",
        "ServiceProviderConfig",
        ".search",
        "admin",
        "healthz",
        "readyz",
        "metrics",
    ];
    KNOWN.into_iter().find(|it| *it == first).unwrap_or("none")
}

fn method(name: &str) -> &'static str {
    const KNOWN: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
    KNOWN.into_iter().find(|it| *it == name).unwrap_or("other")
}

/// The middleware.
///
/// # Errors
/// Only what the framework itself fails with before a handler ran.
pub async fn track<B: MessageBody + 'static>(
    mut req: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B, BoxBody>>, actix_web::Error> {
    address::normalise(&mut req);
    let Some(state) = req.app_data::<Data<ServerState>>().cloned() else {
        return Ok(next.call(req).await?.map_into_left_body());
    };
    let sent = req.headers().get(&REQUEST_ID).and_then(|it| it.to_str().ok()).filter(|it| sane(it));
    let id = sent.map_or_else(|| (state.request_ids)(), str::to_owned);
    req.extensions_mut().insert(RequestId(id.clone()));
    let method = method(req.method().as_str());
    let began = state.clock.monotonic_ms();
    // Reads come by the thousand and say nothing on their way: their span is made only where somebody listens.
    let span = match method {
        "GET" | "HEAD" => tracing::debug_span!("request", id = %id, method),
        _ => tracing::info_span!("request", id = %id, method),
    };
    let mut response = render_errors(next.call(req).instrument(span.clone()).await?);
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    let millis = state.clock.monotonic_ms().saturating_sub(began);
    state.share.count(began + millis, response.status() == StatusCode::BAD_REQUEST);
    span.in_scope(|| record(&response, &id, method, millis));
    Ok(response)
}

/// Gives a SCIM body to every error that has none yet: what the framework answers by itself.
fn render_errors<B: MessageBody + 'static>(
    response: ServiceResponse<B>,
) -> ServiceResponse<EitherBody<B, BoxBody>> {
    let status = response.status();
    if status.as_u16() < 400 || answer::is_json(response.response()) {
        return response.map_into_left_body();
    }
    let (request, old) = response.into_parts();
    let reason = status.canonical_reason().unwrap_or("The request cannot be served");
    let fault = ScimError::new(status.as_u16(), format!("{reason}."));
    let mut fresh = answer::error(&fault);
    if let Some(allow) = old.headers().get("allow") {
        fresh.headers_mut().insert(HeaderName::from_static("allow"), allow.clone());
    }
    ServiceResponse::new(request, fresh).map_into_right_body()
}

fn record<B>(response: &ServiceResponse<B>, id: &str, method: &'static str, millis: u64) {
    let pattern = response.request().match_pattern();
    let resource = resource(pattern.as_deref());
    let status = response.status();
    measure::request(method, resource, status.as_u16(), millis);
    let level = level(method, resource, status, millis);
    if level > tracing::level_filters::LevelFilter::current() {
        return;
    }
    let who = response.request().extensions().get::<Principal>().cloned();
    let client = who.as_ref().map_or("-", |who| who.client().as_str());
    let credential = who.as_ref().map_or("-", |who| who.credential().as_str());
    let route = pattern.as_deref().unwrap_or("-");
    let status = status.as_u16();
    match level {
        Level::WARN => tracing::warn!(request = id, route, status, millis, client, credential, "answered"),
        Level::INFO => tracing::info!(request = id, route, status, millis, client, credential, "answered"),
        _ => tracing::debug!(request = id, route, status, millis, client, credential, "answered"),
    }
}

/// At which level a request is logged. Every change is, and every read that failed or was slow; reads that went well are counted in
/// the metrics and would drown the rest: Entra asks for every user in every cycle.
fn level(method: &str, resource: &str, status: StatusCode, millis: u64) -> Level {
    let read = matches!(method, "GET" | "HEAD");
    if status >= StatusCode::INTERNAL_SERVER_ERROR {
        Level::WARN
    } else if matches!(resource, "healthz" | "readyz" | "metrics")
        || read && !status.is_client_error() && millis < SLOW_MS
    {
        Level::DEBUG
    } else {
        Level::INFO
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_ids_that_cannot_break_a_log_line_are_taken_over() {
        for (id, wanted) in [
            ("0192-ab:c_d.e", true),
            ("", false),
            ("a b", false),
            ("a\"b", false),
            ("a\nb", false),
            (&"x".repeat(129), false),
        ] {
            assert_eq!(sane(id), wanted, "{id}");
        }
    }

    #[test]
    fn reads_that_went_well_are_not_logged_and_everything_else_is() {
        for (method, resource, status, millis, wanted) in [
            ("GET", "Users", 200, 1, Level::DEBUG),
            ("GET", "Users", 304, 1, Level::DEBUG),
            ("GET", "Users", 200, SLOW_MS, Level::INFO),
            ("GET", "Users", 401, 1, Level::INFO),
            ("GET", "Users", 503, 1, Level::WARN),
            ("POST", "Users", 201, 1, Level::INFO),
            ("DELETE", "Groups", 204, 1, Level::INFO),
            ("GET", "healthz", 200, 1, Level::DEBUG),
        ] {
            let status = StatusCode::from_u16(status).expect("a status");
            assert_eq!(level(method, resource, status, millis), wanted, "{method} {resource} {status}");
        }
    }

    #[test]
    fn metric_labels_are_a_fixed_set_of_words() {
        for (pattern, wanted) in [
            (Some("/scim/v2/Users/{id}"), "Users"),
            (Some("/scim/v2/.search"), ".search"),
            (Some("/admin/tokens/{id}"), "admin"),
            (Some("/anything"), "none"),
            (None, "none"),
        ] {
            assert_eq!(resource(pattern), wanted);
        }
        assert_eq!(method("BREW"), "other");
    }
}
