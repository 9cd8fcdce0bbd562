//! From the name in a filter to the attribute it means: URNs, sub-attributes and letter case by the registry.
//!
//! Between brackets names are sub-attributes. Reads no text around the name; that is [`super::parse`].

use super::comparison::Operand;
use crate::limits;
use crate::scim::kind::ResourceKind;
use crate::scim::registry::{AttrPath, Attribute, AttributeType, Returned, registry};

/// Where names are looked up: in a resource, or between the brackets of one attribute.
#[derive(Clone, Copy)]
pub(super) enum Scope {
    Resource(ResourceKind),
    /// In a resource that is one of several types: an attribute that only another type has is known too, and
    /// has no value (RFC 7644 section 3.4.2.1).
    Anywhere(ResourceKind),
    Element(&'static Attribute),
}

impl Scope {
    /// The attribute of a condition.
    ///
    /// # Errors
    /// Why there is none of that name, for people.
    pub(super) fn operand(self, written: &str) -> Result<Operand, String> {
        match self {
            Self::Element(attribute) => element(attribute, written),
            _ => self.of_resource(written).map(|(operand, _)| operand),
        }
    }

    /// The attribute of a comparison: a complex one is compared by its `value` (RFC 7643 section 2.4).
    ///
    /// # Errors
    /// As [`Scope::operand`], and when a complex attribute has no `value`.
    pub(super) fn compared(self, written: &str) -> Result<Operand, String> {
        if matches!(self, Self::Element(_)) {
            return self.operand(written);
        }
        let (operand, attribute) = self.of_resource(written)?;
        if operand.data_type != AttributeType::Complex {
            return Ok(operand);
        }
        let value = attribute
            .sub("value")
            .ok_or_else(|| format!("{} has sub-attributes; compare one of them", operand.path))?;
        Ok(Operand::new(AttrPath { sub: Some(value.name.clone()), ..operand.path }, value))
    }

    /// The attribute before an opening bracket.
    ///
    /// # Errors
    /// As [`Scope::operand`], and where brackets make no sense.
    pub(super) fn parent(self, written: &str) -> Result<(Operand, &'static Attribute), String> {
        let (operand, attribute) = self.of_resource(written)?;
        if operand.path.sub.is_some() {
            return Err("brackets stand behind an attribute, not behind a sub-attribute".into());
        }
        if !attribute.is_complex() && !attribute.multi_valued {
            return Err(format!(
                "{} is one plain value; brackets select among several or look inside of one",
                operand.path
            ));
        }
        Ok((operand, attribute))
    }
}

impl Scope {
    fn of_resource(self, written: &str) -> Result<(Operand, &'static Attribute), String> {
        match self {
            Self::Resource(kind) => resource(kind, written),
            Self::Anywhere(kind) => resource(kind, written).or_else(|unknown| {
                let mut others = ResourceKind::ALL.into_iter().filter(|other| *other != kind);
                others.find_map(|other| resource(other, written).ok()).ok_or(unknown)
            }),
            Self::Element(_) => Err("brackets cannot stand inside of brackets".into()),
        }
    }
}

fn resource(kind: ResourceKind, written: &str) -> Result<(Operand, &'static Attribute), String> {
    // The name begins behind the last colon: versions in URNs have dots, names have no colons.
    let (uri, dotted) = match written.rsplit_once(':') {
        Some((uri, dotted)) => (Some(uri), dotted),
        None => (None, written),
    };
    let (name, sub) = match dotted.split_once('.') {
        Some((name, sub)) => (name, Some(sub)),
        None => (dotted, None),
    };
    let found = registry().resolve(kind, uri, name, None).ok_or_else(|| no_attribute(kind, written))?;
    let attribute = found.attribute;
    if attribute.returned == Returned::Never {
        // What nobody may read must not be guessed by asking either (RFC 7643 section 7).
        return Err(format!("{} is never returned, so nothing can be found by it", found.path));
    }
    let Some(sub) = sub else { return Ok((Operand::new(found.path, attribute), attribute)) };
    let sub = sub_attribute(attribute, sub).ok_or_else(|| no_sub_attribute(attribute, sub))?;
    let path = AttrPath { sub: Some(sub.name.to_owned()), ..found.path };
    Ok((sub.operand(path), attribute))
}

fn element(attribute: &'static Attribute, written: &str) -> Result<Operand, String> {
    let path = |name: &str| AttrPath { schema: None, name: name.to_owned(), sub: None };
    if !attribute.is_complex() {
        // The elements are plain values; between brackets they are called `value`.
        return if written.eq_ignore_ascii_case("value") {
            Ok(Operand::new(path("value"), attribute))
        } else {
            Err(no_sub_attribute(attribute, written))
        };
    }
    let sub = sub_attribute(attribute, written).ok_or_else(|| no_sub_attribute(attribute, written))?;
    Ok(sub.operand(path(sub.name)))
}

/// A sub-attribute, declared or not.
struct Sub {
    name: &'static str,
    data_type: AttributeType,
    case_exact: bool,
}

impl Sub {
    fn operand(&self, path: AttrPath) -> Operand {
        Operand::of_type(path, self.data_type, self.case_exact)
    }
}

fn sub_attribute(attribute: &'static Attribute, name: &str) -> Option<Sub> {
    if let Some(sub) = attribute.sub(name) {
        return Some(Sub { name: &sub.name, data_type: sub.data_type, case_exact: sub.case_exact });
    }
    // `display` and `primary` belong to every multi-valued complex attribute (RFC 7643 section 2.4).
    if !attribute.multi_valued || !attribute.is_complex() {
        return None;
    }
    if name.eq_ignore_ascii_case("display") {
        return Some(Sub { name: "display", data_type: AttributeType::String, case_exact: false });
    }
    let primary = name.eq_ignore_ascii_case("primary");
    primary.then_some(Sub { name: "primary", data_type: AttributeType::Boolean, case_exact: false })
}

fn no_attribute(kind: ResourceKind, written: &str) -> String {
    let whole = registry().extension(kind, written).is_some() || written.eq_ignore_ascii_case(kind.schema());
    if whole {
        return "this is a schema as a whole; name one of its attributes, or filter by schemas".into();
    }
    format!("{} is not an attribute of {kind}; see /Schemas for those that are", repeat(written))
}

fn no_sub_attribute(attribute: &Attribute, written: &str) -> String {
    format!(
        "{} is not a sub-attribute of {}; see /Schemas for those that are",
        repeat(written),
        attribute.name
    )
}

fn repeat(written: &str) -> &str {
    if written.len() <= limits::NAME_REPEATED_BYTES { written } else { "this" }
}
