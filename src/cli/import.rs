//! `import`: fills the directory with the users and groups that Genesys Cloud already has, and shows how far
//! it is.
//!
//! The importing is `import::from_genesys`; it may be repeated and never touches what an identity provider
//! has written.

use std::time::Duration;

use clap::Args;
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use serde_json::Value;

use super::admin_client::AdminClient;
use super::exit::Failure;
use super::output;
use super::reach::Reach;
use super::{Context, logging};
use crate::config::LogFormat;

/// Pause between two looks at the progress.
const LOOK: Duration = Duration::from_millis(250);

/// Take the users and groups that Genesys Cloud already has into the directory, unmanaged.
#[derive(Debug, Args)]
pub(super) struct Import {
    /// Print JSON, and no progress.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    reach: Reach,
}

impl Import {
    pub(super) fn run(self, context: &Context) -> Result<(), Failure> {
        let working = self.reach.reach_working(context)?;
        if working.is_own() {
            logging::start(&crate::config::LogConfig { format: LogFormat::Text, level: "warn".into() })?;
        }
        let answer = if self.json {
            working.client.send("POST", "/admin/import", None)
        } else {
            with_progress(&working.client)
        };
        working.end();
        let answer = answer?;
        if self.json {
            return output::json(&answer);
        }
        let number = |member| answer.get(member).and_then(Value::as_u64).unwrap_or_default();
        output::line(format_args!(
            "{} users and {} groups read, {} records written, {} passed over because another record owns their name.",
            number("users"),
            number("groups"),
            number("written"),
            number("passed_over"),
        ))
    }
}

/// Runs an import and draws how far it is on standard error, where that is a terminal.
#[expect(
    clippy::disallowed_methods,
    reason = "a terminal command on its own thread, without a runtime to wait on"
)]
pub(super) fn with_progress(client: &AdminClient) -> Result<Value, Failure> {
    let bars = MultiProgress::new();
    let (users, groups) = (bars.add(bar("users")), bars.add(bar("groups")));
    let answer = std::thread::scope(|scope| {
        let work = scope.spawn(|| client.send("POST", "/admin/import", None));
        while !work.is_finished() {
            if let Ok(progress) = client.send("GET", "/admin/import", None) {
                show(&users, &progress, "users");
                show(&groups, &progress, "groups");
            }
            std::thread::sleep(LOOK);
        }
        work.join().unwrap_or_else(|_| Err(Failure::failed("the import ended unexpectedly")))
    });
    if let Ok(found) = &answer {
        show(&users, found, "users");
        show(&groups, found, "groups");
    }
    users.abandon();
    groups.abandon();
    answer
}

fn bar(name: &'static str) -> ProgressBar {
    let bar = ProgressBar::no_length().with_message(name);
    // The template is fixed, so the fallback is never seen.
    let style = ProgressStyle::with_template("{msg:<7} {bar:30} {pos}/{len} {per_sec} {eta}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar
}

fn show(bar: &ProgressBar, progress: &Value, name: &str) {
    if let Some(total) = progress.get(format!("{name}_total")).and_then(Value::as_u64) {
        bar.set_length(total);
    }
    if let Some(read) = progress.get(name).and_then(Value::as_u64) {
        bar.set_position(read);
    }
}
