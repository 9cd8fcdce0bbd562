//! Telephone numbers: from what people write to what Genesys Cloud takes, E.164 and an extension
//! (docs/genesys.md G2.28).
//!
//! Reads the notations that have one meaning: visual separators and the `tel:` scheme (RFC 3966 section 5).
//! What would be a guess (no country code, a trunk zero in parentheses, letters) is not carried, and said to
//! be so. The document of record keeps every number as it was sent. Which types there are and what of them
//! goes into the payload is [`super::identity`].

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::limits;
use crate::model::Failure;

/// The types that Genesys knows.
const TYPES: [&str; 11] = [
    "work",
    "work2",
    "work3",
    "work4",
    "home",
    "mobile",
    "other",
    "microsoftteams",
    "zoomphone",
    "eightbyeight",
    "ringcentral",
];

/// Digits of an E.164 number, country code included; no country has fewer than seven.
const DIGITS: std::ops::RangeInclusive<usize> = 7..=15;

/// The numbers of a document that Genesys can hold, and what is told of the others.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Phones {
    /// One for each type.
    pub(super) carried: Vec<Value>,
    /// Those that stay in the bridge.
    pub(super) kept: Vec<Failure>,
}

/// Sorts the numbers of a document.
pub(super) fn phones(value: Option<&Value>) -> Phones {
    let mut carried: BTreeMap<&str, String> = BTreeMap::new();
    let mut kept = Vec::new();
    for (at, phone) in
        value.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default().iter().enumerate()
    {
        let part =
            |name: &str| phone.get(name).and_then(Value::as_str).filter(|text| !text.trim().is_empty());
        // An entry without a number says nothing.
        let Some(text) = part("value") else { continue };
        let kind = part("type").unwrap_or("work").trim().to_ascii_lowercase();
        let why = match (TYPES.into_iter().find(|known| *known == kind), number(text)) {
            (None, _) => "Genesys Cloud has no telephone numbers of its type",
            (_, None) => NOT_INTERNATIONAL,
            (Some(kind), Some(_)) if carried.contains_key(kind) => {
                "Genesys Cloud holds one number of each type, and an earlier one has its type"
            }
            (Some(kind), Some(number)) => {
                carried.insert(kind, number);
                continue;
            }
        };
        kept.push(stays(at, why));
    }
    let carried =
        carried.into_iter().map(|(kind, number)| json!({ "type": kind, "value": number })).collect();
    Phones { carried, kept }
}

const NOT_INTERNATIONAL: &str =
    "it is no international number: write it with + and the country code, such as +1 555 010 0199 ext. 7";

/// The number is named by its place: type and value are the person's.
fn stays(at: usize, why: &str) -> Failure {
    Failure::kept(format!("telephone number {}", at + 1), "", why)
}

/// A number as Genesys takes it: `+15550100199`, or `tel:+15550100199;ext=7`. `None` where it is not plain
/// which number is meant.
pub(super) fn number(text: &str) -> Option<String> {
    let text = text.trim();
    let scheme = text.get(..4).is_some_and(|scheme| scheme.eq_ignore_ascii_case("tel:"));
    let text = if scheme { text.get(4..)? } else { text };
    let (subscriber, extension) = match text.split_once(';') {
        Some((subscriber, parameters)) => (subscriber, Some(only_extension(parameters)?)),
        None => written_extension(text),
    };
    let digits = international(subscriber)?;
    match extension {
        None => Some(format!("+{digits}")),
        Some(extension) => {
            let extension = plain(extension)?;
            let fits = (1..=limits::PHONE_EXTENSION_DIGITS).contains(&extension.len());
            fits.then(|| format!("tel:+{digits};ext={extension}"))
        }
    }
}

/// The value of `ext`, if it is the only parameter: no other one has a place in Genesys.
fn only_extension(parameters: &str) -> Option<&str> {
    let (name, value) = parameters.split_once('=')?;
    (name.trim().eq_ignore_ascii_case("ext") && !value.contains(';')).then_some(value)
}

/// What stands before and behind `x`, `ext.` or `extension`.
fn written_extension(text: &str) -> (&str, Option<&str>) {
    let Some(at) = text.find(|c: char| c.is_alphabetic()) else { return (text, None) };
    let (number, rest) = text.split_at_checked(at).unwrap_or((text, ""));
    for word in ["extension", "ext", "x"] {
        if let (Some(head), Some(tail)) = (rest.get(..word.len()), rest.get(word.len()..))
            && head.eq_ignore_ascii_case(word)
        {
            let tail = tail.strip_prefix(['.', ':']).unwrap_or(tail);
            return (number.trim_end_matches([',', ' ']), Some(tail));
        }
    }
    (text, None)
}

