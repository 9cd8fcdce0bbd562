//! The one room for tolerance: how values that connectors really send become values of the declared type.
//!
//! Each rule names its source. Says nothing about which attributes exist ([`super::registry`]) or where a
//! value goes ([`super::resource`], [`super::patch`]). In the strict dialect every rule here is an error
//! instead.
//!
//! | matter | tolerant | strict |
//! |---|---|---|
//! | letter case of `op` | any | lower |
//! | texts for booleans and numbers, one entry without its array, compact texts | understood | `invalidValue` |
//! | one value in an array, or in an object as its `value`, where there is no more than one | understood | `invalidValue` |
//! | replace through a filter that matches nothing | makes the entry | `noTarget` |
//! | remove with a list of values | removes those | `invalidSyntax` |
//! | an empty text in a PATCH | clears | is a value |
//! | attributes and extensions no schema knows | kept as sent | `invalidPath`, in a body `invalidSyntax` |
//! | unknown names in the bridge's own extension | refused, since nobody else adds to it | the same |
//! | an extension's attribute without its URN; dotted and filtered keys | understood | `invalidPath` |
//! | read-only keys of a PATCH without a path | passed over | `mutability`, except the resource's own id |
//! | `schemas` of a message or body | completed | must list what is used |

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde_json::Value;

use super::compact::{self, family_of};
use super::error::ScimError;
use super::json;
use super::registry::{Attribute, AttributeType, Mutability};
use super::value::{get, is_present, key_of};
use crate::limits;
use crate::model::{Family, Object};

pub use crate::model::policy::Dialect;

/// Base64 with or without padding, in both alphabets of RFC 4648.
const ANY_PADDING: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
const BASE64: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, ANY_PADDING);
const BASE64_URL: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, ANY_PADDING);

/// Other names under which a connector writes a sub-attribute: attribute, its name there, ours.
const ALIASES: [(&str, &str, &str); 1] = [
    // OneLogin's template for the manager (docs/connectors.md C7.1).
    ("manager", "managerId", "value"),
];

/// What an entry of any attribute may have beside its own parts (RFC 7643 section 2.4).
const COMMON_PARTS: [&str; 5] = ["value", "type", "primary", "display", "$ref"];

impl Dialect {
    /// Whether deviations are understood.
    pub fn is_tolerant(self) -> bool {
        self == Self::Tolerant
    }

    /// Whether a value of a PATCH takes away what is there: null or an empty array (RFC 7643 section 2.5),
    /// and an empty text, which is how connectors clear (docs/connectors.md C4.9).
    pub fn clears(self, value: &Value) -> bool {
        match value {
            Value::Null => true,
            Value::String(text) => text.is_empty() && self.is_tolerant(),
            Value::Array(items) => items.is_empty(),
            _ => false,
        }
    }

