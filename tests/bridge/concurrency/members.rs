//! Members of one group from many connections: every addition and removal is a difference, none overwrites
//! another.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use genesys_cloud_emulator::{Fault, FaultKind};
use serde_json::{Value, json};

use super::race::{Entry, RACERS, hire, house, race, send, upstream};
use crate::support::bodies::patch;
use crate::support::bridge::TestBridge;
use crate::support::wait::eventually;

fn add(group: &str, id: &str) -> Entry {
    let value = json!([{"value": id}]);
    Entry::new("PATCH", group, patch(json!([{"op": "add", "path": "members", "value": value}])))
}

/// Every second removal in Entra's form, the others in Okta's.
fn remove(group: &str, number: usize, id: &str) -> Entry {
    let operation = if number.is_multiple_of(2) {
        json!({"op": "Remove", "path": "members", "value": [{"$ref": null, "value": id}]})
    } else {
        json!({"op": "remove", "path": format!("members[value eq \"{id}\"]")})
    };
    Entry::new("PATCH", group, patch(json!([operation])))
}

async fn group(house: &Arc<TestBridge>, name: &str, members: &[String]) -> String {
    let members: Vec<Value> = members.iter().map(|id| json!({"value": id})).collect();
    let body = json!({"displayName": name, "members": members});
    let got = house.scim("POST", "/Groups", Some(body)).await;
    assert_eq!(got.status, 201, "{got:?}");
    format!("/Groups/{}", got.id())
}

/// The members as the identity provider sees them, from both sides, which must be those that Genesys Cloud
/// has.
async fn members(house: &Arc<TestBridge>, path: &str) -> BTreeSet<String> {
    let group = house.scim("GET", path, None).await.body;
    let list = |value: &Value| -> BTreeSet<String> {
        let items = value.as_array().into_iter().flatten();
        items.map(|one| one["value"].as_str().or(one.as_str()).unwrap().to_owned()).collect()
    };
    let here = list(&group["members"]);
    let there = upstream(house, "groups", |one| one["name"] == group["displayName"]);
    assert_eq!(there.len(), 1, "{there:?}");
    assert_eq!(list(&there[0]["members"]), here, "Genesys Cloud has the same members");
    let filter = format!("/Users?count=1000&filter=groups.value%20eq%20%22{}%22", &path["/Groups/".len()..]);
    let derived = house.scim("GET", &filter, None).await.body;
    let ids =
        derived["Resources"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap().to_owned());
    assert_eq!(ids.collect::<BTreeSet<_>>(), here, "groups of the users is derived");
    here
}

