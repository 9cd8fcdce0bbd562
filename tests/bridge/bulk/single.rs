//! An operation of a bulk request does what it would do alone: entitlements, versions, 204, and the record of
//! who did it.

use serde_json::{Value, json};

use super::{group, id, post, send, shown, statuses};
use crate::support::bodies::{CORE, agent, patch};
use crate::support::bridge::TestBridge;
use crate::support::setup::Setup;
use crate::support::wait::eventually;

fn hired(name: &str) -> Value {
    post("/Users", name, agent(name))
}

#[tokio::test]
async fn users_and_groups_together_become_agents_as_the_rules_say() {
    let house = TestBridge::with(Setup::default());
    let done = send(
        &house,
        json!([hired("nora"), group("Night Desk", &["bulkId:nora", "bulkId:vera"]), hired("vera")]),
    )
    .await;
    assert_eq!(statuses(&done), ["201", "201", "201"], "{done:?}");
    for who in [id(&done[0]), id(&done[2])] {
        eventually("an agent with both roles", async || {
            let grants = house.cloud.snapshot()["grants"][&who].clone();
            let has = |role: &str| grants.as_array().is_some_and(|all| all.contains(&json!(role)));
            has("Agent@EMEA") && has("Team Lead@EMEA")
        })
        .await;
    }
    house.settled().await;
}

#[tokio::test]
async fn versions_are_preconditions_and_a_stale_one_is_412_for_its_operation_alone() {
    let house = TestBridge::with(Setup::default());
    let made = send(&house, json!([hired("nora"), hired("vera"), hired("gone")])).await;
    house.settled().await;
    let (nora, vera, gone) = (id(&made[0]), id(&made[1]), id(&made[2]));
    let title = |text: &str| patch(json!([{"op": "replace", "path": "title", "value": text}]));
    let put = json!({"schemas": [CORE], "userName": "vera@aurora.example", "title": "New"});
    let done = send(
        &house,
        json!([
            {"method": "PATCH", "path": format!("/Users/{nora}"), "version": made[0]["version"], "data": title("One")},
            {"method": "PATCH", "path": format!("/Users/{nora}"), "version": made[0]["version"], "data": title("Two")},
            {"method": "PUT", "path": format!("/Users/{vera}"), "version": "W/\"999\"", "data": put},
            {"method": "DELETE", "path": format!("/Users/{gone}"), "version": "W/\"999\""},
            {"method": "DELETE", "path": format!("/Users/{gone}"), "version": made[2]["version"]},
            {"method": "DELETE", "path": format!("/Users/{gone}")},
        ]),
    )
    .await;
    assert_eq!(statuses(&done), ["200", "412", "412", "412", "204", "404"], "{done:#?}");
    assert_eq!(done[1]["location"], made[0]["location"], "a failed PATCH has a location");
    assert_eq!(done[5]["location"], made[2]["location"], "a failed DELETE has a location");
    let nora = shown(&house, &format!("/Users/{nora}")).await;
    assert_eq!((&nora["title"], &nora["meta"]["version"]), (&json!("One"), &done[0]["version"]));
    assert_ne!(done[0]["version"], made[0]["version"]);
    assert_eq!(shown(&house, &format!("/Users/{vera}")).await["title"], "Support Agent");
}

#[tokio::test]
async fn connectors_spellings_are_understood() {
    let house = TestBridge::with(Setup::default());
    let body = json!({"operations": [
        {"Method": "post", "Path": house.url("/scim/v2/Users"), "BulkId": "nora", "Data": agent("nora")},
        {"method": "Patch", "path": "/scim/v2/Users/bulkId:nora", "data": {"Operations": [
            {"op": "Replace", "path": "active", "value": "False"},
        ]}},
    ]});
    let done = super::send_body(&house, body).await;
    assert_eq!(statuses(&done), ["201", "200"], "{done:?}");
    assert_eq!((&done[0]["method"], &done[1]["method"]), (&json!("POST"), &json!("PATCH")));
    assert_eq!(shown(&house, &format!("/Users/{}", id(&done[0]))).await["active"], false);
}
