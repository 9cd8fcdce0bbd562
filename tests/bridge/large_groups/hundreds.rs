//! Hundreds of members: the largest requests that connectors are known to send, and the border between 200
//! and 204.

use std::time::Duration;

use genesys_cloud_emulator::{Fault, FaultKind};
use serde_json::{Value, json};

use super::crowd::{Crowd, entries, set};
use crate::support::bodies::patch;
use crate::support::setup::Setup;
use crate::support::wait::eventually;

#[tokio::test]
async fn one_patch_adds_256_members_and_another_removes_all_but_one() {
    let crowd = Crowd::of(300, Setup::default()).await;
    let made =
        crowd.bridge.scim("POST", "/Groups", Some(json!({"displayName": "Push", "members": []}))).await;
    let path = format!("/Groups/{}", made.id());
    let (some, rest) = crowd.ids.split_at(256);
    let add = patch(json!([{"op": "add", "path": "members", "value": entries(some)}]));
    let got = crowd.quick("PATCH", &path, Some(add.clone())).await;
    assert_eq!(got.status, 200, "up to 500 members the resource is shown: {got:?}");
    assert_eq!(got.body["members"].as_array().unwrap().len(), 256);
    assert_eq!(crowd.quick("PATCH", &path, Some(add)).await.etag, got.etag, "again: nothing changed");
    assert_eq!(crowd.members(&path).await, set(some));
    assert_eq!(crowd.upstream("Push"), set(some));
    // One operation for each member in one request, as Okta removes them, with strangers among them.
    let remove = |id: &String| json!({"op": "remove", "path": format!("members[value eq \"{id}\"]")});
    let operations: Value = some[1..].iter().chain(rest).map(remove).collect();
    let got = crowd.quick("PATCH", &path, Some(patch(operations))).await;
    assert_eq!(got.status, 200, "{got:?}");
    assert_eq!(crowd.members(&path).await, set(&some[..1]));
    assert_eq!(crowd.upstream("Push"), set(&some[..1]));
}

#[tokio::test]
async fn a_patch_of_more_than_500_members_is_answered_204_with_its_version_and_no_body() {
    let crowd = Crowd::of(502, Setup::default()).await;
    let body = json!({"displayName": "Border", "members": entries(&crowd.ids[..499])});
    let made = crowd.quick("POST", "/Groups", Some(body)).await;
    assert_eq!(made.status, 201, "{made:?}");
    let path = format!("/Groups/{}", made.id());
    for (at, status) in [(499, 200), (500, 204), (501, 204)] {
        let add = patch(json!([{"op": "add", "path": "members", "value": entries(&crowd.ids[at..=at])}]));
        let got = crowd.quick("PATCH", &path, Some(add)).await;
        assert_eq!(got.status, status, "the {at}th: {got:?}");
        assert_eq!(got.etag, format!("W/\"{}\"", at - 497));
        assert_eq!(got.body == Value::String(String::new()), status == 204, "{got:?}");
    }
    assert_eq!(crowd.members(&path).await, set(&crowd.ids));
}

#[tokio::test]
async fn a_group_that_takes_genesys_longer_than_the_client_waits_is_acknowledged_and_goes_on() {
    // 1,500 members are 30 calls; each takes a while here.
    let crowd = Crowd::of(1500, Setup { deadline_s: 2, ..Setup::default() }).await;
    let slow = FaultKind::Delay(Duration::from_millis(200));
    crowd.bridge.cloud.fault(Fault::on("POST", "/api/v2/groups/{groupId}/members", slow));
    let body = json!({"displayName": "Slow", "members": entries(&crowd.ids)});
    let (made, _) = crowd.timed("POST", "/Groups", Some(body)).await;
    assert_eq!(made.status, 201, "{}", made.body["detail"]);
    let path = format!("/Groups/{}", made.id());
    assert_eq!(crowd.members(&path).await.len(), 1500, "all of them are seen at once");
    assert!(made.retry_after.is_some(), "pending, and it says when to look again");
    // A change of the same group waits its turn, and says so when that takes too long; sent again, it is
    // done.
    let remove = patch(json!([{"op": "remove", "path": format!("members[value eq \"{}\"]", crowd.ids[0])}]));
    let (got, _) = crowd.timed("PATCH", &path, Some(remove.clone())).await;
    assert!(got.status == 204 || got.status == 503 && got.retry_after.is_some(), "{got:?}");
    eventually("the removal is done", async || {
        crowd.bridge.scim("PATCH", &path, Some(remove.clone())).await.status == 204
    })
    .await;
    crowd.bridge.settled().await;
    assert_eq!(crowd.members(&path).await, set(&crowd.ids[1..]));
    assert_eq!(crowd.upstream("Slow"), set(&crowd.ids[1..]));
}
