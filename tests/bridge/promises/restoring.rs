//! Somebody whom an administrator deleted in Genesys: who comes back, by which request, and who does not.
//!
//! What adopting somebody takes away is in `theirs`; whom the bridge may change at all in `ownership`.

use genesys_cloud_emulator::{DeletedEmail, Quirks};
use serde_json::{Value, json};

use super::theirs::{administrator, find};
use crate::support::bodies::{agent, group, patch};
use crate::support::bridge::TestBridge;
use crate::support::setup::Setup;
use crate::support::wait::eventually;

const IRIS: &str = "iris.keller@aurora.example";

async fn imported(tenant: &'static str) -> TestBridge {
    let house = TestBridge::with(Setup { import: "required", tenant, ..Setup::default() });
    house.admin("POST", "/import", None).await.is(200);
    house
}

async fn iris(house: &TestBridge) -> String {
    find(house, IRIS).await["id"].as_str().unwrap().to_owned()
}

async fn delete_there(house: &TestBridge, id: &str) {
    administrator(house, "DELETE", &format!("/api/v2/scim/v2/users/{id}"), None).await;
}

fn is_deleted(house: &TestBridge, id: &str) -> bool {
    let world = house.cloud.snapshot();
    world["deleted_users"].get(id).is_some() && world["users"].get(id).is_none()
}

fn title(to: &str) -> Option<Value> {
    Some(patch(json!([{"op": "replace", "path": "title", "value": to}])))
}

fn active(to: bool) -> Option<Value> {
    Some(patch(json!([{"op": "replace", "path": "active", "value": to}])))
}

/// Makes a user and lets an administrator delete it in Genesys.
async fn made_and_deleted(house: &TestBridge, name: &str) -> String {
    let id = house.scim("POST", "/Users", Some(agent(name))).await.is(201).id();
    house.settled().await;
    delete_there(house, &id).await;
    id
}

#[tokio::test]
async fn an_imported_user_who_was_deleted_there_comes_back_by_no_request_where_that_is_refused() {
    let house = imported("").await;
    let id = iris(&house).await;
    let path = format!("/Users/{id}");
    delete_there(&house, &id).await;
    let mut body = agent("iris.keller");
    body["externalId"] = json!("somebody-elses");
    let requests = [
        ("POST", "/Users", Some(body.clone())),
        ("PUT", path.as_str(), Some(body)),
        ("PATCH", path.as_str(), title("Lead")),
        ("PATCH", path.as_str(), active(true)),
    ];
    for (method, path, body) in requests {
        let got = house.scim(method, path, body).await;
        assert_eq!(got.status, 409, "{method}: {got:?}");
        let detail = got.body["detail"].to_string();
        assert!(detail.contains("deleted") && detail.contains("on_deleted_email"), "{method}: {got:?}");
        let uniqueness = got.body["scimType"] == "uniqueness";
        assert_eq!(uniqueness, method == "POST", "only a POST is about a name that is taken: {got:?}");
        house.settled().await;
        assert!(is_deleted(&house, &id), "{method}");
    }
}

#[tokio::test]
async fn an_imported_user_who_was_deleted_there_comes_back_where_the_tenant_says_so() {
    let house = imported("on_deleted_email = \"restore\"").await;
    let id = iris(&house).await;
    let before = house.cloud.snapshot()["users"][&id]["department"].clone();
    assert_ne!(before, json!(null));
    delete_there(&house, &id).await;
    let got = house.scim("POST", "/Users", Some(agent("iris.keller"))).await;
    assert_eq!((got.status, got.id()), (201, id.clone()), "{got:?}");
    house.settled().await;
    assert!(!is_deleted(&house, &id));
    assert_eq!(house.cloud.snapshot()["users"][&id]["department"], before, "adopted as they were");
}

#[tokio::test]
async fn whom_the_bridge_made_comes_back_when_the_identity_provider_writes_it_again() {
    let house = TestBridge::with(Setup::default());
    house.cloud.set_quirks(Quirks { deleted_external_ids: true, ..Quirks::default() });
    let id = made_and_deleted(&house, "nora").await;
    house.scim("PATCH", &format!("/Users/{id}"), title("Lead")).await.is(200);
    house.settled().await;
    assert!(!is_deleted(&house, &id));
    assert_eq!(house.cloud.snapshot()["users"][&id]["title"], "Lead");
}

