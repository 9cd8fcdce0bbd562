//! What the administration asks of the bridge.
//!
//! A trait, so that the endpoints are tested without Genesys. `app` implements it.

use async_trait::async_trait;
use serde_json::Value;

use crate::model::SagaId;
use crate::scim::error::ScimError;

/// Work that an administrator starts by hand. All of it goes on when the caller leaves.
#[async_trait]
pub(crate) trait AdminDoor: Send + Sync {
    /// Lets a stuck saga try its undo again.
    ///
    /// # Errors
    /// 404 when there is no such saga, 409 when it is not stuck.
    async fn redrive(&self, saga: SagaId) -> Result<(), ScimError>;

    /// What would change for a user, and why, without changing anything. The body is `{"id": ...}` for a
    /// known user or `{"user": {...}}` with a SCIM user, or both: the known user as it would be with that
    /// body.
    ///
    /// # Errors
    /// A body that makes no sense, or Genesys cannot be asked.
    async fn plan(&self, body: Value) -> Result<Value, ScimError>;

    /// Fills the directory with what Genesys has, and says what it found.
    ///
    /// # Errors
    /// Genesys cannot be read to the end; what was read is kept.
    async fn import(&self) -> Result<Value, ScimError>;

    /// How far a running import has come; what the last one found.
    fn import_progress(&self) -> Value;
}