fn all_done(got: &[crate::support::client::Response]) {
    for one in got {
        assert!(matches!(one.status, 200 | 204), "{one:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn additions_and_removals_of_single_members_from_24_connections_are_all_done() {
    let house = house();
    let ids = hire(&house, "crew", RACERS).await;
    let path = group(&house, "Crew", &[]).await;
    let got = race(&house, ids.iter().map(|id| add(&path, id)).collect()).await;
    all_done(&got);
    assert_eq!(members(&house, &path).await, ids.iter().cloned().collect(), "none lost");
    // An answer shows the group as it is when it is read, perhaps with later changes in it; the last version
    // counts them all.
    let last =
        got.iter().filter_map(|got| got.etag.trim_matches(['W', '/', '"']).parse::<usize>().ok()).max();
    assert_eq!(last, Some(RACERS + 1), "each was a change of its own");
    let (stay, leave) = ids.split_at(RACERS / 2);
    let removals = leave.iter().enumerate().map(|(number, id)| remove(&path, number, id));
    all_done(&race(&house, removals.collect()).await);
    assert_eq!(members(&house, &path).await, stay.iter().cloned().collect(), "those and nobody else");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn additions_removals_and_renames_of_one_group_do_not_disturb_each_other() {
    let house = house();
    let ids = hire(&house, "mixed", RACERS).await;
    let (there, coming) = ids.split_at(RACERS / 2);
    let path = group(&house, "Mixed", there).await;
    let mut entries: Vec<Entry> = coming.iter().map(|id| add(&path, id)).collect();
    entries.extend(there.iter().skip(2).enumerate().map(|(number, id)| remove(&path, number, id)));
    let rename = json!([{"op": "replace", "value": {"displayName": "Renamed"}}]);
    entries.push(Entry::new("PATCH", &path, patch(rename)));
    entries.push(Entry::new(
        "PATCH",
        &path,
        patch(json!([{"op": "add", "path": "externalId", "value": "e"}])),
    ));
    all_done(&race(&house, entries).await);
    let wanted: BTreeSet<String> = coming.iter().chain(&there[..2]).cloned().collect();
    assert_eq!(members(&house, &path).await, wanted);
    let group = house.scim("GET", &path, None).await.body;
    assert_eq!((&group["displayName"], &group["externalId"]), (&json!("Renamed"), &json!("e")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_member_added_and_removed_by_everybody_is_in_or_out_and_never_twice() {
    let house = house();
    let ids = hire(&house, "same", 2).await;
    let path = group(&house, "Same", &ids[..1]).await;
    all_done(&race(&house, vec![add(&path, &ids[1]); RACERS]).await);
    let shown = house.scim("GET", &path, None).await.body;
    assert_eq!(shown["members"].as_array().unwrap().len(), 2, "once: {shown}");
    let mut entries = vec![add(&path, &ids[1]); RACERS / 2];
    entries.extend((0..RACERS / 2).map(|number| remove(&path, number, &ids[1])));
    all_done(&race(&house, entries).await);
    let left = members(&house, &path).await;
    assert!(left.contains(&ids[0]) && left.len() <= 2, "{left:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_member_whose_removal_genesys_heard_of_first_is_refused_as_nobody() {
    let house = house();
    let ids = hire(&house, "left", 2).await;
    let path = group(&house, "Left", &ids[..1]).await;
    // The user is gone in Genesys Cloud long before the bridge hears of it.
    let late = FaultKind::ApplyThenDelay(Duration::from_millis(700));
    house.cloud.fault(Fault::on("DELETE", "/api/v2/scim/v2/users/{userId}", late).once());
    let leave = {
        let (house, entry) =
            (house.clone(), Entry::new("DELETE", &format!("/Users/{}", ids[1]), Value::Null));
        tokio::spawn(async move { send(&house, &reqwest::Client::new(), &entry).await })
    };
    tokio::time::sleep(Duration::from_millis(250)).await;
    let got = send(&house, &house.http, &add(&path, &ids[1])).await;
    assert_eq!((got.status, &got.body["scimType"]), (400, &json!("invalidValue")), "{got:?}");
    assert!(got.body["detail"].as_str().unwrap().contains("no user"), "{got:?}");
    assert_eq!(leave.await.unwrap().status, 204);
    assert_eq!(members(&house, &path).await, ids[..1].iter().cloned().collect());
    house.settled().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_user_removed_while_being_added_leaves_no_member_behind() {
    let house = house();
    for round in 0..4 {
        let ids = hire(&house, &format!("gone{round}x"), 2).await;
        let path = group(&house, &format!("Gone {round}"), &ids[..1]).await;
        let mut entries = vec![add(&path, &ids[1]); 4];
        entries.push(Entry::new("DELETE", &format!("/Users/{}", ids[1]), Value::Null));
        let got = race(&house, entries).await;
        assert_eq!(got[4].status, 204, "{:?}", got[4]);
        assert!(got[..4].iter().all(|one| matches!(one.status, 200 | 204 | 400)), "{got:?}");
        // The records of the removal and of an addition may cross; the end of the removal's saga clears that up.
        eventually(&format!("round {round}: one member is left"), async || {
            let shown = house.scim("GET", &path, None).await.body;
            let members = shown["members"].as_array().unwrap();
            members.iter().map(|one| &one["value"]).eq([&json!(ids[0])])
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_members_of_one_group_who_are_removed_at_once_are_all_gone_and_the_group_says_so() {
    let house = house();
    let ids = hire(&house, "leaves", 400).await;
    let members: Vec<Value> = ids.iter().map(|id| json!({ "value": id })).collect();
    let group = json!({ "displayName": "Closing Desk", "members": members });
    let made = house.scim("POST", "/Groups", Some(group)).await.is(201);
    house.settled().await;
    let entries = ids.iter().map(|id| Entry::new("DELETE", &format!("/Users/{id}"), Value::Null)).collect();
    for got in race(&house, entries).await {
        assert_eq!(got.status, 204, "{got:?}");
    }
    house.settled().await;
    let shown = house.scim("GET", &format!("/Groups/{}", made.id()), None).await.is(200).body;
    assert_eq!(shown["members"].as_array().map_or(0, Vec::len), 0);
    assert_eq!(shown["meta"]["version"], format!("W/\"{}\"", 1 + ids.len()), "each made it another group");
}
