//! Two changes of one user that meet: hand-over, a leaver that goes first, and versions.

use std::sync::Arc;
use std::time::Duration;

use genesys_cloud_emulator::{Fault, FaultKind};
use serde_json::json;

use crate::support::bodies::{OURS, agent, patch};
use crate::support::bridge::{SCIM, TestBridge};
use crate::support::client::{request, send};
use crate::support::setup::Setup;

const QUEUE: &str = "/api/v2/routing/queues/{queueId}/members";
const IDENTITY: &str = "/api/v2/scim/v2/users/{userId}";

fn delay(method: &str, path: &str, millis: u64) -> Fault {
    Fault::on(method, path, FaultKind::Delay(Duration::from_millis(millis))).once()
}

#[tokio::test]
async fn a_patch_takes_over_from_an_acknowledged_saga_and_both_wishes_come_true() {
    let house = TestBridge::with(Setup { deadline_s: 1, ..Setup::default() });
    house.cloud.fault(delay("POST", QUEUE, 1600));
    let made = house.scim("POST", "/Users", Some(agent("nora"))).await;
    assert_eq!(
        (made.status, &made.body[OURS]["provisioning"]["status"]),
        (201, &json!("pending")),
        "{made:?}"
    );
    let path = format!("/Users/{}", made.id());
    let change = patch(json!([{"op": "replace", "path": "displayName", "value": "Nora Quist"}]));
    let got = house.scim("PATCH", &path, Some(change)).await;
    assert_eq!((got.status, &got.body["displayName"]), (200, &json!("Nora Quist")), "{got:?}");
    house.settled().await;
    let world = house.cloud.snapshot();
    assert_eq!(world["users"][made.id()]["name"], "Nora Quist");
    assert_eq!(world["queues"]["EMEA Support"][made.id()]["joined"], true);
    let sagas = house.admin("GET", "/sagas?finished=10", None).await.body;
    let states: Vec<&str> =
        sagas["finished"].as_array().unwrap().iter().map(|saga| saga["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["committed", "handed over"], "newest first");
    assert_eq!(house.provisioning(&made.id()).await["status"], "committed");
}

#[tokio::test]
async fn a_change_that_cannot_take_over_in_time_is_503_and_changes_nothing() {
    let house = TestBridge::with(Setup { deadline_s: 1, ..Setup::default() });
    house.cloud.fault(delay("POST", QUEUE, 4000));
    let made = house.scim("POST", "/Users", Some(agent("nora"))).await;
    assert_eq!(made.status, 201, "{made:?}");
    let path = format!("/Users/{}", made.id());
    let change = patch(json!([{"op": "replace", "path": "displayName", "value": "Nora Quist"}]));
    let got = house.scim("PATCH", &path, Some(change)).await;
    assert_eq!(got.status, 503, "{got:?}");
    assert!(got.retry_after.is_some());
    house.settled().await;
    assert_eq!(house.scim("GET", &path, None).await.body["displayName"], "nora");
    assert_eq!(house.cloud.snapshot()["users"][made.id()]["name"], "nora");
    assert_eq!(
        house.cloud.snapshot()["queues"]["EMEA Support"][made.id()]["joined"],
        true,
        "the first went on"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deactivation_overtakes_an_update_that_was_not_acknowledged() {
    let house = Arc::new(TestBridge::with(Setup::default()));
    let made = house.scim("POST", "/Users", Some(agent("nora"))).await;
    assert_eq!(made.status, 201, "{made:?}");
    house.settled().await;
    let path = format!("/Users/{}", made.id());
    house.cloud.fault(delay("PATCH", IDENTITY, 1500));
    let update = {
        let (house, path) = (Arc::clone(&house), path.clone());
        let change = patch(json!([
            {"op": "replace", "path": "displayName", "value": "Nora Quist"},
            {"op": "add", "path": format!("{OURS}:queues"), "value": ["VIP"]},
        ]));
        tokio::spawn(async move { house.scim("PATCH", &path, Some(change)).await })
    };
    tokio::time::sleep(Duration::from_millis(500)).await;
    let leave = patch(json!([{"op": "Replace", "path": "active", "value": "False"}]));
    let left = house.scim("PATCH", &path, Some(leave)).await;
    assert_eq!((left.status, &left.body["active"]), (200, &json!(false)), "{left:?}");
    let update = update.await.unwrap();
    assert_eq!(update.status, 503, "it was not done and says so: {update:?}");
    assert!(update.body["detail"].as_str().unwrap().contains("deactivation"), "{update:?}");
    house.settled().await;
    let world = house.cloud.snapshot();
    assert_eq!(world["users"][made.id()]["state"], "inactive");
    assert_eq!(world["users"][made.id()]["name"], "nora", "the update was undone");
    assert_eq!(world["queues"]["VIP"][made.id()], json!(null));
    let now = house.scim("GET", &path, None).await.body;
    assert_eq!((&now["active"], &now["displayName"]), (&json!(false), &json!("nora")));
}

#[tokio::test]
async fn a_stale_if_match_is_412_and_changes_nothing_and_the_current_one_goes_through() {
    let house = TestBridge::with(Setup::default());
    let made = house.scim("POST", "/Users", Some(agent("nora"))).await;
    house.settled().await;
    let path = format!("/Users/{}", made.id());
    let change = |name: &str| patch(json!([{"op": "replace", "path": "displayName", "value": name}]));
    let change_if = async |method: &str, tag: &str, body: Option<serde_json::Value>| {
        let body = Some(body.map(|body| body.to_string()).unwrap_or_default());
        let url = house.url(&format!("/scim/v2{path}"));
        send(request(&house.http, method, &url, SCIM, body).header("if-match", tag)).await
    };
    assert_eq!(change_if("PATCH", &made.etag, Some(change("second"))).await.status, 200);
    let before = (house.directory().await, house.cloud.snapshot());
    for (method, body) in [("PATCH", Some(change("third"))), ("PUT", Some(agent("third"))), ("DELETE", None)]
    {
        for tag in [made.etag.as_str(), "W/\"77\"", "\"1\""] {
            let got = change_if(method, tag, body.clone()).await;
            assert_eq!((got.status, &got.body["scimType"]), (412, &json!(null)), "{method} {tag} {got:?}");
        }
    }
    assert_eq!((house.directory().await, house.cloud.snapshot()), before);
    let current = house.scim("GET", &path, None).await.etag;
    assert_eq!(
        change_if("PATCH", &format!("\"x\", {current}"), Some(change("third"))).await.status,
        200,
        "a list"
    );
    assert_eq!(change_if("PATCH", "*", Some(change("fourth"))).await.status, 200, "any");
}

#[tokio::test]
async fn a_tag_from_before_a_delete_never_fits_the_user_made_anew() {
    let house = TestBridge::with(Setup::default());
    let made = house.scim("POST", "/Users", Some(agent("nora"))).await;
    house.settled().await;
    assert_eq!(house.scim("DELETE", &format!("/Users/{}", made.id()), None).await.status, 204);
    house.settled().await;
    let anew = house.scim("POST", "/Users", Some(agent("nora"))).await;
    assert_eq!(anew.status, 201, "{anew:?}");
    assert!(anew.id() != made.id() || anew.etag != made.etag, "{anew:?}");
}
