//! How a request body is read: media type, size, time, depth, then JSON. Nothing reaches the parser before it
//! was measured.
//!
//! Does not look at what the JSON says; that is `scim`.

use actix_web::HttpRequest;
use actix_web::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use actix_web::web::Payload;
use bytes::BytesMut;
use futures_util::StreamExt;
use serde_json::Value;

use super::body_room::Place;
use super::tenant::Tenant;
use crate::limits;
use crate::scim::error::ScimError;
use crate::scim::json::{self, JsonFault};

/// Reads the JSON body of a request.
///
/// # Errors
/// 415 for another media type or an encoded body, 413 when it is too large, 408 when it is too slow, 400 `invalidSyntax`
/// when it is no JSON or nested too deeply.
pub async fn read(req: &HttpRequest, payload: Payload, tenant: &Tenant) -> Result<Value, ScimError> {
    within(req, payload, tenant, Limit { bytes: tenant.settings.body_bytes, refuse: too_large }).await
}

/// Reads the JSON body of a bulk request, which may be larger than others.
///
/// # Errors
/// As [`read`]; the 413 names `maxPayloadSize` (RFC 7644 section 3.7.4).
pub async fn read_bulk(req: &HttpRequest, payload: Payload, tenant: &Tenant) -> Result<Value, ScimError> {
    within(req, payload, tenant, Limit { bytes: limits::BULK_BYTES, refuse: bulk_too_large }).await
}

/// Memory for a body before any of it is there, in bytes.
const AT_FIRST: usize = 16 * 1024;

/// How much is read, and what is said of more.
#[derive(Clone, Copy)]
struct Limit {
    bytes: usize,
    refuse: fn(usize) -> ScimError,
}

async fn within(
    req: &HttpRequest,
    payload: Payload,
    tenant: &Tenant,
    limit: Limit,
) -> Result<Value, ScimError> {
    check_media(req)?;
    let mut place = tenant.settings.bodies.place();
    let body = collect(req, payload, limit, &mut place);
    let bytes = tenant
        .clock
        .deadline(body, tenant.settings.body_wait)
        .await
        .map_err(|_| ScimError::new(408, "The request body did not arrive in time."))??;
    parse(&bytes)
}

/// Parses JSON that has been measured: UTF-8, no deeper than allowed.
///
/// # Errors
/// 400 `invalidSyntax` with line and column, or with the name that stands twice in an object.
pub fn parse(bytes: &[u8]) -> Result<Value, ScimError> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(ScimError::invalid_syntax("The request has no body; a JSON object is needed."));
    }
    match excess(bytes, limits::JSON_DEPTH, limits::JSON_MEMBERS, limits::JSON_VALUES) {
        Some(Excess::Depth) => {
            return Err(ScimError::invalid_syntax(format!(
                "The JSON body is nested more than {} levels deep.",
                limits::JSON_DEPTH
            )));
        }
        Some(Excess::Members) => {
            return Err(ScimError::invalid_syntax(format!(
                "An object of the JSON body has more than {} members.",
                limits::JSON_MEMBERS
            )));
        }
        Some(Excess::Values) => {
            return Err(ScimError::payload_too_large(format!(
                "The JSON body has more than {} values; send less in one request.",
                limits::JSON_VALUES
            )));
        }
        None => {}
    }
    json::read(bytes).map_err(|fault| match fault {
        JsonFault::Malformed { line, column } => ScimError::invalid_syntax(format!(
            "The request body is not valid JSON (line {line}, column {column})."
        )),
        JsonFault::Twice(name) => json::twice(&name),
    })
}

/// What a body has more of than is allowed.
#[derive(Debug, PartialEq, Eq)]
enum Excess {
    Depth,
    Members,
    Values,
}

/// Whether brackets outside of strings nest deeper than `depth_max`, or one object has more than
/// `members_max` members, or all of it more than about `values_max` values. One pass; looks at signs alone, so that nothing is built of a body that is refused.
fn excess(bytes: &[u8], depth_max: usize, members_max: usize, values_max: usize) -> Option<Excess> {
    let mut members: Vec<usize> = Vec::with_capacity(depth_max);
    let mut values = 0_usize;
    let (mut in_string, mut escaped) = (false, false);
    for byte in bytes {
        if in_string {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => in_string = false,
                _ => {}
            }
            continue;
        }
        match byte {
            b'"' => in_string = true,
            b'{' | b'[' if members.len() >= depth_max => return Some(Excess::Depth),
            b',' | b'{' | b'[' if values >= values_max => return Some(Excess::Values),
            b',' => values += 1,
            b'{' | b'[' => {
                values += 1;
                members.push(0);
            }
            b'}' | b']' => drop(members.pop()),
            b':' => {
                if let Some(number) = members.last_mut() {
                    *number += 1;
                    if *number > members_max {
                        return Some(Excess::Members);
                    }
                }
            }
            _ => {}
        }
    }
    None
}

