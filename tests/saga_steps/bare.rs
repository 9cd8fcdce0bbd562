//! A bridge without a server, over real sockets to an emulator of its own, or in virtual time. The store is in
//! memory: crashes have tests of their own. What the scenarios are is in `scenarios`, what must hold in `main`.

use std::sync::Arc;
use std::time::Duration;

use genesys_cloud_emulator::{Call, Cloud, Options, Quirks, SeedUser};
use genesys_scim_bridge::testing::app::system::{SystemClock, SystemIds};
use genesys_scim_bridge::testing::bridge::lanes::LocalLanes;
use genesys_scim_bridge::testing::bridge::{
    Answer, Bridge, BridgeParts, Intervention, InterventionError, OnExisting, OnUnknownRequestName,
    OnUnknownRuleName, Policy, Reply, Submission,
};
use genesys_scim_bridge::testing::directory::Directory;
use genesys_scim_bridge::testing::entitlements::RuleSet;
use genesys_scim_bridge::testing::genesys::{GenesysClient, Settings, budget::SharedBudget};
use genesys_scim_bridge::testing::import::{ImportError, ImportParts, Progress, ProgressCell, import};
use genesys_scim_bridge::testing::model::ports::{Clock, Journal, Store, Upstream};
use genesys_scim_bridge::testing::model::{Cause, ClientId, CredentialId, SagaOpened, Secret, TenantId};
use genesys_scim_bridge::testing::scim::change::Change;
use genesys_scim_bridge::testing::scim::error::ScimError;
use genesys_scim_bridge::testing::store::StoreJournal;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use crate::support::emulator::{assert_contract, cloud_with};
use crate::support::in_process::{InProcess, Tick};
use crate::support::refusing::Refusing;

const HOUR: Duration = Duration::from_secs(3600);

/// The bridge put together from its parts.
pub(crate) struct BareBridge {
    pub(crate) cloud: Arc<Cloud>,
    pub(crate) bridge: Arc<Bridge>,
    pub(crate) upstream: Arc<dyn Upstream>,
    pub(crate) directory: Arc<Directory>,
    pub(crate) store: Arc<Refusing>,
    pub(crate) deadline: Duration,
    clock: Arc<dyn Clock>,
    stop: CancellationToken,
}

/// Where a bridge finds Genesys, and by which clock it lives.
struct World {
    cloud: Arc<Cloud>,
    clock: Arc<dyn Clock>,
    budget: Arc<SharedBudget>,
    upstream: Arc<dyn Upstream>,
    rules: RuleSet,
    give_up_after: Duration,
}

impl World {
    fn settings(cloud: &Cloud) -> Settings {
        let secret = Secret::new(cloud.client_secret());
        let client = cloud.client_id().to_owned();
        Settings::at(TenantId::new("test"), cloud.api_base(), cloud.login_base(), client, secret)
    }

    /// Over real sockets, in real time, and with a budget that never makes anybody wait.
    fn real(quirks: Quirks) -> Self {
        let cloud = Arc::new(cloud_with(|options| options.quirks = quirks));
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
        let budget = Arc::new(SharedBudget::new(60_000, 0, clock.clone()));
        let client = GenesysClient::new(&Self::settings(&cloud), clock.clone(), budget.clone()).unwrap();
        Self {
            cloud,
            clock,
            budget,
            upstream: Arc::new(client),
            rules: RuleSet::default(),
            give_up_after: 24 * HOUR,
        }
    }

    /// Under tokio's clock, with the budget and the limit that Genesys documents.
    fn in_virtual_time(rules: RuleSet, give_up_after: Duration, options: Options) -> Self {
        let cloud = Arc::new(Cloud::in_process(options).unwrap());
        let clock: Arc<dyn Clock> = Arc::new(Tick(tokio::time::Instant::now()));
        let settings = Self::settings(&cloud);
        let (calls, margin) = (settings.calls_per_minute, settings.margin_percent);
        let budget = Arc::new(SharedBudget::new(calls, margin, clock.clone()));
        let wire = Arc::new(InProcess { cloud: Arc::clone(&cloud), timeout: settings.timeout });
        let client = GenesysClient::over(wire, &settings, clock.clone(), budget.clone());
        Self { cloud, clock, budget, upstream: Arc::new(client), rules, give_up_after }
    }
}

impl BareBridge {
    pub(crate) async fn new(quirks: Quirks) -> BareBridge {
        Self::on(World::real(quirks)).await
    }

    /// In a runtime whose clock stands still but for pauses.
    pub(crate) async fn in_virtual_time(rules: RuleSet, give_up_after: Duration) -> BareBridge {
        Self::on(World::in_virtual_time(rules, give_up_after, Options::default())).await
    }

    /// As [`Self::in_virtual_time`], with so many more people in the organisation, each tenth inactive.
    pub(crate) async fn in_virtual_time_beside(others: usize, give_up_after: Duration) -> BareBridge {
        let mut options = Options::default();
        options.seed.users.extend((0..others).map(|number| SeedUser {
            name: format!("Other {number}"),
            email: format!("other.{number}@aurora.example"),
            state: number.is_multiple_of(10).then(|| "inactive".to_owned()),
            ..SeedUser::default()
        }));
        Self::on(World::in_virtual_time(RuleSet::default(), give_up_after, options)).await
    }

    async fn on(world: World) -> BareBridge {
        let World { cloud, clock, budget, upstream, rules, give_up_after } = world;
        let tenant = TenantId::new("test");
        let refusing = Arc::new(Refusing::new(true));
        let store = Arc::clone(&refusing) as Arc<dyn Store>;
        let journal: Arc<dyn Journal> =
            Arc::new(StoreJournal::new(tenant.clone(), Arc::clone(&store)).await.unwrap());
        let directory = Arc::new(Directory::new(tenant.clone(), Arc::clone(&store)));
        let stop = CancellationToken::new();
        let bridge = Bridge::new(BridgeParts {
            clock: Arc::clone(&clock),
            ids: Arc::new(SystemIds),
            directory: Arc::clone(&directory),
            store,
            journal,
            upstream: Arc::clone(&upstream),
            budget,
            lanes: Arc::new(LocalLanes::default()),
            rules,
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
                give_up_after,
                arrives_within: Duration::from_secs(15),
                parallel: 32,
            },
            engine: tokio::runtime::Handle::current(),
            stop: stop.clone(),
        });
        bridge.recover().await.unwrap();
        BareBridge {
            cloud,
            bridge,
            upstream,
            directory,
            store: refusing,
            deadline: Duration::from_secs(30),
            clock,
            stop,
        }
    }

    pub(crate) async fn submit(&self, change: Change) -> Result<Reply, ScimError> {
        let cause = Cause::client(ClientId::new("test"), CredentialId::new("token-1"), "test");
        let asked = Submission { change, cause, deadline: self.deadline, answer: Answer::Alone };
        Ok(self.bridge.submit(asked).await?)
    }

    /// Takes in what Genesys has.
    pub(crate) async fn import(&self) -> Result<Progress, ImportError> {
        let parts = ImportParts {
            directory: Arc::clone(&self.directory),
            store: Arc::clone(&self.store) as Arc<dyn Store>,
            upstream: Arc::clone(&self.upstream),
            clock: Arc::clone(&self.clock),
            ids: Arc::new(SystemIds),
        };
        import(&parts, &ProgressCell::default()).await
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
