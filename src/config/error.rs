//! What is wrong with a configuration: file, key, problem, cure.
//!
//! Values are never repeated, because any of them may be a secret in the wrong place. Exit codes are chosen
//! in `cli`.

use std::fmt;
use std::path::{Path, PathBuf};

/// One problem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The key, such as `genesys.region`, or the place, such as `line 3, column 7`.
    pub key: String,
    /// What is wrong.
    pub what: String,
    /// What to do.
    pub cure: String,
}

impl Problem {
    /// A problem of a key.
    pub fn new(key: impl Into<String>, what: impl Into<String>, cure: impl Into<String>) -> Self {
        Self { key: key.into(), what: what.into(), cure: cure.into() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}; {}", self.key, self.what, self.cure)
    }
}

/// All problems of one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// The file.
    pub file: PathBuf,
    /// At least one.
    pub problems: Vec<Problem>,
}

impl ConfigError {
    /// What is wrong with that file.
    pub(crate) fn new(file: &Path, problems: Vec<Problem>) -> Self {
        Self { file: file.to_owned(), problems }
    }

    pub(super) fn unreadable(file: &Path, error: &std::io::Error) -> Self {
        let cure = match error.kind() {
            std::io::ErrorKind::NotFound => {
                "give the right path with --config, or start from the README's example"
            }
            std::io::ErrorKind::PermissionDenied => "let the user who runs scim-bridge read it",
            std::io::ErrorKind::InvalidData => "save it as UTF-8 text",
            _ => "check the file",
        };
        Self::new(file, vec![Problem::new("the file", format!("cannot be read ({error})"), cure)])
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.problems.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{}: {problem}", self.file.display())?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigError {}
