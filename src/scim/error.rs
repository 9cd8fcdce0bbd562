//! SCIM errors as clients see them (RFC 7644 section 3.12 and table 9).
//!
//! A detail names what failed and what to do; it never holds a value of a person or a secret. HTTP headers
//! (`Retry-After`, `WWW-Authenticate`) are written by the server from the fields here.

use std::fmt;

use serde_json::{Value, json};

/// URN of an error message.
pub(crate) const ERROR_SCHEMA: &str = "urn:ietf:params:scim:api:messages:2.0:Error";

/// The detail keyword of a 400 or 409 (RFC 7644 table 9, RFC 9865 section 2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ScimType {
    /// The filter is malformed, or compares what cannot be compared.
    InvalidFilter,
    /// The answer would be larger than the service allows.
    TooMany,
    /// A unique value is already taken.
    Uniqueness,
    /// A value that must not change would change.
    Mutability,
    /// The body is not what the request type demands.
    InvalidSyntax,
    /// The path of a PATCH operation is malformed or names nothing.
    InvalidPath,
    /// The path of a PATCH operation selects nothing to work on.
    NoTarget,
    /// A value has the wrong type, is missing or is not acceptable.
    InvalidValue,
    /// The cursor was not made here, or for another query.
    InvalidCursor,
    /// The cursor was good once; too much time went by.
    ExpiredCursor,
    /// The page size is no positive whole number.
    InvalidCount,
}

impl ScimType {
    /// Its name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InvalidFilter => "invalidFilter",
            Self::TooMany => "tooMany",
            Self::Uniqueness => "uniqueness",
            Self::Mutability => "mutability",
            Self::InvalidSyntax => "invalidSyntax",
            Self::InvalidPath => "invalidPath",
            Self::NoTarget => "noTarget",
            Self::InvalidValue => "invalidValue",
            Self::InvalidCursor => "invalidCursor",
            Self::ExpiredCursor => "expiredCursor",
            Self::InvalidCount => "invalidCount",
        }
    }
}

/// An error answer: HTTP status, detail keyword, text for people, and how long to wait before trying again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScimError {
    /// HTTP status.
    pub status: u16,
    /// Detail keyword, where the RFC defines one.
    pub scim_type: Option<ScimType>,
    /// What failed and what to do, for the administrator of the client.
    pub detail: String,
    /// Whole seconds for `Retry-After`; Okta understands nothing else (docs/connectors.md C6.9).
    pub retry_after_s: Option<u32>,
}

impl ScimError {
    /// Any status with a detail.
    pub fn new(status: u16, detail: impl Into<String>) -> Self {
        Self { status, scim_type: None, detail: detail.into(), retry_after_s: None }
    }

    /// A 400 with its keyword.
    fn bad(scim_type: ScimType, detail: impl Into<String>) -> Self {
        Self { scim_type: Some(scim_type), ..Self::new(400, detail) }
    }

    /// 400: a value is missing, of the wrong type or not acceptable.
    pub fn invalid_value(detail: impl Into<String>) -> Self {
        Self::bad(ScimType::InvalidValue, detail)
    }

    /// 400: the body is not what the request demands.
    pub fn invalid_syntax(detail: impl Into<String>) -> Self {
        Self::bad(ScimType::InvalidSyntax, detail)
    }

    /// 400: a PATCH path is malformed or names no attribute.
    pub fn invalid_path(detail: impl Into<String>) -> Self {
        Self::bad(ScimType::InvalidPath, detail)
    }

    /// 400: a PATCH operation has nothing to work on.
    pub fn no_target(detail: impl Into<String>) -> Self {
        Self::bad(ScimType::NoTarget, detail)
    }

    /// 400: a read-only or immutable value would change.
    pub fn mutability(detail: impl Into<String>) -> Self {
        Self::bad(ScimType::Mutability, detail)
    }

    /// 400: the filter is malformed or compares what cannot be compared.
    pub fn invalid_filter(detail: impl Into<String>) -> Self {
        Self::bad(ScimType::InvalidFilter, detail)
    }

    /// 400: the query would look at or answer more than is allowed.
    pub fn too_many(detail: impl Into<String>) -> Self {
        Self::bad(ScimType::TooMany, detail)
    }

    /// 400: a cursor that was not made here, or for another query (RFC 9865 section 2.1).
    pub fn invalid_cursor(detail: impl Into<String>) -> Self {
        Self::bad(ScimType::InvalidCursor, detail)
    }

