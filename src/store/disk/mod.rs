//! The store on disk: an engine behind `ports::Store` on sled. **The only room that knows sled.**
//!
//! Reads go straight to the trees, writes to the committer thread. Opening is in [`opening`], writing in
//! `committer`, the form of what is written in `trees` and `frame`, formats and their migrations in
//! `formats`.

mod cache;
mod committer;
mod error;
mod formats;
#[cfg(test)]
mod formats_tests;
mod frame;
mod guards;
mod opening;
mod sequence;
mod space;
#[cfg(test)]
mod tests;
mod trees;

use std::fs::File;
use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use async_trait::async_trait;
use bytes::Bytes;
use tokio::sync::oneshot;

use crate::model::ports::{Rows, Store};
use crate::model::{Batch, CommitToken, StoreError, StoreTrouble, Table};
use crate::store::keys;
use crate::store::opening::OpenOptions;
use crate::store::resolve::check_sizes;

use committer::{Committer, Health, Request};
use formats::Formats;
use space::Space;
use trees::Trees;

pub(in crate::store) use error::DirectoryError;

/// A [`Store`] on disk. Dropping it finishes what is queued; closing it also tells whether that went well.
pub(in crate::store) struct SledStore {
    trees: Arc<Trees>,
    sender: Mutex<Option<Sender<Request>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
    health: Health,
    space: Space,
    read_only: bool,
    /// Last field, so that the lock is released after the database is closed.
    _lock: File,
}

impl SledStore {
    /// Opens or makes the store. Blocks: for the lock of a predecessor, and to count what is there.
    pub(in crate::store) fn open(options: &OpenOptions) -> Result<Arc<Self>, DirectoryError> {
        Self::open_with(options, formats::TODAY)
    }

    /// As [`Self::open`] by a program that knows these formats.
    fn open_with(options: &OpenOptions, formats: Formats) -> Result<Arc<Self>, DirectoryError> {
        let opened = opening::open(options, formats)?;
        let trees = Arc::new(opened.trees);
        let health = Health::default();
        let space = Space::new(options.dir.clone(), options.reserve_bytes);
        let committer = Committer {
            trees: Arc::clone(&trees),
            dir: options.dir.clone(),
            acknowledged: opened.acknowledged,
            opened_at: opened.state.sequence,
            noted: 0,
            state: opened.state,
            health: health.clone(),
            space: space.clone(),
        };
        let (sender, requests) = mpsc::channel();
        let thread = thread::Builder::new()
            .name("store-committer".to_owned())
            .spawn(move || committer.run(&requests))
            .map_err(|source| DirectoryError::from_io(&options.dir, &source))?;
        Ok(Arc::new(Self {
            trees,
            sender: Mutex::new(Some(sender)),
            thread: Mutex::new(Some(thread)),
            health,
            space,
            read_only: options.read_only,
            _lock: opened.lock,
        }))
    }

    #[cfg(test)]
    pub(in crate::store) fn open_as_first(options: &OpenOptions) -> Result<Arc<Self>, DirectoryError> {
        Self::open_with(options, formats::FIRST)
    }

    fn take_sender(&self) -> Option<Sender<Request>> {
        self.sender.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Why the thread does not answer.
    fn died(&self) -> StoreError {
        self.health.trouble().map_or_else(ended, StoreError::Failed)
    }

    fn join(&self) {
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            // The thread catches sled's panics itself; of another one `health` knows.
            let _ = thread.join();
        }
    }
}

impl Drop for SledStore {
    fn drop(&mut self) {
        // Without a sender the thread ends after what is queued.
        self.take_sender();
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
            sender.send(Request::Commit { batch, answer }).map_err(|_| self.died())?;
        }
        result.await.unwrap_or_else(|_| Err(self.died()))
    }

    async fn get(&self, table: Table, key: &[u8]) -> Result<Option<Bytes>, StoreError> {
        self.trees.get(table, &keys::fit(key))
    }

    async fn scan_within(
        &self,
        table: Table,
        prefix: &[u8],
        after: Option<&[u8]>,
        limit: usize,
        bytes: usize,
    ) -> Result<(Rows, bool), StoreError> {
        let after = after.map(keys::fit);
        self.trees.scan(table, prefix, after.as_deref(), limit, bytes)
    }

    async fn nth_key(
        &self,
        table: Table,
        prefix: &[u8],
        after: Option<&[u8]>,
        nth: usize,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let after = after.map(keys::fit);
        self.trees.nth_key(table, prefix, after.as_deref(), nth)
    }

    fn trouble(&self) -> Option<StoreTrouble> {
        let stays = self.health.trouble().map(StoreTrouble::Final);
        stays.or_else(|| self.space.low().map(StoreTrouble::Passing))
    }

    async fn close(&self) -> Result<(), StoreError> {
        let Some(sender) = self.take_sender() else { return Ok(()) };
        let (done, answer) = oneshot::channel();
        let asked = sender.send(Request::Close(done));
        drop(sender);
        let result = match asked {
            Ok(()) => answer.await.unwrap_or_else(|_| Err(self.died())),
            Err(_) => Err(self.died()),
        };
        // It has answered, and ends at once.
        self.join();
        result
    }
}

fn ended() -> StoreError {
    StoreError::Failed("it is closed".to_owned())
}
