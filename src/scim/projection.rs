//! `attributes` and `excludedAttributes` (RFC 7644 section 3.9), together with what each attribute's
//! `returned` says.
//!
//! Cuts a resource that is complete; what a complete one looks like is [`super::render`]. Names nobody knows
//! select nothing and are no fault.

use serde_json::Value;

use super::error::ScimError;
use super::kind::{BRIDGE_USER, ResourceKind};
use super::path::looks_like_schema;
use super::registry::{AttrPath, Attribute, Returned, registry};
use super::value::fold;
use crate::limits;
use crate::model::Object;

/// What a client wants to see of a resource.
#[derive(Clone, Debug)]
pub struct Projection {
    kind: ResourceKind,
    /// `None`: everything that is returned by default.
    included: Option<Vec<Selector>>,
    excluded: Vec<Selector>,
}

/// One name of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Selector {
    /// A whole extension.
    Schema(String),
    /// An attribute or sub-attribute.
    Attribute(AttrPath),
}

impl Projection {
    /// Everything that is returned by default.
    pub fn all(kind: ResourceKind) -> Self {
        Self { kind, included: None, excluded: Vec::new() }
    }

    /// Reads both query parameters; either may be missing or empty.
    ///
    /// # Errors
    /// `invalidValue` when both are given (RFC 7644 section 3.9 allows one of them) or one is too long.
    pub fn parse(
        kind: ResourceKind,
        attributes: Option<&str>,
        excluded: Option<&str>,
    ) -> Result<Self, ScimError> {
        let read = |list: Option<&str>| -> Result<Vec<Selector>, ScimError> {
            let list = list.unwrap_or("");
            if list.len() > limits::FILTER_BYTES {
                return Err(ScimError::invalid_value("The list of attributes is too long; ask for fewer."));
            }
            Ok(list
                .split(',')
                .map(str::trim)
                .filter(|name| !name.is_empty())
                .map(|name| selector(kind, name))
                .collect())
        };
        let (included, excluded) = (read(attributes)?, read(excluded)?);
        if !included.is_empty() && !excluded.is_empty() {
            return Err(ScimError::invalid_value("Give attributes or excludedAttributes, not both."));
        }
        Ok(Self { kind, included: (!included.is_empty()).then_some(included), excluded })
    }

    /// Whether a top-level core attribute would be returned, so that `members` and `groups` are only read
    /// when they are (docs/connectors.md C8.12).
    pub fn wants(&self, attribute: &str) -> bool {
        let Some(known) = registry().core_or_common(self.kind, attribute) else {
            return self.included.is_none();
        };
        let path = AttrPath { schema: None, name: known.name.clone(), sub: None };
        match known.returned {
            Returned::Always => true,
            Returned::Never => false,
            returned => self.keeps(&path, returned),
        }
    }

    /// Whether the names of a group's members would be returned: only where they are asked for by name, since
    /// each of them is a look at another resource.
    pub fn wants_member_names(&self) -> bool {
        let asked = |selector: &Selector| {
            matches!(selector, Selector::Attribute(AttrPath { schema: None, name, sub: Some(sub) })
                if name == "members" && sub.eq_ignore_ascii_case("display"))
        };
        self.included.as_ref().is_some_and(|included| included.iter().any(asked))
    }

    /// Whether everything but `groups` and `members` is shown as it is kept, so that the stored text can be
    /// sent: then which of the two are wanted is all that remains to be asked ([`Projection::wants`]).
    pub fn is_plain(&self) -> bool {
        let derived = |selector: &Selector| match selector {
            Selector::Attribute(AttrPath { schema: None, name, sub: None }) => {
                matches!(
                    (self.kind, name.as_str()),
                    (ResourceKind::User, "groups") | (ResourceKind::Group, "members")
                )
            }
            _ => false,
        };
        self.included.is_none() && self.excluded.iter().all(derived)
    }

