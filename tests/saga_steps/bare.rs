//! A bridge without a server, over real sockets to an emulator of its own. The store is in memory: crashes
//! have tests of their own. What the scenarios are is in `scenarios`, what must hold in `main`.

use std::sync::Arc;
use std::time::Duration;

use genesys_cloud_emulator::{Call, Cloud, Quirks};
use genesys_scim_bridge::testing::app::system::{SystemClock, SystemIds};
use genesys_scim_bridge::testing::bridge::lanes::LocalLanes;
use genesys_scim_bridge::testing::bridge::{
    Answer, Bridge, BridgeParts, Intervention, InterventionError, OnExisting, OnUnknownRequestName,
    OnUnknownRuleName, Policy, Reply, Submission,
};
use genesys_scim_bridge::testing::directory::Directory;
use genesys_scim_bridge::testing::entitlements::RuleSet;
use genesys_scim_bridge::testing::genesys::{GenesysClient, Settings, budget::SharedBudget};
use genesys_scim_bridge::testing::model::ports::{Clock, Journal, Store, Upstream};
use genesys_scim_bridge::testing::model::{Cause, ClientId, CredentialId, SagaOpened, Secret, TenantId};
use genesys_scim_bridge::testing::scim::change::Change;
use genesys_scim_bridge::testing::scim::error::ScimError;
use genesys_scim_bridge::testing::store::{MemoryStore, StoreJournal};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use crate::support::emulator::{assert_contract, cloud_with};

/// The bridge put together from its parts.
pub(crate) struct BareBridge {
    pub(crate) cloud: Cloud,
    pub(crate) bridge: Arc<Bridge>,
    pub(crate) upstream: Arc<dyn Upstream>,
    pub(crate) deadline: Duration,
    stop: CancellationToken,
}

impl BareBridge {
    pub(crate) async fn new(quirks: Quirks) -> BareBridge {
        let cloud = cloud_with(|options| options.quirks = quirks);
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
        let tenant = TenantId::new("test");
        let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
        let journal: Arc<dyn Journal> =
            Arc::new(StoreJournal::new(tenant.clone(), Arc::clone(&store)).await.unwrap());
        let budget = Arc::new(SharedBudget::new(60_000, 0, clock.clone()));
        let settings = Settings::at(
            tenant.clone(),
            cloud.api_base(),
            cloud.login_base(),
            cloud.client_id().to_owned(),
            Secret::new(cloud.client_secret()),
        );
        let upstream: Arc<dyn Upstream> =
            Arc::new(GenesysClient::new(&settings, clock.clone(), budget.clone()).unwrap());
        let stop = CancellationToken::new();
        let bridge = Bridge::new(BridgeParts {
            clock,
            ids: Arc::new(SystemIds),
            directory: Arc::new(Directory::new(tenant.clone(), Arc::clone(&store))),
            store,
            journal,
            upstream: Arc::clone(&upstream),
            budget,
            lanes: Arc::new(LocalLanes::default()),
            rules: RuleSet::default(),
            policy: Policy {
                tenant,
                on_existing: OnExisting::Link,
                restore_deleted: true,
                on_unknown_rule_name: OnUnknownRuleName::Hold,
                on_unknown_request_name: OnUnknownRequestName::Refuse,
                fallback_email_domain: None,
                forward_passwords: false,
                create_groups: true,
                protected: vec![],
                default_division: None,
                give_up_after: Duration::from_secs(24 * 3600),
                parallel: 32,
            },
            engine: tokio::runtime::Handle::current(),
            stop: stop.clone(),
        });
        bridge.recover().await.unwrap();
        BareBridge { cloud, bridge, upstream, deadline: Duration::from_secs(30), stop }
    }

    pub(crate) async fn submit(&self, change: Change) -> Result<Reply, ScimError> {
        let cause = Cause::client(ClientId::new("test"), CredentialId::new("token-1"), "test");
        let asked = Submission { change, cause, deadline: self.deadline, answer: Answer::Alone };
        Ok(self.bridge.submit(asked).await?)
    }

    /// Has a stuck saga try its undo again.
    pub(crate) async fn redrive(&self, saga: &SagaOpened) -> Result<(), InterventionError> {
        let cause = Cause::client(ClientId::new("test"), CredentialId::new("token-1"), "test");
        self.bridge.intervene(saga.id, Intervention::Redrive, &cause).await.map(drop)
    }

    /// The organisation, once everything asynchronous has arrived.
    pub(crate) async fn organisation(&self) -> Value {
        self.bridge.quiet(Duration::from_secs(30)).await;
        self.cloud.settle();
        self.cloud.snapshot()
    }

    /// The calls that changed something, or were meant to, since the ledger was cleared.
    pub(crate) fn writes(&self) -> Vec<Call> {
        let is_write = |call: &Call| {
            call.method != "GET" && !call.path.contains("/search") && !call.path.contains("/oauth/")
        };
        self.cloud.ledger().into_iter().filter(is_write).collect()
    }
}

impl Drop for BareBridge {
    fn drop(&mut self) {
        self.stop.cancel();
        if !std::thread::panicking() {
            assert_contract(&self.cloud);
        }
    }
}
