//! Roles in divisions: bulkadd gives, single DELETEs take back; each undoes the other. Pure.
//!
//! Which grants are given is decided in [`super::super::entitlements`].

use super::why;
use crate::model::ports::Write;
use crate::model::{GrantedSet, RoleGrant, Target, UserId};

/// Gives.
pub(super) fn add(user: UserId, grants: &[RoleGrant]) -> Vec<Write> {
    vec![Write::AddRoles(user, grants.to_vec())]
}

/// Takes back.
pub(super) fn remove(user: &UserId, grants: &[RoleGrant]) -> Vec<Write> {
    grants.iter().map(|grant| Write::RemoveRole(user.clone(), grant.clone())).collect()
}

/// Key of the entitlement.
pub(super) fn key(grant: &RoleGrant) -> String {
    target(grant).key()
}

/// Each with its reason.
pub(super) fn words(grants: &[RoleGrant], granted: &GrantedSet) -> String {
    let one = |grant: &RoleGrant| format!("{}{}", target(grant), why(granted, &key(grant)));
    grants.iter().map(one).collect::<Vec<_>>().join(", ")
}

fn target(grant: &RoleGrant) -> Target {
    Target::Role { role: grant.role.clone(), division: grant.division.clone() }
}
