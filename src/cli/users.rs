//! `users import`: takes users from a file into the directory while no bridge runs, without asking Genesys
//! Cloud.
//!
//! The importing is `import::from_file`; it may be repeated and never touches what an identity provider has
//! written. Users and groups straight from Genesys Cloud: the command `import`.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;

use clap::{Args, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use super::exit::Failure;
use super::output;
use super::reach::{Opened, reach_offline, store_failure, wait};
use super::{Context, logging};
use crate::app::system::{SystemClock, SystemIds};
use crate::config::{LogConfig, LogFormat};
use crate::directory::Directory;
use crate::import::from_file::{FileError, FileParts, Listener, Tally, import_lines, note_done};

/// How much of the file is read at once, in bytes.
const READ_BYTES: usize = 256 * 1024;

/// Take users from a file into the directory, with the bridge stopped.
#[derive(Debug, Args)]
pub(super) struct Users {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Take users from a file, unmanaged as `import` would, without asking Genesys Cloud.
    ///
    /// Each line is one SCIM user as JSON, with its Genesys Cloud id as `id`. Only who it is counts:
    /// passwords, roles, queues, skills and languages are left out. A wrong line is named and passed over. It
    /// may be repeated.
    Import(FileImport),
}

#[derive(Debug, Args)]
struct FileImport {
    /// The file, or "-" for standard input.
    #[arg(long, value_name = "FILE")]
    file: PathBuf,
    /// The file holds every user of Genesys Cloud: count it as the import that readiness waits for.
    #[arg(long)]
    complete: bool,
    /// Print JSON, and no progress.
    #[arg(long)]
    json: bool,
}

impl Users {
    pub(super) fn run(self, context: &Context) -> Result<(), Failure> {
        let Action::Import(import) = self.action;
        import.run(context)
    }
}

impl FileImport {
    fn run(&self, context: &Context) -> Result<(), Failure> {
        let (mut source, bytes) = self.open()?;
        let opened = reach_offline(context)?;
        logging::start(&LogConfig { format: LogFormat::Text, level: "warn".into() })?;
        let mut shown =
            Shown { bar: (!self.json).then(|| bar(bytes)), file: self.file.display().to_string() };
        let tally = self.import(&opened, source.as_mut(), &mut shown);
        if let Some(bar) = &shown.bar {
            bar.finish_and_clear();
        }
        opened.close()?;
        let tally = tally?;
        if self.json {
            output::json(&json!(tally))?;
        } else {
            output::line(format_args!(
                "{} users read, {} written, {} unchanged, {} kept because an identity provider has written them, {} refused.",
                tally.users, tally.written, tally.unchanged, tally.kept, tally.refused,
            ))?;
        }
        if tally.refused == 0 {
            return Ok(());
        }
        Err(Failure::failed(format!(
            "{}: {} lines were refused; correct them and run the import again",
            shown.file, tally.refused
        )))
    }

    /// The file and its length, where it has one.
    fn open(&self) -> Result<(Box<dyn BufRead>, Option<u64>), Failure> {
        if self.file.as_os_str() == "-" {
            return Ok((Box::new(std::io::stdin().lock()), None));
        }
        let opened = File::open(&self.file).and_then(|file| {
            let about = file.metadata()?;
            let folder = std::io::Error::from(std::io::ErrorKind::IsADirectory);
            if about.is_dir() { Err(folder) } else { Ok((file, about)) }
        });
        let (file, about) = opened.map_err(|error| {
            Failure::usage(format!("--file {}: cannot be read ({error})", self.file.display()))
        })?;
        let bytes = about.is_file().then_some(about.len());
        Ok((Box::new(BufReader::with_capacity(READ_BYTES, file)), bytes))
    }

    fn import(&self, opened: &Opened, source: &mut dyn BufRead, shown: &mut Shown) -> Result<Tally, Failure> {
        let directory = Directory::new(opened.tenant.clone(), opened.store.clone());
        let clock = SystemClock::new();
        let parts =
            FileParts { directory: &directory, store: opened.store.as_ref(), clock: &clock, ids: &SystemIds };
        wait(async {
            let tally = import_lines(&parts, source, shown).await.map_err(|error| match error {
                FileError::Read { .. } => Failure::failed(format!("{}: {error}", shown.file)),
                FileError::Store(error) => store_failure(&error),
            })?;
            if self.complete && tally.refused == 0 {
                note_done(&parts, &tally).await.map_err(|error| store_failure(&error))?;
            }
            Ok(tally)
        })
    }
}

/// Progress and refused lines on standard error.
struct Shown {
    bar: Option<ProgressBar>,
    file: String,
}

impl Listener for Shown {
    fn refused(&mut self, line: u64, why: &str) {
        let say = || output::remark(format_args!("{}: line {line}: {why}", self.file));
        match &self.bar {
            Some(bar) => bar.suspend(say),
            None => say(),
        }
    }

    fn progress(&mut self, tally: &Tally) {
        if let Some(bar) = &self.bar {
            bar.set_position(tally.bytes);
            bar.set_message(format!("{} users", tally.users));
        }
    }
}

fn bar(bytes: Option<u64>) -> ProgressBar {
    let bar = bytes.map_or_else(ProgressBar::no_length, ProgressBar::new);
    // The template is fixed, so the fallback is never seen.
    let style = ProgressStyle::with_template("{bar:30} {bytes}/{total_bytes} {msg} {eta}");
    bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}
