//! Sagas that do not end by themselves: how long they are tried, what an administrator can do about them, and
//! what others hear meanwhile.
//!
//! The bounds in time are tested under a clock that stands still, beside the runner.

use std::sync::Arc;
use std::time::{Duration, Instant};

use genesys_cloud_emulator::{Fault, FaultKind};
use genesys_scim_bridge::testing::app::{App, Overrides, Running};
use genesys_scim_bridge::testing::model::ports::{Journal, Store};
use genesys_scim_bridge::testing::model::{Batch, Secret, TenantId};
use genesys_scim_bridge::testing::store::tokens::Scope;
use genesys_scim_bridge::testing::store::{MemoryStore, StoreJournal};
use serde_json::{Value, json};

use crate::support::bodies::{agent, patch};
use crate::support::bridge::{ADMIN, SCIM, TestBridge};
use crate::support::client::{Response, call};
use crate::support::emulator::cloud;
use crate::support::setup::Setup;
use crate::support::wait::eventually;

const MAKE: &str = "/api/v2/scim/v2/users";
const ONE: &str = "/api/v2/scim/v2/users/{userId}";
const QUEUE: &str = "/api/v2/routing/queues/{queueId}/members";

fn hasty() -> TestBridge {
    TestBridge::with(Setup { deadline_s: 1, ..Setup::default() })
}

/// The one open saga.
async fn open(house: &TestBridge) -> Value {
    let open = house.admin("GET", "/sagas", None).await.body["open"].clone();
    assert_eq!(open.as_array().map(Vec::len), Some(1), "{open}");
    open[0].clone()
}

async fn audited(house: &TestBridge, what: &str) -> usize {
    let entries = house.admin("GET", "/audit/entries", None).await.body["entries"].clone();
    let mut asked = 0;
    for entry in entries.as_array().unwrap() {
        let record = &entry["record"];
        if record["what"] == what {
            assert_eq!(record["outcome"], "asked", "{entry}");
            assert!(record["who"].as_str().unwrap().starts_with("client:"), "{entry}");
            asked += 1;
        }
    }
    asked
}

#[tokio::test]
async fn an_administrator_turns_a_create_back_that_genesys_never_takes_and_the_name_is_free() {
    let house = hasty();
    house.cloud.fault(Fault::on("POST", MAKE, FaultKind::Status(500)));
    assert_eq!(house.scim("POST", "/Users", Some(agent("nora"))).await.status, 503);
    let saga = open(&house).await;
    let path = format!("/sagas/{}", saga["id"].as_str().unwrap());
    assert_eq!(saga["at_work"], true, "{saga}");
    let shown = house.admin("GET", &path, None).await.body;
    let last = &shown["tries"][0];
    assert!(last["step"] == 0 && last["attempt"].as_u64() >= Some(2), "{shown}");
    assert!(last["why"].as_str().unwrap().contains("500"), "{shown}");
    let foreseen = house.admin("GET", &format!("{path}/abort"), None).await.is(200).body;
    assert!(foreseen["what"].as_str().unwrap().contains("goes back"), "{foreseen}");
    assert!(foreseen["steps"].to_string().contains("1. create the user"), "{foreseen}");
    assert_eq!(
        (open(&house).await["state"].clone(), audited(&house, "saga_aborted").await),
        (json!("open"), 0)
    );
    assert_eq!(house.admin("POST", &format!("{path}/abort"), None).await.is(202).body, foreseen);
    house.settled().await;
    assert_eq!(audited(&house, "saga_aborted").await, 1);
    assert_eq!(house.admin("GET", &path, None).await.body["state"], "rolled back");
    assert_eq!(house.admin("POST", &format!("{path}/abort"), None).await.status, 409, "it has ended");
    house.cloud.clear_faults();
    let mut other = agent("nora");
    other["externalId"] = json!("corrected");
    assert_eq!(house.scim("POST", "/Users", Some(other)).await.status, 201);
}

