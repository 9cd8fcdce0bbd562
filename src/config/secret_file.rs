//! The file that holds the client secret: read at the start, and again whenever a token is fetched, because
//! secrets are rotated.
//!
//! What is wrong with it at the start is told by `check`; later the last good secret stays.

use std::path::Path;

use crate::limits;
use crate::model::Secret;

/// Its text; `None` if the file is larger than a secret can be.
pub(super) fn read_small(file: &Path) -> std::io::Result<Option<String>> {
    let size = std::fs::metadata(file)?.len();
    if size > limits::SECRET_FILE_BYTES { Ok(None) } else { std::fs::read_to_string(file).map(Some) }
}

/// The secret in a text that holds nothing else.
pub(super) fn one_word(text: &str) -> Option<Secret> {
    let text = text.trim();
    (!text.is_empty() && !text.chars().any(char::is_whitespace)).then(|| Secret::new(text))
}

/// The secret as the file has it now, if it has one.
pub(crate) fn secret_now(file: &Path) -> Option<Secret> {
    read_small(file).ok().flatten().as_deref().and_then(one_word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_changed_tells_its_new_secret_and_a_bad_one_tells_none() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("secret");
        let now = || secret_now(&file).map(|secret| secret.expose().to_owned());
        assert_eq!(now(), None);
        for (text, secret) in [
            ("one\n", Some("one")),
            ("two", Some("two")),
            ("", None),
            ("two words", None),
            (&"x".repeat(5_000), None),
        ] {
            std::fs::write(&file, text).unwrap();
            assert_eq!(now().as_deref(), secret);
        }
    }
}
