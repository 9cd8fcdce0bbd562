//! The plan of a leaver: made from the directory alone (P9).
//!
//! Nothing here was observed and no name looked up: access ends with the first step, and what the bridge gave
//! is taken back by the ids it was given by. What needs a look is an undo behind the pivot
//! ([`Effect::GiveBack`]) and may fail without keeping anybody in. Everybody else's plan is [`super::user`].

use std::collections::BTreeSet;

use serde_json::Value;

use super::builder::Builder;
use super::identity::{self, Payload};
use super::passed::Leftover;
use super::take_back::take_back;
use super::user::Planned;
use crate::model::{Effect, GrantedSet, Kind, PlanKind, Wanted};

/// All that a deactivation depends on.
#[derive(Clone, Debug)]
pub(crate) struct LeaverInput<'a> {
    /// Core identity that Genesys should hold.
    pub payload: &'a Payload,
    /// Core identity by the document of record before.
    pub payload_before: &'a Payload,
    /// Whether Genesys may hold something else than the document of record before.
    pub in_doubt: bool,
    /// What we gave, and what the saga that is passed may have given.
    pub granted: &'a GrantedSet,
    /// What the document still asks for, by name: of kinds that give no access it stays. `None` where that cannot
    /// be read: then all of those stay.
    pub wanted: Option<&'a [Wanted]>,
    /// Kinds of which the request speaks.
    pub managed: &'a BTreeSet<Kind>,
    /// What the saga that is passed leaves behind.
    pub passed: &'a Leftover,
}

/// Plans a deactivation.
pub(crate) fn plan_leaver(input: &LeaverInput<'_>) -> Planned {
    let mut builder = Builder::default();
    builder.pivot(Effect::SetActive { active: false });
    builder.then(Effect::RevokeSessions);
    if input.passed.state {
        // Its call may arrive after ours.
        builder.then(Effect::SetActive { active: false });
    }
    let taken = take_back(input.granted, input.wanted, input.managed);
    taken.access.make_room(&mut builder);
    taken.access.add_steps(&mut builder);
    let passed = input.passed.give_back.iter().cloned();
    for effect in passed.chain(taken.rest) {
        builder.then(Effect::GiveBack(Box::new(effect)));
    }
    if let Some(update) = difference(input) {
        builder.then(update);
    }
    Planned { plan: builder.finish(PlanKind::Deactivate), granted: taken.access.granted }
}

/// Plans a removal.
pub(crate) fn plan_removal() -> Planned {
    let mut builder = Builder::default();
    builder.pivot(Effect::DeleteUser);
    builder.then(Effect::RevokeSessions);
    // Once more, with a look: what a passed saga has sent may arrive after ours, and a user that was made moments
    // ago may not have been visible yet.
    builder.then(Effect::DeleteUser);
    Planned { plan: builder.finish(PlanKind::Delete), granted: GrantedSet::new() }
}

/// The attributes that the request changes; all of them where it is not certain what Genesys holds.
fn difference(input: &LeaverInput<'_>) -> Option<Effect> {
    let (mut after, mut before) = (Payload::new(), Payload::new());
    let paths: BTreeSet<&String> = input.payload.keys().chain(input.payload_before.keys()).collect();
    for path in paths {
        let value = |payload: &Payload| payload.get(path).cloned().unwrap_or(Value::Null);
        let (new, old) = (value(input.payload), value(input.payload_before));
        if input.in_doubt || !identity::same(path, &new, &old) {
            after.insert(path.clone(), new);
            before.insert(path.clone(), old);
        }
    }
    (!after.is_empty()).then_some(Effect::UpdateUser { after, before })
}

#[cfg(test)]
#[path = "leaver_tests.rs"]
mod tests;
