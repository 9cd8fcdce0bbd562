//! Sets up logs once for the process: lines for people or JSON, to standard error.
//!
//! What is logged is decided where it happens; nothing personal and nothing secret is (P8).

use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _, Registry, fmt};

use super::exit::Failure;
use crate::config::{LogConfig, LogFormat, Problem};
use crate::server::unreadable;

/// The words of which each part of a filter without `=` must be one: any other would be taken for the name of
/// a module, and everything else be silent.
const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];

fn unusable(why: &str) -> Problem {
    let cure =
        "use error, warn, info, debug or trace, or a filter such as \"info,genesys_scim_bridge::saga=debug\"";
    Problem::new("log.level", why, cure)
}

/// What is wrong with a wish, if anything.
pub(super) fn problem(wanted: &str) -> Option<Problem> {
    compiled(wanted).err()
}

fn compiled(wanted: &str) -> Result<EnvFilter, Problem> {
    EnvFilter::try_new(filter(wanted)?).map_err(|error| unusable(&error.to_string()))
}

/// The filter behind a wish. The HTTP library tells the life of its workers at info, and each request that is none,
/// which anybody can send, as an error (they are counted): that helps nobody who asked for a plain level; the database library prints records, with all that is personal in them, at debug.
fn filter(wanted: &str) -> Result<String, Problem> {
    let words = wanted.split(',').map(str::trim);
    let known =
        |word: &str| word.contains('=') || LEVELS.iter().any(|level| word.eq_ignore_ascii_case(level));
    if let Some(stray) = words.clone().find(|word| !known(word)) {
        return Err(unusable(&format!("{stray:?} is no level")));
    }
    let actix = if wanted.contains('=') { "" } else { ",actix_server=warn,actix_http=off" };
    Ok(format!("{wanted}{actix},sled=info"))
}

/// Starts logging. A second call in one process changes nothing.
///
/// # Errors
/// `log.level` is not a filter.
pub(crate) fn start(config: &LogConfig) -> Result<(), Failure> {
    let filter = compiled(&config.level).map_err(|problem| Failure::usage(problem.to_string()))?;
    let lines = fmt::layer().with_writer(std::io::stderr);
    let lines = match config.format {
        LogFormat::Text => lines.with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr())).boxed(),
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
    };
    // The filter is about the lines: what is counted is not what is read.
    let log = Registry::default().with(lines.with_filter(filter)).with(unreadable::counter());
    // Somebody else in this process, a test for example, may have set up logs before.
    drop(log.try_init());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_that_is_none_is_refused_and_records_are_never_logged() {
        for (wanted, expected) in [
            ("info", Some("info,actix_server=warn,actix_http=off,sled=info")),
            ("TRACE", Some("TRACE,actix_server=warn,actix_http=off,sled=info")),
            ("trace,sled=trace", Some("trace,sled=trace,sled=info")),
            ("warn,genesys_scim_bridge::saga=debug", Some("warn,genesys_scim_bridge::saga=debug,sled=info")),
            ("loud", None),
            ("info,loud", None),
            ("", None),
        ] {
            assert_eq!(filter(wanted).ok().as_deref(), expected, "{wanted}");
        }
        let words = filter("loud").unwrap_err().to_string();
        assert!(
            words.contains("log.level") && words.contains("\"loud\"") && words.contains("debug"),
            "{words}"
        );
    }
}
