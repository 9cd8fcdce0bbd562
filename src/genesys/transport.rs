//! The [`Wire`] over HTTP. The only file that knows the HTTP client.
//!
//! No retry, no token, no judgement: those are in `client`, `oauth` and [`super::verdict`]. Redirects are not
//! followed: an answer that points elsewhere would carry our token there.

use std::time::Duration;

use async_trait::async_trait;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue, RETRY_AFTER};

use super::answer::{HttpAnswer, Sent};
use super::request::{HttpCall, HttpMethod, Media};
use super::settings::{Settings, SetupError};
use super::wire::Wire;
use crate::limits;
use crate::model::Secret;
use crate::model::ports::Priority;

/// Who we say we are.
const USER_AGENT: &str = concat!("genesys-scim-bridge/", env!("CARGO_PKG_VERSION"));
/// Read by the emulator's ledger only.
const PRIORITY_HEADER: &str = "x-bridge-priority";
/// How long a connection may take to open; nothing was sent until then.
const CONNECT: Duration = Duration::from_secs(5);
/// Idle connections are dropped before Genesys' balancer would close them under a request.
const IDLE: Duration = Duration::from_secs(30);

/// The HTTP client with the addresses of one organisation.
pub(super) struct Transport {
    http: reqwest::Client,
    api_base: String,
    token_url: String,
    tell_priority: bool,
}

impl Transport {
    /// Sets the client up. The runtime on which it is first used must be the one that lives on.
    pub(super) fn new(settings: &Settings) -> Result<Self, SetupError> {
        let http = reqwest::Client::builder()
            .user_agent(USER_AGENT)
            .timeout(settings.timeout)
            .connect_timeout(CONNECT.min(settings.timeout))
            .pool_idle_timeout(IDLE)
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|error| SetupError::Http(chain(&error)))?;
        let token_url = format!("{}/oauth/token", settings.login_base);
        Ok(Self {
            http,
            api_base: settings.api_base.clone(),
            token_url,
            tell_priority: settings.tell_priority,
        })
    }
}

#[async_trait]
impl Wire for Transport {
    async fn send(&self, call: &HttpCall, token: &Secret, priority: Priority) -> Sent {
        let media = match call.media {
            Media::Json => "application/json",
            Media::Scim => "application/scim+json",
        };
        let url = format!("{}{}", self.api_base, call.path);
        let mut request = match call.method {
            HttpMethod::Get => self.http.get(url),
            HttpMethod::Post => self.http.post(url),
            HttpMethod::Put => self.http.put(url),
            HttpMethod::Patch => self.http.patch(url),
            HttpMethod::Delete => self.http.delete(url),
        };
        if !call.query.is_empty() {
            request = request.query(&call.query);
        }
        request = request.header(ACCEPT, media).header(AUTHORIZATION, bearer(token));
        if self.tell_priority {
            request = request.header(PRIORITY_HEADER, format!("{priority:?}"));
        }
        if let Some(body) = &call.body {
            request = request.header(CONTENT_TYPE, media).body(body.to_string());
        }
        finish(request).await
    }

    /// Basic authentication and the grant type, nothing else (docs/genesys.md G1.2).
    async fn token(&self, client_id: &str, client_secret: &Secret) -> Sent {
        let request = self
            .http
            .post(&self.token_url)
            .basic_auth(client_id, Some(client_secret.expose()))
            .form(&[("grant_type", "client_credentials")]);
        finish(request).await
    }
}

/// A token with characters that no header may hold is sent empty and so refused as what it is.
fn bearer(token: &Secret) -> HeaderValue {
    let mut value = HeaderValue::from_str(&format!("Bearer {}", token.expose()))
        .unwrap_or_else(|_| HeaderValue::from_static("Bearer"));
    value.set_sensitive(true);
    value
}

async fn finish(request: reqwest::RequestBuilder) -> Sent {
    let mut response = match request.send().await {
        Ok(response) => response,
        Err(error) if error.is_connect() || error.is_builder() => return Sent::NotSent(chain(&error)),
        Err(error) if error.is_timeout() => return Sent::Lost("no answer in time".to_owned()),
        Err(error) => return Sent::Lost(chain(&error)),
    };
    let mut answer = head(response.status().as_u16(), response.headers());
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) => {
                if answer.body.len().saturating_add(chunk.len()) > limits::GENESYS_ANSWER_BYTES {
                    return Sent::Lost(format!(
                        "the answer is longer than {} bytes",
                        limits::GENESYS_ANSWER_BYTES
                    ));
                }
                answer.body.extend_from_slice(&chunk);
            }
            Ok(None) => return Sent::Answered(answer),
            Err(error) => return Sent::Lost(chain(&error)),
        }
    }
}

fn head(status: u16, headers: &HeaderMap) -> HttpAnswer {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    HttpAnswer {
        status,
        retry_after: text(RETRY_AFTER.as_str()).and_then(|seconds| seconds.parse().ok()),
        correlation_id: text("inin-correlation-id").filter(|id| !id.is_empty()).map(str::to_owned),
        body: Vec::new(),
    }
}

/// An error with its causes, without the address: its query may hold a personal value.
fn chain(error: &dyn std::error::Error) -> String {
    let mut texts = Vec::new();
    let mut source = error.source();
    while let Some(cause) = source {
        texts.push(cause.to_string());
        source = cause.source();
    }
    if texts.is_empty() { "the connection failed".to_owned() } else { texts.join(": ") }
}
