//! The port between the Genesys client and the network: one call out, and how its sending ended.
//!
//! Signatures only. Over HTTP it is `transport`; a test may put the emulator's router behind it, without
//! sockets. Budget, tokens, retries and judgement are above it, in `client` and `oauth`.

use async_trait::async_trait;

use super::answer::Sent;
use super::request::HttpCall;
use crate::model::Secret;
use crate::model::ports::Priority;

/// Sends calls of one organisation.
#[async_trait]
pub trait Wire: Send + Sync {
    /// Sends one API call with a bearer token. `priority` is told to the emulator's ledger, if to anybody.
    async fn send(&self, call: &HttpCall, token: &Secret, priority: Priority) -> Sent;
    /// Asks the login host for a token, by the client credentials grant (docs/genesys.md G1.2).
    async fn token(&self, client_id: &str, client_secret: &Secret) -> Sent;
}
