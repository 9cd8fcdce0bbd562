//! How an answer becomes HTTP: SCIM JSON, error bodies and the headers that belong to them.
//!
//! Does not decide what to answer. The shape of an error is `scim::error`, that of a resource
//! [`super::view`].

use actix_web::http::StatusCode;
use actix_web::http::header::{
    ALLOW, CONTENT_LOCATION, CONTENT_TYPE, ETAG, HeaderName, HeaderValue, LOCATION, RETRY_AFTER,
    WWW_AUTHENTICATE,
};
use actix_web::{HttpResponse, HttpResponseBuilder, ResponseError};
use serde_json::Value;

use super::paced_body::{PIECE, Pace, PacedBody};
use crate::scim::error::{ScimError, ScimType};

/// The media type of SCIM (RFC 7644 section 8.1).
pub(crate) const SCIM_JSON: &str = "application/scim+json";

/// Seconds that a client is asked to wait while a pending resource is finished.
pub(crate) const PENDING_RETRY_S: u32 = 5;

impl ResponseError for ScimError {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn error_response(&self) -> HttpResponse {
        error(self)
    }
}

/// What a handler gives back.
pub(crate) type HandlerResult = Result<HttpResponse, ScimError>;

/// Of which kind an error is that a client is told. Goes with the answer, so that it is counted for the
/// request's tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Told {
    /// HTTP status.
    pub status: u16,
    /// Detail keyword.
    pub scim_type: Option<ScimType>,
}

impl From<&ScimError> for Told {
    fn from(error: &ScimError) -> Self {
        Self { status: error.status, scim_type: error.scim_type }
    }
}

/// An error answer with its headers.
pub(crate) fn error(fault: &ScimError) -> HttpResponse {
    let mut response = json(fault.status_code(), &fault.to_json());
    response.extensions_mut().insert(Told::from(fault));
    let headers = response.headers_mut();
    if let Some(wait) = fault.retry_after_s {
        headers.insert(RETRY_AFTER, HeaderValue::from(wait));
    }
    if fault.status == 401 {
        headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"scim\""));
    }
    response
}

/// A 405 that says what would be allowed.
pub(crate) fn method_not_allowed(allow: &str) -> HttpResponse {
    let mut response = error(&ScimError::method_not_allowed(format!(
        "This address does not take that method; it takes {allow}."
    )));
    if let Ok(value) = HeaderValue::from_str(allow) {
        response.headers_mut().insert(ALLOW, value);
    }
    response
}

/// What an address takes, for those who ask with `OPTIONS` (RFC 9110 section 9.3.7).
pub(crate) fn options(allow: &str) -> HttpResponse {
    let mut response = empty(StatusCode::NO_CONTENT);
    set(&mut response, ALLOW, allow);
    response
}

/// JSON with the SCIM media type.
pub(crate) fn json(status: StatusCode, body: &Value) -> HttpResponse {
    HttpResponseBuilder::new(status).content_type(SCIM_JSON).body(body.to_string())
}

/// A body that is JSON already, with the SCIM media type. A large one is written piece by piece; with it goes the
/// place of the slow read that made it.
pub(crate) fn text(status: StatusCode, body: Vec<u8>, pace: Pace) -> HttpResponse {
    let mut builder = HttpResponseBuilder::new(status);
    builder.content_type(HeaderValue::from_static(SCIM_JSON));
    if body.len() > PIECE { builder.body(PacedBody::new(body, pace)) } else { builder.body(body) }
}

/// No content.
pub(crate) fn empty(status: StatusCode) -> HttpResponse {
    HttpResponseBuilder::new(status).finish()
}

/// Adds `ETag`, and where there is an address, `Location` and `Content-Location`: `meta.location` equals the
/// latter (RFC 7643 section 3.1).
pub(crate) fn describe(response: &mut HttpResponse, etag: &str, location: Option<&str>) {
    set(response, ETAG, etag);
    if let Some(location) = location {
        set(response, LOCATION, location);
        set(response, CONTENT_LOCATION, location);
    }
}

/// Adds `Retry-After` to an answer for something that still goes on.
pub(crate) fn pending(response: &mut HttpResponse) {
    retry_after(response, PENDING_RETRY_S);
}

/// Adds `Retry-After` in whole seconds.
pub(crate) fn retry_after(response: &mut HttpResponse, seconds: u32) {
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
}

/// Whether an answer already carries a body of ours.
pub(crate) fn is_json(response: &HttpResponse<impl actix_web::body::MessageBody>) -> bool {
    let kind = response.headers().get(CONTENT_TYPE).map(HeaderValue::as_bytes).unwrap_or_default();
    kind.starts_with(SCIM_JSON.as_bytes()) || kind.starts_with(b"application/json")
}

fn set(response: &mut HttpResponse, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}
