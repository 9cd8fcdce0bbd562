//! `plan`: a dry run. What would change for a user in Genesys Cloud, and why; nothing is written anywhere.
//!
//! The planning is the bridge's own (`bridge::preview`); here it is only asked for and printed. What new rules would
//! change for everybody: [`super::plan_all`].

use std::io::Read as _;
use std::path::PathBuf;

use clap::Args;
use serde_json::{Value, json};

use super::Context;
use super::exit::Failure;
use super::output;
use super::plan_all;
use super::reach::{Reach, Reached};
use crate::limits;
use crate::model::ports::Journal as _;
use crate::store::StoreJournal;

/// Show what would change for a user or for everybody, and why, without changing anything.
#[derive(Debug, Args)]
#[group(id = "whom", required = true, multiple = false, args = ["id", "file", "all"])]
pub(super) struct Plan {
    /// A user of the directory, by id.
    #[arg(long)]
    id: Option<String>,
    /// A SCIM user as JSON, as an identity provider would send it; "-" reads standard input.
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// Everybody whom the bridge manages: what the rules of the configuration would change. Name another file with
    /// --config to try its rules out. Only the directory is read: what was changed in Genesys Cloud by hand is not seen.
    #[arg(long)]
    all: bool,
    /// Print JSON; with --all a line for each difference, and the sums in the last one.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    reach: Reach,
}

impl Plan {
    pub(super) fn run(self, context: &Context) -> Result<(), Failure> {
        if self.all {
            return plan_all::run(context, &self.reach, self.json);
        }
        let body = match (&self.id, &self.file) {
            (Some(id), _) => json!({ "id": id }),
            (None, Some(file)) => json!({ "user": read(file)? }),
            (None, None) => return Err(Failure::usage("give --id, --file or --all")),
        };
        if let Reached::Offline(opened) = self.reach.reach(context)? {
            // A bridge started for this command would go on with open sagas, and a dry run must not write.
            let open = opened.wait(async {
                let journal = StoreJournal::new(opened.tenant.clone(), opened.store.clone()).await?;
                journal.open_sagas().await
            })?;
            opened.close()?;
            if open.iter().any(|saga| !saga.is_stuck()) {
                return Err(Failure::failed(
                    "changes are under way that a stopped bridge left open: start it with `scim-bridge serve` and ask again",
                ));
            }
        }
        let working = self.reach.reach_working(context)?;
        let answer = working.client.send("POST", "/admin/plan", Some(&body));
        working.end();
        let answer = answer?;
        if self.json {
            return output::json(&answer);
        }
        output::line(output::text(&answer, "text").trim_end())
    }
}

fn read(file: &PathBuf) -> Result<Value, Failure> {
    let wrong = |why: String| Failure::usage(format!("--file {}: {why}", file.display()));
    let limit = u64::try_from(limits::BODY_BYTES).unwrap_or(u64::MAX);
    let mut bytes = Vec::new();
    let read = if file.as_os_str() == "-" {
        std::io::stdin().take(limit).read_to_end(&mut bytes)
    } else {
        std::fs::File::open(file).and_then(|open| open.take(limit).read_to_end(&mut bytes))
    };
    read.map_err(|error| wrong(format!("cannot be read ({error})")))?;
    serde_json::from_slice(&bytes)
        .map_err(|error| wrong(format!("is not JSON (line {}, column {})", error.line(), error.column())))
}
