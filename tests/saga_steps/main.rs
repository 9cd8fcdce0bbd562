//! Every kind of saga, every call of it, broken in every way, under every value of the quirk switches.
//!
//! The calls are not listed by hand: a clean run of each scenario shows them, so a new step is covered as
//! soon as it exists. `STEP_TABLE=full` runs every way under every quirk; without it the quirks other than
//! the default are run with refusals and lost answers of a sample. Scenarios are in `scenarios`, the bridge
//! under test in `bare`.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failed assumption fails the test"
)]

mod again;
mod bare;
mod fates;
mod import_trouble;
mod lasting;
mod member_pairs;
mod pairs;
mod scenarios;
#[path = "../support/mod.rs"]
#[expect(dead_code, reason = "every binary takes its part of the kit")]
mod support;
mod trouble;
mod undo;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use genesys_cloud_emulator::{Fault, FaultKind, PathMatch, Quirks};
use genesys_scim_bridge::testing::bridge::Reply;
use genesys_scim_bridge::testing::model::{FailureState, Outcome, Turn};
use genesys_scim_bridge::testing::scim::error::ScimError;
use serde_json::Value;

use bare::BareBridge;
use scenarios::{SCENARIOS, prepare};

/// What is done to one call.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Way {
    /// 400, for good.
    Refused,
    /// Took effect, and the connection broke.
    AnswerLost,
    /// Took effect, and the answer was a 500.
    FailedAfterEffect,
    /// Did not take effect, 503.
    Unavailable,
    /// 429 once.
    Throttled,
}

impl Way {
    fn fault(self) -> FaultKind {
        match self {
            Way::Refused => FaultKind::Refuse { status: 400, code: "invalid.value".into() },
            Way::AnswerLost => FaultKind::ApplyThenDrop,
            Way::FailedAfterEffect => FaultKind::ApplyThenStatus(500),
            Way::Unavailable => FaultKind::Status(503),
            Way::Throttled => FaultKind::TooManyRequests { retry_after_s: 0 },
        }
    }
}

/// One call of a clean run: the n-th of its method and template.
#[derive(Clone, Debug, PartialEq)]
struct Spot {
    method: String,
    template: String,
    nth: u32,
}

struct Clean {
    after: Value,
    spots: Vec<Spot>,
}

async fn clean(name: &str, quirks: &Quirks) -> Clean {
    let house = BareBridge::new(quirks.clone()).await;
    let change = prepare(&house, name).await;
    house.organisation().await;
    house.cloud.clear_ledger();
    let result = house.submit(change).await;
    let after = house.organisation().await;
    result.unwrap_or_else(|error| panic!("{name}: the clean run failed: {}", error.detail));
    let spots = spots_of(&house);
    assert!(!spots.is_empty(), "{name}: a scenario without a write shows nothing");
    Clean { after, spots }
}

/// The writes of a house since its ledger was cleared, each with its count among its like.
fn spots_of(house: &BareBridge) -> Vec<Spot> {
    let mut spots: Vec<Spot> = Vec::new();
    for call in house.writes() {
        let template = call.template.clone();
        let same = |spot: &&Spot| spot.method == call.method && spot.template == template;
        let nth = spots.iter().filter(same).count() as u32;
        spots.push(Spot { method: call.method, template, nth });
    }
    spots
}

struct Broken {
    before: Value,
    after: Value,
    result: Result<Reply, ScimError>,
    hit: bool,
    stuck: usize,
    /// How the saga ended.
    outcome: Option<Outcome>,
}

async fn broken(name: &str, quirks: &Quirks, spot: &Spot, way: Way) -> Broken {
    let house = BareBridge::new(quirks.clone()).await;
    let change = prepare(&house, name).await;
    let before = house.organisation().await;
    house.cloud.clear_ledger();
    let fault =
        Fault::on(&spot.method, PathMatch::Template(spot.template.clone()), way.fault()).skip(spot.nth);
    // A refusal is for good: every repetition of the call is refused, but not its undo, which is another
    // call.
    house.cloud.fault(fault.once());
    let result = house.submit(change).await;
    let after = house.organisation().await;
    let hit = house.cloud.ledger().iter().any(|call| call.fault.is_some());
    let stuck = house.bridge.stats().await.unwrap().stuck;
    assert_eq!(house.bridge.stats().await.unwrap().open, stuck, "{name}: a saga was left open");
    let newest = house.bridge.finished_sagas(1).await.unwrap().pop();
    let outcome = newest.and_then(|saga| match saga.turns.last() {
        Some(Turn::Finished(outcome)) => Some(outcome.clone()),
        _ => None,
    });
    Broken { before, after, result, hit, stuck, outcome }
}

/// The organisation without its documented residue and without ids that differ from run to run.
fn comparable(organisation: &Value) -> Value {
    let text = organisation.to_string();
    let mut value: Value = serde_json::from_str(&text).unwrap();
    value.as_object_mut().unwrap().remove("deleted_users");
    value
}

