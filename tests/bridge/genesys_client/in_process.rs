//! The client with the real budget and the emulator's router in one process, under tokio's clock, which the
//! tests stop.
//!
//! The wire is `support::in_process`; its tests are in `virtual_time`.

use std::sync::Arc;
use std::time::Duration;

use genesys_cloud_emulator::{Call, Cloud, Options};
use genesys_scim_bridge::testing::genesys::{GenesysClient, Settings, SharedBudget};
use genesys_scim_bridge::testing::model::ports::{Budget, Clock};
use genesys_scim_bridge::testing::model::{Secret, TenantId};
use tokio::time::Instant;

use crate::support::in_process::{InProcess, Tick};

/// An emulator and the real client with the real budget, in virtual time.
#[derive(Clone)]
pub(crate) struct Lab {
    pub(crate) cloud: Arc<Cloud>,
    pub(crate) client: Arc<GenesysClient>,
    pub(crate) budget: Arc<SharedBudget>,
    started: Instant,
}

impl Lab {
    /// A client that keeps to the limit that Genesys documents, and an emulator that holds it to that.
    pub(crate) fn new() -> Self {
        Self::with(Options::default())
    }

    pub(crate) fn with(options: Options) -> Self {
        let started = Instant::now();
        let cloud = Arc::new(Cloud::in_process(options).unwrap());
        let secret = Secret::new(cloud.client_secret());
        let settings = Settings::at(
            TenantId::new("test"),
            cloud.api_base(),
            cloud.login_base(),
            cloud.client_id(),
            secret,
        );
        let clock: Arc<dyn Clock> = Arc::new(Tick(started));
        let budget = Arc::new(SharedBudget::new(
            settings.calls_per_minute,
            settings.margin_percent,
            Arc::clone(&clock),
        ));
        let wire = Arc::new(InProcess { cloud: Arc::clone(&cloud), timeout: settings.timeout });
        let shared: Arc<dyn Budget> = budget.clone();
        let client = Arc::new(GenesysClient::over(wire, &settings, clock, shared));
        Self { cloud, client, budget, started }
    }

    /// Virtual time since the start.
    pub(crate) fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// Calls of one method whose path contains a text.
    pub(crate) fn calls(&self, method: &str, part: &str) -> Vec<Call> {
        let mut calls = self.cloud.ledger();
        calls.retain(|call| call.method == method && call.path.contains(part));
        calls
    }

    /// Fails when an exchange was not as the API description says.
    pub(crate) fn assert_contract(&self) {
        let violations = self.cloud.violations();
        assert!(violations.is_empty(), "{violations:#?}");
    }
}
