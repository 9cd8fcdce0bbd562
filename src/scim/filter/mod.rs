//! SCIM filters (RFC 7644 section 3.4.2.2): read against the registry, evaluated over JSON, printed back.
//!
//! The grammar is `scim_v2`'s, behind [`normalise`]; names, types and letter case come from [`super::registry`] in
//! [`build`]; the truth of a filter is in [`eval`]. Rules use the same filters for their conditions. Look-ups by index
//! are offered through [`Filter::lookup`], done in `directory`.

mod build;
mod eval;
pub(in crate::scim) mod normalise;
#[cfg(test)]
mod tests;

use std::fmt;

use serde_json::Value;

use super::error::ScimError;
use super::kind::ResourceKind;
use super::registry::{AttrPath, Attribute, AttributeType};
use super::value::fold;
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

/// A whole filter that is one equality on something the directory has an index for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lookup {
    /// Resource id, exact.
    Id(String),
    /// userName, letter case folded.
    UserName(String),
    /// externalId, exact.
    ExternalId(String),
    /// Any e-mail address, letter case folded.
    Email(String),
    /// displayName of a group, letter case folded.
    DisplayName(String),
}

#[derive(Clone, Debug, PartialEq)]
pub(in crate::scim) enum Node {
    And(Vec<Node>),
    Or(Vec<Node>),
    Not(Box<Node>),
    Present(Operand),
    Compare(Operand, Op, Literal),
    Element(Operand, Box<Node>),
}

/// An attribute named in a filter, with what the registry says about comparing it.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::scim) struct Operand {
    pub(in crate::scim) path: AttrPath,
    data_type: AttributeType,
    case_exact: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::scim) enum Op {
    Eq,
    Ne,
    Co,
    Sw,
    Ew,
    Gt,
    Lt,
    Ge,
    Le,
}

impl Op {
    fn as_str(self) -> &'static str {
        match self {
            Self::Eq => "eq",
            Self::Ne => "ne",
            Self::Co => "co",
            Self::Sw => "sw",
            Self::Ew => "ew",
            Self::Gt => "gt",
            Self::Lt => "lt",
            Self::Ge => "ge",
            Self::Le => "le",
        }
    }
}

/// The right side of a comparison, ready to compare.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::scim) enum Literal {
    Null,
    Bool(bool),
    Number(serde_json::Number),
    /// As written, and folded for comparisons without letter case.
    Text {
        text: String,
        folded: String,
    },
    Time {
        text: String,
        at: jiff::Timestamp,
    },
}

impl Literal {
    fn text(text: String) -> Self {
        let folded = fold(&text);
        Self::Text { text, folded }
    }

    /// The literal as JSON, as a new element of the attribute would hold it.
    pub(in crate::scim) fn to_value(&self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Bool(flag) => Value::Bool(*flag),
            Self::Number(number) => Value::Number(number.clone()),
            Self::Text { text, .. } | Self::Time { text, .. } => Value::String(text.clone()),
        }
    }
}

/// Builds the tables of the grammar and the registry, so that the first request does not pay for them.
pub fn warm_up() {
    let _ = Filter::parse(ResourceKind::User, "active eq true");
}

impl Filter {
    /// Reads a filter over resources of this kind.
    ///
    /// # Errors
    /// `invalidFilter`: malformed, too long or deep, an attribute that does not exist, or an operator or value that
    /// does not fit the type of the attribute.
    pub fn parse(kind: ResourceKind, text: &str) -> Result<Self, ScimError> {
        build::parse(kind, text).map(|node| Self { kind, node })
    }

    /// Reads a filter that resources of every type are held to, for those of this kind: an attribute that only another
    /// type has counts as one without value (RFC 7644 section 3.4.2.1).
    ///
    /// # Errors
    /// As [`Filter::parse`], when no type has the attribute.
    pub fn parse_anywhere(kind: ResourceKind, text: &str) -> Result<Self, ScimError> {
        build::parse_anywhere(kind, text).map(|node| Self { kind, node })
    }

    /// Whether a resource fulfils the filter. `object` is the resource as a client would see it: `id`, `meta`,
    /// `groups` and `members` count only if they are in it.
    pub fn matches(&self, object: &Object) -> bool {
        eval::matches(&self.node, object)
    }