/// Ids of users and groups that were made in a run, replaced by their names, so that two runs can be
/// compared.
fn normalised(organisation: &Value) -> String {
    let value = comparable(organisation);
    let mut text = value.to_string();
    for section in ["users", "groups"] {
        let Some(section) = value.get(section) else { continue };
        let entries: Vec<(String, String)> = match section {
            Value::Object(entries) => {
                entries.iter().map(|(id, entry)| (id.clone(), name_of(entry))).collect()
            }
            Value::Array(entries) => entries
                .iter()
                .map(|entry| (entry["id"].as_str().unwrap_or_default().to_owned(), name_of(entry)))
                .collect(),
            _ => vec![],
        };
        for (id, name) in entries.iter().filter(|(id, _)| !id.is_empty()) {
            text = text.replace(id.as_str(), name);
        }
    }
    // PageIndex are fresh in every run.
    let value: Value = serde_json::from_str(&text).unwrap();
    canonical(&value)
}

fn name_of(entry: &Value) -> String {
    ["email", "name"].iter().find_map(|key| entry.get(*key)?.as_str()).unwrap_or("?").to_owned()
}

/// Sorted, and without the values of marks.
fn canonical(value: &Value) -> String {
    fn walk(value: &Value) -> Value {
        match value {
            Value::Object(entries) => {
                let mut sorted: Vec<(String, Value)> =
                    entries.iter().map(|(k, v)| (k.clone(), walk(v))).collect();
                sorted.sort_by(|a, b| a.0.cmp(&b.0));
                Value::Object(sorted.into_iter().collect())
            }
            Value::Array(items) => {
                let mut items: Vec<Value> = items.iter().map(walk).collect();
                items.sort_by_key(Value::to_string);
                Value::Array(items)
            }
            Value::String(text) if uuid::Uuid::parse_str(text).is_ok_and(|id| id.get_version_num() == 7) => {
                "MARK".into()
            }
            other => other.clone(),
        }
    }
    let text = walk(value).to_string();
    // uuid v7 inside longer texts, such as keys of external ids.
    let mut out = String::new();
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let candidate = rest
            .get(..36)
            .filter(|part| uuid::Uuid::parse_str(part).is_ok_and(|id| id.get_version_num() == 7));
        match candidate {
            Some(_) => {
                out.push_str("MARK");
                rest = &rest[36..];
            }
            None => {
                let c = rest.chars().next().unwrap();
                out.push(c);
                rest = &rest[c.len_utf8()..];
            }
        }
    }
    out
}

/// Kinds whose first call is a pivot: from it on they only go forward.
fn has_pivot(name: &str) -> bool {
    matches!(name, "deactivate" | "delete" | "group delete")
}

fn judge(name: &str, quirk: &str, spot: &Spot, way: Way, clean: &Clean, run: &Broken) -> Result<(), String> {
    let at = format!("{name} / {} {} #{} / {way:?} / {quirk}", spot.method, spot.template, spot.nth);
    if !run.hit {
        // How often a call that comes too early is repeated depends on the time; without its repetition a run
        // is clean.
        let too_early = quirk.starts_with("stale_writes") || quirk.starts_with("conflict_window");
        if too_early
            && spot.nth > 0
            && run.result.is_ok()
            && normalised(&clean.after) == normalised(&run.after)
        {
            return Ok(());
        }
        return Err(format!("{at}: the fault never met a call"));
    }
    if run.stuck > 0 {
        return Err(format!("{at}: stuck"));
    }
    if way == Way::Refused && (!has_pivot(name) || is_pivot_call(name, spot)) {
        let Err(error) = &run.result else {
            return Err(format!("{at}: refused, and the client heard {:?}", run.result));
        };
        if normalised(&run.before) != normalised(&run.after) {
            return Err(format!(
                "{at}: not everything was undone ({})\n{}",
                error.detail,
                difference(&run.before, &run.after)
            ));
        }
        return Ok(());
    }
    if let Err(error) = &run.result {
        return Err(format!("{at}: {} {}", error.status, error.detail));
    }
    if way == Way::Refused {
        return reported(spot, clean, run).map_err(|why| format!("{at}: {why}"));
    }
    if normalised(&clean.after) != normalised(&run.after) {
        return Err(format!("{at}: differs from the clean run\n{}", difference(&clean.after, &run.after)));
    }
    Ok(())
}

/// After the pivot: forward and reported; what was refused is the only difference that may be left.
fn reported(spot: &Spot, clean: &Clean, run: &Broken) -> Result<(), String> {
    let Some(Outcome::Committed { failures, .. }) = &run.outcome else {
        return Err(format!("refused after the pivot, and it ended as {:?}", run.outcome));
    };
    if failures.len() != 1
        || !failures.iter().all(|one| one.code == "invalid.value" && one.state == FailureState::Failed)
    {
        return Err(format!("the one refusal is not what is listed: {failures:?}"));
    }
    let touched = format!("/{}/", section_of(&spot.template));
    let places: std::collections::BTreeSet<String> =
        differences(&clean.after, &run.after).into_iter().map(|(place, _)| place).collect();
    let strays: Vec<&String> = places.iter().filter(|place| !place.starts_with(&touched)).collect();
    let queues: std::collections::BTreeSet<&str> =
        places.iter().filter_map(|place| place.strip_prefix("/queues/")?.split('/').next()).collect();
    if !strays.is_empty() || queues.len() > 1 {
        return Err(format!("more than what was refused is different: {places:?}"));
    }
    Ok(())
}

