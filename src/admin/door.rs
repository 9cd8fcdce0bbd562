//! What the administration asks of the bridge.
//!
//! A trait, so that the endpoints are tested without Genesys. `app` implements it.

use async_trait::async_trait;
use bytes::Bytes;
use serde_json::Value;
use tokio::sync::mpsc::Receiver;

use crate::bridge::{Consequence, Intervention};
use crate::model::{Cause, SagaId, UserId};
use crate::resync::{Asked, Run};
use crate::scim::error::ScimError;

/// Work that an administrator starts by hand. All of it goes on when the caller leaves.
#[async_trait]
pub(crate) trait AdminDoor: Send + Sync {
    /// What an intervention would lead to, without doing it.
    ///
    /// # Errors
    /// 404 when there is no such saga, 409 when it cannot be done as the saga stands.
    async fn foresee(&self, saga: SagaId, asked: Intervention) -> Result<Consequence, ScimError>;

    /// Does it. The audit trail says that `cause` asked for it.
    ///
    /// # Errors
    /// As `foresee`.
    async fn intervene(
        &self,
        saga: SagaId,
        asked: Intervention,
        cause: Cause,
    ) -> Result<Consequence, ScimError>;

    /// What the last tries of a saga came to that are not settled; `None` if nobody works on it.
    fn tries(&self, saga: SagaId) -> Option<Value>;

    /// Has a user recomputed now. False: there is none that the bridge manages.
    ///
    /// # Errors
    /// The store refuses.
    async fn retry_work(&self, user: UserId, cause: Cause) -> Result<bool, ScimError>;

    /// Drops what is still to be done for a user. False: there is nothing.
    ///
    /// # Errors
    /// The store refuses.
    async fn drop_work(&self, user: UserId, cause: Cause) -> Result<bool, ScimError>;

    /// What would change for a user, and why, without changing anything. The body is `{"id": ...}` for a
    /// known user or `{"user": {...}}` with a SCIM user, or both: the known user as it would be with that
    /// body.
    ///
    /// # Errors
    /// A body that makes no sense, or Genesys cannot be asked.
    async fn plan(&self, body: Value) -> Result<Value, ScimError>;

    /// What other rules would change for everybody, as lines of JSON that come as the walk goes on; the last one holds
    /// the sums (`totals`) or why there are none (`error`). The body is `{"rules": [...]}` with rules as in the
    /// configuration, and `"lines": true` for a line for each difference. The walk ends when nobody receives.
    ///
    /// # Errors
    /// 400 with the place of what is wrong with the rules, 429 while somebody else's are tried out.
    async fn under_rules(&self, body: Value) -> Result<Receiver<Bytes>, ScimError>;

    /// Fills the directory with what Genesys has, and says what it found.
    ///
    /// # Errors
    /// Genesys cannot be read to the end; what was read is kept.
    async fn import(&self) -> Result<Value, ScimError>;

    /// Begins a run of a resync in the background.
    ///
    /// # Errors
    /// 409 while another one is under way, 404 for a user that the bridge does not manage.
    async fn begin_resync(&self, asked: Asked, cause: Cause) -> Result<Run, ScimError>;

    /// Ends a run before its next page or look. False: it is not under way.
    fn cancel_resync(&self, id: &str) -> bool;

    /// How far a running import has come; what the last one found.
    fn import_progress(&self) -> Value;
}
