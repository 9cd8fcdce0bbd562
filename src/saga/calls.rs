//! A step as the calls that carry it out, in order. Each call is idempotent.
//!
//! Pure. Going back is `undo`; sending, retrying and looking is `drive`.

use crate::model::ports::Write;
use crate::model::{Effect, Level, UserId};

/// The calls of a step. `bound` is the Genesys id of the user or group; `None` only for creates, and then the list of
/// any other step is empty.
pub fn forward(effect: &Effect, bound: Option<&str>) -> Vec<Write> {
    match effect {
        Effect::CreateUser { document, .. } => {
            vec![Write::CreateUser { document: document.clone(), password: None }]
        }
        Effect::CreateGroup { name } => vec![Write::CreateGroup(name.clone())],
        Effect::RestoreUser { user } => vec![Write::RestoreUser(user.clone())],
        Effect::LinkGroup { .. } => Vec::new(),
        other => bound.map(|bound| on_bound(other, bound)).unwrap_or_default(),
    }
}

fn on_bound(effect: &Effect, bound: &str) -> Vec<Write> {
    let user = || UserId::new(bound);
    let group = || bound.to_owned();
    match effect {
        Effect::UpdateUser { after, .. } => {
            let set = after
                .iter()
                .filter(|(_, value)| !value.is_null())
                .map(|(k, v)| (k.clone(), v.clone()))
                .collect();
            let remove = after.iter().filter(|(_, value)| value.is_null()).map(|(k, _)| k.clone()).collect();
            vec![Write::UpdateUser { user: user(), set, remove, password: None }]
        }
        Effect::SetActive { active } => vec![Write::SetActive(user(), *active)],
        Effect::RevokeSessions => vec![Write::RevokeSessions(user())],
        Effect::DeleteUser => vec![Write::DeleteUser(user())],
        Effect::MoveDivision { to, .. } => vec![Write::MoveDivision(user(), to.id.clone())],
        Effect::AddRoles(grants) => vec![Write::AddRoles(user(), grants.clone())],
        Effect::RemoveRoles(grants) => {
            grants.iter().map(|grant| Write::RemoveRole(user(), grant.clone())).collect()
        }
        Effect::SetSkills(levels) => skills(&user(), levels),
        Effect::SetLanguages(levels) => languages(&user(), levels),
        Effect::SetAttributes { schema, version, after, .. } => {
            let set = after
                .iter()
                .filter(|(_, value)| !value.is_null())
                .map(|(k, v)| (k.clone(), v.clone()))
                .collect();
            let clear = after.iter().filter(|(_, value)| value.is_null()).map(|(k, _)| k.clone()).collect();
            vec![Write::SetAttributes {
                user: user(),
                schema: schema.id.clone(),
                version: *version,
                set,
                clear,
            }]
        }
        Effect::JoinQueue(queue) => vec![Write::JoinQueue(user(), queue.id.clone())],
        Effect::LeaveQueue(queue) => vec![Write::LeaveQueue(user(), queue.id.clone())],
        Effect::RenameGroup { to, .. } => vec![Write::RenameGroup(group(), to.clone())],
        Effect::DeleteGroup => vec![Write::DeleteGroup(group())],
        Effect::AddMembers(users) => vec![Write::AddMembers(group(), users.clone())],
        Effect::RemoveMembers(users) => vec![Write::RemoveMembers(group(), users.clone())],
        Effect::CreateUser { .. }
        | Effect::CreateGroup { .. }
        | Effect::RestoreUser { .. }
        | Effect::LinkGroup { .. } => Vec::new(),
    }
}

/// Skills to their level after.
pub(super) fn skills(user: &UserId, levels: &[Level]) -> Vec<Write> {
    let set: Vec<_> = levels.iter().filter_map(|level| Some((level.of.id.clone(), level.after?))).collect();
    let gone = levels.iter().filter(|level| level.after.is_none());
    let mut writes: Vec<Write> =
        gone.map(|level| Write::RemoveSkill(user.clone(), level.of.id.clone())).collect();
    if !set.is_empty() {
        writes.push(Write::SetSkills(user.clone(), set));
    }
    writes
}

/// Languages to their level after.
pub(super) fn languages(user: &UserId, levels: &[Level]) -> Vec<Write> {
    let set: Vec<_> = levels.iter().filter_map(|level| Some((level.of.id.clone(), level.after?))).collect();
    let gone = levels.iter().filter(|level| level.after.is_none());
    let mut writes: Vec<Write> =
        gone.map(|level| Write::RemoveLanguage(user.clone(), level.of.id.clone())).collect();
    if !set.is_empty() {
        writes.push(Write::SetLanguages(user.clone(), set));
    }
    writes
}
