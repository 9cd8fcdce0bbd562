//! `sagas`: which changes are under way or stuck, what one did and why it stopped, and the orders to try
//! again, to go back, or to give a step up.
//!
//! Shows what `admin::sagas` tells. Orders need a bridge at work: the running one, or one for this command;
//! what an order would lead to can be read from the journal.

use std::sync::Arc;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::Context;
use super::exit::Failure;
use super::output;
use super::reach::{Opened, Reach, Reached};
use super::turn_words::turn_words;
use crate::admin::sagas::{details, summary};
use crate::bridge::{Intervention, consequence};
use crate::model::ports::Journal as _;
use crate::model::{SagaId, StepId, StoreError};
use crate::store::StoreJournal;

/// Show open, stuck and finished sagas; drive a stuck one again.
#[derive(Debug, Args)]
pub(super) struct Sagas {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List open sagas, stuck ones first.
    List(List),
    /// Show one saga: its steps, its turns, its end.
    Show(One),
    /// Let a stuck saga try its undo again, after its cause was removed; go on with one on which nobody works.
    Redrive(One),
    /// Turn a saga back, or end a stuck one as it is. Shows what that leads to; with --yes it is done.
    Abort(Abort),
    /// Try one step of a saga, or its undo, no longer. Shows what that leads to; with --yes it is done.
    GiveUp(GiveUp),
}

#[derive(Debug, Args)]
struct List {
    /// Also the newest NUMBER finished ones.
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    finished: usize,
    /// Print JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    reach: Reach,
}

#[derive(Debug, Args)]
struct One {
    /// Its id, as `sagas list` shows it.
    id: String,
    /// Print JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    reach: Reach,
}

#[derive(Debug, Args)]
struct Abort {
    #[command(flatten)]
    one: One,
    /// Do it.
    #[arg(long)]
    yes: bool,
}

#[derive(Debug, Args)]
struct GiveUp {
    #[command(flatten)]
    one: One,
    /// Number of the step, as `sagas show` shows it.
    #[arg(value_parser = clap::value_parser!(u16).range(1..))]
    step: u16,
    /// Do it.
    #[arg(long)]
    yes: bool,
}

impl Sagas {
    pub(super) fn run(self, context: &Context) -> Result<(), Failure> {
        match self.action {
            Action::List(list) => list.run(context),
            Action::Show(one) => one.show(context),
            Action::Redrive(one) => one.redrive(context),
            Action::Abort(Abort { one, yes }) => one.intervene(context, Intervention::Abort, "abort", yes),
            Action::GiveUp(GiveUp { one, step, yes }) => {
                let asked = Intervention::GiveUp(StepId(step.saturating_sub(1)));
                one.intervene(context, asked, &format!("steps/{step}/give-up"), yes)
            }
        }
    }
}

impl List {
    fn run(self, context: &Context) -> Result<(), Failure> {
        let found = match self.reach.reach(context)? {
            Reached::Remote(client) => {
                client.send("GET", &format!("/admin/sagas?finished={}", self.finished), None)?
            }
            Reached::Offline(opened) => {
                let (mut open, finished) = opened.wait(async {
                    let journal = journal(&opened).await?;
                    Ok((journal.open_sagas().await?, journal.finished(self.finished).await?))
                })?;
                open.sort_by_key(|saga| !saga.is_stuck());
                opened.close()?;
                json!({
                    "open": open.iter().map(summary).collect::<Vec<_>>(),
                    "finished": finished.iter().map(summary).collect::<Vec<_>>(),
                })
            }
        };
        if self.json {
            return output::json(&found);
        }
        let part = |name: &str| found.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
        let rows = part("open").iter().chain(&part("finished")).map(row).collect();
        let nothing = if self.finished == 0 { "No saga is open." } else { "There are no sagas." };
        output::table(&["ID", "STATE", "KIND", "ABOUT", "STEPS", "OPENED"], rows, nothing)
    }
}

fn row(saga: &Value) -> Vec<String> {
    let about = saga.get("about").and_then(Value::as_object);
    let about = about.and_then(|about| {
        let (kind, id) = about.iter().next()?;
        Some(format!("{kind} {}", id.as_str().unwrap_or("(new)")))
    });
    let idle = saga.get("at_work") == Some(&Value::Bool(false)) && saga.get("state") != Some(&json!("stuck"));
    let state = output::text(saga, "state");
    vec![
        output::text(saga, "id"),
        if idle { format!("{state}, nobody works on it") } else { state },
        output::text(saga, "kind"),
        about.unwrap_or_default(),
        output::text(saga, "steps"),
        output::moment(saga, "opened_ms"),
    ]
}

