//! `resync`: looks back at Genesys Cloud and shows what differs, with the reason of each line; on demand has it repaired.
//!
//! The run is `resync`'s and goes on in the bridge when this command ends early; here it is begun, watched and shown.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};

use super::admin_client::AdminClient;
use super::exit::{Exit, Failure};
use super::output;
use super::reach::{Reach, Reached, Working};
use super::{Context, logging};
use crate::config::LogFormat;
use crate::resync::Runs;

/// Pause between two looks at a run.
const LOOK: Duration = Duration::from_millis(500);
/// Lines of a report that are printed for people; files and JSON have all.
const SHOWN: usize = 200;

/// Compare everybody with Genesys Cloud, and show every difference with its reason.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct Resync {
    #[command(subcommand)]
    action: Option<Action>,
    #[command(flatten)]
    begin: Begin,
}

#[derive(Debug, Args)]
struct Begin {
    /// Only this user, by id.
    #[arg(long, value_name = "ID")]
    user: Option<String>,
    /// Have the bridge bring back what is its to decide. Without it, nothing is changed.
    #[arg(long)]
    repair: bool,
    /// With --repair: also where very many people would be changed.
    #[arg(long, requires = "repair")]
    even_if_many: bool,
    /// Write the report to a file, as comma-separated values.
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,
    /// End with exit code 6 if anything differs.
    #[arg(long)]
    fail_on_drift: bool,
    /// Begin the run in the running bridge and do not wait for its end.
    #[arg(long, conflicts_with_all = ["csv", "fail_on_drift"])]
    no_wait: bool,
    /// Print JSON, and no progress.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    reach: Reach,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List the runs that are kept, newest first.
    List(Kept),
    /// Show a run and its report.
    Show(One),
    /// End a run before its next page.
    Cancel(One),
}

#[derive(Debug, Args)]
struct Kept {
    /// Print JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    reach: Reach,
}

#[derive(Debug, Args)]
struct One {
    /// Its id, as `resync list` shows it.
    id: String,
    /// Write the report to a file, as comma-separated values.
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    reach: Reach,
}

impl Resync {
    pub(super) fn run(self, context: &Context) -> Result<(), Failure> {
        match self.action {
            None => self.begin.run(context),
            Some(Action::List(some)) => some.list(context),
            Some(Action::Show(one)) => one.show(context),
            Some(Action::Cancel(one)) => one.cancel(context),
        }
    }
}

impl Begin {
    fn run(self, context: &Context) -> Result<(), Failure> {
        let working = self.reach.reach_working(context)?;
        if working.is_own() {
            logging::start(&crate::config::LogConfig { format: LogFormat::Text, level: "warn".into() })?;
        }
        let done = self.through(&working);
        working.end();
        done
    }

    fn through(&self, working: &Working) -> Result<(), Failure> {
        let client = &working.client;
        let mode = if self.repair { "repair" } else { "report" };
        let body = json!({ "user": self.user, "mode": mode, "many": self.even_if_many });
        let run = client.send("POST", "/admin/resync", Some(&body))?;
        let id = output::text(&run, "id");
        if !self.json {
            output::remark(format_args!("Run {id}: {}", cost(&run)));
        }
        if self.no_wait && !working.is_own() {
            return if self.json { output::json(&run) } else { output::line(id) };
        }
        let run = watch(client, &id, self.json)?;
        let differences = report(client, &id)?;
        write_csv(self.csv.as_ref(), &differences)?;
        show(&run, &differences, self.json)?;
        judge(&run, self.fail_on_drift)
    }
}

/// What a run will cost, in words.
fn cost(run: &Value) -> String {
    let estimate = run.get("estimate").unwrap_or(&Value::Null);
    let number = |name: &str| estimate.get(name).and_then(Value::as_u64).unwrap_or_default();
    match (number("calls"), number("minutes")) {
        (0, _) => "looks at one user".to_owned(),
        (calls, minutes) => format!("about {calls} calls, {minutes} minutes if nothing else needs them"),
    }
}

