//! What is refused before it reaches anybody: media types, sizes, depth, slow clients, wrong methods and
//! addresses.

use std::io::{Read, Write};
use std::time::{Duration, Instant};

use genesys_scim_bridge::testing::server::{BodyRoom, ListenSettings, SlowReads};
use serde_json::json;

use crate::support::bridge::SCIM;
use crate::support::server::{start, start_listening, start_with};

#[tokio::test]
async fn bad_bodies_are_scim_errors_and_change_nothing() {
    let server = start();
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    for (kind, body, status, scim_type) in [
        ("application/scim+json", "{", 400, Some("invalidSyntax")),
        ("application/scim+json", "", 400, Some("invalidSyntax")),
        ("application/scim+json", "[]", 400, Some("invalidSyntax")),
        ("application/scim+json", "\"text\"", 400, Some("invalidSyntax")),
        ("application/scim+json", deep.as_str(), 400, Some("invalidSyntax")),
        ("application/json", "{\"userName\":\"\\ud800\"}", 400, Some("invalidSyntax")),
        ("text/plain", "{}", 415, None),
        ("application/xml", "{}", 415, None),
        ("application/x-www-form-urlencoded", "a=b", 415, None),
    ] {
        for path in ["/scim/v2/Users", "/scim/v2/Groups"] {
            let request = server
                .request("POST", path)
                .bearer_auth(SCIM)
                .header("content-type", kind)
                .body(body.to_owned());
            let got = server.send(request).await;
            got.is_error(status, scim_type);
        }
    }
    let list = server.call("GET", "/scim/v2/Users", None).await;
    assert_eq!(list.body["totalResults"], 0);
}

#[tokio::test]
async fn content_types_that_connectors_send_are_taken() {
    let server = start();
    for (n, kind) in [
        "application/scim+json",
        "application/json",
        "application/scim+json; charset=utf-8",
        "Application/JSON;charset=UTF-8",
    ]
    .into_iter()
    .enumerate()
    {
        let body = json!({"userName": format!("user{n}")}).to_string();
        let request = server
            .request("POST", "/scim/v2/Users")
            .bearer_auth(SCIM)
            .header("content-type", kind)
            .body(body);
        let got = server.send(request).await;
        assert_eq!(got.status, 201, "{kind} {got:?}");
        assert_eq!(got.header("content-type"), "application/scim+json");
    }
}

#[tokio::test]
async fn a_body_without_type_or_with_an_encoding_is_415() {
    let server = start();
    let bare = server.request("POST", "/scim/v2/Users").bearer_auth(SCIM).body("{}");
    server.send(bare).await.is_error(415, None);
    let packed = server
        .request("POST", "/scim/v2/Users")
        .bearer_auth(SCIM)
        .header("content-type", "application/json")
        .header("content-encoding", "gzip")
        .body("{}");
    server.send(packed).await.is_error(415, None);
}

#[tokio::test]
async fn a_body_above_the_limit_is_413_whether_or_not_its_length_is_announced() {
    let server = start_with(|settings| settings.body_bytes = 1000);
    let fits = json!({"userName": "u", "title": "x".repeat(900)}).to_string();
    let large = json!({"userName": "v", "title": "x".repeat(1000)}).to_string();
    let post = |body: reqwest::Body| {
        server
            .request("POST", "/scim/v2/Users")
            .bearer_auth(SCIM)
            .header("content-type", "application/json")
            .body(body)
    };
    assert_eq!(server.send(post(fits.into())).await.status, 201);
    server.send(post(large.clone().into())).await.is_error(413, None);
    let chunks: Vec<Result<Vec<u8>, std::io::Error>> =
        large.as_bytes().chunks(100).map(|chunk| Ok(chunk.to_vec())).collect();
    let mut raw = std::net::TcpStream::connect(server.listening.addr()).unwrap();
    raw.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    let head = format!(
        "POST /scim/v2/Users HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {SCIM}\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n"
    );
    raw.write_all(head.as_bytes()).unwrap();
    for chunk in chunks {
        let chunk = chunk.unwrap();
        write!(raw, "{:x}\r\n", chunk.len()).unwrap();
        raw.write_all(&chunk).unwrap();
        raw.write_all(b"\r\n").unwrap();
    }
    raw.write_all(b"0\r\n\r\n").unwrap();
    let mut answer = String::new();
    raw.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
    assert!(answer.contains("urn:ietf:params:scim:api:messages:2.0:Error"), "{answer}");
}

#[tokio::test]
async fn a_client_that_dribbles_its_headers_is_cut_off() {
    let server = start_listening(
        ListenSettings { headers_wait: Duration::from_millis(300), ..ListenSettings::default() },
        |_| {},
    );
    let mut raw = std::net::TcpStream::connect(server.listening.addr()).unwrap();
    raw.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    raw.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n").unwrap();
    let began = Instant::now();
    let mut answer = Vec::new();
    let _ = raw.read_to_end(&mut answer);
    assert!(began.elapsed() < Duration::from_secs(8), "cut off after {:?}", began.elapsed());
}

