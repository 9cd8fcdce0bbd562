//! What must be true of a document as a whole, whoever wrote it: required attributes are there, immutable
//! ones are what they were, and what means the same is no change.
//!
//! Looks at documents before and after a write; how a write comes about is [`super`] (POST, PUT) and
//! [`super::super::patch`].

use serde_json::Value;

use super::super::error::ScimError;
use super::super::kind::ResourceKind;
use super::super::registry::{Attribute, Mutability, registry};
use super::super::value::{fold, is_present, same};
use super::put;
use crate::model::Object;

const ACTIVE: &str = "active";

/// Checks that every required attribute of the main schema is there and not blank.
///
/// # Errors
/// `invalidValue` naming the attribute.
pub(in crate::scim) fn require(kind: ResourceKind, document: &Object) -> Result<(), ScimError> {
    for attribute in registry().core(kind).iter().filter(|attribute| attribute.required) {
        let given = document.get(&attribute.name);
        let blank = given.and_then(Value::as_str).is_some_and(|text| text.trim().is_empty());
        if blank || !given.is_some_and(is_present) {
            return Err(ScimError::invalid_value(format!(
                "{} is required and must not be empty.",
                attribute.name
            )));
        }
    }
    Ok(())
}

/// What [`require`] asks, of a document whose required attributes were there: one that is gone was taken
/// away, which is a matter of mutability (RFC 7644 section 3.5.2.2). Entries must have their required parts
/// as well.
///
/// # Errors
/// `mutability` when a required attribute was taken away, `invalidValue` when one is blank or an entry lacks a part.
pub(in crate::scim) fn require_still(kind: ResourceKind, document: &Object) -> Result<(), ScimError> {
    for attribute in registry().core(kind).iter().filter(|attribute| attribute.required) {
        if !document.contains_key(&attribute.name) {
            return Err(ScimError::mutability(format!(
                "{} is required and cannot be taken away.",
                attribute.name
            )));
        }
    }
    require(kind, document)?;
    for (schema, attributes) in schemas(kind) {
        let Some(holder) = holder(document, schema) else { continue };
        for attribute in attributes {
            require_parts(attribute, holder.get(&attribute.name).unwrap_or(&Value::Null))?;
        }
    }
    Ok(())
}

fn require_parts(attribute: &Attribute, value: &Value) -> Result<(), ScimError> {
    match value {
        Value::Array(items) => items.iter().try_for_each(|item| require_parts(attribute, item)),
        Value::Object(parts) => {
            let lacking = attribute
                .sub_attributes
                .iter()
                .find(|part| part.required && !parts.get(&part.name).is_some_and(is_present));
            match lacking {
                Some(part) => Err(ScimError::invalid_value(format!(
                    "{}: an entry lacks {}.",
                    attribute.name, part.name
                ))),
                None => Ok(()),
            }
        }
        _ => Ok(()),
    }
}

/// Checks that no immutable attribute that had a value has another one, or none (RFC 7644 sections 3.5.1 and
/// 3.5.2). Entries of a multi-valued attribute may come and go; that they do not change is [`unaltered`].
///
/// # Errors
/// `mutability` naming the attribute.
pub(in crate::scim) fn immutable_kept(
    kind: ResourceKind,
    before: &Object,
    after: &Object,
) -> Result<(), ScimError> {
    let none = Object::new();
    for (schema, attributes) in schemas(kind) {
        if let Some(old) = holder(before, schema) {
            kept(attributes, old, holder(after, schema).unwrap_or(&none))?;
        }
    }
    Ok(())
}

fn kept(attributes: &[Attribute], before: &Object, after: &Object) -> Result<(), ScimError> {
    for attribute in attributes {
        let Some(old) = before.get(&attribute.name).filter(|old| is_present(old)) else { continue };
        let new = after.get(&attribute.name);
        if attribute.mutability == Mutability::Immutable && !new.is_some_and(|new| equal(attribute, old, new))
        {
            return Err(ScimError::mutability(format!(
                "{} was set once and cannot be changed.",
                attribute.name
            )));
        }
        // Where the whole value went, its parts went with it.
        if let (Value::Object(old), Some(Value::Object(new))) = (old, new) {
            kept(&attribute.sub_attributes, old, new)?;
        }
    }
    Ok(())
}

