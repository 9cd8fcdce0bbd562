//! A leaver who meets an open change of the same person: it is passed at once, and nothing of it gives access
//! afterwards (P9).
//!
//! Leavers without such a change are in `leavers`.

use std::sync::Arc;
use std::time::{Duration, Instant};

use genesys_cloud_emulator::{Fault, FaultKind, PathMatch};
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use super::leavers::{LEAVERS, Leaver, full, is_out, leave, out_at_once};
use super::theirs::administrator;
use crate::support::bodies::{OURS, patch};
use crate::support::bridge::TestBridge;
use crate::support::client::Response;
use crate::support::setup::Setup;
use crate::support::wait::eventually;

const IDENTITY: &str = "/api/v2/scim/v2/users/{userId}";
const QUEUE: &str = "/api/v2/routing/queues/{queueId}/members";
const BULK_ADD: &str = "/api/v2/authorization/subjects/{subjectId}/bulkadd";
const ONE_ROLE: &str = "/api/v2/authorization/subjects/{subjectId}/divisions/{divisionId}/roles/{roleId}";
/// Longer than anybody here is willing to wait.
const SLOW: FaultKind = FaultKind::Delay(Duration::from_secs(6));

struct Scene {
    house: Arc<TestBridge>,
    id: String,
}

impl Scene {
    async fn new(deadline_s: u64) -> Self {
        let house = Arc::new(TestBridge::with(Setup { deadline_s, ..Setup::without_rules() }));
        let mut body = full("nora");
        body[OURS]["compactQueues"] = json!("EMEA Support");
        let id = house.scim("POST", "/Users", Some(body)).await.is(201).id();
        house.settled().await;
        Self { house, id }
    }

    fn path(&self) -> String {
        format!("/Users/{}", self.id)
    }

    /// A change that is on its way, and has met the fault, when this returns.
    async fn change(&self, operations: Value) -> JoinHandle<Response> {
        self.house.cloud.clear_ledger();
        let (house, path) = (Arc::clone(&self.house), self.path());
        let change = tokio::spawn(async move { house.scim("PATCH", &path, Some(patch(operations))).await });
        eventually("the change meets its fault", async || {
            // A call that is held up is not in the ledger yet.
            let open = self.house.admin("GET", "/sagas", None).await.body["open"].clone();
            open != json!([])
        })
        .await;
        tokio::time::sleep(Duration::from_millis(300)).await;
        change
    }

    async fn nothing_is_left(&self, leaver: Leaver, why: &str) {
        self.house.cloud.clear_faults();
        self.house.settled().await;
        assert!(is_out(&self.house, leaver, &self.id), "{why}, {leaver:?}");
        if leaver == Leaver::Deleted {
            return;
        }
        let world = self.house.cloud.snapshot();
        for queue in ["EMEA Support", "VIP"] {
            assert_eq!(world["queues"][queue][&self.id], json!(null), "{why}, {leaver:?}");
        }
        let grants = world["grants"][&self.id].to_string();
        assert!(!grants.contains("Agent") && !grants.contains("Team Lead"), "{why}, {leaver:?}: {grants}");
        assert_eq!(world["users"][&self.id]["name"], "nora", "{why}, {leaver:?}");
        let shown = self.house.scim("GET", &self.path(), None).await.is(200).body;
        assert_eq!((&shown["active"], &shown["displayName"]), (&json!(false), &json!("nora")), "{why}");
    }
}