#[tokio::test]
async fn an_administrator_gives_up_the_step_of_an_acknowledged_saga_and_it_is_listed() {
    let house = hasty();
    house.cloud.fault(Fault::on("POST", QUEUE, FaultKind::Status(503)));
    let made = house.scim("POST", "/Users", Some(agent("nora"))).await.is(201);
    let saga = open(&house).await;
    let path = format!("/sagas/{}", saga["id"].as_str().unwrap());
    assert_eq!(house.admin("POST", &format!("{path}/abort"), None).await.status, 409, "it was promised");
    let plan = house.admin("GET", &path, None).await.body["plan"].clone();
    let joins = |line: &Value| line.as_str().unwrap().contains("add to queue");
    let step = plan.as_array().unwrap().iter().position(joins).unwrap() + 1;
    for nonsense in [0, 99] {
        let asked = house.admin("POST", &format!("{path}/steps/{nonsense}/give-up"), None).await;
        assert_eq!(asked.status, 409, "{asked:?}");
    }
    let give_up = format!("{path}/steps/{step}/give-up");
    let foreseen = house.admin("GET", &give_up, None).await.is(200).body;
    assert!(foreseen["what"].as_str().unwrap().contains("listed on the user"), "{foreseen}");
    house.admin("POST", &give_up, None).await.is(202);
    house.settled().await;
    let shown = house.provisioning(&made.id()).await;
    assert_eq!(shown["status"], "failed", "{shown}");
    assert!(shown["items"].to_string().contains("given_up"), "{shown}");
    assert_eq!(audited(&house, "saga_step_given_up").await, 1);
    assert_eq!(house.cloud.snapshot()["skills"][made.id()]["Billing"], 4.0, "everything else went on");
}

#[tokio::test]
async fn an_undo_that_hangs_is_given_up_the_stuck_saga_closed_and_whom_it_made_deleted_in_the_end() {
    let house = hasty();
    let refuse = FaultKind::Refuse { status: 400, code: "bad.request".to_owned() };
    house.cloud.fault(Fault::on("POST", QUEUE, refuse));
    house.cloud.fault(Fault::on("DELETE", ONE, FaultKind::Status(503)));
    assert_eq!(house.scim("POST", "/Users", Some(agent("nora"))).await.status, 503);
    let path = format!("/sagas/{}", open(&house).await["id"].as_str().unwrap());
    eventually("it hangs on the first step", async || {
        open(&house).await["tries"].as_array().unwrap().iter().any(|last| last["step"] == 0)
    })
    .await;
    assert_eq!(house.admin("POST", &format!("{path}/abort"), None).await.status, 409, "it goes back already");
    house.admin("POST", &format!("{path}/steps/1/give-up"), None).await.is(202);
    eventually("it is stuck", async || open(&house).await["state"] == "stuck").await;
    let foreseen = house.admin("GET", &format!("{path}/abort"), None).await.is(200).body;
    assert!(foreseen["what"].as_str().unwrap().contains("is looked for"), "{foreseen}");
    house.admin("POST", &format!("{path}/abort"), None).await.is(202);
    house.settled().await;
    assert_eq!(house.with_address("nora@aurora.example").len(), 1, "nobody can delete it now");
    house.cloud.clear_faults();
    let work = house.admin("GET", "/work", None).await.is(200).body["work"].clone();
    assert_eq!(work[0]["reasons"][0]["reason"], "unsettled_create", "{work}");
    let create = work[0]["create"].as_str().or(work[0]["user"].as_str()).unwrap().to_owned();
    house.admin("POST", &format!("/work/{create}/retry"), None).await.is(202);
    eventually("it is gone", async || house.with_address("nora@aurora.example").is_empty()).await;
}

/// A bridge on a store of the test's, with a saga in it that is open though nobody works on it.
struct Haunted {
    running: Running,
    http: reqwest::Client,
    cloud: genesys_cloud_emulator::Cloud,
    _dir: tempfile::TempDir,
}

