//! The requests that Microsoft Entra and Okta send, in the shapes their documentation shows. Pure.
//!
//! Entra: capitalised operations, booleans as text, `meta` and empty lists in a create, our extension as a
//! key that `schemas` need not list, entitlements in compact form. Okta: a password placeholder, `groups`,
//! lists of texts.

use serde_json::{Value, json};

/// Our extension.
pub(super) const OURS: &str = crate::scim::kind::BRIDGE_USER;
const CORE: &str = crate::scim::kind::CORE_USER;
const ENTERPRISE: &str = crate::scim::kind::ENTERPRISE_USER;
const PATCH: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/// Somebody who is hired.
pub(super) struct Hire<'a> {
    /// Given name.
    pub(super) given: &'a str,
    /// Family name.
    pub(super) family: &'a str,
    /// userName and e-mail address.
    pub(super) email: &'a str,
    /// The id of the identity provider.
    pub(super) external: &'a str,
    /// Title.
    pub(super) title: &'a str,
    /// Department.
    pub(super) department: &'a str,
    /// Division in Genesys Cloud.
    pub(super) division: &'a str,
    /// Number of the employee.
    pub(super) number: &'a str,
}

impl Hire<'_> {
    fn name(&self) -> String {
        format!("{} {}", self.given, self.family)
    }

    /// `POST /Users` of Entra; `ours` is what its attribute mapping puts under our extension.
    pub(super) fn entra(&self, ours: Option<Value>) -> Value {
        let mut body = json!({
            "schemas": [CORE, ENTERPRISE],
            "externalId": self.external,
            "userName": self.email,
            "active": true,
            "displayName": self.name(),
            "title": self.title,
            "emails": [{ "primary": true, "type": "work", "value": self.email }],
            "meta": { "resourceType": "User" },
            "name": { "formatted": self.name(), "familyName": self.family, "givenName": self.given },
            "roles": [],
        });
        self.add(&mut body, ours);
        body
    }

    /// `POST /Users` of Okta.
    pub(super) fn okta(&self, ours: Option<Value>) -> Value {
        let mut body = json!({
            "schemas": [CORE, ENTERPRISE, OURS],
            "userName": self.email,
            "name": { "givenName": self.given, "familyName": self.family },
            "emails": [{ "primary": true, "value": self.email, "type": "work" }],
            "displayName": self.name(),
            "title": self.title,
            "locale": "en-US",
            "externalId": self.external,
            "groups": [],
            "password": "1mz050nq",
            "active": true,
        });
        self.add(&mut body, ours);
        body
    }

    fn add(&self, body: &mut Value, ours: Option<Value>) {
        let Some(body) = body.as_object_mut() else { return };
        let enterprise = json!({
            "department": self.department, "division": self.division, "employeeNumber": self.number,
        });
        body.insert(ENTERPRISE.to_owned(), enterprise);
        body.extend(ours.map(|ours| (OURS.to_owned(), ours)));
    }
}

/// `PATCH` of Entra: one operation an attribute.
pub(super) fn entra_patch(operations: &[(&str, &str, &str)]) -> Value {
    let operation =
        |(op, path, value): &(&str, &str, &str)| json!({ "op": op, "path": path, "value": value });
    let operations: Vec<Value> = operations.iter().map(operation).collect();
    json!({ "schemas": [PATCH], "Operations": operations })
}

/// `POST /Groups` of Okta's group push.
pub(super) fn okta_group(name: &str) -> Value {
    json!({ "schemas": [crate::scim::kind::CORE_GROUP], "displayName": name, "members": [] })
}

/// `PATCH /Groups/{id}` of Okta's group push: its name again, with the id, without a path.
pub(super) fn okta_group_name(id: &str, name: &str) -> Value {
    let value = json!({ "id": id, "displayName": name });
    json!({ "schemas": [PATCH], "Operations": [{ "op": "replace", "value": value }] })
}

/// `PATCH /Groups/{id}` of Okta's group push: one more member.
pub(super) fn okta_member(user: &str, display: &str) -> Value {
    let value = json!([{ "value": user, "display": display }]);
    json!({ "schemas": [PATCH], "Operations": [{ "op": "add", "path": "members", "value": value }] })
}
