//! Health, metrics, and a stop that lets running requests finish.

use std::time::{Duration, Instant};

use genesys_scim_bridge::testing::model::metric;
use serde_json::json;

use crate::support::bridge::SCIM;
use crate::support::server::start;

#[tokio::test]
async fn readiness_is_503_with_the_reasons() {
    let server = start();
    assert_eq!(
        server.send(server.request("GET", "/readyz")).await.body,
        json!({"ready": true, "reasons": []})
    );
    *server.documents.unready.lock().unwrap() = vec!["no import yet".to_owned()];
    let got = server.send(server.request("GET", "/readyz")).await;
    assert_eq!(got.status, 503);
    assert_eq!(got.body, json!({"ready": false, "reasons": ["no import yet"]}));
    assert_eq!(server.send(server.request("GET", "/healthz")).await.status, 200, "alive all the same");
}

#[tokio::test]
async fn metrics_count_requests_errors_and_sagas_without_naming_anybody() {
    let server = start();
    let id = server.user("grace@example.com").await;
    server.call("GET", &format!("/scim/v2/Users/{id}"), None).await;
    server.call("POST", "/scim/v2/Users", Some(json!({"userName": "grace@example.com"}))).await;
    server.call("GET", "/scim/v2/Users?filter=((", None).await;
    let got = server.send(server.request("GET", "/metrics")).await;
    let text = got.body.as_str().unwrap();
    for wanted in [
        "scim_bridge_requests_total{tenant=\"aurora\",method=\"GET\",resource=\"Users\",status=\"200\"}",
        "scim_bridge_validation_errors_total{tenant=\"aurora\",scim_type=\"invalidFilter\"}",
        "scim_bridge_conflicts_total{tenant=\"aurora\"}",
        "scim_bridge_request_duration_seconds_bucket{tenant=\"aurora\",",
        "scim_bridge_sagas_open{tenant=\"aurora\"} 3",
        "scim_bridge_sagas_stuck{tenant=\"aurora\"} 1",
        "scim_bridge_saga_oldest_age_seconds{tenant=\"aurora\"} 42",
        "scim_bridge_saga_stuck_oldest_age_seconds{tenant=\"aurora\"} 4711",
        "scim_bridge_genesys_budget_left_calls{tenant=\"aurora\"} 270",
    ] {
        assert!(text.contains(wanted), "{wanted} in\n{text}");
    }
    assert!(!text.contains("grace") && !text.contains(&id));
    for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let name = line.split(['{', ' ']).next().unwrap();
        let metric = metric::ALL.iter().find(|metric| name.starts_with(metric.name));
        assert!(metric.is_some(), "{name} is declared nowhere");
        let metric = metric.unwrap();
        assert!(line.contains("tenant=\""), "no tenant: {line}");
        assert!(metric.labels.iter().all(|label| line.contains(&format!("{label}=\""))), "{line}");
        assert!(text.contains(&format!("# HELP {} {}", metric.name, metric.help)), "no help: {line}");
    }
}

#[tokio::test]
async fn a_stop_lets_running_requests_finish_and_takes_no_new_ones() {
    let server = start();
    *server.documents.slow.lock().unwrap() = Duration::from_millis(500);
    let request = server
        .request("POST", "/scim/v2/Users")
        .bearer_auth(SCIM)
        .header("content-type", "application/json")
        .body(json!({"userName": "ada"}).to_string());
    let running = tokio::spawn(request.send());
    tokio::time::sleep(Duration::from_millis(200)).await;
    let address = server.listening.addr();
    let began = Instant::now();
    server.listening.stop().await;
    assert_eq!(running.await.unwrap().unwrap().status(), 201);
    assert!(began.elapsed() < Duration::from_secs(5), "stopped after {:?}", began.elapsed());
    assert!(std::net::TcpStream::connect(address).is_err(), "nobody listens any more");
}

#[tokio::test]
async fn an_idle_connection_does_not_hold_up_the_stop() {
    let server = start();
    assert_eq!(server.call("GET", "/scim/v2/Users", None).await.status, 200);
    let began = Instant::now();
    server.listening.stop().await;
    assert!(began.elapsed() < Duration::from_secs(3), "stopped after {:?}", began.elapsed());
}

#[tokio::test]
async fn several_servers_run_side_by_side() {
    let (one, two) = (start(), start());
    one.user("ada").await;
    assert_eq!(one.call("GET", "/scim/v2/Users", None).await.body["totalResults"], 1);
    assert_eq!(two.call("GET", "/scim/v2/Users", None).await.body["totalResults"], 0);
}
