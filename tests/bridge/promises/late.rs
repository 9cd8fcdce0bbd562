//! Genesys is slower than the client is patient: what the client hears, and what a second try finds.

use std::time::Duration;

use genesys_cloud_emulator::{Fault, FaultKind};
use serde_json::{Value, json};

use crate::support::bodies::{OURS, agent, patch};
use crate::support::bridge::TestBridge;
use crate::support::client::call;
use crate::support::setup::Setup;
use crate::support::wait::eventually;

const MAKE: &str = "/api/v2/scim/v2/users";
const QUEUE: &str = "/api/v2/routing/queues/{queueId}/members";

fn hasty() -> TestBridge {
    TestBridge::with(Setup { deadline_s: 1, ..Setup::default() })
}

fn slow(method: &str, path: &str, millis: u64) -> Fault {
    Fault::on(method, path, FaultKind::Delay(Duration::from_millis(millis))).once()
}

#[tokio::test]
async fn a_post_answered_503_goes_on_and_the_same_post_is_201_with_the_same_id_and_then_409() {
    let house = hasty();
    house.cloud.fault(slow("POST", MAKE, 2500));
    let first = house.scim("POST", "/Users", Some(agent("nora"))).await;
    assert_eq!(first.status, 503, "{first:?}");
    assert!(first.retry_after.is_some_and(|seconds| seconds > 0), "{first:?}");
    house.settled().await;
    let made = house.with_address("nora@aurora.example");
    assert_eq!(made.len(), 1, "it went on behind");
    let again = house.scim("POST", "/Users", Some(agent("nora"))).await;
    assert_eq!((again.status, again.id()), (201, made[0].clone()), "{again:?}");
    let third = house.scim("POST", "/Users", Some(agent("nora"))).await;
    assert_eq!((third.status, &third.body["scimType"]), (409, &json!("uniqueness")), "{third:?}");
    assert_eq!(house.with_address("nora@aurora.example"), made);
}

#[tokio::test]
async fn a_retry_under_the_clients_next_token_is_claimed_and_another_clients_is_not() {
    let house = hasty();
    let first = token(&house, "okta").await;
    let entra = token(&house, "entra").await;
    let post = async |token: &Value| {
        let text = token["token"].as_str().unwrap();
        let body = Some(agent("nora").to_string());
        call(&house.http, &house.url("/scim/v2/Users"), text, "POST", body).await
    };
    house.cloud.fault(slow("POST", MAKE, 2500));
    assert_eq!(post(&first).await.status, 503);
    house.settled().await;
    let made = house.with_address("nora@aurora.example");
    assert_eq!(made.len(), 1, "it went on behind");
    let next = token(&house, "okta").await;
    assert_ne!(first["id"], next["id"], "another credential");
    assert_eq!(first["client"], next["client"], "of the same client");
    assert_ne!(first["client"], entra["client"]);
    let revoked = house.admin("DELETE", &format!("/tokens/{}", first["id"].as_str().unwrap()), None).await;
    assert_eq!(revoked.status, 204);
    assert_eq!(post(&first).await.status, 401, "rotated");
    let stranger = post(&entra).await;
    assert_eq!((stranger.status, &stranger.body["scimType"]), (409, &json!("uniqueness")), "{stranger:?}");
    let again = post(&next).await;
    assert_eq!((again.status, again.id()), (201, made[0].clone()), "{again:?}");
    assert_eq!(post(&next).await.status, 409, "a claim is used once");
    assert_eq!(house.with_address("nora@aurora.example"), made);
    let sagas = house.admin("GET", "/sagas?finished=9", None).await.body;
    let by = json!(format!("client:{}", first["client"].as_str().unwrap()));
    for saga in sagas["finished"].as_array().unwrap() {
        assert_eq!(saga["by"], by, "one client in the trail, whichever credential it showed: {sagas}");
        assert!(saga["credential"] == first["id"] || saga["credential"] == next["id"], "{sagas}");
    }
}

/// A new token for the client of that name.
async fn token(house: &TestBridge, client: &str) -> Value {
    let made = house.admin("POST", "/tokens", Some(json!({ "label": client }))).await;
    assert_eq!(made.status, 201, "{made:?}");
    made.body
}

#[tokio::test]
async fn a_post_sent_again_while_the_first_is_still_at_work_joins_it() {
    let house = hasty();
    house.cloud.fault(slow("POST", MAKE, 1600));
    assert_eq!(house.scim("POST", "/Users", Some(agent("nora"))).await.status, 503);
    let again = house.scim("POST", "/Users", Some(agent("nora"))).await;
    assert_eq!(again.status, 201, "{again:?}");
    house.settled().await;
    assert_eq!(house.with_address("nora@aurora.example"), [again.id()]);
}

#[tokio::test]
async fn a_retry_with_another_body_is_applied_to_what_the_first_made() {
    let house = hasty();
    house.cloud.fault(slow("POST", MAKE, 2000));
    assert_eq!(house.scim("POST", "/Users", Some(agent("nora"))).await.status, 503);
    house.settled().await;
    let mut body = agent("nora");
    body["displayName"] = json!("Nora Quist");
    let again = house.scim("POST", "/Users", Some(body)).await;
    assert_eq!((again.status, &again.body["displayName"]), (201, &json!("Nora Quist")), "{again:?}");
    assert_eq!(house.cloud.snapshot()["users"][again.id()]["name"], "Nora Quist");
}

