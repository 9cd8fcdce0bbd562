//! A store in memory that refuses commits when it is told to. Reads go on, as on a disk that is full.

use std::sync::atomic::{AtomicU32, Ordering};

use async_trait::async_trait;
use bytes::Bytes;
use genesys_scim_bridge::testing::model::ports::{Rows, Store};
use genesys_scim_bridge::testing::model::{Batch, CommitToken, StoreError, StoreTrouble, Table};
use genesys_scim_bridge::testing::store::MemoryStore;

/// All is well.
const TAKES_ALL: u32 = u32::MAX;

/// The store.
pub(crate) struct Refusing {
    inner: MemoryStore,
    /// Whether it says that it is in trouble, as one does that knows beforehand.
    says_so: bool,
    /// Commits that are taken before the others are refused.
    left: AtomicU32,
}

impl Refusing {
    /// One that takes everything for now.
    pub(crate) fn new(says_so: bool) -> Self {
        Self { inner: MemoryStore::new(), says_so, left: AtomicU32::new(TAKES_ALL) }
    }

    /// Takes so many commits more.
    pub(crate) fn refuse_after(&self, commits: u32) {
        self.left.store(commits, Ordering::Relaxed);
    }

    /// There is room again.
    pub(crate) fn take_all(&self) {
        self.left.store(TAKES_ALL, Ordering::Relaxed);
    }
}

#[async_trait]
impl Store for Refusing {
    async fn commit(&self, batch: Batch) -> Result<CommitToken, StoreError> {
        let one = |left: u32| if left == TAKES_ALL { Some(left) } else { left.checked_sub(1) };
        // An empty commit writes nothing.
        if !batch.is_empty() && self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one).is_err() {
            return Err(StoreError::Failed("no space left on device".to_owned()));
        }
        self.inner.commit(batch).await
    }

    async fn get(&self, table: Table, key: &[u8]) -> Result<Option<Bytes>, StoreError> {
        self.inner.get(table, key).await
    }

    async fn scan_within(
        &self,
        table: Table,
        prefix: &[u8],
        after: Option<&[u8]>,
        limit: usize,
        bytes: usize,
    ) -> Result<(Rows, bool), StoreError> {
        self.inner.scan_within(table, prefix, after, limit, bytes).await
    }

    async fn nth_key(
        &self,
        table: Table,
        prefix: &[u8],
        after: Option<&[u8]>,
        nth: usize,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        self.inner.nth_key(table, prefix, after, nth).await
    }

    fn trouble(&self) -> Option<StoreTrouble> {
        let full = self.says_so && self.left.load(Ordering::Relaxed) == 0;
        full.then(|| StoreTrouble::Passing("no space left on device".to_owned()))
    }

    async fn close(&self) -> Result<(), StoreError> {
        self.inner.close().await
    }
}
