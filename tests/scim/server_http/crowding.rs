//! What one client can take of what all share: memory for bodies, places of slow reads, connections.
//!
//! What is refused whoever sends it is in `limits`.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use genesys_scim_bridge::testing::server::{BodyRoom, ListenSettings, Parsing, SlowReads};
use genesys_scim_bridge::testing::store::tokens::Scope;
use serde_json::json;

use crate::support::bridge::SCIM;
use crate::support::client::Response;
use crate::support::server::{TestServer, start, start_listening, start_with, token};

/// The token of another client.
const OTHER: &str = "gsb_token-of-another-client-of-the-tests";

/// A user whose body has so many bytes.
fn large(server: &TestServer, name: &str, bytes: usize) -> reqwest::RequestBuilder {
    let mut body = json!({"userName": name}).to_string();
    body.push_str(&" ".repeat(bytes));
    server
        .request("POST", "/scim/v2/Users")
        .bearer_auth(SCIM)
        .header("content-type", "application/json")
        .body(body)
}

#[tokio::test]
async fn a_body_takes_its_room_until_its_request_is_answered() {
    let server = start_with(|settings| settings.bodies = BodyRoom::of(4 * 1024 * 1024));
    *server.documents.slow.lock().unwrap() = Duration::from_secs(2);
    let first = tokio::spawn(large(&server, "first", 1_500_000).send());
    tokio::time::sleep(Duration::from_millis(700)).await;
    server.send(large(&server, "second", 1_500_000)).await.is_error(503, None);
    assert_eq!(server.send(large(&server, "small", 1)).await.status, 201, "there is room for small ones");
    assert_eq!(first.await.unwrap().unwrap().status(), 201);
    assert_eq!(server.send(large(&server, "third", 1_500_000)).await.status, 201, "the room is given back");
}

#[tokio::test]
async fn what_a_body_becomes_counts_before_it_is_built() {
    let server = start_with(|settings| settings.bodies = BodyRoom::of(4 * 1024 * 1024));
    let body = json!({"userName": "u", "title": vec![json!({"x": 0}); 10_000]}).to_string();
    assert!(body.len() < 100_000);
    let request = server
        .request("POST", "/scim/v2/Users")
        .bearer_auth(SCIM)
        .header("content-type", "application/json")
        .body(body);
    server.send(request).await.is_error(503, None);
}

#[tokio::test]
async fn a_group_of_many_members_needs_a_place_too_unless_they_are_left_out() {
    let server = start_with(|settings| settings.slow_reads = SlowReads::of(0, Duration::from_millis(50)));
    let group = async |name: &str, number: usize| {
        let members: Vec<_> = (0..number).map(|n| json!({"value": format!("user-{n}")})).collect();
        let body = json!({"displayName": name, "members": members});
        server.call("POST", "/scim/v2/Groups", Some(body)).await.is(201).id()
    };
    let (small, large) = (group("small", 1_000).await, group("large", 1_001).await);
    let get = async |path: String| server.call("GET", &format!("/scim/v2/Groups/{path}"), None).await;
    get(small).await.is(200);
    let refused = get(large.clone()).await;
    refused.is_error(503, None);
    assert!(refused.retry_after.is_some(), "{refused:?}");
    get(format!("{large}?excludedAttributes=members")).await.is(200);
}

/// A large page, asked for by somebody who does not read.
fn unread(server: &TestServer) -> TcpStream {
    let mut raw = TcpStream::connect(server.listening.addr()).unwrap();
    write!(raw, "GET /scim/v2/Users?count=1000 HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {SCIM}\r\n\r\n")
        .unwrap();
    raw
}

#[tokio::test]
async fn who_does_not_read_a_large_answer_keeps_its_place_until_it_is_cut_off() {
    let listen = ListenSettings { write_wait: Duration::from_secs(2), ..ListenSettings::default() };
    let server = start_listening(listen, |settings| {
        settings.slow_reads = SlowReads::of(1, Duration::from_millis(100));
    });
    // More than the buffers of the system take.
    server.documents.stout_crowd(1_000, 32_000);
    let page = || server.request("GET", "/scim/v2/Users?count=1000").bearer_auth(SCIM);
    let raw = unread(&server);
    tokio::time::sleep(Duration::from_secs(1)).await;
    server.send(page()).await.is_error(503, None);
    tokio::time::sleep(Duration::from_secs(4)).await;
    // As many as fit into one page.
    let shown = |got: Response| got.is(200).body["itemsPerPage"].as_u64().unwrap();
    let first = shown(server.send(page()).await);
    assert!(first > 500, "the place is free again: {first}");
    assert_eq!(shown(server.send(page()).await), first, "and whoever reads gives it back");
    drop(raw);
}

#[tokio::test]
async fn one_client_that_fills_its_places_with_slow_reads_does_not_delay_the_reads_of_another() {
    let server = start_with(|settings| settings.slow_reads = SlowReads::of(4, Duration::from_millis(300)));
    server.tokens.add(&token(OTHER, Scope::Scim));
    server.documents.stout_crowd(1_000, 32_000);
    let page = |token: &str| server.request("GET", "/scim/v2/Users?count=1000").bearer_auth(token);
    let held: Vec<TcpStream> = (0..8).map(|_| unread(&server)).collect();
    tokio::time::sleep(Duration::from_secs(2)).await;
    server.send(page(SCIM)).await.is_error(503, None);
    for _ in 0..3 {
        server.send(page(OTHER)).await.is(200);
    }
    drop(held);
}

