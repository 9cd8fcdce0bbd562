//! From text to a checked filter: grammar, then names and types from the registry.
//!
//! Every fault is an `invalidFilter` that says which attribute or where in the text, never what the value was.
//! Evaluates nothing; that is [`super::eval`].

use scim_v2::filter as grammar;

use super::normalise::{REF_STAND_IN, normalise};
use super::{Literal, Node, Op, Operand};
use crate::limits;
use crate::scim::error::ScimError;
use crate::scim::kind::ResourceKind;
use crate::scim::registry::{AttrPath, Attribute, AttributeType, registry};

/// Where names are looked up: in a resource, or between the brackets of one attribute.
#[derive(Clone, Copy)]
enum Scope {
    Resource(ResourceKind),
    /// As above; an attribute that only another type has is known too, and has no value (RFC 7644 section 3.4.2.1).
    Anywhere(ResourceKind),
    Element(&'static Attribute),
}

pub(super) fn parse(kind: ResourceKind, text: &str) -> Result<Node, ScimError> {
    let parsed = read(text)?;
    Builder { scope: Scope::Resource(kind) }.node(&parsed, 1)
}

pub(super) fn parse_anywhere(kind: ResourceKind, text: &str) -> Result<Node, ScimError> {
    let parsed = read(text)?;
    Builder { scope: Scope::Anywhere(kind) }.node(&parsed, 1)
}

pub(super) fn parse_element(attribute: &'static Attribute, text: &str) -> Result<Node, ScimError> {
    let parsed = read(text)?;
    Builder { scope: Scope::Element(attribute) }.node(&parsed, 1)
}

fn read(text: &str) -> Result<grammar::Filter, ScimError> {
    if text.len() > limits::FILTER_BYTES {
        return Err(ScimError::invalid_filter(format!(
            "The filter is longer than {} bytes; ask for fewer values at a time.",
            limits::FILTER_BYTES
        )));
    }
    if text.trim().is_empty() {
        return Err(ScimError::invalid_filter("The filter is empty; leave the parameter out instead."));
    }
    normalise(text).parse().map_err(|fault| ScimError::invalid_filter(explain(&fault)))
}

fn explain(fault: &grammar::ParseError) -> String {
    let place = match fault {
        grammar::ParseError::InvalidToken { location } => Some(*location),
        grammar::ParseError::UnrecognizedToken { token: (start, ..), .. }
        | grammar::ParseError::ExtraToken { token: (start, ..) } => Some(*start),
        grammar::ParseError::UnrecognizedEof { .. } => None,
        grammar::ParseError::User { error } => {
            return match error {
                grammar::FilterActionError::DepthExceeded(_) => "The filter is nested too deeply.".into(),
                grammar::FilterActionError::TooManyTerms(_) => "The filter has too many conditions.".into(),
                _ => "An attribute name or a value in the filter is malformed (RFC 7644 section 3.4.2.2)."
                    .into(),
            };
        }
    };
    match place {
        Some(place) => {
            format!("The filter cannot be read at about character {} (RFC 7644 section 3.4.2.2).", place + 1)
        }
        None => "The filter ends too early (RFC 7644 section 3.4.2.2).".into(),
    }
}

struct Builder {
    scope: Scope,
}

impl Builder {
    fn node(&self, filter: &grammar::Filter, depth: usize) -> Result<Node, ScimError> {
        if depth > limits::FILTER_DEPTH {
            return Err(ScimError::invalid_filter(format!(
                "The filter is nested deeper than {} levels.",
                limits::FILTER_DEPTH
            )));
        }
        let list = |items: &[grammar::Filter]| {
            items.iter().map(|item| self.node(item, depth + 1)).collect::<Result<Vec<Node>, ScimError>>()
        };
        match filter {
            grammar::Filter::And(items) => Ok(Node::And(list(items)?)),
            grammar::Filter::Or(items) => Ok(Node::Or(list(items)?)),
            grammar::Filter::Not(inner) => Ok(Node::Not(Box::new(self.node(inner, depth + 1)?))),
            grammar::Filter::Attr(expression) => self.expression(expression),
            grammar::Filter::ValuePath(path) => {
                let (operand, Some(attribute)) = self.operand(&path.attr)? else {
                    return Err(ScimError::invalid_filter(
                        "Brackets inside brackets are not allowed in a filter.",
                    ));
                };
                if operand.path.sub.is_some() {
                    return Err(ScimError::invalid_filter(
                        "Brackets stand behind an attribute, not a sub-attribute.",
                    ));
                }
                let inner =
                    Builder { scope: Scope::Element(attribute) }.value_node(&path.filter, depth + 1)?;
                Ok(Node::Element(operand, Box::new(inner)))
            }
        }
    }

