//! Attribute paths of PATCH operations (RFC 7644 section 3.5.2), also as keys of a PATCH value without a
//! path.
//!
//! Splits and resolves only; what an operation does there is [`super::patch`]. The text between brackets is a
//! filter, read by [`super::filter`].

use std::fmt;

use super::dialect::no_part;
use super::error::ScimError;
use super::filter::ElementFilter;
use super::filter::lexer::string_end;
use super::json::shown;
use super::kind::ResourceKind;
use super::registry::{AttrPath, Attribute, registry};
use crate::limits;

/// Where a PATCH operation works.
#[derive(Clone, Debug)]
pub enum Path {
    /// A whole extension, by its URN as it is known here or, when unknown, as it was sent.
    Extension(String),
    /// An attribute or sub-attribute.
    Attribute(Place),
    /// The elements of a multi-valued attribute that fulfil a filter, or one sub-attribute of them.
    Element {
        /// The multi-valued attribute.
        place: Place,
        /// Which elements.
        filter: ElementFilter,
        /// Sub-attribute, as it is known here or, when unknown, as it was sent.
        sub: Option<String>,
    },
}

/// An attribute that a path names.
#[derive(Clone, Debug)]
pub struct Place {
    /// Where it lives, in canonical spelling where it is known.
    pub path: AttrPath,
    /// What the registry says about the attribute; `None` for attributes of schemas that are not known here.
    pub attribute: Option<&'static Attribute>,
}

impl Place {
    /// The sub-attribute's description, when the path names a known one.
    pub fn sub_attribute(&self) -> Option<&'static Attribute> {
        self.attribute?.sub(self.path.sub.as_deref()?)
    }
}

impl Path {
    /// Reads a path. `known` says whether the document already holds an attribute of this name that no schema
    /// knows.
    ///
    /// # Errors
    /// `invalidPath` when it is malformed or names nothing; `invalidFilter` when the text in brackets is at fault.
    pub fn parse(kind: ResourceKind, text: &str, known: impl Fn(&str) -> bool) -> Result<Path, ScimError> {
        let text = text.trim();
        if text.is_empty() || text.len() > limits::PATH_BYTES {
            return Err(ScimError::invalid_path(format!(
                "A path must not be empty or longer than {} bytes.",
                limits::PATH_BYTES
            )));
        }
        // An URN that is a schema as a whole must be seen first: its last segment looks like an attribute.
        if let Some(urn) = registry().extension(kind, text) {
            return Ok(Path::Extension(urn.to_owned()));
        }
        if looks_like_schema(text) {
            return if text.eq_ignore_ascii_case(kind.schema()) {
                Err(ScimError::invalid_path("The path names the core schema; name one of its attributes."))
            } else if registry().is_near_known(text) {
                Err(ScimError::invalid_path(format!("{} is not a schema of {kind}.", shown(text))))
            } else {
                Ok(Path::Extension(text.to_owned()))
            };
        }
        match text.find('[') {
            Some(open) => bracketed(kind, text, open),
            None => place(kind, text, known).map(Path::Attribute),
        }
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Extension(urn) => f.write_str(urn),
            Self::Attribute(place) => place.path.fmt(f),
            Self::Element { place, filter, sub } => {
                write!(f, "{}[{filter}]", place.path)?;
                match sub {
                    Some(sub) => write!(f, ".{sub}"),
                    None => Ok(()),
                }
            }
        }
    }
}

/// Whether a text without brackets is the URN of a schema: its segment before the last is a version, and the
/// last is a resource type or begins with a capital as names of schemas do and names of attributes do not.
pub(super) fn looks_like_schema(text: &str) -> bool {
    let mut segments = text.rsplit(':');
    let (last, version) = (segments.next(), segments.next());
    let is_version = version.is_some_and(|v| {
        !v.is_empty() && v.chars().all(|c| c.is_ascii_digit() || c == '.') && v.contains('.')
    });
    is_version
        && text.get(..4).is_some_and(|scheme| scheme.eq_ignore_ascii_case("urn:"))
        && last.is_some_and(|last| {
            let name = last.strip_prefix(|c: char| c.is_ascii_uppercase());
            name.is_some_and(|rest| rest.chars().all(|c| c.is_ascii_alphanumeric()))
                || matches!(last, "user" | "group")
        })
}

