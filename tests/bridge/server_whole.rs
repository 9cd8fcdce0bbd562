//! The whole bridge over HTTP, against the emulator: start, readiness, import, a hire, the administration,
//! restart, stop.
//!
//! What the server does by itself is in `server_http`; what sagas do under faults is tested elsewhere.

use std::sync::Arc;

use genesys_cloud_emulator::{Fault, FaultKind};
use genesys_scim_bridge::testing::app::StartError;
use serde_json::{Value, json};

use crate::support::bodies::{self, patch};
use crate::support::bridge::{TestBridge, start};
use crate::support::emulator::cloud;
use crate::support::setup::Setup;
use crate::support::wait::eventually;

fn agent(name: &str) -> Value {
    let mut body = bodies::agent(name);
    body["name"] = json!({"givenName": name, "familyName": "Test"});
    body
}

fn deactivate() -> Value {
    patch(json!([{"op": "Replace", "path": "active", "value": "False"}]))
}

#[tokio::test]
async fn a_hire_travels_the_whole_street_and_back() {
    let house = TestBridge::with(Setup::default());
    let got = house.scim("POST", "/Users", Some(agent("nora"))).await;
    assert_eq!(got.status, 201, "{}", got.body);
    assert_eq!(got.etag, "W/\"1\"");
    let id = got.body["id"].as_str().unwrap().to_owned();
    assert_eq!(got.body["name"]["givenName"], "nora", "kept although Genesys cannot hold it");
    let world = house.cloud.snapshot().to_string();
    assert!(world.contains("nora@aurora.example"));
    for query in [
        "filter=userName%20eq%20%22NORA@aurora.example%22",
        "filter=externalId%20eq%20%22ext-nora%22",
        "filter=title%20eq%20%22support%20agent%22%20and%20active%20eq%20true",
        "attributes=urn:ietf:params:scim:schemas:extension:genesysbridge:2.0:User:provisioning",
    ] {
        let got = house.scim("GET", &format!("/Users?{query}"), None).await;
        assert_eq!(got.body["Resources"][0]["id"], id.as_str(), "{query} {}", got.body);
    }
    house.cloud.settle();
    let got = house.scim("PATCH", &format!("/Users/{id}"), Some(deactivate())).await;
    assert_eq!((got.status, &got.body["active"]), (200, &json!(false)), "{}", got.body);
    assert_eq!(got.etag, "W/\"2\"");
    house.cloud.settle();
    assert_eq!(house.scim("DELETE", &format!("/Users/{id}"), None).await.status, 204);
    assert_eq!(house.scim("GET", &format!("/Users/{id}"), None).await.status, 404);
    let sagas = house.admin("GET", "/sagas?finished=10", None).await;
    assert_eq!(sagas.body["open"], json!([]));
    assert_eq!(sagas.body["finished"].as_array().unwrap().len(), 3, "{}", sagas.body);
    let first = sagas.body["finished"][2]["id"].as_str().unwrap();
    let shown = house.admin("GET", &format!("/sagas/{first}"), None).await;
    assert_eq!(shown.body["state"], "committed", "{}", shown.body);
    assert!(shown.body["plan"].to_string().contains("EMEA Support"), "{}", shown.body);
    assert!(!shown.body.to_string().contains("nora"), "no personal value: {}", shown.body);
    assert_eq!(house.admin("POST", &format!("/sagas/{first}/redrive"), None).await.status, 409);
}

#[tokio::test]
async fn a_title_that_is_taken_away_takes_the_queue_with_it() {
    let house = TestBridge::with(Setup { deadline_s: 5, ..Setup::default() });
    let made = house.scim("POST", "/Users", Some(agent("nora"))).await.is(201);
    house.settled().await;
    assert_eq!(house.cloud.snapshot()["queues"]["EMEA Support"][made.id()]["joined"], true);
    let change = patch(json!([{"op": "remove", "path": "title"}]));
    house.scim("PATCH", &format!("/Users/{}", made.id()), Some(change)).await.is(200);
    house.settled().await;
    assert_eq!(house.cloud.snapshot()["queues"]["EMEA Support"][made.id()], json!(null));
}