    fn value_node(&self, filter: &grammar::ValFilter, depth: usize) -> Result<Node, ScimError> {
        if depth > limits::FILTER_DEPTH {
            return Err(ScimError::invalid_filter("The filter is nested too deeply."));
        }
        let list = |items: &[grammar::ValFilter]| {
            items
                .iter()
                .map(|item| self.value_node(item, depth + 1))
                .collect::<Result<Vec<Node>, ScimError>>()
        };
        match filter {
            grammar::ValFilter::And(items) => Ok(Node::And(list(items)?)),
            grammar::ValFilter::Or(items) => Ok(Node::Or(list(items)?)),
            grammar::ValFilter::Not(inner) => Ok(Node::Not(Box::new(self.value_node(inner, depth + 1)?))),
            grammar::ValFilter::Attr(expression) => self.expression(expression),
        }
    }

    fn operand(&self, path: &grammar::AttrPath) -> Result<(Operand, Option<&'static Attribute>), ScimError> {
        match self.scope {
            Scope::Resource(kind) => {
                resource_operand(kind, path).map(|(operand, attribute)| (operand, Some(attribute)))
            }
            Scope::Anywhere(kind) => {
                let others = ResourceKind::ALL.into_iter().filter(|other| *other != kind);
                let found = resource_operand(kind, path).or_else(|unknown| {
                    others.into_iter().find_map(|other| resource_operand(other, path).ok()).ok_or(unknown)
                });
                found.map(|(operand, attribute)| (operand, Some(attribute)))
            }
            Scope::Element(attribute) => element_operand(attribute, path).map(|operand| (operand, None)),
        }
    }

