//! The sagas at work in this process, oldest first, and the guard that takes one out again however it ends.
//!
//! Knows handles only; what a saga does is `runner`. What is open on disk is the journal's matter.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use super::handle::{Handle, Progress};
use crate::model::SagaId;

/// Handles by saga. Ordered, because whoever walks through them must meet them in the same order each time.
#[derive(Default)]
pub(super) struct Registry {
    handles: Mutex<BTreeMap<SagaId, Handle>>,
}

impl Registry {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<SagaId, Handle>> {
        self.handles.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Enters a saga. It is listed for as long as the guard lives.
    pub(super) fn enter(self: &Arc<Self>, handle: Handle, progress: watch::Sender<Progress>) -> Registration {
        let saga = handle.id();
        self.lock().insert(saga, handle);
        Registration { registry: Arc::clone(self), saga, progress }
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
}

impl Drop for Registration {
    fn drop(&mut self) {
        if !self.progress.borrow().is_over() {
            tracing::error!(saga = %self.saga, "a saga's task ended before the saga; it is left open until the next start");
            self.progress
                .send_modify(|progress| progress.left_open = Some("its task ended early".to_owned()));
        }
        self.registry.lock().remove(&self.saga);
    }
}
