//! The configuration as a command needs it: what the file says, and what only other rooms can judge of it, told
//! at once and in one form.
//!
//! The form of the file is checked in `config`; levels of logs belong to `logging`, regions to `genesys`,
//! conditions of rules to `entitlements`. Names of roles, queues and the like need Genesys: `check`.

use std::path::Path;

use super::exit::Failure;
use super::logging;
use crate::app::genesys_settings;
use crate::config::{Config, ConfigError, Problem};
use crate::entitlements::judge;
use crate::genesys::SetupError;

/// Reads the file and judges all of it.
///
/// # Errors
/// Every problem with file, key and cure.
pub(super) fn load(file: &Path) -> Result<Config, Failure> {
    let config = Config::load(file).map_err(|error| Failure::usage(error.to_string()))?;
    let problems = problems(&config);
    if problems.is_empty() {
        return Ok(config);
    }
    Err(Failure::usage(ConfigError::new(file, problems).to_string()))
}

fn problems(config: &Config) -> Vec<Problem> {
    let level = logging::problem(&config.log.level);
    let region = match genesys_settings(config) {
        Err(SetupError::UnknownRegion(region)) => Some(Problem::new(
            "genesys.region",
            format!("{region:?} is no region of Genesys Cloud"),
            "use one such as us-east-1 or eu-central-1: the one that the address bar shows when you are logged in",
        )),
        _ => None,
    };
    level.into_iter().chain(region).chain(judge(&config.rules)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const BAD: &str = r#"
        [log]
        level = "loud"
        [genesys]
        region = "atlantis-1"
        client_id = "abc"
        client_secret_file = "secret"
        [tenant]
        name = "acme"
        [[rule]]
        name = "good"
        when = 'title eq "Agent"'
        queues = ["Sales"]
        [[rule]]
        name = "bad"
        when = 'title is "Agent"'
        queues = ["Sales"]
    "#;

    #[test]
    fn what_other_rooms_judge_is_told_at_once_with_file_key_and_cure() {
        let dir = tempfile::tempdir().expect("directory");
        std::fs::write(dir.path().join("secret"), "hunter2").expect("secret");
        let file = dir.path().join("bridge.toml");
        std::fs::write(&file, BAD).expect("file");
        let failure = load(&file).expect_err("three problems");
        let lines: Vec<&str> = failure.message.lines().collect();
        assert_eq!(lines.len(), 3, "{}", failure.message);
        let place = file.display().to_string();
        for (line, key) in lines.iter().zip(["log.level: ", "genesys.region: ", "rule 2 \"bad\", key when: "])
        {
            let rest = line.strip_prefix(&format!("{place}: ")).unwrap_or_default();
            assert!(rest.starts_with(key) && rest.contains("; "), "{line}");
        }
    }
}
