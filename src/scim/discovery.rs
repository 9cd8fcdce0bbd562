//! `/ServiceProviderConfig`, `/ResourceTypes` and `/Schemas` (RFC 7644 section 4).
//!
//! Every sub-attribute is written, supported or not: clients break on missing ones (docs/connectors.md C1.3).
//! The schemas are those of [`super::registry`]; `base` is the public address of the service.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::kind::ResourceKind;
use super::path::{Path, Place};
use super::registry::registry;
use crate::limits;
use crate::model::Object;

/// What this service can do.
pub(crate) fn service_provider_config(base: &str) -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"],
        "patch": {"supported": true},
        "bulk": {
            "supported": true,
            "maxOperations": limits::BULK_OPERATIONS,
            "maxPayloadSize": limits::BULK_BYTES,
        },
        "filter": {"supported": true, "maxResults": limits::PAGE_MAX},
        "changePassword": {"supported": false},
        "sort": {"supported": true},
        "etag": {"supported": true},
        // RFC 9865 section 4.
        "pagination": {
            "cursor": true,
            "index": true,
            "defaultPaginationMethod": "index",
            "defaultPageSize": limits::PAGE_DEFAULT,
            "maxPageSize": limits::PAGE_MAX,
            "cursorTimeout": limits::CURSOR_TIMEOUT.as_secs(),
        },
        "authenticationSchemes": [{
            "type": "oauthbearertoken",
            "name": "OAuth Bearer Token",
            "description": "A bearer token made with the command line of the bridge, sent in the Authorization header.",
            "specUri": "https://www.rfc-editor.org/info/rfc6750",
            "primary": true,
        }],
        "meta": {
            "resourceType": "ServiceProviderConfig",
            "location": format!("{}/ServiceProviderConfig", base.trim_end_matches('/')),
        },
    })
}

/// All resource types.
pub(crate) fn resource_types(base: &str) -> Vec<Object> {
    ResourceKind::ALL.iter().filter_map(|kind| resource_type(base, kind.name())).collect()
}

/// A resource type by name.
pub(crate) fn resource_type(base: &str, name: &str) -> Option<Object> {
    let kind = ResourceKind::ALL.into_iter().find(|kind| kind.name() == name)?;
    let extensions: Vec<Value> =
        kind.extensions().iter().map(|urn| json!({"schema": urn, "required": false})).collect();
    let mut value = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ResourceType"],
        "id": kind.name(),
        "name": kind.name(),
        "description": match kind {
            ResourceKind::User => "User account",
            ResourceKind::Group => "Group of users",
        },
        "endpoint": format!("/{}", kind.endpoint()),
        "schema": kind.schema(),
        "schemaExtensions": extensions,
        "meta": {
            "resourceType": "ResourceType",
            "location": format!("{}/ResourceTypes/{}", base.trim_end_matches('/'), kind.name()),
        },
    });
    value.as_object_mut().map(std::mem::take)
}

/// Values worth suggesting to clients: the `canonicalValues` of attributes whose values only the organisation
/// knows, such as its queues and skills. Okta and Entra offer them to their administrators; other values stay
/// acceptable.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Suggestions {
    /// By schema, attribute, sub-attribute.
    values: BTreeMap<(String, String, Option<String>), Vec<String>>,
}

impl Suggestions {
    /// Reads suggestions by attribute path, as `roles.value` or `urn:...:User:queues`.
    ///
    /// # Errors
    /// Names the path that is no attribute of any resource type.
    pub fn parse(by_path: &BTreeMap<String, Vec<String>>) -> Result<Self, String> {
        let mut values = BTreeMap::new();
        for (text, suggested) in by_path {
            let place =
                ResourceKind::ALL.into_iter().find_map(|kind| match Path::parse(kind, text, |_| false) {
                    Ok(Path::Attribute(Place { path, attribute: Some(_) })) => {
                        Some((path.schema.unwrap_or_else(|| kind.schema().to_owned()), path.name, path.sub))
                    }
                    _ => None,
                });
            let place = place.ok_or_else(|| format!("{text} is not an attribute of a user or a group"))?;
            values.insert(place, suggested.clone());
        }
        Ok(Self { values })
    }

    fn put_into(&self, urn: &str, document: &mut Object) {
        let mine = self.values.iter().filter(|((schema, ..), _)| schema == urn);
        for ((_, name, sub), suggested) in mine {
            let attribute = named(document, "attributes", name);
            let target = match sub {
                Some(sub) => attribute.and_then(|attribute| named(attribute, "subAttributes", sub)),
                None => attribute,
            };
            if let Some(target) = target {
                target.insert("canonicalValues".into(), suggested.clone().into());
            }
        }
    }
}

