//! Content negotiation (RFC 7644 section 3.8, RFC 9110 section 12.5.1): no client that reads JSON is turned
//! away.

use serde_json::json;

use crate::support::bridge::SCIM;
use crate::support::client::Response;
use crate::support::server::{TestServer, start};

async fn asking(server: &TestServer, accept: Option<&str>, method: &str, path: &str) -> Response {
    let mut request = server.request(method, path).bearer_auth(SCIM);
    if let Some(accept) = accept {
        request = request.header("accept", accept);
    }
    server.send(request).await
}

#[tokio::test]
async fn answers_carry_the_type_that_the_client_asks_for() {
    let server = start();
    let id = server.user("ada@example.com").await;
    let (scim, json) = ("application/scim+json", "application/json");
    for (accept, expected) in [
        (None, scim),
        (Some("application/scim+json"), scim),
        (Some("application/scim+json; charset=utf-8"), scim),
        (Some("application/scim+json, application/json"), scim),
        (Some("application/json"), json),
        (Some("application/json; charset=utf-8"), json),
        (Some("application/json, text/plain, */*"), scim),
        (Some("application/scim+json;q=0.1, application/json"), json),
        (Some("application/*"), scim),
        (Some("*/*"), scim),
        (Some("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"), scim),
        (Some("nonsense"), scim),
    ] {
        for (path, status) in [
            (format!("/scim/v2/Users/{id}"), 200),
            ("/scim/v2/Users".to_owned(), 200),
            ("/scim/v2/ServiceProviderConfig".to_owned(), 200),
            ("/scim/v2/Users/nobody".to_owned(), 404),
            ("/scim/v2/nothing".to_owned(), 404),
            ("/scim/v2/Me".to_owned(), 501),
        ] {
            let got = asking(&server, accept, "GET", &path).await;
            assert_eq!((got.status, got.header("content-type")), (status, expected), "{accept:?} {path}");
            assert!(got.body["schemas"].is_array(), "{got:?}");
        }
    }
}

#[tokio::test]
async fn a_client_that_takes_no_json_is_told_so_and_its_request_does_nothing() {
    let server = start();
    for accept in ["text/html", "application/xml, text/*", "application/scim+json;q=0, application/json;q=0"]
    {
        let user = json!({"userName": "ada@example.com"}).to_string();
        let request = server.request("POST", "/scim/v2/Users").bearer_auth(SCIM).header("accept", accept);
        let got = server.send(request.header("content-type", "application/scim+json").body(user)).await;
        got.is_error(406, None);
        assert!(got.body["detail"].as_str().unwrap().contains("application/scim+json"), "{got:?}");
        asking(&server, Some(accept), "GET", "/scim/v2/Schemas").await.is_error(406, None);
    }
    assert!(server.documents.changes.lock().unwrap().is_empty());
}

#[tokio::test]
async fn nobody_learns_about_media_types_without_a_token() {
    let server = start();
    for accept in ["text/html", "application/json"] {
        let got = server.send(server.request("GET", "/scim/v2/Users").header("accept", accept)).await;
        assert_eq!(got.status, 401, "{accept}");
        assert_eq!(got.body["status"], "401");
    }
}

#[tokio::test]
async fn writes_answer_in_the_type_that_was_asked_for_and_empty_answers_have_none() {
    let server = start();
    let user = json!({"userName": "ada@example.com"}).to_string();
    let post = server.request("POST", "/scim/v2/Users").bearer_auth(SCIM);
    let post =
        post.header("accept", "application/json").header("content-type", "application/json").body(user);
    let got = server.send(post).await;
    assert_eq!((got.status, got.header("content-type")), (201, "application/json"));
    let path = format!("/scim/v2/Users/{}", got.body["id"].as_str().unwrap());
    let got = asking(&server, Some("application/json"), "DELETE", &path).await;
    assert_eq!((got.status, got.header("content-type")), (204, ""));
}

#[tokio::test]
async fn a_charset_asked_for_does_not_matter() {
    let server = start();
    for charset in ["utf-8", "iso-8859-1", "utf-16;q=1, utf-8;q=0"] {
        let request = server.request("GET", "/scim/v2/Users").bearer_auth(SCIM);
        let got = server.send(request.header("accept-charset", charset)).await;
        assert_eq!((got.status, got.header("content-type")), (200, "application/scim+json"), "{charset}");
    }
}
