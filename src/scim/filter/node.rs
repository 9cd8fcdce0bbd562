//! A checked filter in memory: conditions over attributes that exist, and how they print.
//!
//! A list of alternatives never holds a list of alternatives, nor a conjunction a conjunction, so that one
//! meaning has one form and the printed text reads back as the same tree. Built by [`super::parse`], judged
//! by [`super::eval`].

use std::fmt;

use super::comparison::{Op, Operand};
use super::literal::Literal;

/// A condition, or several put together.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::scim) enum Node {
    And(Vec<Node>),
    Or(Vec<Node>),
    Not(Box<Node>),
    Present(Operand),
    Compare(Operand, Op, Literal),
    /// One element of the attribute fulfils the inner condition, whose names are sub-attributes.
    Element(Operand, Box<Node>),
}

impl Node {
    /// Adds a condition to a conjunction.
    pub(super) fn push_and(list: &mut Vec<Self>, node: Self) {
        match node {
            Self::And(more) => list.extend(more),
            other => list.push(other),
        }
    }

    /// Adds an alternative to others.
    pub(super) fn push_or(list: &mut Vec<Self>, node: Self) {
        match node {
            Self::Or(more) => list.extend(more),
            other => list.push(other),
        }
    }

    /// How deep parentheses and brackets are nested when it is printed.
    pub(super) fn nesting(&self) -> usize {
        let deepest = |nodes: &[Self]| nodes.iter().map(Self::nesting).max().unwrap_or(0);
        match self {
            Self::Present(_) | Self::Compare(..) => 0,
            Self::Not(inner) | Self::Element(_, inner) => 1 + inner.nesting(),
            Self::Or(nodes) => deepest(nodes),
            Self::And(nodes) => nodes
                .iter()
                .map(|node| node.nesting() + usize::from(node.needs_parentheses()))
                .max()
                .unwrap_or(0),
        }
    }

    /// Whether it must be put in parentheses inside of a conjunction.
    fn needs_parentheses(&self) -> bool {
        matches!(self, Self::Or(_))
    }
}

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::And(nodes) => list(f, nodes, " and "),
            Self::Or(nodes) => list(f, nodes, " or "),
            Self::Not(inner) => write!(f, "not ({inner})"),
            Self::Present(operand) => write!(f, "{} pr", operand.path),
            Self::Compare(operand, op, literal) => {
                write!(f, "{} {} {}", operand.path, op.as_str(), literal.to_value())
            }
            Self::Element(operand, inner) => write!(f, "{}[{inner}]", operand.path),
        }
    }
}

fn list(f: &mut fmt::Formatter<'_>, nodes: &[Node], between: &str) -> fmt::Result {
    for (index, node) in nodes.iter().enumerate() {
        if index > 0 {
            f.write_str(between)?;
        }
        if node.needs_parentheses() { write!(f, "({node})")? } else { write!(f, "{node}")? }
    }
    Ok(())
}
