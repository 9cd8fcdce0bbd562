//! `/ServiceProviderConfig`, `/ResourceTypes` and `/Schemas` (RFC 7644 section 4).
//!
//! Every sub-attribute is written, supported or not: clients break on missing ones (connectors.md section 1.1).
//! The schemas are those of [`super::registry`]; `base` is the public address of the service.

use serde_json::{Value, json};

use super::kind::ResourceKind;
use super::registry::registry;
use crate::limits;
use crate::model::Object;

/// What this service can do.
pub fn service_provider_config(base: &str) -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"],
        "patch": {"supported": true},
        "bulk": {"supported": false, "maxOperations": 0, "maxPayloadSize": 0},
        "filter": {"supported": true, "maxResults": limits::PAGE_MAX},
        "changePassword": {"supported": false},
        "sort": {"supported": true},
        "etag": {"supported": true},
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
pub fn resource_types(base: &str) -> Vec<Object> {
    ResourceKind::ALL.iter().filter_map(|kind| resource_type(base, kind.name())).collect()
}

/// A resource type by name.
pub fn resource_type(base: &str, name: &str) -> Option<Object> {
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

/// All schemas.
pub fn schemas(base: &str) -> Vec<Object> {
    registry().schemas().iter().filter_map(|document| with_meta(base, document)).collect()
}

/// A schema by URN, letter case ignored.
pub fn schema(base: &str, urn: &str) -> Option<Object> {
    let document = registry().schemas().iter().find(|schema| {
        schema.get("id").and_then(Value::as_str).is_some_and(|id| id.eq_ignore_ascii_case(urn))
    })?;
    with_meta(base, document)
}

fn with_meta(base: &str, document: &Value) -> Option<Object> {
    let mut out = document.as_object()?.clone();
    let id = out.get("id")?.as_str()?.to_owned();
    out.insert(
        "meta".into(),
        json!({"resourceType": "Schema", "location": format!("{}/Schemas/{id}", base.trim_end_matches('/'))}),
    );
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_that_is_listed_can_be_read_alone_at_its_location() {
        let base = "https://x/scim/v2";
        for listed in schemas(base) {
            let id = listed["id"].as_str().unwrap();
            assert_eq!(listed["meta"]["location"], format!("{base}/Schemas/{id}"));
            assert_eq!(schema(base, &id.to_uppercase()), Some(listed.clone()));
        }
        for listed in resource_types(base) {
            assert_eq!(resource_type(base, listed["name"].as_str().unwrap()), Some(listed.clone()));
        }
        assert!(schema(base, "urn:nonsense").is_none() && resource_type(base, "user").is_none());
    }

    #[test]
    fn no_schema_that_a_resource_type_names_is_missing_and_nothing_served_is_null() {
        for listed in resource_types("https://x") {
            let main = listed["schema"].as_str().unwrap();
            let extensions = listed["schemaExtensions"].as_array().unwrap();
            for urn in extensions.iter().map(|e| e["schema"].as_str().unwrap()).chain([main]) {
                let served = Value::Object(schema("https://x", urn).unwrap());
                assert!(!served.to_string().contains("null"), "{urn}");
            }
        }
    }
}
