//! The one thread that writes: it takes whatever commits are waiting, applies each in a transaction of its
//! own, syncs once for all of them, and only then answers.
//!
//! Between apply and sync (well under a millisecond) readers can see data that a crash could still take away.
//! Nothing is ever acknowledged from it: a 2xx to a write needs a [`CommitToken`], tokens are minted here
//! after the sync, and even an empty batch queues here, behind everything it could have read. Conflicts are
//! answered after the sync for the same reason.
//!
//! After a failed write or sync nothing more is written until the store is opened again: sled's log is then
//! in an unknown state.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::mpsc::Receiver;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::oneshot;

use crate::limits::STORE_GROUP_COMMIT;
use crate::model::{Batch, CommitToken, StoreError};
use crate::store::resolve::resolve;

use super::sequence::{self, Acknowledged};
use super::space::Space;
use super::trees::{State, Trees};

/// What the thread is asked for.
pub(super) enum Request {
    /// Make a batch durable.
    Commit {
        /// What.
        batch: Batch,
        /// Whom to tell. A caller that went away changes nothing.
        answer: oneshot::Sender<Result<CommitToken, StoreError>>,
    },
    /// Finish what is queued, write the sequence file, and end.
    Close(oneshot::Sender<Result<(), StoreError>>),
    /// Dies as by a fault of our own, outside of what is guarded.
    #[cfg(test)]
    Die,
}

/// Why the store takes no more writes, once it does not.
#[derive(Clone, Debug, Default)]
pub(super) struct Health(Arc<Mutex<Option<String>>>);

impl Health {
    /// What went wrong; `None` while all is well.
    pub(super) fn trouble(&self) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn fail(&self, why: &StoreError) {
        tracing::error!(error = %why, "the store takes no more writes until it is opened again");
        let mut trouble = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        trouble.get_or_insert_with(|| why.to_string());
    }
}

/// Says that nothing is written any more when the thread that holds it dies of a panic: without it the
/// process would go on, refuse every write and call itself healthy.
struct Watch(Health);

impl Drop for Watch {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.fail(&StoreError::Failed("the thread that writes has died".to_owned()));
        }
    }
}

/// The state of the thread.
pub(super) struct Committer {
    pub(super) trees: Arc<Trees>,
    pub(super) dir: PathBuf,
    pub(super) state: State,
    /// Commits up to the open, so that tokens count from there.
    pub(super) opened_at: u64,
    /// What the sequence file says.
    pub(super) noted: u64,
    /// What was promised last.
    pub(super) acknowledged: Acknowledged,
    pub(super) health: Health,
    pub(super) space: Space,
}

type Waiting = (oneshot::Sender<Result<CommitToken, StoreError>>, Result<CommitToken, StoreError>);

impl Committer {
    /// Works until it is told to close or nobody can ask any more.
    pub(super) fn run(mut self, requests: &Receiver<Request>) {
        let _watch = Watch(self.health.clone());
        while let Ok(first) = requests.recv() {
            let mut group = vec![first];
            group.extend(requests.try_iter().take(STORE_GROUP_COMMIT.saturating_sub(1)));
            if let Some(done) = self.group(group) {
                let _ = done.send(self.note_sequence());
                return;
            }
        }
        // Dropped without a close: what was acknowledged is durable; only the sequence file is brought up to
        // date.
        if let Err(error) = self.note_sequence() {
            tracing::warn!(%error, "the sequence file was not written");
        }
    }

    /// Serves one group; returns whom to tell when it asked to close.
    fn group(&mut self, group: Vec<Request>) -> Option<oneshot::Sender<Result<(), StoreError>>> {
        let before = self.state.sequence;
        let mut waiting: Vec<Waiting> = Vec::with_capacity(group.len());
        let mut close = None;
        for request in group {
            match request {
                Request::Commit { batch, answer } => waiting.push((answer, self.apply(batch))),
                Request::Close(done) => close = Some(done),
                #[cfg(test)]
                Request::Die => std::panic::panic_any("the thread of the test is told to die"),
            }
        }
        // A failure of one apply is a failure of the log: those before it in the group are not promised
        // either.
        if self.state.sequence != before && self.health.trouble().is_none() {
            let trees = &self.trees;
            let noted = guarded(|| trees.sync()).and_then(|()| {
                let noted = self.acknowledged.note(self.state.sequence);
                noted.map_err(|error| {
                    StoreError::Failed(format!("the file of what was acknowledged: {error}"))
                })
            });
            if let Err(error) = noted {
                self.health.fail(&error);
            }
        }
        let trouble = self.health.trouble();
        for (answer, result) in waiting {
            let result = match &trouble {
                Some(why) => Err(StoreError::Failed(why.clone())),
                None => result,
            };
            // The caller may have gone away: its commit stands all the same.
            let _ = answer.send(result);
        }
        if self.state.sequence.saturating_sub(self.noted) >= sequence::EVERY {
            let _ = self.note_sequence();
        }
        close
    }

    fn apply(&mut self, batch: Batch) -> Result<CommitToken, StoreError> {
        if let Some(why) = self.health.trouble() {
            return Err(StoreError::Failed(why));
        }
        let trees = &self.trees;
        let writes = resolve(batch, &|table, key| guarded(|| trees.get(table, key)))?;
        if !writes.is_empty() {
            self.space.for_the_begun()?;
            let before = &self.state;
            match guarded(|| trees.apply(writes, before)) {
                Ok(state) => self.state = state,
                Err(error) => {
                    self.health.fail(&error);
                    return Err(error);
                }
            }
        }
        Ok(CommitToken::mint(self.state.sequence.saturating_sub(self.opened_at)))
    }

    /// Writes the sequence file, if all that was applied is durable.
    fn note_sequence(&mut self) -> Result<(), StoreError> {
        if let Some(why) = self.health.trouble() {
            return Err(StoreError::Failed(why));
        }
        if self.noted != self.state.sequence {
            sequence::write(&self.dir, self.state.sequence)
                .map_err(|error| StoreError::Failed(format!("the sequence file: {error}")))?;
            self.noted = self.state.sequence;
        }
        Ok(())
    }
}

/// A panic of sled is a failure of the store, never of the process.
fn guarded<T>(work: impl FnOnce() -> Result<T, StoreError>) -> Result<T, StoreError> {
    catch_unwind(AssertUnwindSafe(work))
        .unwrap_or_else(|_| Err(StoreError::Failed("sled panicked".to_owned())))
}
