//! What is done round sled before it may open: the lock of our own, the writable disk, the leftovers of an
//! interrupted snapshot.
//!
//! sled 0.34 takes a half-written `snap.*.generating` for its newest snapshot and refuses to open, although
//! everything is in its log. Removing the leftover is safe, because the snapshot counts only from its rename
//! on. Called by [`super::opening`].

use std::fs::{self, File, TryLockError};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::Path;
use std::time::{Duration, Instant};

use super::error::DirectoryError;

/// Pause between two tries for a lock that a dying predecessor still holds.
const LOCK_PAUSE: Duration = Duration::from_millis(25);

/// Makes the directory if it is missing.
pub(super) fn made(dir: &Path) -> Result<(), DirectoryError> {
    // What is in it concerns people: nobody else on the machine reads it, whatever the umask says.
    let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(dir);
    made.map_err(|error| DirectoryError::from_io(dir, &error))
}

/// Proves that the directory can be written and synced. Only whoever has its lock may ask: two at a time would take
/// the probe from each other.
pub(super) fn writable(dir: &Path) -> Result<(), DirectoryError> {
    let refuse = |error| DirectoryError::from_io(dir, &error);
    let probe = dir.join("write-probe");
    let mut file = File::create(&probe).map_err(refuse)?;
    // A full disk may still hand out an empty file; a page of bytes it does not.
    file.write_all(&[0; 4096]).and_then(|()| file.sync_all()).map_err(refuse)?;
    fs::remove_file(&probe).map_err(refuse)
}

/// Keeps the records from everybody but their owner, also where the data directory was there before and others may
/// enter it.
pub(super) fn private(records: &Path) -> io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(records)?;
    if fs::metadata(records)?.permissions().mode() & 0o077 != 0
        && let Err(error) = fs::set_permissions(records, fs::Permissions::from_mode(0o700))
    {
        tracing::warn!(dir = %records.display(), %error, "others on this machine may read the records");
    }
    Ok(())
}

/// Takes the lock of the directory. It is released when the file is dropped, or by the system when the
/// process dies.
#[expect(
    clippy::disallowed_methods,
    reason = "waits for the lock of a dying predecessor, before any port exists"
)]
pub(super) fn lock(dir: &Path, wait: Duration) -> Result<File, DirectoryError> {
    let path = dir.join("lock");
    let refuse = |error: &io::Error| DirectoryError::from_io(dir, error);
    let file = File::options().create(true).truncate(false).write(true).read(true).open(&path);
    let file = file.map_err(|error| refuse(&error))?;
    let start = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::Error(error)) => return Err(refuse(&error)),
            Err(TryLockError::WouldBlock) if start.elapsed() >= wait => {
                return Err(DirectoryError::Locked { dir: dir.to_owned(), waited: wait });
            }
            Err(TryLockError::WouldBlock) => std::thread::sleep(LOCK_PAUSE),
        }
    }
}

/// Whether somebody has locked that file.
pub(super) fn is_held(path: &Path) -> bool {
    File::open(path).is_ok_and(|file| matches!(file.try_lock(), Err(TryLockError::WouldBlock)))
}

/// Removes what an interrupted snapshot left behind; says how many files.
pub(super) fn remove_leftovers(records: &Path) -> io::Result<usize> {
    let mut removed = 0;
    let entries = match fs::read_dir(records) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        Err(error) => return Err(error),
    };
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with("snap.") && name.ends_with(".generating") {
            tracing::warn!(file = %name, "removing what an interrupted snapshot left behind; no data is in it");
            fs::remove_file(entry.path())?;
            removed += 1;
        }
    }
    Ok(removed)
}

/// Makes the names of the files themselves durable: sled syncs neither its `conf` nor its directory.
pub(super) fn sync_names(dir: &Path, records: &Path) -> io::Result<()> {
    File::open(records.join("conf"))?.sync_all()?;
    for dir in [records, dir] {
        File::open(dir)?.sync_all()?;
    }
    match dir.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        Some(parent) => File::open(parent)?.sync_all(),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_directory_is_for_its_owner_alone() {
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path().join("one/two");
        made(&data).unwrap();
        writable(&data).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&data), 0o700);
    }

    #[test]
    fn only_snapshot_leftovers_are_removed() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["snap.00A.generating", "snap.00B.generating", "snap.00A", "db", "conf"] {
            fs::write(dir.path().join(name), "x").unwrap();
        }
        assert_eq!(remove_leftovers(dir.path()).unwrap(), 2);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 3);
        assert_eq!(remove_leftovers(&dir.path().join("none")).unwrap(), 0);
    }

    #[test]
    fn a_held_lock_is_waited_for_and_then_named() {
        let dir = tempfile::tempdir().unwrap();
        let held = lock(dir.path(), Duration::ZERO).unwrap();
        assert!(is_held(&dir.path().join("lock")) && !is_held(&dir.path().join("none")));
        let refused = lock(dir.path(), Duration::from_millis(60)).unwrap_err();
        assert!(matches!(refused, DirectoryError::Locked { .. }), "{refused}");
        let waiting = std::thread::spawn({
            let dir = dir.path().to_owned();
            move || lock(&dir, Duration::from_secs(20)).is_ok()
        });
        drop(held);
        assert!(waiting.join().unwrap());
        assert!(!is_held(&dir.path().join("lock")), "asking for a lock does not keep it");
    }
}
