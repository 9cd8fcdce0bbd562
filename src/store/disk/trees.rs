//! The sled trees: framed and chunked values, one transaction for each batch, and the sync that makes it
//! durable.
//!
//! Does not open the database ([`super::opening`]) and does not decide when to sync ([`super::committer`]).
//! Rules that come from measuring sled 0.34: values stay small (blob files are never synced), `flush` alone
//! is no barrier (it ends in `sync_file_range`), so `fdatasync` follows through a handle of our own, and
//! `flush_async` is never called (it can deadlock).

use std::collections::BTreeMap;
use std::fs::File;
use std::sync::{PoisonError, RwLock};

use bytes::Bytes;
use sled::transaction::{ConflictableTransactionResult, TransactionError, Transactional};

use crate::model::ports::Rows;
use crate::model::{StoreError, Table};
use crate::store::resolve::Writes;

use super::cache::Cache;
use super::frame::{self, Head, Kind, PAYLOAD_BYTES, Place};

/// Number of the tree of chunks, for checksums and transactions.
const CHUNKS: u8 = 10;
/// Number of the tree with the store's own records.
const INNER: u8 = 11;
/// Key of [`State`] in it.
const STATE_KEY: &[u8] = b"state";

/// The name of a table's tree.
pub(super) const fn tree_name(table: Table) -> &'static str {
    match table {
        Table::Journal => "journal",
        Table::Users => "users",
        Table::Groups => "groups",
        Table::Members => "members",
        Table::Index => "index",
        Table::Granted => "granted",
        Table::Audit => "audit",
        Table::Outbox => "outbox",
        Table::Tokens => "tokens",
        Table::Meta => "meta",
    }
}

/// What every transaction also writes: which commit it was, and how many keys each tree then has. At the next
/// open it tells whether rows have silently disappeared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct State {
    /// Number of the last commit.
    pub(super) sequence: u64,
    /// Keys of each tree, the tables in order and then the chunks.
    pub(super) counts: [u64; 11],
}

impl State {
    fn to_bytes(&self) -> Vec<u8> {
        let numbers = std::iter::once(&self.sequence).chain(&self.counts);
        numbers.flat_map(|number| number.to_le_bytes()).collect()
    }

    fn from_bytes(payload: &[u8]) -> Option<Self> {
        let (numbers, rest) = payload.as_chunks::<8>();
        let (sequence, counts) = numbers.split_first()?;
        let mut state = Self { sequence: u64::from_le_bytes(*sequence), counts: [0; 11] };
        if !rest.is_empty() || counts.len() != state.counts.len() {
            return None;
        }
        for (to, from) in state.counts.iter_mut().zip(counts) {
            *to = u64::from_le_bytes(*from);
        }
        Some(state)
    }

    fn count(&mut self, tree: u8, before: bool, after: bool) {
        if let Some(count) = self.counts.get_mut(usize::from(tree)) {
            *count = count.saturating_add(u64::from(after)).saturating_sub(u64::from(before));
        }
    }
}

/// The open trees.
pub(super) struct Trees {
    db: sled::Db,
    /// The tables in order, then the chunks, then the store's own.
    trees: Vec<sled::Tree>,
    /// A second handle to sled's database file: its `fdatasync` is the barrier that `flush` is not.
    file: File,
    /// Held for writing while a transaction is applied, so that a record is never read together with
    /// another's chunks.
    gate: RwLock<()>,
    /// Records as they were last read, put together and checked. Filled under the gate held for reading,
    /// emptied of what a transaction writes under the gate held for writing: it never holds what is no longer
    /// so.
    cache: Cache,
}

/// Ordered, so that the same batches give the same file.
type Ops = BTreeMap<(u8, Vec<u8>), Option<Vec<u8>>>;

impl Trees {
    /// Opens all trees.
    pub(super) fn new(db: sled::Db, file: File, cache_bytes: u64) -> Result<Self, sled::Error> {
        let names = Table::ALL.into_iter().map(tree_name).chain(["chunks", "store"]);
        let trees = names.map(|name| db.open_tree(name)).collect::<Result<_, _>>()?;
        Ok(Self { db, trees, file, gate: RwLock::new(()), cache: Cache::new(cache_bytes) })
    }

    /// The state that the last transaction wrote; `None` in a new database.
    pub(super) fn state(&self) -> Result<Option<State>, StoreError> {
        let Some(raw) = self.raw(INNER, STATE_KEY)? else { return Ok(None) };
        let payload = open_frame(Place { tree: INNER, key: STATE_KEY }, &raw)?;
        State::from_bytes(payload)
            .map(Some)
            .ok_or_else(|| StoreError::Damaged("the record of the last commit".to_owned()))
    }

