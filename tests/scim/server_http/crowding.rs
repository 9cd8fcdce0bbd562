//! What one client can take of what all share: memory for bodies, places of slow reads, connections.
//!
//! What is refused whoever sends it is in `limits`.

use std::io::Write as _;
use std::net::TcpStream;
use std::time::Duration;

use genesys_scim_bridge::testing::server::{BodyRoom, ListenSettings, SlowReads};
use genesys_scim_bridge::testing::store::tokens::Scope;
use serde_json::json;

use crate::support::bridge::SCIM;
use crate::support::server::{TestServer, start_listening, start_with, token};

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
    assert_eq!(server.send(page()).await.is(200).body["itemsPerPage"], 1000, "the place is free again");
    assert_eq!(
        server.send(page()).await.is(200).body["itemsPerPage"],
        1000,
        "and whoever reads gives it back"
    );
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
