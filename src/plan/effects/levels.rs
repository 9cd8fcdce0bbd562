//! Skills and languages: levels are set and taken away together; undone where they are still what the step
//! made them. Pure.
//!
//! How many one call carries is the builder's business, see [`super::super::entitlements`].

use super::why;
use crate::model::ports::Write;
use crate::model::{Aspects, GrantedSet, Kind, Level, Observed, Setting, Target, UserId};

/// To the levels after.
pub(super) fn set(kind: Kind, user: &UserId, levels: &[Level]) -> Vec<Write> {
    let set: Vec<_> = levels.iter().filter_map(|level| Some((level.of.id.clone(), level.after?))).collect();
    let gone = levels.iter().filter(|level| level.after.is_none());
    let mut writes: Vec<Write> =
        gone.map(|level| Write::RemoveLevel(kind, user.clone(), level.of.id.clone())).collect();
    if !set.is_empty() {
        writes.push(Write::SetLevels(kind, user.clone(), set));
    }
    writes
}

/// Back to the levels before, of those that are still at the level after.
pub(super) fn revert(kind: Kind, user: &UserId, levels: &[Level], observed: &Observed) -> Vec<Write> {
    let ours = levels.iter().filter(|level| {
        let there = observed.entitlements.get(&key(kind, level)).map(|there| &there.setting);
        there == level.after.map(Setting::Level).as_ref()
    });
    let turned = ours.map(|level| Level { of: level.of.clone(), before: level.after, after: level.before });
    set(kind, user, &turned.collect::<Vec<_>>())
}

/// What [`revert`] needs to see.
pub(super) fn look(kind: Kind) -> Aspects {
    Aspects::only(kind, None)
}

/// Key of the entitlement.
pub(super) fn key(kind: Kind, level: &Level) -> String {
    Target::Level { kind, of: level.of.clone() }.key()
}

/// The changes, each with its reason.
pub(super) fn words(kind: Kind, levels: &[Level], granted: &GrantedSet) -> String {
    let one = |level: &Level| {
        let (name, why) = (&level.of.name, why(granted, &key(kind, level)));
        match (level.before, level.after) {
            (None, Some(after)) => format!("{name} {after}{why}"),
            (Some(before), Some(after)) => format!("{name} {before} to {after}{why}"),
            (_, None) => format!("{name} removed"),
        }
    };
    format!("set {} {}", kind.row().plural, levels.iter().map(one).collect::<Vec<_>>().join(", "))
}