    /// The keys of each tree, counted one by one.
    pub(super) fn count_keys(&self) -> Result<[u64; 11], StoreError> {
        let mut counts = [0; 11];
        for (count, tree) in counts.iter_mut().zip(&self.trees) {
            for row in tree.iter().keys() {
                row.map_err(failed)?;
                *count += 1;
            }
        }
        Ok(counts)
    }

    /// A record of the store's own.
    pub(super) fn inner(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        let Some(raw) = self.raw(INNER, key)? else { return Ok(None) };
        open_frame(Place { tree: INNER, key }, &raw).map(|payload| Some(payload.to_vec()))
    }

    /// Writes a record of the store's own; durable with the next [`Self::sync`].
    pub(super) fn put_inner(&self, key: &[u8], payload: &[u8]) -> Result<(), StoreError> {
        let frame = frame::seal(Place { tree: INNER, key }, Kind::Whole, payload);
        self.tree(INNER)?.insert(key, frame).map(drop).map_err(failed)
    }

    /// The value of a key.
    pub(super) fn get(&self, table: Table, key: &[u8]) -> Result<Option<Bytes>, StoreError> {
        if let Some(known) = self.cache.get(table, key) {
            return Ok(Some(known));
        }
        let _gate = self.gate.read().unwrap_or_else(PoisonError::into_inner);
        let tree = table as u8;
        let Some(raw) = self.raw(tree, key)? else { return Ok(None) };
        let value = self.assemble(Place { tree, key }, &raw)?;
        self.cache.put(table, key, &value);
        Ok(Some(value))
    }

    /// See `ports::Store::nth_key`.
    pub(super) fn nth_key(
        &self,
        table: Table,
        prefix: &[u8],
        after: Option<&[u8]>,
        nth: usize,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let from = after.map_or(prefix, |after| after.max(prefix)).to_vec();
        let mut left = nth;
        for key in self.tree(table as u8)?.range(from..).keys() {
            let key = key.map_err(failed)?;
            if !key.starts_with(prefix) {
                return Ok(None);
            }
            if after.is_none_or(|after| key.as_ref() > after) {
                left = left.saturating_sub(1);
                if left == 0 {
                    return Ok(Some(key.to_vec()));
                }
            }
        }
        Ok(None)
    }

    /// See `ports::Store::scan_within`.
    pub(super) fn scan(
        &self,
        table: Table,
        prefix: &[u8],
        after: Option<&[u8]>,
        limit: usize,
        bytes: usize,
    ) -> Result<(Rows, bool), StoreError> {
        let _gate = self.gate.read().unwrap_or_else(PoisonError::into_inner);
        let tree = table as u8;
        let from = after.map_or(prefix, |after| after.max(prefix)).to_vec();
        let (mut found, mut read) = (Vec::new(), 0_usize);
        for row in self.tree(tree)?.range(from..) {
            let (key, raw) = row.map_err(failed)?;
            if !key.starts_with(prefix) {
                break;
            }
            if found.len() >= limit || read > bytes {
                return Ok((found, true));
            }
            if after.is_none_or(|after| key.as_ref() > after) {
                let value = self.assemble(Place { tree, key: &key }, &raw)?;
                read = read.saturating_add(value.len());
                found.push((key.to_vec(), value));
            }
        }
        Ok((found, false))
    }

    /// Applies the writes of one batch in one transaction: all of it is recovered after a crash or nothing.
    /// Visible at once, durable with the next [`Self::sync`].
    pub(super) fn apply(&self, writes: Writes, before: &State) -> Result<State, StoreError> {
        let mut state = State { sequence: before.sequence.saturating_add(1), counts: before.counts };
        let mut ops = Ops::new();
        for ((table, key), value) in writes {
            self.plan_write(table as u8, key, value, &mut state, &mut ops)?;
        }
        let own = frame::seal(Place { tree: INNER, key: STATE_KEY }, Kind::Whole, &state.to_bytes());
        ops.insert((INNER, STATE_KEY.to_vec()), Some(own));
        self.transact(&ops)?;
        Ok(state)
    }

    /// Makes everything applied so far durable.
    pub(super) fn sync(&self) -> Result<(), StoreError> {
        self.db.flush().map_err(failed)?;
        self.file.sync_data().map_err(|error| StoreError::Failed(format!("fdatasync failed: {error}")))
    }

