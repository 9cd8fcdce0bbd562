//! `plan --all`: what the rules of the configuration would change for everybody, against what the bridge gave.
//!
//! Where a bridge runs it is asked, with the rules of the file; else its data directory is read. Both ways give the same
//! lines, and nothing is written and Genesys not asked. The comparing is `bridge::new_rules`; here it is printed.

use std::io::Write as _;
use std::sync::Arc;

use serde_json::{Value, json};

use super::Context;
use super::exit::{Exit, Failure};
use super::output;
use super::reach::{Opened, Reach, Reached, store_failure, wait};
use crate::bridge::new_rules::{House, InForce, Walk};
use crate::config::{Config, rules_as_json};
use crate::directory::Directory;
use crate::entitlements::RuleSet;

/// Where a running bridge tries rules out.
const PATH: &str = "/admin/plan/rules";

/// Compares and prints.
///
/// # Errors
/// The configuration or its rules are wrong, or the bridge or its data directory cannot be reached.
pub(super) fn run(context: &Context, reach: &Reach, lines: bool) -> Result<(), Failure> {
    let config = context.config()?;
    let mut totals = None;
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    let mut each = |value: Value| {
        if let Some(error) = value.get("error").and_then(Value::as_str) {
            return Err(Failure::failed(error));
        }
        if lines {
            writeln!(out, "{value}").map_err(|error| unwritten(&error))?;
        }
        if let Some(found) = value.get("totals") {
            totals = Some(found.clone());
        }
        Ok(())
    };
    match reach.reach(context)? {
        Reached::Remote(client) => {
            let text = std::fs::read_to_string(&context.config_file).map_err(|error| {
                Failure::usage(format!("{}: cannot be read ({error})", context.config_file.display()))
            })?;
            client.lines(PATH, &json!({ "rules": rules_as_json(&text), "lines": lines }), &mut each)?;
        }
        Reached::Offline(opened) => {
            let walked = walk(&opened, &config, lines, &mut each);
            opened.close()?;
            walked?;
        }
    }
    out.flush().map_err(|error| unwritten(&error))?;
    drop(out);
    match totals {
        None => Err(Failure::failed("the answer was cut short: the sums are missing")),
        Some(_) if lines => Ok(()),
        Some(totals) => print(&totals),
    }
}

fn unwritten(error: &std::io::Error) -> Failure {
    match error.kind() {
        std::io::ErrorKind::BrokenPipe => Failure::silent(Exit::Quiet),
        _ => Failure::failed(format!("standard output cannot be written: {error}")),
    }
}

fn walk(
    opened: &Opened,
    config: &Config,
    lines: bool,
    each: &mut dyn FnMut(Value) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let rules = RuleSet::compile(&config.rules).map_err(|error| Failure::usage(error.to_string()))?;
    let directory = Arc::new(Directory::new(opened.tenant.clone(), Arc::clone(&opened.store)));
    let house = House {
        default_division: config.tenant.default_division.clone(),
        protected: config.tenant.protected.clone(),
        fallback_email_domain: config.tenant.fallback_email_domain.clone(),
    };
    wait(async {
        let failed = |error| store_failure(&error);
        let mut walk = Walk::new(directory, house, rules, InForce::Noted).await.map_err(failed)?;
        while let Some(page) = walk.next().await.map_err(failed)? {
            for line in page.iter().filter(|_| lines) {
                each(json!(line))?;
            }
        }
        each(json!({ "totals": walk.told() }))
    })
}

/// The sums for people.
fn print(totals: &Value) -> Result<(), Failure> {
    let number = |member: &str| totals.get(member).and_then(Value::as_u64).unwrap_or(0);
    let list = |member: &str| totals.get(member).and_then(Value::as_array).cloned().unwrap_or_default();
    if number("people") == 0 {
        output::line(format_args!(
            "No difference for the {} people whom the bridge manages.",
            number("looked_at")
        ))?;
    } else {
        let rules = list("rules").into_iter().map(|rule| {
            let gone = rule.get("gone") == Some(&Value::Bool(true));
            let mut row = vec![output::text(&rule, "rule"), if gone { "gone" } else { "" }.to_owned()];
            row.extend(["people", "gains", "losses", "changed_values"].map(|sum| output::text(&rule, sum)));
            row
        });
        output::table(&["RULE", "", "PEOPLE", "GAINS", "LOSSES", "VALUES"], rules.collect(), "")?;
        output::line("\nThe largest differences:")?;
        let largest = list("largest").into_iter().map(|one| {
            let change = output::text(&one, "change");
            let (what, rule) = (output::text(&one, "what"), output::text(&one, "rule"));
            vec![output::text(&one, "people"), change, what, format!("rule {rule}")]
        });
        output::table(&["PEOPLE", "CHANGE", "WHAT", "BY"], largest.collect(), "")?;
        output::line(format_args!(
            "\n{} of {} people differ: {} gains, {} losses, {} changed levels or values.",
            number("people"),
            number("looked_at"),
            number("gains"),
            number("losses"),
            number("changed_values"),
        ))?;
    }
    print_rest(totals)
}

/// What stands beside the sums, where there is any of it.
fn print_rest(totals: &Value) -> Result<(), Failure> {
    let of = |pointer: &str| totals.pointer(pointer).and_then(Value::as_u64).unwrap_or(0);
    let without = of("/without_access/people");
    if without > 0 {
        let first = totals.pointer("/without_access/first").and_then(Value::as_array).cloned();
        let first = first.unwrap_or_default();
        output::line(format_args!(
            "{without} would have nothing of the bridge left that gives access{}",
            if without > first.len() as u64 { ", among them:" } else { ":" }
        ))?;
        for who in first {
            output::line(format_args!(
                "  {}  {}",
                output::text(&who, "user"),
                output::text(&who, "userName")
            ))?;
        }
    }
    let anyway = of("/anyway/differences");
    if anyway > 0 {
        output::line(format_args!(
            "Beside these {anyway} differences of {} people do not come from the rules: they are under way, wait for a name, \
             or the person has it from somebody else.",
            of("/anyway/people")
        ))?;
    }
    for (member, words) in [
        ("/protected", "are protected and stay as they are"),
        ("/unreadable", "stay as they are because their record cannot be worked out"),
    ] {
        if of(member) > 0 {
            output::line(format_args!("{} people {words}.", of(member)))?;
        }
    }
    output::line(format_args!("{}.", output::text(totals, "note")))
}
