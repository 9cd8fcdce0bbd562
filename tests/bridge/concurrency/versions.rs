//! One user changed from many connections, with and without `If-Match` (RFC 7644 section 3.14).

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::race::{Entry, RACERS, counted, hire, house, race, send, upstream};
use crate::support::bodies::patch;

const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/// As many places as there are racers, each with the pointer under which its value is read back.
fn places() -> Vec<(String, String)> {
    let mut places = Vec::new();
    for name in [
        "displayName",
        "title",
        "nickName",
        "profileUrl",
        "preferredLanguage",
        "locale",
        "timezone",
        "userType",
    ] {
        places.push((name.to_owned(), format!("/{name}")));
    }
    for name in ["givenName", "familyName", "middleName", "honorificPrefix", "honorificSuffix", "formatted"] {
        places.push((format!("name.{name}"), format!("/name/{name}")));
    }
    for name in ["employeeNumber", "costCenter", "organization", "department"] {
        places.push((format!("{ENTERPRISE}:{name}"), format!("/{ENTERPRISE}/{name}")));
    }
    for (list, sub) in [("addresses", "locality"), ("addresses", "country"), ("ims", "value")] {
        for kind in ["work", "other"] {
            places.push((format!("{list}[type eq \"{kind}\"].{sub}"), format!("{list}/{kind}/{sub}")));
        }
    }
    places
}

/// The value at a pointer, where `list/type/sub` means the element of that type.
fn at<'a>(user: &'a Value, pointer: &str) -> Option<&'a str> {
    if pointer.starts_with('/') {
        return user.pointer(pointer).and_then(Value::as_str);
    }
    let [list, kind, sub] = pointer.split('/').collect::<Vec<_>>()[..] else { panic!("{pointer}") };
    let mut of_kind = user[list].as_array()?.iter().filter(|one| one["type"] == kind);
    let found = of_kind.next()?[sub].as_str();
    assert!(of_kind.next().is_none(), "{list} of type {kind} is there twice: {user}");
    found
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_24_changes_of_24_attributes_without_a_version_none_is_lost() {
    let house = house();
    let path = format!("/Users/{}", hire(&house, "many", 1).await.remove(0));
    let places = places();
    assert_eq!(places.len(), RACERS);
    let entries = places.iter().map(|(place, _)| {
        Entry::new(
            "PATCH",
            &path,
            patch(json!([{"op": "add", "path": place, "value": format!("v {place}")}])),
        )
    });
    let got = race(&house, entries.collect()).await;
    assert_eq!(counted(&got), [(200, RACERS)].into(), "{got:?}");
    for ((place, pointer), got) in places.iter().zip(&got) {
        assert_eq!(at(&got.body, pointer), Some(format!("v {place}").as_str()), "in its own answer: {got:?}");
    }
    let user = house.scim("GET", &path, None).await;
    for (place, pointer) in &places {
        assert_eq!(at(&user.body, pointer), Some(format!("v {place}").as_str()), "{place}: {user:?}");
    }
    assert_eq!(user.etag, format!("W/\"{}\"", RACERS + 1), "each counted once");
    let there = upstream(&house, "users", |one| one["email"] == "many00@aurora.example");
    assert_eq!(
        (&there[0]["title"], &there[0]["name"], &there[0]["department"]),
        (&json!("v title"), &json!("v displayName"), &json!(format!("v {ENTERPRISE}:department"))),
        "and Genesys Cloud has the last word of each"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_24_changes_of_one_version_exactly_one_is_done_and_23_are_412() {
    let house = house();
    let path = format!("/Users/{}", hire(&house, "one", 1).await.remove(0));
    for round in 0..3 {
        let tag = house.scim("GET", &path, None).await.etag;
        let entries = (0..RACERS).map(|number| {
            let title = format!("title {round} {number}");
            let change = json!([{"op": "replace", "path": "title", "value": title}]);
            Entry { if_match: Some(tag.clone()), ..Entry::new("PATCH", &path, patch(change)) }
        });
        let got = race(&house, entries.collect()).await;
        assert_eq!(counted(&got), [(200, 1), (412, RACERS - 1)].into(), "round {round}");
        let winner = got.iter().position(|one| one.status == 200).unwrap();
        let user = house.scim("GET", &path, None).await;
        assert_eq!(user.body["title"], format!("title {round} {winner}"), "the winner's and nobody else's");
        assert_eq!(user.etag, got[winner].etag);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_changes_of_one_version_of_a_group_exactly_one_is_done() {
    let house = house();
    let ids = hire(&house, "grp", 8).await;
    let made = house.scim("POST", "/Groups", Some(json!({"displayName": "Versions"}))).await;
    let path = format!("/Groups/{}", made.id());
    let entries = ids.iter().map(|id| {
        let add = json!([{"op": "add", "path": "members", "value": [{"value": id}]}]);
        Entry { if_match: Some(made.etag.clone()), ..Entry::new("PATCH", &path, patch(add)) }
    });
    let got = race(&house, entries.collect()).await;
    assert_eq!(counted(&got), [(200, 1), (412, 7)].into(), "{got:?}");
    let winner = got.iter().position(|one| one.status == 200).unwrap();
    let group = house.scim("GET", &path, None).await.body;
    assert_eq!(group["members"].as_array().unwrap().len(), 1, "{group}");
    assert_eq!(group["members"][0]["value"], ids[winner].as_str());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_counter_read_and_written_back_with_its_version_ends_at_the_number_of_successes() {
    let house = house();
    let path = format!("/Users/{}", hire(&house, "count", 1).await.remove(0));
    let zero = patch(json!([{"op": "add", "path": "title", "value": "0"}]));
    assert_eq!(house.scim("PATCH", &path, Some(zero)).await.status, 200);
    let mut clients = Vec::new();
    for client in 0..6 {
        let (house, path) = (house.clone(), path.clone());
        clients.push(tokio::spawn(async move {
            let http = reqwest::Client::new();
            let mut done = Vec::new();
            for attempt in 0..200 {
                if done.len() == 5 {
                    return done;
                }
                let read = send(&house, &http, &Entry::new("GET", &path, Value::Null)).await;
                let next = read.body["title"].as_str().unwrap().parse::<u32>().unwrap() + 1;
                // Every second client writes the whole resource back, the others change the one attribute.
                let mut entry = if client % 2 == 0 {
                    let change = json!([{"op": "replace", "path": "title", "value": next.to_string()}]);
                    Entry::new("PATCH", &path, patch(change))
                } else {
                    let mut whole = read.body.clone();
                    whole["title"] = json!(next.to_string());
                    Entry::new("PUT", &path, whole)
                };
                entry.if_match = Some(read.etag);
                match send(&house, &http, &entry).await.status {
                    200 => done.push(next),
                    412 => {}
                    other => panic!("attempt {attempt}: {other}"),
                }
            }
            panic!("200 attempts did not give 5 successes");
        }));
    }
    let mut written = BTreeSet::new();
    for client in clients {
        for value in client.await.unwrap() {
            assert!(written.insert(value), "{value} was written twice: one increment was lost");
        }
    }
    assert_eq!(written, (1..=30).collect());
    assert_eq!(house.scim("GET", &path, None).await.body["title"], "30");
}