    /// The sub-attribute that a client means by a name.
    pub(super) fn sub<'a>(self, attribute: &'a Attribute, name: &str) -> Option<&'a Attribute> {
        attribute.sub(&self.alias(attribute, name.to_owned()))
    }

    /// Turns a whole attribute into its declared type. `None` means unassigned (null, or nothing left of it);
    /// an empty array stays an empty array, because it is how a client says "none of these".
    ///
    /// # Errors
    /// `invalidValue`, naming `at` (the attribute as clients write it) and the type it must have.
    pub fn coerce(self, attribute: &Attribute, at: &str, value: Value) -> Result<Option<Value>, ScimError> {
        if !attribute.multi_valued {
            return self.single(attribute, at, value);
        }
        match value {
            Value::Null => Ok(None),
            Value::Array(items) => {
                // Members of a group have a limit of their own, in `resource::members_of`.
                let most =
                    if attribute.name == "members" { usize::MAX } else { limits::ENTRIES_PER_ATTRIBUTE };
                let mut out = Vec::with_capacity(items.len().min(most));
                for item in items {
                    self.element(attribute, at, item, &mut out)?;
                    if out.len() > most {
                        return Err(too_many_entries(at));
                    }
                }
                if out.iter().filter(|item| is_primary(item)).count() > 1 {
                    return Err(ScimError::invalid_value(format!("{at}: at most one entry may be primary.")));
                }
                Ok(Some(Value::Array(out)))
            }
            // One entry without its array, and compact texts for the full form.
            lone if self.is_tolerant() => {
                let mut out = Vec::new();
                match (&lone, family_of(attribute)) {
                    (Value::String(text), Some(family)) => out = expand(family, at, text)?,
                    _ => self.element(attribute, at, lone, &mut out)?,
                }
                if out.len() > limits::ENTRIES_PER_ATTRIBUTE {
                    return Err(too_many_entries(at));
                }
                Ok(Some(Value::Array(out)))
            }
            _ => Err(wrong_type(at, "an array")),
        }
    }

    /// One element of a multi-valued attribute; compact texts may become several.
    fn element(
        self,
        attribute: &Attribute,
        at: &str,
        item: Value,
        out: &mut Vec<Value>,
    ) -> Result<(), ScimError> {
        if self.is_tolerant()
            && attribute.is_complex()
            && let (Value::String(text), Some(family)) = (&item, family_of(attribute))
        {
            out.extend(expand(family, at, text)?);
            return Ok(());
        }
        if let Some(value) = self.single(attribute, at, item)? {
            out.push(value);
        }
        Ok(())
    }

    /// One value of an attribute, whether it is multi-valued or not.
    ///
    /// # Errors
    /// As [`Dialect::coerce`].
    pub fn single(self, attribute: &Attribute, at: &str, value: Value) -> Result<Option<Value>, ScimError> {
        let value = match value {
            Value::Null => return Ok(None),
            // `"manager": [{"value": "id"}]`, `"title": ["T"]` (docs/connectors.md C4.6, C4.13).
            Value::Array(mut items) if self.is_tolerant() && !attribute.multi_valued => {
                return match (items.pop(), items.is_empty()) {
                    (None, _) => Ok(None),
                    (Some(one), true) => self.single(attribute, at, one),
                    (Some(_), false) => Err(wrong_type(at, "one value")),
                };
            }
            value => value,
        };
        if attribute.is_complex() {
            self.complex(attribute, at, value)
        } else {
            self.simple(attribute, at, value).map(Some)
        }
    }

    fn simple(self, attribute: &Attribute, at: &str, value: Value) -> Result<Value, ScimError> {
        // A plain value wrapped like a complex one: `{"value": "x"}`.
        if self.is_tolerant()
            && let Value::Object(object) = &value
            && let Some(inner @ (Value::String(_) | Value::Number(_) | Value::Bool(_))) = get(object, "value")
        {
            return self.simple(attribute, at, inner.clone());
        }
        match (attribute.data_type, value) {
            (AttributeType::Boolean, Value::Bool(flag)) => Ok(Value::Bool(flag)),
            // Entra writes booleans as texts, `active` and `primary` above all (docs/connectors.md C3.3).
            (AttributeType::Boolean, Value::String(text)) if self.is_tolerant() => {
                match text.trim().to_ascii_lowercase().as_str() {
                    "true" => Ok(Value::Bool(true)),
                    "false" => Ok(Value::Bool(false)),
                    _ => Err(wrong_type(at, "true or false")),
                }
            }
            (AttributeType::Boolean, _) => Err(wrong_type(at, "true or false")),
            (AttributeType::Integer, Value::Number(number)) if number.is_i64() || number.is_u64() => {
                Ok(Value::Number(number))
            }
            (AttributeType::Decimal, Value::Number(number)) => Ok(Value::Number(number)),
            (AttributeType::Integer | AttributeType::Decimal, Value::String(text)) if self.is_tolerant() => {
                text.trim().parse().map(Value::Number).map_err(|_| wrong_type(at, "a number"))
            }
            (AttributeType::Integer, _) => Err(wrong_type(at, "a whole number")),
            (AttributeType::Decimal, _) => Err(wrong_type(at, "a number")),
            (_, Value::String(text)) if text.len() > limits::ATTRIBUTE_BYTES => Err(
                ScimError::invalid_value(format!("{at} is longer than {} bytes.", limits::ATTRIBUTE_BYTES)),
            ),
            // Base64, either alphabet, padding optional (RFC 7643 section 2.3.6).
            (AttributeType::Binary, Value::String(text)) if !is_base64(&text) => {
                Err(wrong_type(at, "base64"))
            }
            (_, Value::String(text)) => Ok(Value::String(text)),
            (AttributeType::Binary, Value::Number(_)) => Err(wrong_type(at, "base64")),
            // HR systems send employee numbers as numbers (docs/connectors.md C7.10).
            (_, Value::Number(number)) if self.is_tolerant() => Ok(Value::String(number.to_string())),
            (_, _) => Err(wrong_type(at, "a text")),
        }
    }

    fn complex(self, attribute: &Attribute, at: &str, value: Value) -> Result<Option<Value>, ScimError> {
        let object = match value {
            Value::Object(object) => object,
            Value::String(text) if self.is_tolerant() && attribute.sub("value").is_some() => {
                if text.is_empty() {
                    return Ok(None);
                }
                // `"manager": "id"`, `"emails": ["a@b"]` (docs/connectors.md C3.4).
                match role_in_text(attribute, &text)? {
                    Some(object) => object,
                    None => Object::from_iter([("value".to_owned(), Value::String(text))]),
                }
            }
            _ => return Err(wrong_type(at, "an object")),
        };
        let object = self.members(attribute, at, object)?;
        // `{"value": ""}` takes the manager away (docs/connectors.md C4.6).
        let emptied = !attribute.multi_valued && object.get("value").is_some_and(|value| !is_present(value));
        if object.is_empty() || emptied {
            return Ok(None);
        }
        for required in attribute.sub_attributes.iter().filter(|sub| sub.required) {
            if !object.get(&required.name).is_some_and(is_present) {
                return Err(ScimError::invalid_value(format!("{at}: an entry lacks {}.", required.name)));
            }
        }
        Ok(Some(Value::Object(object)))
    }

    /// The members of a complex value: canonical names, declared types, read-only ones passed over, unknown
    /// ones kept.
    ///
    /// # Errors
    /// As [`Dialect::coerce`].
    pub(super) fn members(
        self,
        attribute: &Attribute,
        at: &str,
        object: Object,
    ) -> Result<Object, ScimError> {
        let object = self.unpack_role(attribute, object)?;
        let mut out = Object::new();
        for (key, value) in object {
            let key = self.alias(attribute, key);
            let Some(sub) = attribute.sub(&key) else {
                if attribute.closed && !value.is_null() && !COMMON_PARTS.contains(&key.as_str()) {
                    return Err(no_part(attribute, at, &key));
                }
                if !value.is_null() && key_of(&out, &key).is_none() {
                    out.insert(key, value);
                }
                continue;
            };
            if sub.mutability == Mutability::ReadOnly {
                continue;
            }
            if let Some(value) = self.coerce(sub, &format!("{at}.{}", sub.name), value)? {
                out.insert(sub.name.clone(), value);
            }
        }
        Ok(out)
    }

    fn alias(self, attribute: &Attribute, key: String) -> String {
        let found = ALIASES.iter().find(|(name, theirs, _)| {
            attribute.name.eq_ignore_ascii_case(name) && key.eq_ignore_ascii_case(theirs)
        });
        match found {
            Some((_, _, ours)) if self.is_tolerant() => (*ours).to_owned(),
            _ => key,
        }
    }

    /// Entra's AppRoleAssignmentsComplex puts JSON into the text of a role (docs/connectors.md C4.5).
    fn unpack_role(self, attribute: &Attribute, object: Object) -> Result<Object, ScimError> {
        let inner = match object.get("value") {
            Some(Value::String(text)) if self.is_tolerant() => role_in_text(attribute, text)?,
            _ => None,
        };
        let Some(inner) = inner else { return Ok(object) };
        let mut out = object;
        for (key, value) in inner {
            if key == "value" || !out.contains_key(&key) {
                out.insert(key, value);
            }
        }
        Ok(out)
    }
}

