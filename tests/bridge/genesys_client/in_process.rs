//! The client and the emulator's router in one process, without sockets, under tokio's clock, which the tests
//! stop: minutes of budget pass in milliseconds, and the same run has the same calls each time.
//!
//! What goes over HTTP is tested in the other files; the tests of this wire are in `virtual_time`.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use base64::Engine as _;
use genesys_cloud_emulator::{Call, Cloud, Host, Options, Request};
use genesys_scim_bridge::testing::genesys::answer::{HttpAnswer, Sent};
use genesys_scim_bridge::testing::genesys::request::{HttpCall, HttpMethod, Media};
use genesys_scim_bridge::testing::genesys::{GenesysClient, Settings, SharedBudget, Wire};
use genesys_scim_bridge::testing::model::ports::{Budget, Clock, Priority};
use genesys_scim_bridge::testing::model::{Secret, TenantId};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use tokio::time::Instant;

/// Time as tokio has it.
struct Tick(Instant);

#[async_trait]
impl Clock for Tick {
    fn now_ms(&self) -> i64 {
        0
    }
    fn monotonic_ms(&self) -> u64 {
        u64::try_from(self.0.elapsed().as_millis()).unwrap()
    }
    async fn sleep(&self, pause: Duration) {
        tokio::time::sleep(pause).await;
    }
    fn jitter(&self, bound: u64) -> u64 {
        bound / 2
    }
}

/// The wire to an emulator in this process.
struct InProcess {
    cloud: Arc<Cloud>,
    timeout: Duration,
}

impl InProcess {
    async fn call(&self, host: Host, request: Request) -> Sent {
        match tokio::time::timeout(self.timeout, self.cloud.call(host, request)).await {
            Err(_) => Sent::Lost("no answer in time".into()),
            Ok(None) => Sent::Lost("the connection was closed".into()),
            Ok(Some(response)) => {
                let header = |name: &str| {
                    let found = response.headers.iter().find(|(held, _)| held.eq_ignore_ascii_case(name));
                    found.map(|(_, value)| value.clone())
                };
                Sent::Answered(HttpAnswer {
                    status: response.status,
                    retry_after: header("retry-after").and_then(|seconds| seconds.parse().ok()),
                    correlation_id: header("inin-correlation-id"),
                    body: response.body,
                })
            }
        }
    }
}

#[async_trait]
impl Wire for InProcess {
    async fn send(&self, call: &HttpCall, token: &Secret, priority: Priority) -> Sent {
        let method = match call.method {
            HttpMethod::Get => "GET",
            HttpMethod::Post => "POST",
            HttpMethod::Put => "PUT",
            HttpMethod::Patch => "PATCH",
            HttpMethod::Delete => "DELETE",
        };
        let media = match call.media {
            Media::Json => "application/json",
            Media::Scim => "application/scim+json",
        };
        let part = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let query: Vec<String> =
            call.query.iter().map(|(name, value)| format!("{}={}", part(name), part(value))).collect();
        let mut headers = vec![
            ("accept".to_owned(), media.to_owned()),
            ("authorization".to_owned(), format!("Bearer {}", token.expose())),
            ("x-bridge-priority".to_owned(), format!("{priority:?}")),
        ];
        let body = call.body.as_ref().map(|body| body.to_string().into_bytes()).unwrap_or_default();
        if !body.is_empty() {
            headers.push(("content-type".to_owned(), media.to_owned()));
        }
        self.call(Host::Api, Request::new(method, &call.path, &query.join("&"), headers, body)).await
    }

    async fn token(&self, client_id: &str, client_secret: &Secret) -> Sent {
        let credentials = format!("{client_id}:{}", client_secret.expose());
        let basic = base64::engine::general_purpose::STANDARD.encode(credentials);
        let headers = vec![
            ("authorization".to_owned(), format!("Basic {basic}")),
            ("content-type".to_owned(), "application/x-www-form-urlencoded".to_owned()),
        ];
        let body = b"grant_type=client_credentials".to_vec();
        self.call(Host::Login, Request::new("POST", "/oauth/token", "", headers, body)).await
    }
}

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
