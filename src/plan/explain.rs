//! A plan in words, for the preview and the log of an administrator.
//!
//! Numbers and pivots only; the words of one step are [`super::effects::describe`].

use std::fmt::Write as _;

use super::effects::describe;
use crate::model::{Effect, Failure, GrantedSet, Plan, Refusal};

/// One line for each step, with the reason where an entitlement has one.
pub(crate) fn explain(plan: &Plan, granted: &GrantedSet) -> String {
    if plan.is_empty() {
        return "Nothing to change in Genesys Cloud.\n".to_owned();
    }
    let mut text = String::new();
    for step in &plan.steps {
        let pivot = if plan.pivot == Some(step.id) { "  [from here on only forward]" } else { "" };
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{:>3}. {}{pivot}", step.id.0 + 1, describe(&step.effect, granted));
    }
    text
}

/// A refused step as it is reported on the user.
pub(crate) fn describe_failed(effect: &Effect, refusal: &Refusal) -> Failure {
    Failure::refused(describe(effect, &GrantedSet::new()), refusal)
}
