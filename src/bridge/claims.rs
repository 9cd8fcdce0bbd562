//! Claims: a POST whose first answer did not reach the client may be sent again and gets its 201.
//!
//! The record is written by the saga together with the resource and removed here as soon as the client has seen a 2xx.
//! Kept in the store, so that a crash between the two does not turn a retry into a 409.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use serde_json::Value;

use super::Bridge;
use crate::model::{Batch, StoreError, Table};
use crate::saga::handle::claim_key;

/// Claims whose removal is not durable yet.
#[derive(Default)]
pub(super) struct Claims {
    spent: Mutex<HashSet<Vec<u8>>>,
}

impl Bridge {
    /// The id that a POST of this client with this name and externalId made before without the client knowing.
    pub(super) fn claimed(
        &self,
        by: &str,
        name: &str,
        external_id: Option<&str>,
    ) -> Result<Option<String>, StoreError> {
        let key = claim_key(self.parts.policy.tenant.as_str(), by, name);
        if self.claims.spent.lock().unwrap_or_else(PoisonError::into_inner).contains(&key) {
            return Ok(None);
        }
        let Some(record) = self.parts.store.get(Table::Index, &key)? else { return Ok(None) };
        let record: Value = serde_json::from_slice(&record).unwrap_or_default();
        let same = record.get("externalId").and_then(Value::as_str) == external_id;
        Ok(record.get("id").and_then(Value::as_str).filter(|_| same).map(str::to_owned))
    }

    /// The client has seen a 2xx: the next POST of that name is an ordinary one. Does not wait for the disk.
    pub(super) fn spend_claim(self: &std::sync::Arc<Self>, by: &str, name: &str) {
        let key = claim_key(self.parts.policy.tenant.as_str(), by, name);
        if !matches!(self.parts.store.get(Table::Index, &key), Ok(Some(_))) {
            return;
        }
        self.claims.spent.lock().unwrap_or_else(PoisonError::into_inner).insert(key.clone());
        let bridge = std::sync::Arc::clone(self);
        self.parts.engine.spawn(async move {
            let mut batch = Batch::new();
            batch.delete(Table::Index, key.clone());
            // If the disk refuses, the claim only lives longer than it should.
            let _ = bridge.parts.store.commit(batch).await;
            bridge.claims.spent.lock().unwrap_or_else(PoisonError::into_inner).remove(&key);
        });
    }
}