/// Checks that an entry of a multi-valued attribute keeps the immutable parts it has.
///
/// # Errors
/// `mutability` naming attribute and part.
pub(in crate::scim) fn unaltered(attribute: &Attribute, old: &Value, new: &Value) -> Result<(), ScimError> {
    match (old, new) {
        (Value::Object(old), Value::Object(new)) => kept(&attribute.sub_attributes, old, new)
            .map_err(|fault| ScimError::mutability(format!("{}.{}", attribute.name, fault.detail))),
        _ => Ok(()),
    }
}

/// Gives a PUT the immutable attributes it leaves out: absent and null are no value that could differ
/// (RFC 7643 section 2.5, RFC 7644 section 3.5.1).
pub(in crate::scim) fn carry_immutable(kind: ResourceKind, before: &Object, after: &mut Object) {
    for (schema, attributes) in schemas(kind) {
        let Some(old) = holder(before, schema) else { continue };
        for attribute in attributes.iter().filter(|attribute| attribute.mutability == Mutability::Immutable) {
            let given = holder(after, schema).is_some_and(|new| new.contains_key(&attribute.name));
            if let (false, Some(value)) = (given, old.get(&attribute.name)) {
                put(after, schema, &attribute.name, value.clone());
            }
        }
    }
}

/// Whether an attribute says if a user has access. It is never unassigned: whoever loses access loses it by
/// `false`, and gets it back by `true` and nothing else.
pub(in crate::scim) fn is_state(kind: ResourceKind, schema: Option<&str>, attribute: &Attribute) -> bool {
    kind == ResourceKind::User && schema.is_none() && attribute.name == ACTIVE
}

/// What is said of a state that is neither true nor false.
pub(in crate::scim) fn no_state() -> ScimError {
    ScimError::invalid_value("active must be true or false.")
}

/// Says the state where the document does not.
pub(in crate::scim) fn state_or(document: &mut Object, active: bool) {
    if !document.contains_key(ACTIVE) {
        document.insert(ACTIVE.to_owned(), Value::Bool(active));
    }
}

/// Takes the stored form of every attribute that means the same as before, so that 4.0 for 4 or another order
/// of `schemas` is no change (RFC 7643 section 3: the order of `schemas` has no meaning).
pub(in crate::scim) fn keep_equal(before: &Object, after: &mut Object) {
    for (key, new) in after.iter_mut() {
        let Some(old) = before.get(key) else { continue };
        let equal = match (key.as_str(), old, &*new) {
            ("schemas", Value::Array(old), Value::Array(new)) => {
                old.len() == new.len() && old.iter().all(|urn| new.contains(urn))
            }
            (_, old, new) => same(old, new),
        };
        match (old, new) {
            (old, new) if equal => new.clone_from(old),
            (Value::Object(old), Value::Object(new)) => keep_equal(old, new),
            _ => {}
        }
    }
}

fn equal(attribute: &Attribute, old: &Value, new: &Value) -> bool {
    match (old, new) {
        (Value::String(old), Value::String(new)) if !attribute.case_exact => fold(old) == fold(new),
        _ => same(old, new),
    }
}

fn schemas(kind: ResourceKind) -> impl Iterator<Item = (Option<&'static str>, &'static [Attribute])> {
    let extensions = kind
        .extensions()
        .iter()
        .filter_map(|urn| registry().schema(urn).map(|schema| (Some(*urn), schema.attributes.as_slice())));
    std::iter::once((None, registry().core(kind))).chain(extensions)
}