fn role_in_text(attribute: &Attribute, text: &str) -> Result<Option<Object>, ScimError> {
    if !matches!(attribute.name.as_str(), "roles" | "entitlements") {
        return Ok(None);
    }
    let Some(inner) = json::object_in(text)? else { return Ok(None) };
    let Some(value) = inner.get("value").filter(|value| value.is_string() && is_present(value)) else {
        return Ok(None);
    };
    let mut out = Object::new();
    out.insert("value".into(), value.clone());
    if let Some(display) = inner.get("displayName").filter(|value| value.is_string()) {
        out.insert("display".into(), display.clone());
    }
    Ok(Some(out))
}

/// A part that an attribute of the bridge's own extension does not have.
pub(super) fn no_part(attribute: &Attribute, at: &str, name: &str) -> ScimError {
    let parts: Vec<&str> = attribute.sub_attributes.iter().map(|part| part.name.as_str()).collect();
    let name = json::shown(name);
    ScimError::invalid_value(format!("{at}: {name} is not known there; an entry has {}.", parts.join(", ")))
}

fn expand(family: Family, at: &str, text: &str) -> Result<Vec<Value>, ScimError> {
    compact::expand(family, text).map_err(|fault| ScimError::invalid_value(format!("{at}: {fault}.")))
}

fn is_base64(text: &str) -> bool {
    let bare: String = text.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    BASE64.decode(&bare).is_ok() || BASE64_URL.decode(&bare).is_ok()
}

/// A multi-valued attribute with more entries than [`limits::ENTRIES_PER_ATTRIBUTE`].
pub(super) fn too_many_entries(at: &str) -> ScimError {
    ScimError::invalid_value(format!("{at} has more than {} entries.", limits::ENTRIES_PER_ATTRIBUTE))
}

fn wrong_type(at: &str, wanted: &str) -> ScimError {
    ScimError::invalid_value(format!("{at} must be {wanted}."))
}

