//! RFC 7643 sections 4.1.2 and 4.2: groups, their members, and the groups of a user.

use serde_json::json;

use super::bench::{PUBLIC, bench};
use crate::support::bodies::{GROUP, patch, user};

#[tokio::test]
async fn membership_is_changed_at_the_group_and_shown_at_the_user_by_id_and_address() {
    let bench = bench();
    let id = bench.user("member", json!({})).await.id();
    let group = bench.group("Members", &[&id]).await;
    let wanted = json!({"value": id, "$ref": format!("{PUBLIC}/Users/{id}"), "type": "User"});
    assert_eq!(group.body["members"], json!([wanted]));
    let shown = bench.get(&format!("/Users/{id}")).await;
    let wanted = json!({"value": group.id(), "$ref": format!("{PUBLIC}/Groups/{}", group.id()), "display": "Members", "type": "direct"});
    assert_eq!(shown.body["groups"], json!([wanted]));
    let put = bench.call("PUT", &format!("/Users/{id}"), Some(user("member", json!({"groups": []})))).await;
    assert_eq!(put.body["groups"], shown.body["groups"], "not by way of the user");
    let gone = bench
        .patch(
            &format!("/Groups/{}", group.id()),
            json!([{"op": "remove", "path": format!("members[value eq \"{id}\"]")}]),
        )
        .await;
    assert!(gone.body.get("members").is_none_or(|it| it == &json!([])), "{gone:?}");
    assert!(bench.get(&format!("/Users/{id}")).await.body.get("groups").is_none_or(|it| it == &json!([])));
}

#[tokio::test]
async fn a_reference_leads_to_the_resource_it_names() {
    let bench = bench();
    let id = bench.user("referenced", json!({})).await.id();
    let group = bench.group("Referenced", &[&id]).await;
    let to = group.at("/members/0/$ref").as_str().unwrap().strip_prefix(PUBLIC).unwrap().to_owned();
    assert_eq!(bench.get(&to).await.id(), id);
    let back =
        bench.get(&to).await.at("/groups/0/$ref").as_str().unwrap().strip_prefix(PUBLIC).unwrap().to_owned();
    assert_eq!(bench.get(&back).await.id(), group.id());
}

#[tokio::test]
async fn a_group_needs_a_display_name_and_the_parts_of_a_member_are_immutable() {
    let bench = bench();
    for name in [json!(null), json!(""), json!(" ")] {
        let body = json!({"schemas": [GROUP], "displayName": name});
        bench.call("POST", "/Groups", Some(body)).await.is_error(400, Some("invalidValue"));
    }
    let id = bench.user("immutable", json!({})).await.id();
    let path = format!("/Groups/{}", bench.group("Immutable", &[&id]).await.id());
    for part in ["value", "type"] {
        let operation = json!([{"op": "remove", "path": format!("members[value eq \"{id}\"].{part}")}]);
        bench.patch(&path, operation).await.is_error(400, Some("mutability"));
    }
    assert_eq!(bench.get(&path).await.at("/members/0/value"), &json!(id));
}

#[tokio::test]
async fn a_patch_of_a_large_group_that_names_attributes_is_200_with_them() {
    let bench = bench();
    let mut ids = Vec::new();
    for n in 0..3 {
        ids.push(bench.user(&format!("crowd-{n}"), json!({})).await.id());
    }
    let path = format!("/Groups/{}", bench.group("Crowd", &[]).await.id());
    let members: Vec<_> = ids.iter().map(|id| json!({"value": id})).collect();
    let operations = patch(json!([{"op": "add", "path": "members", "value": members}]));
    let got = bench.call("PATCH", &format!("{path}?attributes=displayName"), Some(operations)).await;
    assert_eq!((got.status, got.keys()), (200, vec!["schemas", "id", "displayName"]), "{got:?}");
}
