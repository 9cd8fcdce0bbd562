//! The store on disk: an adapter of `ports::Store` on sled.
//!
//! Reads go straight to the trees, writes to the committer thread. Opening is in [`super::open`], writing in `committer`, the form
//! of what is written in `engine` and `frame`.

use std::fs::File;
use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use async_trait::async_trait;
use bytes::Bytes;
use tokio::sync::oneshot;

use crate::model::ports::Store;
use crate::model::{Batch, CommitToken, StoreError, Table};

use super::apply::check_sizes;
use super::committer::{Committer, Health, Request};
use super::engine::Engine;
use super::keys;
use super::open::{self, OpenError, OpenOptions};

/// A [`Store`] on disk. Dropping it finishes what is queued; [`SledStore::close`] also tells whether that went well.
pub struct SledStore {
    engine: Arc<Engine>,
    sender: Mutex<Option<Sender<Request>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
    health: Health,
    read_only: bool,
    /// Last field, so that the lock is released after the database is closed.
    _lock: File,
}

impl SledStore {
    /// Opens or makes the store. Blocks: for the lock of a predecessor, and to count what is there.
    ///
    /// # Errors
    /// See [`OpenError`]; each says what to do.
    pub fn open(options: &OpenOptions) -> Result<Arc<Self>, OpenError> {
        let opened = open::open(options)?;
        let engine = Arc::new(opened.engine);
        let health = Health::default();
        let committer = Committer {
            engine: Arc::clone(&engine),
            dir: options.dir.clone(),
            opened_at: opened.state.sequence,
            noted: 0,
            state: opened.state,
            health: health.clone(),
        };
        let (sender, requests) = mpsc::channel();
        let thread = thread::Builder::new()
            .name("store-committer".to_owned())
            .spawn(move || committer.run(&requests))
            .map_err(|source| OpenError::from_io(&options.dir, &source))?;
        Ok(Arc::new(Self {
            engine,
            sender: Mutex::new(Some(sender)),
            thread: Mutex::new(Some(thread)),
            health,
            read_only: options.read_only,
            _lock: opened.lock,
        }))
    }

    /// Whether commits can succeed. Once false it stays false until the store is opened again.
    pub fn is_healthy(&self) -> bool {
        self.health.trouble().is_none()
    }

    /// What went wrong, for readiness and logs; `None` while all is well.
    pub fn trouble(&self) -> Option<String> {
        self.health.trouble()
    }

    /// Finishes what is queued and takes no more commits. Reads still work. Closing twice is fine.
    ///
    /// # Errors
    /// The disk refused, now or earlier.
    pub fn close(&self) -> Result<(), StoreError> {
        let sender = self.sender.lock().unwrap_or_else(PoisonError::into_inner).take();
        let result = match sender {
            None => Ok(()),
            Some(sender) => {
                let (done, answer) = mpsc::sync_channel(1);
                let asked = sender.send(Request::Close(done));
                drop(sender);
                asked.ok().and_then(|()| answer.recv().ok()).unwrap_or_else(|| Err(ended()))
            }
        };
        self.join();
        result
    }

    fn join(&self) {
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            // The thread catches sled's panics itself.
            let _ = thread.join();
        }
    }
}

impl Drop for SledStore {
    fn drop(&mut self) {
        // Without a sender the thread ends after what is queued.
        self.sender.lock().unwrap_or_else(PoisonError::into_inner).take();
        self.join();
    }
}

#[async_trait]
impl Store for SledStore {
    async fn commit(&self, mut batch: Batch) -> Result<CommitToken, StoreError> {
        keys::fit_batch(&mut batch);
        check_sizes(&batch)?;
        if self.read_only && !batch.is_empty() {
            return Err(StoreError::Failed("it was opened for reading only".to_owned()));
        }
        let (answer, result) = oneshot::channel();
        {
            let sender = self.sender.lock().unwrap_or_else(PoisonError::into_inner);
            let sender = sender.as_ref().ok_or_else(ended)?;
            sender.send(Request::Commit { batch, answer }).map_err(|_| ended())?;
        }
        result.await.unwrap_or_else(|_| Err(ended()))
    }

    async fn get(&self, table: Table, key: &[u8]) -> Result<Option<Bytes>, StoreError> {
        self.engine.get(table, &keys::fit(key))
    }

    async fn scan(
        &self,
        table: Table,
        prefix: &[u8],
        after: Option<&[u8]>,
        limit: usize,
    ) -> Result<Vec<(Vec<u8>, Bytes)>, StoreError> {
        let after = after.map(keys::fit);
        self.engine.scan(table, prefix, after.as_deref(), limit)
    }

    async fn nth_key(
        &self,
        table: Table,
        prefix: &[u8],
        after: Option<&[u8]>,
        nth: usize,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let after = after.map(keys::fit);
        self.engine.nth_key(table, prefix, after.as_deref(), nth)
    }
}

fn ended() -> StoreError {
    StoreError::Failed("it is closed".to_owned())
}