/// How the command ends.
fn judge(run: &Value, fail_on_drift: bool) -> Result<(), Failure> {
    match output::text(run, "end").as_str() {
        "complete" => {}
        "held" => {
            let many = run.pointer("/counts/to_repair").and_then(Value::as_u64).unwrap_or_default();
            return Err(Failure::failed(format!(
                "{many} people would be changed, which is very many: nobody was. Look at the report; where it is as it should \
                 be, run it again with --repair --even-if-many"
            )));
        }
        "cancelled" => return Err(Failure::failed("the run was cancelled")),
        _ => {
            let why = run.get("incomplete").and_then(Value::as_array).into_iter().flatten();
            let why: Vec<&str> = why.filter_map(Value::as_str).collect();
            let what =
                "the run is incomplete: what it shows is true, but there may be more; nothing was repaired";
            return Err(Failure::failed(format!("{what} ({})", why.join("; "))));
        }
    }
    let differs = run.pointer("/counts/users").and_then(Value::as_u64).unwrap_or_default();
    if fail_on_drift && differs > 0 { Err(Failure::silent(Exit::Drift)) } else { Ok(()) }
}

/// Looks until the run is over.
#[expect(
    clippy::disallowed_methods,
    reason = "a terminal command on its own thread, without a runtime to wait on"
)]
fn watch(client: &AdminClient, id: &str, quiet: bool) -> Result<Value, Failure> {
    let bar = if quiet { ProgressBar::hidden() } else { ProgressBar::no_length() };
    // The template is fixed, so the fallback is never seen.
    let style = ProgressStyle::with_template("{msg:<8} {bar:30} {pos}/{len} {per_sec} {eta}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    loop {
        let run = client.send("GET", &format!("/admin/resync/{id}"), None)?;
        draw(&bar, &run);
        if !run.get("end").is_none_or(Value::is_null) {
            bar.finish_and_clear();
            return Ok(run);
        }
        std::thread::sleep(LOOK);
    }
}

fn draw(bar: &ProgressBar, run: &Value) {
    let number = |at: &str| run.pointer(at).and_then(Value::as_u64).unwrap_or_default();
    let phase = output::text(run, "phase");
    let (done, all) = match phase.as_str() {
        "confirm" => (number("/counts/looked_at"), number("/counts/candidates")),
        _ => (number("/calls"), number("/estimate/calls").max(number("/calls"))),
    };
    bar.set_message(phase);
    bar.set_length(all);
    bar.set_position(done);
}

/// All lines of a report.
fn report(client: &AdminClient, id: &str) -> Result<Vec<Value>, Failure> {
    let (mut lines, mut after) = (Vec::new(), String::new());
    loop {
        let page = client.send("GET", &format!("/admin/resync/{id}/differences{after}"), None)?;
        lines.extend(page.get("differences").and_then(Value::as_array).into_iter().flatten().cloned());
        let next = output::text(&page, "next");
        if next.is_empty() {
            return Ok(lines);
        }
        let next = percent_encoding::utf8_percent_encode(&next, percent_encoding::NON_ALPHANUMERIC);
        after = format!("?after={next}");
    }
}

const COLUMNS: [&str; 8] = ["class", "user", "userName", "what", "ours", "theirs", "wins", "why"];

fn write_csv(file: Option<&PathBuf>, differences: &[Value]) -> Result<(), Failure> {
    let Some(file) = file else { return Ok(()) };
    let wrong =
        |error: csv::Error| Failure::usage(format!("--csv {}: cannot be written ({error})", file.display()));
    let mut writer = csv::Writer::from_path(file).map_err(wrong)?;
    writer.write_record(COLUMNS).map_err(wrong)?;
    for line in differences {
        writer.write_record(COLUMNS.map(|column| guarded(output::text(line, column)))).map_err(wrong)?;
    }
    writer.flush().map_err(|error| wrong(error.into()))
}

/// A text that a spreadsheet would take for a formula is marked as text.
fn guarded(text: String) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text }
}

