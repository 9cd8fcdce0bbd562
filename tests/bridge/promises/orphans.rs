//! A create whose answer was lost and whose user cannot be found for minutes: nobody is left behind in Genesys.
//!
//! Lost answers that the mark explains at once are in `late`.

use genesys_cloud_emulator::{Fault, FaultKind};
use serde_json::{Value, json};

use crate::support::bodies::agent;
use crate::support::bridge::TestBridge;
use crate::support::setup::Setup;
use crate::support::wait::eventually;

const MAKE: &str = "/api/v2/scim/v2/users";
const BY_MARK: &str = "/api/v2/users/externalid/{authorityName}/{externalKey}";
const SEARCH: &str = "/api/v2/users/search";
const NORA: &str = "nora@aurora.example";

fn house() -> TestBridge {
    let tenant = "on_existing = \"refuse\"";
    TestBridge::with(Setup { tenant, hurry: 20, deadline_s: 120, ..Setup::without_rules() })
}

fn refused(method: &str, path: &str, status: u16) -> Fault {
    let code = "general.resource.not.found".to_owned();
    Fault::on(method, path, FaultKind::Refuse { status, code })
}

/// The create takes effect, its answer is lost, and no look by the mark finds the user.
fn lose(house: &TestBridge) {
    house.cloud.fault(Fault::on("POST", MAKE, FaultKind::ApplyThenDrop).once());
    house.cloud.fault(refused("GET", BY_MARK, 404));
}

async fn work(house: &TestBridge) -> Value {
    house.admin("GET", "/work", None).await.is(200).body["work"].clone()
}

#[tokio::test]
async fn who_was_left_behind_is_listed_found_minutes_later_and_taken_back_also_after_a_restart() {
    let mut house = house();
    lose(&house);
    // Nor can the owner of the address be told, so that the client gives up.
    house.cloud.fault(refused("POST", SEARCH, 502));
    let got = house.scim("POST", "/Users", Some(agent("nora"))).await;
    assert_eq!(got.status, 503, "{got:?}");
    house.settled().await;
    assert_eq!(house.with_address(NORA).len(), 1, "it is there");
    let listed = work(&house).await;
    assert_eq!(listed[0]["reasons"][0]["reason"], "unsettled_create", "{listed}");
    house.restart().await;
    eventually("it is looked for again", async || {
        work(&house).await[0]["last"]["code"] == "create.not_found"
    })
    .await;
    assert_eq!(house.with_address(NORA).len(), 1);
    house.cloud.clear_faults();
    eventually("nobody is left behind", async || house.with_address(NORA).is_empty()).await;
    eventually("and nothing to do", async || work(&house).await == json!([])).await;
    house.settled().await;
}

#[tokio::test]
async fn who_is_wanted_by_then_stays() {
    let house = house();
    lose(&house);
    let got = house.scim("POST", "/Users", Some(agent("nora"))).await;
    assert_eq!(got.status, 201, "the owner of the address has our mark: {got:?}");
    house.settled().await;
    assert_eq!(house.with_address(NORA), [got.id()]);
    house.cloud.clear_faults();
    eventually("nothing is to do", async || work(&house).await == json!([])).await;
    house.settled().await;
    assert_eq!(house.with_address(NORA), [got.id()]);
}
