//! What each effect is: the calls that do it and undo it, what it must not run beside, which entitlements it
//! is about, and its words; where there is something to decide, side by side in one file for each family of
//! kinds.
//!
//! Pure: a step that is done and undone is the same data read in two directions. `saga` sends the calls and
//! decides which direction; `plan` decides which effects a change needs. Start at [`forward`] and
//! [`backward`].

mod attributes;
mod identity;
mod levels;
mod memberships;
mod moved;
mod roles;
mod words;

pub(crate) use moved::{Moved, keys_of, moved};
pub(crate) use words::{about, describe};

use super::identity::unnamed_in;
use crate::model::ports::Write;
use crate::model::{Aspects, ConflictClass, Effect, GrantedSet, Observed, UserId};

/// The calls of a step, in order; each is idempotent. `bound` is the Genesys id of the user or group; `None`
/// only for creates, and then the list of any other step is empty.
pub(crate) fn forward(effect: &Effect, bound: Option<&str>) -> Vec<Write> {
    match effect {
        Effect::CreateUser { document, .. } => {
            vec![Write::CreateUser { document: document.clone(), password: None }]
        }
        Effect::CreateGroup { name } => vec![Write::CreateGroup(name.clone())],
        Effect::RestoreUser { user, .. } => vec![Write::RestoreUser(user.clone())],
        Effect::LinkGroup { .. } => Vec::new(),
        other => bound.map(|bound| on_bound(other, bound)).unwrap_or_default(),
    }
}

fn on_bound(effect: &Effect, bound: &str) -> Vec<Write> {
    let user = || UserId::new(bound);
    let group = || bound.to_owned();
    match effect {
        Effect::UpdateUser { after, .. } => identity::update(user(), after),
        Effect::SetActive { active } => vec![Write::SetActive(user(), *active)],
        Effect::RevokeSessions => vec![Write::RevokeSessions(user())],
        Effect::DeleteUser => vec![Write::DeleteUser(user())],
        Effect::MoveDivision { to, .. } => vec![Write::MoveDivision(user(), to.id.clone())],
        Effect::AddRoles(grants) => roles::add(user(), grants),
        Effect::RemoveRoles(grants) | Effect::ClearRoles(grants) => roles::remove(&user(), grants),
        Effect::SetLevels { kind, levels } => levels::set(*kind, &user(), levels),
        Effect::SetAttributes { schema, version, after, .. } => {
            attributes::set(user(), (&schema.id, *version), after)
        }
        Effect::Join { kind, of } => memberships::join(*kind, user(), of),
        Effect::Leave { kind, of, .. } => memberships::leave(*kind, user(), of),
        Effect::RenameGroup { to, .. } => vec![Write::RenameGroup(group(), to.clone())],
        Effect::DeleteGroup => vec![Write::DeleteGroup(group())],
        Effect::AddMembers(users) => vec![Write::AddMembers(group(), users.clone())],
        Effect::RemoveMembers(users) => vec![Write::RemoveMembers(group(), users.clone())],
        Effect::AssureMembers { users, inside: true } => vec![Write::AddMembers(group(), users.clone())],
        Effect::AssureMembers { users, inside: false } => vec![Write::RemoveMembers(group(), users.clone())],
        Effect::CreateUser { .. }
        | Effect::CreateGroup { .. }
        | Effect::RestoreUser { .. }
        | Effect::LinkGroup { .. }
        // It needs a look: `saga::drive` goes the way back of what is in it.
        | Effect::GiveBack(_) => Vec::new(),
    }
}

/// What takes from a user that was just made, or brought back for somebody new, what is the person's before: `None`
/// where there is nothing. `shown` is the user as it is then.
pub(crate) fn given_back(effect: &Effect, user: UserId, shown: &Observed) -> Option<Write> {
    match effect {
        Effect::CreateUser { document, .. } => identity::strip(user, &unnamed_in(document), shown),
        Effect::RestoreUser { without, .. } => identity::strip(user, without, shown),
        _ => None,
    }
}