impl One {
    fn id(&self) -> Result<SagaId, Failure> {
        SagaId::parse(&self.id).ok_or_else(|| {
            Failure::usage(format!(
                "\"{}\" is not the id of a saga; `scim-bridge sagas list` shows them",
                self.id
            ))
        })
    }

    fn show(self, context: &Context) -> Result<(), Failure> {
        let id = self.id()?;
        let saga = match self.reach.reach(context)? {
            Reached::Remote(client) => client.send("GET", &format!("/admin/sagas/{id}"), None)?,
            Reached::Offline(opened) => {
                let found = opened.wait(async { journal(&opened).await?.load(id).await })?;
                opened.close()?;
                details(&found.ok_or_else(|| Failure::failed("there is no saga with this id"))?)
            }
        };
        if self.json {
            return output::json(&saga);
        }
        let heading = format!(
            "Saga {}: {}, {}, opened {} by {}",
            output::text(&saga, "id"),
            output::text(&saga, "kind"),
            output::text(&saga, "state"),
            output::moment(&saga, "opened_ms"),
            output::text(&saga, "by"),
        );
        output::line(heading)?;
        for step in saga.get("plan").and_then(Value::as_array).into_iter().flatten() {
            output::line(format_args!("  {}", step.as_str().unwrap_or_default()))?;
        }
        for turn in saga.get("turns").and_then(Value::as_array).into_iter().flatten() {
            output::line(format_args!("  {}", turn_words(turn)))?;
        }
        for last in saga.get("tries").and_then(Value::as_array).into_iter().flatten() {
            let step = last.get("step").and_then(Value::as_u64).unwrap_or_default() + 1;
            let (attempt, at) = (output::text(last, "attempt"), output::moment(last, "at_ms"));
            let why = output::text(last, "why");
            output::line(format_args!("  step {step}, attempt {attempt} at {at}: {why}"))?;
        }
        if saga.get("at_work") == Some(&Value::Bool(false)) {
            output::line("  Nobody works on it.")?;
        }
        Ok(())
    }

    fn redrive(self, context: &Context) -> Result<(), Failure> {
        let id = self.id()?;
        let working = self.reach.reach_working(context)?;
        let answer = working.client.send("POST", &format!("/admin/sagas/{id}/redrive"), None);
        working.end();
        let answer = answer?;
        if self.json {
            return output::json(&answer);
        }
        output::line(format_args!("Saga {id} tries again; `scim-bridge sagas show {id}` tells how it went."))
    }
}

impl One {
    /// Shows what an intervention leads to; does it if that was asked for.
    fn intervene(self, context: &Context, asked: Intervention, path: &str, yes: bool) -> Result<(), Failure> {
        let id = self.id()?;
        let path = format!("/admin/sagas/{id}/{path}");
        let found = if yes {
            let working = self.reach.reach_working(context)?;
            let answer = working.client.send("POST", &path, None);
            working.end();
            answer?
        } else {
            match self.reach.reach(context)? {
                Reached::Remote(client) => client.send("GET", &path, None)?,
                Reached::Offline(opened) => {
                    let saga = opened.wait(async { journal(&opened).await?.load(id).await })?;
                    opened.close()?;
                    let saga = saga.ok_or_else(|| Failure::failed("there is no saga with this id"))?;
                    json!(consequence(&saga, asked).map_err(Failure::failed)?)
                }
            }
        };
        if self.json {
            return output::json(&found);
        }
        output::line(output::text(&found, "what"))?;
        for step in found.get("steps").and_then(Value::as_array).into_iter().flatten() {
            output::line(format_args!("  {}", step.as_str().unwrap_or_default()))?;
        }
        if yes {
            output::line(format_args!("Asked for; `scim-bridge sagas show {id}` tells how it went."))
        } else {
            output::line("Nothing was changed. Give --yes to do it.")
        }
    }
}

async fn journal(opened: &Opened) -> Result<StoreJournal, StoreError> {
    StoreJournal::new(opened.tenant.clone(), Arc::clone(&opened.store)).await
}
