//! The plan of one group: name and members, by REST where Genesys' SCIM cannot (docs/genesys.md G2.3, G6.8).
//!
//! Says nothing about what members get by rules: that is one plan for each of them, see `bridge::recompute`.

use std::collections::BTreeSet;

use super::builder::Builder;
use crate::limits;
use crate::model::{Effect, Plan, PlanKind, UserId};

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
    /// Members in Genesys now, where known: what is already so needs no call.
    pub members_now: Option<&'a BTreeSet<UserId>>,
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
    let member = |user: &UserId| input.members_now.is_some_and(|now| now.contains(user));
    let add: Vec<UserId> = input.add.iter().filter(|user| !member(user)).cloned().collect();
    let known = input.members_now.is_some();
    let remove: Vec<UserId> = input.remove.iter().filter(|user| !known || member(user)).cloned().collect();
    for chunk in add.chunks(limits::GENESYS_BULK) {
        builder.then(Effect::AddMembers(chunk.to_vec()));
    }
    for chunk in remove.chunks(limits::GENESYS_BULK) {
        builder.then(Effect::RemoveMembers(chunk.to_vec()));
    }
    builder.finish(kind)
}
