//! Migrations on a real directory: a step that changes rows, two starts after it, and what the version before
//! the first step wrote.
//!
//! The route from a format to another is tested in `formats`.

use std::sync::Arc;

use bytes::Bytes;

use super::formats::{FIRST, Formats, Migration, TODAY};
use super::{DirectoryError, SledStore};
use crate::model::ports::Store as _;
use crate::model::{Batch, Table, TenantId};
use crate::store::{OpenOptions, cursor_secret, keys, record};

/// Takes rows away, changes others and adds some, in two tables: every count is another one afterwards.
const CHANGED: Formats = Formats {
    current: |table| if matches!(table, Table::Users) { 3 } else { 1 },
    steps: &[
        Migration {
            table: Table::Users,
            from: 1,
            run: |rows| {
                rows.each(|key, value, writes| {
                    let number: usize =
                        String::from_utf8_lossy(value).trim_end_matches('!').parse().unwrap_or(0);
                    if number.is_multiple_of(3) {
                        writes.insert((Table::Users, key.to_vec()), None);
                        writes.insert((Table::Groups, key.to_vec()), Some(Bytes::from(vec![7; 20_000])));
                    }
                })
            },
        },
        Migration {
            table: Table::Users,
            from: 2,
            run: |rows| {
                rows.change(|_, value| {
                    (!value.ends_with(b"!")).then(|| Bytes::from([value.as_ref(), b"!"].concat()))
                })
            },
        },
    ],
};

fn open(dir: &tempfile::TempDir, formats: Formats) -> Result<Arc<SledStore>, DirectoryError> {
    SledStore::open_with(&OpenOptions { cache_bytes: 4 << 20, ..OpenOptions::new(dir.path()) }, formats)
}

async fn numbered(dir: &tempfile::TempDir, rows: usize) {
    let store = open(dir, FIRST).unwrap();
    let mut batch = Batch::new();
    for number in 0..rows {
        batch.put(Table::Users, format!("t/{number:05}"), number.to_string());
    }
    store.commit(batch).await.unwrap();
    store.close().await.unwrap();
}

#[tokio::test]
async fn rows_are_changed_once_and_the_directory_opens_again_and_again() {
    let dir = tempfile::tempdir().unwrap();
    numbered(&dir, 1_200).await;
    for start in 0..3_usize {
        let store = open(&dir, CHANGED).unwrap_or_else(|error| panic!("start {start}: {error}"));
        let users = store.scan(Table::Users, b"t/0", None, usize::MAX).await.unwrap();
        let groups = store.scan(Table::Groups, b"t/0", None, usize::MAX).await.unwrap();
        assert_eq!((users.len(), groups.len()), (800, 400), "start {start}");
        assert!(users.iter().all(|(_, value)| value.ends_with(b"!") && !value.ends_with(b"!!")));
        let mut batch = Batch::new();
        batch.put(Table::Users, format!("t/new/{start}"), "x!");
        store.commit(batch).await.unwrap();
        store.close().await.unwrap();
    }
}

#[tokio::test]
async fn an_older_program_is_refused_after_a_migration() {
    let dir = tempfile::tempdir().unwrap();
    numbered(&dir, 3).await;
    drop(open(&dir, CHANGED).unwrap());
    let refused = open(&dir, FIRST).map(drop).unwrap_err();
    assert!(matches!(refused, DirectoryError::Newer { tree: "users", found: 3, known: 1, .. }), "{refused}");
}

#[tokio::test]
async fn numbers_and_the_secret_of_the_first_format_are_read_after_two_starts() {
    let (dir, tenant) = (tempfile::tempdir().unwrap(), TenantId::new("t"));
    let old = open(&dir, FIRST).unwrap();
    let mut batch = Batch::new();
    batch.put(Table::Meta, "t/came/user", 12_i64.to_le_bytes().to_vec());
    batch.put(Table::Meta, "t/went/user", 5_i64.to_le_bytes().to_vec());
    batch.put(Table::Meta, "t/cursor-secret", vec![9; 32]);
    batch.put(Table::Meta, "t/import", record::encode(1, &"state").unwrap());
    old.commit(batch).await.unwrap();
    drop(old);
    for start in 0..2_i64 {
        let store = open(&dir, TODAY).unwrap();
        let number = async |word: &str| {
            let kept = store.get(Table::Meta, &keys::key(&tenant, &[word, "user"])).await.unwrap();
            record::number(kept.as_deref()).unwrap()
        };
        assert_eq!((number("came").await, number("went").await), (12 + start, 5));
        let secret = cursor_secret::keep(store.as_ref(), &tenant, || Err("a new one".to_owned())).await;
        assert_eq!(secret, Ok([9; 32]));
        let import = store.get(Table::Meta, b"t/import").await.unwrap().unwrap();
        assert_eq!(record::decode::<String>(1, &import).unwrap(), "state");
        let mut batch = Batch::new();
        batch.count(Table::Meta, "t/came/user", 1);
        store.commit(batch).await.unwrap();
    }
}
