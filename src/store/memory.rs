//! A store in memory with the same contract as the one on disk, for tests and simulations.
//!
//! Keeps nothing over a restart. It can be told to fail, and to be copied as a crash would leave it.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;

use crate::model::ports::{Rows, Store};
use crate::model::{Batch, CommitToken, StoreError, StoreTrouble, Table};

use super::keys;
use super::resolve::{check_sizes, resolve};

#[derive(Clone, Debug, Default)]
struct Inner {
    data: BTreeMap<(Table, Vec<u8>), Bytes>,
    commits: u64,
    fail_in: Option<u64>,
    closed: bool,
}

/// A [`Store`] in memory.
#[derive(Debug, Default)]
pub struct MemoryStore {
    inner: Mutex<Inner>,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    /// Lets the `k`-th commit from now fail (1 is the next one). It writes nothing; later ones succeed again.
    pub fn fail_commit(&self, k: u64) {
        self.lock().fail_in = Some(k);
    }

    /// Number of commits so far that wrote something.
    pub fn commits(&self) -> u64 {
        self.lock().commits
    }

    /// Another store with the same content: what a crash at this moment would leave.
    pub fn copy(&self) -> Self {
        Self { inner: Mutex::new(Inner { fail_in: None, closed: false, ..self.lock().clone() }) }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Store for MemoryStore {
    async fn commit(&self, mut batch: Batch) -> Result<CommitToken, StoreError> {
        keys::fit_batch(&mut batch);
        check_sizes(&batch)?;
        let mut inner = self.lock();
        if inner.closed {
            return Err(StoreError::Failed("it is closed".to_owned()));
        }
        match inner.fail_in {
            Some(0 | 1) => {
                inner.fail_in = None;
                return Err(StoreError::Failed("told to fail".to_owned()));
            }
            Some(left) => inner.fail_in = Some(left - 1),
            None => {}
        }
        let writes = resolve(batch, &|table, key| Ok(inner.data.get(&(table, key.to_vec())).cloned()))?;
        if !writes.is_empty() {
            inner.commits += 1;
        }
        for (at, value) in writes {
            match value {
                Some(value) => inner.data.insert(at, value),
                None => inner.data.remove(&at),
            };
        }
        Ok(CommitToken::mint(inner.commits))
    }

    async fn get(&self, table: Table, key: &[u8]) -> Result<Option<Bytes>, StoreError> {
        Ok(self.lock().data.get(&(table, keys::fit(key).into_owned())).cloned())
    }

    async fn scan_within(
        &self,
        table: Table,
        prefix: &[u8],
        after: Option<&[u8]>,
        limit: usize,
        bytes: usize,
    ) -> Result<(Rows, bool), StoreError> {
        let inner = self.lock();
        let after = after.map(keys::fit);
        let after = after.as_deref();
        let from = after.map_or(prefix, |after| after.max(prefix)).to_vec();
        let rows = inner
            .data
            .range((table, from)..)
            .take_while(|((found, key), _)| *found == table && key.starts_with(prefix))
            .filter(|((_, key), _)| after.is_none_or(|after| key.as_slice() > after));
        let (mut found, mut read) = (Rows::new(), 0_usize);
        for ((_, key), value) in rows {
            if found.len() >= limit || read > bytes {
                return Ok((found, true));
            }
            read = read.saturating_add(value.len());
            found.push((key.clone(), value.clone()));
        }
        Ok((found, false))
    }

    async fn nth_key(
        &self,
        table: Table,
        prefix: &[u8],
        after: Option<&[u8]>,
        nth: usize,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let rows = self.scan(table, prefix, after, nth).await?;
        Ok(rows.into_iter().nth(nth.saturating_sub(1)).map(|(key, _)| key))
    }

    fn trouble(&self) -> Option<StoreTrouble> {
        None
    }

    async fn close(&self) -> Result<(), StoreError> {
        self.lock().closed = true;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(key: &str) -> Batch {
        let mut batch = Batch::new();
        batch.put(Table::Users, key, "1");
        batch
    }

    #[tokio::test]
    async fn a_commit_told_to_fail_writes_nothing_and_the_next_one_works() {
        let store = MemoryStore::new();
        store.fail_commit(2);
        store.commit(put("t/a")).await.unwrap();
        let copy = store.copy();
        assert!(matches!(store.commit(put("t/b")).await, Err(StoreError::Failed(_))));
        assert_eq!(store.get(Table::Users, b"t/b").await.unwrap(), None);
        store.commit(put("t/b")).await.unwrap();
        assert_eq!((store.commits(), copy.commits()), (2, 1));
    }
}
