//! Which index answers a filter, so that a look-up of one user does not walk over all of them.
//!
//! Connectors find every resource by one equality, Entra in every cycle (docs/connectors.md C2.1). Names the
//! index only: asking it is the directory's work, and whether a hit fulfils the rest of the filter is
//! [`super::eval`]'s.

use super::comparison::Op;
use super::literal::Literal;
use super::node::Node;
use crate::scim::kind::ResourceKind;

/// An equality on something the directory has an index for.
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
    /// A member of a group by its id, exact.
    Member(String),
}

impl Lookup {
    /// How many resources it may name, fewest first.
    fn rank(&self) -> u8 {
        match self {
            Self::Id(_) => 0,
            Self::UserName(_) => 1,
            Self::ExternalId(_) => 2,
            Self::DisplayName(_) => 3,
            Self::Member(_) => 4,
            Self::Email(_) => 5,
        }
    }
}

/// The best index for a filter: whatever fulfils the filter is among what it names.
pub(super) fn find(kind: ResourceKind, node: &Node) -> Option<Lookup> {
    match node {
        Node::And(nodes) => nodes.iter().filter_map(|node| find(kind, node)).min_by_key(Lookup::rank),
        Node::Compare(operand, Op::Eq, literal) if operand.path.schema.is_none() => {
            match (kind, operand.path.name.as_str(), operand.path.sub.as_deref(), literal) {
                (_, "id", None, Literal::Exact(text)) => Some(Lookup::Id(text.clone())),
                (_, "externalId", None, Literal::Exact(text)) => Some(Lookup::ExternalId(text.clone())),
                (ResourceKind::User, "userName", None, Literal::Folded { folded, .. }) => {
                    Some(Lookup::UserName(folded.clone()))
                }
                (ResourceKind::User, "emails", Some("value"), Literal::Folded { folded, .. }) => {
                    Some(Lookup::Email(folded.clone()))
                }
                (ResourceKind::Group, "displayName", None, Literal::Folded { folded, .. }) => {
                    Some(Lookup::DisplayName(folded.clone()))
                }
                (ResourceKind::Group, "members", Some("value"), Literal::Exact(text)) => {
                    Some(Lookup::Member(text.clone()))
                }
                _ => None,
            }
        }
        Node::Element(operand, inner) if operand.path.schema.is_none() && operand.path.name == "emails" => {
            value_equality(inner).map(Lookup::Email)
        }
        Node::Element(operand, inner)
            if kind == ResourceKind::Group
                && operand.path.schema.is_none()
                && operand.path.name == "members" =>
        {
            value_equality(inner).map(Lookup::Member)
        }
        _ => None,
    }
}

/// Whether the filter is one equality and says no more than its index does.
pub(super) fn is_alone(kind: ResourceKind, node: &Node) -> bool {
    matches!(node, Node::Compare(..))
        && matches!(
            find(kind, node),
            Some(
                Lookup::Id(_)
                    | Lookup::UserName(_)
                    | Lookup::ExternalId(_)
                    | Lookup::DisplayName(_)
                    | Lookup::Member(_)
            )
        )
}

/// The text that `value` must equal for the node to be true, folded where letter case does not count.
fn value_equality(node: &Node) -> Option<String> {
    match node {
        Node::Compare(operand, Op::Eq, literal) if operand.path.name == "value" => match literal {
            Literal::Folded { folded, .. } => Some(folded.clone()),
            Literal::Exact(text) => Some(text.clone()),
            Literal::Null | Literal::Bool(_) | Literal::Number(_) | Literal::Time { .. } => None,
        },
        Node::And(nodes) => nodes.iter().find_map(value_equality),
        _ => None,
    }
}
