//! What the server needs of the house behind it: the front door for changes, and its health.
//!
//! A trait, so that the server's own tests run without Genesys and without a disk. `app` implements it for
//! the bridge.

use async_trait::async_trait;

use crate::bridge::{Reply, Submission};
use crate::model::Cause;
use crate::scim::error::ScimError;
use crate::scim::kind::ResourceKind;

pub use crate::bridge::Stats;

/// Takes changes and tells how the house is.
#[async_trait]
pub trait FrontDoor: Send + Sync {
    /// Carries out one change, or says why not. The work behind it does not end when the caller goes away.
    ///
    /// # Errors
    /// The SCIM error that the client shall see.
    async fn submit(&self, asked: Submission) -> Result<Reply, ScimError>;

    /// The client is about to see what became of creates that were submitted to be answered together, each
    /// with the name of what was made.
    async fn answered(&self, cause: &Cause, created: &[(ResourceKind, String)]);

    /// Numbers for gauges.
    async fn stats(&self) -> Stats;

    /// Why requests cannot be served well right now, in words for an operator; empty when ready.
    async fn unready(&self) -> Vec<String>;

    /// Why the process should be started again: something has ended that does not come back by itself.
    fn to_be_restarted(&self) -> Option<String>;
}