#[tokio::test]
async fn a_retry_with_another_external_id_is_somebody_else_and_gets_409() {
    let house = hasty();
    house.cloud.fault(slow("POST", MAKE, 2000));
    assert_eq!(house.scim("POST", "/Users", Some(agent("nora"))).await.status, 503);
    house.settled().await;
    let mut body = agent("nora");
    body["externalId"] = json!("another");
    assert_eq!(house.scim("POST", "/Users", Some(body)).await.status, 409);
    assert_eq!(
        house.scim("POST", "/Users", Some(agent("nora"))).await.status,
        201,
        "the claim is still there"
    );
}

/// A create whose answer came too late; the id of what it made.
async fn made_without_an_answer(house: &TestBridge) -> String {
    house.cloud.fault(slow("POST", MAKE, 2000));
    assert_eq!(house.scim("POST", "/Users", Some(agent("nora"))).await.status, 503);
    house.settled().await;
    house.with_address("nora@aurora.example").remove(0)
}

#[tokio::test]
async fn who_has_changed_what_a_lost_create_made_knows_of_it_and_a_post_of_that_name_is_409() {
    let house = hasty();
    let made = made_without_an_answer(&house).await;
    let title = patch(json!([{"op": "replace", "path": "title", "value": "Lead"}]));
    assert_eq!(house.scim("PATCH", &format!("/Users/{made}"), Some(title)).await.status, 200);
    house.settled().await;
    let again = house.scim("POST", "/Users", Some(agent("nora"))).await;
    assert_eq!((again.status, &again.body["scimType"]), (409, &json!("uniqueness")), "{again:?}");
}

#[tokio::test]
async fn a_post_of_a_name_that_has_become_free_never_takes_over_who_was_renamed() {
    let house = hasty();
    let made = made_without_an_answer(&house).await;
    let next = token(&house, "entra").await;
    let renamed = patch(json!([
        {"op": "replace", "path": "userName", "value": "nora.quist@aurora.example"},
        {"op": "replace", "path": "emails[type eq \"work\"].value", "value": "nora.quist@aurora.example"},
    ]));
    let url = house.url(&format!("/scim/v2/Users/{made}"));
    let text = next["token"].as_str().unwrap();
    let got = call(&house.http, &url, text, "PATCH", Some(renamed.to_string())).await;
    assert_eq!(got.status, 200, "another client does it: {got:?}");
    house.settled().await;
    let other = house.scim("POST", "/Users", Some(agent("nora"))).await;
    assert_eq!(other.status, 201, "{other:?}");
    assert_ne!(other.id(), made, "somebody new");
    let before = house.scim("GET", &format!("/Users/{made}"), None).await;
    assert_eq!(before.body["userName"], "nora.quist@aurora.example", "{before:?}");
}

#[tokio::test]
async fn a_slow_entitlement_is_201_and_pending_and_later_committed() {
    let house = hasty();
    house.cloud.fault(slow("POST", QUEUE, 3000));
    let got = house.scim("POST", "/Users", Some(agent("nora"))).await;
    assert_eq!(got.status, 201, "{got:?}");
    assert!(got.retry_after.is_some_and(|seconds| seconds > 0), "{got:?}");
    assert_eq!(got.body[OURS]["provisioning"]["status"], "pending", "{got:?}");
    let id = got.id();
    eventually("it is committed", async || house.provisioning(&id).await["status"] == "committed").await;
    house.settled().await;
    assert_eq!(house.cloud.snapshot()["queues"]["EMEA Support"][&id]["joined"], true);
    let now = house.scim("GET", &format!("/Users/{id}"), None).await;
    assert_eq!(now.etag, got.etag, "the status is no part of the version");
    assert_eq!(house.scim("POST", "/Users", Some(agent("nora"))).await.status, 409, "it was acknowledged");
}

#[tokio::test]
async fn what_is_refused_after_the_acknowledgement_leaves_the_user_and_is_listed() {
    let house = hasty();
    house.cloud.fault(Fault::on("POST", QUEUE, FaultKind::TooManyRequests { retry_after_s: 2 }).once());
    let refuse = FaultKind::Refuse { status: 400, code: "bad.request".to_owned() };
    house.cloud.fault(Fault::on("POST", QUEUE, refuse));
    let got = house.scim("POST", "/Users", Some(agent("nora"))).await;
    assert_eq!((got.status, &got.body[OURS]["provisioning"]["status"]), (201, &json!("pending")), "{got:?}");
    let id = got.id();
    eventually("it has failed", async || house.provisioning(&id).await["status"] == "failed").await;
    house.settled().await;
    let shown = house.provisioning(&id).await;
    let items = shown["items"].as_array().unwrap();
    assert_eq!(items.len(), 1, "{shown}");
    let item = items[0].as_str().unwrap();
    for word in ["EMEA Support", "failed", "bad.request"] {
        assert!(item.contains(word), "{word} in {item}");
    }
    let world = house.cloud.snapshot();
    assert_eq!(world["users"][&id]["state"], "active", "what was acknowledged is never rolled back");
    assert_eq!(world["grants"][&id], json!(["Agent@EMEA", "employee@Home"]), "and the rest was given");
    assert_eq!(world["skills"][&id]["Billing"], 4.0);
    let sagas = house.admin("GET", "/sagas?finished=1", None).await;
    assert_eq!(sagas.body["finished"][0]["state"], "committed with failures", "{}", sagas.body);
}

#[tokio::test]
async fn an_answer_that_is_lost_makes_nobody_twice() {
    let house = TestBridge::with(Setup::default());
    house.cloud.fault(Fault::on("POST", MAKE, FaultKind::ApplyThenDrop).once());
    let got = house.scim("POST", "/Users", Some(agent("nora"))).await;
    assert_eq!(got.status, 201, "{got:?}");
    house.settled().await;
    assert_eq!(house.with_address("nora@aurora.example"), [got.id()]);
}
