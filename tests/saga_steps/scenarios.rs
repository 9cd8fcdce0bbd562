//! One scenario for each kind of saga: what must be there before it, and the change that opens it.

use genesys_scim_bridge::testing::scim::change::Change;
use genesys_scim_bridge::testing::scim::dialect::Dialect;
use genesys_scim_bridge::testing::scim::error::ScimError;
use genesys_scim_bridge::testing::scim::kind::ResourceKind::{self, Group, User};
use serde_json::{Value, json};

use crate::bare::BareBridge;

pub(crate) const OURS: &str = "urn:ietf:params:scim:schemas:extension:genesysbridge:2.0:User";
pub(crate) const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/// A change, read as the server reads it.
fn read(change: Result<Change, ScimError>) -> Change {
    change.unwrap_or_else(|error| panic!("scenario: {}", error.detail))
}

fn post(kind: ResourceKind, body: Value) -> Change {
    read(Change::create(kind, body, Dialect::Tolerant))
}

fn put(kind: ResourceKind, id: String, body: Value) -> Change {
    read(Change::replace(kind, id, body, Dialect::Tolerant))
}

fn patch(id: String, operations: Value) -> Change {
    patch_of(User, id, operations)
}

fn patch_of(kind: ResourceKind, id: String, operations: Value) -> Change {
    let body =
        json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations });
    read(Change::patch(kind, id, body, Dialect::Tolerant))
}

/// Every kind of saga.
pub(crate) const SCENARIOS: [&str; 12] = [
    "create",
    "create inactive",
    "restore",
    "link",
    "update",
    "take back",
    "deactivate",
    "reactivate",
    "delete",
    "group create",
    "group update",
    "group delete",
];

pub(crate) fn agent(email: &str) -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName": email, "displayName": "Ada Example", "externalId": format!("ext-{email}"), "title": "Agent", "active": true,
        ENTERPRISE: { "department": "Claims", "division": "EMEA" },
        OURS: {
            "compactRoles": "Agent@EMEA;Claims Handler@EMEA", "compactQueues": "EMEA Support;VIP", "compactTeams": "Claims Dublin",
            "compactSkills": "Billing:4;Refunds:2", "compactLanguages": "Spanish:4;English:5",
            "compactAttributes": "HR.cost_centre=CC-7;Workplace.desk=D-12",
        },
    })
}

fn promoted(email: &str) -> Value {
    let mut user = agent(email);
    user["title"] = json!("Lead");
    user[ENTERPRISE] = json!({ "department": "Leads", "division": "Americas" });
    user[OURS] = json!({
        "compactRoles": "Agent@EMEA;Supervisor@EMEA", "compactQueues": "EMEA Support;Overflow", "compactTeams": "Support Austin",
        "compactSkills": "Billing:5;Voice:3", "compactLanguages": "Spanish:4;French:2",
        "compactAttributes": "HR.cost_centre=CC-8;HR.badge_number=4711",
    });
    user
}

async fn make(house: &BareBridge, kind: ResourceKind, body: Value) -> String {
    house.submit(post(kind, body)).await.unwrap_or_else(|error| panic!("preparation: {}", error.detail)).id
}

/// Prepares the organisation and says what to do.
pub(crate) async fn prepare(house: &BareBridge, name: &str) -> Change {
    let email = "ada.example@aurora.example";
    match name {
        "create" => post(User, agent(email)),
        "create inactive" => {
            let mut body = agent(email);
            body["active"] = json!(false);
            post(User, body)
        }
        // Deleted in the seed.
        "restore" => post(User, agent("lena.brandt@aurora.example")),
        // Known to Genesys, never imported here.
        "link" => post(User, agent("tomas.silva@aurora.example")),
        "update" => {
            let id = make(house, User, agent(email)).await;
            put(User, id, promoted(email))
        }
        "take back" => {
            let id = make(house, User, agent(email)).await;
            let operations = [
                "compactRoles",
                "compactQueues",
                "compactTeams",
                "compactSkills",
                "compactLanguages",
                "compactAttributes",
            ]
            .map(|name| json!({ "op": "remove", "path": format!("{OURS}:{name}") }));
            patch(id, json!(operations))
        }
        "deactivate" => deactivation(make_agent(house, email).await),
        "reactivate" => {
            let mut body = agent(email);
            body["active"] = json!(false);
            let id = make(house, User, body).await;
            patch(id, json!([{ "op": "replace", "value": { "active": true } }]))
        }
        "delete" => Change::delete(User, make(house, User, agent(email)).await),
        "group create" => {
            let id = make(house, User, agent(email)).await;
            post(Group, json!({ "displayName": "Night Owls", "members": [{ "value": id }] }))
        }
        "group update" => {
            let one = make(house, User, agent(email)).await;
            let two = make(house, User, agent("bob.example@aurora.example")).await;
            let id =
                make(house, Group, json!({ "displayName": "Night Owls", "members": [{ "value": one }] }))
                    .await;
            put(Group, id, json!({ "displayName": "Early Birds", "members": [{ "value": two }] }))
        }
        "group delete" => {
            let one = make(house, User, agent(email)).await;
            let night = json!({ "displayName": "Night Owls", "members": [{ "value": one }] });
            Change::delete(Group, make(house, Group, night).await)
        }
        other => panic!("no scenario {other}"),
    }
}

/// An agent who is there.
pub(crate) async fn make_agent(house: &BareBridge, email: &str) -> String {
    make(house, User, agent(email)).await
}

/// Access is taken away.
pub(crate) fn deactivation(id: String) -> Change {
    patch(id, json!([{ "op": "Replace", "path": "active", "value": "False" }]))
}

/// Somebody comes into a group for which there is a rule.
pub(crate) async fn group_with_a_rule(house: &BareBridge) -> Change {
    let mut ada = agent("ada.example@aurora.example");
    ada[OURS] = json!({});
    let id = make(house, User, ada).await;
    post(Group, json!({ "displayName": "Night Desk", "members": [{ "value": id }] }))
}

/// A person who is to be made.
pub(crate) fn person(body: Value) -> Change {
    post(User, body)
}

/// A PATCH of a person.
pub(crate) fn change_of(id: String, operations: Value) -> Change {
    patch(id, operations)
}

/// A group that is to be made.
pub(crate) fn group(body: Value) -> Change {
    post(Group, body)
}

/// A PATCH of a group.
pub(crate) fn group_change(id: String, operations: Value) -> Change {
    patch_of(Group, id, operations)
}

/// A DELETE of a person.
pub(crate) fn removal(id: String) -> Change {
    Change::delete(User, id)
}
