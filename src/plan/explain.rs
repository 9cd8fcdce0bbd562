//! A plan in words, for the preview and the log of an administrator.
//!
//! Prints attribute names and entitlements, never values of personal attributes.

use std::fmt::Write as _;

use crate::model::{Effect, Failure, GrantedSet, Level, Plan, Refusal, RoleGrant};

/// One line for each step, with the reason where an entitlement has one.
pub fn explain(plan: &Plan, granted: &GrantedSet) -> String {
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

/// One step in words.
pub fn describe(effect: &Effect, granted: &GrantedSet) -> String {
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
        Effect::AddRoles(grants) => format!("give {}", roles(grants, granted)),
        Effect::RemoveRoles(grants) => format!("take back {}", roles(grants, granted)),
        Effect::SetSkills(levels) => format!("set skills {}", changes(levels, "skill", granted)),
        Effect::SetLanguages(levels) => format!("set languages {}", changes(levels, "language", granted)),
        Effect::SetAttributes { schema, after, .. } => {
            let field = |field: &String| {
                format!("{field}{}", why(granted, &format!("attribute/{}/{field}", schema.id)))
            };
            format!(
                "set attributes of {}: {}",
                schema.name,
                after.keys().map(field).collect::<Vec<_>>().join(", ")
            )
        }
        Effect::JoinQueue(queue) => {
            format!("add to queue {}{}", queue.name, why(granted, &format!("queue/{}", queue.id)))
        }
        Effect::LeaveQueue(queue) => format!("take out of queue {}", queue.name),
        Effect::CreateGroup { .. } => "create the group".into(),
        Effect::LinkGroup { .. } => "adopt the existing group".into(),
        Effect::RenameGroup { .. } => "rename the group".into(),
        Effect::DeleteGroup => "delete the group".into(),
        Effect::AddMembers(users) => format!("add {} members", users.len()),
        Effect::RemoveMembers(users) => format!("remove {} members", users.len()),
    }
}

fn roles(grants: &[RoleGrant], granted: &GrantedSet) -> String {
    let one = |grant: &RoleGrant| {
        let key = format!("role/{}/{}", grant.role.id, grant.division.id);
        format!("role {} in division {}{}", grant.role.name, grant.division.name, why(granted, &key))
    };
    grants.iter().map(one).collect::<Vec<_>>().join(", ")
}

fn changes(levels: &[Level], kind: &str, granted: &GrantedSet) -> String {
    let one = |level: &Level| {
        let reason = why(granted, &format!("{kind}/{}", level.of.id));
        match (level.before, level.after) {
            (None, Some(after)) => format!("{} {after}{reason}", level.of.name),
            (Some(before), Some(after)) => format!("{} {before} to {after}{reason}", level.of.name),
            (_, None) => format!("{} removed", level.of.name),
        }
    };
    levels.iter().map(one).collect::<Vec<_>>().join(", ")
}

fn why(granted: &GrantedSet, key: &str) -> String {
    granted.get(key).map(|granted| format!(" ({})", granted.reason)).unwrap_or_default()
}

/// A refused step as it is reported on the user.
pub fn describe_failed(effect: &Effect, refusal: &Refusal) -> Failure {
    Failure::refused(describe(effect, &GrantedSet::new()), refusal)
}
