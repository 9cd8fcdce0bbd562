//! The contract of `ports::Store`: one set of tests that every engine must pass.
//!
//! What only the engine on disk can be asked is in `disk/tests.rs`; kill tests, which need processes of their
//! own, are in `tests/processes/store_crash.rs`.

use std::sync::Arc;

use bytes::Bytes;

use super::{MemoryStore, OpenOptions, hash_chain, record};
use crate::limits::{STORE_RECORD_BYTES, STORE_VALUE_BYTES};
use crate::model::ports::Store;
use crate::model::{Batch, Expect, StoreError, Table};

fn put(key: &str, value: impl Into<Bytes>) -> Batch {
    let mut batch = Batch::new();
    batch.put(Table::Users, key, value);
    batch
}

async fn keys(store: &dyn Store, prefix: &str, after: Option<&str>, limit: usize) -> Vec<String> {
    let rows = store.scan(Table::Users, prefix.as_bytes(), after.map(str::as_bytes), limit).await.unwrap();
    rows.into_iter().map(|(key, _)| String::from_utf8(key).unwrap()).collect()
}

async fn keeps_its_contract(store: &dyn Store) {
    writes_all_or_nothing(store).await;
    scans_within_prefix_order_start_and_limit(store).await;
    keeps_records_and_keys_of_any_size(store).await;
    chains_what_is_appended(store).await;
}

/// By condition; deletes come before puts, and removing what is not there is fine.
async fn writes_all_or_nothing(store: &dyn Store) {
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

    let mut replace = put("t/c", "3");
    replace.delete(Table::Users, "t/c");
    replace.delete(Table::Users, "t/none");
    store.commit(replace).await.unwrap();
    store.commit(Batch::new()).await.unwrap();
}

async fn scans_within_prefix_order_start_and_limit(store: &dyn Store) {
    for key in ["t/b1", "t/b2", "t/b3", "s/b", "u/b"] {
        store.commit(put(key, key.to_owned())).await.unwrap();
    }
    assert_eq!(keys(store, "t/", None, 9).await, ["t/a", "t/b1", "t/b2", "t/b3", "t/c"]);
    assert_eq!(keys(store, "t/b", Some("t/b1"), 1).await, ["t/b2"]);
    assert_eq!(keys(store, "t/b", Some("t/b3"), 9).await, Vec::<String>::new());
    assert_eq!(keys(store, "t/b", Some("a"), 2).await, ["t/b1", "t/b2"]);
    assert_eq!(keys(store, "t/", None, 0).await, Vec::<String>::new());
}

/// Large records come back whole, shrink, grow and go; keys longer than a page could hold are kept all the same.
async fn keeps_records_and_keys_of_any_size(store: &dyn Store) {
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
    scans_no_more_bytes_than_wanted(store).await;
    let too_large = store.commit(put("t/big", vec![0; STORE_RECORD_BYTES + 1])).await;
    assert_eq!(too_large, Err(StoreError::TooLarge { bytes: STORE_RECORD_BYTES + 1 }));
    let mut gone = Batch::new();
    gone.delete(Table::Users, "t/big");
    store.commit(gone).await.unwrap();
    assert_eq!(store.get(Table::Users, b"t/big").await.unwrap(), None);

    let long = format!("t/{}", "x".repeat(10_000));
    store.commit(put(&long, "1")).await.unwrap();
    assert_eq!(store.get(Table::Users, long.as_bytes()).await.unwrap(), Some(Bytes::from("1")));
    assert_eq!(store.get(Table::Users, format!("{long}x").as_bytes()).await.unwrap(), None);
    assert_eq!(keys(store, "t/x", Some(&long), 9).await, Vec::<String>::new());
}

/// Of three records it reads as many as it takes to exceed the bytes, and says whether there are more.
async fn scans_no_more_bytes_than_wanted(store: &dyn Store) {
    for name in ["t/many/1", "t/many/2", "t/many/3"] {
        store.commit(put(name, vec![7; 20_000])).await.unwrap();
    }
    for (limit, bytes, read, more) in [
        (9, 0, 1, true),
        (9, 19_999, 1, true),
        (9, 20_000, 2, true),
        (2, 90_000, 2, true),
        (9, 60_000, 3, false),
    ] {
        let (rows, may_be_more) =
            store.scan_within(Table::Users, b"t/many/", None, limit, bytes).await.unwrap();
        assert_eq!((rows.len(), may_be_more), (read, more), "{limit} rows, {bytes} bytes");
    }
    let after = Some(b"t/many/1".as_slice());
    let (rows, _) = store.scan_within(Table::Users, b"t/many/", after, 1, 0).await.unwrap();
    assert_eq!(rows[0].0, b"t/many/2");
}

