//! Opening the store: every guard in its order, and errors that say what to do.
//!
//! The layout of the data directory: `lock` (ours), `sequence` (last commit known durable), `records/` (sled). The single guards
//! are in `guards`, formats in `formats`. What runs afterwards: [`super::sled_store`].

use std::fs::File;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::model::StoreError;

use super::engine::{Engine, State};
use super::formats::{self, Misfit};
use super::{guards, sequence};

/// How to open.
#[derive(Clone, Debug)]
pub struct OpenOptions {
    /// The data directory; made if it is missing.
    pub dir: PathBuf,
    /// Memory for caches, in bytes: up to a quarter for sled's pages, the rest for records as they are read. The process uses
    /// more: sled keeps a table of all its pages.
    pub cache_bytes: u64,
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
            read_only: false,
            lock_wait: Duration::from_secs(5),
        }
    }
}

/// Why the store did not open; each names the cure.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has it.
    #[error(
        "the data directory {dir} is locked by another process (waited {waited:?}): stop the other scim-bridge, or use another directory"
    )]
    Locked {
        /// Which directory.
        dir: PathBuf,
        /// How long was waited.
        waited: Duration,
    },
    /// The disk is mounted read-only.
    #[error("the data directory {0} is on a read-only disk: mount it for writing, or use another directory")]
    ReadOnlyDisk(PathBuf),
    /// No right to write.
    #[error(
        "the data directory {0} cannot be written by this user: change its owner or mode, or use another directory"
    )]
    NotWritable(PathBuf),
    /// The disk is full.
    #[error(
        "the disk of the data directory {0} is full: free some space and start again; nothing that was acknowledged is lost"
    )]
    Full(PathBuf),
    /// Something else about the directory.
    #[error("the data directory {dir} cannot be used: {source}")]
    Directory {
        /// Which directory.
        dir: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The database is damaged.
    #[error(
        "the database in {dir} is damaged ({why}): restore the last backup into an empty data directory, and keep the damaged one for analysis"
    )]
    Damaged {
        /// Which directory.
        dir: PathBuf,
        /// What was noticed.
        why: String,
    },
    /// A newer program wrote it.
    #[error(
        "the database in {dir} was written by a newer scim-bridge (tree {tree} has format {found}, this program knows {known}): use that version"
    )]
    Newer {
        /// Which directory.
        dir: PathBuf,
        /// Which tree.
        tree: &'static str,
        /// Its format.
        found: u8,
        /// What this program knows.
        known: u8,
    },
}

impl OpenError {
    /// Says what an error of the system means for the directory.
    pub fn from_io(dir: &Path, error: &io::Error) -> Self {
        let dir = dir.to_owned();
        match error.kind() {
            io::ErrorKind::ReadOnlyFilesystem => OpenError::ReadOnlyDisk(dir),
            io::ErrorKind::PermissionDenied => OpenError::NotWritable(dir),
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => OpenError::Full(dir),
            kind => OpenError::Directory { dir, source: io::Error::new(kind, error.to_string()) },
        }
    }

    fn damaged(dir: &Path, why: impl Into<String>) -> Self {
        OpenError::Damaged { dir: dir.to_owned(), why: why.into() }
    }

    fn from_store(dir: &Path, error: StoreError) -> Self {
        match error {
            StoreError::Failed(why) => {
                OpenError::Directory { dir: dir.to_owned(), source: io::Error::other(why) }
            }
            other => OpenError::damaged(dir, other.to_string()),
        }
    }
}

/// All that an open store holds.
pub(super) struct Opened {
    pub(super) engine: Engine,
    pub(super) state: State,
    /// Dropped last: as long as it lives no other process opens the directory.
    pub(super) lock: File,
}

/// Opens the directory with every guard.
pub(super) fn open(options: &OpenOptions) -> Result<Opened, OpenError> {
    let dir = options.dir.as_path();
    let records = dir.join("records");
    let io_error = |error: io::Error| OpenError::from_io(dir, &error);
    guards::writable(dir)?;
    let lock = guards::lock(dir, options.lock_wait)?;
    let known = sequence::read(dir).map_err(|error| OpenError::damaged(dir, error.to_string()))?;
    guards::remove_leftovers(&records).map_err(io_error)?;

    let db = open_sled(dir, &records, options)?;
    guards::sync_names(dir, &records).map_err(io_error)?;
    let file = File::options().read(true).write(true).open(records.join("db")).map_err(io_error)?;
    // sled may still panic on damage while trees are opened or pages are read for the first time.
    let checked = catch_unwind(AssertUnwindSafe(|| {
        let engine = Engine::new(db, file, options.cache_bytes - sled_bytes(options))
            .map_err(|error| OpenError::damaged(dir, error.to_string()))?;
        let state = check(dir, &engine, known)?;
        Ok((engine, state))
    }));
    let (engine, state) =
        checked.map_err(|_| OpenError::damaged(dir, "sled panicked while reading it"))??;
    Ok(Opened { engine, state, lock })
}