impl Haunted {
    /// `change`: what leads to the saga that will be found open. Its end is taken away.
    async fn by(method: &str, path: impl Fn(&str) -> String, body: Option<Value>) -> (Self, String) {
        let cloud = cloud();
        let dir = tempfile::tempdir().unwrap();
        let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
        let config = Setup { deadline_s: 3, ..Setup::default() }.config(&cloud, &dir.path().join("data"));
        let tokens = vec![(Scope::Scim, Secret::new(SCIM)), (Scope::Admin, Secret::new(ADMIN))];
        let overrides = Overrides { tokens, store: Some(Arc::clone(&store)), ..Overrides::default() };
        let running = App::start(config, overrides).unwrap();
        let house = Self { running, http: reqwest::Client::new(), cloud, _dir: dir };
        let made = house.scim("POST", "/Users", Some(agent("nora"))).await.is(201);
        let journal = StoreJournal::new(TenantId::new("aurora"), store).await.unwrap();
        if method != "POST" {
            house.scim(method, &path(&made.id()), body).await.is(200);
        }
        let ended = journal.finished(1).await.unwrap().remove(0).opened;
        let mut again = ended.clone();
        // Another id, so that it is another saga with the same names.
        let text = serde_json::to_string(&ended.id).unwrap().replace("\"0", "\"1");
        again.id = serde_json::from_str(&text).unwrap();
        journal.open(&again, Batch::new()).await.unwrap();
        (house, made.id())
    }

    async fn scim(&self, method: &str, path: &str, body: Option<Value>) -> Response {
        self.call(SCIM, method, &format!("/scim/v2{path}"), body).await
    }

    async fn call(&self, token: &str, method: &str, path: &str, body: Option<Value>) -> Response {
        let url = format!("http://{}{path}", self.running.addr());
        call(&self.http, &url, token, method, body.map(|body| body.to_string())).await
    }
}

#[tokio::test]
async fn what_meets_a_saga_on_which_nobody_works_is_503_at_once_and_plans_nothing() {
    let (house, id) = Haunted::by("POST", |_| String::new(), None).await;
    house.cloud.clear_ledger();
    let mut twin = agent("vera");
    twin["userName"] = json!("nora@aurora.example");
    let change = patch(json!([{"op": "replace", "path": "displayName", "value": "Nora Quist"}]));
    for (method, path, body) in [
        ("POST", "/Users".to_owned(), twin),
        // The saga holds her name, so that it is met when this one is opened.
        ("PATCH", format!("/Users/{id}"), change),
    ] {
        let began = Instant::now();
        let got = house.scim(method, &path, Some(body)).await;
        assert_eq!(got.status, 503, "{method} {got:?}");
        assert!(got.retry_after.is_some_and(|seconds| seconds > 0), "{got:?}");
        assert!(got.body["detail"].as_str().unwrap().contains("nobody works"), "{got:?}");
        assert!(
            began.elapsed() < Duration::from_secs(2),
            "{method}: at once, not after {:?}",
            began.elapsed()
        );
    }
    let calls = house.cloud.ledger().len();
    assert!(calls < 15, "planned once at most: {calls} calls");
    let listed = house.call(ADMIN, "GET", "/admin/sagas", None).await.body["open"].clone();
    assert_eq!(listed[0]["at_work"], false, "{listed}");
    let path = format!("/admin/sagas/{}/redrive", listed[0]["id"].as_str().unwrap());
    house.call(ADMIN, "POST", &path, None).await.is(202);
    eventually("it has ended", async || {
        house.call(ADMIN, "GET", "/admin/sagas", None).await.body["open"] == json!([])
    })
    .await;
}

#[tokio::test]
async fn a_leaver_takes_up_a_saga_on_which_nobody_works_and_gets_past_it() {
    let body = patch(json!([{"op": "replace", "path": "displayName", "value": "Nora Quist"}]));
    let (house, id) = Haunted::by("PATCH", |id| format!("/Users/{id}"), Some(body)).await;
    let leave = patch(json!([{"op": "replace", "path": "active", "value": false}]));
    let got = house.scim("PATCH", &format!("/Users/{id}"), Some(leave)).await;
    assert_eq!((got.status, &got.body["active"]), (200, &json!(false)), "{got:?}");
    assert_eq!(house.cloud.snapshot()["users"][&id]["state"], "inactive");
}
