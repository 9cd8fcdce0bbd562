//! How a store is asked for, and why it did not open, whichever engine stands behind it.
//!
//! Types only; [`super::open`] opens.

use std::error::Error;
use std::path::PathBuf;
use std::time::Duration;

/// How to open.
#[derive(Clone, Debug)]
pub struct OpenOptions {
    /// The data directory; made if it is missing.
    pub dir: PathBuf,
    /// Memory for caches, in bytes: up to a quarter for sled's pages, the rest for records as they are read.
    /// The process uses more: sled keeps a table of all its pages.
    pub cache_bytes: u64,
    /// Room on the disk, in bytes, of which nothing new may take any; 0 for none.
    pub reserve_bytes: u64,
    /// Refuse commits. The lock is taken all the same: sled itself always writes a little.
    pub read_only: bool,
    /// How long to wait for the lock of a predecessor that is just ending.
    pub lock_wait: Duration,
}

impl OpenOptions {
    /// For reading and writing, with 64 MiB of cache.
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Self {
            dir: dir.into(),
            cache_bytes: 64 * 1024 * 1024,
            reserve_bytes: 0,
            read_only: false,
            lock_wait: Duration::from_secs(5),
        }
    }
}

/// Why a store did not open. The words are the engine's: they name the place, what is wrong with it and the
/// cure.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has it: whoever wants something of the store asks that one.
    #[error(transparent)]
    InUse(Box<dyn Error + Send + Sync>),
    /// It cannot be used as it is: no right, no space, damage, written by a newer version.
    #[error(transparent)]
    Unusable(Box<dyn Error + Send + Sync>),
}
