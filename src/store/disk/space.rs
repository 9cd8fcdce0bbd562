//! Room on the disk: writes are refused while there is still some, because after a write that failed sled takes
//! none until it is opened again.
//!
//! Asked anew each time, so that it passes by itself once there is room. What is begun may use a part of the
//! reserve, so that it can end; who may not begin is decided by whoever asks [`Space::low`].

use std::path::PathBuf;

use crate::model::StoreError;

/// What is left for what is begun, as a part of the reserve.
const FOR_THE_BEGUN: u64 = 4;

/// The file system of a data directory.
#[derive(Clone, Debug)]
pub(super) struct Space {
    dir: PathBuf,
    reserve: u64,
}

impl Space {
    /// `reserve` in bytes; 0 never refuses.
    pub(super) fn new(dir: PathBuf, reserve: u64) -> Self {
        Self { dir, reserve }
    }

    /// Why nothing new should be begun; `None` while there is room, or where nobody can tell.
    pub(super) fn low(&self) -> Option<String> {
        self.below(self.reserve)
    }

    /// Refuses where the last of the reserve would be used.
    pub(super) fn for_the_begun(&self) -> Result<(), StoreError> {
        self.below(self.reserve / FOR_THE_BEGUN).map_or(Ok(()), |why| Err(StoreError::Failed(why)))
    }

    fn below(&self, least: u64) -> Option<String> {
        if self.reserve == 0 {
            return None;
        }
        let left = fs2::available_space(&self.dir).ok().filter(|left| *left < least)?;
        let mib = |bytes: u64| bytes / (1024 * 1024);
        Some(format!(
            "the disk of {} is nearly full: {} MiB are left, and {} are kept in reserve (store.reserve_mib); make room, and it \
             goes on by itself",
            self.dir.display(),
            mib(left),
            mib(self.reserve)
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reserve_that_is_there_refuses_nothing_one_that_is_not_does_and_none_is_none() {
        let dir = tempfile::tempdir().unwrap();
        let of = |reserve| Space::new(dir.path().to_owned(), reserve);
        assert_eq!(of(1).low(), None);
        assert_eq!(of(0).low(), None);
        let full = of(u64::MAX);
        assert!(full.low().is_some_and(|why| why.contains("nearly full")));
        assert!(full.for_the_begun().is_err());
        let left = fs2::available_space(dir.path()).unwrap();
        // Less than the reserve is left, and more than a quarter of it.
        let some = of(left + left / 2);
        assert!(some.low().is_some() && some.for_the_begun().is_ok());
        assert_eq!(Space::new(dir.path().join("none"), 1 << 40).low(), None, "nobody can tell");
    }
}
