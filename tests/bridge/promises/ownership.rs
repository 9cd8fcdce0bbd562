//! Whom the bridge may change at all: protected users, existing ones that must not be adopted, groups that
//! were there before.
//!
//! What is taken back of what a user holds is in `theirs`.

use genesys_cloud_emulator::{Fault, FaultKind};
use serde_json::{Value, json};

use super::theirs::administrator;
use crate::support::bodies::{agent, group, patch, user};
use crate::support::bridge::TestBridge;
use crate::support::client::Response;
use crate::support::emulator::cloud;
use crate::support::setup::Setup;

const IRIS: &str = "iris.keller@aurora.example";
const EXPERTS: &str = "Claims Experts";
const MEMBERS: &str = "/api/v2/groups/{groupId}/members";
const INDIVIDUALS: &str = "/api/v2/groups/{groupId}/individuals";

async fn imported(tenant: &'static str) -> TestBridge {
    let house = TestBridge::with(Setup { import: "required", tenant, ..Setup::default() });
    let got = house.admin("POST", "/import", None).await;
    assert_eq!(got.status, 200, "{got:?}");
    house
}

/// The path of the one resource that has this name.
async fn path_of(house: &TestBridge, kind: &str, attribute: &str, name: &str) -> String {
    let name = name.replace(' ', "%20");
    let got = house.scim("GET", &format!("/{kind}?filter={attribute}%20eq%20%22{name}%22"), None).await;
    assert_eq!(got.body["totalResults"], 1, "{got:?}");
    format!("/{kind}/{}", got.body["Resources"][0]["id"].as_str().unwrap())
}

fn set(path: &str, value: &str) -> Value {
    json!({"op": "replace", "path": path, "value": value})
}

/// Sends every request; each must be refused, and nothing may be different afterwards.
async fn all_are_refused_and_nothing_changes(
    house: &TestBridge,
    requests: Vec<(&str, &str, Option<Value>)>,
    judge: impl Fn(&Response) -> bool,
) {
    let before = (house.directory().await, house.cloud.snapshot());
    for (method, path, body) in requests {
        let got = house.scim(method, path, body.clone()).await;
        assert!(judge(&got), "{method} {path} {body:?}: {got:?}");
        house.settled().await;
        assert_eq!((house.directory().await, house.cloud.snapshot()), before, "{method} {path} {body:?}");
    }
}

#[tokio::test]
async fn a_protected_user_cannot_be_changed_by_giving_it_another_name_in_the_same_request() {
    let house = imported("protected = [\"iris.keller@aurora.example\"]").await;
    let iris = path_of(&house, "Users", "userName", IRIS).await;
    let leave = json!({"op": "replace", "path": "active", "value": false});
    let other_name = set("userName", "somebody.else@aurora.example");
    let other_address = json!({"op": "replace", "path": "emails", "value":
        [{"value": "somebody.else@aurora.example", "type": "work", "primary": true}]});
    let requests = vec![
        ("PATCH", iris.as_str(), Some(patch(json!([set("title", "Lead")])))),
        ("PATCH", iris.as_str(), Some(patch(json!([other_name, leave])))),
        ("PATCH", iris.as_str(), Some(patch(json!([other_address, leave])))),
        ("PATCH", iris.as_str(), Some(patch(json!([other_name])))),
        ("PUT", iris.as_str(), Some(agent("somebody.else"))),
        ("DELETE", iris.as_str(), None),
    ];
    all_are_refused_and_nothing_changes(&house, requests, |got| {
        (400..500).contains(&got.status) && got.body["detail"].to_string().contains("protected")
    })
    .await;
}