#[tokio::test]
async fn a_change_right_after_a_create_is_not_told_that_the_user_is_gone() {
    let house = TestBridge::with(Setup::default());
    for name in ["nora", "vera", "iris"] {
        let id =
            house.scim("POST", "/Users", Some(agent(name))).await.body["id"].as_str().unwrap().to_owned();
        let got = house.scim("PATCH", &format!("/Users/{id}"), Some(deactivate())).await;
        assert_eq!((got.status, &got.body["active"]), (200, &json!(false)), "{}", got.body);
    }
}

#[tokio::test]
async fn a_refused_step_is_undone_and_named_and_the_next_try_works() {
    let house = TestBridge::with(Setup::default());
    let refuse = FaultKind::Refuse { status: 400, code: "bad.request".to_owned() };
    house.cloud.fault(Fault::on("POST", "/api/v2/routing/queues/{queueId}/members", refuse));
    let got = house.scim("POST", "/Users", Some(agent("vera"))).await;
    assert!((400..600).contains(&got.status), "{}", got.body);
    assert!(got.body["detail"].as_str().unwrap().contains("queue"), "{}", got.body);
    assert_eq!(house.scim("GET", "/Users", None).await.body["totalResults"], 0);
    house.cloud.clear_faults();
    let got = house.scim("POST", "/Users", Some(agent("vera"))).await;
    assert_eq!(got.status, 201, "{}", got.body);
}

#[tokio::test]
async fn readiness_waits_for_the_import_and_the_import_fills_the_directory() {
    let house = TestBridge::with(Setup { import: "required", ..Setup::default() });
    let ready = house.call("", "GET", "/readyz", None).await;
    assert_eq!(ready.status, 503);
    assert!(ready.body["reasons"].to_string().contains("import"), "{}", ready.body);
    let got = house.admin("POST", "/import", None).await;
    assert_eq!(got.status, 200, "{}", got.body);
    assert_eq!(house.admin("GET", "/import", None).await.body, got.body);
    let users = house.scim("GET", "/Users?count=1", None).await;
    assert_eq!(users.body["totalResults"], got.body["users"], "{}", got.body);
    assert!(users.body["totalResults"].as_u64().unwrap() > 0);
    assert!(house.scim("GET", "/Groups", None).await.body["totalResults"].as_u64().unwrap() > 0);
    let again = house.admin("POST", "/import", None).await;
    assert_eq!(again.body["written"], 0, "nothing changed meanwhile: {}", again.body);
    eventually("it is ready", async || house.call("", "GET", "/readyz", None).await.status == 200).await;
    assert_eq!(house.call("", "GET", "/readyz", None).await.body, json!({"ready": true, "reasons": []}));
}

#[tokio::test]
async fn tokens_are_made_used_and_revoked_while_it_serves() {
    let house = TestBridge::with(Setup::default());
    let wish = || Some(json!({"label": "okta", "scope": "scim", "days": 30}));
    let made = house.admin("POST", "/tokens", wish()).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let (id, text) = (made.body["id"].as_str().unwrap(), made.body["token"].as_str().unwrap());
    assert!(text.starts_with("gsb_"));
    assert_eq!(house.call(text, "GET", "/scim/v2/Users", None).await.status, 200);
    assert_eq!(house.call(text, "GET", "/admin/tokens", None).await.status, 401, "wrong scope");
    assert_eq!(house.admin("POST", "/tokens", wish()).await.status, 201, "its successor");
    assert_eq!(house.admin("POST", "/tokens", wish()).await.status, 409, "a third");
    let list = house.admin("GET", "/tokens", None).await;
    assert_eq!(list.body["tokens"].as_array().unwrap().len(), 2);
    assert!(!list.body.to_string().contains(text));
    assert_eq!(house.admin("DELETE", &format!("/tokens/{id}"), None).await.status, 204);
    assert_eq!(house.call(text, "GET", "/scim/v2/Users", None).await.status, 401);
    assert_eq!(house.admin("DELETE", "/tokens/nothing", None).await.status, 404);
    for bad in [
        json!({"scope": "scim"}),
        json!({"label": "", "scope": "scim"}),
        json!({"label": "x", "scope": "root"}),
        json!([]),
    ] {
        assert_eq!(house.admin("POST", "/tokens", Some(bad.clone())).await.status, 400, "{bad}");
    }
}