    /// Whether `provisioning` of our extension was asked for by name.
    pub fn wants_provisioning(&self) -> bool {
        let path = AttrPath { schema: Some(BRIDGE_USER.into()), name: "provisioning".into(), sub: None };
        self.keeps(&path, Returned::Request)
    }

    /// Cuts a resource down to what is wanted.
    pub fn apply(&self, resource: Object) -> Object {
        let mut out = Object::new();
        for (key, value) in resource {
            if let Some(urn) = registry().extension(self.kind, &key) {
                if let Some(extension) = self.extension(urn, value) {
                    out.insert(key, extension);
                }
                continue;
            }
            let attribute = registry().core_or_common(self.kind, &key);
            if let Some(value) = self.attribute(None, &key, attribute, value) {
                out.insert(key, value);
            }
        }
        out
    }

    fn extension(&self, urn: &str, value: Value) -> Option<Value> {
        let Value::Object(members) = value else { return None };
        let mut out = Object::new();
        for (key, value) in members {
            let attribute = registry().in_schema(urn, &key);
            // Work that is still under way, or has failed, is told without being asked for: a 2xx must not
            // hide it.
            let telling = urn == BRIDGE_USER
                && key == "provisioning"
                && value
                    .get("status")
                    .and_then(Value::as_str)
                    .is_some_and(|s| matches!(s, "pending" | "failed"))
                && self.included.is_none();
            let kept = if telling { Some(value) } else { self.attribute(Some(urn), &key, attribute, value) };
            if let Some(value) = kept {
                out.insert(key, value);
            }
        }
        (!out.is_empty()).then_some(Value::Object(out))
    }

    /// What is left of one attribute; `None` when nothing is.
    fn attribute(
        &self,
        schema: Option<&str>,
        name: &str,
        attribute: Option<&Attribute>,
        value: Value,
    ) -> Option<Value> {
        let path = AttrPath { schema: schema.map(str::to_owned), name: name.to_owned(), sub: None };
        let returned = attribute.map_or(Returned::Default, |attribute| attribute.returned);
        match returned {
            Returned::Always => return Some(value),
            Returned::Never => return None,
            Returned::Default | Returned::Request => {}
        }
        if !self.keeps(&path, returned) {
            return None;
        }
        self.sub_attributes(&path, value)
    }

    /// Whether anything of an attribute is wanted.
    fn keeps(&self, path: &AttrPath, returned: Returned) -> bool {
        let named = |selector: &Selector| match selector {
            Selector::Schema(urn) => {
                path.schema.as_deref().is_some_and(|schema| schema.eq_ignore_ascii_case(urn))
            }
            Selector::Attribute(wanted) => same_attribute(wanted, path),
        };
        let dropped = |selector: &Selector| match selector {
            Selector::Attribute(gone) => gone.sub.is_none() && same_attribute(gone, path),
            schema @ Selector::Schema(_) => named(schema),
        };
        match &self.included {
            Some(included) => included.iter().any(named),
            None => returned == Returned::Default && !self.excluded.iter().any(dropped),
        }
    }

    /// Cuts the sub-attributes of a value that is kept.
    fn sub_attributes(&self, path: &AttrPath, value: Value) -> Option<Value> {
        let subs = |selectors: &[Selector]| -> Option<Vec<String>> {
            let mut names = Vec::new();
            for selector in selectors {
                match selector {
                    Selector::Attribute(wanted) if same_attribute(wanted, path) => {
                        names.push(fold(wanted.sub.as_deref()?));
                    }
                    Selector::Schema(urn) if path.schema.as_deref() == Some(urn) => return None,
                    _ => {}
                }
            }
            Some(names)
        };
        let keep: Box<dyn Fn(&str) -> bool> = match &self.included {
            // The attribute as a whole was named, perhaps beside one of its parts.
            Some(included) => match subs(included) {
                None => return Some(value),
                Some(names) => Box::new(move |key: &str| names.contains(&fold(key))),
            },
            None => match subs(&self.excluded) {
                Some(names) if !names.is_empty() => Box::new(move |key: &str| !names.contains(&fold(key))),
                _ => return Some(value),
            },
        };
        let cut = |value: Value| match value {
            Value::Object(object) => {
                let left: Object = object.into_iter().filter(|(key, _)| keep(key)).collect();
                (!left.is_empty()).then_some(Value::Object(left))
            }
            // A plain value is its own `value` and has no other part.
            other => keep("value").then_some(other),
        };
        match value {
            // Of an empty list a part is shown that its entries would have; a misspelt one selects nothing.
            Value::Array(items) if items.is_empty() => self.shows_a_part(path).then_some(Value::Array(items)),
            Value::Array(items) => {
                let left: Vec<Value> = items.into_iter().filter_map(cut).collect();
                (!left.is_empty()).then_some(Value::Array(left))
            }
            other => cut(other),
        }
    }

