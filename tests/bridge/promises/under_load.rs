//! Work that meets other work for the same name: it costs few calls, and nobody is shut out for good.
//!
//! Two changes of one user are in `overtaking`, racing creates in `racing`.

use std::sync::Arc;
use std::time::Duration;

use genesys_cloud_emulator::{Fault, FaultKind};
use serde_json::json;

use crate::support::bodies::{agent, patch};
use crate::support::bridge::TestBridge;
use crate::support::setup::Setup;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rename_to_a_name_that_a_slow_create_holds_costs_only_a_few_calls() {
    let house = Arc::new(TestBridge::with(Setup::default()));
    let vera = house.scim("POST", "/Users", Some(agent("vera"))).await;
    assert_eq!(vera.status, 201, "{vera:?}");
    house.settled().await;
    let slow = FaultKind::Delay(Duration::from_millis(3000));
    house.cloud.fault(Fault::on("POST", "/api/v2/scim/v2/users", slow).once());
    let create = {
        let house = Arc::clone(&house);
        tokio::spawn(async move { house.scim("POST", "/Users", Some(agent("nora"))).await })
    };
    tokio::time::sleep(Duration::from_millis(500)).await;
    house.cloud.clear_ledger();
    let rename = patch(json!([{"op": "replace", "path": "userName", "value": "nora@aurora.example"}]));
    let got = house.scim("PATCH", &format!("/Users/{}", vera.id()), Some(rename)).await;
    let create = create.await.unwrap();
    assert_eq!(create.status, 201, "{create:?}");
    assert_eq!((got.status, &got.body["scimType"]), (409, &json!("uniqueness")), "{got:?}");
    house.settled().await;
    let calls: Vec<String> =
        house.cloud.ledger().into_iter().map(|call| format!("{} {}", call.method, call.template)).collect();
    // A create makes about ten calls, one look at a user about five.
    assert!(calls.len() <= 30, "{} calls, the first: {:?}", calls.len(), &calls[..30]);
    assert_eq!(house.cloud.snapshot()["users"][vera.id()]["email"], "vera@aurora.example");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_import_in_the_middle_of_a_group_create_shuts_nobody_out() {
    let house = Arc::new(TestBridge::with(Setup::default()));
    let made_but_silent = FaultKind::ApplyThenDelay(Duration::from_secs(3));
    house.cloud.fault(Fault::on("POST", "/api/v2/groups", made_but_silent).once());
    let group = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"],
        "displayName": "Night Owls",
        "externalId": "ext-owls",
    });
    let create = {
        let (house, group) = (Arc::clone(&house), group.clone());
        tokio::spawn(async move { house.scim("POST", "/Groups", Some(group)).await })
    };
    tokio::time::sleep(Duration::from_millis(1000)).await;
    let imported = house.admin("POST", "/import", None).await;
    assert_eq!(imported.status, 200, "{imported:?}");
    let made = create.await.unwrap();
    assert_eq!(made.status, 201, "{made:?}");
    house.settled().await;
    let found = house.scim("GET", "/Groups?filter=displayName%20eq%20%22Night%20Owls%22", None).await;
    assert_eq!(found.body["totalResults"], 1, "{found:?}");
    assert_eq!(found.body["Resources"][0]["id"], made.body["id"]);
    let path = format!("/Groups/{}", made.id());
    let rename = patch(json!([{"op": "replace", "path": "displayName", "value": "Early Birds"}]));
    let got = house.scim("PATCH", &path, Some(rename)).await;
    assert!(matches!(got.status, 200 | 204), "{got:?}");
    assert_eq!(house.scim("DELETE", &path, None).await.status, 204);
    house.settled().await;
    let groups = house.cloud.snapshot()["groups"].to_string();
    assert!(!groups.contains("Night Owls") && !groups.contains("Early Birds"), "{groups}");
}
