//! `check`: whether configuration and connection are good, before anything depends on them.
//!
//! Tells a wrong region, a bad secret, a missing permission, a missing division and an unknown name apart and
//! names the cure of each. Only reads: what is asked is in `probe`, what answers mean in `judge`, what the
//! bridge must be allowed to do in `rights`.

mod judge;
mod probe;
mod rights;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use clap::Args;
use serde_json::json;

use super::Context;
use super::exit::{Exit, Failure};
use super::output;
use crate::app::genesys_settings;
use crate::app::system::SystemClock;
use crate::config::Config;
use crate::genesys::{GenesysClient, Settings, SharedBudget};
use crate::model::ports::{Budget, Clock};
use judge::{Finding, State, Trouble};

/// Check the configuration and the connection to Genesys Cloud; changes nothing.
#[derive(Debug, Args)]
pub(super) struct Check {
    /// Print JSON.
    #[arg(long)]
    json: bool,
    /// When the credentials are refused, do not try them in the other Genesys Cloud regions.
    #[arg(long)]
    only_this_region: bool,
}

impl Check {
    pub(super) fn run(self, context: &Context) -> Result<(), Failure> {
        let findings = match context.config() {
            Ok(config) => self.look(&config)?,
            Err(failure) => vec![Finding::bad(
                "configuration",
                Trouble::Configuration,
                failure.message,
                "correct what it names, and check again",
            )],
        };
        if self.json {
            output::json(&json!({ "ok": worst(&findings).is_none(), "checks": findings }))?;
        } else {
            for finding in &findings {
                output::line(finding)?;
            }
        }
        worst(&findings).map_or(Ok(()), |exit| Err(Failure::silent(exit)))
    }

    fn look(&self, config: &Config) -> Result<Vec<Finding>, Failure> {
        let settings = genesys_settings(config).map_err(|error| Failure::usage(error.to_string()))?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .map_err(|error| Failure::failed(format!("no runtime: {error}")))?;
        let by_region = config.genesys.api_base.is_none() && config.genesys.login_base.is_none();
        let elsewhere = by_region && !self.only_this_region;
        let rules = format!("{} rules, all readable", config.rules.len());
        let mut findings = vec![Finding::good("configuration", rules)];
        findings.extend(runtime.block_on(probe::all(config, &settings, elsewhere, &client))?);
        Ok(findings)
    }
}

/// A client of its own budget, so that asking here never waits for anybody.
fn client(settings: &Settings) -> Result<GenesysClient, Failure> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let budget: Arc<dyn Budget> =
        Arc::new(SharedBudget::new(settings.calls_per_minute, settings.margin_percent, Arc::clone(&clock)));
    GenesysClient::new(settings, clock, budget).map_err(|error| Failure::failed(error.to_string()))
}

/// The exit code that the worst finding asks for; `None` when nothing is bad.
fn worst(findings: &[Finding]) -> Option<Exit> {
    let bad = findings.iter().filter(|finding| finding.state == State::Bad);
    let exits = bad.map(|finding| match finding.trouble {
        Some(Trouble::Configuration | Trouble::Name) => Exit::Usage,
        _ => Exit::Connection,
    });
    exits.max_by_key(|exit| exit.code())
}
