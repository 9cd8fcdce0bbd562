//! HEAD, OPTIONS and methods that an address does not take (RFC 9110 sections 9.3.2, 9.3.7 and 15.5.6).

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;

use genesys_scim_bridge::testing::server::routes;
use serde_json::json;

use crate::support::bridge::{ADMIN, SCIM};
use crate::support::server::{TestServer, start};

/// Status, headers by lower-case name, and the bytes behind them, as they are on the wire.
fn raw(
    server: &TestServer,
    method: &str,
    path: &str,
    more: &str,
) -> (u16, BTreeMap<String, String>, Vec<u8>) {
    let mut socket = TcpStream::connect(server.listening.addr()).unwrap();
    let head = format!("{method} {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {SCIM}\r\n");
    socket.write_all(format!("{head}{more}Connection: close\r\n\r\n").as_bytes()).unwrap();
    let mut answer = Vec::new();
    socket.read_to_end(&mut answer).unwrap();
    let end = answer.windows(4).position(|it| it == b"\r\n\r\n").unwrap();
    let text = String::from_utf8(answer[..end].to_vec()).unwrap();
    let mut lines = text.split("\r\n");
    let status = lines.next().unwrap()[9..12].parse().unwrap();
    let headers = lines.map(|line| line.split_once(": ").unwrap());
    let headers = headers.map(|(name, value)| (name.to_lowercase(), value.to_owned()));
    // A request id and the time differ from request to request.
    let headers = headers.filter(|(name, _)| !["date", "x-request-id"].contains(&name.as_str())).collect();
    (status, headers, answer[end + 4..].to_vec())
}

fn addresses() -> impl Iterator<Item = (String, &'static routes::Entry)> {
    routes::SCIM.iter().map(|entry| {
        let path = format!("/scim/v2{}", entry.pattern);
        (path.replace("{id}", "x").replace("{name}", "User").replace("{urn}", "x"), entry)
    })
}

#[tokio::test]
async fn head_has_the_headers_of_get_and_no_body() {
    let server = start();
    let id = server.user("ada@example.com").await;
    for path in [
        format!("/scim/v2/Users/{id}"),
        format!("/scim/v2/Users/{id}?attributes=userName"),
        "/scim/v2/Users?count=1".to_owned(),
        "/scim/v2/Users/nobody".to_owned(),
        "/scim/v2/Groups".to_owned(),
        "/scim/v2/ServiceProviderConfig".to_owned(),
        "/scim/v2/ResourceTypes".to_owned(),
        "/scim/v2/Schemas/urn:ietf:params:scim:schemas:core:2.0:Group".to_owned(),
        "/scim/v2/Schemas?filter=id%20pr".to_owned(),
        "/scim/v2/Me".to_owned(),
    ] {
        for more in ["", "Accept: application/json\r\n", "If-None-Match: W/\"1\"\r\n"] {
            let (status, headers, body) = raw(&server, "GET", &path, more);
            let (head_status, head_headers, nothing) = raw(&server, "HEAD", &path, more);
            assert_eq!((status, &headers), (head_status, &head_headers), "{path} {more}");
            assert!(nothing.is_empty(), "{path}");
            if status != 304 {
                assert_eq!(headers["content-length"], body.len().to_string(), "{path}");
            }
        }
    }
    let (_, headers, _) = raw(&server, "HEAD", &format!("/scim/v2/Users/{id}"), "");
    assert_eq!(headers["etag"], "W/\"1\"");
    assert!(headers["location"].ends_with(&id));
}

#[tokio::test]
async fn every_address_says_what_it_takes_to_those_who_may_ask() {
    let server = start();
    for (path, entry) in addresses() {
        let got = server.call("OPTIONS", &path, None).await;
        let named: Vec<&str> = entry.methods.iter().map(|(name, _)| *name).chain(["OPTIONS"]).collect();
        assert_eq!((got.status, got.header("allow")), (204, named.join(", ").as_str()), "{path}");
        assert_eq!(got.body, "", "{path}");
        for token in [None, Some(ADMIN)] {
            let mut request = server.request("OPTIONS", &path);
            if let Some(token) = token {
                request = request.bearer_auth(token);
            }
            server.send(request).await.is_error(401, None);
        }
    }
    server.call("OPTIONS", "/scim/v2/nothing", None).await.is_error(404, None);
    let got = server.send(server.request("OPTIONS", "/scim/v2/nothing")).await;
    got.is_error(401, None);
    assert!(server.documents.changes.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_method_that_an_address_does_not_take_is_405_with_those_it_takes() {
    let server = start();
    let all = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];
    for (path, entry) in addresses() {
        for method in all.iter().filter(|method| entry.methods.iter().all(|(taken, _)| taken != *method)) {
            let got = server.call(method, &path, Some(json!({}))).await;
            assert_eq!(got.status, 405, "{method} {path}");
            for (taken, _) in entry.methods {
                assert!(got.header("allow").split(", ").any(|it| it == *taken), "{method} {path}");
            }
            assert!(got.header("allow").ends_with("OPTIONS"), "{method} {path}");
            if *method != "HEAD" {
                got.is_error(405, None);
            }
        }
    }
    for method in ["BREW", "TRACE", "PROPFIND"] {
        server.call(method, "/scim/v2/Users", None).await.is_error(405, None);
    }
    assert!(server.documents.changes.lock().unwrap().is_empty());
}