fn bracketed(kind: ResourceKind, text: &str, open: usize) -> Result<Path, ScimError> {
    let malformed =
        || ScimError::invalid_path("The brackets of the path are malformed (RFC 7644 section 3.5.2).");
    let (head, tail) = text.split_at_checked(open).ok_or_else(malformed)?;
    let tail = tail.get(1..).ok_or_else(malformed)?;
    let close = closing(tail).ok_or_else(malformed)?;
    let inner = tail.get(..close).ok_or_else(malformed)?;
    let rest = tail.get(close + 1..).ok_or_else(malformed)?;
    let place = place(kind, head, |_| false)?;
    let attribute = place.attribute.ok_or_else(|| {
        ScimError::invalid_path(format!(
            "{} is not known here, so its entries cannot be selected.",
            shown(head)
        ))
    })?;
    if !attribute.multi_valued || place.path.sub.is_some() {
        return Err(ScimError::invalid_path(format!(
            "{head} holds one value; brackets select among several."
        )));
    }
    let sub = match rest.strip_prefix('.') {
        Some(name) if is_name(name) => Some(match attribute.sub(name) {
            Some(sub) => sub.name.clone(),
            None if attribute.closed => {
                return Err(ScimError::invalid_path(no_part(attribute, head, name).detail));
            }
            None => name.to_owned(),
        }),
        None if rest.is_empty() => None,
        _ => return Err(malformed()),
    };
    let filter = ElementFilter::parse(attribute, inner)?;
    Ok(Path::Element { place, filter, sub })
}

/// Position of the bracket that closes, text literals passed over.
fn closing(text: &str) -> Option<usize> {
    let mut at = 0;
    while let Some(rest) = text.get(at..) {
        match rest.chars().next()? {
            ']' => return Some(at),
            '"' => at += string_end(rest),
            c => at += c.len_utf8(),
        }
    }
    None
}

fn is_name(text: &str) -> bool {
    let text = text.strip_prefix('$').unwrap_or(text);
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
}

fn place(kind: ResourceKind, text: &str, known: impl Fn(&str) -> bool) -> Result<Place, ScimError> {
    let malformed = || ScimError::invalid_path("The path is not an attribute path (RFC 7644 section 3.5.2).");
    let (uri, rest) = match text.rsplit_once(':') {
        Some((uri, rest)) => (Some(uri), rest),
        None => (None, text),
    };
    let (name, sub) = match rest.split_once('.') {
        Some((name, sub)) => (name, Some(sub)),
        None => (rest, None),
    };
    if !is_name(name) || sub.is_some_and(|sub| !is_name(sub)) {
        return Err(malformed());
    }
    if let Some(found) = registry().resolve(kind, uri, name, None) {
        let AttrPath { schema, name, .. } = found.path;
        let sub = match sub {
            None => None,
            Some(_) if !found.attribute.is_complex() => {
                return Err(ScimError::invalid_path(format!("{name} has no sub-attributes.")));
            }
            Some(sub) => match found.attribute.sub(sub) {
                Some(known) => Some(known.name.clone()),
                None => {
                    return Err(ScimError::invalid_path(format!(
                        "{name} has no sub-attribute of that name."
                    )));
                }
            },
        };
        return Ok(Place { path: AttrPath { schema, name, sub }, attribute: Some(found.attribute) });
    }
    let unknown_schema = uri.is_some_and(|uri| {
        // One that belongs to another resource type is known, and wrong here.
        !registry().is_near_known(uri)
            && uri.get(..4).is_some_and(|scheme| scheme.eq_ignore_ascii_case("urn:"))
    });
    // Custom extensions are kept as they come (docs/connectors.md C3.2); a bare unknown name is a misspelling
    // unless the document holds it already.
    if unknown_schema || (uri.is_none() && known(name)) {
        let path =
            AttrPath { schema: uri.map(str::to_owned), name: name.to_owned(), sub: sub.map(str::to_owned) };
        return Ok(Place { path, attribute: None });
    }
    Err(ScimError::invalid_path(unknown(kind, uri, rest)))
}

/// What is said of a name that no schema has.
pub(super) fn unknown(kind: ResourceKind, uri: Option<&str>, rest: &str) -> String {
    let name = shown(rest);
    let Some(uri) = uri.filter(|uri| registry().is_near_known(uri)) else {
        return format!("{name} is not an attribute of {kind}; see /Schemas for those that are.");
    };
    match registry().extension(kind, uri) {
        Some(urn) => misspelt(urn, name),
        None if uri.eq_ignore_ascii_case(kind.schema()) => {
            format!("{name} is not an attribute of {kind}; see /Schemas for those that are.")
        }
        None => format!(
            "{name} does not stand behind the URN of a schema of {kind}; write the whole URN, a colon and the attribute."
        ),
    }
}