/// Most that sled's pages get of the cache, in bytes.
const SLED_BYTES: u64 = 16 * 1024 * 1024;

/// sled's share of the cache: enough for the upper pages of its trees. A record cached by us costs its own bytes and a look-up; one in
/// a page of sled's costs its fifteen neighbours as well, and is copied and checked at each read.
fn sled_bytes(options: &OpenOptions) -> u64 {
    (options.cache_bytes / 4).min(SLED_BYTES)
}

/// sled itself, given time to let go of its own lock after a predecessor in the same process.
#[expect(
    clippy::disallowed_methods,
    reason = "waits for the lock of a dying predecessor, before any port exists"
)]
fn open_sled(dir: &Path, records: &Path, options: &OpenOptions) -> Result<sled::Db, OpenError> {
    let config = sled::Config::new()
        .path(records)
        .cache_capacity(sled_bytes(options))
        // Durability comes from the committer alone; sled's timer would only hide a missing sync.
        .flush_every_ms(None);
    let start = Instant::now();
    loop {
        let opened = catch_unwind(AssertUnwindSafe(|| config.open()))
            .map_err(|_| OpenError::damaged(dir, "sled panicked while opening it"))?;
        match opened {
            Ok(db) => return Ok(db),
            Err(sled::Error::Io(error)) if error.to_string().contains("could not acquire lock") => {
                if start.elapsed() >= options.lock_wait {
                    return Err(OpenError::Locked { dir: dir.to_owned(), waited: options.lock_wait });
                }
                std::thread::sleep(Duration::from_millis(25));
            }
            Err(sled::Error::Io(error)) => return Err(OpenError::from_io(dir, &error)),
            Err(error) => return Err(OpenError::damaged(dir, error.to_string())),
        }
    }
}

/// Formats, then what the last commit says against what is there: sled itself reports missing rows with no word.
fn check(dir: &Path, engine: &Engine, known: Option<u64>) -> Result<State, OpenError> {
    let stored = |error| OpenError::from_store(dir, error);
    let state = engine.state().map_err(stored)?.unwrap_or_default();
    if let Some(known) = known.filter(|known| *known > state.sequence) {
        let why = format!("its last commit is {}, but {known} was durable", state.sequence);
        return Err(OpenError::damaged(dir, why));
    }
    let counts = engine.count_keys().map_err(stored)?;
    if counts != state.counts {
        let why = format!("its trees have {counts:?} rows, but the last commit counted {:?}", state.counts);
        return Err(OpenError::damaged(dir, why));
    }
    formats::check(engine).map_err(|misfit| match misfit {
        Misfit::Newer { tree, found, known } => OpenError::Newer { dir: dir.to_owned(), tree, found, known },
        Misfit::NoStep { tree, from } => {
            OpenError::damaged(dir, format!("tree {tree} has format {from}, which no version ever wrote"))
        }
        Misfit::Failed(error) => OpenError::from_store(dir, error),
    })?;
    Ok(state)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_of_the_system_become_errors_with_a_cure() {
        let table = [
            (io::ErrorKind::ReadOnlyFilesystem, "mount it for writing"),
            (io::ErrorKind::PermissionDenied, "change its owner or mode"),
            (io::ErrorKind::StorageFull, "free some space"),
            (io::ErrorKind::NotADirectory, "cannot be used"),
        ];
        for (kind, cure) in table {
            let text = OpenError::from_io(Path::new("/data"), &io::Error::from(kind)).to_string();
            assert!(text.contains(cure) && text.contains("/data"), "{text}");
        }
    }

    #[test]
    fn a_file_in_the_place_of_the_directory_is_named() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let error = open(&OpenOptions::new(file.path())).map(drop).unwrap_err();
        assert!(matches!(error, OpenError::Directory { .. }), "{error}");
        assert!(error.to_string().contains(&file.path().display().to_string()));
    }
}
