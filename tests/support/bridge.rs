//! A bridge in this process, its emulator and its data directory, and what tests ask of them over real
//! sockets.
//!
//! What it is configured to is `setup`. A bridge as a process of its own is `program`, a server without a
//! bridge `server`.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use genesys_cloud_emulator::Cloud;
use genesys_scim_bridge::testing::app::{App, Overrides, Running, StartError};
use genesys_scim_bridge::testing::config::Config;
use genesys_scim_bridge::testing::model::Secret;
use genesys_scim_bridge::testing::model::ports::Clock;
use genesys_scim_bridge::testing::store::tokens::Scope;
use serde_json::{Value, json};

use super::bodies::OURS;
use super::client::{Response, call, call_blocking};
use super::clock::HurriedClock;
use super::emulator::{assert_contract, cloud};
use super::setup::Setup;
use super::wait::{eventually, until};

/// The token of an identity provider.
pub(crate) const SCIM: &str = "gsb_scim-token-of-the-tests";
/// The token of an administrator.
pub(crate) const ADMIN: &str = "gsb_admin-token-of-the-tests";

/// Starts a bridge that knows the two tokens of the tests.
pub(crate) fn start(config: Config, hurry: u32) -> Result<Running, StartError> {
    let tokens = vec![(Scope::Scim, Secret::new(SCIM)), (Scope::Admin, Secret::new(ADMIN))];
    let clock = (hurry > 1).then(|| Arc::new(HurriedClock::new(hurry)) as Arc<dyn Clock>);
    App::start(config, Overrides { tokens, clock, ..Overrides::default() })
}

/// A bridge with its emulator. When it goes, every fault is lifted and stuck sagas are redriven: one that is
/// still open after a while fails the test, as does a call against the public description of the API.
pub(crate) struct TestBridge {
    pub(crate) cloud: Cloud,
    pub(crate) dir: tempfile::TempDir,
    pub(crate) http: reqwest::Client,
    setup: Setup,
    running: Option<Running>,
    leaves_work: bool,
}

impl TestBridge {
    /// With the built-in organisation.
    pub(crate) fn with(setup: Setup) -> Self {
        Self::on(cloud(), setup)
    }

    /// With another organisation.
    pub(crate) fn on(cloud: Cloud, setup: Setup) -> Self {
        Self::in_dir(cloud, setup, tempfile::tempdir().unwrap())
    }

    /// With what is already in the data directory, which is `data` in this one.
    pub(crate) fn in_dir(cloud: Cloud, setup: Setup, dir: tempfile::TempDir) -> Self {
        let http = reqwest::Client::new();
        let mut bridge = Self { cloud, dir, http, setup, running: None, leaves_work: false };
        bridge.open();
        bridge
    }

    fn open(&mut self) {
        let config = self.setup.config(&self.cloud, &self.data());
        self.running = Some(start(config, self.setup.hurry).unwrap());
    }

    /// Stops it well and starts it again on the same data.
    pub(crate) async fn restart(&mut self) {
        let stopped = self.running.take().unwrap().stop().await;
        assert!(stopped.quiet, "every saga reached a safe point");
        self.open();
    }

    /// The same, configured to something else.
    pub(crate) async fn restart_with(&mut self, setup: Setup) {
        self.setup = setup;
        self.restart().await;
    }

    /// The test ends with work that cannot end, such as that of a bridge whose credentials are refused.
    pub(crate) fn leaving_work(mut self) -> Self {
        self.leaves_work = true;
        self
    }

    pub(crate) fn running(&self) -> &Running {
        self.running.as_ref().unwrap()
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.running().addr())
    }

    /// A request of an identity provider, below `/scim/v2`.
    pub(crate) async fn scim(&self, method: &str, path: &str, body: Option<Value>) -> Response {
        self.call(SCIM, method, &format!("/scim/v2{path}"), body).await
    }

    /// A request of an administrator, below `/admin`.
    pub(crate) async fn admin(&self, method: &str, path: &str, body: Option<Value>) -> Response {
        self.call(ADMIN, method, &format!("/admin{path}"), body).await
    }

    /// A request with any token, or with none that counts.
    pub(crate) async fn call(&self, token: &str, method: &str, path: &str, body: Option<Value>) -> Response {
        call(&self.http, &self.url(path), token, method, body.map(|body| body.to_string())).await
    }

    /// Everything an identity provider can see.
    pub(crate) async fn directory(&self) -> Value {
        let users = self.scim("GET", "/Users?count=1000&sortBy=id", None).await.is(200);
        let groups = self.scim("GET", "/Groups?count=1000&sortBy=id", None).await.is(200);
        json!([users.body, groups.body])
    }

    /// The provisioning status of a user, which is shown to those who ask for it.
    pub(crate) async fn provisioning(&self, id: &str) -> Value {
        let path = format!("/Users/{id}?attributes={OURS}:provisioning");
        self.scim("GET", &path, None).await.is(200).body[OURS]["provisioning"].clone()
    }

    /// The ids of the users that Genesys Cloud has with an address.
    pub(crate) fn with_address(&self, address: &str) -> Vec<String> {
        let world = self.cloud.snapshot();
        let users = world["users"].as_object().unwrap().iter();
        users.filter(|(_, user)| user["email"] == address).map(|(id, _)| id.clone()).collect()
    }

    /// Waits until no saga is open.
    pub(crate) async fn settled(&self) {
        eventually("every saga has ended", async || {
            self.admin("GET", "/sagas", None).await.body["open"] == json!([])
        })
        .await;
        self.cloud.settle();
    }
}

impl Drop for TestBridge {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        assert_contract(&self.cloud);
        if self.leaves_work || self.running.is_none() {
            return;
        }
        self.cloud.clear_faults();
        let address = self.running().addr().to_string();
        let admin = |method: &str, path: &str| call_blocking(&address, ADMIN, method, path, None).unwrap();
        let mut open = Value::Null;
        let ended = until(|| {
            open = admin("GET", "/admin/sagas").body["open"].clone();
            for saga in open.as_array().unwrap().iter().filter(|saga| saga["state"] == "stuck") {
                admin("POST", &format!("/admin/sagas/{}/redrive", saga["id"].as_str().unwrap()));
            }
            (open == json!([])).then_some(())
        });
        assert!(ended.is_some(), "the test is over, no fault is left, and these sagas do not end: {open}");
    }
}

/// One bridge for all tests that want the same and change nothing but resources of their own names. It ends
/// with the last of those who use it at the time.
pub(crate) struct Shared(Mutex<Weak<TestBridge>>);

impl Shared {
    pub(crate) const fn new() -> Self {
        Self(Mutex::new(Weak::new()))
    }

    pub(crate) fn get(&self, setup: impl FnOnce() -> Setup) -> Arc<TestBridge> {
        let mut shared = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let bridge = shared.upgrade().unwrap_or_else(|| Arc::new(TestBridge::with(setup())));
        *shared = Arc::downgrade(&bridge);
        bridge
    }
}
