//! A connector of an identity provider: sends SCIM requests as such services do, on loopback.
//!
//! How bytes travel is `http`, what is said in the requests `requests`.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::Value;

use super::super::exit::Failure;
use super::super::http::Request;
use crate::model::Secret;

/// How long one answer may take; longer than the bridge's own deadline.
const ANSWER: Duration = Duration::from_secs(30);
/// Where SCIM begins.
pub(super) const BASE: &str = crate::server::tenant::BASE;

/// One identity provider.
pub(super) struct Connector {
    /// Its name in the story.
    pub(super) name: &'static str,
    /// What it calls itself on the wire.
    pub(super) user_agent: &'static str,
    /// The bridge.
    pub(super) addr: SocketAddr,
    /// Its token.
    pub(super) token: Secret,
}

/// An answer.
#[derive(Clone, Debug, Default)]
pub(super) struct Answer {
    /// HTTP status.
    pub(super) status: u16,
    /// Its JSON; null when it has none.
    pub(super) body: Value,
}

impl Answer {
    /// A text of the answer; empty when it is not there.
    pub(super) fn text(&self, pointer: &str) -> &str {
        self.body.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
    }
}

impl Connector {
    /// Sends one request. `path` begins after the base and is already encoded.
    ///
    /// # Errors
    /// No answer came.
    pub(super) fn send(&self, method: &str, path: &str, body: Option<&Value>) -> Result<Answer, Failure> {
        self.exchange(method, path, body).map_err(|error| {
            Failure::failed(format!("{method} {BASE}{path}: the bridge gave no answer ({error})"))
        })
    }

    fn exchange(&self, method: &str, path: &str, body: Option<&Value>) -> std::io::Result<Answer> {
        let request = Request {
            authority: &self.addr.to_string(),
            method,
            target: format!("{BASE}{path}"),
            token: &self.token,
            media: "application/scim+json",
            user_agent: self.user_agent,
            body,
            wait: ANSWER,
        };
        let response = request.send()?;
        let body = serde_json::from_slice(&response.body).unwrap_or(Value::Null);
        Ok(Answer { status: response.status, body })
    }
}

/// `?filter=` with a condition, encoded as connectors do.
pub(super) fn filter(condition: &str) -> String {
    let encoded = percent_encoding::utf8_percent_encode(condition, percent_encoding::NON_ALPHANUMERIC);
    format!("?filter={encoded}")
}
