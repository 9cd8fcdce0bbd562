//! References to resources that the same bulk request makes (RFC 7644 section 3.7.2): `bulkId:` and the
//! bulkId.
//!
//! A reference is a whole text value anywhere in `data`, the last segment of a `$ref`, or a quoted text in
//! the path of a PATCH operation (`members[value eq "bulkId:x"]`). Which bulkIds exist is known to
//! [`super::job`].

use serde_json::Value;

use super::method::Method;

const PREFIX: &str = "bulkId:";

/// The bulkId that a text refers to, if that is what the text is.
pub(super) fn name(text: &str) -> Option<&str> {
    text.strip_prefix(PREFIX).filter(|name| !name.is_empty())
}

/// Shows every reference in `data` to `see`, and puts what it gives in the reference's place.
///
/// Passwords are left alone: they refer to nothing, whatever they look like.
pub(super) fn rewrite(method: Method, data: &mut Value, see: &mut dyn FnMut(&str) -> Option<String>) {
    match data {
        Value::String(text) => {
            if let Some(id) = name(text).and_then(&mut *see) {
                *text = id;
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| rewrite(method, item, see)),
        Value::Object(object) => {
            let sets_password = method == Method::Patch
                && object.iter().any(|(key, value)| key.eq_ignore_ascii_case("path") && is_password(value));
            for (key, value) in object {
                let is = |name: &str| key.eq_ignore_ascii_case(name);
                match value {
                    _ if is("password") || (sets_password && is("value")) => {}
                    Value::String(path) if method == Method::Patch && is("path") => in_filter(path, see),
                    Value::String(address) if is("$ref") => in_address(address, see),
                    other => rewrite(method, other, see),
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// `password`, with or without the schema before it.
fn is_password(path: &Value) -> bool {
    let last = path.as_str().and_then(|path| path.trim().rsplit(':').next());
    last.is_some_and(|name| name.eq_ignore_ascii_case("password"))
}

fn in_address(address: &mut String, see: &mut dyn FnMut(&str) -> Option<String>) {
    let at = address.rfind('/').map_or(0, |slash| slash + 1);
    if let Some(id) = address.get(at..).and_then(name).and_then(see) {
        address.truncate(at);
        address.push_str(&id);
    }
}

/// Quoted texts of a filter are JSON texts (RFC 7644 section 3.4.2.2).
fn in_filter(path: &mut String, see: &mut dyn FnMut(&str) -> Option<String>) {
    if !path.contains(PREFIX) {
        return;
    }
    let mut out = String::with_capacity(path.len());
    let mut rest = path.as_str();
    while let Some((before, literal, after)) = next_literal(rest) {
        out.push_str(before);
        let text: Option<String> = serde_json::from_str(literal).ok();
        match text.as_deref().and_then(name).and_then(&mut *see) {
            Some(id) => out.push_str(&Value::String(id).to_string()),
            None => out.push_str(literal),
        }
        rest = after;
    }
    out.push_str(rest);
    *path = out;
}

/// What stands before the next quoted text, the text with its quotes, and what follows it.
fn next_literal(text: &str) -> Option<(&str, &str, &str)> {
    let (before, quoted) = text.split_at_checked(text.find('"')?)?;
    let mut escaped = false;
    for (at, byte) in quoted.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => {
                let (literal, after) = quoted.split_at_checked(at + 1)?;
                return Some((before, literal, after));
            }
            _ => {}
        }
    }
    None
}
