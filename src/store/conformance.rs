//! One set of tests that every store must pass, and what only the one on disk can be asked.
//!
//! Kill tests, which need processes of their own, are in `tests/processes/store_crash.rs`.

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::{MemoryStore, OpenError, OpenOptions, SledStore, chain};
use crate::limits::{STORE_RECORD_BYTES, STORE_VALUE_BYTES};
use crate::model::ports::Store;
use crate::model::{Batch, Expect, StoreError, Table};

fn put(key: &str, value: impl Into<Bytes>) -> Batch {
    let mut batch = Batch::new();
    batch.put(Table::Users, key, value);
    batch
}

fn sled(dir: &tempfile::TempDir) -> Arc<SledStore> {
    SledStore::open(&OpenOptions { cache_bytes: 4 << 20, ..OpenOptions::new(dir.path()) }).unwrap()
}

async fn keys(store: &dyn Store, prefix: &str, after: Option<&str>, limit: usize) -> Vec<String> {
    let rows = store.scan(Table::Users, prefix.as_bytes(), after.map(str::as_bytes), limit).await.unwrap();
    rows.into_iter().map(|(key, _)| String::from_utf8(key).unwrap()).collect()
}

async fn keeps_its_contract(store: &dyn Store) {
    // All or nothing, by condition.
    let first = store.commit(put("t/a", "1")).await.unwrap();
    let mut refused = put("t/b", "2");
    refused.expect(Table::Users, "t/a", Expect::Absent);
    let conflict = StoreError::Conflict { table: Table::Users, key: b"t/a".to_vec() };
    assert_eq!(store.commit(refused).await, Err(conflict));
    assert_eq!(store.get(Table::Users, b"t/b").await.unwrap(), None);
    assert_eq!(store.get(Table::Groups, b"t/a").await.unwrap(), None, "tables are apart");
    let mut swap = put("t/a", "2");
    swap.expect(Table::Users, "t/a", Expect::Equals(Bytes::from("1")));
    assert!(store.commit(swap).await.unwrap().sequence() > first.sequence());

    // Deletes come before puts, and removing what is not there is fine.
    let mut replace = put("t/c", "3");
    replace.delete(Table::Users, "t/c");
    replace.delete(Table::Users, "t/none");
    store.commit(replace).await.unwrap();
    store.commit(Batch::new()).await.unwrap();

    // Scans keep to the prefix, the order, the start and the limit.
    for key in ["t/b1", "t/b2", "t/b3", "s/b", "u/b"] {
        store.commit(put(key, key.to_owned())).await.unwrap();
    }
    assert_eq!(keys(store, "t/", None, 9).await, ["t/a", "t/b1", "t/b2", "t/b3", "t/c"]);
    assert_eq!(keys(store, "t/b", Some("t/b1"), 1).await, ["t/b2"]);
    assert_eq!(keys(store, "t/b", Some("t/b3"), 9).await, Vec::<String>::new());
    assert_eq!(keys(store, "t/b", Some("a"), 2).await, ["t/b1", "t/b2"]);
    assert_eq!(keys(store, "t/", None, 0).await, Vec::<String>::new());

    // Large records come back whole, shrink, grow and go.
    for size in [
        STORE_VALUE_BYTES / 2 - 6,
        STORE_VALUE_BYTES / 2 - 5,
        STORE_VALUE_BYTES,
        100_000,
        20_000,
        STORE_RECORD_BYTES,
        3,
        50_000,
    ] {
        let value: Vec<u8> = (0..size).map(|at| (at % 251) as u8).collect();
        store.commit(put("t/big", value.clone())).await.unwrap();
        assert_eq!(store.get(Table::Users, b"t/big").await.unwrap().unwrap(), value);
        let scanned = store.scan(Table::Users, b"t/big", None, 2).await.unwrap();
        assert!(scanned.len() == 1 && scanned[0].1 == value, "{size}");
    }
    let too_large = store.commit(put("t/big", vec![0; STORE_RECORD_BYTES + 1])).await;
    assert_eq!(too_large, Err(StoreError::TooLarge { bytes: STORE_RECORD_BYTES + 1 }));
    let mut gone = Batch::new();
    gone.delete(Table::Users, "t/big");
    store.commit(gone).await.unwrap();
    assert_eq!(store.get(Table::Users, b"t/big").await.unwrap(), None);

    // Keys longer than a page could hold are kept all the same.
    let long = format!("t/{}", "x".repeat(10_000));
    store.commit(put(&long, "1")).await.unwrap();
    assert_eq!(store.get(Table::Users, long.as_bytes()).await.unwrap(), Some(Bytes::from("1")));
    assert_eq!(store.get(Table::Users, format!("{long}x").as_bytes()).await.unwrap(), None);
    assert_eq!(keys(store, "t/x", Some(&long), 9).await, Vec::<String>::new());

    // Appends get the next link, however many come at once.
    let append = |text: &str| {
        let mut batch = Batch::new();
        batch.put(Table::Audit, chain::append_key(b"t/"), text.to_owned());
        batch
    };
    let (one, two, three) =
        tokio::join!(store.commit(append("x")), store.commit(append("y")), store.commit(append("z")));
    assert!(one.is_ok() && two.is_ok() && three.is_ok());
    let mut head = chain::Head::genesis(b"t/");
    for (key, value) in store.scan(Table::Audit, &chain::links_prefix(b"t/"), None, 9).await.unwrap() {
        let (hash, content) = chain::split_link(&value).unwrap();
        head = head.next(content);
        assert_eq!((key, *hash), (chain::link_key(b"t/", head.sequence), head.hash));
    }
    assert_eq!(head.sequence, 3);
    assert_eq!(store.get(Table::Audit, &chain::head_key(b"t/")).await.unwrap(), Some(head.to_bytes()));
}

