//! Which entitlements an effect moves, from what to what. Pure.
//!
//! For the record of what is ours and what was written lately (`directory::granted`); the calls are in
//! [`super::forward`] and [`super::backward`].

use serde_json::Value;

use super::{attributes, levels, memberships, roles};
use crate::model::{Effect, Setting};

/// One entitlement that an effect is about.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Moved {
    /// Its `Target::key`.
    pub(crate) key: String,
    /// What its undo leaves there.
    pub(crate) before: Option<Setting>,
    /// What it leaves there.
    pub(crate) after: Option<Setting>,
}

impl Moved {
    fn given(key: String) -> Self {
        Self { key, before: None, after: Some(Setting::Held) }
    }

    /// `seen`: whether its undo gives it back.
    fn taken(key: String, seen: bool) -> Self {
        Self { key, before: seen.then_some(Setting::Held), after: None }
    }

    fn undone(self) -> Self {
        Self { before: self.after, after: self.before, ..self }
    }
}

/// All that it moves; nothing where it is about something else.
pub(crate) fn moved(effect: &Effect) -> Vec<Moved> {
    match effect {
        Effect::AddRoles(grants) => grants.iter().map(roles::key).map(Moved::given).collect(),
        Effect::RemoveRoles(grants) => taken(grants.iter().map(roles::key), true),
        Effect::ClearRoles(grants) => taken(grants.iter().map(roles::key), false),
        Effect::SetLevels { kind, levels } => {
            let moved = levels.iter().map(|level| Moved {
                key: levels::key(*kind, level),
                before: level.before.map(Setting::Level),
                after: level.after.map(Setting::Level),
            });
            moved.collect()
        }
        Effect::SetAttributes { schema, version, after, before } => {
            let value = |value: Option<&Value>| {
                value.filter(|value| !value.is_null()).map(|value| Setting::Value(value.clone()))
            };
            let moved = after.iter().map(|(field, new)| Moved {
                key: attributes::key(schema, *version, field),
                before: value(before.get(field)),
                after: value(Some(new)),
            });
            moved.collect()
        }
        Effect::Join { kind, of } => vec![Moved::given(memberships::key(*kind, of))],
        Effect::Leave { kind, of, seen } => taken(std::iter::once(memberships::key(*kind, of)), *seen),
        Effect::GiveBack(effect) => moved(effect).into_iter().map(Moved::undone).collect(),
        Effect::CreateUser { .. }
        | Effect::RestoreUser { .. }
        | Effect::UpdateUser { .. }
        | Effect::SetActive { .. }
        | Effect::RevokeSessions
        | Effect::DeleteUser
        | Effect::MoveDivision { .. }
        | Effect::CreateGroup { .. }
        | Effect::LinkGroup { .. }
        | Effect::RenameGroup { .. }
        | Effect::DeleteGroup
        | Effect::AddMembers(_)
        | Effect::RemoveMembers(_)
        | Effect::AssureMembers { .. } => Vec::new(),
    }
}

fn taken(keys: impl Iterator<Item = String>, seen: bool) -> Vec<Moved> {
    keys.map(|key| Moved::taken(key, seen)).collect()
}

/// Keys (`Target::key`) of the entitlements that an effect is about.
pub(crate) fn keys_of(effect: &Effect) -> Vec<String> {
    moved(effect).into_iter().map(|moved| moved.key).collect()
}
