//! A saga that the store left open goes on by itself once the store takes its turns again.

use std::sync::Arc;
use std::time::Duration;

use genesys_cloud_emulator::{Cloud, Fault, FaultKind};
use genesys_scim_bridge::testing::app::{App, Overrides, Running};
use genesys_scim_bridge::testing::model::Secret;
use genesys_scim_bridge::testing::model::ports::{Clock, Store};
use genesys_scim_bridge::testing::store::tokens::Scope;
use serde_json::json;

use crate::support::bodies::agent;
use crate::support::bridge::{ADMIN, SCIM};
use crate::support::client::{Response, call};
use crate::support::clock::HurriedClock;
use crate::support::emulator::cloud;
use crate::support::refusing::Refusing;
use crate::support::setup::Setup;
use crate::support::wait::eventually;

struct House {
    running: Running,
    cloud: Cloud,
    http: reqwest::Client,
    store: Arc<Refusing>,
    _dir: tempfile::TempDir,
}

impl House {
    fn new() -> Self {
        let (cloud, dir) = (cloud(), tempfile::tempdir().unwrap());
        let store = Arc::new(Refusing::new(false));
        let config = Setup { deadline_s: 30, ..Setup::default() }.config(&cloud, &dir.path().join("data"));
        let overrides = Overrides {
            tokens: vec![(Scope::Scim, Secret::new(SCIM)), (Scope::Admin, Secret::new(ADMIN))],
            store: Some(Arc::clone(&store) as Arc<dyn Store>),
            clock: Some(Arc::new(HurriedClock::new(20)) as Arc<dyn Clock>),
            ..Overrides::default()
        };
        let running = App::start(config, overrides).unwrap();
        Self { running, cloud, http: reqwest::Client::new(), store, _dir: dir }
    }

    async fn call(&self, token: &str, method: &str, path: &str, body: Option<String>) -> Response {
        call(&self.http, &format!("http://{}{path}", self.running.addr()), token, method, body).await
    }
}

#[tokio::test]
async fn a_saga_that_the_store_left_open_goes_on_by_itself_when_the_store_is_well_again() {
    let house = House::new();
    let create =
        Fault::on("POST", "/api/v2/scim/v2/users", FaultKind::ApplyThenDelay(Duration::from_millis(300)));
    house.cloud.fault(create);
    let post = house.call(SCIM, "POST", "/scim/v2/Users", Some(agent("nora").to_string()));
    let refuse = async {
        eventually("it is being made", async || {
            house
                .cloud
                .ledger()
                .iter()
                .any(|call| call.template == "/api/v2/scim/v2/users" && call.method == "POST")
        })
        .await;
        house.store.refuse_after(0);
    };
    let (got, ()) = tokio::join!(post, refuse);
    assert_eq!(got.status, 503, "nobody is told what is not durable: {got:?}");
    house.cloud.clear_faults();
    house.store.take_all();
    eventually("it has ended", async || {
        house.call(ADMIN, "GET", "/admin/sagas", None).await.body["open"] == json!([])
    })
    .await;
    let world = house.cloud.snapshot();
    let users = world["users"].as_object().unwrap().values();
    let made = users.filter(|user| user["email"] == "nora@aurora.example").count();
    let found = house
        .call(SCIM, "GET", "/scim/v2/Users?filter=userName%20eq%20%22nora@aurora.example%22", None)
        .await;
    assert_eq!(found.body["totalResults"], json!(made), "there and here alike: {found:?}");
}
