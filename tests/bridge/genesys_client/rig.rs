//! A client and an emulator that belong together, with the few helpers that all tests use. When it goes, a
//! call against the public description of the API fails the test.
//!
//! The tests are in the files beside this one.

use std::sync::Arc;
use std::time::Duration;

use genesys_cloud_emulator::{Cloud, Quirks};
use genesys_scim_bridge::testing::app::system::SystemClock;
use genesys_scim_bridge::testing::genesys::{GenesysClient, Settings, SharedBudget};
use genesys_scim_bridge::testing::model::ports::{Budget, CallContext, Clock, Priority, Upstream, Write};
use genesys_scim_bridge::testing::model::{
    Aspects, Kind, Object, Observed, RefusalKind, Secret, TenantId, UserId, Verdict,
};
use serde_json::json;

use crate::support::emulator::{assert_contract, cloud_with};

/// The mark's authority in these tests.
pub(crate) const AUTHORITY: &str = "scimbridge-test";

/// A client of an emulated Genesys Cloud.
pub(crate) fn connected(cloud: &Cloud, change: impl FnOnce(&mut Settings)) -> GenesysClient {
    let secret = Secret::new(cloud.client_secret());
    let tenant = TenantId::new("test");
    let mut settings = Settings::at(tenant, cloud.api_base(), cloud.login_base(), cloud.client_id(), secret);
    settings.calls_per_minute = 90_000;
    change(&mut settings);
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let budget: Arc<dyn Budget> =
        Arc::new(SharedBudget::new(settings.calls_per_minute, settings.margin_percent, Arc::clone(&clock)));
    GenesysClient::new(&settings, clock, budget).unwrap()
}

/// An emulator and a client for it.
pub(crate) struct Rig {
    pub(crate) cloud: Cloud,
    pub(crate) client: GenesysClient,
}

impl Drop for Rig {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            assert_contract(&self.cloud);
        }
    }
}

impl Rig {
    pub(crate) fn new() -> Self {
        Self::with(Quirks::default(), |_| {})
    }

    pub(crate) fn with(quirks: Quirks, change: impl FnOnce(&mut Settings)) -> Self {
        let cloud = cloud_with(|options| {
            options.quirks = quirks;
            options.rate_per_minute = 100_000;
        });
        Self::on(cloud, change)
    }

    pub(crate) fn on(cloud: Cloud, change: impl FnOnce(&mut Settings)) -> Self {
        let client = connected(&cloud, change);
        Self { cloud, client }
    }

    /// Carries out a write as a saga would: what is not visible yet is tried again for a while.
    pub(crate) async fn write(&self, write: Write) -> Option<String> {
        for _ in 0..60 {
            match self.client.write(&write, &context()).await {
                Verdict::Done(made) => return made.map(|made| made.id),
                Verdict::Later(_) => {}
                Verdict::Refused(refusal) if refusal.kind == RefusalKind::NotFound => {}
                other => panic!("{write:?}: {other:?}"),
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("{write:?} was never done");
    }

    /// Observes everything.
    pub(crate) async fn observe(&self, user: &UserId) -> Observed {
        for _ in 0..60 {
            match self.client.observe(user, &everything(), &context()).await {
                Verdict::Done(Some(observed)) => return observed,
                Verdict::Done(None) | Verdict::Later(_) => {}
                other => panic!("{other:?}"),
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("{user} was never seen");
    }

    pub(crate) async fn create(&self, email: &str) -> UserId {
        UserId::new(self.write(new_user(email, "s-1")).await.unwrap())
    }

    /// The id of a user of the built-in organisation.
    pub(crate) async fn id_of(&self, email: &str) -> UserId {
        let found = done(self.client.find_by_email(email, &context()).await);
        found.first().unwrap_or_else(|| panic!("{email} is not there")).id.clone()
    }

    /// Calls of one operation so far.
    pub(crate) fn count(&self, method: &str, part: &str) -> usize {
        self.cloud.ledger().iter().filter(|call| call.method == method && call.path.contains(part)).count()
    }
}

pub(crate) fn context() -> CallContext {
    CallContext::new(Priority::Waiting, "test")
}

/// What is in a verdict that must be done.
pub(crate) fn done<T: std::fmt::Debug>(verdict: Verdict<T>) -> T {
    match verdict {
        Verdict::Done(value) => value,
        other => panic!("{other:?}"),
    }
}

pub(crate) fn everything() -> Aspects {
    Aspects { kinds: Kind::ALL.into_iter().collect(), ..Aspects::default() }
}

pub(crate) fn new_user(email: &str, mark: &str) -> Write {
    let document: Object = json!({
        "userName": email,
        "displayName": "Ada Lovelace",
        "title": "Agent",
        "active": true,
        "urn:ietf:params:scim:schemas:extension:genesys:purecloud:2.0:User":
            {"externalIds": [{"authority": AUTHORITY, "value": mark}]},
    })
    .as_object()
    .cloned()
    .unwrap();
    Write::CreateUser { document, password: None }
}
