//! RFC 7644 sections 3.2, 3.11, 3.12 and 3.13: status codes, error bodies, the alias of the subject, protocol
//! versions.

use serde_json::json;

use super::bench::bench;
use crate::support::bodies::user;
use crate::support::bridge::{ADMIN, SCIM};

#[tokio::test]
async fn every_error_has_its_status_in_the_answer_and_as_a_text_in_a_scim_body() {
    let bench = bench();
    bench.user("erring", json!({})).await;
    bench.get("/Users/nobody").await.is_error(404, None);
    bench.get("/Robots").await.is_error(404, None);
    bench.call("DELETE", "/Users", None).await.is_error(405, None);
    bench.call("POST", "/Users", Some(user("erring", json!({})))).await.is_error(409, Some("uniqueness"));
    bench.call("POST", "/Users", Some(json!([]))).await.is_error(400, Some("invalidSyntax"));
    let text = bench
        .request("POST", "/scim/v2/Users")
        .bearer_auth(SCIM)
        .header("content-type", "text/plain")
        .body("x");
    bench.send(text).await.is_error(415, None);
    let broken = bench
        .request("POST", "/scim/v2/Users")
        .bearer_auth(SCIM)
        .header("content-type", "application/scim+json")
        .body("{");
    bench.send(broken).await.is_error(400, Some("invalidSyntax"));
    let large = user(
        "erring-large",
        json!({"nickName": "x".repeat(genesys_scim_bridge::testing::limits::BODY_BYTES)}),
    );
    bench.call("POST", "/Users", Some(large)).await.is_error(413, None);
    bench.send(bench.request("GET", "/scim/v2/Users")).await.is_error(401, None);
    bench.send(bench.request("GET", "/scim/v2/Users").bearer_auth(ADMIN)).await.is_error(401, None);
}

#[tokio::test]
async fn an_error_of_our_own_is_descriptive_and_never_a_bare_status() {
    let bench = bench();
    for (method, path) in [("GET", "/Users/nobody"), ("PUT", "/Schemas"), ("GET", "/Me")] {
        let got = bench.call(method, path, None).await;
        let detail = got.body["detail"].as_str().unwrap();
        assert!(detail.split(' ').count() > 5, "{path}: {detail}");
    }
}

#[tokio::test]
async fn the_alias_me_is_501_for_every_method() {
    let bench = bench();
    for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
        bench.call(method, "/Me", None).await.is_error(501, None);
    }
}

#[tokio::test]
async fn another_protocol_version_is_refused_and_not_served_as_ours() {
    let bench = bench();
    for path in ["/scim/v1/Users", "/scim/v3/Users", "/scim/v2.1/Users"] {
        let got = bench.send(bench.request("GET", path).bearer_auth(SCIM)).await;
        got.is_error(404, None);
        assert!(
            got.body["detail"].as_str().unwrap().contains("/scim/v2"),
            "it says where the service is: {got:?}"
        );
    }
}

#[tokio::test]
async fn a_path_that_selects_with_a_bad_filter_and_a_bad_path_are_told_apart() {
    let bench = bench();
    let path = format!("/Users/{}", bench.user("paths-told", json!({})).await.id());
    for (at, scim_type) in [
        ("emails[typ eq \"work\"].value", "invalidFilter"),
        ("emails[type eq", "invalidPath"),
        ("hatSize", "invalidPath"),
    ] {
        bench
            .patch(&path, json!([{"op": "replace", "path": at, "value": "x"}]))
            .await
            .is_error(400, Some(scim_type));
    }
}