fn check_media(req: &HttpRequest) -> Result<(), ScimError> {
    let encoding = req.headers().get(CONTENT_ENCODING).map(|value| value.as_bytes().to_ascii_lowercase());
    if encoding.is_some_and(|it| it != b"identity") {
        return Err(ScimError::unsupported_media_type("Send the body without Content-Encoding."));
    }
    let Some(sent) = req.headers().get(CONTENT_TYPE) else {
        return Err(ScimError::unsupported_media_type(
            "Content-Type is missing; send application/scim+json.",
        ));
    };
    let sent = sent.to_str().unwrap_or_default();
    let essence = sent.split(';').next().unwrap_or_default().trim();
    let known = ["application/scim+json", "application/json"];
    if known.iter().any(|it| essence.eq_ignore_ascii_case(it)) {
        return Ok(());
    }
    Err(ScimError::unsupported_media_type("Content-Type must be application/scim+json or application/json."))
}

fn too_large(limit: usize) -> ScimError {
    ScimError::payload_too_large(format!(
        "The request body is larger than {limit} bytes; send less in one request."
    ))
}

fn bulk_too_large(limit: usize) -> ScimError {
    ScimError::payload_too_large(format!(
        "The size of the bulk request exceeds the maxPayloadSize ({limit} bytes); send fewer operations in one request."
    ))
}

async fn collect(
    req: &HttpRequest,
    mut payload: Payload,
    within: Limit,
    place: &mut Place,
) -> Result<BytesMut, ScimError> {
    let limit = within.bytes;
    let announced = req.headers().get(CONTENT_LENGTH).and_then(|it| it.to_str().ok()?.parse::<usize>().ok());
    // What is announced need not come.
    let mut body = BytesMut::with_capacity(announced.unwrap_or(0).min(limit).min(AT_FIRST));
    let mut seen = 0_usize;
    if announced.is_some_and(|bytes| bytes > limit.saturating_mul(limits::DRAIN_FACTOR)) {
        return Err((within.refuse)(limit));
    }
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|_| ScimError::invalid_syntax("The request body broke off."))?;
        seen = seen.saturating_add(chunk.len());
        if seen > limit.saturating_mul(limits::DRAIN_FACTOR) {
            break;
        }
        if seen <= limit {
            place.hold(seen)?;
            body.extend_from_slice(&chunk);
        }
    }
    if seen > limit { Err((within.refuse)(limit)) } else { Ok(body) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_count_only_outside_of_strings() {
        assert_eq!(excess(b"[[],[],[]]", 9, 9, 6), None);
        assert_eq!(excess(b"[[],[],[]]", 9, 9, 5), Some(Excess::Values));
        assert_eq!(excess(b"[\",[,[\"]", 9, 9, 1), None);
        for (text, depth, members, wanted) in [
            (r#"{"a":[1]}"#, 2, 1, None),
            (r#"{"a":[1]}"#, 1, 1, Some(Excess::Depth)),
            (r#"{"a":"[[[[["}"#, 1, 1, None),
            (r#"{"a":"\"[[["}"#, 1, 1, None),
            (r#"[[],[],[]]"#, 2, 0, None),
            (r#"{"a":1,"b":2}"#, 1, 1, Some(Excess::Members)),
            (r#"[{"a":1},{"b":2},{"c":":::"}]"#, 2, 1, None),
            (r#"{"a":{"b":{"c":1}},"d":1}"#, 3, 2, None),
        ] {
            assert_eq!(excess(text.as_bytes(), depth, members, usize::MAX), wanted, "{text}");
        }
    }

    #[test]
    fn a_body_deep_enough_to_hurt_a_parser_is_refused_before_parsing() {
        let bomb = "[".repeat(1_000_000);
        let fault = parse(bomb.as_bytes()).expect_err("too deep");
        assert!(fault.detail.contains("levels deep"), "{fault}");
    }

    #[test]
    fn bad_json_is_invalid_syntax_and_the_text_itself_is_not_repeated() {
        for text in ["", "  \n", "{", "{\"password\":\"hunter2\"", "nul", "\u{feff}"] {
            let fault = parse(text.as_bytes()).expect_err(text);
            assert_eq!(fault.status, 400);
            assert_eq!(fault.scim_type.map(|it| it.as_str()), Some("invalidSyntax"));
            assert!(!fault.detail.contains("hunter2"));
        }
    }

    #[test]
    fn a_name_given_twice_is_named_and_its_values_are_not() {
        for (text, name) in [
            (r#"{"active":false,"active":true,"title":"hunter2"}"#, "active"),
            (r#"{"userName":"hunter2","USERNAME":"hunter2"}"#, "USERNAME"),
            (r#"{"Operations":[],"operations":[{"op":"remove"}]}"#, "operations"),
            (r#"{"Operations":[{"op":"add","path":"a","value":"hunter2","Value":"x"}]}"#, "Value"),
            (r#"{"emails":[{"value":"a"},{"value":"hunter2","type":"x","value":"b"}]}"#, "value"),
        ] {
            let fault = parse(text.as_bytes()).expect_err(text);
            assert_eq!((fault.status, fault.scim_type.map(|it| it.as_str())), (400, Some("invalidSyntax")));
            assert!(fault.detail.starts_with(&format!("{name} is given twice")), "{fault}");
            assert!(!fault.detail.contains("hunter2"), "{fault}");
        }
    }

    #[test]
    fn a_byte_order_mark_is_no_harm() {
        assert_eq!(parse("\u{feff}{\"a\":1}".as_bytes()).expect("parses"), serde_json::json!({"a": 1}));
    }
}
