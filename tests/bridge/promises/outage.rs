//! Genesys is away, refuses us, or shows the past, at the worst moment: nothing is lost and nothing is
//! claimed that is not so.
//!
//! Slow answers and single lost ones are in `late`, the rate limit in `budget`.

use std::time::{Duration, Instant};

use genesys_cloud_emulator::{Fault, FaultKind, Quirks};
use serde_json::json;

use crate::support::bodies::{OURS, agent, group, patch};
use crate::support::bridge::TestBridge;
use crate::support::emulator::cloud_with;
use crate::support::setup::Setup;
use crate::support::wait::eventually;

const MAKE: &str = "/api/v2/scim/v2/users";
const ONE: &str = "/api/v2/scim/v2/users/{userId}";
const QUEUE: &str = "/api/v2/routing/queues/{queueId}/members";

fn refusal(status: u16, code: &str) -> FaultKind {
    FaultKind::Refuse { status, code: code.to_owned() }
}

/// The ids that an identity provider can see.
async fn listed(house: &TestBridge) -> Vec<String> {
    let got = house.scim("GET", "/Users?count=1000", None).await;
    let users = got.body["Resources"].as_array().cloned().unwrap_or_default();
    users.iter().map(|user| user["id"].as_str().unwrap().to_owned()).collect()
}

/// Waits until no saga is open; stuck ones are redriven, as an administrator would.
async fn cleaned_up(house: &TestBridge) {
    eventually("every saga has ended", async || {
        let open = house.admin("GET", "/sagas", None).await.body["open"].clone();
        for saga in open.as_array().unwrap().iter().filter(|saga| saga["state"] == "stuck") {
            let path = format!("/sagas/{}/redrive", saga["id"].as_str().unwrap());
            house.admin("POST", &path, None).await;
        }
        open == json!([])
    })
    .await;
    house.cloud.settle();
}

#[tokio::test]
async fn the_deadline_is_kept_although_an_undo_does_not_get_through() {
    let house = TestBridge::with(Setup { deadline_s: 2, ..Setup::default() });
    house.cloud.fault(Fault::on("POST", QUEUE, refusal(400, "bad.request")));
    house.cloud.fault(Fault::on("DELETE", ONE, FaultKind::Status(503)));
    let began = Instant::now();
    let asked = house.scim("POST", "/Users", Some(agent("nora")));
    let got = tokio::time::timeout(Duration::from_secs(5), asked).await.expect("an answer in time");
    assert_eq!(got.status, 503, "after {:?}: {got:?}", began.elapsed());
    assert!(got.retry_after.is_some_and(|seconds| seconds > 0), "{got:?}");
    assert_eq!(house.with_address("nora@aurora.example").len(), 1, "the undo hangs");
    assert_eq!(listed(&house).await, Vec::<String>::new(), "and nobody was promised anything");
    house.cloud.clear_faults();
    cleaned_up(&house).await;
    assert_eq!(house.with_address("nora@aurora.example"), Vec::<String>::new(), "undone behind");
    let again = house.scim("POST", "/Users", Some(agent("nora"))).await;
    assert_eq!(again.status, 201, "{again:?}");
}

#[tokio::test]
async fn credentials_that_are_not_accepted_for_a_while_cost_nobody_an_entitlement() {
    let house = TestBridge::with(Setup { deadline_s: 2, ..Setup::default() });
    house.cloud.fault(Fault::on("POST", QUEUE, refusal(401, "bad.credentials")));
    let got = house.scim("POST", "/Users", Some(agent("nora"))).await;
    assert_eq!(got.status, 201, "the identity is there, the rest goes on: {got:?}");
    // Whoever comes now could only wait, unless it is the moment in which the credentials are tried again: then it is
    // not known yet that they are refused, and at most that nothing may be sent.
    let mut next = house.scim("POST", "/Users", Some(agent("vera"))).await;
    for n in 0..5 {
        if ![201, 429].contains(&next.status) {
            break;
        }
        next = house.scim("POST", "/Users", Some(agent(&format!("vera{n}")))).await;
    }
    assert_eq!(next.status, 503, "{next:?}");
    assert!(next.body["detail"].as_str().unwrap().contains("credentials"), "{next:?}");
    house.cloud.clear_faults();
    house.settled().await;
    assert_eq!(house.provisioning(&got.id()).await["status"], "committed");
    assert_ne!(house.cloud.snapshot()["queues"]["EMEA Support"][got.id()], json!(null));
}