    /// Whether one of the parts that were asked for is a part of the attribute; so where none was asked for.
    fn shows_a_part(&self, path: &AttrPath) -> bool {
        let uri = path.schema.as_deref();
        let Some(known) = registry().resolve(self.kind, uri, &path.name, None) else { return true };
        let is_part = |name: &str| known.attribute.sub(name).is_some() || name.eq_ignore_ascii_case("value");
        let asks = |selector: &Selector| match selector {
            Selector::Attribute(wanted) if same_attribute(wanted, path) => {
                wanted.sub.as_deref().is_none_or(is_part)
            }
            Selector::Schema(urn) => uri == Some(urn.as_str()),
            Selector::Attribute(_) => false,
        };
        self.included.as_ref().is_none_or(|included| included.iter().any(asks))
    }
}

fn same_attribute(left: &AttrPath, right: &AttrPath) -> bool {
    let schemas = match (&left.schema, &right.schema) {
        (None, None) => true,
        (Some(left), Some(right)) => left.eq_ignore_ascii_case(right),
        _ => false,
    };
    schemas && left.name.eq_ignore_ascii_case(&right.name)
}

fn selector(kind: ResourceKind, name: &str) -> Selector {
    if let Some(urn) = registry().extension(kind, name) {
        return Selector::Schema(urn.to_owned());
    }
    if looks_like_schema(name) && !name.eq_ignore_ascii_case(kind.schema()) {
        // The object of an unknown extension is kept under its URN, like an attribute.
        return Selector::Attribute(AttrPath { schema: None, name: name.to_owned(), sub: None });
    }
    let (uri, rest) = match name.rsplit_once(':') {
        Some((uri, rest)) => (Some(uri), rest),
        None => (None, name),
    };
    let (attribute, sub) = match rest.split_once('.') {
        Some((attribute, sub)) => (attribute, Some(sub)),
        None => (rest, None),
    };
    match registry().resolve(kind, uri, attribute, None) {
        Some(found) => Selector::Attribute(AttrPath { sub: sub.map(str::to_owned), ..found.path }),
        None => Selector::Attribute(AttrPath {
            schema: uri.map(str::to_owned),
            name: attribute.to_owned(),
            sub: sub.map(str::to_owned),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scim::kind::{CORE_USER, ENTERPRISE_USER};
    use serde_json::json;

    fn user() -> Object {
        let user = json!({
            "schemas": [CORE_USER], "id": "1", "meta": {"version": "W/\"1\""}, "userName": "u", "shoeSize": 43,
            "name": {"givenName": "G", "familyName": "F"},
            "emails": [{"value": "a@b", "type": "work"}],
            "password": "never", "photos": [],
            ENTERPRISE_USER: {"department": "D", "costCenter": "C"},
            BRIDGE_USER: {"queues": ["Sales"], "provisioning": {"status": "committed"}},
        });
        user.as_object().unwrap().clone()
    }

    fn keys(attributes: Option<&str>, excluded: Option<&str>) -> Value {
        let mut cut = Projection::parse(ResourceKind::User, attributes, excluded).unwrap().apply(user());
        assert_eq!(cut.shift_remove("schemas"), Some(json!([CORE_USER])));
        assert_eq!(cut.shift_remove("id"), Some(json!("1")));
        assert!(!cut.contains_key("password"));
        Value::Object(cut)
    }

    #[test]
    fn attributes_select_and_id_and_schemas_always_come_along() {
        let table = [
            ("userName", json!({"userName": "u"})),
            ("USERNAME, shoesize", json!({"userName": "u", "shoeSize": 43})),
            ("name.givenName", json!({"name": {"givenName": "G"}})),
            ("name.givenName,name", json!({"name": {"givenName": "G", "familyName": "F"}})),
            ("emails.value", json!({"emails": [{"value": "a@b"}]})),
            ("urn:ietf:params:scim:schemas:core:2.0:User:userName", json!({"userName": "u"})),
            (
                "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
                json!({ENTERPRISE_USER: {"department": "D", "costCenter": "C"}}),
            ),
            (
                "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department",
                json!({ENTERPRISE_USER: {"department": "D"}}),
            ),
            ("provisioning", json!({BRIDGE_USER: {"provisioning": {"status": "committed"}}})),
            ("nonsense,password", json!({})),
            // A part that is none shows nothing, not the attribute without its parts (RFC 7644 section 3.9).
            ("emails.bogus,name.bogus,userName.bogus", json!({})),
            ("emails.bogus,emails.value", json!({"emails": [{"value": "a@b"}]})),
            ("queues.value", json!({BRIDGE_USER: {"queues": ["Sales"]}})),
            ("queues.bogus,provisioning.bogus", json!({})),
            ("photos.value", json!({"photos": []})),
            ("photos.bogus", json!({})),
        ];
        for (attributes, expected) in table {
            assert_eq!(keys(Some(attributes), None), expected, "{attributes}");
        }
    }

    #[test]
    fn excluded_attributes_go_but_never_those_that_are_always_returned() {
        let left = keys(None, Some("id,schemas,name.familyName,emails,shoeSize,meta,provisioning,photos"));
        assert_eq!(
            left,
            json!({"userName": "u", "name": {"givenName": "G"},
                ENTERPRISE_USER: {"department": "D", "costCenter": "C"}, BRIDGE_USER: {"queues": ["Sales"]}})
        );
    }

    #[test]
    fn provisioning_is_told_unasked_only_while_it_is_pending_or_failed() {
        let all = Projection::all(ResourceKind::User);
        for (status, told) in [("committed", false), ("held", false), ("pending", true), ("failed", true)] {
            let mut user = user();
            user.insert(BRIDGE_USER.into(), json!({"provisioning": {"status": status}}));
            assert_eq!(all.apply(user).contains_key(BRIDGE_USER), told, "{status}");
        }
    }

    #[test]
    fn what_is_not_wanted_need_not_be_read() {
        let wants = |attributes, excluded, name| {
            Projection::parse(ResourceKind::Group, attributes, excluded).unwrap().wants(name)
        };
        assert!(wants(None, None, "members"));
        assert!(!wants(None, Some("members"), "members"));
        assert!(!wants(Some("displayName"), None, "members"));
        assert!(wants(Some("members.value"), None, "members"));
        assert!(wants(Some("displayName"), None, "id"));
    }

    #[test]
    fn only_what_is_derived_may_be_left_out_of_a_text_that_is_sent_as_it_is() {
        let plain = |attributes, excluded| {
            Projection::parse(ResourceKind::Group, attributes, excluded).unwrap().is_plain()
        };
        assert!(plain(None, None) && plain(None, Some("members")) && plain(None, Some("MEMBERS,members")));
        assert!(!plain(Some("members"), None) && !plain(None, Some("members.value")));
        assert!(!plain(None, Some("members,displayName")) && !plain(None, Some("groups")));
    }
}
