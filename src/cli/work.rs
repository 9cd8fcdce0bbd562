//! `work`: who may not be as it should be and why, and the orders to try at once, or to let it be.
//!
//! Shows what `admin::work` tells. Orders need a bridge at work: the running one, or one for this command.

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::Context;
use super::exit::Failure;
use super::output;
use super::reach::{Reach, Reached};
use crate::admin::work::shown;
use crate::directory::Directory;
use crate::limits;
use crate::model::UserId;

/// Show who is not yet as it should be; try again, or let it be.
#[derive(Debug, Args)]
pub(super) struct Work {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List users of whom something is still to be done.
    List(List),
    /// Show one of them: reasons, tries, when the next one is.
    Show(One),
    /// Recompute a user at once, also one of whom nothing was to be done.
    Retry(One),
    /// Let what is not there be, until the user is changed.
    Drop(One),
}

#[derive(Debug, Args)]
struct List {
    /// Only behind this user id: the last one of a list that was cut.
    #[arg(long, value_name = "USER")]
    after: Option<String>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    reach: Reach,
}

#[derive(Debug, Args)]
struct One {
    /// The id of the user.
    user: String,
    /// Print JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    reach: Reach,
}

impl Work {
    pub(super) fn run(self, context: &Context) -> Result<(), Failure> {
        match self.action {
            Action::List(list) => list.run(context),
            Action::Show(one) => one.show(context),
            Action::Retry(one) => one.order(
                context,
                "POST",
                "/retry",
                "is recomputed; `scim-bridge work show` tells how it goes",
            ),
            Action::Drop(one) => one.order(context, "DELETE", "", "is left as it is"),
        }
    }
}

impl List {
    fn run(self, context: &Context) -> Result<(), Failure> {
        let found = match self.reach.reach(context)? {
            Reached::Remote(client) => {
                let after = self.after.map(|user| format!("?after={}", segment(&user)));
                client.send("GET", &format!("/admin/work{}", after.unwrap_or_default()), None)?
            }
            Reached::Offline(opened) => {
                let directory = Directory::new(opened.tenant.clone(), opened.store.clone());
                let after = self.after.map(UserId::new);
                let works = opened.wait(directory.works(after.as_ref(), limits::WORK_LISTED))?;
                opened.close()?;
                json!({ "work": works.iter().map(shown).collect::<Vec<_>>() })
            }
        };
        if self.json {
            return output::json(&found);
        }
        let works = found.get("work").and_then(Value::as_array);
        let rows = works.into_iter().flatten().map(row).collect();
        output::table(
            &["USER", "REASONS", "SINCE", "ATTEMPTS", "NEXT", "CODE"],
            rows,
            "No work is waiting. Changes that are under way: `sagas list`.",
        )
    }
}

fn row(work: &Value) -> Vec<String> {
    let last = work.get("last").unwrap_or(&Value::Null);
    vec![
        output::text(work, "user"),
        reasons(work),
        output::moment(work, "since_ms"),
        output::text(work, "attempts"),
        output::moment(work, "not_before_ms"),
        output::text(last, "code"),
    ]
}

fn reasons(work: &Value) -> String {
    let all = work.get("reasons").and_then(Value::as_array);
    let words: Vec<String> = all.into_iter().flatten().map(|one| output::text(one, "reason")).collect();
    words.join(", ")
}

impl One {
    fn show(self, context: &Context) -> Result<(), Failure> {
        let work = match self.reach.reach(context)? {
            Reached::Remote(client) => {
                client.send("GET", &format!("/admin/work/{}", segment(&self.user)), None)?
            }
            Reached::Offline(opened) => {
                let directory = Directory::new(opened.tenant.clone(), opened.store.clone());
                let user = UserId::new(&self.user);
                let found = opened.wait(directory.work(&user))?;
                opened.close()?;
                shown(&found.ok_or_else(|| Failure::failed("there is no work for this user"))?)
            }
        };
        if self.json {
            return output::json(&work);
        }
        let (user, why, since) =
            (output::text(&work, "user"), reasons(&work), output::moment(&work, "since_ms"));
        output::line(format_args!("User {user}: {why}, since {since}"))?;
        let (attempts, next) = (output::text(&work, "attempts"), output::moment(&work, "not_before_ms"));
        output::line(format_args!("  {attempts} tries came to nothing; the next one is not before {next}"))?;
        let Some(last) = work.get("last").filter(|last| last.is_object()) else { return Ok(()) };
        let (at, why) = (output::moment(last, "at_ms"), output::text(last, "why"));
        let (code, trace) = (output::text(last, "code"), output::text(last, "correlation_id"));
        output::line(format_args!("  the last one, at {at}: {why} (code {code}, correlation id {trace})"))
    }

    fn order(self, context: &Context, method: &str, path: &str, said: &str) -> Result<(), Failure> {
        let working = self.reach.reach_working(context)?;
        let path = format!("/admin/work/{}{path}", segment(&self.user));
        let answer = working.client.send(method, &path, None);
        working.end();
        let answer = answer?;
        if self.json {
            return output::json(&answer);
        }
        output::line(format_args!("User {} {said}.", self.user))
    }
}

/// An id as part of an address.
fn segment(id: &str) -> String {
    percent_encoding::utf8_percent_encode(id, percent_encoding::NON_ALPHANUMERIC).to_string()
}
