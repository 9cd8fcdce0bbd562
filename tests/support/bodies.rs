//! Names of SCIM schemas and the bodies that most tests send.
//!
//! Bodies of one theme only stay with their tests.

use serde_json::{Value, json};

pub(crate) const CORE: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
pub(crate) const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
pub(crate) const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
/// The extension of the bridge.
pub(crate) const OURS: &str = "urn:ietf:params:scim:schemas:extension:genesysbridge:2.0:User";
pub(crate) const MESSAGES: &str = "urn:ietf:params:scim:api:messages:2.0";
pub(crate) const ERROR: &str = "urn:ietf:params:scim:api:messages:2.0:Error";
pub(crate) const LIST: &str = "urn:ietf:params:scim:api:messages:2.0:ListResponse";
/// An id that nobody has.
pub(crate) const NOBODY: &str = "0b2c8b5e-0000-4000-8000-000000000000";

/// An address of the tests' organisation.
pub(crate) fn address(name: &str) -> String {
    format!("{name}@aurora.example")
}

/// A user of the least that there is, with `more` on top.
pub(crate) fn user(name: &str, more: Value) -> Value {
    let mut body = json!({"schemas": [CORE], "userName": address(name)});
    for (key, value) in more.as_object().into_iter().flatten() {
        body[key] = value.clone();
    }
    body
}

/// A user whom the first of the usual rules (`setup::RULES`) makes an agent.
pub(crate) fn agent(name: &str) -> Value {
    let more = json!({
        "externalId": format!("ext-{name}"),
        "displayName": name,
        "title": "Support Agent",
        "active": true,
    });
    user(name, more)
}

/// A group with these members.
pub(crate) fn group(name: &str, members: &[&str]) -> Value {
    let members: Vec<Value> = members.iter().map(|id| json!({"value": id})).collect();
    json!({"schemas": [GROUP], "displayName": name, "members": members})
}

/// A PATCH of these operations.
pub(crate) fn patch(operations: Value) -> Value {
    json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations})
}
