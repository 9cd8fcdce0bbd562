//! Writes down which operations this process exercised, one `METHOD template` a line, so that a whole test
//! run can be summed up by `conformance/contract-coverage`. It does nothing unless
//! `GENESYS_CONTRACT_COVERAGE` names a file, and it never fails an exchange: a file that cannot be written is
//! reported once in the log.

use std::collections::HashSet;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};

/// Environment variable that names the file to append to.
const VARIABLE: &str = "GENESYS_CONTRACT_COVERAGE";

/// Notes that `method template` was exercised; only the first note of each in this process is written.
pub(super) fn note(method: &str, template: &str) {
    static FILE: OnceLock<Option<PathBuf>> = OnceLock::new();
    static SEEN: Mutex<Option<HashSet<String>>> = Mutex::new(None);
    let file = FILE.get_or_init(|| std::env::var_os(VARIABLE).filter(|v| !v.is_empty()).map(PathBuf::from));
    let Some(file) = file else { return };
    let line = format!("{method} {template}\n");
    let mut seen = SEEN.lock().unwrap_or_else(PoisonError::into_inner);
    if seen.get_or_insert_default().insert(line.clone())
        && let Err(error) = append(file, &line)
    {
        tracing::warn!(file = %file.display(), %error, "contract coverage is not written");
    }
}

/// One write per line in append mode, so that lines of several processes do not mix.
fn append(file: &Path, line: &str) -> std::io::Result<()> {
    std::fs::OpenOptions::new().create(true).append(true).open(file)?.write_all(line.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_appended_and_never_overwrite_what_is_there() {
        let file = std::env::temp_dir().join(format!("contract-coverage-{}", std::process::id()));
        append(&file, "GET /a\n").unwrap();
        append(&file, "PUT /b\n").unwrap();
        let written = std::fs::read_to_string(&file).unwrap();
        std::fs::remove_file(&file).unwrap();
        assert_eq!(written, "GET /a\nPUT /b\n");
    }
}