#[tokio::test]
async fn where_no_mark_can_be_read_of_the_deleted_nobody_comes_back_by_itself() {
    let house = TestBridge::with(Setup::default());
    let id = made_and_deleted(&house, "nora").await;
    let got = house.scim("PATCH", &format!("/Users/{id}"), title("Lead")).await;
    assert_eq!(got.status, 409, "{got:?}");
    assert!(is_deleted(&house, &id));
}

#[tokio::test]
async fn a_deleted_user_with_the_same_external_id_comes_back_and_one_with_another_does_not() {
    for (there, status) in [("ext-iris.keller", 201), ("another", 409)] {
        let house = TestBridge::with(Setup { import: "off", ..Setup::default() });
        let quirks =
            Quirks { deleted_external_ids: true, deleted_email: DeletedEmail::Conflict, ..Quirks::default() };
        house.cloud.set_quirks(quirks);
        let id = house.with_address(IRIS)[0].clone();
        let change = patch(json!([{"op": "replace", "path": "externalId", "value": there}]));
        administrator(&house, "PATCH", &format!("/api/v2/scim/v2/users/{id}"), Some(change)).await;
        delete_there(&house, &id).await;
        let got = house.scim("POST", "/Users", Some(agent("iris.keller"))).await;
        assert_eq!(got.status, status, "{there}: {got:?}");
        house.settled().await;
        assert_eq!(is_deleted(&house, &id), status == 409, "{there}");
    }
}

#[tokio::test]
async fn work_for_which_nobody_asks_brings_nobody_back_and_says_so() {
    let house = TestBridge::with(Setup { hurry: 100, deadline_s: 120, ..Setup::default() });
    let id = house.scim("POST", "/Users", Some(agent("nora"))).await.is(201).id();
    let desk = house.scim("POST", "/Groups", Some(group("Night Desk", &[&id]))).await.is(201).id();
    eventually("nobody is at work", async || {
        house.admin("GET", "/work", None).await.is(200).body["work"] == json!([])
    })
    .await;
    house.settled().await;
    delete_there(&house, &id).await;
    let leave = patch(json!([{"op": "remove", "path": format!("members[value eq \"{id}\"]")}]));
    let left = house.scim("PATCH", &format!("/Groups/{desk}"), Some(leave)).await;
    assert!(matches!(left.status, 200 | 204), "{left:?}");
    eventually("the user tells why", async || {
        let shown = house.provisioning(&id).await;
        shown["status"] == "failed" && shown["items"].to_string().contains("recompute.deleted")
    })
    .await;
    assert!(is_deleted(&house, &id), "nobody came back");
    eventually("and so does the work", async || {
        let listed = house.admin("GET", "/work", None).await.is(200).body["work"].clone();
        listed[0]["last"]["code"] == "recompute.deleted"
    })
    .await;
    // Five minutes for the bridge.
    house.cloud.clear_ledger();
    tokio::time::sleep(std::time::Duration::from_secs(3)).await;
    assert!(house.cloud.ledger().len() < 40, "it does not try for ever: {}", house.cloud.ledger().len());
    assert!(is_deleted(&house, &id), "nobody came back later either");
}

#[tokio::test]
async fn who_was_deleted_there_already_can_be_deactivated_changed_and_deleted_here() {
    for tenant in ["", "on_deleted_email = \"restore\""] {
        let house = TestBridge::with(Setup { tenant, ..Setup::default() });
        let id = made_and_deleted(&house, "nora").await;
        let path = format!("/Users/{id}");
        house.scim("PATCH", &path, active(false)).await.is(200);
        house.settled().await;
        house.scim("PATCH", &path, title("Gone")).await.is(200);
        house.settled().await;
        assert!(is_deleted(&house, &id), "whoever is inactive stays deleted");
        house.scim("DELETE", &path, None).await.is(204);
        house.settled().await;
        assert!(is_deleted(&house, &id));
    }
}
