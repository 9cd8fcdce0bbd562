//! The sequence file: the number of a commit that was durable for certain, kept outside the database.
//!
//! sled opens a damaged log without a word and simply shows fewer rows. A database whose last commit is older
//! than this file says has lost acknowledged writes, and is refused. Written at a graceful close and now and
//! then in between.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;

/// Commits between two writes of the file: rare enough to cost nothing, often enough to notice a lost tail.
pub(super) const EVERY: u64 = 1024;

const NAME: &str = "sequence";

/// Reads it; `None` if there is none yet.
pub(super) fn read(dir: &Path) -> io::Result<Option<u64>> {
    match fs::read_to_string(dir.join(NAME)) {
        Ok(text) => parse(&text).map(Some).ok_or_else(|| {
            io::Error::new(io::ErrorKind::InvalidData, format!("{} is damaged", dir.join(NAME).display()))
        }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Replaces it: new file, sync, rename, sync of the directory.
pub(super) fn write(dir: &Path, sequence: u64) -> io::Result<()> {
    let next = dir.join("sequence.next");
    let mut file = File::create(&next)?;
    file.write_all(render(sequence).as_bytes())?;
    file.sync_all()?;
    fs::rename(&next, dir.join(NAME))?;
    File::open(dir)?.sync_all()
}

fn render(sequence: u64) -> String {
    format!("{sequence} {:08x}\n", crc32fast::hash(&sequence.to_le_bytes()))
}

fn parse(text: &str) -> Option<u64> {
    let sequence = text.split(' ').next()?.parse().ok()?;
    (render(sequence) == text).then_some(sequence)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_comes_back_and_damage_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(read(dir.path()).unwrap(), None);
        write(dir.path(), 1).unwrap();
        write(dir.path(), 77).unwrap();
        assert_eq!(read(dir.path()).unwrap(), Some(77));
        for text in ["", "77", "78 00000000\n", "x"] {
            fs::write(dir.path().join(NAME), text).unwrap();
            assert!(read(dir.path()).is_err(), "{text}");
        }
    }
}
