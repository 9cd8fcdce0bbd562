//! The sequence file: the number of a commit that was durable for certain, kept outside the database.
//!
//! sled opens a damaged log without a word and simply shows fewer rows. A database whose last commit is older
//! than this file says has lost acknowledged writes, and is refused. Written with a sync of its own at a graceful
//! close and now and then in between; the last acknowledged commit is noted beside it each time ([`Acknowledged`]),
//! without a sync: that survives the end of the process in whatever way, and not the loss of power.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::os::unix::fs::FileExt as _;
use std::path::Path;

/// Commits between two writes of the file: rare enough to cost nothing, often enough to notice a lost tail.
pub(super) const EVERY: u64 = 1024;

const NAME: &str = "sequence";
const ACKNOWLEDGED: &str = "acknowledged";

/// The file that holds the number of the last commit that somebody was promised.
#[derive(Debug)]
pub(super) struct Acknowledged(File);

impl Acknowledged {
    /// Opens it, new where there is none.
    pub(super) fn open(dir: &Path) -> io::Result<Self> {
        let path = dir.join(ACKNOWLEDGED);
        File::options().create(true).truncate(false).read(true).write(true).open(path).map(Self)
    }

    /// What it says; `None` where it says nothing, or was cut off while it was written.
    pub(super) fn last(&self) -> io::Result<Option<u64>> {
        let mut bytes = [0; BYTES];
        match self.0.read_exact_at(&mut bytes, 0) {
            Ok(()) => Ok(std::str::from_utf8(&bytes).ok().and_then(|text| parse(text, render_fixed))),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Notes that everything up to that commit is durable, before anybody is told so.
    pub(super) fn note(&self, sequence: u64) -> io::Result<()> {
        self.0.write_all_at(render_fixed(sequence).as_bytes(), 0)
    }
}

/// Length of what it says.
const BYTES: usize = 30;

/// Reads it; `None` if there is none yet.
pub(super) fn read(dir: &Path) -> io::Result<Option<u64>> {
    match fs::read_to_string(dir.join(NAME)) {
        Ok(text) => parse(&text, render).map(Some).ok_or_else(|| {
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
    format!("{sequence} {:08x}\n", checksum(sequence))
}

fn checksum(sequence: u64) -> u32 {
    crc32fast::hash(&sequence.to_le_bytes())
}

/// The same with as many letters whatever the number, to be written in place.
fn render_fixed(sequence: u64) -> String {
    format!("{sequence:020} {:08x}\n", checksum(sequence))
}

fn parse(text: &str, render: fn(u64) -> String) -> Option<u64> {
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

    #[test]
    fn the_last_that_was_promised_comes_back_and_half_of_it_says_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let file = Acknowledged::open(dir.path()).unwrap();
        assert_eq!(file.last().unwrap(), None);
        for sequence in [1, u64::MAX, 77] {
            file.note(sequence).unwrap();
            assert_eq!(Acknowledged::open(dir.path()).unwrap().last().unwrap(), Some(sequence));
        }
        fs::write(dir.path().join(ACKNOWLEDGED), "00000000000000000077 0000").unwrap();
        assert_eq!(file.last().unwrap(), None);
    }
}