    /// The kind of resource it is about.
    pub fn kind(&self) -> ResourceKind {
        self.kind
    }

    /// Whether the filter looks at a top-level attribute, so that the directory can leave `members` and `groups` out
    /// when nobody asks.
    pub fn mentions(&self, attribute: &str) -> bool {
        fn walk(node: &Node, name: &str) -> bool {
            match node {
                Node::And(nodes) | Node::Or(nodes) => nodes.iter().any(|node| walk(node, name)),
                Node::Not(inner) => walk(inner, name),
                Node::Present(operand) | Node::Compare(operand, ..) | Node::Element(operand, _) => {
                    operand.path.schema.is_none() && operand.path.name.eq_ignore_ascii_case(name)
                }
            }
        }
        walk(&self.node, attribute)
    }

    /// The index that answers this filter, if it is one equality. `matches` must still be asked about the hit.
    pub fn lookup(&self) -> Option<Lookup> {
        match &self.node {
            Node::Compare(operand, Op::Eq, Literal::Text { text, folded })
                if operand.path.schema.is_none() =>
            {
                match (self.kind, operand.path.name.as_str(), operand.path.sub.as_deref()) {
                    (_, "id", None) => Some(Lookup::Id(text.clone())),
                    (_, "externalId", None) => Some(Lookup::ExternalId(text.clone())),
                    (ResourceKind::User, "userName", None) => Some(Lookup::UserName(folded.clone())),
                    (ResourceKind::User, "emails", Some("value")) => Some(Lookup::Email(folded.clone())),
                    (ResourceKind::Group, "displayName", None) => Some(Lookup::DisplayName(folded.clone())),
                    _ => None,
                }
            }
            Node::Element(operand, inner)
                if operand.path.schema.is_none() && operand.path.name == "emails" =>
            {
                value_equality(inner).map(Lookup::Email)
            }
            _ => None,
        }
    }
}

/// The folded text that `value` must equal for the node to be true.
fn value_equality(node: &Node) -> Option<String> {
    match node {
        Node::Compare(operand, Op::Eq, Literal::Text { folded, .. }) if operand.path.name == "value" => {
            Some(folded.clone())
        }
        Node::And(nodes) => nodes.iter().find_map(value_equality),
        _ => None,
    }
}

impl ElementFilter {
    /// Reads what stands between the brackets of a path on `attribute`.
    ///
    /// # Errors
    /// As [`Filter::parse`]; names are sub-attributes.
    pub fn parse(attribute: &'static Attribute, text: &str) -> Result<Self, ScimError> {
        build::parse_element(attribute, text).map(|node| Self { node })
    }

    /// Whether one element of the attribute fulfils the filter; an element that is not an object counts as its `value`.
    pub fn matches(&self, element: &Value) -> bool {
        eval::element_matches(&self.node, element)
    }

    /// The texts `value` may have, when the filter is nothing but `value eq "x" or value eq "y"`.
    pub fn values(&self) -> Option<Vec<String>> {
        fn walk(node: &Node, out: &mut Vec<String>) -> bool {
            match node {
                Node::Compare(operand, Op::Eq, Literal::Text { text, .. })
                    if operand.path.name == "value" =>
                {
                    out.push(text.clone());
                    true
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

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |f: &mut fmt::Formatter<'_>, nodes: &[Node], word: &str| {
            for (index, node) in nodes.iter().enumerate() {
                if index > 0 {
                    write!(f, " {word} ")?;
                }
                match node {
                    Node::Or(_) | Node::And(_) => write!(f, "({node})")?,
                    _ => write!(f, "{node}")?,
                }
            }
            Ok(())
        };
        match self {
            Self::And(nodes) => list(f, nodes, "and"),
            Self::Or(nodes) => list(f, nodes, "or"),
            Self::Not(inner) => write!(f, "not ({inner})"),
            Self::Present(operand) => write!(f, "{} pr", operand.path),
            Self::Compare(operand, op, literal) => {
                write!(f, "{} {} {}", operand.path, op.as_str(), literal.to_value())
            }
            Self::Element(operand, inner) => write!(f, "{}[{inner}]", operand.path),
        }
    }
}
