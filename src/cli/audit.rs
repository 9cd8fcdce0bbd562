//! `audit`: whether the trail is whole, where it ends, and its entries as lines of JSON for whoever keeps
//! evidence.
//!
//! Works with a running bridge and on the data directory of one that does not run. The chain is `audit`'s
//! matter, both ways give what `admin::audit` tells.

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::Context;
use super::exit::Failure;
use super::output;
use super::reach::{Reach, Reached};
use crate::admin::audit::{page, verification};
use crate::audit;

/// Verify or export the audit trail.
#[derive(Debug, Args)]
pub(super) struct Audit {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Recompute the chain from its first entry; ends with 1 and names the entry when it is broken.
    Verify(Common),
    /// Print number and hash of the last entry, to be kept elsewhere.
    Head(Common),
    /// Print all entries, one JSON object a line.
    Export(Export),
}

#[derive(Debug, Args)]
struct Common {
    /// Print JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    reach: Reach,
}

#[derive(Debug, Args)]
struct Export {
    /// Only entries behind this number.
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    after: u64,
    #[command(flatten)]
    reach: Reach,
}

impl Audit {
    pub(super) fn run(self, context: &Context) -> Result<(), Failure> {
        match self.action {
            Action::Verify(common) => common.verify(context),
            Action::Head(common) => common.head(context),
            Action::Export(export) => export.run(context),
        }
    }
}

impl Common {
    fn verify(&self, context: &Context) -> Result<(), Failure> {
        let found = match self.reach.reach(context)? {
            Reached::Remote(client) => client.send("GET", "/admin/audit/verification", None)?,
            Reached::Offline(opened) => {
                let found = opened.wait(verification(opened.store.as_ref(), &opened.tenant))?;
                opened.close()?;
                json!(found)
            }
        };
        if self.json {
            output::json(&found)?;
        }
        let entries = output::text(&found, "entries");
        if found.get("whole") != Some(&Value::Bool(true)) {
            let broken = found.get("entries").and_then(Value::as_u64).unwrap_or_default().saturating_add(1);
            return Err(Failure::failed(format!(
                "the audit trail is broken at entry {broken}: {}. The {entries} entries before it are whole. Compare with an export or a \
                 backup that was kept elsewhere",
                output::text(&found, "why"),
            )));
        }
        if self.json {
            return Ok(());
        }
        match output::text(&found, "hash").as_str() {
            "" => output::line("The audit trail is empty."),
            hash => {
                let trimmed = match output::text(&found, "trimmed").as_str() {
                    "0" => String::new(),
                    trimmed => format!(", of which {trimmed} were let go of"),
                };
                output::line(format_args!(
                    "The audit trail is whole: {entries} entries{trimmed}, the last one is {hash}."
                ))
            }
        }
    }

    fn head(&self, context: &Context) -> Result<(), Failure> {
        let found = match self.reach.reach(context)? {
            Reached::Remote(client) => client.send("GET", "/admin/audit/head", None)?,
            Reached::Offline(opened) => {
                let (entries, hash) = opened.wait(audit::head(opened.store.as_ref(), &opened.tenant))?;
                opened.close()?;
                json!({ "entries": entries, "hash": hash })
            }
        };
        if self.json {
            return output::json(&found);
        }
        output::line(format_args!("{} {}", output::text(&found, "entries"), output::text(&found, "hash")))
    }
}

impl Export {
    fn run(&self, context: &Context) -> Result<(), Failure> {
        match self.reach.reach(context)? {
            Reached::Remote(client) => self.pages(|after| {
                let found = client.send("GET", &format!("/admin/audit/entries?after={after}"), None)?;
                Ok(found.get("entries").and_then(Value::as_array).cloned().unwrap_or_default())
            }),
            Reached::Offline(opened) => {
                self.pages(|after| {
                    let page = opened.wait(page(opened.store.as_ref(), &opened.tenant, after))?;
                    Ok(page.iter().map(|entry| json!(entry)).collect())
                })?;
                opened.close()
            }
        }
    }

    /// Prints pages until one is empty.
    fn pages(&self, mut page: impl FnMut(u64) -> Result<Vec<Value>, Failure>) -> Result<(), Failure> {
        let mut after = self.after;
        loop {
            let entries = page(after)?;
            for entry in &entries {
                output::line(entry)?;
            }
            match entries.last().and_then(|last| last.get("seq")).and_then(Value::as_u64) {
                Some(seq) => after = seq,
                None => return Ok(()),
            }
        }
    }
}
