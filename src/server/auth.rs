//! Who may come in: the guards in front of the SCIM service and the administration. Bearer tokens, each with
//! one scope.
//!
//! Every refusal is the same 401: it does not tell a wrong token from one of the wrong scope, or of another
//! tenant. The tokens themselves are [`super::tokens`].

use actix_web::HttpMessage;
use actix_web::body::{BoxBody, EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use actix_web::middleware::Next;

use super::answer::{self, SCIM_JSON};
use super::content_negotiation::Acceptable;
use super::context::{self, RequestContext};
use super::tokens::Principal;
use crate::scim::error::ScimError;
use crate::store::tokens::Scope;

/// The token text of an `Authorization` header; the scheme's letter case does not matter (RFC 9110 section
/// 11.1).
fn bearer(header: &str) -> Option<&str> {
    let (scheme, text) = header.split_once(' ')?;
    let text = text.trim();
    (scheme.eq_ignore_ascii_case("Bearer") && !text.is_empty()).then_some(text)
}

/// The one refusal. It names the scope that is asked for, never what was wrong with the token that came.
fn refused(scope: Scope) -> ScimError {
    ScimError::unauthorized(format!(
        "A valid bearer token of scope {scope} is needed here. Make one with `scim-bridge token new --scope {scope}` and send it as \"Authorization: Bearer ...\".",
    ))
}

/// Who sent the request, if a token of its tenant and of that scope came with it.
fn principal(req: &ServiceRequest, scope: Scope) -> Option<Principal> {
    let mut headers = req.headers().get_all(AUTHORIZATION);
    let text = bearer(headers.next()?.to_str().ok()?)?;
    if headers.next().is_some() {
        return None;
    }
    let extensions = req.extensions();
    let tenant = extensions.get::<RequestContext>()?.tenant.as_ref()?;
    tenant.tokens.find(text, scope, tenant.clock.now_ms())
}

/// Whether the request may go on; if so it knows from now on who sent it.
fn let_in(req: &ServiceRequest, scope: Scope) -> bool {
    let Some(who) = principal(req, scope) else { return false };
    if let Some(context) = req.extensions_mut().get_mut::<RequestContext>() {
        context.principal = Some(who);
    }
    true
}

/// Lets in who brings a token of scope `scim` and accepts JSON; answers in the media type that was asked for.
/// One layer, so that a request pays once, and inside the routing, so that no spelling of a path gets round
/// it.
///
/// # Errors
/// Only what the handler behind it fails with.
pub(crate) async fn scim_guard<B: MessageBody + 'static>(
    req: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B, BoxBody>>, actix_web::Error> {
    let acceptable = Acceptable::of(req.headers());
    let mut response = if !let_in(&req, Scope::Scim) {
        req.into_response(answer::error(&refused(Scope::Scim))).map_into_right_body()
    } else if acceptable == Acceptable::Nothing {
        let fault = ScimError::not_acceptable(
            "Answers are JSON; send \"Accept: application/scim+json\" or \"Accept: application/json\".",
        );
        req.into_response(answer::error(&fault)).map_into_right_body()
    } else {
        next.call(req).await?.map_into_left_body()
    };
    if acceptable == Acceptable::Json {
        let kind = response.headers().get(CONTENT_TYPE).map(HeaderValue::as_bytes);
        if kind == Some(SCIM_JSON.as_bytes()) {
            response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
    }
    Ok(response)
}

/// Lets in who brings a token of scope `admin`, and gives the request who that is (a `Cause`) and what its
/// tenant's administration works with.
///
/// # Errors
/// Only what the handler behind it fails with.
pub(crate) async fn admin_guard<B: MessageBody + 'static>(
    req: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B, BoxBody>>, actix_web::Error> {
    if !let_in(&req, Scope::Admin) {
        return Ok(req.into_response(answer::error(&refused(Scope::Admin))).map_into_right_body());
    }
    let cause = context::cause(req.request());
    req.extensions_mut().insert(cause);
    let context = req.extensions().get::<RequestContext>().cloned();
    if let Some(tenant) = context.and_then(|context| context.tenant) {
        (tenant.admin)(&mut req.extensions_mut());
    }
    Ok(next.call(req).await?.map_into_left_body())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_is_read_as_the_rfc_says() {
        for (header, wanted) in [
            ("Bearer abc", Some("abc")),
            ("bearer abc", Some("abc")),
            ("BEARER  abc ", Some("abc")),
            ("Basic abc", None),
            ("Bearer", None),
            ("Bearer ", None),
            ("abc", None),
        ] {
            assert_eq!(bearer(header), wanted, "{header}");
        }
    }
}