#[tokio::test]
async fn a_dry_run_says_what_would_change_and_changes_nothing() {
    let house = TestBridge::with(Setup::default());
    house.cloud.clear_ledger();
    let got = house.admin("POST", "/plan", Some(json!({"user": agent("nora")}))).await;
    assert_eq!(got.status, 200, "{}", got.body);
    let text = got.body["text"].as_str().unwrap();
    assert!(text.contains("EMEA Support") && text.contains("emea-support"), "{text}");
    assert!(!house.cloud.snapshot().to_string().contains("nora@"));
    assert_eq!(house.scim("GET", "/Users", None).await.body["totalResults"], 0);
    for bad in [json!({}), json!({"user": 1}), json!({"id": "nobody"})] {
        let got = house.admin("POST", "/plan", Some(bad.clone())).await;
        assert!(matches!(got.status, 400 | 404), "{bad} {}", got.body);
    }
}

#[tokio::test]
async fn what_was_acknowledged_is_there_after_a_restart_and_so_are_the_tokens() {
    let mut house = TestBridge::with(Setup::default());
    let made = house.admin("POST", "/tokens", Some(json!({"label": "okta"}))).await;
    let token = made.body["token"].as_str().unwrap().to_owned();
    let id = house.scim("POST", "/Users", Some(agent("nora"))).await.body["id"].as_str().unwrap().to_owned();
    house.restart().await;
    let got = house.call(&token, "GET", &format!("/scim/v2/Users/{id}"), None).await;
    assert_eq!((got.status, got.etag.as_str()), (200, "W/\"1\""), "{}", got.body);
    assert_eq!(house.running().recovered(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_24_racing_posts_of_one_name_one_wins() {
    let house = Arc::new(TestBridge::with(Setup::default()));
    let mut racing = Vec::new();
    for _ in 0..24 {
        let house = house.clone();
        racing.push(tokio::spawn(
            async move { house.scim("POST", "/Users", Some(agent("nora"))).await.status },
        ));
    }
    let mut counts = std::collections::BTreeMap::new();
    for one in racing {
        *counts.entry(one.await.unwrap()).or_insert(0) += 1;
    }
    assert_eq!(counts, std::collections::BTreeMap::from([(201, 1), (409, 23)]));
    assert_eq!(house.scim("POST", "/Users", Some(agent("nora"))).await.status, 409, "after the 201 as well");
}

#[tokio::test]
async fn a_wrong_secret_turns_readiness_red_with_the_cure() {
    let house = TestBridge::with(Setup { secret: Some("wrong".to_owned()), ..Setup::default() });
    eventually("readiness says why", async || {
        house.call("", "GET", "/readyz", None).await.body.to_string().contains("client secret")
    })
    .await;
    let status = house.scim("POST", "/Users", Some(agent("nora"))).await.status;
    assert_eq!(status, 503, "never 401 or 403, an IdP would quarantine its own credentials");
}

#[tokio::test]
async fn what_keeps_it_from_starting_is_named_with_its_cure() {
    let (cloud, dir, other) = (cloud(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let setup = Setup::default();
    let running = start(setup.config(&cloud, dir.path()), 1).unwrap();
    let taken = Setup { listen: running.addr().to_string(), ..Setup::default() };
    let error = start(taken.config(&cloud, other.path()), 1).err().unwrap();
    assert!(matches!(&error, StartError::Listen(_)) && error.to_string().contains(&taken.listen), "{error}");
    let error = start(setup.config(&cloud, dir.path()), 1).err().unwrap();
    assert!(matches!(&error, StartError::Open(_)) && error.to_string().contains("locked"), "{error}");
    let mut bad = setup.config(&cloud, other.path());
    bad.rules[0].when = "title eq".to_owned();
    let error = start(bad, 1).err().unwrap().to_string();
    assert!(error.contains("emea-support"), "{error}");
    running.stop().await;
}
