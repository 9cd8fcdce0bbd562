//! From a batch to the writes it means, shared by all stores: sizes, conditions, deletes before puts, appends
//! to chains.
//!
//! Pure but for the reads it is given. Who makes the writes durable: `committer`; who only keeps them:
//! [`super::memory`].

use std::collections::BTreeMap;

use bytes::Bytes;

use crate::limits::{STORE_COMMIT_KEYS, STORE_RECORD_BYTES};
use crate::model::{Batch, Expect, StoreError, Table};

use super::{hash_chain, record};

/// The final writes of a batch, each key once; `None` removes.
pub(super) type Writes = BTreeMap<(Table, Vec<u8>), Option<Bytes>>;

/// How the current state is read.
pub(super) type Read<'a> = &'a dyn Fn(Table, &[u8]) -> Result<Option<Bytes>, StoreError>;

/// Refuses what could not be kept safely, before it is queued.
pub(super) fn check_sizes(batch: &Batch) -> Result<(), StoreError> {
    let sizes = || {
        let put = batch.put.iter().map(|(_, _, value)| value.len());
        put.chain(batch.chained.iter().map(|(_, content)| content.len()))
    };
    if let Some(bytes) = sizes().find(|bytes| *bytes > STORE_RECORD_BYTES) {
        return Err(StoreError::TooLarge { bytes });
    }
    if batch.put.len() + batch.delete.len() + batch.count.len() + batch.chained.len() > STORE_COMMIT_KEYS {
        return Err(StoreError::TooLarge { bytes: sizes().sum() });
    }
    Ok(())
}

/// Checks the conditions against the current state and says what is to be written.
pub(super) fn resolve(batch: Batch, read: Read<'_>) -> Result<Writes, StoreError> {
    for (table, key, expect) in &batch.expect {
        let found = read(*table, key)?;
        let holds = match expect {
            Expect::Absent => found.is_none(),
            Expect::Present => found.is_some(),
            Expect::Equals(value) => found.as_ref() == Some(value),
        };
        if !holds {
            return Err(StoreError::Conflict { table: *table, key: key.clone() });
        }
    }
    let mut writes: Writes = batch.delete.into_iter().map(|at| (at, None)).collect();
    writes.extend(batch.put.into_iter().map(|(table, key, value)| ((table, key), Some(value))));
    for (table, key, by) in batch.count {
        add(&mut writes, (table, key), by, read)?;
    }
    for (prefix, content) in batch.chained {
        append(&mut writes, &prefix, &content, read)?;
    }
    Ok(writes)
}

/// Adds to a number; several additions of one batch follow each other.
fn add(writes: &mut Writes, at: (Table, Vec<u8>), by: i64, read: Read<'_>) -> Result<(), StoreError> {
    let current = match writes.get(&at) {
        Some(written) => written.clone(),
        None => read(at.0, &at.1)?,
    };
    let sum = record::number(current.as_deref())?.saturating_add(by);
    writes.insert(at, Some(record::from_number(sum)));
    Ok(())
}

/// Adds the next link of a chain and moves its head; several appends of one batch follow each other.
fn append(writes: &mut Writes, prefix: &[u8], content: &[u8], read: Read<'_>) -> Result<(), StoreError> {
    let at = (Table::Audit, hash_chain::head_key(prefix));
    let current = match writes.get(&at) {
        Some(Some(head)) => Some(head.clone()),
        _ => read(at.0, &at.1)?,
    };
    let head = hash_chain::read_head(prefix, current)?.next(content);
    let link = (Table::Audit, hash_chain::link_key(prefix, head.sequence));
    writes.insert(link, Some(hash_chain::link(&head, content)));
    writes.insert(at, Some(head.to_bytes()));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(_: Table, key: &[u8]) -> Result<Option<Bytes>, StoreError> {
        Ok((key == b"held").then(|| Bytes::from_static(b"1")))
    }

    #[test]
    fn conditions_are_judged_by_what_is_there() {
        let table = [
            (b"held".to_vec(), Expect::Absent, false),
            (b"held".to_vec(), Expect::Present, true),
            (b"held".to_vec(), Expect::Equals(Bytes::from_static(b"1")), true),
            (b"held".to_vec(), Expect::Equals(Bytes::from_static(b"2")), false),
            (b"free".to_vec(), Expect::Absent, true),
            (b"free".to_vec(), Expect::Present, false),
            (b"free".to_vec(), Expect::Equals(Bytes::new()), false),
        ];
        for (key, expect, holds) in table {
            let mut batch = Batch::new();
            batch.expect(Table::Users, key.clone(), expect.clone());
            let conflict = Err(StoreError::Conflict { table: Table::Users, key });
            let wanted = if holds { Ok(Writes::new()) } else { conflict };
            assert_eq!(resolve(batch, &held), wanted, "{expect:?}");
        }
    }

    #[test]
    fn deletes_come_before_puts_and_the_last_put_wins() {
        let mut batch = Batch::new();
        batch.put(Table::Users, b"a", "1");
        batch.delete(Table::Users, b"a");
        batch.delete(Table::Users, b"b");
        batch.put(Table::Users, b"a", "2");
        let writes = resolve(batch, &held).unwrap();
        assert_eq!(writes.get(&(Table::Users, b"a".to_vec())), Some(&Some(Bytes::from("2"))));
        assert_eq!(writes.get(&(Table::Users, b"b".to_vec())), Some(&None));
    }

    #[test]
    fn appends_of_one_batch_follow_each_other() {
        let mut batch = Batch::new();
        for text in ["x", "y"] {
            batch.append_chained(b"t/", text);
        }
        let writes = resolve(batch, &held).unwrap();
        assert_eq!(writes.len(), 3);
        let head = hash_chain::Head::genesis(b"t/").next(b"x").next(b"y");
        assert_eq!(writes.get(&(Table::Audit, hash_chain::head_key(b"t/"))), Some(&Some(head.to_bytes())));
        assert!(writes.contains_key(&(Table::Audit, hash_chain::link_key(b"t/", 1))));
    }

    #[test]
    fn numbers_add_up_within_a_batch_and_on_what_is_there() {
        let mut batch = Batch::new();
        for by in [2, 3, -1] {
            batch.count(Table::Meta, b"n", by);
        }
        let there = |_: Table, _: &[u8]| Ok(Some(record::from_number(40)));
        let writes = resolve(batch.clone(), &there).unwrap();
        assert_eq!(writes.get(&(Table::Meta, b"n".to_vec())), Some(&Some(record::from_number(44))));
        let writes = resolve(batch, &|_, _| Ok(None)).unwrap();
        assert_eq!(writes.get(&(Table::Meta, b"n".to_vec())), Some(&Some(record::from_number(4))));
        let mut damaged = Batch::new();
        damaged.count(Table::Meta, b"held", 1);
        assert!(matches!(resolve(damaged, &held), Err(StoreError::Damaged(_))));
    }

    #[test]
    fn what_is_too_large_is_refused() {
        let mut value = Batch::new();
        value.put(Table::Users, b"a", vec![0; STORE_RECORD_BYTES + 1]);
        assert_eq!(check_sizes(&value), Err(StoreError::TooLarge { bytes: STORE_RECORD_BYTES + 1 }));
    }
}
