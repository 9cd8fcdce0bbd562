//! The sagas at work in this process, oldest first, and the guard that takes one out again however it ends.
//!
//! Knows handles only; what a saga does is `runner`. What is open on disk is the journal's matter.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use super::handle::{Handle, Progress};
use crate::model::SagaId;

/// Handles by saga. Ordered, because whoever walks through them must meet them in the same order each time.
#[derive(Default)]
pub(super) struct Registry {
    handles: Mutex<BTreeMap<SagaId, Handle>>,
    /// Those that left without an end since somebody asked last.
    left_open: Mutex<BTreeSet<SagaId>>,
    /// What all of them still have to do.
    to_do: AtomicU64,
}

impl Registry {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<SagaId, Handle>> {
        self.handles.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Enters a saga. It is listed for as long as the guard lives. `Err` is the handle of one that is at
    /// work already: no saga is worked on twice.
    pub(super) fn enter(
        self: &Arc<Self>,
        handle: Handle,
        progress: watch::Sender<Progress>,
    ) -> Result<Registration, Handle> {
        let saga = handle.id();
        match self.lock().entry(saga) {
            Entry::Occupied(there) => Err(there.get().clone()),
            Entry::Vacant(free) => {
                free.insert(handle);
                Ok(Registration { registry: Arc::clone(self), saga, progress, to_do: 0 })
            }
        }
    }

    /// Steps that all sagas still have to do.
    pub(super) fn to_do(&self) -> u64 {
        self.to_do.load(Ordering::Relaxed)
    }

    /// Sagas that left without an end, each told once.
    pub(super) fn left_open(&self) -> BTreeSet<SagaId> {
        std::mem::take(&mut *self.left_open.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn find(&self, id: SagaId) -> Option<Handle> {
        self.lock().get(&id).cloned()
    }

    pub(super) fn all(&self) -> Vec<Handle> {
        self.lock().values().cloned().collect()
    }
}

/// A saga's place in the registry. Dropped, also when the saga's task dies, it takes the saga out, and tells
/// those who wait that nothing more will come.
pub(super) struct Registration {
    registry: Arc<Registry>,
    saga: SagaId,
    pub(super) progress: watch::Sender<Progress>,
    to_do: u64,
}

impl Registration {
    /// Says how many steps the saga still has to do.
    pub(super) fn still_to_do(&mut self, steps: usize) {
        let steps = u64::try_from(steps).unwrap_or(u64::MAX);
        // Ours alone are taken off, so the sum never goes below nothing.
        self.registry.to_do.fetch_add(steps, Ordering::Relaxed);
        self.registry.to_do.fetch_sub(self.to_do, Ordering::Relaxed);
        self.to_do = steps;
    }
}

impl Registration {
    /// Takes the saga out although its task goes on: whoever looks for one must find its successor.
    pub(super) fn leave(&self) {
        self.registry.lock().remove(&self.saga);
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        self.still_to_do(0);
        if !self.progress.borrow().is_over() {
            tracing::error!(saga = %self.saga, "a saga's task ended before the saga; it is left open for a while");
            self.progress
                .send_modify(|progress| progress.left_open = Some("its task ended early".to_owned()));
        }
        self.registry.lock().remove(&self.saga);
        if self.progress.borrow().left_open.is_some() {
            let mut left_open = self.registry.left_open.lock().unwrap_or_else(PoisonError::into_inner);
            left_open.insert(self.saga);
        }
    }
}
