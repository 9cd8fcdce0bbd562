//! Claims: a POST whose first answer did not reach the client may be sent again and gets its 201.
//!
//! The record (`directory::claims`) is written with the turn that makes the resource visible and removed as
//! soon as the client has seen a 2xx. Kept in the store, so that a crash between the two does not turn a
//! retry into a 409.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use crate::directory::Directory;
use crate::model::ports::Store;
use crate::model::{Actor, Claim, StoreError};
use crate::scim::change::Change;
use crate::scim::kind::ResourceKind;
use crate::scim::value::fold;

/// The claim of a create: what a retry of the same client is recognised by.
pub(super) fn claim_of(change: &Change) -> Option<Claim> {
    let created = change.created()?;
    Some(claim_named(change.kind(), created.name(), created.external_id()))
}

/// The claim of a create of that name.
pub(super) fn claim_named(kind: ResourceKind, name: &str, external_id: Option<&str>) -> Claim {
    let name = format!("{}/{}", kind.name(), fold(name));
    Claim { name, external_id: external_id.map(str::to_owned) }
}

/// Client and name.
type ClaimKey = (Actor, String);

fn key_of(by: &Actor, claim: &Claim) -> ClaimKey {
    (by.clone(), claim.name.clone())
}

/// What is known in memory about claims.
pub(super) struct Claims {
    directory: Arc<Directory>,
    store: Arc<dyn Store>,
    engine: tokio::runtime::Handle,
    /// Spent, but their removal is not durable yet.
    spent: Mutex<HashSet<ClaimKey>>,
    /// The request that opened the saga still waits for its answer: nobody else may claim.
    answering: Mutex<HashSet<ClaimKey>>,
    /// Done, but told to the client with others: nobody may claim while who tells it is there.
    together: Mutex<HashMap<ClaimKey, Weak<()>>>,
}

/// One request, from its arrival until its answer was handed over or its client left.
pub(super) struct Visit {
    claims: Arc<Claims>,
    state: Arc<Mutex<VisitState>>,
}

/// The end of a visit that goes with the work: whether the client is still there.
#[derive(Clone)]
pub(super) struct Presence(Arc<Mutex<VisitState>>);

enum VisitState {
    Waiting,
    /// It opened the saga of that claim.
    Opened(ClaimKey),
    Gone,
}

impl Visit {
    /// What the work needs of it.
    pub(super) fn presence(&self) -> Presence {
        Presence(Arc::clone(&self.state))
    }
}

/// The visit ends with the handler, also when its client has reset the connection.
impl Drop for Visit {
    fn drop(&mut self) {
        let mut state = lock(&self.state);
        if let VisitState::Opened(key) = &*state {
            lock(&self.claims.answering).remove(key);
        }
        *state = VisitState::Gone;
    }
}

fn is_there(company: &Weak<()>) -> bool {
    company.strong_count() > 0
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Claims {
    pub(super) fn new(
        directory: Arc<Directory>,
        store: Arc<dyn Store>,
        engine: tokio::runtime::Handle,
    ) -> Arc<Self> {
        Arc::new(Self {
            directory,
            store,
            engine,
            spent: Mutex::default(),
            answering: Mutex::default(),
            together: Mutex::default(),
        })
    }

    /// A request has arrived.
    pub(super) fn visit(self: &Arc<Self>) -> Visit {
        Visit { claims: Arc::clone(self), state: Arc::new(Mutex::new(VisitState::Waiting)) }
    }

    /// The id of what a POST of this client with the same name and externalId made before without the client
    /// knowing.
    pub(super) async fn made_before(&self, by: &Actor, claim: &Claim) -> Result<Option<String>, StoreError> {
        let key = key_of(by, claim);
        let told = |together: &HashMap<ClaimKey, Weak<()>>| together.get(&key).is_some_and(is_there);
        if lock(&self.spent).contains(&key)
            || lock(&self.answering).contains(&key)
            || told(&lock(&self.together))
        {
            return Ok(None);
        }
        let made = self.directory.claim(by, &claim.name).await?;
        Ok(made.filter(|made| made.external_id == claim.external_id).map(|made| made.id))
    }

    /// This request opens the saga of that claim: while it waits, others get 409 and do not claim.
    pub(super) fn answering(&self, by: &Actor, claim: &Claim, visitor: &Presence) {
        let key = key_of(by, claim);
        let mut state = lock(&visitor.0);
        if matches!(*state, VisitState::Waiting) {
            lock(&self.answering).insert(key.clone());
            *state = VisitState::Opened(key);
        }
    }

    /// What was made will be told to the client with others, as long as `company` is there.
    pub(super) fn told_with(&self, by: &Actor, claim: &Claim, company: Weak<()>) {
        let mut together = lock(&self.together);
        together.retain(|_, company| is_there(company));
        together.insert(key_of(by, claim), company);
    }

    /// The client has seen a 2xx: the next POST of that name is an ordinary one. Does not wait for the disk.
    pub(super) async fn spend(self: &Arc<Self>, by: &Actor, claim: &Claim) {
        let key = key_of(by, claim);
        if !matches!(self.directory.claim(by, &claim.name).await, Ok(Some(_))) {
            return;
        }
        lock(&self.spent).insert(key.clone());
        lock(&self.together).remove(&key);
        let (claims, batch) = (Arc::clone(self), self.directory.spend_claim(by, &claim.name));
        self.engine.spawn(async move {
            // If the disk refuses, the claim only lives longer than it should.
            let _ = claims.store.commit(batch).await;
            lock(&claims.spent).remove(&key);
        });
    }
}
