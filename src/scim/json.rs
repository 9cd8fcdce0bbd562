//! JSON as requests send it: a name stands once in an object, in whatever letter case.
//!
//! The parser alone lets the last of two win, and names of attributes are the same in any letter case (RFC
//! 7643 section 2.1), so what a sender meant would be a guess. How large and how deep a text may be is
//! measured by who receives it; what the names mean is [`super::resource`] and [`super::patch`].

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Number, Value};

use super::error::ScimError;
use crate::limits;
use crate::model::Object;

/// Objects of up to so many members are looked through; larger ones get a set of their names.
const FEW: usize = 16;

/// Why a text is not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum JsonFault {
    /// It is no JSON, from this place on.
    Malformed {
        /// Counted from 1.
        line: usize,
        /// In bytes, counted from 1.
        column: usize,
    },
    /// A name stands twice in one object; it is shown as it was written the second time.
    Twice(String),
}

/// Reads a text.
///
/// # Errors
/// See [`JsonFault`].
pub(crate) fn read(bytes: &[u8]) -> Result<Value, JsonFault> {
    let twice = RefCell::new(None);
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let read = Any { twice: &twice }.deserialize(&mut reader).and_then(|value| reader.end().map(|()| value));
    read.map_err(|error| match twice.take() {
        Some(name) => JsonFault::Twice(name),
        None => JsonFault::Malformed { line: error.line(), column: error.column() },
    })
}

/// An object that stands as JSON in a text of the request; `None` for any other text.
///
/// # Errors
/// `invalidSyntax` when a name stands twice in it.
pub(crate) fn object_in(text: &str) -> Result<Option<Object>, ScimError> {
    if !text.trim_start().starts_with('{') {
        return Ok(None);
    }
    match read(text.as_bytes()) {
        Ok(Value::Object(object)) => Ok(Some(object)),
        Err(JsonFault::Twice(name)) => Err(twice(&name)),
        _ => Ok(None),
    }
}

/// What is said of a name that stands twice. The value behind it is not repeated.
pub(crate) fn twice(name: &str) -> ScimError {
    ScimError::invalid_syntax(format!(
        "{} is given twice; send each attribute once, in one spelling.",
        shown(name)
    ))
}

/// A name as an error may repeat it: without what stands between brackets, which may be a value, and not at
/// any length.
pub(crate) fn shown(name: &str) -> &str {
    let name = name.split('[').next().unwrap_or_default();
    if name.is_empty() || name.len() > limits::NAME_REPEATED_BYTES { "An attribute" } else { name }
}

/// Any value.
#[derive(Clone, Copy)]
struct Any<'a> {
    twice: &'a RefCell<Option<String>>,
}

impl<'de> DeserializeSeed<'de> for Any<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Value, D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Any<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = from.next_element_seed(self)? {
            items.push(item);
        }
        Ok(Value::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut from: A) -> Result<Value, A::Error> {
        let mut object = Object::new();
        let mut names: BTreeSet<String> = BTreeSet::new();
        while let Some(name) = from.next_key::<String>()? {
            let known = if object.len() < FEW {
                object.keys().any(|known| known.eq_ignore_ascii_case(&name))
            } else {
                if names.is_empty() {
                    names.extend(object.keys().map(|known| known.to_ascii_lowercase()));
                }
                !names.insert(name.to_ascii_lowercase())
            };
            if known {
                *self.twice.borrow_mut() = Some(name);
                return Err(A::Error::custom("a name stands twice"));
            }
            let value = from.next_value_seed(self)?;
            object.insert(name, value);
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_reads_as_it_does_elsewhere() {
        for text in [
            "null",
            "true",
            "-1",
            "18446744073709551615",
            "1.5e3",
            "1e400",
            r#""ä\u00e4\ud83d\ude00""#,
            r#"{"b":1,"a":[{"b":2},{"b":3}],"":{}}"#,
            "[]x",
            "{",
            "{\"a\":}",
            "\"\\ud83d\"",
        ] {
            let wanted = serde_json::from_str::<Value>(text).map_err(|error| (error.line(), error.column()));
            let found = read(text.as_bytes()).map_err(|fault| match fault {
                JsonFault::Malformed { line, column } => (line, column),
                JsonFault::Twice(name) => panic!("{text}: {name}"),
            });
            assert_eq!(found, wanted, "{text}");
        }
    }

    #[test]
    fn a_name_that_stands_twice_in_one_object_is_named() {
        let many = |last: &str| {
            let members: Vec<String> = (0..40).map(|n| format!("\"n{n}\":0")).collect();
            format!("{{{},\"{last}\":0}}", members.join(","))
        };
        for (text, name) in [
            (r#"{"a":1,"a":1}"#.to_owned(), Some("a")),
            (r#"{"active":false,"x":0,"ACTIVE":true}"#.into(), Some("ACTIVE")),
            (r#"{"Operations":[],"operations":[]}"#.into(), Some("operations")),
            (r#"[{"a":1},{"b":{"c":1,"C":2}}]"#.into(), Some("C")),
            (r#"{"\u0061":1,"a":2}"#.into(), Some("a")),
            (r#"{"ä":1,"Ä":2}"#.into(), None),
            (r#"[{"a":1},{"a":1}]"#.into(), None),
            (many("n39"), Some("n39")),
            (many("N3"), Some("N3")),
            (many("n15"), Some("n15")),
            (many("n40"), None),
        ] {
            let found = match read(text.as_bytes()) {
                Err(JsonFault::Twice(name)) => Some(name),
                Err(fault) => panic!("{text}: {fault:?}"),
                Ok(_) => None,
            };
            assert_eq!(found.as_deref(), name, "{text}");
        }
    }

    #[test]
    fn a_name_is_repeated_without_the_value_between_its_brackets_and_not_at_any_length() {
        assert!(
            twice(r#"emails[value eq "ada@x.example"].type"#).detail.starts_with("emails is given twice")
        );
        assert!(twice(&"x".repeat(5_000)).detail.len() < 200);
    }
}
