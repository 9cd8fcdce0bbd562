//! The rate limit of Genesys: short storms are waited out, long ones are told with `Retry-After`, and nothing
//! is left behind.

use std::time::{Duration, Instant};

use genesys_cloud_emulator::{Fault, FaultKind};
use serde_json::json;

use crate::support::bodies::{agent, patch};
use crate::support::bridge::TestBridge;
use crate::support::client::Response;
use crate::support::setup::Setup;
use crate::support::wait::eventually;

fn storm(retry_after_s: u32) -> Fault {
    Fault::everywhere(FaultKind::TooManyRequests { retry_after_s })
}

fn tells_when_to_come_back(got: &Response) {
    assert!(matches!(got.status, 429 | 503), "{got:?}");
    assert!(got.retry_after.is_some_and(|seconds| seconds > 0), "{got:?}");
    assert_eq!(got.body["schemas"][0], "urn:ietf:params:scim:api:messages:2.0:Error", "{got:?}");
}

#[tokio::test]
async fn a_short_storm_is_waited_out_within_the_deadline() {
    let house = TestBridge::with(Setup::default());
    for (at, path) in [(0, "/api/v2/"), (1, "/api/v2/scim/v2/users"), (2, "/members")] {
        let limit = FaultKind::TooManyRequests { retry_after_s: 1 };
        house.cloud.fault(Fault { path: path.into(), ..Fault::everywhere(limit) }.times(2));
        let got = house.scim("POST", "/Users", Some(agent(&format!("nora{at}")))).await;
        assert_eq!(got.status, 201, "{path} {got:?}");
        house.cloud.clear_faults();
    }
    house.settled().await;
    assert_eq!(house.scim("GET", "/Users?count=0", None).await.body["totalResults"], 3);
}

#[tokio::test]
async fn a_storm_that_does_not_end_is_told_with_retry_after_and_leaves_nothing_half_done() {
    let house = TestBridge::with(Setup { deadline_s: 2, ..Setup::default() });
    let made = house.scim("POST", "/Users", Some(agent("vera"))).await;
    assert_eq!(made.status, 201, "{made:?}");
    house.settled().await;
    let before = (house.directory().await, house.cloud.snapshot());
    house.cloud.fault(storm(3));
    let change = patch(json!([{"op": "replace", "path": "displayName", "value": "Vera Lind"}]));
    let path = format!("/Users/{}", made.id());
    for (method, path, body) in [
        ("POST", "/Users", Some(agent("nora"))),
        ("PATCH", path.as_str(), Some(change)),
        ("PUT", path.as_str(), Some(agent("vera2"))),
        ("POST", "/Users", Some(agent("iris"))),
    ] {
        tells_when_to_come_back(&house.scim(method, path, body).await);
    }
    assert_eq!(house.directory().await, before.0, "reads go on and show what was before");
    house.cloud.clear_faults();
    house.settled().await;
    let sagas = house.admin("GET", "/sagas?finished=100", None).await.body;
    let opened_in_the_storm = sagas["finished"].as_array().unwrap().len() - 1;
    if opened_in_the_storm == 0 {
        assert_eq!((house.directory().await, house.cloud.snapshot()), before);
    }
    let got = house.scim("POST", "/Users", Some(agent("nora"))).await;
    assert_eq!(got.status, 201, "after the storm: {got:?}");
}

#[tokio::test]
async fn when_the_wait_is_ten_times_the_deadline_a_change_is_429_before_anything_is_opened_or_called() {
    let house = TestBridge::with(Setup { deadline_s: 1, ..Setup::default() });
    let made = house.scim("POST", "/Users", Some(agent("vera"))).await;
    assert_eq!(made.status, 201, "{made:?}");
    house.settled().await;
    house.cloud.fault(storm(10).once());
    tells_when_to_come_back(&house.scim("POST", "/Users", Some(agent("first"))).await);
    let sagas = house.admin("GET", "/sagas?finished=100", None).await.body;
    let before = house.directory().await;
    house.cloud.clear_ledger();
    let title = patch(json!([{"op": "replace", "path": "title", "value": "Lead"}]));
    let path = format!("/Users/{}", made.id());
    for (method, path, body) in
        [("POST", "/Users", Some(agent("nora"))), ("PATCH", path.as_str(), Some(title))]
    {
        let got = house.scim(method, path, body).await;
        assert_eq!(got.status, 429, "{got:?}");
        let seconds = got.retry_after.unwrap();
        assert!((8..=11).contains(&seconds), "it says when: {seconds}");
        assert!(got.body["detail"].as_str().unwrap().contains("budget"), "{got:?}");
    }
    assert_eq!(house.cloud.ledger(), [], "nobody was asked");
    assert_eq!(house.admin("GET", "/sagas?finished=100", None).await.body, sagas, "nothing was opened");
    assert_eq!(house.directory().await, before);
}

