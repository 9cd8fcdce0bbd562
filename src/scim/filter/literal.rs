//! The right side of a comparison, brought to the type of the attribute and ready to compare.
//!
//! Connectors write other types than the schema's (`primary eq "True"`, `employeeNumber eq 42`), which are
//! turned where the meaning is plain and refused elsewhere. How values compare is [`super::eval`].
//!
//! A dateTime is what `scim_v2` takes for one: its check is the exact form of XML Schema that RFC 7643
//! section 2.3.5 demands, and its order knows offsets, fractions of any length and `24:00:00`.

use scim_v2::ScimDateTime;
use serde_json::{Number, Value};

use super::comparison::{Op, Operand};
use super::lexer::Written;
use crate::scim::registry::AttributeType;
use crate::scim::value::fold;

/// A value to compare with.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::scim) enum Literal {
    Null,
    Bool(bool),
    Number(Number),
    /// A text whose letter case counts.
    Exact(String),
    /// A text whose letter case does not count: as written, and folded.
    Folded {
        text: String,
        folded: String,
    },
    Time {
        text: String,
        at: ScimDateTime,
    },
}

impl Literal {
    /// What was written, as a value that this operator can compare this attribute with.
    ///
    /// # Errors
    /// Why it cannot, for people, without the value.
    pub(super) fn read(operand: &Operand, op: Op, written: Written<'_>) -> Result<Self, String> {
        let refused = || Err(format!("{} cannot be compared by {}", operand.path, op.as_str()));
        let misfit = |wanted: &str| {
            Err(format!("{} is compared with {wanted}, not with what was given", operand.path))
        };
        if matches!(written, Written::Null) {
            return if op.is_equality() { Ok(Self::Null) } else { refused() };
        }
        match operand.data_type {
            AttributeType::Boolean | AttributeType::Binary if !op.is_equality() => refused(),
            AttributeType::Decimal | AttributeType::Integer if op.is_part_of() => refused(),
            AttributeType::Complex => refused(),
            AttributeType::Boolean => match boolean(&written) {
                Some(flag) => Ok(Self::Bool(flag)),
                None => misfit("true or false"),
            },
            AttributeType::Decimal | AttributeType::Integer => match text_of(&written).and_then(number) {
                Some(number) => Ok(Self::Number(number)),
                None => misfit("a number"),
            },
            AttributeType::DateTime if !op.is_part_of() => {
                let time = text_of(&written).and_then(|text| Some((text.to_owned(), instant(text)?)));
                match time {
                    Some((text, at)) => Ok(Self::Time { text, at }),
                    None => misfit("a date and time such as \"2026-01-31T08:00:00Z\""),
                }
            }
            AttributeType::String
            | AttributeType::Reference
            | AttributeType::Binary
            | AttributeType::DateTime => match written {
                Written::Quoted(text) => Ok(Self::text(text.into_owned(), operand.case_exact)),
                Written::Bare(word) => Ok(Self::text(word.to_owned(), operand.case_exact)),
                Written::Bool(_) | Written::Null => misfit("a text in quotes"),
            },
        }
    }

    fn text(text: String, case_exact: bool) -> Self {
        if case_exact {
            return Self::Exact(text);
        }
        let folded = fold(&text);
        Self::Folded { text, folded }
    }

    /// The text as it was written, when it is one.
    pub(super) fn as_text(&self) -> Option<&str> {
        match self {
            Self::Exact(text) | Self::Folded { text, .. } => Some(text),
            Self::Null | Self::Bool(_) | Self::Number(_) | Self::Time { .. } => None,
        }
    }

    /// The literal as JSON, as a new element of the attribute would hold it.
    pub(in crate::scim) fn to_value(&self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Bool(flag) => Value::Bool(*flag),
            Self::Number(number) => Value::Number(number.clone()),
            Self::Exact(text) | Self::Folded { text, .. } | Self::Time { text, .. } => {
                Value::String(text.clone())
            }
        }
    }
}

fn text_of<'a>(written: &'a Written<'_>) -> Option<&'a str> {
    match written {
        Written::Quoted(text) => Some(text),
        Written::Bare(word) => Some(word),
        Written::Null | Written::Bool(_) => None,
    }
}

/// Entra compares `primary` with the text "True" (docs/connectors.md C4.4).
fn boolean(written: &Written<'_>) -> Option<bool> {
    match written {
        Written::Bool(flag) => Some(*flag),
        Written::Quoted(text) if text.eq_ignore_ascii_case("true") => Some(true),
        Written::Quoted(text) if text.eq_ignore_ascii_case("false") => Some(false),
        Written::Quoted(_) | Written::Bare(_) | Written::Null => None,
    }
}

/// A number as JSON writes it. Whole numbers of up to 64 bits are exact; what is larger than a number can be
/// here is the largest one, so that `lt` and `gt` still tell the truth.
fn number(text: &str) -> Option<Number> {
    if !is_number(text) {
        return None;
    }
    if let Ok(whole) = text.parse::<i64>() {
        return Some(whole.into());
    }
    if let Ok(whole) = text.parse::<u64>() {
        return Some(whole.into());
    }
    let float: f64 = text.parse().ok()?;
    if float == 0.0 {
        // There is one zero, whatever its sign, so that it prints and reads back as itself.
        return Some(0.into());
    }
    Number::from_f64(float.clamp(f64::MIN, f64::MAX))
}

/// The grammar of RFC 8259 section 6.
fn is_number(text: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    digits(whole)
        && (whole.len() == 1 || !whole.starts_with('0'))
        && fraction.is_none_or(digits)
        && exponent.is_none_or(|exponent| digits(exponent.strip_prefix(['+', '-']).unwrap_or(exponent)))
}

/// A point in time; one that names no offset is meant in UTC, because the service writes nothing else.
pub(super) fn instant(text: &str) -> Option<ScimDateTime> {
    let read: ScimDateTime = text.parse().ok()?;
    if read.has_offset() { Some(read) } else { format!("{text}Z").parse().ok() }
}