fn international(text: &str) -> Option<String> {
    // Whether a zero in parentheses is dialled depends on the country.
    if text.contains("(0)") {
        return None;
    }
    let digits = plain(text.trim_start_matches(is_separator).strip_prefix('+')?)?;
    (DIGITS.contains(&digits.len()) && !digits.starts_with('0')).then_some(digits)
}

/// The digits of a text that has nothing but digits and separators.
fn plain(text: &str) -> Option<String> {
    let mut digits = String::with_capacity(text.len());
    for c in text.chars().filter(|c| !is_separator(*c)) {
        digits.push(c.is_ascii_digit().then_some(c)?);
    }
    Some(digits)
}

fn is_separator(c: char) -> bool {
    c.is_whitespace() || matches!(c, '-' | '.' | '(' | ')' | '/' | '\u{2010}'..='\u{2015}' | '\u{2212}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::FailureState;

    #[test]
    fn a_number_with_one_meaning_is_e164_and_its_extension() {
        for (text, wanted) in [
            ("+14255550100", Some("+14255550100")),
            ("+1 425-555-0100", Some("+14255550100")),
            (" +1 (425) 555.0100 ", Some("+14255550100")),
            ("(+49) 30/123 456", Some("+4930123456")),
            ("+1\u{a0}425\u{2011}555\u{2011}0100", Some("+14255550100")),
            ("tel:+14255550100", Some("+14255550100")),
            ("TEL:+1-201-555-0123", Some("+12015550123")),
            ("tel:+1-201-555-0123;ext=7", Some("tel:+12015550123;ext=7")),
            ("+12015550123;ext=7", Some("tel:+12015550123;ext=7")),
            ("+12015550123;EXT=70-1", Some("tel:+12015550123;ext=701")),
            ("+1 201 555 0123 x7", Some("tel:+12015550123;ext=7")),
            ("+1 201 555 0123, ext. 701", Some("tel:+12015550123;ext=701")),
            ("+1 201 555 0123 Extension: 701", Some("tel:+12015550123;ext=701")),
            // Which number is meant would be a guess.
            ("555-0100", None),
            ("0049 30 123456", None),
            ("+49 (0)30 123456", None),
            ("+0 30 1234567", None),
            ("+1 425", None),
            ("+1234567890123456", None),
            ("+1 425 555 CALL", None),
            ("+1 425 555 0100 or 0101", None),
            ("+1 201 555 0123 x", None),
            ("+1 201 555 0123 x7y", None),
            ("tel:7042;phone-context=+1201555", None),
            ("tel:+12015550123;isub=5", None),
            ("tel:+12015550123;ext=7;isub=5", None),
            ("+12015550123;", None),
            ("++12015550123", None),
            ("+", None),
            ("tel:", None),
            ("ä", None),
        ] {
            assert_eq!(number(text).as_deref(), wanted, "{text}");
            if let Some(wanted) = wanted {
                assert_eq!(number(wanted).as_deref(), Some(wanted), "what is carried reads as itself");
            }
        }
    }

    #[test]
    fn what_is_not_carried_is_told_by_its_place_without_the_number() {
        let found = phones(Some(&json!([
            { "type": "Work", "value": "+1 425-555-0100" },
            { "type": "fax", "value": "+14255550101" },
            { "type": "mobile", "value": "555-0102" },
            { "value": "+14255550103" },
            { "type": "eightbyeight", "value": "+14255550104" },
            { "type": "home" },
        ])));
        assert_eq!(
            found.carried,
            [
                json!({ "type": "eightbyeight", "value": "+14255550104" }),
                json!({ "type": "work", "value": "+14255550100" })
            ]
        );
        let told: Vec<&str> = found.kept.iter().map(|one| one.what.as_str()).collect();
        assert_eq!(told, ["telephone number 2", "telephone number 3", "telephone number 4"]);
        assert!(found.kept.iter().all(|one| one.state == FailureState::Kept && !one.why.contains("555-01")));
        assert!(found.kept[0].why.contains("no telephone numbers of its type"), "{:?}", found.kept);
        assert!(found.kept[1].why.contains("country code"), "{:?}", found.kept);
        assert!(found.kept[2].why.contains("one number of each type"), "{:?}", found.kept);
        assert_eq!(phones(None), Phones::default());
    }
}
