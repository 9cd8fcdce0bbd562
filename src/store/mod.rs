//! The durable store: commits that survive a crash, the saga journal and the bearer tokens.
//!
//! Outside of this room only the port `ports::Store` is known and [`open`], which makes one: which engine
//! stands behind it, its errors and how it lays out what a batch asks for stay in here. The room knows
//! nothing of users and groups: what their records mean is `directory`, and the audit trail's is `audit`.
//! Next: `disk` (the engine on sled), [`MemoryStore`] (the same contract without a disk), `resolve` (what
//! every engine makes of a batch), [`StoreJournal`] (sagas on any engine), [`keys`] and [`record`] (how keys
//! and values are written).
//!
//! To add an engine: implement `ports::Store` in a room of its own beside `disk`, apply batches by `resolve`,
//! let it pass `conformance`, and give [`open`] a way to choose it.

pub mod audit_record;
pub mod budget_use;
#[cfg(test)]
mod conformance;
pub mod cursor_secret;
mod disk;
pub mod hash_chain;
pub mod journal;
pub mod keys;
pub mod memory;
mod opening;
pub mod record;
mod resolve;
#[cfg(test)]
pub(crate) mod samples;
pub mod tenancy;
pub mod tokens;

use std::sync::Arc;

pub use journal::StoreJournal;
pub use memory::MemoryStore;
pub use opening::{OpenError, OpenOptions};

use crate::model::ports::Store;

/// Opens or makes the store. Blocks: for the lock of a predecessor, and to count what is there.
///
/// # Errors
/// See [`OpenError`]; each says what to do.
pub fn open(options: &OpenOptions) -> Result<Arc<dyn Store>, OpenError> {
    let store = disk::SledStore::open(options)?;
    Ok(store)
}

/// Opens or makes a store as a program that knows no format but the first of each tree.
#[cfg(test)]
pub(crate) fn open_as_first(options: &OpenOptions) -> Arc<dyn Store> {
    disk::SledStore::open_as_first(options).unwrap()
}
