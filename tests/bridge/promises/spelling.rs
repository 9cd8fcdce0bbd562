//! The same wish in other letters: a create is claimed and a leaver goes first however the client spells it
//! (SCIM names have no letter case, RFC 7643 section 2.1; paths may carry their URN, RFC 7644 section 3.10).

use std::sync::Arc;
use std::time::Duration;

use genesys_cloud_emulator::{Fault, FaultKind, PathMatch};
use serde_json::{Value, json};

use crate::support::bodies::{CORE, OURS, agent, patch};
use crate::support::bridge::{SCIM, TestBridge};
use crate::support::client::call;
use crate::support::setup::Setup;
use crate::support::wait::eventually;

const MAKE: &str = "/api/v2/scim/v2/users";
const IDENTITY: &str = "/api/v2/scim/v2/users/{userId}";
const QUEUE: &str = "/api/v2/routing/queues/{queueId}/members";

/// The user with its name under another key.
fn spelled(key: &str) -> Value {
    let mut body = agent("nora");
    let name = body.as_object_mut().unwrap().remove("userName").unwrap();
    body[key] = name;
    body
}

#[tokio::test]
async fn a_create_is_claimed_after_a_503_in_whatever_letters_its_name_is_given() {
    let urn = format!("{CORE}:userName");
    for (first, then) in
        [("USERNAME", "USERNAME"), ("username", "userName"), ("userName", "UserName"), (&urn, "userName")]
    {
        let house = TestBridge::with(Setup { deadline_s: 1, ..Setup::default() });
        let slow = FaultKind::Delay(Duration::from_millis(1800));
        house.cloud.fault(Fault::on("POST", MAKE, slow).once());
        let late = house.scim("POST", "/Users", Some(spelled(first))).await;
        assert_eq!(late.status, 503, "{first}: {late:?}");
        house.settled().await;
        let again = house.scim("POST", "/Users", Some(spelled(then))).await;
        assert_eq!(again.status, 201, "{first}, {then}: {again:?}");
        let third = house.scim("POST", "/Users", Some(spelled(first))).await;
        assert_eq!(third.status, 409, "{first}, {then}: {third:?}");
    }
}

/// Deactivations that clients may send, each as the body of a PATCH.
fn deactivations() -> Vec<Value> {
    let urn = format!("{CORE}:active");
    let shouted = format!("{}:ACTIVE", CORE.to_uppercase());
    let mut lower = patch(json!([{"op": "replace", "path": "active", "value": false}]));
    let operations = lower.as_object_mut().unwrap().remove("Operations").unwrap();
    lower["operations"] = operations;
    vec![
        patch(json!([{"op": "replace", "path": urn, "value": false}])),
        patch(json!([{"op": "Replace", "path": shouted, "value": "False"}])),
        patch(json!([{"op": "add", "path": " Active ", "value": " FALSE "}])),
        patch(json!([{"OP": "replace", "PATH": "active", "VALUE": false}])),
        lower,
        patch(json!([{"op": "replace", "value": {"ACTIVE": false}}])),
        patch(json!([{"op": "replace", "value": {"title": "Left", urn.as_str(): "False"}}])),
        patch(json!([{"op": "replace", "value": "{\"active\": false}"}])),
        patch(json!([
            {"op": "replace", "path": "active", "value": true},
            {"op": "replace", "path": "active", "value": false},
        ])),
    ]
}

/// A user of the directory, known to Genesys.
async fn hired(house: &TestBridge) -> String {
    let made = house.scim("POST", "/Users", Some(agent("nora"))).await;
    assert_eq!(made.status, 201, "{made:?}");
    house.settled().await;
    format!("/Users/{}", made.id())
}

/// Sends an update that Genesys takes its time with, and the body meanwhile; the status of both.
async fn overtaking(method: &'static str, body: Value) -> (u16, u16) {
    let house = Arc::new(TestBridge::with(Setup::default()));
    let path = hired(&house).await;
    let slow = FaultKind::Delay(Duration::from_millis(1200));
    house.cloud.fault(Fault::on("PATCH", IDENTITY, slow).once());
    let update = {
        let (house, path) = (Arc::clone(&house), path.clone());
        let change = patch(json!([{"op": "replace", "path": "displayName", "value": "Nora Quist"}]));
        tokio::spawn(async move { house.scim("PATCH", &path, Some(change)).await })
    };
    tokio::time::sleep(Duration::from_millis(400)).await;
    let left = house.scim(method, &path, Some(body)).await;
    let statuses = (update.await.unwrap().status, left.status);
    house.settled().await;
    statuses
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deactivation_goes_first_however_it_is_spelled() {
    for body in deactivations() {
        assert_eq!(overtaking("PATCH", body.clone()).await, (503, 200), "{body}");
    }
    for key in ["ACTIVE".to_owned(), format!("{CORE}:active")] {
        let mut body = agent("nora");
        body.as_object_mut().unwrap().remove("active");
        body[&key] = json!("False");
        assert_eq!(overtaking("PUT", body).await, (503, 200), "PUT {key}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_leaves_somebody_active_waits_for_its_turn() {
    let parts = json!([
        {"op": "replace", "path": "active", "value": false},
        {"op": "replace", "path": "active", "value": true},
    ]);
    let elsewhere = json!([{"op": "replace", "path": format!("{CORE}:nickName"), "value": "active false"}]);
    for operations in [parts, elsewhere] {
        let body = patch(operations);
        assert_eq!(overtaking("PATCH", body.clone()).await, (200, 200), "{body}");
    }
}

#[tokio::test]
async fn a_deactivation_passes_a_stuck_saga_however_it_is_spelled() {
    for body in deactivations() {
        let house = TestBridge::with(Setup::default());
        let path = hired(&house).await;
        let refuse = |code: &str| FaultKind::Refuse { status: 400, code: code.to_owned() };
        // The second queue is refused, and so is taking the user out of the first again.
        let back = PathMatch::Contains("delete=true".to_owned());
        house.cloud.fault(Fault::on("POST", back, refuse("undo.refused")).once());
        house.cloud.fault(Fault::on("POST", QUEUE, refuse("invalid.value")).skip(1).once());
        let queues = json!(["VIP", "Overflow"]);
        let update = patch(json!([{"op": "add", "path": format!("{OURS}:queues"), "value": queues}]));
        let refused = house.scim("PATCH", &path, Some(update)).await;
        assert!(refused.status >= 400, "{refused:?}");
        eventually("the saga is stuck", async || {
            let open = house.admin("GET", "/sagas", None).await.body["open"].clone();
            open[0]["state"] == "stuck"
        })
        .await;
        let joiner = patch(json!([{"op": "replace", "path": "title", "value": "Lead"}]));
        assert_eq!(house.scim("PATCH", &path, Some(joiner)).await.status, 503, "others wait for the redrive");
        let url = house.url(&format!("/scim/v2{path}"));
        let left = call(&house.http, &url, SCIM, "PATCH", Some(body.to_string())).await;
        assert_eq!((left.status, &left.body["active"]), (200, &json!(false)), "{body}: {left:?}");
    }
}