async fn only_one_of_many_gets_a_name(store: Arc<dyn Store>) {
    let racers = (0..64).map(|racer| {
        let store = Arc::clone(&store);
        tokio::spawn(async move {
            let mut batch = put(&format!("t/racer/{racer}"), "1");
            batch.expect(Table::Index, "t/name", Expect::Absent);
            batch.put(Table::Index, "t/name", racer.to_string());
            store.commit(batch).await
        })
    });
    let mut won = 0;
    for racer in racers.collect::<Vec<_>>() {
        match racer.await.unwrap() {
            Ok(_) => won += 1,
            Err(error) => assert!(matches!(error, StoreError::Conflict { .. }), "{error}"),
        }
    }
    assert_eq!((won, keys(store.as_ref(), "t/racer/", None, 99).await.len()), (1, 1));
}

#[tokio::test]
async fn the_store_in_memory_keeps_the_contract() {
    keeps_its_contract(&MemoryStore::new()).await;
    only_one_of_many_gets_a_name(Arc::new(MemoryStore::new())).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_store_on_disk_keeps_the_contract() {
    let dir = tempfile::tempdir().unwrap();
    keeps_its_contract(sled(&dir).as_ref()).await;
    only_one_of_many_gets_a_name(sled(&dir)).await;
    no_blob_files(dir.path());
}

/// sled never syncs them, so there must be none.
fn no_blob_files(dir: &std::path::Path) {
    assert_eq!(fs::read_dir(dir.join("records/blobs")).unwrap().count(), 0, "sled made blob files");
}

#[tokio::test]
async fn large_records_written_again_and_again_never_become_blob_files() {
    let dir = tempfile::tempdir().unwrap();
    let store = sled(&dir);
    for round in 0..150_usize {
        let mut batch = put(&format!("t/{}", round % 7), vec![1; 40_000 + round * 997]);
        for small in 0..8 {
            let key = format!("t/{:03}/{}", (round * 31 + small) % 199, "k".repeat(400));
            batch.put(Table::Users, key, vec![2; STORE_VALUE_BYTES / 2 - 6]);
        }
        batch.delete(Table::Users, format!("t/{}", (round + 3) % 7));
        store.commit(batch).await.unwrap();
    }
    drop(store);
    drop(sled(&dir));
    no_blob_files(dir.path());
}

#[tokio::test]
async fn a_commit_told_to_fail_writes_nothing_and_the_next_one_works() {
    let store = MemoryStore::new();
    store.fail_commit(2);
    store.commit(put("t/a", "1")).await.unwrap();
    let copy = store.copy();
    assert!(matches!(store.commit(put("t/b", "1")).await, Err(StoreError::Failed(_))));
    assert_eq!(store.get(Table::Users, b"t/b").await.unwrap(), None);
    store.commit(put("t/b", "1")).await.unwrap();
    assert_eq!((store.commits(), copy.commits()), (2, 1));
}

#[tokio::test]
async fn what_was_committed_is_there_after_reopening() {
    let dir = tempfile::tempdir().unwrap();
    let big = vec![7; 100_000];
    for round in 0..3 {
        let store = sled(&dir);
        for earlier in 0..round {
            assert_eq!(
                store.get(Table::Users, format!("t/{earlier}").as_bytes()).await.unwrap().unwrap(),
                big
            );
        }
        store.commit(put(&format!("t/{round}"), big.clone())).await.unwrap();
        if round != 1 {
            store.close().unwrap();
            store.close().unwrap();
            assert!(matches!(store.commit(put("t/x", "1")).await, Err(StoreError::Failed(_))));
        }
    }
}

#[tokio::test]
async fn a_commit_of_many_keys_is_one_transaction() {
    let dir = tempfile::tempdir().unwrap();
    let mut batch = Batch::new();
    for member in 0..40_000 {
        batch.put(Table::Members, format!("t/gm/group/{member:08}-aaaa-bbbb-cccc-dddddddddddd"), "");
    }
    sled(&dir).commit(batch).await.unwrap();
    let store = sled(&dir);
    assert_eq!(store.scan(Table::Members, b"t/gm/", None, 100_000).await.unwrap().len(), 40_000);
}

#[tokio::test]
async fn a_second_opener_is_told_that_the_directory_is_locked() {
    let dir = tempfile::tempdir().unwrap();
    let store = sled(&dir);
    let options = OpenOptions { lock_wait: Duration::from_millis(50), ..OpenOptions::new(dir.path()) };
    let error = SledStore::open(&options).map(drop).unwrap_err();
    assert!(matches!(error, OpenError::Locked { .. }) && error.to_string().contains("another process"));
    drop(store);
    assert!(SledStore::open(&OpenOptions { read_only: true, ..OpenOptions::new(dir.path()) }).is_ok());
}

#[tokio::test]
async fn a_store_opened_for_reading_reads_and_refuses_commits() {
    let dir = tempfile::tempdir().unwrap();
    sled(&dir).commit(put("t/a", "1")).await.unwrap();
    let store = SledStore::open(&OpenOptions { read_only: true, ..OpenOptions::new(dir.path()) }).unwrap();
    assert_eq!(store.get(Table::Users, b"t/a").await.unwrap(), Some(Bytes::from("1")));
    assert!(matches!(store.commit(put("t/a", "2")).await, Err(StoreError::Failed(_))));
    assert!(store.is_healthy());
}

#[tokio::test]
async fn leftovers_of_a_snapshot_do_not_keep_the_store_shut() {
    let dir = tempfile::tempdir().unwrap();
    let store = sled(&dir);
    store.commit(put("t/a", "1")).await.unwrap();
    drop(store);
    fs::write(dir.path().join("records/snap.00000000FFFFFFFF.generating"), b"half").unwrap();
    let store = sled(&dir);
    assert_eq!(store.get(Table::Users, b"t/a").await.unwrap(), Some(Bytes::from("1")));
}

#[tokio::test]
async fn an_older_database_than_the_sequence_file_knows_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let store = sled(&dir);
    store.commit(put("t/a", "1")).await.unwrap();
    store.close().unwrap();
    drop(store);
    super::sequence::write(dir.path(), 5).unwrap();
    let error = SledStore::open(&OpenOptions::new(dir.path())).map(drop).unwrap_err();
    assert!(matches!(error, OpenError::Damaged { .. }) && error.to_string().contains("backup"), "{error}");
}

