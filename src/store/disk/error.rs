//! Why a data directory did not open, in words with a cure.
//!
//! Inside of `store` the cases are apart; outside only [`OpenError`] is known. Made by `opening` and
//! `guards`.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::model::StoreError;
use crate::store::opening::OpenError;

/// Why the data directory did not open; each names the cure.
#[derive(Debug, thiserror::Error)]
pub(in crate::store) enum DirectoryError {
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

impl DirectoryError {
    /// Says what an error of the system means for the directory.
    pub(super) fn from_io(dir: &Path, error: &io::Error) -> Self {
        let dir = dir.to_owned();
        match error.kind() {
            io::ErrorKind::ReadOnlyFilesystem => DirectoryError::ReadOnlyDisk(dir),
            io::ErrorKind::PermissionDenied => DirectoryError::NotWritable(dir),
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => DirectoryError::Full(dir),
            kind => DirectoryError::Directory { dir, source: io::Error::new(kind, error.to_string()) },
        }
    }

    pub(super) fn damaged(dir: &Path, why: impl Into<String>) -> Self {
        DirectoryError::Damaged { dir: dir.to_owned(), why: why.into() }
    }

    pub(super) fn from_store(dir: &Path, error: StoreError) -> Self {
        match error {
            StoreError::Failed(why) => {
                DirectoryError::Directory { dir: dir.to_owned(), source: io::Error::other(why) }
            }
            other => DirectoryError::damaged(dir, other.to_string()),
        }
    }
}

impl From<DirectoryError> for OpenError {
    fn from(error: DirectoryError) -> Self {
        match error {
            error @ DirectoryError::Locked { .. } => OpenError::InUse(error.into()),
            error => OpenError::Unusable(error.into()),
        }
    }
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
            let text = DirectoryError::from_io(Path::new("/data"), &io::Error::from(kind)).to_string();
            assert!(text.contains(cure) && text.contains("/data"), "{text}");
        }
    }
}
