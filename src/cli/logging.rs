//! Sets up logs once for the process: lines for people or JSON, to standard error.
//!
//! What is logged is decided where it happens; nothing personal and nothing secret is (P8).

use tracing_subscriber::EnvFilter;

use super::exit::Failure;
use crate::config::{LogConfig, LogFormat};

/// Starts logging. A second call in one process changes nothing.
///
/// # Errors
/// `log.level` is not a filter.
pub(crate) fn start(config: &LogConfig) -> Result<(), Failure> {
    // The HTTP library tells the life of its workers at info; that helps nobody who asked for a plain level.
    let plain = !config.level.contains(['=', ',']);
    let wanted = if plain { format!("{},actix_server=warn", config.level) } else { config.level.clone() };
    let filter = EnvFilter::try_new(&wanted).map_err(|error| {
        Failure::usage(format!(
            "log.level: {error}; use error, warn, info, debug or trace, or a filter such as \"info,genesys_scim_bridge::saga=debug\""
        ))
    })?;
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // Somebody else in this process, a test for example, may have set up logs before.
    drop(match config.format {
        LogFormat::Text => builder.with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr())).try_init(),
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
    });
    Ok(())
}
