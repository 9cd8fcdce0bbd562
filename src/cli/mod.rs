//! The command line: commands as data, one file for each, and their exit codes.
//!
//! A command reads its settings, reaches the bridge (`reach`) and prints (`output`); it decides nothing about
//! users. Adding one: a file with a struct that derives `Args` and has `run`, and a line in [`Command`].

pub(crate) mod admin_client;
mod audit;
mod check;
#[cfg(feature = "demo")]
mod demo;
pub(crate) mod exit;
mod http;
mod http_body;
mod import;
pub(crate) mod logging;
pub(crate) mod output;
mod plan;
mod plan_all;
mod reach;
mod resync;
mod sagas;
mod serve;
mod token;
mod turn_words;
mod users;
mod whole_config;
mod work;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::config::Config;
use exit::Failure;

const AFTER_HELP: &str = "\
Exit codes:
  0  done
  1  it failed; the message says why
  2  the command line or the configuration is wrong
  3  the connection, the credentials or the rights are wrong
  4  the data directory is locked by another process
  6  something differs, and --fail-on-drift was given";

/// SCIM 2.0 in, a working Genesys Cloud agent out, or nothing at all.
#[derive(Debug, Parser)]
#[command(name = "scim-bridge", version, about, after_help = AFTER_HELP, max_term_width = 100)]
struct Cli {
    /// Configuration file.
    #[arg(
        long,
        short,
        global = true,
        value_name = "FILE",
        env = "SCIM_BRIDGE_CONFIG",
        default_value = "scim-bridge.toml"
    )]
    config: PathBuf,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Serve(serve::Serve),
    #[cfg(feature = "demo")]
    Demo(demo::Demo),
    Check(check::Check),
    Import(import::Import),
    Users(users::Users),
    Token(token::Token),
    Plan(plan::Plan),
    Sagas(sagas::Sagas),
    Work(work::Work),
    Resync(resync::Resync),
    Audit(audit::Audit),
}

/// What all commands share.
struct Context {
    config_file: PathBuf,
}

impl Context {
    fn config(&self) -> Result<Config, Failure> {
        whole_config::load(&self.config_file)
    }
}

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // clap knows help and version from mistakes; a closed pipe is nobody's mistake.
            drop(error.print());
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    let context = Context { config_file: cli.config };
    let ended = match cli.command {
        Command::Serve(command) => command.run(&context),
        #[cfg(feature = "demo")]
        Command::Demo(command) => command.run(),
        Command::Check(command) => command.run(&context),
        Command::Import(command) => command.run(&context),
        Command::Users(command) => command.run(&context),
        Command::Token(command) => command.run(&context),
        Command::Plan(command) => command.run(&context),
        Command::Sagas(command) => command.run(&context),
        Command::Work(command) => command.run(&context),
        Command::Resync(command) => command.run(&context),
        Command::Audit(command) => command.run(&context),
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn commands_are_read_as_written() {
        let good = [
            "serve",
            "check --json",
            "import --token-file t --server http://127.0.0.1:1",
            "token new --name okta",
            "token new --label okta --scope admin --days 30 --json",
            "users import --file users.ndjson --complete --json",
            "users import --file -",
            "token list",
            "token revoke some-id",
            "sagas list --finished 10",
            "audit verify --json",
            "audit export --after 7",
            "sagas show some-id",
            "sagas redrive some-id --config x.toml",
            "sagas abort some-id",
            "sagas abort some-id --yes --json",
            "sagas give-up some-id 3 --yes",
            "work list --after some-id --json",
            "work show some-id",
            "work retry some-id",
            "work drop some-id --json",
            "resync",
            "resync --user some-id --repair --json",
            "resync --csv drift.csv --fail-on-drift",
            "resync list",
            "resync show some-id --csv drift.csv",
            "resync cancel some-id",
            "plan --id some-id",
            "plan --file user.json --json",
            "plan --all --config new.toml --json",
        ];
        for line in good {
            let words = std::iter::once("scim-bridge").chain(line.split(' '));
            assert!(Cli::try_parse_from(words).is_ok(), "{line}");
        }
        for line in [
            "",
            "users import",
            "token new",
            "token new --name x --scope both",
            "plan",
            "plan --id a --file b",
            "plan --all --id a",
            "sagas show",
            "sagas give-up some-id",
            "sagas give-up some-id 0",
            "resync --repair list",
        ] {
            let words = std::iter::once("scim-bridge").chain(line.split(' ').filter(|word| !word.is_empty()));
            assert!(Cli::try_parse_from(words).is_err(), "{line}");
        }
    }
}
