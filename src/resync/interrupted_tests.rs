//! A run that is interrupted at each of its commits goes on, and tells what it would have told.
//!
//! What is on disk after a commit is all that a process that died behind it leaves.

use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;

use super::run::End;
use super::scale_tests::{Rig, rig};
use super::*;
use crate::model::ports::Rows;
use crate::model::{Batch, Cause, CommitToken, StoreTrouble, Table};

/// A store that ends the process at its commit of that number.
struct Interrupting {
    inner: Arc<dyn Store>,
    commits: AtomicU64,
    at: u64,
    stop: CancellationToken,
}

#[async_trait]
impl Store for Interrupting {
    async fn commit(&self, batch: Batch) -> Result<CommitToken, StoreError> {
        let token = self.inner.commit(batch).await;
        if self.commits.fetch_add(1, Ordering::Relaxed) + 1 == self.at {
            self.stop.cancel();
        }
        token
    }
    async fn get(&self, table: Table, key: &[u8]) -> Result<Option<bytes::Bytes>, StoreError> {
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
        self.inner.trouble()
    }
    async fn close(&self) -> Result<(), StoreError> {
        self.inner.close().await
    }
}

/// A run that is ended behind that commit and goes on in another process; how many commits the first one made.
async fn interrupted(rig: &Rig, at: u64) -> (Run, u64) {
    let stop = CancellationToken::new();
    let inner = Arc::clone(&rig.store);
    let store = Arc::new(Interrupting { inner, commits: AtomicU64::new(0), at, stop: stop.clone() });
    let first = rig.anew(Arc::clone(&store) as Arc<dyn Store>, stop.clone());
    let asked = Asked { scope: Scope::All, mode: Mode::Report, many: false };
    let begun = first.begin(asked, &Cause::operator("test")).await.unwrap();
    let runs = Runs::new(crate::store::samples::tenant(), Arc::clone(&rig.store));
    loop {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let run = runs.get(&begun.id).await.unwrap().unwrap();
        if run.is_over() {
            return (run, store.commits.load(Ordering::Relaxed));
        }
        if stop.is_cancelled() {
            break;
        }
    }
    // Whatever the first process still does, it does no more.
    tokio::time::sleep(Duration::from_secs(120)).await;
    let second = rig.anew(Arc::clone(&rig.store), CancellationToken::new());
    second.recover().await.unwrap();
    loop {
        tokio::time::sleep(Duration::from_secs(10)).await;
        let run = runs.get(&begun.id).await.unwrap().unwrap();
        if run.is_over() {
            return (run, store.commits.load(Ordering::Relaxed));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn wherever_a_run_is_interrupted_it_goes_on_reads_no_page_twice_and_tells_the_same() {
    let rig = rig(510, 20).await;
    let listings = |rig: &Rig| {
        let mut calls = std::mem::take(&mut *rig.world.calls.lock().unwrap());
        calls.remove("look");
        calls
    };
    let (whole, commits) = interrupted(&rig, u64::MAX).await;
    let (told, cost) = (rig.told(&whole).await, listings(&rig));
    assert_eq!(told, rig.planted);
    for at in 1..=commits {
        let (run, _) = interrupted(&rig, at).await;
        assert_eq!((run.end, &run.incomplete), (Some(End::Complete), &vec![]), "behind commit {at}");
        assert_eq!(rig.told(&run).await, told, "behind commit {at}");
        assert_eq!(run.counts.by_class, whole.counts.by_class, "behind commit {at}: nothing counts twice");
        for (what, calls) in listings(&rig) {
            // The page in hand when the process ended may be asked for once more.
            assert!(
                calls <= cost[what] + 1,
                "behind commit {at}: {calls} calls for {what}, {} needed",
                cost[what]
            );
        }
    }
}
