//! A connector of an identity provider: sends SCIM requests over plain HTTP/1.1, one a connection, as such services do.
//!
//! Loopback only, so no TLS. Reading answers is shared with `admin_client`.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::Value;

use super::super::admin_client;
use super::super::exit::Failure;
use crate::model::Secret;

/// How long one answer may take; longer than the bridge's own deadline.
const ANSWER: Duration = Duration::from_secs(30);
/// Largest answer that is read.
const ANSWER_BYTES: u64 = 16 * 1024 * 1024;
/// Where SCIM begins.
pub(super) const BASE: &str = "/scim/v2";

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
        let mut stream = TcpStream::connect(self.addr)?;
        stream.set_read_timeout(Some(ANSWER))?;
        let body = body.map(Value::to_string).unwrap_or_default();
        let kind =
            if body.is_empty() { "" } else { "Content-Type: application/scim+json; charset=utf-8\r\n" };
        let head = format!(
            "{method} {BASE}{path} HTTP/1.1\r\nHost: {}\r\nUser-Agent: {}\r\nAccept: application/scim+json\r\n\
             Authorization: Bearer {}\r\n{kind}Content-Length: {}\r\nConnection: close\r\n\r\n",
            self.addr,
            self.user_agent,
            self.token.expose(),
            body.len(),
        );
        stream.write_all(head.as_bytes())?;
        stream.write_all(body.as_bytes())?;
        let mut received = Vec::new();
        stream.take(ANSWER_BYTES).read_to_end(&mut received)?;
        let response = admin_client::parse(&received)
            .ok_or_else(|| std::io::Error::other("what came back is not HTTP"))?;
        let body = serde_json::from_slice(&response.body).unwrap_or(Value::Null);
        Ok(Answer { status: response.status, body })
    }
}

/// `?filter=` with a condition, encoded as connectors do.
pub(super) fn filter(condition: &str) -> String {
    let encoded = percent_encoding::utf8_percent_encode(condition, percent_encoding::NON_ALPHANUMERIC);
    format!("?filter={encoded}")
}
