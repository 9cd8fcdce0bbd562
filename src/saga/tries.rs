//! What the last try of each step came to, for whoever looks at a saga that takes long.
//!
//! In memory only, since this process took the saga up: what became of a step for good is in the turns.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde::Serialize;

use crate::model::StepId;

/// A try after which the step, or its undo, is not settled yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Try {
    /// Which step.
    pub step: StepId,
    /// How many tries there were, this one included.
    pub attempt: u64,
    /// When it ended, Unix milliseconds.
    pub at_ms: i64,
    /// Why it is tried again, without personal values.
    pub why: String,
}

/// The last try of each step; clones share it.
#[derive(Clone, Debug, Default)]
pub(super) struct Tries(Arc<Mutex<BTreeMap<StepId, Try>>>);

impl Tries {
    /// Takes note of a try.
    pub(super) fn note(&self, step: StepId, why: &str, at_ms: i64) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let attempt = all.get(&step).map_or(1, |last| last.attempt.saturating_add(1));
        all.insert(step, Try { step, attempt, at_ms, why: why.to_owned() });
    }

    /// The last try of each step, in the order of the plan.
    pub(super) fn last(&self) -> Vec<Try> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }
}
