//! RFC 7644 section 3.5.1: replacing with PUT, attribute by attribute, by mutability.

use serde_json::json;

use super::bench::bench;
use crate::support::bodies::{ENTERPRISE, user};

#[tokio::test]
async fn a_put_answers_200_with_the_whole_resource_and_what_was_given_replaces_what_was() {
    let bench = bench();
    let made = bench
        .user(
            "replaced",
            json!({"title": "Agent", "nickName": "N", "name": {"givenName": "A", "familyName": "B"}}),
        )
        .await;
    let path = format!("/Users/{}", made.id());
    let got = bench
        .call("PUT", &path, Some(user("replaced", json!({"title": "Lead", "name": {"givenName": "C"}}))))
        .await;
    assert_eq!((got.status, got.id()), (200, made.id()), "{got:?}");
    assert_eq!((&got.body["title"], &got.body["name"]["givenName"]), (&json!("Lead"), &json!("C")));
    assert!(got.body.get("nickName").is_none(), "not asserted, so cleared: {got:?}");
    assert_eq!(bench.get(&path).await.body, got.body);
    let got = bench
        .call("PUT", &path, Some(user("replaced", json!({"title": null, ENTERPRISE: {"department": "D"}}))))
        .await;
    assert!(got.body.get("title").is_none(), "{got:?}");
    assert_eq!(got.body[ENTERPRISE], json!({"department": "D"}));
}

#[tokio::test]
async fn read_only_attributes_of_a_put_are_passed_over() {
    let bench = bench();
    let made = bench.user("read-only-put", json!({})).await;
    let path = format!("/Users/{}", made.id());
    let theirs = json!({"id": "other", "groups": [{"value": "g"}], "meta": {"created": "1999-01-01T00:00:00Z", "version": "W/\"77\""},
        ENTERPRISE: {"manager": {"value": "m", "displayName": "Boss"}}});
    let got = bench.call("PUT", &path, Some(user("read-only-put", theirs))).await;
    assert_eq!((got.status, got.id()), (200, made.id()), "{got:?}");
    assert_eq!(got.body["meta"]["created"], made.body["meta"]["created"]);
    assert!(got.body.get("groups").is_none_or(|it| it == &json!([])), "{got:?}");
    assert_eq!(got.body[ENTERPRISE]["manager"], json!({"value": "m"}));
}

#[tokio::test]
async fn a_put_never_creates_and_needs_the_required_attributes() {
    let bench = bench();
    bench
        .call("PUT", "/Users/nobody-of-this-id", Some(user("put-creates", json!({}))))
        .await
        .is_error(404, None);
    let found = bench.list("Users", &[("filter", "userName sw \"put-creates\"")]).await;
    assert_eq!(found.at("/totalResults"), &json!(0));
    let made = bench.user("put-required", json!({})).await;
    let path = format!("/Users/{}", made.id());
    let nameless = json!({"schemas": made.body["schemas"], "title": "t"});
    bench.call("PUT", &path, Some(nameless)).await.is_error(400, Some("invalidValue"));
    assert_eq!(bench.get(&path).await.body, made.body);
}

#[tokio::test]
async fn what_was_read_can_be_put_back_unchanged() {
    let bench = bench();
    let made = bench
        .user("put-back", json!({"title": "t", "emails": [{"value": "p@x.example", "type": "work"}]}))
        .await;
    let path = format!("/Users/{}", made.id());
    let got = bench.call("PUT", &path, Some(made.body.clone())).await;
    assert_eq!(got.status, 200, "{got:?}");
    for name in ["userName", "title", "emails", "id", "schemas"] {
        assert_eq!(got.body[name], made.body[name], "{name}");
    }
}
