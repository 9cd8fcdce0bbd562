//! The durable store: commits that survive a crash, the saga journal and the bearer tokens.
//!
//! The only room that knows sled. It knows nothing of users and groups: what their records mean is `directory`, and the
//! audit trail's is `audit`. Next: [`SledStore`] (the adapter), [`MemoryStore`] (the same contract without a disk),
//! [`StoreJournal`] (sagas on either), [`keys`] and [`record`] (how keys and values are written).

mod apply;
mod cache;
pub mod chain;
mod committer;
#[cfg(test)]
mod conformance;
mod engine;
mod formats;
mod frame;
mod guards;
pub mod journal;
pub mod keys;
pub mod memory;
pub mod open;
pub mod record;
#[cfg(test)]
pub(crate) mod samples;
mod sequence;
mod sled_store;
pub mod tokens;
pub mod trail;
pub mod turns;

pub use journal::StoreJournal;
pub use memory::MemoryStore;
pub use open::{OpenError, OpenOptions};
pub use sled_store::SledStore;
