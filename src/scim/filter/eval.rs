//! The truth of a filter over JSON.
//!
//! A comparison on a multi-valued attribute is true when it is true for one of its values (RFC 7644 section
//! 3.4.2.2); conditions between brackets must hold for one and the same element. Values are data: no
//! character of them means anything but itself. Reads no text; that is [`super::parse`].

use std::cmp::Ordering;

use serde_json::Value;

use super::super::value::{compare_numbers, fold, is_present};
use super::comparison::{Op, Operand};
use super::literal::{Literal, instant};
use super::node::Node;
use crate::model::Object;

/// What a condition looks at.
#[derive(Clone, Copy)]
enum Subject<'a> {
    /// A resource, or an element with sub-attributes.
    Object(&'a Object),
    /// An element that is one plain value; it is its own `value`.
    Plain(&'a Value),
}

static FALSE: Value = Value::Bool(false);

pub(super) fn matches(node: &Node, object: &Object) -> bool {
    holds(node, Subject::Object(object))
}

pub(super) fn element_matches(node: &Node, element: &Value) -> bool {
    match element {
        Value::Object(object) => holds(node, Subject::Object(object)),
        Value::Null => false,
        plain => holds(node, Subject::Plain(plain)),
    }
}

fn holds(node: &Node, subject: Subject<'_>) -> bool {
    match node {
        Node::And(nodes) => nodes.iter().all(|node| holds(node, subject)),
        Node::Or(nodes) => nodes.iter().any(|node| holds(node, subject)),
        Node::Not(inner) => !holds(inner, subject),
        Node::Present(operand) => any_value(subject, operand, None, is_present),
        Node::Compare(operand, op, literal) => compare(operand, *op, literal, subject),
        Node::Element(operand, inner) => {
            any_value(subject, operand, None, |element| element_matches(inner, element))
        }
    }
}

fn compare(operand: &Operand, op: Op, literal: &Literal, subject: Subject<'_>) -> bool {
    let unsaid = operand.is_false_unless_said().then_some(&FALSE);
    match (op, literal) {
        (Op::Eq, Literal::Null) => !any_value(subject, operand, None, is_present),
        (Op::Ne, Literal::Null) => any_value(subject, operand, None, is_present),
        // "Not identical" is true where there is nothing to be identical with.
        (Op::Ne, _) => {
            let mut none = true;
            let differs = any_value(subject, operand, unsaid, |value| {
                none = false;
                !is_true(Op::Eq, literal, value)
            });
            differs || none
        }
        (op, _) => any_value(subject, operand, unsaid, |value| is_true(op, literal, value)),
    }
}

/// Whether the test holds for one of the values of an attribute, arrays opened. `unsaid` stands for the
/// sub-attribute of an element that does not have it.
fn any_value<'a>(
    subject: Subject<'a>,
    operand: &Operand,
    unsaid: Option<&'a Value>,
    mut test: impl FnMut(&'a Value) -> bool,
) -> bool {
    let path = &operand.path;
    let object = match subject {
        Subject::Object(object) => object,
        Subject::Plain(value) => return path.name == "value" && test(value),
    };
    let container = match &path.schema {
        Some(schema) => object.get(schema).and_then(Value::as_object),
        None => Some(object),
    };
    let value = container.and_then(|container| container.get(&path.name));
    let Some(sub) = &path.sub else { return value.or(unsaid).is_some_and(|value| any_of(value, test)) };
    value.is_some_and(|value| {
        any_of(value, |element| match element {
            Value::Object(element) => {
                element.get(sub).or(unsaid).is_some_and(|value| any_of(value, &mut test))
            }
            Value::Null => false,
            plain => sub == "value" && test(plain),
        })
    })
}

fn any_of<'a>(value: &'a Value, mut test: impl FnMut(&'a Value) -> bool) -> bool {
    match value {
        Value::Array(items) => items.iter().any(test),
        one => test(one),
    }
}

fn is_true(op: Op, literal: &Literal, value: &Value) -> bool {
    match (literal, value) {
        (Literal::Bool(wanted), Value::Bool(found)) => op == Op::Eq && wanted == found,
        (Literal::Number(wanted), Value::Number(found)) => ordered(op, compare_numbers(found, wanted)),
        (Literal::Time { at, .. }, Value::String(found)) => {
            let order = instant(found).and_then(|found| found.xsd_partial_cmp(at));
            order.is_some_and(|order| ordered(op, order))
        }
        (Literal::Exact(wanted), Value::String(found)) => text_is_true(op, found, wanted),
        (Literal::Folded { folded, .. }, Value::String(found)) if found.is_ascii() && folded.is_ascii() => {
            ascii_is_true(op, found.as_bytes(), folded.as_bytes())
        }
        (Literal::Folded { folded, .. }, Value::String(found)) => text_is_true(op, &fold(found), folded),
        _ => false,
    }
}

fn text_is_true(op: Op, found: &str, wanted: &str) -> bool {
    match op {
        Op::Co => found.contains(wanted),
        Op::Sw => found.starts_with(wanted),
        Op::Ew => found.ends_with(wanted),
        op => ordered(op, found.cmp(wanted)),
    }
}

/// As [`text_is_true`] without letter case, when there is nothing but ASCII and so nothing to copy.
fn ascii_is_true(op: Op, found: &[u8], folded: &[u8]) -> bool {
    let same = |part: &[u8]| part.eq_ignore_ascii_case(folded);
    match op {
        Op::Eq => same(found),
        // Short texts are looked through in place; long ones are copied once, so that the time does not grow
        // with both lengths.
        Op::Co if found.len() > 256 => {
            let lower = found.to_ascii_lowercase();
            match (std::str::from_utf8(&lower), std::str::from_utf8(folded)) {
                (Ok(lower), Ok(folded)) => lower.contains(folded),
                _ => false,
            }
        }
        Op::Co => folded.is_empty() || found.windows(folded.len()).any(same),
        Op::Sw => found.get(..folded.len()).is_some_and(same),
        Op::Ew => found.len().checked_sub(folded.len()).and_then(|at| found.get(at..)).is_some_and(same),
        op => ordered(op, found.iter().map(u8::to_ascii_lowercase).cmp(folded.iter().copied())),
    }
}

fn ordered(op: Op, order: Ordering) -> bool {
    match op {
        Op::Eq => order.is_eq(),
        Op::Gt => order.is_gt(),
        Op::Lt => order.is_lt(),
        Op::Ge => order.is_ge(),
        Op::Le => order.is_le(),
        Op::Ne => order.is_ne(),
        Op::Co | Op::Sw | Op::Ew => false,
    }
}
