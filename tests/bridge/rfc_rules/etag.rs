//! RFC 7644 section 3.14 and RFC 7643 section 3.1: versions of resources as weak entity tags.

use serde_json::json;

use super::bench::bench;
use crate::support::bodies::{patch, user};

#[tokio::test]
async fn the_tag_is_weak_stands_in_header_and_meta_and_changes_with_the_resource() {
    let bench = bench();
    let made = bench.user("tagged", json!({})).await;
    let path = format!("/Users/{}", made.id());
    let put = bench.call("PUT", &path, Some(user("tagged", json!({"title": "t"})))).await;
    let patched = bench.patch(&path, json!([{"op": "replace", "path": "title", "value": "u"}])).await;
    let read = bench.get(&path).await;
    let mut tags = Vec::new();
    for got in [&made, &put, &patched, &read] {
        assert!(got.header("etag").starts_with("W/\""), "{got:?}");
        assert_eq!(got.at("/meta/version"), got.header("etag"));
        tags.push(got.header("etag"));
    }
    assert_eq!((tags[2] == tags[3], tags[0] != tags[1], tags[1] != tags[2]), (true, true, true), "{tags:?}");
}

#[tokio::test]
async fn a_client_that_has_the_version_gets_304_without_body_and_another_gets_the_resource() {
    let bench = bench();
    let made = bench.user("conditional", json!({})).await;
    let path = format!("/Users/{}?attributes=displayName", made.id());
    let same = bench.with("GET", &path, ("if-none-match", made.header("etag")), None).await;
    assert_eq!((same.status, same.body.as_str()), (304, Some("")));
    assert_eq!(same.header("etag"), made.header("etag"));
    let other = bench.with("GET", &path, ("if-none-match", "W/\"77\""), None).await;
    assert_eq!(other.status, 200);
}

#[tokio::test]
async fn a_change_with_an_old_tag_is_412_and_changes_nothing_and_the_present_tag_goes_through() {
    let bench = bench();
    let made = bench.user("guarded", json!({})).await;
    let path = format!("/Users/{}", made.id());
    let patch = patch(json!([{"op": "replace", "path": "title", "value": "t"}]));
    for (method, body) in [
        ("PUT", Some(user("guarded", json!({"title": "t"})))),
        ("PATCH", Some(patch.clone())),
        ("DELETE", None),
    ] {
        let got = bench.with(method, &path, ("if-match", "W/\"77\""), body).await;
        got.is_error(412, None);
    }
    assert_eq!(bench.get(&path).await.body, made.body);
    let got = bench.with("PATCH", &path, ("if-match", made.header("etag")), Some(patch)).await;
    assert_eq!((got.status, got.at("/title")), (200, &json!("t")));
}
