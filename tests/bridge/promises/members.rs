//! Members of a group whom Genesys does not know any more.
//!
//! Members whom it does not know yet are in `stale`; work that is left over for other reasons in `work`.

use genesys_cloud_emulator::{Fault, FaultKind};
use serde_json::{Value, json};

use super::theirs::administrator;
use crate::support::bodies::{agent, group, patch};
use crate::support::bridge::TestBridge;
use crate::support::setup::Setup;
use crate::support::wait::eventually;

const MEMBERS: &str = "/api/v2/groups/{groupId}/members";

#[tokio::test]
async fn whoever_was_deleted_in_genesys_keeps_nobody_else_out_of_a_group_and_is_named() {
    let house = TestBridge::with(Setup { hurry: 20, deadline_s: 20, ..Setup::without_rules() });
    let mut ids = Vec::new();
    for number in 0..20 {
        ids.push(house.scim("POST", "/Users", Some(agent(&format!("agent{number}")))).await.is(201).id());
    }
    let made = house.scim("POST", "/Groups", Some(group("Night Desk", &[]))).await.is(201).id();
    house.settled().await;
    // Those whom a call names first, more than are met before the group itself is looked at.
    ids.sort();
    let gone: Vec<&String> = ids.iter().take(5).collect();
    for id in &gone {
        administrator(&house, "DELETE", &format!("/api/v2/users/{id}"), None).await;
    }
    let value = |ids: &[&String]| ids.iter().map(|id| json!({ "value": id })).collect::<Vec<Value>>();
    let add = || {
        let all: Vec<&String> = ids.iter().collect();
        Some(patch(json!([{"op": "add", "path": "members", "value": value(&all)}])))
    };
    let path = format!("/Groups/{made}");
    let inside = || {
        let groups = house.cloud.snapshot()["groups"].to_string();
        ids.iter().filter(|id| groups.contains(id.as_str())).count()
    };
    let names_them = |text: String| gone.iter().all(|id| text.contains(id.as_str()));

    // Before the answer all of it goes back, and the error says because of whom.
    let refused = house.scim("PATCH", &path, add()).await;
    assert!(refused.status == 503 && names_them(refused.body["detail"].to_string()), "{refused:?}");
    house.settled().await;
    assert_eq!(inside(), 0);

    // After it the others are added.
    house.cloud.fault(Fault::on("POST", MEMBERS, FaultKind::Status(503)));
    let got = house.scim("PATCH", &path, add()).await;
    assert!([200, 202, 204].contains(&got.status), "{got:?}");
    house.cloud.clear_ledger();
    house.cloud.clear_faults();
    eventually("those who are there are in", async || inside() == 15).await;
    let work = async || house.admin("GET", "/work", None).await.is(200).body["work"].clone();
    eventually("the others are listed by name", async || {
        let work = work().await;
        work[0]["group"] == made && names_them(work.to_string())
    })
    .await;
    let calls = house.cloud.ledger().iter().filter(|call| call.path.ends_with("/members")).count();
    assert!(calls < 60, "{calls} calls");
    let out = patch(json!([{"op": "remove", "path": "members", "value": value(&gone)}]));
    assert!(house.scim("PATCH", &path, Some(out)).await.status < 300);
    house.admin("POST", &format!("/work/group-{made}/retry"), None).await;
    eventually("nothing is left to do", async || work().await == json!([])).await;
    assert_eq!(inside(), 15);
}

#[tokio::test]
async fn a_member_call_without_an_answer_that_arrives_behind_its_opposite_is_put_right_minutes_later() {
    for add_first in [true, false] {
        let house = TestBridge::with(Setup { hurry: 50, deadline_s: 20, ..Setup::without_rules() });
        let id = house.scim("POST", "/Users", Some(agent("nora"))).await.is(201).id();
        let there: &[&str] = if add_first { &[] } else { &[&id] };
        let made = house.scim("POST", "/Groups", Some(group("Night Desk", there))).await.is(201).id();
        house.settled().await;
        let add = json!([{"op": "add", "path": "members", "value": [{ "value": id }]}]);
        let remove = json!([{"op": "remove", "path": "members", "value": [{ "value": id }]}]);
        let (first, second) = if add_first { (add, remove) } else { (remove, add) };
        let method = if add_first { "POST" } else { "DELETE" };
        house.cloud.fault(Fault::on(method, MEMBERS, FaultKind::ApplyThenDrop).once());
        let path = format!("/Groups/{made}");
        for operations in [first, second] {
            assert!(house.scim("PATCH", &path, Some(patch(operations))).await.status < 300);
        }
        house.settled().await;
        let inside = || house.cloud.snapshot()["groups"].to_string().contains(&id);
        assert_eq!(inside(), !add_first);
        // The first one's call, once more: it arrives only now.
        let groups = administrator(&house, "GET", "/api/v2/groups?pageSize=100", None).await;
        let desk = groups["entities"].as_array().unwrap().iter().find(|one| one["name"] == "Night Desk");
        let desk = format!("/api/v2/groups/{}/members", desk.unwrap()["id"].as_str().unwrap());
        if add_first {
            administrator(&house, "POST", &desk, Some(json!({ "memberIds": [id] }))).await;
        } else {
            administrator(&house, "DELETE", &format!("{desk}?ids={id}"), None).await;
        }
        eventually("it has arrived", async || inside() == add_first).await;
        eventually("it is as was answered last", async || inside() != add_first).await;
    }
}