    fn expression(&self, expression: &grammar::AttrExp) -> Result<Node, ScimError> {
        match expression {
            grammar::AttrExp::Present(path) => Ok(Node::Present(self.operand(path)?.0)),
            grammar::AttrExp::Comparison(path, op, value) => {
                let (mut operand, attribute) = self.operand(path)?;
                if operand.data_type == AttributeType::Complex && *value != grammar::CompValue::Null {
                    // A complex attribute is compared by its `value` (RFC 7644 section 3.4.2.2).
                    let value = attribute.and_then(|attribute| attribute.sub("value")).ok_or_else(|| {
                        ScimError::invalid_filter(format!(
                            "{} has sub-attributes; compare one of them.",
                            operand.path
                        ))
                    })?;
                    operand.path.sub = Some(value.name.clone());
                    operand.data_type = value.data_type;
                    operand.case_exact = value.case_exact;
                }
                let op = operator(op);
                let literal = literal(&operand, op, value)?;
                Ok(Node::Compare(operand, op, literal))
            }
        }
    }
}

fn name_of(name: &str) -> &str {
    if name == REF_STAND_IN { "$ref" } else { name }
}

fn resource_operand(
    kind: ResourceKind,
    path: &grammar::AttrPath,
) -> Result<(Operand, &'static Attribute), ScimError> {
    let sub = path.sub_attr.as_deref().map(name_of);
    let resolved =
        registry().resolve(kind, path.uri.as_deref(), name_of(&path.name), sub).ok_or_else(|| {
            ScimError::invalid_filter(format!(
                "{path} is not an attribute of {kind}; see /Schemas for those that are."
            ))
        })?;
    let leaf = resolved.leaf();
    let operand = Operand { path: resolved.path, data_type: leaf.data_type, case_exact: leaf.case_exact };
    Ok((operand, resolved.attribute))
}

fn element_operand(attribute: &'static Attribute, path: &grammar::AttrPath) -> Result<Operand, ScimError> {
    let unknown = || {
        ScimError::invalid_filter(format!(
            "{path} is not a sub-attribute of {}; see /Schemas.",
            attribute.name
        ))
    };
    if path.uri.is_some() || path.sub_attr.is_some() {
        return Err(unknown());
    }
    let name = name_of(&path.name);
    if !attribute.is_complex() {
        // The elements are plain values; between brackets they are called `value`.
        return if name.eq_ignore_ascii_case("value") {
            Ok(Operand {
                path: inner_path("value"),
                data_type: attribute.data_type,
                case_exact: attribute.case_exact,
            })
        } else {
            Err(unknown())
        };
    }
    let sub = attribute.sub(name).map(|sub| Operand {
        path: inner_path(&sub.name),
        data_type: sub.data_type,
        case_exact: sub.case_exact,
    });
    // `display` and `primary` belong to every multi-valued attribute (RFC 7643 section 2.4), declared or not.
    let common = || match name.to_ascii_lowercase().as_str() {
        "display" => {
            Some(Operand { path: inner_path("display"), data_type: AttributeType::String, case_exact: false })
        }
        "primary" => Some(Operand {
            path: inner_path("primary"),
            data_type: AttributeType::Boolean,
            case_exact: false,
        }),
        _ => None,
    };
    sub.or_else(common).ok_or_else(unknown)
}

fn inner_path(name: &str) -> AttrPath {
    AttrPath { schema: None, name: name.to_owned(), sub: None }
}

fn operator(op: &grammar::CompareOp) -> Op {
    match op {
        grammar::CompareOp::Eq => Op::Eq,
        grammar::CompareOp::Ne => Op::Ne,
        grammar::CompareOp::Co => Op::Co,
        grammar::CompareOp::Sw => Op::Sw,
        grammar::CompareOp::Ew => Op::Ew,
        grammar::CompareOp::Gt => Op::Gt,
        grammar::CompareOp::Lt => Op::Lt,
        grammar::CompareOp::Ge => Op::Ge,
        grammar::CompareOp::Le => Op::Le,
    }
}

/// The value of a comparison, turned into the type of the attribute where connectors write another one.
fn literal(operand: &Operand, op: Op, value: &grammar::CompValue) -> Result<Literal, ScimError> {
    let equality = matches!(op, Op::Eq | Op::Ne);
    let part_of = matches!(op, Op::Co | Op::Sw | Op::Ew);
    let misfit = |wanted: &str| {
        Err(ScimError::invalid_filter(format!(
            "{} is compared with {wanted}, not with what was given.",
            operand.path
        )))
    };
    let bad_operator =
        || Err(ScimError::invalid_filter(format!("{} cannot be used on {}.", op.as_str(), operand.path)));
    if *value == grammar::CompValue::Null {
        return if equality { Ok(Literal::Null) } else { bad_operator() };
    }
    match operand.data_type {
        AttributeType::Boolean if !equality => bad_operator(),
        AttributeType::Boolean => match value {
            grammar::CompValue::True => Ok(Literal::Bool(true)),
            grammar::CompValue::False => Ok(Literal::Bool(false)),
            // Entra compares `primary` with the text "True" (connectors.md section 1.4).
            grammar::CompValue::Str(text) if text.eq_ignore_ascii_case("true") => Ok(Literal::Bool(true)),
            grammar::CompValue::Str(text) if text.eq_ignore_ascii_case("false") => Ok(Literal::Bool(false)),
            _ => misfit("true or false"),
        },
        AttributeType::Decimal | AttributeType::Integer if part_of => bad_operator(),
        AttributeType::Decimal | AttributeType::Integer => match value {
            grammar::CompValue::Number(number) => Ok(Literal::Number(number.clone())),
            grammar::CompValue::Str(text) => match text.parse::<serde_json::Number>() {
                Ok(number) => Ok(Literal::Number(number)),
                Err(_) => misfit("a number"),
            },
            _ => misfit("a number"),
        },
        AttributeType::DateTime if part_of => match value {
            grammar::CompValue::Str(text) => Ok(Literal::text(text.clone())),
            _ => misfit("a date and time"),
        },
        AttributeType::DateTime => match value {
            grammar::CompValue::Str(text) => match text.parse() {
                Ok(at) => Ok(Literal::Time { text: text.clone(), at }),
                Err(_) => misfit("a date and time such as \"2026-01-31T08:00:00Z\""),
            },
            _ => misfit("a date and time in quotes"),
        },
        AttributeType::Binary if !equality => bad_operator(),
        AttributeType::String | AttributeType::Reference | AttributeType::Binary => match value {
            grammar::CompValue::Str(text) => Ok(Literal::text(text.clone())),
            // An unquoted number, as older connectors write `externalId eq 42`.
            grammar::CompValue::Number(number) => Ok(Literal::text(number.to_string())),
            _ => misfit("a text in quotes"),
        },
        AttributeType::Complex => bad_operator(),
    }
}
