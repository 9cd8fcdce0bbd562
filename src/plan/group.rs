//! The plan of one group: name and members, by REST where Genesys' SCIM cannot (docs/genesys.md G2.3, G6.8).
//!
//! Says nothing about what members get by rules: that is one plan for each of them, see `bridge::recompute`.

use std::collections::BTreeSet;

use super::builder::Builder;
use crate::limits;
use crate::model::{Effect, Plan, PlanKind, UserId};

/// Who was in the group before, which is what an undo must restore.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) enum Before<'a> {
    /// We made the group: those whom the directory knows.
    #[default]
    Ours,
    /// These, as a look has shown it.
    Seen(&'a BTreeSet<UserId>),
    /// Nobody knows, for example because they are too many to be read.
    Unknown,
}

impl Before<'_> {
    /// Whether a user who comes (or goes) is certain to change that.
    fn is_changed_by(self, user: &UserId, coming: bool) -> bool {
        match self {
            Self::Ours => true,
            Self::Seen(members) => members.contains(user) != coming,
            Self::Unknown => false,
        }
    }
}

/// All that a group's plan depends on.
#[derive(Clone, Debug, Default)]
pub(crate) struct GroupInput<'a> {
    /// Remove it.
    pub delete: bool,
    /// Its Genesys id, if it has one.
    pub genesys: Option<&'a str>,
    /// First write of an existing Genesys group.
    pub adopt: bool,
    /// Name in Genesys now.
    pub name_now: Option<&'a str>,
    /// Name that it should have.
    pub name: &'a str,
    /// Users that should become members.
    pub add: Vec<UserId>,
    /// Users that should leave, of those that we made members.
    pub remove: Vec<UserId>,
    /// Who was in it.
    pub before: Before<'a>,
}

/// Plans.
pub(crate) fn plan_group(input: &GroupInput<'_>) -> Plan {
    let mut builder = Builder::default();
    if input.delete {
        if input.genesys.is_some() {
            builder.pivot(Effect::DeleteGroup);
        }
        return builder.finish(PlanKind::GroupDelete);
    }
    let kind = match input.genesys {
        None => {
            builder.identity(Effect::CreateGroup { name: input.name.to_owned() });
            PlanKind::GroupCreate
        }
        Some(group) => {
            if input.adopt {
                builder.identity(Effect::LinkGroup { group: group.to_owned() });
            }
            if let Some(from) = input.name_now.filter(|now| *now != input.name) {
                builder.identity(Effect::RenameGroup { to: input.name.to_owned(), from: from.to_owned() });
            }
            PlanKind::GroupUpdate
        }
    };
    let part = |users: &[UserId], coming: bool| -> (Vec<UserId>, Vec<UserId>) {
        users.iter().cloned().partition(|user| input.before.is_changed_by(user, coming))
    };
    let (add, there) = part(&input.add, true);
    let (remove, gone) = part(&input.remove, false);
    for chunk in add.chunks(limits::GENESYS_BULK) {
        builder.then(Effect::AddMembers(chunk.to_vec()));
    }
    for chunk in remove.chunks(limits::GENESYS_BULK) {
        builder.then(Effect::RemoveMembers(chunk.to_vec()));
    }
    // What seems to be so is sent as well: a look may be older than what we did last.
    for (users, inside) in [(there, true), (gone, false)] {
        for chunk in users.chunks(limits::GENESYS_BULK) {
            builder.then(Effect::AssureMembers { users: chunk.to_vec(), inside });
        }
    }
    builder.finish(kind)
}
