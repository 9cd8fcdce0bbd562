//! A group of 20,000 members, from its creation in one request to the empty list that clears it.

use genesys_scim_bridge::testing::limits;
use serde_json::{Value, json};

use super::crowd::{Crowd, entries, set};
use crate::support::bodies::patch;
use crate::support::setup::Setup;

const NAME: &str = "Everybody";

async fn made(crowd: &Crowd, members: &[String]) -> String {
    let body = json!({"displayName": NAME, "members": entries(members)});
    assert!(body.to_string().len() < limits::BODY_BYTES, "the longest form fits into one request");
    let (got, took) = crowd.timed("POST", "/Groups?excludedAttributes=members", Some(body)).await;
    assert_eq!((got.status, got.body.get("members")), (201, None), "{}", got.body["detail"]);
    assert!(took.as_secs() < 60, "connectors wait a minute: {took:?}");
    format!("/Groups/{}", got.id())
}

fn add(ids: &[String]) -> Option<Value> {
    Some(patch(json!([{"op": "add", "path": "members", "value": entries(ids)}])))
}

#[tokio::test]
async fn a_group_of_20_000_members_is_made_changed_renamed_and_cleared() {
    let crowd = Crowd::of(limits::MEMBERS_PER_REQUEST + 2, Setup::default()).await;
    let (members, new) = crowd.ids.split_at(limits::MEMBERS_PER_REQUEST);
    let path = made(&crowd, members).await;
    crowd.bridge.settled().await;
    assert_eq!(crowd.upstream(NAME), set(members), "in calls of 50");
    // Without members it is as quick to read as any other.
    let lean = crowd.quick("GET", &format!("{path}?excludedAttributes=members"), None).await;
    assert!(lean.body.to_string().len() < 1000 && lean.body.get("members").is_none(), "{lean:?}");
    let by_name = "/Groups?excludedAttributes=members&filter=displayName%20eq%20%22everybody%22";
    assert_eq!(crowd.quick("GET", by_name, None).await.body["Resources"][0], lean.body);
    assert_eq!(crowd.members(&path).await, set(members));
    // One more, one fewer, in every form: a difference each, and no body.
    for (body, wanted) in [
        (add(new), [members, new].concat()),
        (
            Some(patch(json!([{"op": "remove", "path": format!("members[value eq \"{}\"]", new[0])}]))),
            [members, &new[1..]].concat(),
        ),
        (
            Some(patch(json!([{"op": "Remove", "path": "members", "value": [{"value": new[1]}]}]))),
            members.to_vec(),
        ),
    ] {
        let got = crowd.quick("PATCH", &path, body).await;
        assert_eq!((got.status, &got.body), (204, &json!("")), "{got:?}");
        assert_eq!(crowd.members(&path).await, set(&wanted));
        assert_eq!(crowd.upstream(NAME), set(&wanted));
    }
    // The user's side is derived from the same keys.
    let user = crowd.quick("GET", &format!("/Users/{}", members[7]), None).await;
    assert_eq!(user.body["groups"][0]["display"], NAME, "{user:?}");
    let of_user =
        format!("/Groups?excludedAttributes=members&filter=members.value%20eq%20%22{}%22", members[7]);
    assert_eq!(
        crowd.quick("GET", &of_user, None).await.body["totalResults"],
        1,
        "or looked for from the group's"
    );
    renamed(&crowd, &path).await;
    // A replacement by nearly the same members is a small change, however many it names.
    let exchanged = [&members[1..], &new[..1]].concat();
    let body = json!({"displayName": "All", "members": entries(&exchanged)});
    let got = crowd.quick("PUT", &format!("{path}?excludedAttributes=members"), Some(body)).await;
    assert_eq!(got.status, 200, "{}", got.body["detail"]);
    assert_eq!(crowd.members(&path).await, set(&exchanged));
    assert_eq!(crowd.upstream("All"), set(&exchanged));
    // Grown beyond what one request may name, it is still cleared by one.
    let rest = [members[0].clone(), new[1].clone()];
    assert_eq!(crowd.quick("PATCH", &path, add(&rest)).await.status, 204);
    assert_eq!(crowd.members(&path).await, set(&crowd.ids));
    let clear = patch(json!([{"op": "replace", "path": "members", "value": []}]));
    let (got, took) = crowd.timed("PATCH", &path, Some(clear)).await;
    assert_eq!((got.status, &got.body["members"]), (200, &json!([])), "{}", got.body["detail"]);
    assert!(took.as_secs() < 60, "{took:?}");
    crowd.bridge.settled().await;
    assert!(crowd.members(&path).await.is_empty() && crowd.upstream("All").is_empty());
}

/// Names and other attributes change; nobody comes or goes.
async fn renamed(crowd: &Crowd, path: &str) {
    let before = crowd.members(path).await;
    for operation in [
        json!({"op": "Replace", "path": "displayName", "value": "Renamed"}),
        json!({"op": "replace", "value": {"id": path.strip_prefix("/Groups/"), "displayName": "Again"}}),
        json!({"op": "add", "path": "externalId", "value": "e"}),
    ] {
        let got = crowd.quick("PATCH", path, Some(patch(json!([operation])))).await;
        assert_eq!(got.status, 204, "{operation}: {got:?}");
    }
    let put = crowd
        .quick("PUT", &format!("{path}?attributes=displayName"), Some(json!({"displayName": "All"})))
        .await;
    assert_eq!((put.status, &put.body["displayName"]), (200, &json!("All")), "{put:?}");
    assert_eq!(crowd.members(path).await, before);
    assert_eq!(crowd.upstream("All"), before);
}

#[tokio::test]
async fn a_request_that_names_too_many_or_somebody_unknown_is_refused_and_changes_nothing() {
    let crowd = Crowd::of(10, Setup::default()).await;
    let path = made(&crowd, &crowd.ids).await;
    let before = crowd.bridge.scim("GET", &path, None).await.body;
    let strangers = |number: usize| -> Vec<String> {
        (0..number).map(|n| format!("00000000-dead-4000-8000-{n:012}")).collect()
    };
    let most = limits::MEMBERS_PER_REQUEST;
    for (number, status, word) in [(most, 400, "no user"), (most + 1, 413, "20000")] {
        let got = crowd.quick("PATCH", &path, add(&strangers(number))).await;
        assert_eq!(got.status, status, "{got:?}");
        assert!(got.body["detail"].as_str().unwrap().contains(word), "{got:?}");
    }
    assert_eq!(crowd.bridge.scim("GET", &path, None).await.body, before);
    // Removing strangers is no fault, however many.
    let remove = json!([{"op": "Remove", "path": "members", "value": entries(&strangers(most))}]);
    assert_eq!(crowd.quick("PATCH", &path, Some(patch(remove))).await.body, before);
}
