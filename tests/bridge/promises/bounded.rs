//! What nobody looks after ends all the same (P11): undo calls that meet a 404 for ever, creates that Genesys never
//! takes.
//!
//! What an administrator can do about sagas that do not end is in `ending`; every operation under every trouble for
//! hours is in the table of lasting faults of `saga_steps`.

use std::time::{Duration, Instant};

use genesys_cloud_emulator::{Fault, FaultKind};
use serde_json::{Value, json};

use crate::support::bodies::{OURS, agent, patch};
use crate::support::bridge::TestBridge;
use crate::support::setup::Setup;
use crate::support::wait::eventually;

const MAKE: &str = "/api/v2/scim/v2/users";
const QUEUE: &str = "/api/v2/routing/queues/{queueId}/members";
const GRANTS: &str = "/api/v2/authorization/subjects/{subjectId}/bulkadd";
/// Far less than a saga may take, and enough for a busy machine.
const SOON: Duration = Duration::from_secs(4);

fn refusal(status: u16, code: &str) -> FaultKind {
    FaultKind::Refuse { status, code: code.to_owned() }
}

async fn open(house: &TestBridge) -> Vec<Value> {
    house.admin("GET", "/sagas", None).await.body["open"].as_array().unwrap().clone()
}

fn calls(house: &TestBridge, method: &str, template: &str) -> usize {
    let calls = house.cloud.ledger();
    calls.iter().filter(|call| call.method == method && call.template == template).count()
}

/// Somebody whose role is taken away in exchange for a queue: the queue waits for `pause_s` until that is done, and
/// is refused; Genesys does not know the role any more when it is to be given back. Their path.
async fn swap_that_goes_back(house: &TestBridge, pause_s: u32) -> String {
    let mut body = agent("nora");
    body[OURS] = json!({ "compactRoles": "Agent@EMEA" });
    let id = house.scim("POST", "/Users", Some(body)).await.is(201).id();
    house.settled().await;
    house.cloud.fault(Fault::on("POST", QUEUE, FaultKind::TooManyRequests { retry_after_s: pause_s }).once());
    house.cloud.fault(Fault::on("POST", QUEUE, refusal(400, "queue.full")).once());
    house.cloud.fault(Fault::on("POST", GRANTS, refusal(404, "not.found")));
    house.cloud.clear_ledger();
    let swap = patch(json!([
        {"op": "remove", "path": format!("{OURS}:compactRoles")},
        {"op": "add", "path": format!("{OURS}:compactQueues"), "value": "VIP"},
    ]));
    let path = format!("/Users/{id}");
    let got = house.scim("PATCH", &path, Some(swap)).await;
    assert!(got.status >= 400, "{got:?}");
    eventually("the undo was tried", async || calls(house, "POST", GRANTS) > 0).await;
    path
}

/// A deactivation is done soon.
async fn leaves_soon(house: &TestBridge, path: &str) {
    let began = Instant::now();
    let leave = patch(json!([{"op": "replace", "path": "active", "value": false}]));
    house.scim("PATCH", path, Some(leave)).await.is(200);
    assert!(began.elapsed() < SOON, "{:?}", began.elapsed());
    let id = path.rsplit('/').next().unwrap();
    assert_eq!(house.cloud.snapshot()["users"][id]["state"], "inactive");
}

/// A removal of a role that is undone, where Genesys does not know the role any more.
#[tokio::test]
async fn a_removal_whose_undo_meets_404_for_ever_ends_and_holds_nobody() {
    let house = TestBridge::with(Setup { hurry: 40, deadline_s: 120, ..Setup::without_rules() });
    let path = swap_that_goes_back(&house, 20).await;
    eventually("it has ended by itself", async || open(&house).await.is_empty()).await;
    let tried = calls(&house, "POST", GRANTS);
    assert!(tried <= 60, "{tried} calls for one undo");
    let ended = house.admin("GET", "/sagas?finished=1", None).await.body["finished"][0].clone();
    assert_eq!(ended["state"], "rolled back", "{ended}");
    leaves_soon(&house, &path).await;
}

/// The same, and whoever leaves while it still goes back is out at once.
#[tokio::test]
async fn whoever_leaves_while_an_undo_meets_404_is_out_at_once() {
    let house = TestBridge::with(Setup { deadline_s: 6, ..Setup::without_rules() });
    let path = swap_that_goes_back(&house, 1).await;
    assert_eq!(open(&house).await.len(), 1, "it still goes back");
    leaves_soon(&house, &path).await;
    eventually("nothing is open", async || open(&house).await.is_empty()).await;
}

#[tokio::test]
async fn the_name_of_a_create_that_genesys_never_takes_is_free_by_itself_in_the_end() {
    let house = TestBridge::with(Setup { hurry: 100, deadline_s: 60, ..Setup::default() });
    house.cloud.fault(Fault::on("POST", MAKE, FaultKind::Status(500)).body_contains("Poison"));
    let body = |title: &str, external: &str| {
        let mut body = agent("nora");
        (body["title"], body["externalId"]) = (json!(title), json!(external));
        body
    };
    let first = house.scim("POST", "/Users", Some(body("Poison", "one"))).await;
    assert_eq!(first.status, 503, "{first:?}");
    assert_eq!(open(&house).await.len(), 1);
    // Until then somebody else with the name has to wait or is refused.
    let early = house.scim("POST", "/Users", Some(body("Clerk", "two"))).await;
    assert!([409, 503].contains(&early.status), "{early:?}");
    eventually("it has ended by itself", async || open(&house).await.is_empty()).await;
    let tried = calls(&house, "POST", MAKE);
    assert!((2..=60).contains(&tried), "{tried} calls for one create");
    let corrected = house.scim("POST", "/Users", Some(body("Clerk", "two"))).await.is(201);
    assert_eq!(house.with_address("nora@aurora.example"), [corrected.id()]);
}