/// Appends get the next link, however many come at once.
async fn chains_what_is_appended(store: &dyn Store) {
    let append = |text: &str| {
        let mut batch = Batch::new();
        batch.append_chained(b"t/", text.to_owned());
        batch
    };
    let (one, two, three) =
        tokio::join!(store.commit(append("x")), store.commit(append("y")), store.commit(append("z")));
    assert!(one.is_ok() && two.is_ok() && three.is_ok());
    let mut head = hash_chain::Head::genesis(b"t/");
    for (key, value) in store.scan(Table::Audit, &hash_chain::links_prefix(b"t/"), None, 9).await.unwrap() {
        let (hash, content) = hash_chain::split_link(&value).unwrap();
        head = head.next(content);
        assert_eq!((key, *hash), (hash_chain::link_key(b"t/", head.sequence), head.hash));
    }
    assert_eq!(head.sequence, 3);
    assert_eq!(store.get(Table::Audit, &hash_chain::head_key(b"t/")).await.unwrap(), Some(head.to_bytes()));
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

/// Positions are found without reading values, within the prefix and behind the start.
async fn finds_the_nth_key(store: &dyn Store) {
    let mut batch = Batch::new();
    for key in ["n/a", "n/b", "n/c", "n0"] {
        batch.put(Table::Groups, key, key.to_owned());
    }
    store.commit(batch).await.unwrap();
    for (after, nth, wanted) in [
        (None, 1, Some("n/a")),
        (None, 3, Some("n/c")),
        (None, 4, None),
        (Some("n/a"), 1, Some("n/b")),
        (Some("a"), 2, Some("n/b")),
        (Some("n/c"), 1, None),
    ] {
        let found = store.nth_key(Table::Groups, b"n/", after.map(str::as_bytes), nth).await.unwrap();
        assert_eq!(found.as_deref(), wanted.map(str::as_bytes), "{nth} after {after:?}");
    }
}

/// Numbers add up, however many add at once, and a refused batch adds nothing.
async fn counts(store: &dyn Store) {
    let add = |by: i64| {
        let mut batch = Batch::new();
        batch.count(Table::Meta, "c/n", by);
        batch
    };
    let (one, two, three) = tokio::join!(store.commit(add(5)), store.commit(add(-2)), store.commit(add(40)));
    assert!(one.is_ok() && two.is_ok() && three.is_ok());
    let mut refused = add(100);
    refused.expect(Table::Meta, "c/n", Expect::Absent);
    assert!(store.commit(refused).await.is_err());
    let kept = store.get(Table::Meta, b"c/n").await.unwrap();
    assert_eq!(record::number(kept.as_deref()), Ok(43));
}

/// After the end nothing is written any more, and everything can still be read.
async fn closes(store: &dyn Store) {
    store.commit(put("t/last", "1")).await.unwrap();
    assert_eq!(store.trouble(), None);
    store.close().await.unwrap();
    store.close().await.unwrap();
    for batch in [put("t/late", "1"), Batch::new()] {
        assert!(matches!(store.commit(batch).await, Err(StoreError::Failed(_))));
    }
    assert_eq!(store.get(Table::Users, b"t/last").await.unwrap(), Some(Bytes::from("1")));
    assert_eq!(store.get(Table::Users, b"t/late").await.unwrap(), None);
    assert_eq!(store.trouble(), None, "an end that was wanted is none");
}

async fn passes(store: Arc<dyn Store>) {
    keeps_its_contract(store.as_ref()).await;
    only_one_of_many_gets_a_name(Arc::clone(&store)).await;
    finds_the_nth_key(store.as_ref()).await;
    counts(store.as_ref()).await;
    closes(store.as_ref()).await;
}

#[tokio::test]
async fn the_store_in_memory_keeps_the_contract() {
    passes(Arc::new(MemoryStore::new())).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_store_on_disk_keeps_the_contract() {
    let dir = tempfile::tempdir().unwrap();
    let options = OpenOptions { cache_bytes: 4 << 20, ..OpenOptions::new(dir.path()) };
    passes(super::open(&options).unwrap()).await;
    let blobs = std::fs::read_dir(dir.path().join("records/blobs")).unwrap();
    assert_eq!(blobs.count(), 0, "sled never syncs blob files, so there must be none");
}