#[tokio::test]
async fn a_client_that_dribbles_its_body_is_answered_408() {
    let server = start_with(|settings| settings.body_wait = Duration::from_millis(300));
    let mut raw = std::net::TcpStream::connect(server.listening.addr()).unwrap();
    raw.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let head = format!(
        "POST /scim/v2/Users HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {SCIM}\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{{"
    );
    raw.write_all(head.as_bytes()).unwrap();
    let mut answer = Vec::new();
    let _ = raw.read_to_end(&mut answer);
    let answer = String::from_utf8_lossy(&answer);
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
}

#[tokio::test]
async fn wrong_methods_say_what_is_allowed() {
    let server = start();
    for (method, path, allow) in [
        ("DELETE", "/scim/v2/Users", "GET, HEAD, POST, OPTIONS"),
        ("POST", "/scim/v2/Users/x", "GET, HEAD, PUT, PATCH, DELETE, OPTIONS"),
        ("PUT", "/scim/v2/Schemas", "GET, HEAD, OPTIONS"),
        ("GET", "/scim/v2/.search", "POST, OPTIONS"),
    ] {
        let got = server.call(method, path, None).await;
        got.is_error(405, None);
        assert_eq!(got.header("allow"), allow, "{method} {path}");
    }
}

#[tokio::test]
async fn unknown_addresses_are_404_with_a_scim_body() {
    let server = start();
    for path in
        ["/", "/scim/v2", "/scim/v2/Robots", "/scim/v2/Users/x/y", "/scim/v3/Users", "/scim/v2/Users/nobody"]
    {
        server.call("GET", path, None).await.is_error(404, None);
    }
}

#[tokio::test]
async fn what_the_rfc_has_and_the_service_has_not_is_501() {
    let server = start();
    for (method, path) in [("GET", "/scim/v2/Me"), ("PATCH", "/scim/v2/Me")] {
        server.call(method, path, None).await.is_error(501, None);
    }
}

#[tokio::test]
async fn bodies_that_arrive_slowly_share_a_room_and_small_requests_do_not_notice() {
    let server = start_with(|settings| settings.bodies = BodyRoom::of(4 * 1024 * 1024));
    let addr = server.listening.addr();
    let hold = |bytes: usize| {
        let mut raw = std::net::TcpStream::connect(addr).unwrap();
        raw.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        write!(
            raw,
            "POST /scim/v2/Users HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {SCIM}\r\ncontent-type: application/json\r\ncontent-length: 2000000\r\n\r\n"
        )
        .unwrap();
        raw.write_all(&b" ".repeat(bytes)).unwrap();
        raw
    };
    // What is announced takes nothing.
    let announced: Vec<_> = (0..40).map(|_| hold(1)).collect();
    let large = hold(1_700_000);
    tokio::time::sleep(Duration::from_millis(300)).await;
    let mut refused = hold(1_700_000);
    let mut answer = vec![0; 12];
    refused.read_exact(&mut answer).unwrap();
    assert_eq!(String::from_utf8_lossy(&answer), "HTTP/1.1 503");
    let small = server
        .request("POST", "/scim/v2/Users")
        .bearer_auth(SCIM)
        .header("content-type", "application/json")
        .body(json!({"userName": "u"}).to_string());
    assert_eq!(server.send(small).await.status, 201);
    drop((announced, large));
    tokio::time::sleep(Duration::from_millis(300)).await;
    let mut body = json!({"userName": "v"}).to_string();
    body.push_str(&" ".repeat(1_700_000));
    let large = server
        .request("POST", "/scim/v2/Users")
        .bearer_auth(SCIM)
        .header("content-type", "application/json")
        .body(body);
    assert_eq!(server.send(large).await.status, 201, "the room is given back");
}

#[tokio::test]
async fn reads_that_take_long_have_places_and_look_ups_need_none() {
    let full = start_with(|settings| settings.slow_reads = SlowReads::of(0, Duration::from_millis(50)));
    let roomy = start_with(|settings| settings.slow_reads = SlowReads::of(1, Duration::from_secs(5)));
    for (path, slow) in [
        ("/scim/v2/Users?sortBy=userName", true),
        ("/scim/v2/Users?filter=title%20co%20%22x%22", true),
        ("/scim/v2/Users?count=1000", true),
        ("/scim/v2/Users?count=10", false),
        ("/scim/v2/Users?filter=userName%20eq%20%22x%22", false),
    ] {
        let got = full.send(full.request("GET", path).bearer_auth(SCIM)).await;
        if slow {
            got.is_error(503, None);
            assert!(got.retry_after.is_some(), "{path}: {got:?}");
        } else {
            got.is(200);
        }
        for _ in 0..3 {
            roomy.send(roomy.request("GET", path).bearer_auth(SCIM)).await.is(200);
        }
    }
}
