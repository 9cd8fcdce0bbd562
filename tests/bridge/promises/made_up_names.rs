//! Microsoft's SCIM Validator makes up values for every attribute (docs/connectors.md C5.3): with names held, each of
//! its requests is taken, what Genesys does not know is listed, and what was made up is gone with the requests.
//!
//! What a held name becomes once Genesys has it is in `names`.

use serde_json::{Value, json};

use crate::support::bodies::{ENTERPRISE, OURS, patch, user};
use crate::support::bridge::TestBridge;
use crate::support::setup::Setup;

/// What the validator makes up of one person.
fn made_up(word: &str) -> Value {
    let more = json!({
        "externalId": format!("ext-{word}"), "displayName": word, "title": word, "active": true,
        "roles": [{"primary": "True", "value": word, "type": word, "display": word}],
        ENTERPRISE: {"department": word, "division": word, "organization": word},
        OURS: {
            "compactRoles": format!("{word}@{word}"), "compactQueues": word, "compactTeams": word,
            "compactSkills": format!("{word}:3"), "compactLanguages": format!("{word}:3"),
            "compactAttributes": format!("{word}.{word}={word}"),
        },
    });
    let mut body = user("validated", more);
    body["schemas"] = json!([body["schemas"][0], ENTERPRISE, OURS]);
    body
}

/// Every name that was made up is listed as held, and Genesys has nothing of it.
async fn all_is_held(house: &TestBridge, id: &str, word: &str) {
    house.settled().await;
    let told = house.provisioning(id).await;
    assert_eq!(told["status"], "held", "{told}");
    let items = told["items"].as_array().unwrap();
    for kind in ["role", "queue", "team", "skill", "language", "attribute", "division"] {
        let held = items.iter().filter_map(Value::as_str).any(|item| {
            let item = item.to_lowercase();
            item.contains(kind) && item.contains(&word.to_lowercase()) && item.contains("held")
        });
        assert!(held, "{kind} {word}: {told}");
    }
    let world = house.cloud.snapshot();
    assert_eq!(world["users"][id]["state"], "active");
    assert_eq!(world["users"][id]["title"], word, "what is no name is there");
    assert_eq!(world["grants"][id], json!(["employee@Home"]));
    for section in ["queues", "teams"] {
        assert!(!world[section].to_string().contains(id), "{section}");
    }
    for section in ["skills", "languages", "attributes"] {
        let own = &world[section][id];
        assert!(own.is_null() || *own == json!({}), "{section}: {own}");
    }
}

#[tokio::test]
async fn a_validator_that_makes_up_every_name_is_answered_2xx_and_what_is_unknown_is_held() {
    let setup = Setup { tenant: "unknown_request_name = \"hold\"", ..Setup::without_rules() };
    let house = TestBridge::with(setup);
    let id = house.scim("POST", "/Users", Some(made_up("Qzvdqplw"))).await.is(201).id();
    all_is_held(&house, &id, "Qzvdqplw").await;
    let path = format!("/Users/{id}");
    house.scim("PUT", &path, Some(made_up("Bxkrhmts"))).await.is(200);
    all_is_held(&house, &id, "Bxkrhmts").await;
    // As its verbose PATCH, one operation for each attribute.
    let word = "Njgwtcfa";
    let ours = |name: &str| format!("{OURS}:{name}");
    let operations = json!([
        {"op": "replace", "path": "title", "value": word},
        {"op": "replace", "path": "roles[primary eq \"True\"].value", "value": word},
        {"op": "replace", "path": format!("{ENTERPRISE}:division"), "value": word},
        {"op": "replace", "path": ours("compactRoles"), "value": format!("{word}@{word}")},
        {"op": "replace", "path": ours("compactQueues"), "value": word},
        {"op": "replace", "path": ours("compactTeams"), "value": word},
        {"op": "replace", "path": ours("compactSkills"), "value": format!("{word}:3")},
        {"op": "replace", "path": ours("compactLanguages"), "value": format!("{word}:3")},
        {"op": "replace", "path": ours("compactAttributes"), "value": format!("{word}.{word}={word}")},
    ]);
    house.scim("PATCH", &path, Some(patch(operations))).await.is(200);
    all_is_held(&house, &id, word).await;
    let told = house.provisioning(&id).await["items"].to_string();
    assert!(!told.contains("Bxkrhmts") && !told.contains("Qzvdqplw"), "only what is asked for now: {told}");
    let shown = house.scim("GET", &path, None).await.is(200);
    assert_eq!(shown.body[ENTERPRISE]["division"], word, "what was sent is read back");
    let leave = patch(json!([{"op": "Replace", "path": "active", "value": "False"}]));
    house.scim("PATCH", &path, Some(leave)).await.is(200);
    house.scim("DELETE", &path, None).await.is(204);
    house.settled().await;
    assert_eq!(house.admin("GET", "/work", None).await.is(200).body["work"], json!([]));
}
