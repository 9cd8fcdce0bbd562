//! Opening the store: every guard in its order, and errors that say what to do.
//!
//! The layout of the data directory: `lock` (ours), `sequence` (last commit known durable), `records/`
//! (sled). The single guards are in `guards`, formats in `formats`. What runs afterwards:
//! [`super::SledStore`].

use std::fs::File;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::{Duration, Instant};

use crate::store::opening::OpenOptions;

use super::error::DirectoryError;
use super::formats::{self, Formats, Misfit};
use super::sequence::Acknowledged;
use super::trees::{State, Trees};
use super::{guards, sequence};

/// All that an open store holds.
pub(super) struct Opened {
    pub(super) trees: Trees,
    pub(super) state: State,
    pub(super) acknowledged: Acknowledged,
    /// Dropped last: as long as it lives no other process opens the directory.
    pub(super) lock: File,
}

/// Opens the directory with every guard.
pub(super) fn open(options: &OpenOptions, formats: Formats) -> Result<Opened, DirectoryError> {
    let dir = options.dir.as_path();
    let records = dir.join("records");
    let io_error = |error: io::Error| DirectoryError::from_io(dir, &error);
    guards::made(dir)?;
    let lock = guards::lock(dir, options.lock_wait)?;
    guards::writable(dir)?;
    let known = sequence::read(dir).map_err(|error| DirectoryError::damaged(dir, error.to_string()))?;
    let acknowledged = Acknowledged::open(dir).map_err(io_error)?;
    let known = known.max(acknowledged.last().map_err(io_error)?);
    guards::private(&records).map_err(io_error)?;
    guards::remove_leftovers(&records).map_err(io_error)?;

    let db = open_sled(dir, &records, options)?;
    guards::sync_names(dir, &records).map_err(io_error)?;
    let file = File::options().read(true).write(true).open(records.join("db")).map_err(io_error)?;
    // sled may still panic on damage while trees are opened or pages are read for the first time.
    let checked = catch_unwind(AssertUnwindSafe(|| {
        let trees = Trees::new(db, file, options.cache_bytes - sled_bytes(options))
            .map_err(|error| DirectoryError::damaged(dir, error.to_string()))?;
        let state = check(dir, &trees, known, formats)?;
        Ok((trees, state))
    }));
    let (trees, state) =
        checked.map_err(|_| DirectoryError::damaged(dir, "sled panicked while reading it"))??;
    Ok(Opened { trees, state, acknowledged, lock })
}

/// Most that sled's pages get of the cache, in bytes.
const SLED_BYTES: u64 = 16 * 1024 * 1024;

/// sled's share of the cache: enough for the upper pages of its trees. A record cached by us costs its own
/// bytes and a look-up; one in a page of sled's costs its fifteen neighbours as well, and is copied and
/// checked at each read.
fn sled_bytes(options: &OpenOptions) -> u64 {
    (options.cache_bytes / 4).min(SLED_BYTES)
}

/// sled itself, given time to let go of its own lock after a predecessor in the same process.
#[expect(
    clippy::disallowed_methods,
    reason = "waits for the lock of a dying predecessor, before any port exists"
)]
fn open_sled(dir: &Path, records: &Path, options: &OpenOptions) -> Result<sled::Db, DirectoryError> {
    let config = sled::Config::new()
        .path(records)
        .cache_capacity(sled_bytes(options))
        // Durability comes from the committer alone; sled's timer would only hide a missing sync.
        .flush_every_ms(None);
    let (start, mut unheld) = (Instant::now(), false);
    loop {
        let opened = catch_unwind(AssertUnwindSafe(|| config.open()))
            .map_err(|_| DirectoryError::damaged(dir, "sled panicked while opening it"))?;
        match opened {
            Ok(db) => return Ok(db),
            // sled says this of its own lock, but of damage in its log as well: the lock itself tells which.
            // It may be let go between sled's try and our look, so only what fails twice unheld is damage.
            Err(sled::Error::Io(error)) if error.kind() == io::ErrorKind::Other => {
                let held = guards::is_held(&records.join("db"));
                if !held && unheld {
                    return Err(DirectoryError::from_io(dir, &error));
                }
                unheld = !held;
                if held && start.elapsed() >= options.lock_wait {
                    return Err(DirectoryError::Locked { dir: dir.to_owned(), waited: options.lock_wait });
                }
                std::thread::sleep(Duration::from_millis(25));
            }
            Err(sled::Error::Io(error)) => return Err(DirectoryError::from_io(dir, &error)),
            Err(error) => return Err(DirectoryError::damaged(dir, error.to_string())),
        }
    }
}

/// What the last commit says against what is there, for sled itself reports missing rows with no word; then
/// formats, whose steps may be commits of their own.
fn check(dir: &Path, trees: &Trees, known: Option<u64>, formats: Formats) -> Result<State, DirectoryError> {
    let stored = |error| DirectoryError::from_store(dir, error);
    let mut state = trees.state().map_err(stored)?.unwrap_or_default();
    if let Some(known) = known.filter(|known| *known > state.sequence) {
        let why = format!("its last commit is {}, but {known} was durable", state.sequence);
        return Err(DirectoryError::damaged(dir, why));
    }
    let counts = trees.count_keys().map_err(stored)?;
    if counts != state.counts {
        let why = format!("its trees have {counts:?} rows, but the last commit counted {:?}", state.counts);
        return Err(DirectoryError::damaged(dir, why));
    }
    formats::bring_up_to_date(trees, &mut state, formats).map_err(|misfit| match misfit {
        Misfit::Newer { tree, found, known } => {
            DirectoryError::Newer { dir: dir.to_owned(), tree, found, known }
        }
        Misfit::NoStep { tree, from } => DirectoryError::damaged(
            dir,
            format!("tree {tree} has format {from}, which no version ever wrote"),
        ),
        Misfit::Failed(error) => DirectoryError::from_store(dir, error),
    })?;
    Ok(state)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_in_the_place_of_the_directory_is_named() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let error = open(&OpenOptions::new(file.path()), formats::TODAY).map(drop).unwrap_err();
        assert!(matches!(error, DirectoryError::Directory { .. }), "{error}");
        assert!(error.to_string().contains(&file.path().display().to_string()));
    }
}