/// What has to be looked at before the step can be undone; `None` if nothing.
pub(crate) fn look(effect: &Effect) -> Option<Aspects> {
    match effect {
        Effect::UpdateUser { .. } | Effect::MoveDivision { .. } => Some(Aspects::default()),
        Effect::SetLevels { kind, .. } => Some(levels::look(*kind)),
        Effect::SetAttributes { schema, .. } => Some(attributes::look(schema)),
        _ => None,
    }
}

/// The calls that restore what was there before, only where it is still ours. `observed` is what [`look`]
/// asked for, default where it asked for nothing. Undoing a step that never ran, or twice, does nothing.
pub(crate) fn backward(effect: &Effect, bound: &str, observed: &Observed) -> Vec<Write> {
    let user = || UserId::new(bound);
    let group = || bound.to_owned();
    match effect {
        Effect::CreateUser { .. } => vec![Write::DeleteUser(user())],
        Effect::RestoreUser { user, .. } => vec![Write::DeleteUser(user.clone())],
        Effect::UpdateUser { after, before } => identity::revert(user(), after, before, observed),
        Effect::SetActive { active } => vec![Write::SetActive(user(), !active)],
        Effect::MoveDivision { to, from } => identity::move_back(user(), to, from.as_ref(), observed),
        Effect::AddRoles(grants) => roles::remove(&user(), grants),
        Effect::RemoveRoles(grants) => roles::add(user(), grants),
        Effect::SetLevels { kind, levels } => levels::revert(*kind, &user(), levels, observed),
        Effect::SetAttributes { schema, version, after, before } => {
            attributes::revert(user(), (schema, *version), after, before, observed)
        }
        Effect::Join { kind, of } => memberships::leave(*kind, user(), of),
        Effect::Leave { kind, of, seen } => memberships::rejoin(*kind, user(), of, *seen),
        Effect::CreateGroup { .. } => vec![Write::DeleteGroup(group())],
        Effect::RenameGroup { from, .. } => vec![Write::RenameGroup(group(), from.clone())],
        Effect::AddMembers(users) => vec![Write::RemoveMembers(group(), users.clone())],
        Effect::RemoveMembers(users) => vec![Write::AddMembers(group(), users.clone())],
        Effect::RevokeSessions
        | Effect::DeleteUser
        | Effect::ClearRoles(_)
        | Effect::LinkGroup { .. }
        | Effect::DeleteGroup
        | Effect::AssureMembers { .. }
        | Effect::GiveBack(_) => Vec::new(),
    }
}

/// Calls that touch the same Genesys record conflict (docs/genesys.md G5.5, G7.10).
pub(super) fn class_of(effect: &Effect) -> ConflictClass {
    match effect {
        Effect::CreateUser { .. }
        | Effect::RestoreUser { .. }
        | Effect::UpdateUser { .. }
        | Effect::SetActive { .. }
        | Effect::DeleteUser
        | Effect::MoveDivision { .. }
        | Effect::SetLevels { .. } => ConflictClass::User,
        Effect::RevokeSessions => ConflictClass::Sessions,
        Effect::GiveBack(effect) => class_of(effect),
        Effect::AddRoles(_) | Effect::RemoveRoles(_) | Effect::ClearRoles(_) => ConflictClass::Roles,
        Effect::SetAttributes { .. } => ConflictClass::Attributes,
        Effect::Join { kind, of } | Effect::Leave { kind, of, .. } => memberships::class(*kind, of),
        Effect::CreateGroup { .. }
        | Effect::LinkGroup { .. }
        | Effect::RenameGroup { .. }
        | Effect::DeleteGroup
        | Effect::AddMembers(_)
        | Effect::RemoveMembers(_)
        | Effect::AssureMembers { .. } => ConflictClass::Group,
    }
}

/// The reason of an entitlement, in brackets.
fn why(granted: &GrantedSet, key: &str) -> String {
    granted.get(key).map(|granted| format!(" ({})", granted.reason)).unwrap_or_default()
}