    /// Turns one write into raw ones: frame or head with chunks, and the old record's chunks removed.
    fn plan_write(
        &self,
        tree: u8,
        key: Vec<u8>,
        value: Option<Bytes>,
        state: &mut State,
        ops: &mut Ops,
    ) -> Result<(), StoreError> {
        let place = Place { tree, key: &key };
        let old = self.raw(tree, &key)?;
        let mut old_chunks: Vec<Vec<u8>> = Vec::new();
        if let Some((Kind::Head, payload)) = old.as_ref().and_then(|raw| frame::open(place, raw).ok()) {
            let chunks = Head::from_bytes(payload).map_or(0, |head| head.chunks);
            old_chunks = (0..chunks).map(|number| frame::chunk_key(place, number)).collect();
        }
        for chunk in &old_chunks {
            state.count(CHUNKS, true, false);
            ops.insert((CHUNKS, chunk.clone()), None);
        }
        state.count(tree, old.is_some(), value.is_some());
        let frame = match value {
            None => None,
            Some(value) if value.len() <= PAYLOAD_BYTES => Some(frame::seal(place, Kind::Whole, &value)),
            Some(value) => {
                let head = Head::of(value.len()).ok_or(StoreError::TooLarge { bytes: value.len() })?;
                for (number, part) in (0..).zip(value.chunks(PAYLOAD_BYTES)) {
                    let chunk = frame::chunk_key(place, number);
                    let sealed = frame::seal(Place { tree: CHUNKS, key: &chunk }, Kind::Chunk, part);
                    state.count(CHUNKS, false, true);
                    ops.insert((CHUNKS, chunk), Some(sealed));
                }
                Some(frame::seal(place, Kind::Head, &head.to_bytes()))
            }
        };
        ops.insert((tree, key), frame);
        Ok(())
    }

    fn transact(&self, ops: &Ops) -> Result<(), StoreError> {
        let _gate = self.gate.write().unwrap_or_else(PoisonError::into_inner);
        // sled may run the closure again, so it does nothing but hand over the writes.
        let done = self.trees.as_slice().transaction(|trees| -> ConflictableTransactionResult<(), ()> {
            for ((tree, key), value) in ops {
                let Some(tree) = trees.get(usize::from(*tree)) else { continue };
                match value {
                    Some(value) => tree.insert(key.as_slice(), value.as_slice())?,
                    None => tree.remove(key.as_slice())?,
                };
            }
            Ok(())
        });
        ops.keys().for_each(|(tree, key)| self.cache.forget(*tree, key));
        done.map_err(|error| match error {
            TransactionError::Storage(error) => failed(error),
            TransactionError::Abort(()) => StoreError::Failed("a transaction was aborted".to_owned()),
        })
    }

    /// The record of a raw value, its chunks read and put together.
    fn assemble(&self, place: Place<'_>, raw: &[u8]) -> Result<Bytes, StoreError> {
        let (kind, payload) = frame::open(place, raw).map_err(|why| damaged(place, &why))?;
        match kind {
            Kind::Whole => Ok(Bytes::copy_from_slice(payload)),
            Kind::Chunk => Err(damaged(place, "a chunk stands where a record should")),
            Kind::Head => {
                let head =
                    Head::from_bytes(payload).ok_or_else(|| damaged(place, "its head is cut short"))?;
                let mut record = Vec::with_capacity(head.bytes as usize);
                for number in 0..head.chunks {
                    let key = frame::chunk_key(place, number);
                    let raw = self.raw(CHUNKS, &key)?.ok_or_else(|| damaged(place, "a chunk is missing"))?;
                    record.extend(open_frame(Place { tree: CHUNKS, key: &key }, &raw)?);
                }
                if record.len() != head.bytes as usize {
                    return Err(damaged(place, "its chunks have another length than its head says"));
                }
                Ok(Bytes::from(record))
            }
        }
    }

    fn raw(&self, tree: u8, key: &[u8]) -> Result<Option<sled::IVec>, StoreError> {
        self.tree(tree)?.get(key).map_err(failed)
    }

    fn tree(&self, tree: u8) -> Result<&sled::Tree, StoreError> {
        self.trees
            .get(usize::from(tree))
            .ok_or_else(|| StoreError::Failed(format!("there is no tree {tree}")))
    }
}

fn open_frame<'a>(place: Place<'_>, raw: &'a [u8]) -> Result<&'a [u8], StoreError> {
    frame::open(place, raw).map(|(_, payload)| payload).map_err(|why| damaged(place, &why))
}

/// Names the tree, not the key: keys hold user names.
fn damaged(place: Place<'_>, why: &str) -> StoreError {
    let table = Table::ALL.get(usize::from(place.tree)).map_or("chunks", |table| tree_name(*table));
    StoreError::Damaged(format!("{why} (tree {table}); restore the last backup"))
}

/// What sled says when it fails.
pub(super) fn failed(error: sled::Error) -> StoreError {
    match error {
        sled::Error::Corruption { .. } => {
            StoreError::Damaged("sled found corruption; restore the last backup".to_owned())
        }
        other => StoreError::Failed(other.to_string()),
    }
}
