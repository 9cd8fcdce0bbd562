//! The middleware round every request: its normalised path, its tenant, its id and span, SCIM bodies for
//! errors that the framework made, and what is counted and logged of it.
//!
//! Who is let in: [`super::auth`]. What a log line holds: [`super::access_log`].

use std::sync::Arc;

use actix_web::HttpMessage;
use actix_web::body::{BoxBody, EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::ConnectionType;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::web::Data;
use tracing::Instrument;

use super::access_log::Answered;
use super::answer::{self, Told};
use super::context::RequestContext;
use super::labels::{self, RouteLabels};
use super::state::ServerState;
use super::tenant::Tenant;
use super::{normalize_path, routes};
use crate::limits;
use crate::scim::error::ScimError;

/// The header that carries a request's id, both ways.
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Takes over the client's id when it cannot do harm in a log or a header.
fn sane(id: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte);
    !id.is_empty() && id.len() <= limits::REQUEST_ID_BYTES && id.bytes().all(plain)
}

/// The middleware.
///
/// # Errors
/// Only what the framework itself fails with before a handler ran.
pub(crate) async fn surround<B: MessageBody + 'static>(
    mut req: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B, BoxBody>>, actix_web::Error> {
    normalize_path::normalise(&mut req);
    let Some(state) = req.app_data::<Data<ServerState>>().cloned() else {
        return Ok(next.call(req).await?.map_into_left_body());
    };
    let tenant = tenant(&state, &mut req);
    let sent = req.headers().get(&REQUEST_ID).and_then(|it| it.to_str().ok()).filter(|it| sane(it));
    let id = sent.map_or_else(|| (state.request_ids)(), str::to_owned);
    let header = HeaderValue::from_str(&id);
    let method = labels::method(req.method().as_str());
    let began = state.clock.monotonic_ms();
    // Reads come by the thousand and say nothing on their way: their span is made only where somebody
    // listens.
    let span = match method {
        "GET" | "HEAD" => tracing::debug_span!("request", id = %id, method),
        _ => tracing::info_span!("request", id = %id, method),
    };
    req.extensions_mut().insert(RequestContext { id, tenant, principal: None });
    let mut response = render_errors(next.call(req).instrument(span.clone()).await?);
    if !was_let_in(&response) {
        // Whoever showed no token keeps no connection from those who have one.
        response.response_mut().head_mut().set_connection_type(ConnectionType::Close);
    }
    if let Ok(value) = header {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    let now_ms = state.clock.monotonic_ms();
    span.in_scope(|| record(&state, &response, method, now_ms, now_ms.saturating_sub(began)));
    Ok(response)
}

/// Whether it is known who sent the request.
fn was_let_in<B>(response: &ServiceResponse<B>) -> bool {
    let extensions = response.request().extensions();
    extensions.get::<RequestContext>().is_some_and(|context| context.principal.is_some())
}

/// The tenant of a request. Its prefix is taken out of the path, so that all tenants share one list of
/// routes.
fn tenant(state: &ServerState, req: &mut ServiceRequest) -> Option<Arc<Tenant>> {
    let (tenant, rest) = state.tenants.resolve(req.path())?;
    let tenant = Arc::clone(tenant);
    if rest.len() < req.path().len() {
        let rest = rest.to_owned();
        normalize_path::replace(req, &rest);
    }
    Some(tenant)
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

fn record<B>(
    state: &ServerState,
    response: &ServiceResponse<B>,
    method: &'static str,
    now_ms: u64,
    millis: u64,
) {
    let (request, status) = (response.request(), response.status());
    // Who was refused at the door did not get as far as the route that carries its labels.
    let searched;
    let labels = match request.app_data::<RouteLabels>() {
        Some(labels) => labels,
        None => {
            searched = routes::labels_of(request.match_pattern().as_deref());
            &searched
        }
    };
    let (route, resource) = (labels.pattern.as_str(), labels.resource);
    let extensions = request.extensions();
    let context = extensions.get::<RequestContext>();
    let tenant = context.and_then(|it| it.tenant.as_ref()).filter(|_| !labels.open);
    let metrics = tenant.map_or(&state.metrics, |tenant| &tenant.metrics);
    metrics.answered(method, resource, status.as_u16(), now_ms, millis);
    if let Some(told) = response.response().extensions().get::<Told>() {
        metrics.told(*told);
    }
    Answered { method, resource, route, status, millis }.log(context);
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
}
