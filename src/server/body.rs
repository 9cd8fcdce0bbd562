//! How a request body is read: media type, size, time, depth, memory, then JSON. Nothing reaches the parser before
//! it was measured, and what a body takes it holds until its request is over.
//!
//! Does not look at what the JSON says; that is `scim`.

use actix_web::HttpMessage;
use actix_web::HttpRequest;
use actix_web::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use actix_web::web::{self, Payload};
use futures_util::StreamExt;
use serde_json::Value;

use super::body_room::Place;
use super::context;
use super::json_cost::{self, Excess, Most};
use super::parsing;
use super::tenant::Tenant;
use crate::limits;
use crate::scim::error::ScimError;
use crate::scim::json::{self, JsonFault};

/// Reads the JSON body of a request into what `make` makes of it. A large one is parsed on a thread of its own.
///
/// # Errors
/// 415 for another media type or an encoded body, 413 when it is too large, 408 when it is too slow, 400 `invalidSyntax`
/// when it is no JSON or nested too deeply; what `make` refuses it with.
pub async fn read<T: Send + 'static>(
    req: &HttpRequest,
    payload: Payload,
    tenant: &Tenant,
    make: impl FnOnce(Value) -> Result<T, ScimError> + Send + 'static,
) -> Result<T, ScimError> {
    let limit = Limit { bytes: tenant.settings.body_bytes, refuse: too_large };
    within(req, payload, tenant, limit, make).await
}

/// Reads the JSON body of a bulk request, which may be larger than others.
///
/// # Errors
/// As [`read`]; the 413 names `maxPayloadSize` (RFC 7644 section 3.7.4).
pub async fn read_bulk<T: Send + 'static>(
    req: &HttpRequest,
    payload: Payload,
    tenant: &Tenant,
    make: impl FnOnce(Value) -> Result<T, ScimError> + Send + 'static,
) -> Result<T, ScimError> {
    within(req, payload, tenant, Limit { bytes: limits::BULK_BYTES, refuse: bulk_too_large }, make).await
}

/// A body of so many bytes is parsed in well under a millisecond.
const AT_ONCE: usize = 64 * 1024;
/// Memory for a body before any of it is there, in bytes.
const AT_FIRST: usize = 16 * 1024;

/// How much is read, and what is said of more.
#[derive(Clone, Copy)]
struct Limit {
    bytes: usize,
    refuse: fn(usize) -> ScimError,
}

async fn within<T: Send + 'static>(
    req: &HttpRequest,
    payload: Payload,
    tenant: &Tenant,
    limit: Limit,
    make: impl FnOnce(Value) -> Result<T, ScimError> + Send + 'static,
) -> Result<T, ScimError> {
    check_media(req)?;
    let client = context::client(req);
    let mut place = tenant.settings.bodies.place(client.clone());
    let body = collect(req, payload, limit, &mut place);
    let bytes = tenant
        .clock
        .deadline(body, tenant.settings.body_wait)
        .await
        .map_err(|_| ScimError::new(408, "The request body did not arrive in time."))??;
    let large = bytes.len() > AT_ONCE;
    let parse = move || -> Result<(T, Place), ScimError> {
        let bytes = text(&bytes)?;
        // The bytes go once they are parsed, what was parsed lives until the request is answered.
        place.hold(bytes.len().saturating_add(measure(bytes)?))?;
        Ok((make(built(bytes)?)?, place))
    };
    let (made, place) = if large {
        let turn = tenant.settings.parsing.turn(&client, &tenant.clock).await?;
        // The turn is taken until the thread is done, also when the client has left.
        let parse = move || {
            let parsed = parse();
            drop(turn);
            parsed
        };
        web::block(parse).await.map_err(|_| parsing::busy())??
    } else {
        parse()?
    };
    req.extensions_mut().insert(place);
    Ok(made)
}

/// Parses JSON that has been measured: UTF-8, no deeper than allowed.
///
/// # Errors
/// 400 `invalidSyntax` with line and column, or with the name that stands twice in an object.
pub fn parse(bytes: &[u8]) -> Result<Value, ScimError> {
    let bytes = text(bytes)?;
    measure(bytes)?;
    built(bytes)
}

/// The body without a byte order mark, unless nothing is left of it.
fn text(bytes: &[u8]) -> Result<&[u8], ScimError> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(ScimError::invalid_syntax("The request has no body; a JSON object is needed."));
    }
    Ok(bytes)
}

/// What the body will take once it is parsed.
fn measure(bytes: &[u8]) -> Result<usize, ScimError> {
    let most = Most { depth: limits::JSON_DEPTH, members: limits::JSON_MEMBERS, bytes: limits::JSON_MEMORY };
    json_cost::measure(bytes, most).map_err(|excess| match excess {
        Excess::Depth => ScimError::invalid_syntax(format!(
            "The JSON body is nested more than {} levels deep.",
            limits::JSON_DEPTH
        )),
        Excess::Members => ScimError::invalid_syntax(format!(
            "An object of the JSON body has more than {} members.",
            limits::JSON_MEMBERS
        )),
        Excess::Bytes => ScimError::payload_too_large(format!(
            "The JSON body has so many values that it would take more than {} MiB of memory; send less in one request.",
            limits::JSON_MEMORY / (1024 * 1024)
        )),
    })
}

fn built(bytes: &[u8]) -> Result<Value, ScimError> {
    json::read(bytes).map_err(|fault| match fault {
        JsonFault::Malformed { line, column } => ScimError::invalid_syntax(format!(
            "The request body is not valid JSON (line {line}, column {column})."
        )),
        JsonFault::Twice(name) => json::twice(&name),
    })
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
) -> Result<Vec<u8>, ScimError> {
    let limit = within.bytes;
    let announced = req.headers().get(CONTENT_LENGTH).and_then(|it| it.to_str().ok()?.parse::<usize>().ok());
    // What is announced need not come.
    let mut body = Vec::with_capacity(announced.unwrap_or(0).min(limit).min(AT_FIRST));
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
            if body.capacity() < seen {
                // Doubling would take twice what was counted.
                body.reserve_exact(chunk.len().max(AT_FIRST).max(seen / 4));
            }
            body.extend_from_slice(&chunk);
        }
    }
    if seen > limit { Err((within.refuse)(limit)) } else { Ok(body) }
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn a_body_of_tiny_objects_is_refused_before_they_are_built() {
        let tiny = format!("[{}0]", "{\"\":0},".repeat(190_000));
        assert_eq!(parse(tiny.as_bytes()).map_err(|fault| fault.status), Err(413));
    }

    #[test]
    fn the_largest_bodies_that_connectors_send_are_taken() {
        let uuid = "2819c223-7f76-453a-919d-413861904646";
        let member = format!(
            r#"{{"value":"{uuid}","display":"Ada","type":"User","$ref":"https://scim.example.com/scim/v2/Users/{uuid}"}},"#
        );
        let user = include_str!("../../benches/user.json").split_whitespace().collect::<String>() + ",";
        for one in [member, user] {
            let number = limits::BODY_BYTES / one.len();
            let body = format!("[{}0]", one.repeat(number));
            let cost = measure(body.as_bytes()).map_err(|fault| fault.status);
            assert!(cost.is_ok(), "{cost:?} for {} bytes of {one}", body.len());
        }
    }

    #[test]
    fn a_byte_order_mark_is_no_harm() {
        assert_eq!(parse("\u{feff}{\"a\":1}".as_bytes()).expect("parses"), serde_json::json!({"a": 1}));
    }
}
