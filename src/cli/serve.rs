//! `serve`: runs the bridge until it is told to stop.
//!
//! What is built and in which order: `app`. Ends with 0 after SIGINT or SIGTERM once every saga is safe.

use clap::Args;

use super::exit::Failure;
use super::reach::start_failure;
use super::{Context, logging};
use crate::app::{App, Overrides};

/// Run the bridge until SIGINT or SIGTERM.
#[derive(Debug, Args)]
pub(super) struct Serve {}

impl Serve {
    pub(super) fn run(self, context: &Context) -> Result<(), Failure> {
        let config = context.config()?;
        logging::start(&config.log)?;
        let running = App::start(config, Overrides::default()).map_err(|error| start_failure(&error))?;
        let stopped = running.serve_until_signal();
        stopped.map(drop).map_err(|error| Failure::failed(format!("signals cannot be received: {error}")))
    }
}
