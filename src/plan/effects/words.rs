//! An effect in words: what is done, and what it is about. Pure.
//!
//! Names attributes and entitlements, never values of personal attributes. A whole plan is put into words by
//! [`super::super::explain()`].

use super::{attributes, levels, memberships, roles, why};
use crate::model::{Effect, GrantedSet};

/// What is done, with the reason where an entitlement has one.
pub(crate) fn describe(effect: &Effect, granted: &GrantedSet) -> String {
    match effect {
        Effect::CreateUser { .. } => "create the user".into(),
        Effect::RestoreUser { .. } => "restore the deleted user".into(),
        Effect::UpdateUser { after, .. } => {
            let names: Vec<&str> = after.keys().map(|path| path.rsplit(':').next().unwrap_or(path)).collect();
            format!("update {}", names.join(", "))
        }
        Effect::SetActive { active: true } => "activate the user".into(),
        Effect::SetActive { active: false } => "deactivate the user".into(),
        Effect::RevokeSessions => "end the user's sessions".into(),
        Effect::DeleteUser => "delete the user".into(),
        Effect::MoveDivision { to, from: Some(from) } => {
            format!("move from division {} to {}", from.name, to.name)
        }
        Effect::MoveDivision { to, from: None } => format!("move to division {}", to.name),
        Effect::AddRoles(grants) => format!("give {}", roles::words(grants, granted)),
        Effect::RemoveRoles(grants) | Effect::ClearRoles(grants) => {
            format!("take back {}", roles::words(grants, granted))
        }
        Effect::SetLevels { kind, levels } => levels::words(*kind, levels, granted),
        Effect::SetAttributes { schema, version, after, .. } => {
            attributes::words(schema, *version, after, granted)
        }
        Effect::Join { kind, of } => {
            let why = why(granted, &memberships::key(*kind, of));
            format!("add to {} {}{why}", kind.row().word, of.name)
        }
        Effect::Leave { kind, of, .. } => format!("take out of {} {}", kind.row().word, of.name),
        Effect::CreateGroup { .. } => "create the group".into(),
        Effect::LinkGroup { .. } => "adopt the existing group".into(),
        Effect::RenameGroup { .. } => "rename the group".into(),
        Effect::DeleteGroup => "delete the group".into(),
        Effect::AssureMembers { users, inside: true } => {
            format!("make sure that {} are members", users.len())
        }
        Effect::AssureMembers { users, inside: false } => {
            format!("make sure that {} are no members", users.len())
        }
        Effect::AddMembers(users) => format!("add {} members", users.len()),
        Effect::RemoveMembers(users) => format!("remove {} members", users.len()),
        Effect::GiveBack(effect) => format!("undo what an earlier change did: {}", describe(effect, granted)),
    }
}

/// What it is about, for a failure of which no entitlement is known: without any name.
pub(crate) fn about(effect: &Effect) -> String {
    let about = match effect {
        Effect::CreateUser { .. } => "the user's identity",
        Effect::RestoreUser { .. } => "restoring the user",
        Effect::UpdateUser { .. } => "the user's attributes",
        Effect::SetActive { .. } => "the user's active state",
        Effect::RevokeSessions => "ending the user's sessions",
        Effect::DeleteUser => "removing the user",
        Effect::MoveDivision { .. } => "the user's division",
        Effect::AddRoles(_) | Effect::RemoveRoles(_) | Effect::ClearRoles(_) => "roles",
        Effect::SetLevels { kind, .. } => kind.row().plural,
        Effect::SetAttributes { .. } => "custom attributes",
        Effect::Join { kind, .. } | Effect::Leave { kind, .. } => {
            return format!("a {} membership", kind.row().word);
        }
        Effect::CreateGroup { .. } | Effect::LinkGroup { .. } => "the group",
        Effect::RenameGroup { .. } => "the group's name",
        Effect::DeleteGroup => "removing the group",
        Effect::AddMembers(_) | Effect::RemoveMembers(_) | Effect::AssureMembers { .. } => {
            "members of the group"
        }
        Effect::GiveBack(effect) => return format!("what an earlier change did to {}", about(effect)),
    };
    about.to_owned()
}
