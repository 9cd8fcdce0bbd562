//! Records in memory, as they were last read: put together from their chunks, checksum verified, ready to be
//! handed out without a copy.
//!
//! Bounded in bytes; what is read often stays (S3-FIFO). Says nothing about when a record is stale: `trees`
//! takes out whatever a transaction writes before anybody else can read.

use bytes::Bytes;
use quick_cache::sync::Cache as Map;
use quick_cache::{Equivalent, Weighter};

use crate::model::Table;

/// Bytes that one entry costs beside its key and value.
const OVERHEAD: u64 = 96;
/// A typical entry, for the first size of the map, which grows.
const TYPICAL: u64 = 1024;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Key(u8, Box<[u8]>);

/// A key that is only looked up.
#[derive(Hash)]
struct Borrowed<'a>(u8, &'a [u8]);

impl Equivalent<Key> for Borrowed<'_> {
    fn equivalent(&self, key: &Key) -> bool {
        self.0 == key.0 && *self.1 == *key.1
    }
}

#[derive(Clone, Copy)]
struct Weight;

impl Weighter<Key, Bytes> for Weight {
    fn weight(&self, key: &Key, value: &Bytes) -> u64 {
        OVERHEAD + key.1.len() as u64 + value.len() as u64
    }
}

/// Records that were read.
pub(super) struct Cache {
    map: Map<Key, Bytes, Weight>,
}

/// What is read one by one and again and again. Members and the audit trail are walked, sagas are read once.
const fn kept(table: u8) -> bool {
    table == Table::Users as u8 || table == Table::Groups as u8 || table == Table::Index as u8
}

impl Cache {
    /// A cache of that many bytes.
    pub(super) fn new(bytes: u64) -> Self {
        let items = usize::try_from(bytes / TYPICAL).unwrap_or(usize::MAX).clamp(16, 1 << 16);
        Self { map: Map::with_weighter(items, bytes, Weight) }
    }

    /// A record, if it is known.
    pub(super) fn get(&self, table: Table, key: &[u8]) -> Option<Bytes> {
        self.map.get(&Borrowed(table as u8, key))
    }

    /// Remembers a record.
    pub(super) fn put(&self, table: Table, key: &[u8], value: &Bytes) {
        if kept(table as u8) {
            self.map.insert(Key(table as u8, key.into()), value.clone());
        }
    }

    /// Forgets a record that is written anew or removed.
    pub(super) fn forget(&self, tree: u8, key: &[u8]) {
        if kept(tree) {
            self.map.remove(&Borrowed(tree, key));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_found_under_its_own_table_and_key_until_it_is_forgotten() {
        let cache = Cache::new(1 << 20);
        let value = Bytes::from_static(b"v");
        cache.put(Table::Users, b"k", &value);
        assert_eq!(cache.get(Table::Users, b"k"), Some(value.clone()));
        assert_eq!(cache.get(Table::Groups, b"k"), None);
        cache.forget(Table::Users as u8, b"k");
        assert_eq!(cache.get(Table::Users, b"k"), None);
        cache.put(Table::Audit, b"k", &value);
        assert_eq!(cache.get(Table::Audit, b"k"), None, "walked tables are not kept");
    }

    #[test]
    fn it_stays_within_its_bytes() {
        let cache = Cache::new(64 << 10);
        let value = Bytes::from(vec![0_u8; 1000]);
        for number in 0..1000_u32 {
            cache.put(Table::Users, &number.to_be_bytes(), &value);
        }
        assert!(cache.map.weight() <= 64 << 10, "{}", cache.map.weight());
        assert!(!cache.map.is_empty());
    }
}
