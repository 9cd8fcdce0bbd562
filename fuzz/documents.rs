//! The user and the group that the targets work on: every type of value, every extension.

use genesys_scim_bridge::testing::model::Object;
use genesys_scim_bridge::testing::scim::{Dialect, ResourceKind, resource};
use serde_json::{Value, json};

/// A user as it is stored.
pub fn user() -> Object {
    stored(
        ResourceKind::User,
        json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
            "userName": "ada@example.com",
            "externalId": "e-1",
            "displayName": "Ada Lovelace",
            "name": {"givenName": "Ada", "familyName": "Lovelace", "formatted": "Ada Lovelace"},
            "title": "Countess",
            "active": true,
            "emails": [
                {"value": "ada@example.com", "type": "work", "primary": true},
                {"value": "home@example.com", "type": "home"}
            ],
            "phoneNumbers": [{"value": "+44 20 7946 0000", "type": "work", "primary": true}],
            "roles": [{"value": "agent", "primary": true}],
            "addresses": [{"type": "work", "locality": "London", "country": "GB"}],
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {
                "employeeNumber": "7", "department": "Engines", "manager": {"value": "m-1"}
            },
            "urn:ietf:params:scim:schemas:extension:genesysbridge:2.0:User": {
                "queues": ["Sales"],
                "skills": [{"name": "billing", "proficiency": 4}]
            }
        }),
    )
}

/// A group as it is stored.
pub fn group() -> Object {
    stored(
        ResourceKind::Group,
        json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"],
            "displayName": "EMEA",
            "externalId": "g-1",
        }),
    )
}

fn stored(kind: ResourceKind, body: Value) -> Object {
    match resource::create(kind, body, Dialect::Tolerant) {
        Ok(incoming) => incoming.document,
        Err(error) => panic!("the document of the targets is refused: {error}"),
    }
}