#[tokio::test]
async fn where_linking_is_refused_no_request_changes_or_removes_what_was_imported() {
    let house = imported("on_existing = \"refuse\"").await;
    let iris = path_of(&house, "Users", "userName", IRIS).await;
    let experts = path_of(&house, "Groups", "displayName", EXPERTS).await;
    let group = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "Experts"});
    let requests = vec![
        ("PATCH", iris.as_str(), Some(patch(json!([set("title", "Lead")])))),
        ("PATCH", iris.as_str(), Some(patch(json!([{"op": "replace", "path": "active", "value": false}])))),
        ("PUT", iris.as_str(), Some(agent("iris.keller"))),
        ("DELETE", iris.as_str(), None),
        ("PATCH", experts.as_str(), Some(patch(json!([set("externalId", "ext-experts")])))),
        ("PATCH", experts.as_str(), Some(patch(json!([{"op": "remove", "path": "members"}])))),
        ("PUT", experts.as_str(), Some(group)),
        ("DELETE", experts.as_str(), None),
    ];
    all_are_refused_and_nothing_changes(&house, requests, |got| {
        got.status == 409 && got.body["detail"].to_string().contains("on_existing")
    })
    .await;
}

#[tokio::test]
async fn the_removal_of_a_group_that_was_there_before_us_only_lets_it_go() {
    let house = imported("").await;
    let experts = path_of(&house, "Groups", "displayName", EXPERTS).await;
    let change = patch(json!([set("externalId", "ext-experts")]));
    let got = house.scim("PATCH", &experts, Some(change)).await;
    assert!(matches!(got.status, 200 | 204), "it is adopted: {got:?}");
    house.settled().await;
    let before = house.cloud.snapshot()["groups"].clone();
    assert!(before.to_string().contains(EXPERTS), "{before}");
    assert_eq!(house.scim("DELETE", &experts, None).await.status, 204);
    house.settled().await;
    assert_eq!(house.cloud.snapshot()["groups"], before, "with its members, as it was");
    assert_eq!(house.scim("GET", &experts, None).await.status, 404);
    // What we made ourselves goes.
    let own =
        json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "Night Owls"});
    let made = house.scim("POST", "/Groups", Some(own)).await;
    assert_eq!(made.status, 201, "{made:?}");
    assert_eq!(house.scim("DELETE", &format!("/Groups/{}", made.id()), None).await.status, 204);
    house.settled().await;
    assert_eq!(house.cloud.snapshot()["groups"], before);
}

/// Puts an external id on somebody, or SCIM's own where none is named, as an administrator may.
async fn mark(house: &TestBridge, id: &str, authority: &str) {
    if authority.is_empty() {
        let change = patch(json!([set("externalId", "ext-iris.keller")]));
        administrator(house, "PATCH", &format!("/api/v2/scim/v2/users/{id}"), Some(change)).await;
        return;
    }
    let body = json!({"authorityName": authority, "externalKey": "0192f0c8-0000-7000-8000-000000000000"});
    administrator(house, "POST", &format!("/api/v2/users/{id}/externalid"), Some(body)).await;
}

#[tokio::test]
async fn a_live_owner_with_our_mark_or_the_same_external_id_is_ours_also_where_linking_is_refused() {
    for import in ["off", "required"] {
        for (authority, status) in [("scimbridge-aurora", 201), ("", 201), ("scimbridge-other", 409)] {
            let tenant = "on_existing = \"refuse\"";
            let house = TestBridge::with(Setup { import, tenant, ..Setup::default() });
            let id = house.with_address(IRIS)[0].clone();
            mark(&house, &id, authority).await;
            if import == "required" {
                house.admin("POST", "/import", None).await.is(200);
            }
            let got = house.scim("POST", "/Users", Some(agent("iris.keller"))).await;
            assert_eq!(got.status, status, "{import} {authority}: {got:?}");
            house.settled().await;
            assert_eq!(house.with_address(IRIS), [id], "{import} {authority}");
        }
    }
}

