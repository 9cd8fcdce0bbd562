//! Small questions about JSON values that several rooms of `scim` ask: present, equal, look-up without letter
//! case.
//!
//! Knows no attribute by name. Types and tolerances are in [`super::registry`] and [`super::dialect`].

use std::cmp::Ordering;

use icu_normalizer::ComposingNormalizerBorrowed;
use serde_json::{Number, Value};

use crate::model::Object;

/// A text as it is compared where letter case does not count (userName, displayName, e-mail addresses): wide
/// and narrow forms as ordinary letters, lower case, composed. These are the preparation rules that RFC 7644
/// section 5 takes from RFC 7613 section 3; two texts that read the same are the same.
///
/// The two small sigmas are one letter, whatever stands behind them; `ß` stays itself, as RFC 8265 section
/// 3.3 has it for user names.
pub fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let lower =
        text.chars().map(ordinary).flat_map(char::to_lowercase).map(|c| if c == 'ς' { 'σ' } else { c });
    let lower: String = lower.collect();
    ComposingNormalizerBorrowed::new_nfc().normalize(&lower).into_owned()
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
pub(crate) fn is_present(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => items.iter().any(is_present),
        Value::Object(object) => object.values().any(is_present),
        Value::Bool(_) | Value::Number(_) => true,
    }
}

/// The key of an object that equals `name` without letter case, as it is spelled there.
pub(crate) fn key_of<'a>(object: &'a Object, name: &str) -> Option<&'a str> {
    object.keys().map(String::as_str).find(|key| key.eq_ignore_ascii_case(name))
}

/// Looks a member up without letter case.
pub(crate) fn get<'a>(object: &'a Object, name: &str) -> Option<&'a Value> {
    object.get(name).or_else(|| key_of(object, name).and_then(|key| object.get(key)))
}

/// Takes a member out without letter case, keeping the order of the others.
pub(crate) fn take(object: &mut Object, name: &str) -> Option<Value> {
    let key = key_of(object, name)?.to_owned();
    object.shift_remove(&key)
}

/// Equality of JSON in which 4 and 4.0 are the same number; whole numbers are compared exactly, however
/// large.
pub fn same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(a), Value::Number(b)) => compare_numbers(a, b).is_eq(),
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(x, y)| same(x, y)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, x)| b.get(key).is_some_and(|y| same(x, y)))
        }
        _ => left == right,
    }
}

/// The order of two numbers, exact also where one is whole and beyond what a float can tell apart.
pub(crate) fn compare_numbers(left: &Number, right: &Number) -> Ordering {
    match (whole(left), whole(right)) {
        (Some(left), Some(right)) => left.cmp(&right),
        (Some(left), None) => compare_with_fraction(left, right),
        (None, Some(right)) => compare_with_fraction(right, left).reverse(),
        (None, None) => left.as_f64().partial_cmp(&right.as_f64()).unwrap_or(Ordering::Equal),
    }
}

/// A number without fraction; those beyond 38 digits are left to floats.
fn whole(number: &Number) -> Option<i128> {
    if let Some(whole) = number.as_i64() {
        return Some(whole.into());
    }
    if let Some(whole) = number.as_u64() {
        return Some(whole.into());
    }
    let float = number.as_f64()?;
    (float.fract() == 0.0 && float.abs() < 1e38).then_some(float as i128)
}

/// A whole number beside one that has a fraction or is beyond 38 digits.
fn compare_with_fraction(whole: i128, number: &Number) -> Ordering {
    let float = number.as_f64().unwrap_or(0.0);
    // A float with a fraction is small enough to be cut to a whole number without loss.
    if float.abs() >= 1e38 {
        return if float > 0.0 { Ordering::Less } else { Ordering::Greater };
    }
    if whole <= float.floor() as i128 { Ordering::Less } else { Ordering::Greater }
}

/// Whether every member of `part` has the same value in `whole`; for other values, plain equality.
pub(crate) fn contains(whole: &Value, part: &Value) -> bool {
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
    fn letter_case_is_folded_letter_by_letter() {
        for (left, right) in
            [("BÄRBEL", "bärbel"), ("ΟΔΟΣ", "οδος"), ("ΟΔΟΣ", "οδοσ"), ("K", "k"), ("Straße", "STRAẞE")]
        {
            assert_eq!(fold(left), fold(right), "{left}");
        }
        assert!(fold("ΟΔΟΣΑ").starts_with(&fold("ΟΔΟΣ")));
        assert_ne!(fold("straße"), fold("strasse"));
    }

    #[test]
    fn numbers_are_told_apart_where_floats_cannot() {
        let ascending = [
            "-1e300",
            "-9007199254740993",
            "-9007199254740992.0",
            "-0.5",
            "0",
            "0.5",
            "4",
            "4.5",
            "9007199254740992",
            "9007199254740993",
            "18446744073709551615",
            "18446744073709551616",
            "1e300",
        ]
        .map(|text| serde_json::from_str::<Number>(text).unwrap());
        for (i, left) in ascending.iter().enumerate() {
            for (k, right) in ascending.iter().enumerate() {
                assert_eq!(compare_numbers(left, right), i.cmp(&k), "{left} {right}");
            }
        }
        assert!(same(&serde_json::json!(4), &serde_json::json!(4.0)));
    }

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
