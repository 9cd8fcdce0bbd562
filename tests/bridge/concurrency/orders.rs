//! Changes that exclude each other: whatever comes first, the end is one that some order of the requests
//! would have given.

use std::time::Duration;

use genesys_cloud_emulator::{Fault, FaultKind};
use serde_json::{Value, json};

use super::race::{Entry, hire, house, plain, race, send, upstream};
use crate::support::bodies::patch;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_removal_among_changes_wins_and_nobody_is_half_there() {
    let house = house();
    for round in 0..6 {
        let name = format!("leaver{round}x");
        let id = hire(&house, &name, 1).await.remove(0);
        let path = format!("/Users/{id}");
        let change = |n: usize| {
            let change = json!([{"op": "replace", "path": "title", "value": format!("T{n}")}]);
            Entry::new("PATCH", &path, patch(change))
        };
        let mut entries: Vec<Entry> = (0..6).map(change).collect();
        entries.insert(round, Entry::new("DELETE", &path, Value::Null));
        let got = race(&house, entries).await;
        for (number, one) in got.iter().enumerate() {
            match number == round {
                true => assert_eq!(one.status, 204, "{one:?}"),
                // 204: it was done, and the user was gone before it could be shown.
                false => assert!(matches!(one.status, 200 | 204 | 404), "{one:?}"),
            }
        }
        assert_eq!(house.scim("GET", &path, None).await.status, 404, "round {round}");
        let address = format!("{name}00@aurora.example");
        let same = |one: &Value| one["email"] == address.as_str();
        assert_eq!(upstream(&house, "users", same).len(), 0, "nobody came back");
        assert_eq!(upstream(&house, "deleted_users", same).len(), 1);
        let filter = format!("/Users?filter=userName%20eq%20%22{address}%22");
        assert_eq!(house.scim("GET", &filter, None).await.body["totalResults"], 0);
    }
    house.settled().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_that_a_removal_overtakes_is_told_that_the_resource_is_gone() {
    let house = house();
    let ids = hire(&house, "late", 2).await;
    let made = house.scim("POST", "/Groups", Some(json!({"displayName": "Late"}))).await;
    let rename = json!([{"op": "replace", "path": "displayName", "value": "Later"}]);
    let add = json!([{"op": "add", "path": "members", "value": [{"value": ids[1]}]}]);
    let slow = || FaultKind::Delay(Duration::from_secs(4));
    for (fault, path, change) in [
        (Fault::on("PATCH", "/api/v2/scim/v2/users/{userId}", slow()), format!("/Users/{}", ids[0]), rename),
        (
            Fault::on("POST", "/api/v2/groups/{groupId}/members", slow()),
            format!("/Groups/{}", made.id()),
            add,
        ),
    ] {
        house.cloud.fault(fault.once());
        let change = {
            let (house, entry) = (house.clone(), Entry::new("PATCH", &path, patch(change)));
            tokio::spawn(async move { send(&house, &reqwest::Client::new(), &entry).await })
        };
        tokio::time::sleep(Duration::from_millis(250)).await;
        assert_eq!(house.scim("DELETE", &path, None).await.status, 204, "{path}");
        let change = change.await.unwrap();
        assert_eq!(change.status, 404, "not done, and for good: {change:?}");
        assert_eq!(house.scim("GET", &path, None).await.status, 404, "{path}");
    }
    assert_eq!(upstream(&house, "users", |one| one["email"] == "late00@aurora.example").len(), 0);
    assert_eq!(upstream(&house, "groups", |one| one["name"] == "Late").len(), 0);
    house.settled().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_removals_one_is_204_and_the_others_are_404() {
    let house = house();
    let id = hire(&house, "removed", 1).await.remove(0);
    let made = house.scim("POST", "/Groups", Some(json!({"displayName": "Removed"}))).await;
    for path in [format!("/Users/{id}"), format!("/Groups/{}", made.id())] {
        let got = race(&house, vec![Entry::new("DELETE", &path, Value::Null); 8]).await;
        let mut statuses: Vec<u16> = got.iter().map(|one| one.status).collect();
        statuses.sort_unstable();
        assert_eq!(statuses, [204, 404, 404, 404, 404, 404, 404, 404], "{path}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_put_and_a_patch_at_once_end_in_one_of_the_two_orders() {
    let house = house();
    for round in 0..8 {
        let name = format!("order{round}x");
        let path = format!("/Users/{}", hire(&house, &name, 1).await.remove(0));
        let start = json!([{"op": "add", "value": {"title": "0", "nickName": "0", "userType": "0"}}]);
        assert_eq!(house.scim("PATCH", &path, Some(patch(start))).await.status, 200);
        let mut whole = plain(&format!("{name}00"));
        whole["title"] = json!("put");
        whole["nickName"] = json!("put");
        let change = json!([{"op": "replace", "value": {"title": "patch", "locale": "patch"}}]);
        let entries = vec![Entry::new("PUT", &path, whole), Entry::new("PATCH", &path, patch(change))];
        let got = race(&house, entries).await;
        assert_eq!((got[0].status, got[1].status), (200, 200), "{got:?}");
        let user = house.scim("GET", &path, None).await;
        let seen =
            ["title", "nickName", "userType", "locale"].map(|at| user.body[at].as_str().unwrap_or("-"));
        let orders = [["patch", "put", "-", "patch"], ["put", "put", "-", "-"]];
        assert!(orders.contains(&seen), "round {round}: neither order gives {seen:?}");
        assert_eq!(user.etag, "W/\"4\"", "two changes");
        let there = upstream(&house, "users", |one| one["email"] == format!("{name}00@aurora.example"));
        assert_eq!(there[0]["title"], user.body["title"], "Genesys Cloud agrees");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_put_of_members_and_additions_at_once_end_in_one_of_the_orders() {
    let house = house();
    let ids = hire(&house, "member", 4).await;
    for round in 0..4 {
        let body = |members: &[&String]| {
            let members: Vec<Value> = members.iter().map(|id| json!({"value": id})).collect();
            json!({"displayName": format!("Orders {round}"), "members": members})
        };
        let made = house.scim("POST", "/Groups", Some(body(&[&ids[0]]))).await;
        let path = format!("/Groups/{}", made.id());
        let add = |id: &String| {
            let add = json!([{"op": "add", "path": "members", "value": [{"value": id}]}]);
            Entry::new("PATCH", &path, patch(add))
        };
        let entries = vec![add(&ids[1]), Entry::new("PUT", &path, body(&[&ids[2]])), add(&ids[3])];
        let got = race(&house, entries).await;
        assert!(got.iter().all(|one| one.status == 200), "{got:?}");
        let group = house.scim("GET", &path, None).await.body;
        let members = group["members"].as_array().unwrap();
        let has = |at: usize| members.iter().any(|one| one["value"] == ids[at].as_str());
        assert!(has(2), "whom the PUT named is in, whatever came first: {group}");
        assert!(!has(0), "who was there before the PUT is out: {group}");
        assert_eq!(members.len(), 1 + usize::from(has(1)) + usize::from(has(3)), "{group}");
        let there = upstream(&house, "groups", |one| one["name"] == format!("Orders {round}"));
        assert_eq!(there[0]["members"].as_array().unwrap().len(), members.len(), "Genesys Cloud agrees");
    }
}
