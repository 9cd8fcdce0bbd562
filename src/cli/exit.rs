//! How a command ends when it did not end well: an exit code for scripts, a message for people.
//!
//! The codes are part of the command line's contract and are listed in its help.

use std::io::Write as _;
use std::process::ExitCode;

/// Exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// 0: nobody reads our output any more.
    Quiet,
    /// 1: it failed.
    Failed,
    /// 2: command line or configuration.
    Usage,
    /// 3: connection, credentials or rights.
    Connection,
    /// 4: the data directory is locked.
    Locked,
    /// 6: something differs, and the command was to say so.
    Drift,
}

impl Exit {
    /// The number.
    pub(crate) fn code(self) -> u8 {
        match self {
            Exit::Quiet => 0,
            Exit::Failed => 1,
            Exit::Usage => 2,
            Exit::Connection => 3,
            Exit::Locked => 4,
            Exit::Drift => 6,
        }
    }
}

/// Why a command did not end well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    /// The exit code.
    pub exit: Exit,
    /// What failed, with which input, and what to do; empty when all was said already.
    pub message: String,
}

impl Failure {
    /// It failed.
    pub(crate) fn failed(message: impl Into<String>) -> Self {
        Self { exit: Exit::Failed, message: message.into() }
    }

    /// The command line or the configuration is wrong.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self { exit: Exit::Usage, message: message.into() }
    }

    /// The connection, the credentials or the rights are wrong.
    pub(crate) fn connection(message: impl Into<String>) -> Self {
        Self { exit: Exit::Connection, message: message.into() }
    }

    /// The data directory is locked.
    pub(crate) fn locked(message: impl Into<String>) -> Self {
        Self { exit: Exit::Locked, message: message.into() }
    }

    /// Ends without a word.
    pub(crate) fn silent(exit: Exit) -> Self {
        Self { exit, message: String::new() }
    }

    /// Prints the message and gives the exit code.
    pub(crate) fn report(&self) -> ExitCode {
        if !self.message.is_empty() {
            // Nobody is left to tell when standard error is closed.
            drop(writeln!(std::io::stderr(), "scim-bridge: {}", self.message));
        }
        ExitCode::from(self.exit.code())
    }
}
