//! Faults by rule and by seed, and what the ledger says of them.

use std::time::{Duration, Instant};

use genesys_cloud_emulator::{Chaos, Fault, FaultKind, PRIORITY_HEADER};
use serde_json::json;

use crate::client::{Api, SCIM_USERS, calm, read};

fn user(n: usize) -> serde_json::Value {
    json!({ "userName": format!("u{n}@aurora.example"), "displayName": "U" })
}

/// Status, or none when there was no answer, and whether the user is there afterwards.
async fn try_post(api: &Api, n: usize) -> (Option<u16>, bool) {
    let sent = api.request("POST", SCIM_USERS).json(&user(n)).send().await;
    let status = match sent {
        Ok(response) => Some(read(response).await.status),
        Err(_) => None,
    };
    let there = api.cloud.snapshot()["users"].to_string().contains(&format!("u{n}@aurora.example"));
    (status, there)
}

#[tokio::test]
async fn each_kind_of_fault_does_what_it_says_once_and_is_written_down() {
    let api = Api::calm().await;
    let refuse = |status, code: &str| FaultKind::Refuse { status, code: code.to_owned() };
    for (n, (kind, status, there)) in [
        (refuse(400, "constraint.validation"), Some(400), false),
        (refuse(409, "uniqueness"), Some(409), false),
        (FaultKind::ApplyThenDrop, None, true),
        (FaultKind::DropBeforeApply, None, false),
        (FaultKind::Reset, None, false),
        (FaultKind::ApplyThenStatus(502), Some(502), true),
        (FaultKind::Status(503), Some(503), false),
        (FaultKind::TooManyRequests { retry_after_s: 7 }, Some(429), false),
        (FaultKind::Delay(Duration::from_millis(1)), Some(201), true),
        (FaultKind::ApplyThenDelay(Duration::from_millis(1)), Some(201), true),
    ]
    .into_iter()
    .enumerate()
    {
        api.cloud.clear_ledger();
        api.cloud.fault(Fault::on("POST", "scim/v2/users", kind.clone()).once());
        assert_eq!(try_post(&api, n).await, (status, there), "{kind:?}");
        let ledger = api.cloud.ledger();
        assert_eq!(ledger.len(), 1, "{kind:?}: a dropped call is not sent again by itself");
        assert_eq!((ledger[0].status, ledger[0].effect), (status, there), "{kind:?}");
        assert_eq!(ledger[0].fault, Some(format!("{kind:?}")));
        let (again, _) = try_post(&api, n + 100).await;
        assert_eq!(again, Some(201), "{kind:?}: only once");
    }
}

#[tokio::test]
async fn a_scim_refusal_by_rule_has_the_scim_shape_when_its_code_is_a_scim_type() {
    let api = Api::calm().await;
    for (code, member) in [("uniqueness", "scimType"), ("general.conflict", "code")] {
        let kind = FaultKind::Refuse { status: 409, code: code.to_owned() };
        api.cloud.fault(Fault::on("POST", "scim", kind).once());
        let got = api.call("POST", SCIM_USERS, Some(user(1))).await;
        assert_eq!(got.body[member], code);
    }
}

#[tokio::test]
async fn rules_match_templates_bodies_and_counts() {
    let api = Api::calm().await;
    let iris = api.seeded("iris.keller@aurora.example").await;
    let rule = Fault::on("GET", "/api/v2/users/{userId}", FaultKind::Status(500)).skip(1).once();
    api.cloud.fault(rule);
    let path = format!("/api/v2/users/{iris}");
    let mut seen = Vec::new();
    for _ in 0..3 {
        seen.push(api.get(&path).await.status);
    }
    assert_eq!(seen, [200, 500, 200]);
    let kind = FaultKind::Refuse { status: 400, code: "bad.request".into() };
    api.cloud.fault(Fault::everywhere(kind).body_contains("u7@"));
    assert_eq!(try_post(&api, 6).await.0, Some(201));
    assert_eq!(try_post(&api, 7).await.0, Some(400));
    api.cloud.clear_faults();
    assert_eq!(try_post(&api, 7).await.0, Some(201));
    api.cloud.fault(Fault::on("POST", "/oauth/token", FaultKind::Status(503)).once());
    assert_eq!(api.sign_in().await.status, 503);
}

#[tokio::test]
async fn a_client_that_goes_away_does_not_stop_what_it_asked_for() {
    let api = Api::calm().await;
    api.cloud.fault(Fault::on("POST", "users", FaultKind::Delay(Duration::from_millis(150))).once());
    let request = api.request("POST", SCIM_USERS).json(&user(1)).timeout(Duration::from_millis(40));
    assert!(request.send().await.is_err());
    let begun = Instant::now();
    while !api.cloud.snapshot()["users"].to_string().contains("u1@aurora.example") {
        assert!(begun.elapsed() < Duration::from_secs(5), "the call never took effect");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn the_same_seed_of_chaos_breaks_the_same_calls() {
    let mut runs = Vec::new();
    for _ in 0..2 {
        let api = Api::calm().await;
        api.cloud.chaos(Some(Chaos { seed: 11, status: 200, apply_then_status: 100, ..Chaos::default() }));
        let mut seen = Vec::new();
        for n in 0..40 {
            seen.push(try_post(&api, n).await);
        }
        assert!(seen.iter().any(|(status, there)| *status != Some(201) && *there), "some took effect unseen");
        assert!(seen.iter().any(|(status, there)| *status != Some(201) && !*there), "some did not");
        api.cloud.chaos(None);
        assert_eq!(try_post(&api, 99).await, (Some(201), true));
        runs.push(seen);
    }
    assert_eq!(runs[0], runs[1]);
}

#[tokio::test]
async fn the_ledger_tells_templates_priorities_and_effects_in_order() {
    let api = Api::calm().await;
    let id = api.hire("ada@aurora.example").await;
    api.request("GET", &format!("/api/v2/users/{id}?expand=skills"))
        .header(PRIORITY_HEADER, "leaver")
        .send()
        .await
        .unwrap();
    let ledger = api.cloud.ledger();
    let lines: Vec<_> = ledger.iter().map(|call| (call.template.as_str(), call.effect)).collect();
    assert_eq!(lines, [(SCIM_USERS, true), ("/api/v2/users/{userId}", false)]);
    assert_eq!(ledger[1].path, format!("/api/v2/users/{id}?expand=skills"));
    assert_eq!(ledger[1].priority.as_deref(), Some("leaver"));
    assert!(ledger[0].seq < ledger[1].seq);
    api.cloud.clear_ledger();
    assert!(api.cloud.ledger().is_empty());
}

#[tokio::test]
async fn an_emulator_works_without_a_runtime_and_frees_its_ports() {
    let ports = tokio::task::spawn_blocking(|| {
        let cloud = genesys_cloud_emulator::Cloud::start(genesys_cloud_emulator::Options {
            quirks: calm(),
            ..genesys_cloud_emulator::Options::default()
        })
        .unwrap();
        cloud.settle();
        cloud.api_base()
    })
    .await
    .unwrap();
    assert!(reqwest::get(format!("{ports}/api/v2/tokens/me")).await.is_err(), "nobody listens any more");
}
