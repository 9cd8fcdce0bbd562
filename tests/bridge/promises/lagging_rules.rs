//! What a rule gives and takes back by a group, while reads show the past (docs/genesys.md G4.6, G7.9), and while
//! other names of the same person are unknown.
//!
//! The same without any lag is in `leavers`; changes of the person in `stale`.

use genesys_cloud_emulator::Quirks;
use serde_json::{Value, json};

use super::leavers::full;
use crate::support::bodies::{OURS, agent, group, patch};
use crate::support::bridge::TestBridge;
use crate::support::emulator::cloud;
use crate::support::setup::Setup;
use crate::support::wait::eventually;

/// How long reads show the past, in milliseconds.
const LAGS: [u32; 2] = [400, 3_000];

fn lagging(lag_ms: u32) -> TestBridge {
    let cloud = cloud();
    cloud.set_quirks(Quirks { stale_ms: lag_ms, ..Quirks::default() });
    // Who cannot be read yet is tried again within a minute of the bridge's.
    TestBridge::on(cloud, Setup { hurry: 20, deadline_s: 120, ..Setup::default() })
}

/// What the rule of the group gives: a role and a queue.
fn has(house: &TestBridge, id: &str) -> (bool, bool) {
    let world = house.cloud.snapshot();
    (world["grants"][id].to_string().contains("Team Lead"), world["queues"]["VIP"][id] != Value::Null)
}

async fn everybody_leaves(house: &TestBridge, group: &str) {
    let nobody = patch(json!([{"op": "remove", "path": "members"}]));
    let left = house.scim("PATCH", &format!("/Groups/{group}"), Some(nobody)).await;
    assert!([200, 204].contains(&left.status), "{left:?}");
}

#[tokio::test]
async fn a_group_that_is_pushed_right_after_its_member_was_made_gives_what_its_rule_says() {
    for lag_ms in LAGS {
        let house = lagging(lag_ms);
        let nora = house.scim("POST", "/Users", Some(agent("nora"))).await.is(201).id();
        house.scim("POST", "/Groups", Some(group("Night Desk", &[&nora]))).await.is(201);
        eventually("the rule gives", async || has(&house, &nora) == (true, true)).await;
    }
}

#[tokio::test]
async fn what_a_rule_gave_a_moment_ago_is_taken_back_although_reads_do_not_show_it_and_names_are_unknown() {
    for lag_ms in LAGS {
        let mut house = lagging(lag_ms);
        let mut body = full("nora");
        body[OURS]["compactQueues"] = json!("EMEA Support");
        let nora = house.scim("POST", "/Users", Some(body)).await.is(201).id();
        let desk = house.scim("POST", "/Groups", Some(group("Night Desk", &[&nora]))).await.is(201).id();
        eventually("the rule gives", async || has(&house, &nora) == (true, true)).await;
        for name in ["Billing", "EMEA Support"] {
            house.cloud.rename(name, &format!("New {name}"));
        }
        house.settled().await;
        house.restart().await;
        everybody_leaves(&house, &desk).await;
        eventually("the rule takes back", async || has(&house, &nora) == (false, false)).await;
        eventually("what cannot be resolved is told", async || {
            house.provisioning(&nora).await["items"].to_string().contains("Billing")
        })
        .await;
        house.settled().await;
        assert_eq!(has(&house, &nora), (false, false), "and it stays so");
        let world = house.cloud.snapshot();
        assert_ne!(world["queues"]["New EMEA Support"][&nora], json!(null), "what nobody took back stays");
        assert_eq!(world["skills"][&nora]["New Billing"], 4.0);
    }
}

#[tokio::test]
async fn a_group_that_is_joined_and_left_while_reads_lag_ends_as_it_was_left() {
    for lag_ms in LAGS {
        let house = lagging(lag_ms);
        let nora = house.scim("POST", "/Users", Some(agent("nora"))).await.is(201).id();
        let desk = house.scim("POST", "/Groups", Some(group("Night Desk", &[&nora]))).await.is(201).id();
        let join = || patch(json!([{"op": "add", "path": "members", "value": [{"value": nora}]}]));
        for _ in 0..2 {
            eventually("the rule gives", async || has(&house, &nora) == (true, true)).await;
            everybody_leaves(&house, &desk).await;
            eventually("the rule takes back", async || has(&house, &nora) == (false, false)).await;
            let back = house.scim("PATCH", &format!("/Groups/{desk}"), Some(join())).await;
            assert!([200, 204].contains(&back.status), "{back:?}");
        }
        eventually("the rule gives", async || has(&house, &nora) == (true, true)).await;
    }
}
