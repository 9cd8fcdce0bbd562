//! Whoever is made inactive in Genesys itself, after a lost telephone say, is not let in again by anybody's silence.
//!
//! Who was deleted there is in `restoring`; what the bridge itself made inactive, in `leavers`.

use serde_json::{Value, json};

use super::theirs::administrator;
use crate::support::bodies::{agent, group, patch};
use crate::support::bridge::TestBridge;
use crate::support::setup::Setup;
use crate::support::wait::eventually;

fn state(house: &TestBridge, id: &str) -> Value {
    house.cloud.snapshot()["users"][id]["state"].clone()
}

#[tokio::test]
async fn whoever_was_shut_out_in_genesys_comes_back_by_a_request_that_says_so_and_by_nothing_else() {
    let house = TestBridge::with(Setup { hurry: 20, ..Setup::default() });
    let mut body = agent("nora");
    let id = house.scim("POST", "/Users", Some(body.clone())).await.is(201).id();
    let path = format!("/Users/{id}");
    let desk = house.scim("POST", "/Groups", Some(group("Night Desk", &[&id]))).await.is(201).id();
    let idle = async || {
        eventually("nobody is at work", async || {
            house.admin("GET", "/work", None).await.is(200).body["work"] == json!([])
        })
        .await;
        house.settled().await;
    };
    idle().await;
    let there = administrator(&house, "GET", &format!("/api/v2/users/{id}"), None).await;
    let lock = json!({ "version": there["version"], "state": "inactive" });
    administrator(&house, "PATCH", &format!("/api/v2/users/{id}"), Some(lock)).await;
    assert_eq!(state(&house, &id), "inactive");

    let part = patch(json!([{"op": "remove", "path": format!("members[value eq \"{id}\"]")}]));
    assert!(house.scim("PATCH", &format!("/Groups/{desk}"), Some(part)).await.status < 300);
    idle().await;
    assert_eq!(state(&house, &id), "inactive", "work that nobody asks for");

    let title = patch(json!([{"op": "replace", "path": "title", "value": "Lead"}]));
    house.scim("PATCH", &path, Some(title)).await.is(200);
    idle().await;
    assert_eq!(state(&house, &id), "inactive", "a request that speaks of something else");
    let shown = house.provisioning(&id).await.to_string();
    assert!(shown.contains("inactive.in_genesys"), "{shown}");

    body["title"] = json!("Lead");
    body.as_object_mut().unwrap().shift_remove("active");
    house.scim("PUT", &path, Some(body.clone())).await.is(200);
    idle().await;
    assert_eq!(state(&house, &id), "inactive", "a whole user that says nothing of it");

    body["active"] = json!(true);
    house.scim("PUT", &path, Some(body)).await.is(200);
    idle().await;
    assert_eq!(state(&house, &id), "active");
}
