//! A text that cannot be printed, logged or serialised by accident.
//!
//! Does not hash or compare: tokens are hashed in `store::tokens`, compared in constant time in `server`.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};

/// A password, client secret or bearer token. `Debug` and `Display` print `[secret]`; memory is wiped on
/// drop.
#[derive(Clone)]
pub struct Secret(SecretString);

impl Secret {
    /// Takes the text out of reach.
    pub fn new(text: impl Into<String>) -> Self {
        Self(SecretString::from(text.into()))
    }

    /// The text, for the one place that must send it.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_never_prints_its_text() {
        let secret = Secret::new("hunter2");
        assert_eq!(format!("{secret} {secret:?}"), "[secret] [secret]");
        assert_eq!(secret.expose(), "hunter2");
    }
}
