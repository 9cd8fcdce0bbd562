//! What only the engine on disk can be asked: reopening, locks, leftovers, damage, and the blob files that
//! must never come to be.
//!
//! The contract that it shares with every engine is in `store/conformance.rs`.

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::{DirectoryError, Request, SledStore, sequence};
use crate::limits::STORE_VALUE_BYTES;
use crate::model::ports::Store as _;
use crate::model::{Batch, StoreError, StoreTrouble, Table};
use crate::store::OpenOptions;

fn put(key: &str, value: impl Into<Bytes>) -> Batch {
    let mut batch = Batch::new();
    batch.put(Table::Users, key, value);
    batch
}

fn sled(dir: &tempfile::TempDir) -> Arc<SledStore> {
    SledStore::open(&OpenOptions { cache_bytes: 4 << 20, ..OpenOptions::new(dir.path()) }).unwrap()
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
            store.close().await.unwrap();
            store.close().await.unwrap();
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
    assert!(matches!(error, DirectoryError::Locked { .. }) && error.to_string().contains("another process"));
    drop(store);
    assert!(SledStore::open(&OpenOptions { read_only: true, ..OpenOptions::new(dir.path()) }).is_ok());
}

#[tokio::test]
async fn who_is_not_let_in_touches_nothing_in_the_directory() {
    let dir = tempfile::tempdir().unwrap();
    let _open = sled(&dir);
    // As it is while the one that opens proves that it can write.
    let probe = dir.path().join("write-probe");
    fs::write(&probe, "of the first").unwrap();
    let second =
        SledStore::open(&OpenOptions { lock_wait: Duration::ZERO, ..OpenOptions::new(dir.path()) }).err();
    assert!(matches!(second, Some(DirectoryError::Locked { .. })), "{second:?}");
    assert_eq!(fs::read_to_string(&probe).unwrap(), "of the first");
}

#[tokio::test]
async fn a_lock_of_sleds_own_is_waited_for_and_then_named() {
    let dir = tempfile::tempdir().unwrap();
    drop(sled(&dir));
    let held = fs::File::open(dir.path().join("records/db")).unwrap();
    held.lock().unwrap();
    let options = OpenOptions { lock_wait: Duration::from_millis(60), ..OpenOptions::new(dir.path()) };
    let error = SledStore::open(&options).map(drop).unwrap_err();
    assert!(matches!(error, DirectoryError::Locked { .. }), "{error}");
    drop(held);
    drop(sled(&dir));
}

#[tokio::test]
async fn a_thread_that_writes_and_dies_is_trouble_that_a_supervisor_hears_of() {
    let dir = tempfile::tempdir().unwrap();
    let store = sled(&dir);
    store.commit(put("t/before", "kept")).await.unwrap();
    store.sender.lock().unwrap().as_ref().unwrap().send(Request::Die).unwrap();
    store.thread.lock().unwrap().take().unwrap().join().unwrap_err();

    let refused = store.commit(put("t/after", "x")).await.unwrap_err();
    assert!(matches!(store.trouble(), Some(StoreTrouble::Final(_))), "{:?}", store.trouble());
    assert!(refused.to_string().contains("died"), "{refused}");
    assert!(store.get(Table::Users, b"t/before").await.unwrap().is_some(), "reads go on");
    drop(store);
    assert!(sled(&dir).get(Table::Users, b"t/before").await.unwrap().is_some(), "and nothing is lost");
}

#[tokio::test]
async fn a_store_opened_for_reading_reads_and_refuses_commits() {
    let dir = tempfile::tempdir().unwrap();
    sled(&dir).commit(put("t/a", "1")).await.unwrap();
    let store = SledStore::open(&OpenOptions { read_only: true, ..OpenOptions::new(dir.path()) }).unwrap();
    assert_eq!(store.get(Table::Users, b"t/a").await.unwrap(), Some(Bytes::from("1")));
    assert!(matches!(store.commit(put("t/a", "2")).await, Err(StoreError::Failed(_))));
    assert_eq!(store.trouble(), None);
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
    store.close().await.unwrap();
    drop(store);
    sequence::write(dir.path(), 5).unwrap();
    let error = SledStore::open(&OpenOptions::new(dir.path())).map(drop).unwrap_err();
    assert!(
        matches!(error, DirectoryError::Damaged { .. }) && error.to_string().contains("backup"),
        "{error}"
    );
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
    store.close().await.unwrap();
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

/// The directory as a kill would leave it now.
fn killed(dir: &std::path::Path) -> tempfile::TempDir {
    let copy = tempfile::tempdir().unwrap();
    fs::create_dir(copy.path().join("records")).unwrap();
    for name in ["", "records"] {
        for entry in fs::read_dir(dir.join(name)).unwrap().map(Result::unwrap) {
            if entry.path().is_file() {
                fs::copy(entry.path(), copy.path().join(name).join(entry.file_name())).unwrap();
            }
        }
    }
    copy
}

#[tokio::test]
async fn after_a_kill_one_flipped_bit_in_the_tail_of_the_log_loses_nothing_silently() {
    let damages = std::env::var("TAIL_DAMAGES").ok().map_or(24, |text| text.parse().unwrap());
    let dir = tempfile::tempdir().unwrap();
    let store = sled(&dir);
    let rows: Vec<(String, Vec<u8>)> =
        (0..120_u8).map(|n| (format!("t/{n:03}"), vec![n; 200 + usize::from(n % 7) * 90])).collect();
    for (key, value) in &rows {
        store.commit(put(key, value.clone())).await.unwrap();
    }
    let whole = killed(dir.path());
    assert_eq!(reads_back_or_reports(whole.path(), &rows).await, Ok(()), "a kill alone loses nothing");
    let bytes = fs::read(killed(dir.path()).path().join("records/db")).unwrap();
    let used = bytes.iter().rposition(|byte| *byte != 0).unwrap();
    let tail = used.min(60_000);
    let mut reported = 0;
    for nth in 0..damages {
        let copy = killed(dir.path());
        let mut damaged = bytes.clone();
        damaged[used - tail * nth / damages] ^= 1 << (nth % 8);
        fs::write(copy.path().join("records/db"), &damaged).unwrap();
        // Panics where something is missing without a word.
        reported += usize::from(reads_back_or_reports(copy.path(), &rows).await.is_err());
    }
    println!("{reported} of {damages} damages were reported, the others met nothing that counts");
    assert!(reported > 0, "no damage was met at all");
}