/// What is said of a name that an extension does not have.
pub(super) fn misspelt(urn: &str, name: &str) -> String {
    format!("{name} is not an attribute of {urn}; it has {}.", registry().names_in(urn))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scim::error::ScimType;
    use crate::scim::kind::{BRIDGE_USER, ENTERPRISE_USER, GENESYS_USER};

    fn show(text: &str) -> Result<String, Option<ScimType>> {
        match Path::parse(ResourceKind::User, text, |name| name == "shoeSize") {
            Ok(Path::Extension(urn)) => Ok(format!("extension {urn}")),
            Ok(Path::Attribute(place)) => Ok(place.path.to_string()),
            Ok(Path::Element { place, filter, sub }) => Ok(format!(
                "{}[{filter}]{}",
                place.path,
                sub.map(|sub| format!(".{sub}")).unwrap_or_default()
            )),
            Err(fault) => Err(fault.scim_type),
        }
    }

    #[test]
    fn paths_are_read_in_every_spelling_that_connectors_use() {
        let table = [
            ("userName".to_owned(), "userName".to_owned()),
            ("Name.FamilyName".into(), "name.familyName".into()),
            ("urn:ietf:params:scim:schemas:core:2.0:User:displayName".into(), "displayName".into()),
            (ENTERPRISE_USER.to_owned(), format!("extension {ENTERPRISE_USER}")),
            (GENESYS_USER.to_uppercase(), format!("extension {GENESYS_USER}")),
            (format!("{ENTERPRISE_USER}:manager"), format!("{ENTERPRISE_USER}:manager")),
            (format!("{ENTERPRISE_USER}:manager.value"), format!("{ENTERPRISE_USER}:manager.value")),
            ("manager".into(), format!("{ENTERPRISE_USER}:manager")),
            (r#"emails[type eq "work"].value"#.into(), r#"emails[type eq "work"].value"#.into()),
            (r#"emails[ primary eq true ]"#.into(), "emails[primary eq true]".into()),
            (r#"roles[primary eq "True"].value"#.into(), "roles[primary eq true].value".into()),
            (r#"addresses[type eq "a]b"].country"#.into(), r#"addresses[type eq "a]b"].country"#.into()),
            (
                format!(r#"{BRIDGE_USER}:queues[value eq "Sales"]"#),
                format!(r#"{BRIDGE_USER}:queues[value eq "Sales"]"#),
            ),
            ("urn:custom:2.0:User:tag".into(), "urn:custom:2.0:User:tag".into()),
            ("urn:custom:2.0:User".into(), "extension urn:custom:2.0:User".into()),
            ("urn:acme:1.0:Badge".into(), "extension urn:acme:1.0:Badge".into()),
            ("urn:acme:1.0:Badge:colour".into(), "urn:acme:1.0:Badge:colour".into()),
            ("shoeSize".into(), "shoeSize".into()),
        ];
        for (text, expected) in table {
            assert_eq!(show(&text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn bad_paths_say_what_is_wrong_with_them() {
        let path = Some(ScimType::InvalidPath);
        let filter = Some(ScimType::InvalidFilter);
        for (text, expected) in [
            ("", path),
            ("hatSize", path),
            ("name.", path),
            ("name.nonsense", path),
            ("userName.x", path),
            ("a b", path),
            ("emails[type eq \"work\"", path),
            ("emails[type eq \"work\"]value", path),
            ("userName[value eq \"x\"]", path),
            ("emails[]", filter),
            ("emails[nonsense eq \"x\"]", filter),
            ("urn:ietf:params:scim:schemas:core:2.0:User", path),
            ("urn:ietf:params:scim:schemas:core:2.0:Group", path),
            ("urn:ietf:params:scim:schemas:core:2.0:Group:displayName", path),
            ("nonsense:x", path),
            ("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:nonsense", path),
            ("urn:ietf:params:scim:schemas:core:2.0:User:schemas:nonsense", path),
            ("URN:ietf:params:scim:schemas:core:2.0:User:userName:2.0:User", path),
            ("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User.employeeNumber", path),
            ("urn:ietf:params:scim:schemas:extension:enterprise:2.0:Users:department", path),
            ("urn:ietf:params:scim:schemas:extension:enterprise:2.0:department", path),
            ("urn:ietf:params:scim:schemas:extension:enterprise:2.0", path),
            ("urn:ietf:params:scim:schemas:core:2.0:User.userName", path),
            ("urn:department", path),
        ] {
            assert_eq!(show(text), Err(expected), "{text}");
        }
    }
}
