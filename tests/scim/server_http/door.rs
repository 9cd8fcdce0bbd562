//! Who gets in: every route of the router's own lists, with every kind of token.

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use genesys_scim_bridge::testing::server::routes;
use genesys_scim_bridge::testing::store::tokens::Scope;

use crate::support::bridge::{ADMIN, SCIM};
use crate::support::server::{EXPIRED, REVOKED, start};

/// Sends a path as it is; HTTP clients tidy paths up first.
fn raw(to: SocketAddr, path: &str) -> String {
    let mut socket = TcpStream::connect(to).unwrap();
    write!(socket, "GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).unwrap();
    answer
}

fn listed() -> Vec<(String, &'static str)> {
    let with = |base: &str, pattern: &str| {
        format!("{base}{pattern}").replace("{id}", "x").replace("{name}", "User").replace("{urn}", "x")
    };
    let mut all = Vec::new();
    for entry in routes::SCIM {
        for (method, _) in entry.methods {
            all.push((with("/scim/v2", entry.pattern), *method));
        }
    }
    for entry in genesys_scim_bridge::testing::admin::ROUTES {
        for (method, _) in entry.methods {
            all.push((with("/admin", entry.pattern), *method));
        }
    }
    all
}

#[tokio::test]
async fn no_listed_route_opens_without_a_live_token_of_its_scope() {
    let server = start();
    let bodies = std::cell::RefCell::new(BTreeSet::new());
    for (path, method) in listed() {
        let (scope, wrong_scope) = if path.starts_with("/admin") { ("admin", SCIM) } else { ("scim", ADMIN) };
        let tried = [
            None,
            Some("Bearer gsb_wrong".to_owned()),
            Some(format!("Bearer {REVOKED}")),
            Some(format!("Bearer {EXPIRED}")),
            Some(format!("Bearer {wrong_scope}")),
            Some(format!("Basic {SCIM}")),
            Some(format!("Bearer {SCIM}, Bearer {ADMIN}")),
            Some(String::new()),
        ];
        for header in tried {
            let mut request = server.request(method, &path);
            if let Some(header) = &header {
                request = request.header("authorization", header);
            }
            let got = server.send(request).await;
            assert_eq!(got.status, 401, "{method} {path} {header:?}");
            assert!(got.header("www-authenticate").starts_with("Bearer"), "{method} {path}");
            if method != "HEAD" {
                got.is_error(401, None);
                let detail = got.body["detail"].as_str().unwrap();
                assert!(detail.contains(&format!("of scope {scope} is needed")), "{path}: {detail}");
                bodies.borrow_mut().insert(got.body.to_string());
            }
        }
    }
    assert_eq!(bodies.borrow().len(), 2, "for one scope every refusal reads the same");
    assert!(server.documents.changes.lock().unwrap().is_empty(), "nothing got through");
}

#[tokio::test]
async fn unlisted_addresses_and_odd_spellings_meet_the_same_guard() {
    let server = start();
    for path in [
        "/",
        "/nothing",
        "/scim",
        "/scim/v2",
        "/scim/v2/nothing",
        "/scim/v2/%55sers",
        "/scim/v2/Users/../../../admin/tokens",
        "/scim/v2/Users/",
        "/admin",
        "/admin/nothing",
        "//admin/tokens",
        "/%61dmin/tokens",
        "/admin/%2e%2e/healthz",
        "/healthz/../admin/tokens",
        "/healthz/x",
    ] {
        let answer = raw(server.listening.addr(), path);
        assert!(answer.starts_with("HTTP/1.1 401"), "{path}\n{answer}");
    }
    for path in ["/admin/tokens", "//admin/tokens", "/%61dmin/tokens", "/admin/", "/admin"] {
        let got = server.send(server.request("GET", path).bearer_auth(SCIM)).await;
        assert!(matches!(got.status, 401 | 404), "{path} {got:?}");
        assert_ne!(got.status, 200, "{path}");
    }
}

#[tokio::test]
async fn two_authorization_headers_are_as_good_as_none() {
    let server = start();
    let request = server
        .request("GET", "/scim/v2/Users")
        .header("authorization", format!("Bearer {SCIM}"))
        .header("authorization", format!("Bearer {SCIM}"));
    server.send(request).await.is_error(401, None);
}

#[tokio::test]
async fn a_revoked_token_is_refused_from_the_next_request_on() {
    let server = start();
    assert_eq!(server.call("GET", "/scim/v2/Users", None).await.status, 200);
    let token = server.tokens.find(SCIM, Scope::Scim, 0).unwrap();
    server.tokens.revoke(token.credential());
    server.call("GET", "/scim/v2/Users", None).await.is_error(401, None);
}

#[tokio::test]
async fn what_is_open_names_nobody_and_needs_no_token() {
    let server = start();
    server.user("ada@example.com").await;
    for entry in routes::OPEN {
        let got = server.send(server.request("GET", entry.pattern)).await;
        assert_eq!(got.status, 200, "{}", entry.pattern);
        assert!(!got.body.to_string().contains("ada"), "{}", entry.pattern);
    }
}

#[tokio::test]
async fn a_listed_route_with_the_right_token_is_never_refused_as_unauthorised() {
    let server = start();
    for (path, method) in listed().into_iter().filter(|(path, _)| path.starts_with("/scim")) {
        let got = server.call(method, &path, None).await;
        assert!(got.status != 401 && got.status < 502, "{method} {path} {got:?}");
        assert_ne!(got.status, 500, "{method} {path}");
    }
}
