//! The query string as decoded pairs: `%20` is a blank, `+` is one where blanks are not written `%20`, names
//! and values are UTF-8.
//!
//! Does not know which parameters exist; who reads them ignores the rest, as `?aadOptscim062020` must be
//! ignored.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

use crate::limits;
use crate::scim::error::ScimError;

/// Decodes a query string.
///
/// # Errors
/// 400 `invalidValue` when a value is not UTF-8.
pub fn pairs(query: &str) -> Result<Vec<(String, String)>, ScimError> {
    // One encoder wrote all of it. One that writes blanks as %20 may leave a plus as it is (RFC 3986 section
    // 3.4), as in addresses; a form writes blanks as + and a plus as %2B (docs/connectors.md C2.6).
    let form = !query.contains("%20");
    let parts = query.split('&').filter(|part| !part.is_empty()).take(limits::QUERY_PARAMETERS);
    parts.map(|part| pair(part, form)).collect()
}

/// The first value of a parameter; names are compared without letter case, since clients vary in it.
pub fn first<'a>(pairs: &'a [(String, String)], name: &str) -> Option<&'a str> {
    pairs.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
}

/// All values of a parameter that may be repeated, with commas between them; `None` where it is not there.
pub fn joined(pairs: &[(String, String)], name: &str) -> Option<String> {
    let values: Vec<&str> = pairs
        .iter()
        .filter(|(key, _)| key.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.as_str())
        .collect();
    (!values.is_empty()).then(|| values.join(","))
}

fn pair(part: &str, form: bool) -> Result<(String, String), ScimError> {
    let (name, value) = part.split_once('=').unwrap_or((part, ""));
    Ok((decode(name, form)?, decode(value, form)?))
}

fn decode(text: &str, form: bool) -> Result<String, ScimError> {
    let text = if form { Cow::Owned(text.replace('+', " ")) } else { Cow::Borrowed(text) };
    percent_decode_str(&text)
        .decode_utf8()
        .map(Cow::into_owned)
        .map_err(|_| ScimError::invalid_value("The query string is not percent-encoded UTF-8."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_come_as_plus_and_as_percent_twenty() {
        for query in ["filter=userName+eq+%22a%40b%22", "filter=userName%20eq%20%22a%40b%22"] {
            assert_eq!(first(&pairs(query).expect("decodes"), "Filter"), Some("userName eq \"a@b\""));
        }
    }

    #[test]
    fn a_plus_in_an_address_survives_when_it_is_encoded() {
        assert_eq!(first(&pairs("filter=a%2Bb").expect("decodes"), "filter"), Some("a+b"));
        for (query, wanted) in [
            ("filter=userName%20eq%20%22a+b%40x%22", "userName eq \"a+b@x\""),
            ("x=1%202&filter=userName%20eq%20%22a%2Bb%40x%22", "userName eq \"a+b@x\""),
            ("filter=userName+eq+%22a%2Bb%40x%22", "userName eq \"a+b@x\""),
            ("filter=userName+eq+%22a+b%22", "userName eq \"a b\""),
        ] {
            assert_eq!(first(&pairs(query).expect("decodes"), "filter"), Some(wanted), "{query}");
        }
    }

    #[test]
    fn flags_without_value_and_empty_parts_are_no_harm() {
        let read = pairs("aadOptscim062020&&count=2").expect("decodes");
        assert_eq!(first(&read, "aadOptscim062020"), Some(""));
        assert_eq!(first(&read, "count"), Some("2"));
        assert_eq!(first(&read, "startIndex"), None);
    }

    #[test]
    fn a_repeated_parameter_adds_up() {
        let read = pairs("attributes=userName&x=1&Attributes=title,active").expect("decodes");
        assert_eq!(joined(&read, "attributes").as_deref(), Some("userName,title,active"));
        assert_eq!(joined(&read, "excludedAttributes"), None);
    }

    #[test]
    fn what_is_not_utf8_is_refused_by_name() {
        assert_eq!(pairs("filter=%ff").expect_err("refused").status, 400);
    }
}
