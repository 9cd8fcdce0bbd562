//! A queue that was deleted in Genesys and made again under its name has another id, and the bridge knows the old one
//! for some minutes.
//!
//! How names are kept and looked up again is in `genesys_client::names`.

use genesys_cloud_emulator::{Fault, FaultKind};
use serde_json::{Value, json};

use super::theirs::administrator;
use crate::support::bodies::{OURS, agent, patch};
use crate::support::bridge::TestBridge;
use crate::support::setup::Setup;
use crate::support::wait::eventually;

fn with_queue(name: &str) -> Value {
    let mut body = agent(name);
    body["schemas"].as_array_mut().unwrap().push(json!(OURS));
    body[OURS] = json!({ "compactQueues": "VIP" });
    body
}

/// The queue of that name is gone with its id and its member, and another one has the name.
async fn made_anew(house: &TestBridge, member: &str) {
    let found = administrator(house, "GET", "/api/v2/routing/queues?name=VIP", None).await;
    let old = found["entities"][0]["id"].as_str().unwrap().to_owned();
    let membership = format!("/api/v2/routing/queues/{old}/members/{member}");
    administrator(house, "DELETE", &membership, None).await;
    assert!(house.cloud.rename("VIP", "VIP that was") > 0);
    assert!(house.cloud.rename("Overflow", "VIP") > 0);
    for method in ["GET", "POST", "PATCH", "DELETE"] {
        let gone = FaultKind::Refuse { status: 404, code: "not.found".to_owned() };
        house.cloud.fault(Fault::on(method, format!("/routing/queues/{old}").as_str(), gone));
    }
}

fn is_in(house: &TestBridge, queue: &str, id: &str) -> bool {
    house.cloud.snapshot()["queues"][queue][id] != Value::Null
}

#[tokio::test]
async fn whoever_is_hired_after_a_queue_was_made_anew_gets_the_new_one_and_nobody_waits_for_minutes() {
    let house = TestBridge::with(Setup { deadline_s: 5, ..Setup::without_rules() });
    let vera = house.scim("POST", "/Users", Some(with_queue("vera"))).await.is(201).id();
    assert!(is_in(&house, "VIP", &vera));
    house.settled().await;
    made_anew(&house, &vera).await;
    // The first one may meet the id that is gone, and leaves no trace then.
    let first = house.scim("POST", "/Users", Some(with_queue("nora"))).await;
    house.settled().await;
    if first.status != 201 {
        assert_eq!(first.status, 503, "{first:?}");
        assert_eq!(house.with_address("nora@aurora.example"), Vec::<String>::new());
    }
    for name in ["omar", "pia"] {
        let id = house.scim("POST", "/Users", Some(with_queue(name))).await.is(201).id();
        assert!(is_in(&house, "VIP", &id), "{name}");
    }
}

#[tokio::test]
async fn whoever_had_the_queue_that_is_gone_is_given_the_new_one_behind_their_next_change() {
    let house = TestBridge::with(Setup { hurry: 50, deadline_s: 20, ..Setup::without_rules() });
    let vera = house.scim("POST", "/Users", Some(with_queue("vera"))).await.is(201).id();
    house.settled().await;
    made_anew(&house, &vera).await;
    let path = format!("/Users/{vera}");
    let title = || Some(patch(json!([{"op": "replace", "path": "title", "value": "Lead"}])));
    // It meets the id that is gone, which is no reason to refuse the title.
    house.scim("PATCH", &path, title()).await.is(200);
    eventually("they are in the new one", async || is_in(&house, "VIP", &vera)).await;
    eventually("and it is told", async || house.provisioning(&vera).await["status"] == "committed").await;
    assert_eq!(house.cloud.snapshot()["users"][&vera]["title"], "Lead");
    let leave = format!("{OURS}:compactQueues");
    house.scim("PATCH", &path, Some(patch(json!([{"op": "remove", "path": leave}])))).await.is(200);
    house.settled().await;
    assert!(!is_in(&house, "VIP", &vera));
    assert_eq!(house.provisioning(&vera).await["status"], "committed");
}