#[tokio::test]
async fn whoever_is_protected_by_id_or_address_is_touched_by_nothing() {
    // The ids of the organisation differ from start to start.
    let cloud = cloud();
    let world = cloud.snapshot();
    let users = world["users"].as_object().unwrap();
    let iris = users.iter().find(|(_, user)| user["email"] == IRIS).unwrap().0.to_uppercase();
    let by_id: &'static str = Box::leak(format!("protected = [\"{iris}\"]").into_boxed_str());
    let by_address = "protected = [\"iris.keller@aurora.example\"]";
    let mut cloud = Some(cloud);
    for tenant in [by_id, by_address] {
        let setup = Setup { import: "required", tenant, ..Setup::default() };
        let house = TestBridge::on(cloud.take().unwrap_or_else(self::cloud), setup);
        house.admin("POST", "/import", None).await.is(200);
        let iris = path_of(&house, "Users", "userName", IRIS).await;
        let experts = path_of(&house, "Groups", "displayName", EXPERTS).await;
        let id = iris.rsplit('/').next().unwrap();
        let leave = json!({"op": "replace", "path": "active", "value": false});
        let out = json!({"op": "remove", "path": format!("members[value eq \"{id}\"]")});
        let requests = vec![
            ("POST", "/Users", Some(agent("iris.keller"))),
            ("PUT", iris.as_str(), Some(agent("iris.keller"))),
            ("PATCH", iris.as_str(), Some(patch(json!([set("title", "Lead")])))),
            ("PATCH", iris.as_str(), Some(patch(json!([set("userName", "other@aurora.example")])))),
            ("PATCH", iris.as_str(), Some(patch(json!([leave])))),
            ("DELETE", iris.as_str(), None),
            ("PATCH", experts.as_str(), Some(patch(json!([out])))),
            ("POST", "/Groups", Some(group("Night Desk", &[id]))),
        ];
        all_are_refused_and_nothing_changes(&house, requests, |got| {
            (400..500).contains(&got.status) && got.body["detail"].to_string().contains("protected")
        })
        .await;
    }
}

#[tokio::test]
async fn the_owner_of_an_address_who_is_protected_by_id_is_not_adopted() {
    let cloud = cloud();
    let world = cloud.snapshot();
    let users = world["users"].as_object().unwrap();
    let iris = users.iter().find(|(_, user)| user["email"] == IRIS).unwrap().0.clone();
    let tenant: &'static str = Box::leak(format!("protected = [\"{iris}\"]").into_boxed_str());
    let house = TestBridge::on(cloud, Setup { tenant, ..Setup::default() });
    let requests = vec![("POST", "/Users", Some(agent("iris.keller")))];
    all_are_refused_and_nothing_changes(&house, requests, |got| {
        got.status == 409 && got.body["detail"].to_string().contains("protected")
    })
    .await;
}

#[tokio::test]
async fn an_undo_throws_nobody_out_of_an_adopted_group_who_was_there_before() {
    for look_fails in [false, true] {
        let house = imported("").await;
        let experts = path_of(&house, "Groups", "displayName", EXPERTS).await;
        house.scim("PATCH", &experts, Some(patch(json!([set("externalId", "ext-1")])))).await.is(200);
        let mut ids = Vec::new();
        for number in 0..52 {
            let body = user(&format!("nora{number}"), json!({"displayName": "N", "active": true}));
            ids.push(house.scim("POST", "/Users", Some(body)).await.is(201).id());
        }
        house.settled().await;
        // An administrator made one of them a member meanwhile.
        let groups = administrator(&house, "GET", "/api/v2/groups?pageSize=100", None).await;
        let all = groups["entities"].as_array().unwrap();
        let there =
            all.iter().find(|group| group["name"] == EXPERTS).unwrap()["id"].as_str().unwrap().to_owned();
        ids.sort();
        let by_hand = json!({"memberIds": [ids[0]]});
        administrator(&house, "POST", &format!("/api/v2/groups/{there}/members"), Some(by_hand)).await;
        house.cloud.settle();
        let before = house.cloud.snapshot()["groups"].clone();
        let refusal = FaultKind::Refuse { status: 400, code: "bad.request".to_owned() };
        house.cloud.fault(Fault::on("POST", MEMBERS, refusal).skip(1).once());
        if look_fails {
            let broken = FaultKind::Refuse { status: 502, code: "bad.gateway".to_owned() };
            house.cloud.fault(Fault::on("GET", INDIVIDUALS, broken));
        }
        let members: Vec<Value> = ids.iter().map(|id| json!({"value": id})).collect();
        let add = patch(json!([{"op": "add", "path": "members", "value": members}]));
        let got = house.scim("PATCH", &experts, Some(add)).await;
        assert_eq!(got.status, 400, "{got:?}");
        house.settled().await;
        let after = house.cloud.snapshot()["groups"].clone();
        if look_fails {
            assert!(after.to_string().contains(ids[0].as_str()), "who was there is there: {after}");
        } else {
            assert_eq!(after, before);
        }
    }
}