/// Reads everything back; an error is as good as a refusal to open, a missing or changed row is not.
async fn reads_back_or_reports(dir: &std::path::Path, rows: &[(String, Vec<u8>)]) -> Result<(), String> {
    let options = OpenOptions { cache_bytes: 4 << 20, ..OpenOptions::new(dir) };
    let store = SledStore::open(&options).map_err(|error| error.to_string())?;
    for (key, value) in rows {
        let found = store.get(Table::Users, key.as_bytes()).await.map_err(|error| error.to_string())?;
        assert_eq!(found.as_deref(), Some(value.as_slice()), "silent damage at {key}");
    }
    Ok(())
}

#[tokio::test]
async fn a_damaged_byte_is_reported_and_never_silent() {
    let dir = tempfile::tempdir().unwrap();
    let store = sled(&dir);
    let rows: Vec<(String, Vec<u8>)> =
        (0..60_u8).map(|n| (format!("t/{n:03}"), vec![n; 100 + usize::from(n) * 300])).collect();
    for (key, value) in &rows {
        store.commit(put(key, value.clone())).await.unwrap();
    }
    store.close().unwrap();
    drop(store);
    let file = dir.path().join("records/db");
    let clean = fs::read(&file).unwrap();
    let snapshots: Vec<_> =
        fs::read_dir(dir.path().join("records")).unwrap().map(|e| e.unwrap().path()).collect();
    let used = clean.iter().rposition(|byte| *byte != 0).unwrap();
    let mut reported = 0;
    for nth in 0..24 {
        // A copy each time: opening a damaged log may rewrite it.
        let copy = tempfile::tempdir().unwrap();
        fs::create_dir(copy.path().join("records")).unwrap();
        fs::copy(dir.path().join("sequence"), copy.path().join("sequence")).unwrap();
        for path in snapshots.iter().filter(|path| path.is_file()) {
            fs::copy(path, copy.path().join("records").join(path.file_name().unwrap())).unwrap();
        }
        let mut bytes = clean.clone();
        let at = used * (nth + 1) / 26;
        for byte in &mut bytes[at..at + 16] {
            *byte ^= 0xA5;
        }
        fs::write(copy.path().join("records/db"), &bytes).unwrap();
        reported += usize::from(reads_back_or_reports(copy.path(), &rows).await.is_err());
    }
    assert!(reported > 0, "no damage was met at all");
}
