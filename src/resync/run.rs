//! The record of a run: who asked for it and why, how far it is, what it found and what it cost.
//!
//! Types and their words. How they are kept: [`super::runs`].

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::model::DriftClass;

/// What the line begins with that tells of users who could not be looked at.
const NOT_LOOKED_AT: &str = "users who seem to differ could not be looked at";

/// What a run does about differences.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Mode {
    /// Shows them.
    #[default]
    Report,
    /// Has the bridge bring back what ours is.
    Repair,
}

/// Whom it is about.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Scope {
    /// Everybody.
    #[default]
    All,
    /// One user, by id.
    User(String),
}

/// What began it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Why {
    /// An administrator asked.
    Administrator,
}

/// How far it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Phase {
    /// Reads listings, and compares.
    #[default]
    List,
    /// Looks for whom no listing has shown.
    Compare,
    /// Looks at everybody who seems to differ.
    Confirm,
    /// Has repairs made.
    Apply,
    /// Over.
    Done,
}

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum End {
    /// Everything was read.
    Complete,
    /// Something was not: what is shown is true, and there may be more.
    Incomplete,
    /// An administrator cancelled it.
    Cancelled,
    /// Everything was read, and a repair would change so many people that nobody is changed before somebody says so.
    Held,
}

/// What it will cost, said before it begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Estimate {
    /// Calls for the listings.
    pub(crate) calls: u64,
    /// Minutes, if nothing else needs the budget.
    pub(crate) minutes: u64,
}

/// Where in the listings it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Place {
    /// Which listing, from 0.
    pub(crate) listing: usize,
    /// Which of its pages comes next; `None` for the first.
    pub(crate) at: Option<String>,
    /// Pages of it that were read.
    pub(crate) pages: u32,
    /// How many Genesys said there are.
    pub(crate) total: Option<u64>,
    /// Whether it is being read for the second time.
    pub(crate) again: bool,
}

/// What was found so far.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Counts {
    /// Users of the directory whom the bridge manages, when the run began.
    pub(crate) managed: u64,
    /// Users that listings showed.
    pub(crate) listed: u64,
    /// Managed users that were compared.
    pub(crate) compared: u64,
    /// Users who seemed to differ.
    pub(crate) candidates: u64,
    /// Those of them that were looked at.
    pub(crate) looked_at: u64,
    /// Users who differ.
    pub(crate) users: u64,
    /// Users who were being changed all the time.
    pub(crate) unsettled: u64,
    /// Users who could not be compared.
    pub(crate) failed: u64,
    /// Users whom a repair would change.
    #[serde(default)]
    pub(crate) to_repair: u64,
    /// Users handed over to be repaired.
    pub(crate) repaired: u64,
    /// Differences by class.
    pub(crate) by_class: BTreeMap<DriftClass, u64>,
}

/// A run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Run {
    /// Its id; sorts by time.
    pub(crate) id: String,
    /// Who asked.
    pub(crate) by: String,
    /// What began it.
    pub(crate) why: Why,
    /// What it does.
    pub(crate) mode: Mode,
    /// Whether a repair may change however many people.
    #[serde(default)]
    pub(crate) many: bool,
    /// Whom it is about.
    pub(crate) scope: Scope,
    /// How far it is.
    pub(crate) phase: Phase,
    /// When it began, Unix milliseconds.
    pub(crate) started_ms: i64,
    /// When this was written.
    pub(crate) updated_ms: i64,
    /// When it ended.
    pub(crate) finished_ms: Option<i64>,
    /// What it was to cost.
    pub(crate) estimate: Estimate,
    /// Calls that it made; those of a page whose answer was lost are not among them.
    pub(crate) calls: u64,
    /// Where in the listings it is.
    pub(crate) place: Place,
    /// What was found.
    pub(crate) counts: Counts,
    /// What could not be read, and why.
    pub(crate) incomplete: Vec<String>,
    /// The listings that could not be read to their end, by number.
    pub(crate) unlisted: Vec<usize>,
    /// How it ended.
    pub(crate) end: Option<End>,
}

impl Run {
    /// Whether it is over.
    pub(crate) fn is_over(&self) -> bool {
        self.end.is_some()
    }

    /// Somebody could not be looked at, for that reason: what is shown is not all.
    pub(crate) fn could_not_look(&mut self, why: &str) {
        self.incomplete.retain(|line| !line.starts_with(NOT_LOOKED_AT));
        self.incomplete.push(format!("{NOT_LOOKED_AT} ({} of them): {why}", self.counts.failed));
    }

    /// Ends it.
    pub(crate) fn finish(&mut self, end: End, now_ms: i64) {
        self.phase = Phase::Done;
        self.finished_ms = Some(now_ms);
        self.end =
            Some(if end == End::Complete && !self.incomplete.is_empty() { End::Incomplete } else { end });
    }
}