fn show(run: &Value, differences: &[Value], as_json: bool) -> Result<(), Failure> {
    if as_json {
        return output::json(&json!({ "run": run, "differences": differences }));
    }
    let row = |line: &Value| {
        let texts = ["class", "userName", "what", "ours", "theirs", "wins", "why"];
        texts.map(|name| output::text(line, name)).to_vec()
    };
    let rows = differences.iter().take(SHOWN).map(row).collect();
    output::table(
        &["CLASS", "USER", "WHAT", "OURS", "THEIRS", "WINS", "WHY"],
        rows,
        "Nothing differs: everybody has in Genesys Cloud what they should have.",
    )?;
    if differences.len() > SHOWN {
        let left = differences.len() - SHOWN;
        output::remark(format_args!("{left} more lines; --csv or --json has all of them."));
    }
    let number = |at: &str| run.pointer(at).and_then(Value::as_u64).unwrap_or_default();
    output::remark(format_args!(
        "{} of {} users compared, {} differ; {} handed over to be repaired; {} were being changed all the time; {} calls.",
        number("/counts/compared").max(number("/counts/looked_at")),
        number("/counts/managed").max(number("/counts/looked_at")),
        number("/counts/users"),
        number("/counts/repaired"),
        number("/counts/unsettled"),
        number("/calls"),
    ));
    Ok(())
}

impl Kept {
    fn list(self, context: &Context) -> Result<(), Failure> {
        let found = match self.reach.reach(context)? {
            Reached::Remote(client) => client.send("GET", "/admin/resync", None)?,
            Reached::Offline(opened) => {
                let runs = Runs::new(opened.tenant.clone(), opened.store.clone());
                let runs = opened.wait(runs.list())?;
                opened.close()?;
                json!({ "runs": runs })
            }
        };
        if self.json {
            return output::json(&found);
        }
        let row = |run: &Value| {
            let end = match output::text(run, "end").as_str() {
                "" => output::text(run, "phase"),
                end => end.to_owned(),
            };
            let differ = run.pointer("/counts/users").map(Value::to_string).unwrap_or_default();
            let id = output::text(run, "id");
            vec![
                id,
                output::moment(run, "started_ms"),
                output::text(run, "mode"),
                end,
                differ,
                output::text(run, "calls"),
            ]
        };
        let rows = found.get("runs").and_then(Value::as_array).into_iter().flatten().map(row).collect();
        output::table(&["RUN", "BEGAN", "MODE", "END", "DIFFER", "CALLS"], rows, "There was no resync yet.")
    }
}

impl One {
    fn show(self, context: &Context) -> Result<(), Failure> {
        let working = self.reach.reach_working(context)?;
        let run = working.client.send("GET", &format!("/admin/resync/{}", self.id), None);
        let differences = run.and_then(|run| Ok((run, report(&working.client, &self.id)?)));
        working.end();
        let (run, differences) = differences?;
        write_csv(self.csv.as_ref(), &differences)?;
        show(&run, &differences, self.json)
    }

    fn cancel(self, context: &Context) -> Result<(), Failure> {
        let working = self.reach.reach_working(context)?;
        let answer = working.client.send("DELETE", &format!("/admin/resync/{}", self.id), None);
        working.end();
        let answer = answer?;
        if self.json { output::json(&answer) } else { output::line("The run ends before its next page.") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_spreadsheet_would_compute_is_marked_as_text() {
        let texts = ["=1+1", "+49", "-x", "@a", "queue EMEA", ""];
        let marked = texts.map(|text| guarded(text.to_owned()));
        assert_eq!(marked, ["'=1+1", "'+49", "'-x", "'@a", "queue EMEA", ""]);
    }

    #[test]
    fn a_run_that_is_incomplete_fails_and_drift_fails_where_it_was_asked() {
        let complete = json!({ "end": "complete", "counts": { "users": 2 } });
        assert_eq!(judge(&complete, false), Ok(()));
        assert_eq!(judge(&complete, true), Err(Failure::silent(Exit::Drift)));
        assert_eq!(judge(&json!({ "end": "complete", "counts": { "users": 0 } }), true), Ok(()));
        let incomplete = judge(&json!({ "end": "incomplete", "incomplete": ["a listing"] }), false);
        assert!(incomplete.is_err_and(|failure| failure.message.contains("a listing")));
    }
}
