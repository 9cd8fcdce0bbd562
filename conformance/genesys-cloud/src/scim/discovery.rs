//! What the SCIM API says about itself: provider configuration, resource types, schemas (names only).

use serde_json::{Value, json};

use super::{CORE_GROUP, CORE_USER, ENTERPRISE, GENESYS, LIST_RESPONSE};
use crate::reply::{Answer, Refusal, Reply};
use crate::turn::Turn;

const RESOURCE_TYPE: &str = "urn:ietf:params:scim:schemas:core:2.0:ResourceType";

pub(crate) fn provider(turn: &mut Turn<'_>) -> Answer {
    let location = format!("{}/api/v2/scim/v2/serviceproviderconfig", turn.base);
    Ok(Reply::ok(json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"],
        "documentationUri": "https://developer.genesys.cloud",
        "patch": { "supported": true },
        "filter": { "supported": true, "maxResults": 100 },
        "etag": { "supported": true },
        "sort": { "supported": false },
        "bulk": { "supported": false, "maxOperations": 0, "maxPayloadSize": 0 },
        "changePassword": { "supported": false },
        "authenticationSchemes": [{
            "name": "OAuth Bearer Token",
            "description": "Authentication with an OAuth bearer token",
            "type": "oauthbearertoken",
            "primary": true,
        }],
        "meta": { "resourceType": "ServiceProviderConfig", "location": location, "version": "1" },
    })))
}

fn types() -> Vec<Value> {
    let extension = |urn: &str| json!({ "schema": urn, "required": false });
    vec![
        json!({
            "schemas": [RESOURCE_TYPE], "id": "User", "name": "User", "description": "User accounts",
            "schema": CORE_USER, "endpoint": "/users",
            "schemaExtensions": [extension(ENTERPRISE), extension(GENESYS)],
            "meta": { "resourceType": "ResourceType" },
        }),
        json!({
            "schemas": [RESOURCE_TYPE], "id": "Group", "name": "Group", "description": "Groups",
            "schema": CORE_GROUP, "endpoint": "/groups", "schemaExtensions": [],
            "meta": { "resourceType": "ResourceType" },
        }),
    ]
}

fn all_schemas() -> Vec<Value> {
    [(CORE_USER, "User"), (CORE_GROUP, "Group"), (ENTERPRISE, "EnterpriseUser"), (GENESYS, "GenesysUser")]
        .iter()
        .map(|(id, name)| {
            json!({ "id": id, "name": name, "description": name, "attributes": [], "meta": { "resourceType": "Schema" } })
        })
        .collect()
}

pub(crate) fn resource_types(_: &mut Turn<'_>) -> Answer {
    Ok(listing(types()))
}

pub(crate) fn resource_type(turn: &mut Turn<'_>) -> Answer {
    pick(types(), &turn.path(0))
}

pub(crate) fn schemas(_: &mut Turn<'_>) -> Answer {
    Ok(listing(all_schemas()))
}

pub(crate) fn schema(turn: &mut Turn<'_>) -> Answer {
    pick(all_schemas(), &turn.path(0))
}

fn pick(list: Vec<Value>, id: &str) -> Answer {
    let found = list.into_iter().find(|entry| entry.get("id").and_then(Value::as_str) == Some(id));
    found.map(Reply::ok).ok_or_else(Refusal::not_found)
}

fn listing(resources: Vec<Value>) -> Reply {
    Reply::ok(json!({
        "schemas": [LIST_RESPONSE],
        "totalResults": resources.len(),
        "startIndex": 1,
        "itemsPerPage": resources.len(),
        "Resources": resources,
    }))
}
