//! The emulator's router without sockets, and a clock that is tokio's: where a test stops that clock, hours
//! pass in milliseconds, and the same run has the same calls each time.
//!
//! What goes over HTTP is tested by everybody else.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use base64::Engine as _;
use genesys_cloud_emulator::{Cloud, Host, Request};
use genesys_scim_bridge::testing::genesys::Wire;
use genesys_scim_bridge::testing::genesys::answer::{HttpAnswer, Sent};
use genesys_scim_bridge::testing::genesys::request::{HttpCall, HttpMethod, Media};
use genesys_scim_bridge::testing::model::Secret;
use genesys_scim_bridge::testing::model::ports::{Clock, Priority};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use tokio::time::Instant;

/// Time as tokio has it.
pub(crate) struct Tick(pub(crate) Instant);

#[async_trait]
impl Clock for Tick {
    fn now_ms(&self) -> i64 {
        1_700_000_000_000 + i64::try_from(self.0.elapsed().as_millis()).unwrap()
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
pub(crate) struct InProcess {
    pub(crate) cloud: Arc<Cloud>,
    pub(crate) timeout: Duration,
}

impl InProcess {
    async fn call(&self, host: Host, request: Request) -> Sent {
        let cloud = Arc::clone(&self.cloud);
        // A task of its own: what was sent is worked on although nobody waits for the answer any more.
        let answer = tokio::spawn(async move { cloud.call(host, request).await });
        match tokio::time::timeout(self.timeout, answer).await {
            Err(_) => Sent::Lost("no answer in time".into()),
            Ok(Ok(None) | Err(_)) => Sent::Lost("the connection was closed".into()),
            Ok(Ok(Some(response))) => {
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
