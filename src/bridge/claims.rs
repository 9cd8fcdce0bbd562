//! Claims: a POST whose first answer did not reach the client may be sent again and gets its 201.
//!
//! The record (`directory::claims`) is written with the turn that makes the resource visible and removed as soon as the client
//! has seen a 2xx. Kept in the store, so that a crash between the two does not turn a retry into a 409.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::Bridge;
use crate::model::{Actor, StoreError};

/// Client and name.
type ClaimKey = (Actor, String);

/// What is known in memory about claims.
#[derive(Default)]
pub(super) struct Claims {
    /// Spent, but their removal is not durable yet.
    spent: Mutex<HashSet<ClaimKey>>,
    /// The request that opened the saga still waits for its answer: nobody else may claim.
    answering: Mutex<HashSet<ClaimKey>>,
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
    Opened(ClaimKey),
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
        by: &Actor,
        name: &str,
        external_id: Option<&str>,
    ) -> Result<Option<String>, StoreError> {
        let key = claim_key(by, name);
        if lock(&self.claims.spent).contains(&key) || lock(&self.claims.answering).contains(&key) {
            return Ok(None);
        }
        let claim = self.parts.directory.claim(by, name).await?;
        Ok(claim.filter(|claim| claim.external_id.as_deref() == external_id).map(|claim| claim.id))
    }

    /// This request opens the saga of that claim: while it waits, others get 409 and do not claim.
    pub(super) fn answering(&self, by: &Actor, name: &str, place: &Place) {
        let key = claim_key(by, name);
        let mut state = lock(&place.state);
        if matches!(*state, PlaceState::Waiting) {
            lock(&self.claims.answering).insert(key.clone());
            *state = PlaceState::Opened(key);
        }
    }

    /// The client has seen a 2xx: the next POST of that name is an ordinary one. Does not wait for the disk.
    pub(super) async fn spend_claim(self: &Arc<Self>, by: &Actor, name: &str) {
        let key = claim_key(by, name);
        if !matches!(self.parts.directory.claim(by, name).await, Ok(Some(_))) {
            return;
        }
        lock(&self.claims.spent).insert(key.clone());
        let bridge = Arc::clone(self);
        let batch = self.parts.directory.spend_claim(by, name);
        self.parts.engine.spawn(async move {
            // If the disk refuses, the claim only lives longer than it should.
            let _ = bridge.parts.store.commit(batch).await;
            lock(&bridge.claims.spent).remove(&key);
        });
    }
}

fn claim_key(by: &Actor, name: &str) -> ClaimKey {
    (by.clone(), name.to_owned())
}