/// Whether an element is marked as the preferred one.
pub(super) fn is_primary(element: &Value) -> bool {
    element.get("primary") == Some(&Value::Bool(true))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scim::kind::{BRIDGE_USER, ENTERPRISE_USER, GENESYS_USER, ResourceKind};
    use crate::scim::registry::registry;
    use serde_json::json;

    fn coerce(
        dialect: Dialect,
        uri: Option<&str>,
        name: &str,
        value: Value,
    ) -> Result<Option<Value>, ScimError> {
        let resolved = registry().resolve(ResourceKind::User, uri, name, None).unwrap();
        dialect.coerce(resolved.attribute, name, value)
    }

    #[test]
    fn what_connectors_send_becomes_the_declared_type_or_an_error_in_the_strict_dialect() {
        let table = [
            (None, "active", json!("False"), json!(false)),
            (
                None,
                "emails",
                json!({"value": "a@b", "primary": "True"}),
                json!([{"value": "a@b", "primary": true}]),
            ),
            (None, "emails", json!(["a@b"]), json!([{"value": "a@b"}])),
            (
                None,
                "roles",
                json!([{"value": "{\"id\":\"1\",\"value\":\"Admin\",\"displayName\":\"Boss\"}"}]),
                json!([{"value": "Admin", "display": "Boss"}]),
            ),
            (Some(ENTERPRISE_USER), "manager", json!("m1"), json!({"value": "m1"})),
            (
                Some(ENTERPRISE_USER),
                "manager",
                json!([{"$ref": "http://x", "value": "m1"}]),
                json!({"$ref": "http://x", "value": "m1"}),
            ),
            (Some(ENTERPRISE_USER), "employeeNumber", json!(42), json!("42")),
            (Some(BRIDGE_USER), "queues", json!("Sales;Claims"), json!(["Sales", "Claims"])),
            (Some(BRIDGE_USER), "queues", json!([{"value": "Sales"}]), json!(["Sales"])),
            (Some(BRIDGE_USER), "roles", json!("Agent@EMEA"), json!([{"role": "Agent", "division": "EMEA"}])),
            (
                Some(GENESYS_USER),
                "routingSkills",
                json!(["Billing:4"]),
                json!([{"name": "Billing", "proficiency": 4.0}]),
            ),
            (
                Some(GENESYS_USER),
                "routingSkills",
                json!([{"name": "Billing", "proficiency": "4"}]),
                json!([{"name": "Billing", "proficiency": 4}]),
            ),
        ];
        for (uri, name, given, expected) in table {
            assert_eq!(
                coerce(Dialect::Tolerant, uri, name, given.clone()).unwrap(),
                Some(expected),
                "{given}"
            );
            if name != "roles" || uri.is_some() {
                let strict = coerce(Dialect::Strict, uri, name, given.clone());
                assert!(
                    strict.is_err() || given.to_string().contains("$ref"),
                    "strict took {given}: {strict:?}"
                );
            }
        }
    }

    #[test]
    fn null_and_an_emptied_manager_are_unassigned_but_an_empty_array_is_kept() {
        for (uri, name, given, expected) in [
            (None, "title", json!(null), None),
            (None, "roles", json!([]), Some(json!([]))),
            (Some(ENTERPRISE_USER), "manager", json!({"value": ""}), None),
            (Some(ENTERPRISE_USER), "manager", json!(""), None),
            (None, "title", json!(""), Some(json!(""))),
        ] {
            assert_eq!(
                coerce(Dialect::Tolerant, uri, name, given.clone()).unwrap(),
                expected,
                "{name} {given}"
            );
        }
    }

    #[test]
    fn names_become_canonical_and_unknown_members_are_kept() {
        let given = json!({"GivenName": "G", "custom": [1], "nothing": null});
        assert_eq!(
            coerce(Dialect::Strict, None, "name", given).unwrap(),
            Some(json!({"givenName": "G", "custom": [1]}))
        );
    }

    #[test]
    fn values_of_the_wrong_type_are_named_without_being_quoted() {
        let table = [
            (None, "active", json!("secret")),
            (None, "active", json!(1)),
            (None, "title", json!(true)),
            (None, "name", json!("secret")),
            (None, "emails", json!([{"value": "a", "primary": true}, {"value": "b", "primary": true}])),
            (Some(BRIDGE_USER), "skills", json!([{"name": "x", "proficiency": "secret"}])),
            (Some(BRIDGE_USER), "roles", json!([{"division": "EMEA"}])),
        ];
        for (uri, name, given) in table {
            let fault = coerce(Dialect::Tolerant, uri, name, given.clone()).unwrap_err();
            assert_eq!(fault.scim_type, Some(crate::scim::ScimType::InvalidValue), "{given}");
            assert!(fault.detail.contains(name) && !fault.detail.contains("secret"), "{}", fault.detail);
        }
    }
}