fn rename_and_join() -> Value {
    json!([
        {"op": "replace", "path": "displayName", "value": "Nora Quist"},
        {"op": "add", "path": format!("{OURS}:queues"), "value": ["EMEA Support", "VIP"]},
    ])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_that_nobody_was_promised_is_passed_while_its_call_is_in_flight() {
    for leaver in LEAVERS {
        let scene = Scene::new(2).await;
        scene.house.cloud.fault(Fault::on("PATCH", IDENTITY, SLOW).once());
        let change = scene.change(rename_and_join()).await;
        out_at_once(&scene.house, leaver, &scene.id, "nora", "in flight").await;
        let change = change.await.unwrap();
        assert!([503, 404].contains(&change.status), "{leaver:?}: {change:?}");
        scene.nothing_is_left(leaver, "in flight").await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_activation_that_arrives_late_lets_nobody_back_in() {
    for leaver in LEAVERS {
        let scene = Scene::new(2).await;
        leave(&scene.house, Leaver::Patched, &scene.id, "nora").await.is(200);
        scene.house.settled().await;
        scene.house.cloud.fault(Fault::on("PATCH", IDENTITY, SLOW).once());
        let change = scene.change(json!([{"op": "replace", "path": "active", "value": true}])).await;
        out_at_once(&scene.house, leaver, &scene.id, "nora", "activation").await;
        let change = change.await.unwrap();
        assert!([503, 404].contains(&change.status), "{leaver:?}: {change:?}");
        tokio::time::sleep(Duration::from_secs(4)).await;
        scene.nothing_is_left(leaver, "activation").await;
    }
}

#[tokio::test]
async fn an_activation_without_an_answer_lets_nobody_back_in_when_it_arrives_after_its_change_is_over() {
    for leaver in [Leaver::Patched, Leaver::Put] {
        let house = TestBridge::with(Setup { hurry: 5, ..Setup::without_rules() });
        let id = house.scim("POST", "/Users", Some(full("nora"))).await.is(201).id();
        leave(&house, leaver, &id, "nora").await.is(200);
        house.settled().await;
        house.cloud.fault(Fault::on("PATCH", IDENTITY, FaultKind::DropBeforeApply).once());
        let back = patch(json!([{"op": "replace", "path": "active", "value": true}]));
        house.scim("PATCH", &format!("/Users/{id}"), Some(back)).await.is(200);
        house.settled().await;
        let leaves = leave(&house, leaver, &id, "nora");
        // Then it arrives. The comparison that follows every doubt is minutes away.
        let arrives = async {
            eventually("out at once", async || is_out(&house, leaver, &id)).await;
            let active = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
                "Operations": [{"op": "replace", "path": "active", "value": true}]});
            administrator(&house, "PATCH", &format!("/api/v2/scim/v2/users/{id}"), Some(active)).await;
            assert!(!is_out(&house, leaver, &id));
            let began = Instant::now();
            eventually("out again", async || is_out(&house, leaver, &id)).await;
            assert!(began.elapsed() < Duration::from_secs(15), "{leaver:?}: {:?}", began.elapsed());
        };
        let (left, ()) = tokio::join!(leaves, arrives);
        left.is(200);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_that_was_acknowledged_is_passed_while_its_call_is_in_flight() {
    for leaver in LEAVERS {
        let scene = Scene::new(1).await;
        scene.house.cloud.fault(Fault::on("POST", QUEUE, SLOW).once());
        let change =
            json!([{"op": "add", "path": format!("{OURS}:queues"), "value": ["EMEA Support", "VIP"]}]);
        let got = scene.house.scim("PATCH", &scene.path(), Some(patch(change))).await.is(200);
        assert_eq!(got.body[OURS]["provisioning"]["status"], "pending", "{got:?}");
        out_at_once(&scene.house, leaver, &scene.id, "nora", "acknowledged").await;
        scene.nothing_is_left(leaver, "acknowledged").await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_leaver_that_is_sent_again_while_calls_are_in_flight_forgets_nothing_of_what_is_to_be_taken_back() {
    for leaver in LEAVERS {
        let scene = Scene::new(4).await;
        scene.house.cloud.fault(Fault::on("POST", QUEUE, SLOW).once());
        let join = json!([{"op": "add", "path": format!("{OURS}:queues"), "value": ["EMEA Support", "VIP"]}]);
        let change = scene.change(join).await;
        let (house, id) = (Arc::clone(&scene.house), scene.id.clone());
        let first = tokio::spawn(async move { leave(&house, leaver, &id, "nora").await });
        tokio::time::sleep(Duration::from_millis(500)).await;
        leave(&scene.house, leaver, &scene.id, "nora").await;
        first.await.unwrap();
        change.await.unwrap();
        scene.nothing_is_left(leaver, "sent again").await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_undo_that_does_not_get_through_keeps_nobody_in() {
    let refuse = |status: u16| FaultKind::Refuse { status, code: "authentication.required".to_owned() };
    for way in [FaultKind::Status(503), FaultKind::DropBeforeApply, refuse(401), SLOW] {
        for leaver in LEAVERS {
            let scene = Scene::new(2).await;
            // The queue is refused, and the role that was given beside it cannot be taken back.
            scene.house.cloud.fault(Fault::on("POST", QUEUE, refuse(400)).once());
            scene.house.cloud.fault(Fault::on("DELETE", ONE_ROLE, way.clone()));
            let give = json!([
                {"op": "add", "path": format!("{OURS}:queues"), "value": ["EMEA Support", "VIP"]},
                {"op": "add", "path": format!("{OURS}:roles"),
                 "value": [{"role": "Agent", "division": "EMEA"}, {"role": "Team Lead", "division": "EMEA"}]},
            ]);
            let got = scene.house.scim("PATCH", &scene.path(), Some(patch(give))).await;
            assert_eq!(got.status, 503, "{way:?}: {got:?}");
            let why = format!("undo route {way:?}");
            out_at_once(&scene.house, leaver, &scene.id, "nora", &why).await;
            scene.nothing_is_left(leaver, &why).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_stuck_change_gave_is_taken_back_or_listed() {
    let refuse = |code: &str| FaultKind::Refuse { status: 400, code: code.to_owned() };
    for leaver in LEAVERS {
        let scene = Scene::new(3).await;
        let leaving = || PathMatch::Contains("delete=true".to_owned());
        // The role is refused when the person is in the queue, and so is taking them out of it again.
        scene.house.cloud.fault(Fault::on("POST", BULK_ADD, FaultKind::DropBeforeApply).once());
        scene.house.cloud.fault(Fault::on("POST", BULK_ADD, refuse("invalid.value")).once());
        scene.house.cloud.fault(Fault::on("POST", leaving(), refuse("undo.refused")));
        let give = json!([
            {"op": "add", "path": format!("{OURS}:queues"), "value": ["EMEA Support", "VIP"]},
            {"op": "add", "path": format!("{OURS}:roles"),
             "value": [{"role": "Agent", "division": "EMEA"}, {"role": "Team Lead", "division": "EMEA"}]},
        ]);
        let got = scene.house.scim("PATCH", &scene.path(), Some(patch(give))).await;
        assert!(got.status >= 400, "{got:?}");
        eventually("the saga is stuck", async || {
            scene.house.admin("GET", "/sagas", None).await.body["open"][0]["state"] == "stuck"
        })
        .await;
        out_at_once(&scene.house, leaver, &scene.id, "nora", "stuck").await;
        if leaver != Leaver::Deleted {
            // Behind what may still arrive of the call without an answer.
            eventually("what stays is listed", async || {
                let told = scene.house.provisioning(&scene.id).await;
                told["status"] == "failed" && told["items"].to_string().contains("VIP")
            })
            .await;
        }
        scene.house.cloud.clear_faults();
        leave(&scene.house, leaver, &scene.id, "nora").await;
        scene.nothing_is_left(leaver, "stuck").await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_that_was_sent_before_a_leaver_and_is_planned_after_it_lets_nobody_back_in() {
    for method in ["POST", "PUT", "PATCH"] {
        let scene = Scene::new(20).await;
        let slow = FaultKind::Delay(Duration::from_secs(2));
        scene.house.cloud.fault(Fault::on("GET", "/queues?", slow));
        let (house, path) = (Arc::clone(&scene.house), scene.path());
        let mut whole = full("nora");
        whole[OURS]["compactQueues"] = json!("Overflow");
        let change = tokio::spawn(async move {
            match method {
                "POST" => return house.scim("POST", "/Users", Some(whole)).await,
                "PUT" => return house.scim("PUT", &path, Some(whole)).await,
                _ => {}
            }
            let both = json!([
                {"op": "replace", "path": "active", "value": true},
                {"op": "replace", "path": format!("{OURS}:compactQueues"), "value": "Overflow"},
            ]);
            house.scim("PATCH", &path, Some(patch(both))).await
        });
        tokio::time::sleep(Duration::from_millis(700)).await;
        out_at_once(&scene.house, Leaver::Patched, &scene.id, "nora", "looking names up").await;
        let change = change.await.unwrap();
        assert!(change.status >= 400, "{change:?}");
        scene.house.settled().await;
        assert!(is_out(&scene.house, Leaver::Patched, &scene.id), "{method}");
        assert_eq!(scene.house.scim("GET", &scene.path(), None).await.body["active"], false);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_that_is_still_being_planned_keeps_nobody_in() {
    for leaver in LEAVERS {
        let scene = Scene::new(12).await;
        scene.house.cloud.fault(Fault::on("GET", "/queues?", SLOW));
        let (house, path) = (Arc::clone(&scene.house), scene.path());
        let rename = patch(json!([{"op": "replace", "path": "displayName", "value": "Nora Quist"}]));
        let change = tokio::spawn(async move { house.scim("PATCH", &path, Some(rename)).await });
        tokio::time::sleep(Duration::from_millis(500)).await;
        out_at_once(&scene.house, leaver, &scene.id, "nora", "planning").await;
        scene.house.cloud.clear_faults();
        let change = change.await.unwrap();
        assert_eq!(change.status, if leaver == Leaver::Deleted { 404 } else { 200 }, "{change:?}");
        scene.house.settled().await;
        assert!(is_out(&scene.house, leaver, &scene.id), "{leaver:?}");
    }
}
