//! `demo`: the bridge and an emulated Genesys Cloud on loopback, and a short story through the public SCIM
//! endpoint.
//!
//! The command line, the order of things, and what is printed before and after. Where both run: `stage`; what
//! is told: `story` and its chapters; the requests that connectors send: `requests`; who plays: `cast`; what
//! Genesys has: `snapshot`.

mod cast;
mod changes;
mod connector;
mod hires;
mod narrator;
mod next_steps;
mod requests;
mod snapshot;
mod stage;
mod story;

use clap::Args;

use super::exit::Failure;
use super::logging;
use crate::config::{LogConfig, LogFormat};
use narrator::Narrator;
use stage::Stage;

/// Watch the bridge work against an emulated Genesys Cloud; needs nothing and touches nothing.
#[derive(Debug, Args)]
pub(super) struct Demo {
    /// End after the story, non-zero if anything was not as told.
    #[arg(long)]
    exit: bool,
    /// Port of the bridge on 127.0.0.1; a free one if left out.
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    port: u16,
}

impl Demo {
    pub(super) fn run(self) -> Result<(), Failure> {
        // What the story breaks on purpose is warned about in the log; only what nobody planned should be
        // seen here.
        logging::start(&LogConfig { format: LogFormat::Text, level: "error".into() })?;
        let stage = Stage::set_up(self.port)?;
        let mut narrator = Narrator::new();
        let told = self.perform(&stage, &mut narrator);
        let ended = match (&told, self.exit) {
            (Ok(()), false) => stage.serve_until_signal(),
            _ => {
                stage.tear_down();
                Ok(())
            }
        };
        told.and(ended).and_then(|()| narrator.verdict())
    }

    fn perform(&self, stage: &Stage, narrator: &mut Narrator) -> Result<(), Failure> {
        story::tell(stage, narrator)?;
        narrator.sum_up()?;
        if self.exit { Ok(()) } else { next_steps::invite(stage, narrator) }
    }
}