#[tokio::test]
async fn a_create_that_may_have_taken_effect_is_never_called_undone_while_the_user_is_there() {
    let house = TestBridge::with(Setup { deadline_s: 2, ..Setup::default() });
    house.cloud.fault(Fault::on("POST", MAKE, FaultKind::ApplyThenDrop).once());
    house.cloud.fault(Fault::on("POST", MAKE, refusal(403, "missing.permissions")));
    house.cloud.fault(Fault::on("GET", "/users/externalid", refusal(403, "missing.permissions")));
    let got = house.scim("POST", "/Users", Some(agent("nora"))).await;
    assert_eq!(got.status, 503, "{got:?}");
    tokio::time::sleep(Duration::from_millis(1500)).await;
    let sagas = house.admin("GET", "/sagas?finished=10", None).await.body;
    if !house.with_address("nora@aurora.example").is_empty() {
        assert!(!got.body["detail"].to_string().contains("was undone"), "{got:?}");
        assert_eq!((&sagas["finished"], sagas["open"].as_array().unwrap().len()), (&json!([]), 1), "{sagas}");
    }
    house.cloud.clear_faults();
    cleaned_up(&house).await;
    assert_eq!(house.with_address("nora@aurora.example"), listed(&house).await, "nobody without a record");
    let again = house.scim("POST", "/Users", Some(agent("nora"))).await;
    assert_eq!(again.status, 201, "{again:?}");
    house.settled().await;
    assert_eq!(house.with_address("nora@aurora.example"), [again.id()]);
}

#[tokio::test]
async fn what_was_given_and_taken_back_within_the_time_in_which_reads_show_the_past_is_gone_in_the_end() {
    let quirks = Quirks { stale_ms: 1500, ..Quirks::default() };
    let house = TestBridge::on(cloud_with(|options| options.quirks = quirks), Setup::default());
    let mut body = agent("nora");
    body["title"] = json!("Clerk");
    let made = house.scim("POST", "/Users", Some(body)).await;
    assert_eq!(made.status, 201, "{made:?}");
    house.settled().await;
    let path = format!("/Users/{}", made.id());
    let before = house.cloud.snapshot();
    for (attribute, value) in [("compactRoles", "Agent@EMEA"), ("compactQueues", "VIP")] {
        let attribute = format!("{OURS}:{attribute}");
        for operation in [
            json!({"op": "add", "path": attribute, "value": value}),
            json!({"op": "remove", "path": attribute}),
        ] {
            let got = house.scim("PATCH", &path, Some(patch(json!([operation])))).await;
            assert_eq!(got.status, 200, "{operation} {got:?}");
        }
        house.settled().await;
        assert_eq!(house.cloud.snapshot(), before, "{value} is gone");
    }
}

#[tokio::test]
async fn an_outage_during_a_recomputation_loses_nothing() {
    let house = TestBridge::with(Setup { hurry: 40, deadline_s: 120, ..Setup::default() });
    let nora = house.scim("POST", "/Users", Some(agent("nora"))).await.id();
    house.settled().await;
    house.cloud.fault(Fault { method: None, ..Fault::on("", nora.as_str(), FaultKind::Status(503)) });
    house.cloud.clear_ledger();
    let group = house.scim("POST", "/Groups", Some(group("Night Desk", &[&nora]))).await;
    assert_eq!(group.status, 201, "{group:?}");
    // More than three minutes for the bridge.
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert!(house.cloud.ledger().iter().any(|call| call.fault.is_some()), "the outage was met");
    house.cloud.clear_faults();
    eventually("the member has what the rule says", async || {
        let world = house.cloud.snapshot();
        let leads = world["grants"][&nora].to_string().contains("Team Lead@EMEA");
        leads && world["queues"]["VIP"][&nora]["joined"] == true
    })
    .await;
    eventually("and it is told", async || house.provisioning(&nora).await["status"] == "committed").await;
}

#[tokio::test]
async fn a_recomputation_that_is_refused_shows_as_failed_on_the_user_who_stays() {
    let house = TestBridge::with(Setup::default());
    let nora = house.scim("POST", "/Users", Some(agent("nora"))).await.id();
    house.settled().await;
    house.cloud.fault(Fault::on("POST", QUEUE, refusal(400, "bad.request")));
    let group = house.scim("POST", "/Groups", Some(group("Night Desk", &[&nora]))).await;
    assert_eq!(group.status, 201, "{group:?}");
    eventually("it has failed", async || house.provisioning(&nora).await["status"] == "failed").await;
    let items = house.provisioning(&nora).await["items"].to_string();
    for word in ["failed", "add to queue VIP", "bad.request"] {
        assert!(items.contains(word), "{word} in {items}");
    }
    house.settled().await;
    let world = house.cloud.snapshot();
    assert_eq!(world["users"][&nora]["state"], "active");
    assert_eq!(world["queues"]["EMEA Support"][&nora]["joined"], true, "what she had stays");
}
