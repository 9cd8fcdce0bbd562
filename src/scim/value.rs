//! Small questions about JSON values that several rooms of `scim` ask: present, equal, look-up without letter case.
//!
//! Knows no attribute by name. Types and tolerances are in [`super::registry`] and [`super::dialect`].

use icu_normalizer::ComposingNormalizerBorrowed;
use serde_json::Value;

use crate::model::Object;

/// A text as it is compared where letter case does not count (userName, displayName, e-mail addresses): wide and narrow
/// forms as ordinary letters, lower case, composed. These are the preparation rules that RFC 7644 section 5 takes from
/// RFC 7613 section 3; two texts that read the same are the same.
pub fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let ordinary: String = text.chars().map(ordinary).collect();
    ComposingNormalizerBorrowed::new_nfc().normalize(&ordinary.to_lowercase()).into_owned()
}

/// The ordinary letter of a full-width or half-width one.
fn ordinary(letter: char) -> char {
    if !matches!(letter, '\u{3000}' | '\u{ff01}'..='\u{ffee}') {
        return letter;
    }
    let mut buffer = [0; 4];
    let mapped = ComposingNormalizerBorrowed::new_nfkc().normalize(letter.encode_utf8(&mut buffer));
    mapped.chars().next().unwrap_or(letter)
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

/// Equality of JSON in which 4 and 4.0 are the same number.
pub fn same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(a), Value::Number(b)) => a == b || a.as_f64() == b.as_f64(),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_that_read_the_same_are_the_same_when_folded() {
        for (left, right) in [
            ("Ada@Example.COM", "ada@example.com"),
            ("REN\u{c9}", "rene\u{301}"),
            ("\u{ff32}\u{ff25}\u{ff2e}", "ren"),
            ("\u{212b}ke", "\u{e5}ke"),
            ("a\u{3000}b", "a b"),
        ] {
            assert_eq!(fold(left), fold(right), "{left} {right}");
            assert_eq!(fold(&fold(left)), fold(left), "{left}");
        }
        assert_ne!(fold("rene"), fold("ren\u{e9}"));
    }
}
