//! RFC 7644 section 3.3: creating resources, and the codes of success.

use serde_json::json;

use super::bench::{PUBLIC, bench};
use crate::support::bodies::{CORE, GROUP, address, user};

#[tokio::test]
async fn what_was_created_is_answered_201_with_its_whole_self_and_its_address_twice() {
    let bench = bench();
    let sent = json!({"title": "Agent", "name": {"givenName": "Nora"}, "externalId": "e-created"});
    let got = bench.user("created", sent).await;
    assert_eq!(got.status, 201);
    let address = format!("{PUBLIC}/Users/{}", got.id());
    assert_eq!((got.header("location"), &got.body["meta"]["location"]), (address.as_str(), &json!(address)));
    assert_eq!(got.header("content-location"), address, "RFC 7643 section 3.1: the same");
    assert_eq!((&got.body["title"], &got.body["externalId"]), (&json!("Agent"), &json!("e-created")));
    let read = bench.get(&format!("/Users/{}", got.id())).await;
    assert_eq!(read.body, got.body, "and that is what is there");
    let group = bench.group("Created", &[]).await;
    let address = format!("{PUBLIC}/Groups/{}", group.id());
    assert_eq!(
        (group.header("location"), &group.body["meta"]["location"]),
        (address.as_str(), &json!(address))
    );
}

#[tokio::test]
async fn the_endpoint_decides_the_resource_type() {
    let bench = bench();
    let made = bench.user("typed", json!({"meta": {"resourceType": "Group"}})).await;
    assert_eq!(made.body["meta"]["resourceType"], "User");
    assert_eq!(bench.group("Typed", &[]).await.body["meta"]["resourceType"], "Group");
}

#[tokio::test]
async fn read_only_attributes_of_a_new_resource_are_passed_over() {
    let bench = bench();
    let made = bench
        .user("read-only-post", json!({"id": "x", "groups": [{"value": "g"}], "meta": {"version": "v"}}))
        .await;
    assert_ne!(made.id(), "x");
    assert!(made.body.get("groups").is_none_or(|it| it == &json!([])), "{made:?}");
    assert_eq!(made.body["meta"]["version"], "W/\"1\"");
}

#[tokio::test]
async fn a_name_that_is_taken_is_409_uniqueness_for_users_and_groups() {
    let bench = bench();
    bench.user("taken", json!({})).await;
    bench.call("POST", "/Users", Some(user("taken", json!({})))).await.is_error(409, Some("uniqueness"));
    bench.group("Taken", &[]).await;
    let again = json!({"schemas": [GROUP], "displayName": "Taken"});
    bench.call("POST", "/Groups", Some(again)).await.is_error(409, Some("uniqueness"));
}

#[tokio::test]
async fn answers_show_what_the_service_made_of_it_and_not_what_was_sent() {
    let bench = bench();
    let sent = json!({"schemas": [CORE], "USERNAME": address("interpreted"), "active": "True", "nickname": "N", "id": "x"});
    let got = bench.call("POST", "/Users", Some(sent)).await;
    assert_eq!(got.status, 201, "{got:?}");
    assert_eq!(got.body["userName"], address("interpreted"));
    assert_eq!(got.body["active"], true);
    assert_eq!(got.body["nickName"], "N");
    assert!(got.body.get("USERNAME").is_none() && got.body.get("nickname").is_none());
}
