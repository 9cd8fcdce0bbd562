//! Paths of a SCIM PATCH: `[urn:]attribute[filter].sub`. Pure; the grammar is as small as what Genesys
//! documents.

use super::{CORE_GROUP, CORE_USER, ENTERPRISE, GENESYS};

/// Attributes of the core schemas, and those that only the extensions have.
const CORE: [&str; 12] = [
    "userName",
    "displayName",
    "title",
    "active",
    "externalId",
    "phoneNumbers",
    "emails",
    "groups",
    "roles",
    "password",
    "members",
    "id",
];
const IN_ENTERPRISE: [&str; 5] = ["department", "division", "manager", "employeeNumber", "dateHire"];
const IN_GENESYS: [&str; 3] = ["routingSkills", "routingLanguages", "externalIds"];

/// A parsed path. Names have the schema's spelling.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Path {
    /// URN of the extension, or none for the core.
    pub(super) extension: Option<&'static str>,
    /// None means the extension as a whole.
    pub(super) attribute: Option<&'static str>,
    /// `name eq value` pairs that must all hold.
    pub(super) filter: Option<Vec<(String, String)>>,
    pub(super) sub: Option<String>,
}

/// Why a text is no path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum PathFault {
    /// The grammar does not fit.
    Syntax(String),
    /// The attribute is not in the schema.
    Unknown(String),
}

impl Path {
    pub(super) fn parse(text: &str) -> Result<Path, PathFault> {
        let (extension, rest) = split_urn(text);
        if rest.is_empty() {
            return Ok(Path { extension, attribute: None, filter: None, sub: None });
        }
        let (head, filter, tail) = match rest.split_once('[') {
            None => (rest, None, ""),
            Some((head, tail)) => {
                let (inside, tail) =
                    tail.rsplit_once(']').ok_or_else(|| PathFault::Syntax(format!("`{text}` lacks a ]")))?;
                (head, Some(conjunction(inside).ok_or_else(|| PathFault::Syntax(inside.to_owned()))?), tail)
            }
        };
        let (name, sub) = match (head.split_once('.'), tail) {
            (Some((name, sub)), "") => (name, Some(sub)),
            (None, "") => (head, None),
            (None, tail) => (head, Some(tail.strip_prefix('.').unwrap_or(tail))),
            _ => return Err(PathFault::Syntax(text.to_owned())),
        };
        let known: &[&'static str] = match extension {
            Some(ENTERPRISE) => &IN_ENTERPRISE,
            Some(_) => &IN_GENESYS,
            None => &CORE,
        };
        let attribute = known.iter().find(|known| known.eq_ignore_ascii_case(name)).copied();
        let attribute = attribute.ok_or_else(|| {
            let elsewhere =
                IN_ENTERPRISE.iter().chain(&IN_GENESYS).any(|known| known.eq_ignore_ascii_case(name));
            if extension.is_none() && elsewhere {
                PathFault::Syntax(format!("`{text}` needs the URN of its schema"))
            } else {
                PathFault::Unknown(text.to_owned())
            }
        })?;
        Ok(Path { extension, attribute: Some(attribute), filter, sub: sub.map(str::to_owned) })
    }
}

/// Splits off the URN of a known schema; the core URNs mean no extension.
fn split_urn(text: &str) -> (Option<&'static str>, &str) {
    for urn in [CORE_USER, CORE_GROUP, ENTERPRISE, GENESYS] {
        let Some(head) = text.get(..urn.len()) else { continue };
        let tail = text.get(urn.len()..).unwrap_or_default();
        if head.eq_ignore_ascii_case(urn) && (tail.is_empty() || tail.starts_with(':')) {
            let extension = (urn != CORE_USER && urn != CORE_GROUP).then_some(urn);
            return (extension, tail.strip_prefix(':').unwrap_or(tail));
        }
    }
    (None, text)
}

/// Parses `a eq "x" and b eq "y"`.
pub(super) fn conjunction(text: &str) -> Option<Vec<(String, String)>> {
    split_and(text).into_iter().map(|part| comparison(&part)).collect()
}

/// Parses `name eq value`; the value may be quoted.
pub(super) fn comparison(text: &str) -> Option<(String, String)> {
    let text = text.trim();
    let (name, rest) = text.split_once(' ')?;
    let (operator, value) = rest.trim_start().split_once(' ')?;
    if !operator.eq_ignore_ascii_case("eq") {
        return None;
    }
    let value = value.trim();
    let value = match value.strip_prefix('"') {
        None if value.is_empty() || value.contains(' ') => return None,
        None => value.to_owned(),
        Some(_) => serde_json::from_str::<String>(value).ok()?,
    };
    Some((name.to_owned(), value))
}

/// Splits at ` and ` outside quotes.
fn split_and(text: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut quoted = false;
    for word in text.split(' ') {
        if !quoted && word.eq_ignore_ascii_case("and") {
            parts.push(String::new());
            continue;
        }
        let quotes = word.replace("\\\"", "").matches('"').count();
        quoted ^= quotes % 2 == 1;
        if let Some(last) = parts.last_mut() {
            if !last.is_empty() {
                last.push(' ');
            }
            last.push_str(word);
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_read_as_the_description_writes_them() {
        for (text, extension, attribute, filtered, sub) in [
            ("active", None, Some("active"), false, None),
            ("USERNAME", None, Some("userName"), false, None),
            ("emails[type eq \"work\"].value", None, Some("emails"), true, Some("value")),
            ("members[value eq \"a and b\"]", None, Some("members"), true, None),
            (ENTERPRISE, Some(ENTERPRISE), None, false, None),
            (&format!("{ENTERPRISE}:manager.value"), Some(ENTERPRISE), Some("manager"), false, Some("value")),
            (
                &format!("{GENESYS}:externalIds[authority eq \"a\" and value eq \"b\"]"),
                Some(GENESYS),
                Some("externalIds"),
                true,
                None,
            ),
            (&format!("{CORE_USER}:title"), None, Some("title"), false, None),
        ] {
            let path = Path::parse(text).unwrap();
            assert_eq!(path.extension, extension, "{text}");
            assert_eq!(path.attribute, attribute, "{text}");
            assert_eq!(path.filter.is_some(), filtered, "{text}");
            assert_eq!(path.sub.as_deref(), sub, "{text}");
        }
    }

    #[test]
    fn extension_attributes_need_their_urn_and_strangers_are_told_apart() {
        assert!(matches!(Path::parse("externalIds"), Err(PathFault::Syntax(_))));
        assert!(matches!(Path::parse("department"), Err(PathFault::Syntax(_))));
        assert!(matches!(Path::parse("name.givenName"), Err(PathFault::Unknown(_))));
        assert!(matches!(Path::parse("emails[type eq \"work\""), Err(PathFault::Syntax(_))));
        assert!(matches!(Path::parse("emails[type co \"work\"]"), Err(PathFault::Syntax(_))));
    }
}
