//! A change that was refused and undone, and is sent again at once, while reads still show what its undo has
//! taken away (docs/genesys.md G4.6): a 200 means that all of it is there.
//!
//! Changes in a row that were acknowledged are in `stale`.

use genesys_cloud_emulator::{Call, Fault, FaultKind, Quirks};
use serde_json::{Value, json};

use crate::support::bodies::{OURS, agent};
use crate::support::bridge::TestBridge;
use crate::support::setup::Setup;
use crate::support::wait::eventually;

const QUEUE: &str = "/api/v2/routing/queues/{queueId}/members";
const GRANTS: &str = "/api/v2/authorization/subjects/{subjectId}/bulkadd";
const ROLE: &str = "Claims Handler@Americas";
/// How long grant reads show the past, in milliseconds.
const LAG_MS: u32 = 2_000;

/// What is asked for each time: a role and a queue.
fn wanted() -> Value {
    let mut body = agent("nora");
    body["schemas"].as_array_mut().unwrap().push(json!(OURS));
    body[OURS] = json!({ "compactRoles": ROLE, "compactQueues": "VIP" });
    body
}

/// Somebody without anything, in an organisation whose reads lag from now on.
async fn nora(deadline_s: u64) -> (TestBridge, String) {
    let house = TestBridge::with(Setup { deadline_s, ..Setup::without_rules() });
    let id = house.scim("POST", "/Users", Some(agent("nora"))).await.is(201).id();
    house.settled().await;
    house.cloud.set_quirks(Quirks { stale_ms: LAG_MS, ..Quirks::default() });
    (house, id)
}

/// Whether the role and the queue are there.
fn has(house: &TestBridge, id: &str) -> (bool, bool) {
    let world = house.cloud.snapshot();
    (world["grants"][id].to_string().contains(ROLE), world["queues"]["VIP"][id] != Value::Null)
}

/// One call waits, so that the other steps are done, and is refused.
fn refuse_later(house: &TestBridge, path: &str, status: u16, wait_s: u32) {
    house.cloud.fault(Fault::on("POST", path, FaultKind::TooManyRequests { retry_after_s: wait_s }).once());
    let refusal = FaultKind::Refuse { status, code: "bad.request".to_owned() };
    house.cloud.fault(Fault::on("POST", path, refusal).once());
}

fn took_effect(calls: &[Call], method: &str, part: &str) -> bool {
    calls.iter().any(|call| call.effect && call.method == method && call.path.contains(part))
}

#[tokio::test]
async fn a_change_that_was_refused_and_undone_is_whole_when_it_is_sent_again_at_once() {
    let (house, id) = nora(20).await;
    let path = format!("/Users/{id}");
    for round in 0..2 {
        refuse_later(&house, QUEUE, 400, 1);
        house.cloud.clear_ledger();
        let refused = house.scim("PUT", &path, Some(wanted())).await;
        assert!(refused.status >= 400, "{refused:?}");
        let calls = house.cloud.ledger();
        assert!(took_effect(&calls, "POST", "/bulkadd"), "the role was given: {calls:?}");
        assert!(took_effect(&calls, "DELETE", "/roles/"), "and taken back: {calls:?}");
        assert_eq!(has(&house, &id), (false, false), "round {round}");
    }
    for time in ["second", "third"] {
        house.scim("PUT", &path, Some(wanted())).await.is(200);
        assert_eq!(has(&house, &id), (true, true), "the {time} time");
        assert_eq!(house.provisioning(&id).await["status"], "committed", "the {time} time");
    }
}

#[tokio::test]
async fn what_is_missing_is_given_by_the_same_change_sent_once_more() {
    let (house, id) = nora(2).await;
    let path = format!("/Users/{id}");
    refuse_later(&house, GRANTS, 400, 3);
    house.scim("PUT", &path, Some(wanted())).await.is(200);
    eventually("it has failed", async || house.provisioning(&id).await["status"] == "failed").await;
    house.settled().await;
    assert_eq!(has(&house, &id), (false, true));
    house.cloud.clear_ledger();
    house.scim("PUT", &path, Some(wanted())).await.is(200);
    let calls = house.cloud.ledger();
    assert!(took_effect(&calls, "POST", "/bulkadd"), "{calls:?}");
    house.settled().await;
    assert_eq!(has(&house, &id), (true, true));
    assert_eq!(house.provisioning(&id).await["status"], "committed");
}