    /// 400: a cursor that came back too late (RFC 9865 section 2.1).
    pub fn expired_cursor(detail: impl Into<String>) -> Self {
        Self::bad(ScimType::ExpiredCursor, detail)
    }

    /// 400: a page size that cursor paging does not know (RFC 9865 section 2.1).
    pub fn invalid_count(detail: impl Into<String>) -> Self {
        Self::bad(ScimType::InvalidCount, detail)
    }

    /// 409: a unique value is already taken.
    pub fn uniqueness(detail: impl Into<String>) -> Self {
        Self { scim_type: Some(ScimType::Uniqueness), ..Self::new(409, detail) }
    }

    /// 409: another change stands in the way.
    pub fn conflict(detail: impl Into<String>) -> Self {
        Self::new(409, detail)
    }

    /// 412: `If-Match` names a version that is not the current one (RFC 7644 section 3.14).
    pub fn precondition_failed(detail: impl Into<String>) -> Self {
        Self::new(412, detail)
    }

    /// 401: no token, or one that is not valid.
    pub fn unauthorized(detail: impl Into<String>) -> Self {
        Self::new(401, detail)
    }

    /// 403: the token does not allow this.
    pub fn forbidden(detail: impl Into<String>) -> Self {
        Self::new(403, detail)
    }

    /// 404: no such resource or endpoint.
    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::new(404, detail)
    }

    /// 405: the endpoint does not know the method.
    pub fn method_not_allowed(detail: impl Into<String>) -> Self {
        Self::new(405, detail)
    }

    /// 406: the client takes no media type that the service writes (RFC 9110 section 15.5.7).
    pub fn not_acceptable(detail: impl Into<String>) -> Self {
        Self::new(406, detail)
    }

    /// 413: the body, or the number of operations in it, is too large.
    pub fn payload_too_large(detail: impl Into<String>) -> Self {
        Self::new(413, detail)
    }

    /// 415: the body is of a type the service does not read.
    pub fn unsupported_media_type(detail: impl Into<String>) -> Self {
        Self::new(415, detail)
    }

    /// 429: too many requests; try again after so many seconds.
    pub fn too_many_requests(retry_after_s: u32, detail: impl Into<String>) -> Self {
        Self { retry_after_s: Some(retry_after_s), ..Self::new(429, detail) }
    }

    /// 500: our own fault; the detail must say no more than that.
    pub fn internal(detail: impl Into<String>) -> Self {
        Self::new(500, detail)
    }

    /// 501: the RFC has it, this service does not.
    pub fn not_implemented(detail: impl Into<String>) -> Self {
        Self::new(501, detail)
    }

    /// 503: not now; try again after so many seconds.
    pub fn unavailable(retry_after_s: u32, detail: impl Into<String>) -> Self {
        Self { retry_after_s: Some(retry_after_s), ..Self::new(503, detail) }
    }

    /// The body of the answer; the status is a string there (RFC 7644 section 3.12).
    pub fn to_json(&self) -> Value {
        let mut body = json!({ "schemas": [ERROR_SCHEMA], "status": self.status.to_string() });
        if let Some(object) = body.as_object_mut() {
            if let Some(scim_type) = self.scim_type {
                object.insert("scimType".into(), scim_type.as_str().into());
            }
            object.insert("detail".into(), self.detail.clone().into());
        }
        body
    }
}

impl fmt::Display for ScimError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.scim_type {
            Some(scim_type) => write!(f, "{} {}: {}", self.status, scim_type.as_str(), self.detail),
            None => write!(f, "{}: {}", self.status, self.detail),
        }
    }
}

impl std::error::Error for ScimError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_status_is_a_string_and_the_keyword_is_left_out_where_there_is_none() {
        assert_eq!(
            ScimError::uniqueness("taken").to_json(),
            json!({"schemas": [ERROR_SCHEMA], "status": "409", "scimType": "uniqueness", "detail": "taken"})
        );
        assert_eq!(
            ScimError::not_found("gone").to_json(),
            json!({"schemas": [ERROR_SCHEMA], "status": "404", "detail": "gone"})
        );
    }

    #[test]
    fn answers_that_ask_to_wait_say_how_long() {
        assert_eq!(ScimError::unavailable(7, "later").retry_after_s, Some(7));
        assert_eq!(ScimError::too_many_requests(3, "later").retry_after_s, Some(3));
    }
}
