//! SCIM filters (RFC 7644 section 3.4.2.2): read against the registry, evaluated over JSON, printed back.
//!
//! [`parse`] reads the text piece by piece ([`lexer`]) with names from the registry ([`names`]) and values of
//! the right type ([`literal`]) into a tree ([`node`]); the truth of a filter is in [`eval`]. Rules use the
//! same filters for their conditions. Look-ups by index are offered through [`Filter::lookup`], done in
//! `directory`.

mod comparison;
mod eval;
pub(in crate::scim) mod lexer;
mod literal;
mod lookup;
mod names;
mod node;
mod parse;
#[cfg(test)]
mod tests;

use std::fmt;

use serde_json::Value;

use self::comparison::Op;
use self::literal::Literal;
pub use self::lookup::Lookup;
use self::node::Node;
use super::error::ScimError;
use super::kind::{BRIDGE_USER, ResourceKind};
use super::registry::{AttrPath, Attribute};
use crate::model::Object;

/// A filter over resources of one kind.
#[derive(Clone, Debug, PartialEq)]
pub struct Filter {
    kind: ResourceKind,
    node: Node,
}

/// A filter over the elements of one multi-valued attribute: what stands between brackets.
#[derive(Clone, Debug, PartialEq)]
pub struct ElementFilter {
    node: Node,
}

impl Filter {
    /// Reads a filter over resources of this kind.
    ///
    /// # Errors
    /// `invalidFilter`: malformed, too long or deep, an attribute that does not exist or that nobody may read, or an
    /// operator or value that does not fit the type of the attribute.
    pub fn parse(kind: ResourceKind, text: &str) -> Result<Self, ScimError> {
        parse::filter(kind, text).map(|node| Self { kind, node })
    }

    /// Reads a filter that resources of every type are held to, for those of this kind: an attribute that
    /// only another type has counts as one without value (RFC 7644 section 3.4.2.1).
    ///
    /// # Errors
    /// As [`Filter::parse`], when no type has the attribute.
    pub fn parse_anywhere(kind: ResourceKind, text: &str) -> Result<Self, ScimError> {
        parse::filter_anywhere(kind, text).map(|node| Self { kind, node })
    }

    /// Whether a resource fulfils the filter. `object` is the resource as a client would see it: `id`,
    /// `meta`, `groups` and `members` count only if they are in it.
    pub fn matches(&self, object: &Object) -> bool {
        eval::matches(&self.node, object)
    }

    /// The kind of resource it is about.
    pub fn kind(&self) -> ResourceKind {
        self.kind
    }

    /// Whether the filter looks at a top-level attribute, so that the directory can leave `members` and
    /// `groups` out when nobody asks.
    pub fn mentions(&self, attribute: &str) -> bool {
        self.any_operand(&|path| path.schema.is_none() && path.name.eq_ignore_ascii_case(attribute))
    }

    /// Whether the filter looks at how far provisioning has come, which is no part of the document.
    pub fn mentions_provisioning(&self) -> bool {
        self.any_operand(&|path| path.schema.as_deref() == Some(BRIDGE_USER) && path.name == "provisioning")
    }

    /// Whether the filter looks at the names of a group's members, which are read one by one.
    pub fn mentions_member_names(&self) -> bool {
        self.any_operand(&|path| path.name == "members" && path.sub.as_deref() == Some("display"))
    }

    fn any_operand(&self, wanted: &dyn Fn(&AttrPath) -> bool) -> bool {
        fn walk(node: &Node, wanted: &dyn Fn(&AttrPath) -> bool) -> bool {
            match node {
                Node::And(nodes) | Node::Or(nodes) => nodes.iter().any(|node| walk(node, wanted)),
                Node::Not(inner) => walk(inner, wanted),
                Node::Present(operand) | Node::Compare(operand, ..) => wanted(&operand.path),
                Node::Element(operand, inner) => {
                    let part = |path: &AttrPath| {
                        wanted(&AttrPath { sub: Some(path.name.clone()), ..operand.path.clone() })
                    };
                    wanted(&operand.path) || walk(inner, &part)
                }
            }
        }
        walk(&self.node, wanted)
    }

    /// The best index for this filter: what fulfils it is among what the index names, and where there is more
    /// to the filter than one equality `matches` must still be asked about each.
    pub fn lookup(&self) -> Option<Lookup> {
        lookup::find(self.kind, &self.node)
    }

    /// Whether the filter is nothing but the equality that [`Filter::lookup`] names, on `id`, `userName`,
    /// `externalId`, a group's `displayName` or one of its members: then whatever the index names fulfils the
    /// filter.
    pub fn is_lookup_alone(&self) -> bool {
        lookup::is_alone(self.kind, &self.node)
    }
}

impl ElementFilter {
    /// Reads what stands between the brackets of a path on `attribute`.
    ///
    /// # Errors
    /// As [`Filter::parse`]; names are sub-attributes.
    pub fn parse(attribute: &'static Attribute, text: &str) -> Result<Self, ScimError> {
        parse::element(attribute, text).map(|node| Self { node })
    }

    /// Whether one element of the attribute fulfils the filter; an element that is not an object counts as
    /// its `value`.
    pub fn matches(&self, element: &Value) -> bool {
        eval::element_matches(&self.node, element)
    }

    /// How many comparisons one element needs at most.
    pub(crate) fn comparisons(&self) -> usize {
        fn count(node: &Node) -> usize {
            match node {
                Node::And(nodes) | Node::Or(nodes) => nodes.iter().map(count).sum(),
                Node::Not(inner) => count(inner),
                Node::Present(_) | Node::Compare(..) | Node::Element(..) => 1,
            }
        }
        count(&self.node)
    }

    /// Whether it looks at nothing but these parts of an element.
    pub fn is_about(&self, parts: &[&str]) -> bool {
        fn walk(node: &Node, parts: &[&str]) -> bool {
            match node {
                Node::And(nodes) | Node::Or(nodes) => nodes.iter().all(|node| walk(node, parts)),
                Node::Not(inner) => walk(inner, parts),
                Node::Present(operand) | Node::Compare(operand, ..) | Node::Element(operand, _) => {
                    parts.contains(&operand.path.name.as_str())
                }
            }
        }
        walk(&self.node, parts)
    }

    /// The texts `value` may have, when the filter is nothing but `value eq "x" or value eq "y"`.
    pub fn values(&self) -> Option<Vec<String>> {
        fn walk(node: &Node, out: &mut Vec<String>) -> bool {
            match node {
                Node::Compare(operand, Op::Eq, literal) if operand.path.name == "value" => {
                    out.extend(literal.as_text().map(str::to_owned));
                    literal.as_text().is_some()
                }
                Node::Or(nodes) => nodes.iter().all(|node| walk(node, out)),
                _ => false,
            }
        }
        let mut out = Vec::new();
        walk(&self.node, &mut out).then_some(out)
    }

    /// The members an element needs to fulfil the filter, when it is a conjunction of equalities.
    pub fn seeds(&self) -> Option<Object> {
        fn walk(node: &Node, out: &mut Object) -> bool {
            match node {
                Node::Compare(operand, Op::Eq, literal) if !matches!(literal, Literal::Null) => {
                    let old = out.insert(operand.path.name.clone(), literal.to_value());
                    old.is_none()
                }
                Node::And(nodes) => nodes.iter().all(|node| walk(node, out)),
                _ => false,
            }
        }
        let mut out = Object::new();
        walk(&self.node, &mut out).then_some(out)
    }
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.node.fmt(f)
    }
}

impl fmt::Display for ElementFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.node.fmt(f)
    }
}
