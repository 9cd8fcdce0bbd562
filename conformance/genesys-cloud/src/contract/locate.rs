//! Finds the API description on this machine and loads it once per process. It says in words what is missing
//! and where Genesys publishes the original; it never downloads anything.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use super::Contract;

/// Environment variable that names the description file.
const VARIABLE: &str = "GENESYS_OPENAPI";
/// Where the description lies by default, seen from a directory above the workspace root.
const DEFAULT: &str = "shared/genesys/openapi-subset.json";

/// Why there is no contract in this process; displays as one sentence for people.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{sentence}")]
pub struct Absent {
    sentence: String,
    broken: bool,
}

impl Absent {
    /// True when a description was found and cannot be used: that is a failure, never a reason to skip.
    #[must_use]
    pub fn is_broken(&self) -> bool {
        self.broken
    }

    fn missing(looked_at: &Path) -> Self {
        Self {
            broken: false,
            sentence: format!(
                "SKIPPED: the contract with Genesys Cloud was not checked, because {} does not exist. \
                 Genesys publishes its API description at https://api.mypurecloud.com/api/v2/docs/swagger; \
                 save it and set {VARIABLE} to its path.",
                looked_at.display()
            ),
        }
    }

    fn broken(why: &str) -> Self {
        Self { broken: true, sentence: format!("the contract with Genesys Cloud cannot be checked: {why}") }
    }
}

/// The contract of this process, loaded on first use.
pub(super) fn shared() -> Result<Arc<Contract>, Absent> {
    static SHARED: OnceLock<Result<Arc<Contract>, Absent>> = OnceLock::new();
    SHARED.get_or_init(|| fresh().map(Arc::new)).clone()
}

/// A contract of its own, loaded anew.
pub(super) fn fresh() -> Result<Contract, Absent> {
    from_file(&description_file())
}

fn from_file(path: &Path) -> Result<Contract, Absent> {
    if !path.is_file() {
        return Err(Absent::missing(path));
    }
    Contract::load(path).map_err(|error| Absent::broken(&error.to_string()))
}

/// Where the description is looked for.
pub(super) fn description_file() -> PathBuf {
    let root = workspace_root();
    match std::env::var_os(VARIABLE).filter(|value| !value.is_empty()) {
        Some(value) => root.join(value),
        None => beside(&root),
    }
}

/// The default file in the nearest directory above `root` that has it; where none has, the first place looked
/// at.
fn beside(root: &Path) -> PathBuf {
    let mut places = root.ancestors().skip(1).map(|directory| directory.join(DEFAULT));
    let first = places.next().unwrap_or_else(|| root.join(DEFAULT));
    if first.is_file() {
        return first;
    }
    places.find(|place| place.is_file()).unwrap_or(first)
}

/// The directory above this crate whose manifest declares the workspace.
fn workspace_root() -> PathBuf {
    let here = std::env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    let declares_workspace = |directory: &&Path| {
        std::fs::read_to_string(directory.join("Cargo.toml"))
            .is_ok_and(|manifest| manifest.contains("[workspace]"))
    };
    here.ancestors().find(declares_workspace).map_or_else(|| here.clone(), Path::to_path_buf)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_description_says_skipped_and_where_to_get_it() {
        let absent = from_file(Path::new("/nowhere/description.json")).unwrap_err();
        assert!(!absent.is_broken());
        let sentence = absent.to_string();
        for part in ["SKIPPED", "/nowhere/description.json", "docs/swagger", "GENESYS_OPENAPI"] {
            assert!(sentence.contains(part), "{part} is missing in: {sentence}");
        }
    }

    #[test]
    fn a_description_that_is_not_one_is_a_failure_and_not_a_skip() {
        let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
        let absent = from_file(&manifest).unwrap_err();
        assert!(absent.is_broken());
        assert!(absent.to_string().contains("is not JSON"), "{absent}");
    }

    #[test]
    fn the_workspace_root_is_above_this_crate() {
        let root = workspace_root();
        assert!(root.join("conformance/genesys-cloud/Cargo.toml").is_file(), "{}", root.display());
    }
}
