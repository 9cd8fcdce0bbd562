//! What the served binary shows of those who talk to its socket, in its numbers and its log.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use super::bench::installed;
use crate::support::program::free_address;

/// What the address answers to this.
fn answer(address: &str, said: &str) -> String {
    let mut raw = TcpStream::connect(address).unwrap();
    raw.set_read_timeout(Some(std::time::Duration::from_secs(5))).unwrap();
    raw.write_all(said.as_bytes()).unwrap();
    let mut answer = Vec::new();
    // An answer that is followed by a reset is there all the same.
    drop(raw.read_to_end(&mut answer));
    String::from_utf8_lossy(&answer).into_owned()
}

#[test]
fn requests_that_are_none_are_counted_and_not_logged() {
    let bench = installed();
    let serving = bench.serve();
    let large = format!("GET / HTTP/1.1\r\nx: {}\r\n\r\n", "x".repeat(200_000));
    for (said, status) in [
        ("GET /\u{1} HTTP/1.1\r\n\r\n", "400"),
        ("nonsense\r\n\r\n", "400"),
        ("GET / HTTP/1.1\r\nbad header\r\n\r\n", "400"),
        (large.as_str(), "431"),
    ] {
        let got = answer(&serving.address, said);
        assert!(got.starts_with(&format!("HTTP/1.1 {status}")), "{got}");
    }
    let metrics = answer(&serving.address, "GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n");
    for (reason, number) in [("malformed", 3), ("too_large", 1)] {
        let wanted =
            format!("scim_bridge_unreadable_requests_total{{tenant=\"-\",reason=\"{reason}\"}} {number}\n");
        assert!(metrics.contains(&wanted), "{wanted} in {metrics}");
    }
    assert!(!serving.log().contains("parse error"), "{}", serving.log());
    assert_eq!(serving.terminate(), Some(0));
}

#[test]
fn metrics_may_have_an_address_of_their_own() {
    let bench = installed();
    let apart = free_address();
    bench.edit("[server]\n", &format!("[server]\nmetrics_listen = \"{apart}\"\n"));
    let serving = bench.serve();
    for (path, there, here) in [
        ("/metrics", "200", "404"),
        ("/metrics/", "200", "404"),
        ("/healthz", "200", "200"),
        ("/readyz", "503", "503"),
        ("/scim/v2/Users", "404", "401"),
        ("/admin/tokens", "404", "401"),
    ] {
        for (address, status) in [(apart.as_str(), there), (serving.address.as_str(), here)] {
            let got = answer(address, &format!("GET {path} HTTP/1.1\r\nhost: x\r\n\r\n"));
            assert!(got.starts_with(&format!("HTTP/1.1 {status}")), "{path} at {address}: {got}");
        }
    }
    assert_eq!(serving.terminate(), Some(0), "both end");
    assert!(TcpStream::connect(&apart).is_err());
}
