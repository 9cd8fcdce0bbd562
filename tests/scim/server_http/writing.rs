//! Writes: status, Location, ETag, If-Match, pending answers, and what the front door is told.

use serde_json::json;

use crate::support::bridge::SCIM;
use crate::support::server::{PUBLIC, start};

#[tokio::test]
async fn a_user_lives_from_201_to_404() {
    let server = start();
    let body = json!({"userName": "ada@example.com", "title": "agent"});
    let got = server.call("POST", "/scim/v2/Users", Some(body.clone())).await;
    assert_eq!(got.status, 201);
    let id = got.body["id"].as_str().unwrap().to_owned();
    assert_eq!(got.header("location"), format!("{PUBLIC}/scim/v2/Users/{id}"));
    assert_eq!(got.header("etag"), "W/\"1\"");
    server.call("POST", "/scim/v2/Users", Some(body)).await.is_error(409, Some("uniqueness"));
    let path = format!("/scim/v2/Users/{id}");
    let got = server.call("PUT", &path, Some(json!({"userName": "ada@example.com"}))).await;
    assert_eq!((got.status, got.header("etag")), (200, "W/\"2\""));
    assert!(got.body["title"].is_null());
    let patch = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": [{"op": "Replace", "path": "active", "value": "False"}]});
    let got = server.call("PATCH", &path, Some(patch)).await;
    assert_eq!((got.status, &got.body["active"]), (200, &json!(false)));
    let got = server.call("DELETE", &path, None).await;
    assert_eq!((got.status, got.body.as_str()), (204, Some("")));
    server.call("GET", &path, None).await.is_error(404, None);
    server.call("DELETE", &path, None).await.is_error(404, None);
}

#[tokio::test]
async fn if_match_is_handed_on_and_projections_apply_to_writes() {
    let server = start();
    let id = server.user("ada@example.com").await;
    let path = format!("/scim/v2/Users/{id}?attributes=title");
    let put = |condition: &str| {
        server
            .request("PUT", &path)
            .bearer_auth(SCIM)
            .header("content-type", "application/json")
            .header("if-match", condition)
            .body(json!({"userName": "ada@example.com", "title": "lead", "nickName": "a"}).to_string())
    };
    server.send(put("W/\"9\"")).await.is_error(412, None);
    let got = server.send(put("W/\"1\"")).await;
    assert_eq!(got.status, 200);
    assert_eq!(got.body["title"], "lead");
    assert!(got.body["nickName"].is_null() && got.body["userName"].is_null(), "{got:?}");
}

#[tokio::test]
async fn a_bad_projection_is_refused_before_anything_is_changed() {
    let server = start();
    let body = json!({"userName": "ada@example.com"});
    let path = "/scim/v2/Users?attributes=a&excludedAttributes=b";
    server.call("POST", path, Some(body)).await.is_error(400, Some("invalidValue"));
    assert!(server.documents.changes.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_pending_change_says_when_to_ask_again() {
    let server = start();
    *server.documents.pending.lock().unwrap() = true;
    let got = server.call("POST", "/scim/v2/Users", Some(json!({"userName": "ada@example.com"}))).await;
    assert_eq!(got.status, 201);
    assert!(got.header("retry-after").parse::<u32>().unwrap() > 0);
}

#[tokio::test]
async fn a_patch_of_a_large_group_is_answered_without_body() {
    let server = start();
    let got = server.call("POST", "/scim/v2/Groups", Some(json!({"displayName": "EMEA"}))).await;
    let path = format!("/scim/v2/Groups/{}", got.body["id"].as_str().unwrap());
    let add = |from: usize, to: usize| {
        let members: Vec<_> = (from..to).map(|n| json!({"value": format!("m{n}")})).collect();
        Some(json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "Operations": [{"op": "add", "path": "members", "value": members}]}))
    };
    let got = server.call("PATCH", &path, add(0, 500)).await;
    assert_eq!((got.status, got.body["members"].as_array().map(Vec::len)), (200, Some(500)));
    let got = server.call("PATCH", &path, add(500, 501)).await;
    assert_eq!((got.status, got.body.as_str()), (204, Some("")));
    assert_eq!(got.header("etag"), "W/\"3\"");
    let got = server.call("PATCH", &format!("{path}?attributes=displayName"), add(501, 502)).await;
    assert_eq!(
        (got.status, &got.body["displayName"]),
        (200, &json!("EMEA")),
        "attributes were asked for: {got:?}"
    );
    assert!(got.body["members"].is_null());
}

#[tokio::test]
async fn the_front_door_learns_who_asked_and_under_which_request_id() {
    let server = start();
    let post = |name: &str, id: &str| {
        server
            .request("POST", "/scim/v2/Users")
            .bearer_auth(SCIM)
            .header("content-type", "application/json")
            .header("x-request-id", id)
            .body(json!({"userName": name}).to_string())
    };
    let got = server.send(post("a", "entra-0001")).await;
    assert_eq!(got.header("x-request-id"), "entra-0001");
    let got = server.send(post("b", "not a sane id")).await;
    assert_eq!(got.header("x-request-id"), "made-here");
    let changes = server.documents.changes.lock().unwrap().clone();
    assert!(changes[0].starts_with("client:") && changes[0].ends_with(" entra-0001"), "{changes:?}");
    assert!(changes[1].ends_with(" made-here"), "{changes:?}");
}
