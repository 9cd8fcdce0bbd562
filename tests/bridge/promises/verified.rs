//! What was answered while calls had no answer is compared once everything has arrived (docs/architecture.md).
//!
//! What others gave stays theirs: `theirs`. Calls that are still in flight when somebody leaves: `leavers_passing`.

use std::time::Duration;

use genesys_cloud_emulator::{Fault, FaultKind};
use serde_json::json;

use super::leavers::{LEAVERS, full, is_out, leave};
use super::theirs::administrator;
use crate::support::bodies::{OURS, agent, patch};
use crate::support::bridge::TestBridge;
use crate::support::setup::Setup;
use crate::support::wait::eventually;

const QUEUE: &str = "/api/v2/routing/queues/{queueId}/members";
const IDENTITY: &str = "/api/v2/scim/v2/users/{userId}";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_arrives_after_it_was_taken_back_is_found_minutes_later_and_what_others_gave_is_not_touched() {
    // Six minutes pass in three seconds.
    let house = TestBridge::with(Setup { hurry: 120, deadline_s: 120, ..Setup::without_rules() });
    for (name, is_lost) in [("lost", true), ("answered", false)] {
        let id = house.scim("POST", "/Users", Some(agent(name))).await.is(201).id();
        house.settled().await;
        tokio::time::sleep(Duration::from_millis(100)).await;
        let path = format!("/Users/{id}");
        let queues = |names: &[&str]| {
            patch(json!([{"op": "replace", "path": format!("{OURS}:queues"), "value": names}]))
        };
        if is_lost {
            house.cloud.fault(Fault::on("POST", QUEUE, FaultKind::ApplyThenDrop).once());
        }
        house.scim("PATCH", &path, Some(queues(&["VIP"]))).await.is(200);
        house.scim("PATCH", &path, Some(queues(&[]))).await.is(200);
        assert_eq!(house.cloud.snapshot()["queues"]["VIP"][&id], json!(null));
        // As the lost call would, had it been on its way all the time; or as a supervisor does.
        let vip = administrator(&house, "GET", "/api/v2/routing/queues?name=VIP", None).await;
        let vip = vip["entities"][0]["id"].as_str().unwrap();
        let members = format!("/api/v2/routing/queues/{vip}/members?delete=false");
        administrator(&house, "POST", &members, Some(json!([{ "id": id }]))).await;
        assert_ne!(house.cloud.snapshot()["queues"]["VIP"][&id], json!(null));
        let work = house.admin("GET", "/work", None).await.body["work"].to_string();
        assert_eq!(work.contains("unverified"), is_lost, "{work}");
        if is_lost {
            eventually("it is taken back", async || {
                house.cloud.snapshot()["queues"]["VIP"][&id] == json!(null)
            })
            .await;
            eventually("nothing is left to do", async || {
                house.admin("GET", "/work", None).await.body["work"] == json!([])
            })
            .await;
        } else {
            tokio::time::sleep(Duration::from_secs(5)).await;
            assert_ne!(house.cloud.snapshot()["queues"]["VIP"][&id], json!(null));
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_leaver_whose_call_took_effect_without_an_answer_is_out_though_the_next_try_is_refused() {
    let no_right = || FaultKind::Refuse { status: 403, code: "missing.permissions".to_owned() };
    for leaver in LEAVERS {
        let house = TestBridge::with(Setup::without_rules());
        let id = house.scim("POST", "/Users", Some(full("nora"))).await.is(201).id();
        house.settled().await;
        for method in ["PATCH", "DELETE"] {
            house.cloud.fault(Fault::on(method, IDENTITY, FaultKind::ApplyThenDrop).once());
            house.cloud.fault(Fault::on(method, IDENTITY, no_right()));
        }
        let left = leave(&house, leaver, &id, "nora").await;
        assert!([200, 204].contains(&left.status), "{leaver:?}: {left:?}");
        assert!(is_out(&house, leaver, &id), "{leaver:?}");
    }
}
