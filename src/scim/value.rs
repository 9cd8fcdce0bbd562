//! Small questions about JSON values that several rooms of `scim` ask: present, equal, look-up without letter case.
//!
//! Knows no attribute by name. Types and tolerances are in [`super::registry`] and [`super::dialect`].

use serde_json::Value;

use crate::model::Object;

/// A text as it is compared where letter case does not count (userName, displayName, e-mail addresses).
pub fn fold(text: &str) -> String {
    text.to_lowercase()
}

/// Whether a value counts as assigned: null, empty texts, arrays and objects do not (RFC 7643 section 2.5).
pub fn is_present(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => items.iter().any(is_present),
        Value::Object(object) => object.values().any(is_present),
        Value::Bool(_) | Value::Number(_) => true,
    }
}

/// The key of an object that equals `name` without letter case, as it is spelled there.
pub fn key_of<'a>(object: &'a Object, name: &str) -> Option<&'a str> {
    object.keys().map(String::as_str).find(|key| key.eq_ignore_ascii_case(name))
}

/// Looks a member up without letter case.
pub fn get<'a>(object: &'a Object, name: &str) -> Option<&'a Value> {
    object.get(name).or_else(|| key_of(object, name).and_then(|key| object.get(key)))
}

/// Takes a member out without letter case, keeping the order of the others.
pub fn take(object: &mut Object, name: &str) -> Option<Value> {
    let key = key_of(object, name)?.to_owned();
    object.shift_remove(&key)
}

/// Equality of JSON in which 4 and 4.0 are the same number; whole numbers are compared exactly, however large.
pub fn same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(a), Value::Number(b)) => {
            a == b || (a.is_f64() || b.is_f64()) && a.as_f64() == b.as_f64()
        }
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(x, y)| same(x, y)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, x)| b.get(key).is_some_and(|y| same(x, y)))
        }
        _ => left == right,
    }
}

/// Whether every member of `part` has the same value in `whole`; for other values, plain equality.
pub fn contains(whole: &Value, part: &Value) -> bool {
    match (whole, part) {
        (Value::Object(whole), Value::Object(part)) => {
            part.iter().all(|(key, wanted)| whole.get(key).is_some_and(|found| same(found, wanted)))
        }
        _ => same(whole, part),
    }
}