#[tokio::test]
async fn one_client_that_fills_its_room_with_bodies_leaves_room_to_another() {
    let server = start_with(|settings| settings.bodies = BodyRoom::of(4 * 1024 * 1024));
    server.tokens.add(&token(OTHER, Scope::Scim));
    *server.documents.slow.lock().unwrap() = Duration::from_secs(2);
    let first = tokio::spawn(large(&server, "first", 1_500_000).send());
    tokio::time::sleep(Duration::from_millis(700)).await;
    server.send(large(&server, "second", 1_500_000)).await.is_error(503, None);
    let mut theirs = large(&server, "third", 1_500_000).build().unwrap();
    theirs.headers_mut().insert("authorization", format!("Bearer {OTHER}").parse().unwrap());
    assert_eq!(server.http.execute(theirs).await.unwrap().status(), 201);
    assert_eq!(first.await.unwrap().unwrap().status(), 201);
}

/// A connection that says nothing, or this.
fn connection(server: &TestServer, said: &str) -> TcpStream {
    let mut raw = TcpStream::connect(server.listening.addr()).unwrap();
    raw.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    raw.write_all(said.as_bytes()).unwrap();
    raw
}

/// Whether the other end closes it within a second.
fn is_closed(raw: &mut TcpStream) -> bool {
    raw.set_read_timeout(Some(Duration::from_secs(1))).unwrap();
    loop {
        match raw.read(&mut [0; 1024]) {
            Ok(0) => return true,
            Ok(_) => {}
            Err(error) => return error.kind() == std::io::ErrorKind::ConnectionReset,
        }
    }
}

#[tokio::test]
async fn an_address_has_so_many_connections_and_one_more_is_closed_at_once() {
    let server =
        start_listening(ListenSettings { connections_per_address: 3, ..ListenSettings::default() }, |_| {});
    let mut silent: Vec<_> = (0..3).map(|_| connection(&server, "")).collect();
    assert!(!is_closed(silent.first_mut().unwrap()), "as many as it may");
    assert!(is_closed(&mut connection(&server, "")), "one more");
    drop(silent.pop());
    tokio::time::sleep(Duration::from_millis(300)).await;
    let mut raw = connection(&server, "GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n");
    let mut answer = String::new();
    raw.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "there is room again: {answer}");
    tokio::time::sleep(Duration::from_millis(300)).await;
    let metrics = server.send(server.request("GET", "/metrics")).await;
    let counted = "scim_bridge_connections_refused_total{tenant=\"-\"} ";
    assert!(metrics.body.as_str().unwrap().contains(counted), "{metrics:?}");
}

#[tokio::test]
async fn a_connection_is_kept_for_those_who_were_let_in() {
    let server = start();
    for (path, token, kept) in [
        ("/healthz", "", false),
        ("/metrics", "", false),
        ("/nowhere", "", false),
        ("/scim/v2/Users", "", false),
        ("/scim/v2/Users", "gsb_wrong", false),
        ("/scim/v2/Users", SCIM, true),
        ("/scim/v2/Users/nobody", SCIM, true),
    ] {
        let asked = format!("GET {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\n\r\n");
        let mut raw = connection(&server, &asked);
        let mut answer = vec![0; 64 * 1024];
        assert!(raw.read(&mut answer).unwrap() > 0);
        assert_eq!(is_closed(&mut raw), !kept, "{path} {token}");
    }
}

#[tokio::test]
async fn a_large_page_arrives_whole_packed_or_not_and_head_tells_its_length() {
    let server = start();
    server.documents.stout_crowd(300, 4_000);
    let path = "/scim/v2/Users?count=300";
    let packed = server.send(server.request("GET", path).bearer_auth(SCIM)).await.is(200);
    let ask = |method: &str| {
        let asked = format!(
            "{method} {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {SCIM}\r\nconnection: close\r\n\r\n"
        );
        let mut answer = String::new();
        connection(&server, &asked).read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head.to_owned(), body.to_owned())
    };
    let (head, body) = ask("GET");
    assert_eq!(serde_json::from_str::<serde_json::Value>(&body).unwrap(), packed.body);
    assert!(head.to_lowercase().contains(&format!("content-length: {}\r\n", body.len())), "{head}");
    let (same, nothing) = ask("HEAD");
    assert!(
        nothing.is_empty() && same.to_lowercase().contains(&format!("content-length: {}\r\n", body.len()))
    );
}

#[tokio::test]
async fn large_bodies_wait_for_their_turn_to_be_parsed_and_small_ones_need_none() {
    for (turns, wait_ms, expected) in [(0, 50, 503), (1, 10_000, 201)] {
        let server = start_with(|settings| {
            settings.parsing = Parsing::of(turns, Duration::from_millis(wait_ms));
        });
        server.send(large(&server, "small", 1_000)).await.is(201);
        let bodies = ["one", "two", "three"].map(|name| server.send(large(&server, name, 1_000_000)));
        for got in futures_util::future::join_all(bodies).await {
            assert_eq!(got.status, expected, "{turns} turns: {got:?}");
        }
    }
}