fn holder<'a>(document: &'a Object, schema: Option<&str>) -> Option<&'a Object> {
    match schema {
        None => Some(document),
        Some(urn) => document.get(urn).and_then(Value::as_object),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scim::error::ScimType;
    use serde_json::json;

    fn attribute(name: &str, mutability: &str, case_exact: bool, parts: Value) -> Attribute {
        serde_json::from_value(json!({
            "name": name, "type": if parts == json!([]) { "string" } else { "complex" }, "multiValued": false,
            "required": false, "caseExact": case_exact, "mutability": mutability, "returned": "default",
            "subAttributes": parts,
        }))
        .unwrap()
    }

    fn object(value: Value) -> Object {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn an_immutable_value_is_set_once_and_then_only_repeated() {
        let part = json!({"name": "serial", "type": "string", "multiValued": false, "required": false,
            "mutability": "immutable", "returned": "default"});
        let attributes = [
            attribute("badge", "immutable", false, json!([])),
            attribute("token", "immutable", true, json!([])),
            attribute("device", "readWrite", false, json!([part])),
        ];
        for (before, after, allowed) in [
            (json!({}), json!({"badge": "b1"}), true),
            (json!({"badge": ""}), json!({"badge": "b1"}), true),
            (json!({"badge": "b1"}), json!({"badge": "b1"}), true),
            (json!({"badge": "b1"}), json!({"badge": "B1"}), true),
            (json!({"token": "b1"}), json!({"token": "B1"}), false),
            (json!({"badge": "b1"}), json!({"badge": "b2"}), false),
            (json!({"badge": "b1"}), json!({}), false),
            (json!({"device": {"name": "x"}}), json!({"device": {"name": "x", "serial": "1"}}), true),
            (json!({"device": {"serial": "1"}}), json!({"device": {"name": "y", "serial": "1"}}), true),
            (json!({"device": {"serial": "1"}}), json!({"device": {"serial": "2"}}), false),
            (json!({"device": {"serial": "1"}}), json!({"device": {"name": "y"}}), false),
            (json!({"device": {"serial": "1"}}), json!({}), true),
        ] {
            let result = kept(&attributes, &object(before.clone()), &object(after.clone()));
            let expected = if allowed { Ok(()) } else { Err(Some(ScimType::Mutability)) };
            assert_eq!(result.map_err(|fault| fault.scim_type), expected, "{before} then {after}");
        }
    }

    #[test]
    fn an_entry_keeps_its_immutable_parts_and_takes_the_others() {
        let device = Attribute {
            multi_valued: true,
            ..attribute(
                "devices",
                "readWrite",
                true,
                json!([{"name": "serial", "type": "string", "multiValued": false,
                "required": false, "caseExact": true, "mutability": "immutable", "returned": "default"}]),
            )
        };
        let change = |old: Value, new: Value| unaltered(&device, &old, &new).map_err(|fault| fault.scim_type);
        let refused = Err(Some(ScimType::Mutability));
        assert_eq!(change(json!({"serial": "1"}), json!({"serial": "1", "label": "x"})), Ok(()));
        assert_eq!(change(json!({"label": "x"}), json!({"serial": "1"})), Ok(()));
        assert_eq!(change(json!({"serial": "1"}), json!({"serial": "2"})), refused);
        assert_eq!(change(json!({"serial": "1"}), json!({"label": "x"})), refused);
    }

    #[test]
    fn what_means_the_same_is_stored_as_it_was() {
        let before = object(
            json!({"schemas": ["a", "b"], "x": {"n": 4, "m": [1]}, "y": 1, "z": 9_007_199_254_740_993_u64}),
        );
        let mut after = object(
            json!({"schemas": ["b", "a"], "x": {"m": [1.0], "n": 4.0}, "y": 2, "z": 9_007_199_254_740_992_u64}),
        );
        keep_equal(&before, &mut after);
        let expected =
            json!({"schemas": ["a", "b"], "x": {"n": 4, "m": [1]}, "y": 2, "z": 9_007_199_254_740_992_u64});
        assert_eq!(Value::Object(after), expected);
    }
}