#[tokio::test]
async fn a_leaver_is_taken_on_however_long_genesys_wants_nothing_of_us_and_needs_not_ask_again() {
    for removed in [false, true] {
        let house = TestBridge::with(Setup { deadline_s: 1, ..Setup::default() });
        let id = house.scim("POST", "/Users", Some(agent("vera"))).await.is(201).id();
        house.settled().await;
        house.cloud.fault(storm(10).once());
        tells_when_to_come_back(&house.scim("POST", "/Users", Some(agent("first"))).await);
        let leave = patch(json!([{"op": "replace", "path": "active", "value": false}]));
        let (method, body) = if removed { ("DELETE", None) } else { ("PATCH", Some(leave)) };
        let got = house.scim(method, &format!("/Users/{id}"), body).await;
        assert_eq!(got.status, 503, "not yet: {got:?}");
        assert!(got.retry_after.is_some_and(|seconds| seconds > 0), "{got:?}");
        let sagas = house.admin("GET", "/sagas", None).await.body;
        assert!(sagas["open"].to_string().contains(&id), "it is written down: {sagas}");
        let out = || {
            let world = house.cloud.snapshot();
            world["users"][&id]["state"] != "active"
        };
        eventually("out, without anybody asking again", async || out()).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn more_requests_than_the_budget_carries_are_all_answered_and_each_acknowledged_user_is_there() {
    let setup = Setup { deadline_s: 2, calls_per_minute: 120, ..Setup::default() };
    // What is still open would take minutes at that rate.
    let house = std::sync::Arc::new(TestBridge::with(setup).leaving_work());
    let mut asking = Vec::new();
    for n in 0..60 {
        let house = std::sync::Arc::clone(&house);
        asking.push(tokio::spawn(async move {
            house.scim("POST", "/Users", Some(agent(&format!("n{n}")))).await
        }));
    }
    let mut acknowledged = Vec::new();
    let mut sent_away = 0;
    for one in asking {
        let got = one.await.unwrap();
        if got.status == 201 {
            acknowledged.push(got.id());
        } else {
            tells_when_to_come_back(&got);
            sent_away += 1;
        }
    }
    assert!(sent_away > 0 && !acknowledged.is_empty(), "{sent_away} {}", acknowledged.len());
    let world = house.cloud.snapshot();
    for id in acknowledged {
        assert_eq!(world["users"][&id]["state"], "active", "a 201 means that the identity exists");
        assert_eq!(house.scim("GET", &format!("/Users/{id}"), None).await.status, 200);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_comes_on_top_of_all_open_work_is_429_that_says_when_and_a_leaver_is_not() {
    let setup = Setup { calls_per_minute: 30, hurry: 10, ..Setup::default() };
    let house = std::sync::Arc::new(TestBridge::with(setup).leaving_work());
    let made = house.scim("POST", "/Users", Some(agent("vera"))).await;
    assert_eq!(made.status, 201, "{made:?}");
    let mut asking = Vec::new();
    for n in 0..80 {
        let house = std::sync::Arc::clone(&house);
        asking.push(tokio::spawn(async move {
            house.scim("POST", "/Users", Some(agent(&format!("n{n}")))).await
        }));
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    let leave = patch(json!([{"op": "replace", "path": "active", "value": false}]));
    let began = Instant::now();
    house.scim("PATCH", &format!("/Users/{}", made.id()), Some(leave)).await.is(200);
    let took = began.elapsed();
    assert_eq!(house.cloud.snapshot()["users"][made.id()]["state"], "inactive");
    assert!(took < Duration::from_secs(2), "{took:?}");
    let mut sent_away = 0;
    for one in asking {
        let got = one.await.unwrap();
        if got.status == 429 {
            tells_when_to_come_back(&got);
            sent_away += 1;
        }
    }
    // Ten minutes of that budget are 300 calls, or 33 agents.
    assert!((40..80).contains(&sent_away), "{sent_away}");
}

#[tokio::test]
async fn a_pause_that_genesys_asked_for_and_the_use_of_the_budget_survive_a_restart() {
    let mut house = TestBridge::with(Setup { deadline_s: 1, ..Setup::default() }).leaving_work();
    let made = house.scim("POST", "/Users", Some(agent("vera"))).await;
    assert_eq!(made.status, 201, "{made:?}");
    house.settled().await;
    house.cloud.fault(storm(15).once());
    tells_when_to_come_back(&house.scim("POST", "/Users", Some(agent("first"))).await);
    house.restart().await;
    let got = house.scim("POST", "/Users", Some(agent("nora"))).await;
    assert_eq!(got.status, 429, "{got:?}");
    let seconds = got.retry_after.unwrap();
    assert!((5..=15).contains(&seconds), "{seconds}");
}
