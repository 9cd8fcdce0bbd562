//! One desired set from two voices: the request and the rules.
//!
//! The request wins for the same target; among rules the higher level wins, and for attributes, and for
//! kinds of which a user has at most one, the first rule. Reads neither rules nor requests; see `rules` and `request`.

use std::collections::HashMap;

use crate::model::{Desired, DesiredSet, Reason, Wanted};

/// Merges; items keep their order, the request's first.
pub(super) fn merge(request: DesiredSet, rules: Vec<Desired>) -> DesiredSet {
    let mut merged = DesiredSet { items: Vec::new(), managed: request.managed };
    let mut seen: HashMap<String, usize> = HashMap::new();
    let from_request = request.items.len();
    for desired in request.items.into_iter().chain(rules) {
        let key = identity(&desired.wanted);
        match seen.get(&key).copied() {
            None if no_room(&merged, &desired) => {}
            None => {
                seen.insert(key, merged.items.len());
                merged.items.push(desired);
            }
            Some(at) if at >= from_request => {
                if let Some(there) =
                    merged.items.get_mut(at).filter(|there| higher(&desired.wanted, &there.wanted))
                {
                    *there = desired;
                }
            }
            Some(_) => {}
        }
    }
    merged
}

/// A rule gives nothing of a kind of which a user has at most one when the request or an earlier rule gave one.
fn no_room(merged: &DesiredSet, desired: &Desired) -> bool {
    let kind = desired.wanted.kind();
    let by_rule = matches!(desired.reason, Reason::Rule(_));
    by_rule && kind.row().single && merged.items.iter().any(|there| there.wanted.kind() == kind)
}

/// Equal for entitlements about the same thing.
fn identity(wanted: &Wanted) -> String {
    let word = wanted.kind().row().word;
    match wanted {
        Wanted::Role { role, division } => format!("{word}\0{role}\0{}", division.as_deref().unwrap_or("")),
        Wanted::Member { name, .. } | Wanted::Level { name, .. } => format!("{word}\0{name}"),
        Wanted::Attribute { schema, field, .. } => format!("{word}\0{schema}\0{field}"),
    }
}

/// Asked of two that are about the same thing.
fn higher(new: &Wanted, old: &Wanted) -> bool {
    match (new, old) {
        (Wanted::Level { proficiency: new, .. }, Wanted::Level { proficiency: old, .. }) => new > old,
        _ => false,
    }
}