/// The section of the organisation that a call changes.
fn section_of(template: &str) -> &'static str {
    let known = [
        ("/routing/queues/", "queues"),
        ("/teams/", "teams"),
        ("/subjects/", "grants"),
        ("/authorization/roles/", "grants"),
        ("routingskills", "skills"),
        ("routinglanguages", "languages"),
        ("customattributes", "attributes"),
    ];
    known.iter().find(|(part, _)| template.contains(part)).map_or("nothing", |(_, section)| section)
}

fn is_pivot_call(name: &str, spot: &Spot) -> bool {
    spot.nth == 0
        && match name {
            "deactivate" => spot.method == "PATCH" && spot.template.contains("/scim/v2/users/"),
            "delete" => spot.method == "DELETE" && spot.template.contains("/scim/v2/users/"),
            _ => spot.method == "DELETE" && spot.template.starts_with("/api/v2/groups/"),
        }
}

fn difference(left: &Value, right: &Value) -> String {
    let lines = differences(left, right).into_iter().take(12);
    lines.map(|(place, change)| format!("  {place}: {change}")).collect::<Vec<_>>().join("\n")
}

/// Places, with what they hold left and right.
fn differences(left: &Value, right: &Value) -> Vec<(String, String)> {
    let (left, right) = (normalised(left), normalised(right));
    let (left, right): (Value, Value) =
        (serde_json::from_str(&left).unwrap(), serde_json::from_str(&right).unwrap());
    let mut lines = Vec::new();
    compare("", &left, &right, &mut lines);
    lines
}

fn compare(at: &str, left: &Value, right: &Value, lines: &mut Vec<(String, String)>) {
    match (left, right) {
        (Value::Object(l), Value::Object(r)) => {
            for key in l.keys().chain(r.keys().filter(|key| !l.contains_key(*key))) {
                compare(
                    &format!("{at}/{key}"),
                    l.get(key).unwrap_or(&Value::Null),
                    r.get(key).unwrap_or(&Value::Null),
                    lines,
                );
            }
        }
        (l, r) if l != r => lines.push((at.to_owned(), format!("{l} -> {r}"))),
        _ => {}
    }
}

async fn table(quirks: Vec<(&'static str, Quirks)>, ways: &[Way]) {
    let mut failures = Vec::new();
    let runs = Arc::new(AtomicUsize::new(0));
    for (quirk, quirks) in quirks {
        for name in SCENARIOS {
            let clean = Arc::new(clean(name, &quirks).await);
            let mut cases = Vec::new();
            for spot in &clean.spots {
                cases.extend(ways.iter().map(|way| (spot.clone(), *way)));
            }
            let workers = cases.into_iter().map(|(spot, way)| {
                let (clean, quirks, runs) = (Arc::clone(&clean), quirks.clone(), Arc::clone(&runs));
                async move {
                    let mut run = broken(name, &quirks, &spot, way).await;
                    // On a busy machine a call that follows another in time may not be made at all: such a
                    // run shows nothing.
                    for _ in 0..2 {
                        if run.hit {
                            break;
                        }
                        run = broken(name, &quirks, &spot, way).await;
                    }
                    runs.fetch_add(1, Ordering::Relaxed);
                    judge(name, quirk, &spot, way, &clean, &run)
                }
            });
            use futures_util::stream::{StreamExt, iter};
            let results: Vec<_> = iter(workers).buffer_unordered(16).collect().await;
            failures.extend(results.into_iter().filter_map(Result::err));
        }
    }
    let runs = runs.load(Ordering::Relaxed);
    assert!(failures.is_empty(), "{} of {runs} runs failed:\n{}", failures.len(), failures.join("\n"));
    assert!(runs > 0, "a table without runs shows nothing");
    #[expect(clippy::print_stdout, reason = "the size of the table is part of what the test says")]
    {
        println!("{runs} runs, each with one broken call");
    }
}

fn full() -> bool {
    std::env::var("STEP_TABLE").is_ok_and(|size| size == "full")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_refused_step_leaves_the_organisation_as_it_was() {
    table(vec![("default", Quirks::default())], &[Way::Refused]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_lost_answer_has_exactly_one_effect() {
    table(vec![("default", Quirks::default())], &[Way::AnswerLost, Way::FailedAfterEffect]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_call_that_had_to_wait_has_exactly_one_effect() {
    table(vec![("default", Quirks::default())], &[Way::Unavailable, Way::Throttled]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn all_of_it_holds_under_every_value_of_the_quirk_switches() {
    let ways: &[Way] = if full() {
        &[Way::Refused, Way::AnswerLost, Way::FailedAfterEffect, Way::Unavailable, Way::Throttled]
    } else {
        &[Way::Refused, Way::AnswerLost]
    };
    table(Quirks::table().into_iter().filter(|(name, _)| *name != "default").collect(), ways).await;
}
