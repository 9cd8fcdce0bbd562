//! Claims: a POST whose first answer did not reach the client may be sent again and gets its 201.
//!
//! The record is written by the saga together with the resource and removed here as soon as the client has seen a 2xx.
//! Kept in the store, so that a crash between the two does not turn a retry into a 409.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value;

use super::Bridge;
use crate::model::{Batch, StoreError, Table};
use crate::saga::handle::claim_key;

/// What is known in memory about claims.
#[derive(Default)]
pub(super) struct Claims {
    /// Spent, but their removal is not durable yet.
    spent: Mutex<HashSet<Vec<u8>>>,
    /// The request that opened the saga still waits for its answer: nobody else may claim.
    answering: Mutex<HashSet<Vec<u8>>>,
}

/// The place of one request, from its arrival until its answer was handed over or its client left.
#[derive(Default)]
pub(super) struct Place {
    state: Mutex<PlaceState>,
}

#[derive(Default)]
enum PlaceState {
    #[default]
    Waiting,
    Opened(Vec<u8>),
    Gone,
}

/// Leaves the place when the handler ends, also when its client has reset the connection.
pub(super) struct Attendance {
    pub(super) bridge: Arc<Bridge>,
    pub(super) place: Arc<Place>,
}

impl Drop for Attendance {
    fn drop(&mut self) {
        let mut state = lock(&self.place.state);
        if let PlaceState::Opened(key) = &*state {
            lock(&self.bridge.claims.answering).remove(key);
        }
        *state = PlaceState::Gone;
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Bridge {
    /// The id that a POST of this client with this name and externalId made before without the client knowing.
    pub(super) async fn claimed(
        &self,
        by: &str,
        name: &str,
        external_id: Option<&str>,
    ) -> Result<Option<String>, StoreError> {
        let key = claim_key(self.parts.policy.tenant.as_str(), by, name);
        if lock(&self.claims.spent).contains(&key) || lock(&self.claims.answering).contains(&key) {
            return Ok(None);
        }
        let Some(record) = self.parts.store.get(Table::Index, &key).await? else { return Ok(None) };
        let record: Value = serde_json::from_slice(&record).unwrap_or_default();
        let same = record.get("externalId").and_then(Value::as_str) == external_id;
        Ok(record.get("id").and_then(Value::as_str).filter(|_| same).map(str::to_owned))
    }

    /// This request opens the saga of that claim: while it waits, others get 409 and do not claim.
    pub(super) fn answering(&self, by: &str, name: &str, place: &Place) {
        let key = claim_key(self.parts.policy.tenant.as_str(), by, name);
        let mut state = lock(&place.state);
        if matches!(*state, PlaceState::Waiting) {
            lock(&self.claims.answering).insert(key.clone());
            *state = PlaceState::Opened(key);
        }
    }

    /// The client has seen a 2xx: the next POST of that name is an ordinary one. Does not wait for the disk.
    pub(super) async fn spend_claim(self: &Arc<Self>, by: &str, name: &str) {
        let key = claim_key(self.parts.policy.tenant.as_str(), by, name);
        if !matches!(self.parts.store.get(Table::Index, &key).await, Ok(Some(_))) {
            return;
        }
        lock(&self.claims.spent).insert(key.clone());
        let bridge = Arc::clone(self);
        self.parts.engine.spawn(async move {
            let mut batch = Batch::new();
            batch.delete(Table::Index, key.clone());
            // If the disk refuses, the claim only lives longer than it should.
            let _ = bridge.parts.store.commit(batch).await;
            lock(&bridge.claims.spent).remove(&key);
        });
    }
}
