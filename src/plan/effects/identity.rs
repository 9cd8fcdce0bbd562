//! The user itself: attributes and division, done and undone. Pure.
//!
//! Creates, restores and states have nothing to decide and stand in [`super`]. What Genesys should hold is in
//! [`super::super::identity`].

use std::collections::BTreeMap;

use serde_json::Value;

use super::super::identity;
use crate::model::ports::Write;
use crate::model::{Named, Observed, UserId};

/// To the values after; `null` removes.
pub(super) fn update(user: UserId, after: &BTreeMap<String, Value>) -> Vec<Write> {
    let set = after.iter().filter(|(_, value)| !value.is_null());
    let set = set.map(|(path, value)| (path.clone(), value.clone())).collect();
    let remove = after.iter().filter(|(_, value)| value.is_null()).map(|(path, _)| path.clone()).collect();
    vec![Write::UpdateUser { user, set, remove, password: None }]
}

/// Without these, where it has them.
pub(super) fn strip(user: UserId, paths: &[String], shown: &Observed) -> Option<Write> {
    let there = paths.iter().filter(|path| identity::has(&shown.document, path));
    let gone: BTreeMap<String, Value> = there.map(|path| (path.clone(), Value::Null)).collect();
    if gone.is_empty() { None } else { update(user, &gone).pop() }
}

/// Back to the values before, of those that still have the value after.
pub(super) fn revert(
    user: UserId,
    after: &BTreeMap<String, Value>,
    before: &BTreeMap<String, Value>,
    observed: &Observed,
) -> Vec<Write> {
    let ours = after.iter().filter(|(path, after)| {
        identity::same(path, after, &identity::observed_at(&observed.document, path))
    });
    let back: BTreeMap<String, Value> =
        ours.map(|(path, _)| (path.clone(), before.get(path).cloned().unwrap_or(Value::Null))).collect();
    if back.is_empty() { Vec::new() } else { update(user, &back) }
}

/// Back to the division before, if the user is still in the one after. A move of a user that is being made
/// ends with the user.
pub(super) fn move_back(user: UserId, to: &Named, from: Option<&Named>, observed: &Observed) -> Vec<Write> {
    match from {
        Some(from) if observed.division.as_ref() == Some(to) => {
            vec![Write::MoveDivision(user, from.id.clone())]
        }
        _ => Vec::new(),
    }
}
