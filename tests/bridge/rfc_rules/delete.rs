//! RFC 7644 section 3.6: deleting resources.

use serde_json::json;

use super::bench::bench;
use crate::support::bodies::{GROUP, patch, user};

#[tokio::test]
async fn a_deleted_user_is_204_and_then_404_for_every_operation_and_in_no_list() {
    let bench = bench();
    let id = bench.user("deleted", json!({"externalId": "e-deleted"})).await.id();
    let path = format!("/Users/{id}");
    let got = bench.call("DELETE", &path, None).await;
    assert_eq!((got.status, got.body.as_str()), (204, Some("")), "{got:?}");
    let patch = patch(json!([{"op": "replace", "path": "title", "value": "t"}]));
    for (method, body) in
        [("GET", None), ("PUT", Some(user("deleted", json!({})))), ("PATCH", Some(patch)), ("DELETE", None)]
    {
        bench.call(method, &path, body).await.is_error(404, None);
    }
    for filter in [
        "userName sw \"deleted@\"".to_owned(),
        "externalId eq \"e-deleted\"".to_owned(),
        format!("id eq \"{id}\""),
    ] {
        assert_eq!(
            bench.list("Users", &[("filter", &filter)]).await.at("/totalResults"),
            &json!(0),
            "{filter}"
        );
    }
}

#[tokio::test]
async fn a_deleted_group_is_gone_from_itself_from_lists_and_from_its_members() {
    let bench = bench();
    let user = bench.user("left-alone", json!({})).await.id();
    let group = bench.group("Deleted", &[&user]).await.id();
    assert_eq!(bench.call("DELETE", &format!("/Groups/{group}"), None).await.status, 204);
    bench.get(&format!("/Groups/{group}")).await.is_error(404, None);
    let found = bench.list("Groups", &[("filter", "displayName eq \"Deleted\"")]).await;
    assert_eq!(found.at("/totalResults"), &json!(0));
    let left = bench.get(&format!("/Users/{user}")).await;
    assert!(left.body.get("groups").is_none_or(|it| it == &json!([])), "{left:?}");
}

#[tokio::test]
async fn the_name_of_what_was_deleted_is_free_again() {
    let bench = bench();
    let id = bench.user("free-again", json!({"externalId": "e-free"})).await.id();
    assert_eq!(bench.call("DELETE", &format!("/Users/{id}"), None).await.status, 204);
    let again = bench.call("POST", "/Users", Some(user("free-again", json!({"externalId": "e-free"})))).await;
    assert_eq!(again.status, 201, "{again:?}");
    let id = bench.group("Free Again", &[]).await.id();
    assert_eq!(bench.call("DELETE", &format!("/Groups/{id}"), None).await.status, 204);
    let body = json!({"schemas": [GROUP], "displayName": "Free Again"});
    assert_eq!(bench.call("POST", "/Groups", Some(body)).await.status, 201);
}
