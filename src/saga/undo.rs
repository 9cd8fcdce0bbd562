//! A step undone: the calls that restore what was there before, only where it is still ours.
//!
//! Pure function of the step and of what is observed now, so that undoing a step that never ran, or twice, does nothing.
//! Sending is `drive`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::calls;
use crate::model::ports::Write;
use crate::model::{Aspects, Effect, Kind, Level, Observed, Setting, UserId};
use crate::plan::identity;

/// What has to be looked at before the step can be undone; `None` if nothing.
pub fn look(effect: &Effect) -> Option<Aspects> {
    let kinds = |kind| Some(Aspects { kinds: BTreeSet::from([kind]), attribute_schemas: BTreeSet::new() });
    match effect {
        Effect::UpdateUser { .. } | Effect::MoveDivision { .. } => Some(Aspects::default()),
        Effect::SetSkills(_) => kinds(Kind::Skill),
        Effect::SetLanguages(_) => kinds(Kind::Language),
        Effect::SetAttributes { schema, .. } => Some(Aspects {
            kinds: BTreeSet::from([Kind::Attribute]),
            attribute_schemas: BTreeSet::from([schema.id.clone()]),
        }),
        _ => None,
    }
}

/// The calls. `observed` is what [`look`] asked for, default where it asked for nothing.
pub fn backward(effect: &Effect, bound: &str, observed: &Observed) -> Vec<Write> {
    let user = UserId::new(bound);
    match effect {
        Effect::CreateUser { .. } => vec![Write::DeleteUser(user)],
        Effect::RestoreUser { user } => vec![Write::DeleteUser(user.clone())],
        Effect::UpdateUser { after, before } => update(user, after, before, observed),
        Effect::SetActive { active } => vec![Write::SetActive(user, !active)],
        Effect::MoveDivision { to, from: Some(from) } if observed.division.as_ref() == Some(to) => {
            vec![Write::MoveDivision(user, from.id.clone())]
        }
        Effect::AddRoles(grants) => {
            grants.iter().map(|grant| Write::RemoveRole(user.clone(), grant.clone())).collect()
        }
        Effect::RemoveRoles(grants) => vec![Write::AddRoles(user, grants.clone())],
        Effect::SetSkills(levels) => calls::skills(&user, &still_ours("skill", levels, observed)),
        Effect::SetLanguages(levels) => calls::languages(&user, &still_ours("language", levels, observed)),
        Effect::SetAttributes { schema, version, after, before } => {
            attributes(user, (&schema.id, *version), after, before, observed)
        }
        Effect::JoinQueue(queue) => vec![Write::LeaveQueue(user, queue.id.clone())],
        Effect::LeaveQueue(queue) => vec![Write::JoinQueue(user, queue.id.clone())],
        Effect::CreateGroup { .. } => vec![Write::DeleteGroup(bound.to_owned())],
        Effect::RenameGroup { from, .. } => vec![Write::RenameGroup(bound.to_owned(), from.clone())],
        Effect::AddMembers(users) => vec![Write::RemoveMembers(bound.to_owned(), users.clone())],
        Effect::RemoveMembers(users) => vec![Write::AddMembers(bound.to_owned(), users.clone())],
        // A move of a user that is being made ends with the user; the rest has no undo.
        Effect::MoveDivision { .. }
        | Effect::RevokeSessions
        | Effect::DeleteUser
        | Effect::LinkGroup { .. }
        | Effect::DeleteGroup => Vec::new(),
    }
}

fn update(
    user: UserId,
    after: &BTreeMap<String, Value>,
    before: &BTreeMap<String, Value>,
    observed: &Observed,
) -> Vec<Write> {
    let (mut set, mut remove) = (Vec::new(), Vec::new());
    for (path, after) in after {
        if !identity::same(path, after, &identity::observed_at(&observed.document, path)) {
            continue;
        }
        match before.get(path) {
            Some(value) if !value.is_null() => set.push((path.clone(), value.clone())),
            _ => remove.push(path.clone()),
        }
    }
    if set.is_empty() && remove.is_empty() {
        return Vec::new();
    }
    vec![Write::UpdateUser { user, set, remove, password: None }]
}

/// The levels that are still what the step made them, turned round.
fn still_ours(kind: &str, levels: &[Level], observed: &Observed) -> Vec<Level> {
    let ours = levels.iter().filter(|level| {
        let there = observed.entitlements.get(&format!("{kind}/{}", level.of.id)).map(|there| &there.setting);
        there == level.after.map(Setting::Level).as_ref()
    });
    ours.map(|level| Level { of: level.of.clone(), before: level.after, after: level.before }).collect()
}

fn attributes(
    user: UserId,
    (schema, version): (&str, u32),
    after: &BTreeMap<String, Value>,
    before: &BTreeMap<String, Value>,
    observed: &Observed,
) -> Vec<Write> {
    let (mut set, mut clear) = (Vec::new(), Vec::new());
    for (field, after) in after {
        let key = format!("attribute/{schema}/{field}");
        let there = match observed.entitlements.get(&key).map(|there| &there.setting) {
            Some(Setting::Value(value)) => value,
            _ => &Value::Null,
        };
        if there != after {
            continue;
        }
        match before.get(field) {
            Some(value) if !value.is_null() => set.push((field.clone(), value.clone())),
            _ => clear.push(field.clone()),
        }
    }
    if set.is_empty() && clear.is_empty() {
        return Vec::new();
    }
    vec![Write::SetAttributes { user, schema: schema.to_owned(), version, set, clear }]
}