/// The attribute of this name in a list of attributes.
fn named<'a>(object: &'a mut Object, list: &str, name: &str) -> Option<&'a mut Object> {
    let attributes = object.get_mut(list)?.as_array_mut()?.iter_mut();
    attributes
        .filter_map(Value::as_object_mut)
        .find(|attribute| attribute.get("name").is_some_and(|n| n == name))
}

/// All schemas.
pub(crate) fn schemas(base: &str, suggestions: &Suggestions) -> Vec<Object> {
    registry().schemas().iter().filter_map(|document| complete(base, document, suggestions)).collect()
}

/// A schema by URN, letter case ignored.
pub(crate) fn schema(base: &str, urn: &str, suggestions: &Suggestions) -> Option<Object> {
    let document = registry().schemas().iter().find(|schema| {
        schema.get("id").and_then(Value::as_str).is_some_and(|id| id.eq_ignore_ascii_case(urn))
    })?;
    complete(base, document, suggestions)
}

fn complete(base: &str, document: &Value, suggestions: &Suggestions) -> Option<Object> {
    let mut out = document.as_object()?.clone();
    let id = out.get("id")?.as_str()?.to_owned();
    suggestions.put_into(&id, &mut out);
    out.insert(
        "meta".into(),
        json!({"resourceType": "Schema", "location": format!("{}/Schemas/{id}", base.trim_end_matches('/'))}),
    );
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scim::kind::{BRIDGE_USER, CORE_USER};

    #[test]
    fn everything_that_is_listed_can_be_read_alone_at_its_location() {
        let base = "https://x/scim/v2";
        for listed in schemas(base, &Suggestions::default()) {
            let id = listed["id"].as_str().unwrap();
            assert_eq!(listed["meta"]["location"], format!("{base}/Schemas/{id}"));
            assert_eq!(schema(base, &id.to_uppercase(), &Suggestions::default()), Some(listed.clone()));
        }
        for listed in resource_types(base) {
            assert_eq!(resource_type(base, listed["name"].as_str().unwrap()), Some(listed.clone()));
        }
        assert!(
            schema(base, "urn:nonsense", &Suggestions::default()).is_none()
                && resource_type(base, "user").is_none()
        );
    }

    #[test]
    fn what_the_service_says_of_itself_is_all_in_its_schema_and_nothing_required_is_missing() {
        let said = service_provider_config("https://x");
        let urn = said["schemas"][0].as_str().unwrap();
        let schema = Value::Object(schema("https://x", urn, &Suggestions::default()).unwrap());
        let described = |list: &Value| -> BTreeMap<String, Value> {
            list.as_array()
                .unwrap()
                .iter()
                .map(|it| (it["name"].as_str().unwrap().to_owned(), it.clone()))
                .collect()
        };
        let check = |said: &Value, described: &BTreeMap<String, Value>| {
            let said = said.as_object().unwrap();
            for name in said.keys().filter(|name| !["schemas", "meta"].contains(&name.as_str())) {
                assert!(described.contains_key(name), "{name} is said but not described");
            }
            for (name, attribute) in described {
                assert!(attribute["required"] == false || said.contains_key(name), "{name} is missing");
            }
        };
        let attributes = described(&schema["attributes"]);
        check(&said, &attributes);
        for (name, attribute) in &attributes {
            if let (Some(list), Some(part)) = (attribute.get("subAttributes"), said[name].as_object()) {
                check(&Value::Object(part.clone()), &described(list));
            }
        }
    }

    #[test]
    fn no_schema_that_a_resource_type_names_is_missing_and_nothing_served_is_null() {
        for listed in resource_types("https://x") {
            let main = listed["schema"].as_str().unwrap();
            let extensions = listed["schemaExtensions"].as_array().unwrap();
            for urn in extensions.iter().map(|e| e["schema"].as_str().unwrap()).chain([main]) {
                let served = Value::Object(schema("https://x", urn, &Suggestions::default()).unwrap());
                assert!(!served.to_string().contains("null"), "{urn}");
            }
        }
    }

    #[test]
    fn suggestions_become_canonical_values_and_unknown_paths_are_refused() {
        let by_path = |path: &str| BTreeMap::from([(path.to_owned(), vec!["Sales".to_owned()])]);
        for (path, urn, pointer) in [
            ("queues", BRIDGE_USER, "/attributes/1/canonicalValues"),
            ("roles.value", CORE_USER, "/attributes/19/subAttributes/0/canonicalValues"),
        ] {
            let suggestions = Suggestions::parse(&by_path(path)).unwrap();
            let served = Value::Object(schema("https://x", urn, &suggestions).unwrap());
            assert_eq!(served.pointer(pointer), Some(&json!(["Sales"])), "{path}");
        }
        assert!(Suggestions::parse(&by_path("hatSize")).unwrap_err().contains("hatSize"));
    }
}
