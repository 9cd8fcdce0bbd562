//! A bridge whose directory knows a crowd of imported people, and the emulated organisation that has them.
//!
//! What an import would write is written straight into the store, many people in one commit.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use genesys_cloud_emulator::SeedUser;
use genesys_scim_bridge::testing::app::system::SystemIds;
use genesys_scim_bridge::testing::directory::Directory;
use genesys_scim_bridge::testing::model::ports::Ids;
use genesys_scim_bridge::testing::model::{Batch, Observed, TenantId, UserId};
use genesys_scim_bridge::testing::store::{self, OpenOptions};
use serde_json::{Value, json};

use crate::support::bridge::TestBridge;
use crate::support::client::Response;
use crate::support::emulator::cloud_with;
use crate::support::setup::Setup;

/// Longest time that a change of one member, or a read without members, may take in a debug build on a busy
/// machine.
pub(crate) const QUICK: Duration = Duration::from_secs(3);

/// The bridge and its people.
pub(crate) struct Crowd {
    pub(crate) bridge: TestBridge,
    pub(crate) ids: Vec<String>,
}

fn email(number: usize) -> String {
    format!("c{number:05}@aurora.example")
}

/// Writes all users of the organisation into a store that is not open yet, and says their ids.
async fn written(data: &Path, world: &Value) -> Vec<String> {
    let store = store::open(&OpenOptions::new(data)).unwrap();
    let directory = Directory::new(TenantId::new("aurora"), Arc::clone(&store));
    let (mut ids, mut batch) = (Vec::new(), Batch::new());
    for (id, user) in world["users"].as_object().unwrap() {
        let document = json!({"userName": user["email"], "displayName": user["name"], "active": true});
        let observed = Observed {
            id: Some(UserId::new(id.as_str())),
            document: document.as_object().unwrap().clone(),
            ..Observed::default()
        };
        batch.append(directory.batch_import_user(&observed, SystemIds.subject(), 0).await.unwrap());
        ids.push(id.clone());
        if ids.len() % 1000 == 0 {
            store.commit(std::mem::take(&mut batch)).await.unwrap();
        }
    }
    store.commit(batch).await.unwrap();
    store.close().await.unwrap();
    ids
}

impl Crowd {
    /// Starts them.
    pub(crate) async fn of(number: usize, setup: Setup) -> Self {
        let cloud = cloud_with(|options| {
            options.rate_per_minute = 600_000;
            options.seed.users = (0..number)
                .map(|n| SeedUser { email: email(n), name: format!("Crowd {n}"), ..SeedUser::default() })
                .collect();
            options.seed.groups.clear();
            options.seed.queues.iter_mut().for_each(|queue| queue.groups.clear());
        });
        let dir = tempfile::tempdir().unwrap();
        let ids = written(&dir.path().join("data"), &cloud.snapshot()).await;
        assert_eq!(ids.len(), number);
        let setup = Setup { rules: String::new(), ..setup };
        Self { bridge: TestBridge::in_dir(cloud, setup, dir), ids }
    }

    /// Sends a request and says how long its answer took.
    pub(crate) async fn timed(&self, method: &str, path: &str, body: Option<Value>) -> (Response, Duration) {
        let began = Instant::now();
        let got = self.bridge.scim(method, path, body).await;
        let took = began.elapsed();
        // Shown with `--nocapture`: the figures by which these operations are judged.
        let size = got.body.to_string().len();
        eprintln!("{method:6} {:3} {:6} ms {size:8} bytes  {path}", got.status, took.as_millis());
        (got, took)
    }

    /// As `timed`, and it must be quick.
    pub(crate) async fn quick(&self, method: &str, path: &str, body: Option<Value>) -> Response {
        let (got, took) = self.timed(method, path, body).await;
        assert!(took < QUICK, "{method} {path} took {took:?}");
        got
    }

    /// The members that the identity provider sees.
    pub(crate) async fn members(&self, path: &str) -> BTreeSet<String> {
        let (got, _) = self.timed("GET", path, None).await;
        assert_eq!(got.status, 200);
        let members = got.body["members"].as_array().map_or(&[][..], Vec::as_slice);
        members.iter().map(|one| one["value"].as_str().unwrap().to_owned()).collect()
    }

    /// The members that Genesys Cloud has.
    pub(crate) fn upstream(&self, name: &str) -> BTreeSet<String> {
        self.bridge.cloud.settle();
        let world = self.bridge.cloud.snapshot();
        let mut named = world["groups"].as_object().unwrap().values().filter(|one| one["name"] == name);
        let group = named.next().unwrap_or_else(|| panic!("no group {name}"));
        group["members"].as_array().unwrap().iter().map(|id| id.as_str().unwrap().to_owned()).collect()
    }
}

/// Members as Okta and Entra write them at their longest: id, name and address.
pub(crate) fn entries(ids: &[String]) -> Value {
    let entry = |id: &String| {
        json!({"value": id, "display": "somebody@aurora.example", "type": "User",
            "$ref": format!("https://scim.example/scim/v2/Users/{id}")})
    };
    ids.iter().map(entry).collect()
}

pub(crate) fn set(ids: &[String]) -> BTreeSet<String> {
    ids.iter().cloned().collect()
}
