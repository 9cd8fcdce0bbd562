//! The truth of a filter over JSON.
//!
//! A comparison on a multi-valued attribute is true when it is true for one of its values (RFC 7644 section 3.4.2.2);
//! conditions between brackets must hold for one and the same element. Reads no text; that is [`super::build`].

use serde_json::Value;

use super::super::registry::AttrPath;
use super::super::value::{fold, is_present};
use super::{Literal, Node, Op, Operand};
use crate::model::Object;

pub(super) fn matches(node: &Node, object: &Object) -> bool {
    match node {
        Node::And(nodes) => nodes.iter().all(|node| matches(node, object)),
        Node::Or(nodes) => nodes.iter().any(|node| matches(node, object)),
        Node::Not(inner) => !matches(inner, object),
        Node::Present(operand) => values_at(object, &operand.path).into_iter().any(is_present),
        Node::Compare(operand, op, literal) => {
            let mut values = values_at(object, &operand.path);
            values.extend(unmarked(object, &operand.path));
            compare(operand, *op, literal, &values)
        }
        Node::Element(operand, inner) => {
            values_at(object, &operand.path).into_iter().any(|element| element_matches(inner, element))
        }
    }
}

pub(super) fn element_matches(node: &Node, element: &Value) -> bool {
    match element {
        Value::Object(object) => matches(node, object),
        Value::Null => false,
        simple => {
            let mut object = Object::new();
            object.insert("value".into(), simple.clone());
            matches(node, &object)
        }
    }
}

/// All values at a path, arrays opened.
pub(in crate::scim) fn values_at<'a>(object: &'a Object, path: &AttrPath) -> Vec<&'a Value> {
    let container = match &path.schema {
        Some(schema) => object.get(schema).and_then(Value::as_object),
        None => Some(object),
    };
    let mut values = Vec::new();
    if let Some(value) = container.and_then(|container| container.get(&path.name)) {
        open(value, &mut values);
    }
    let Some(sub) = &path.sub else { return values };
    let mut inner = Vec::new();
    for value in values {
        if let Some(found) = value.as_object().and_then(|element| element.get(sub)) {
            open(found, &mut inner);
        }
    }
    inner
}

/// `false` for each value that does not say whether it is primary (RFC 7643 section 2.4).
fn unmarked<'a>(object: &'a Object, path: &AttrPath) -> impl Iterator<Item = &'a Value> {
    static NO: Value = Value::Bool(false);
    let silent = match &path.sub {
        Some(sub) if sub == "primary" => {
            let whole = AttrPath { sub: None, ..path.clone() };
            values_at(object, &whole).into_iter().filter(|value| value.get("primary").is_none()).count()
        }
        None if path.name == "primary" && path.schema.is_none() => {
            usize::from(!object.contains_key("primary"))
        }
        _ => 0,
    };
    std::iter::repeat_n(&NO, silent)
}

fn open<'a>(value: &'a Value, out: &mut Vec<&'a Value>) {
    match value {
        Value::Array(items) => out.extend(items),
        other => out.push(other),
    }
}

fn compare(operand: &Operand, op: Op, literal: &Literal, values: &[&Value]) -> bool {
    let test = |op: Op| values.iter().any(|value| holds(operand, op, literal, value));
    match (op, literal) {
        (Op::Eq, Literal::Null) => !values.iter().any(|value| is_present(value)),
        (Op::Ne, Literal::Null) => values.iter().any(|value| is_present(value)),
        // "Not identical" is true where there is nothing to be identical with.
        (Op::Ne, _) => {
            values.is_empty() || values.iter().any(|value| !holds(operand, Op::Eq, literal, value))
        }
        (op, _) => test(op),
    }
}

fn holds(operand: &Operand, op: Op, literal: &Literal, value: &Value) -> bool {
    match (literal, value) {
        (Literal::Bool(wanted), Value::Bool(found)) => op == Op::Eq && wanted == found,
        (Literal::Number(wanted), Value::Number(found)) => {
            if op == Op::Eq && wanted == found {
                return true;
            }
            match (found.as_f64(), wanted.as_f64()) {
                (Some(found), Some(wanted)) => {
                    found.partial_cmp(&wanted).is_some_and(|order| ordered(op, order))
                }
                _ => false,
            }
        }
        (Literal::Time { at, .. }, Value::String(found)) => {
            found.parse::<jiff::Timestamp>().is_ok_and(|found| ordered(op, found.cmp(at)))
        }
        (Literal::Text { text, folded }, Value::String(found)) => {
            if operand.case_exact {
                text_holds(op, found, text)
            } else {
                text_holds(op, &fold(found), folded)
            }
        }
        _ => false,
    }
}

fn text_holds(op: Op, found: &str, wanted: &str) -> bool {
    match op {
        Op::Co => found.contains(wanted),
        Op::Sw => found.starts_with(wanted),
        Op::Ew => found.ends_with(wanted),
        op => ordered(op, found.cmp(wanted)),
    }
}

fn ordered(op: Op, order: std::cmp::Ordering) -> bool {
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
