//! Memberships, of queues for example: joining and leaving, each of which undoes the other. Pure.
//!
//! Whether joining twice is an error is a matter of the kind, see `genesys::client::memberships`.

use crate::model::ports::Write;
use crate::model::{ConflictClass, Kind, Named, Target, UserId};

/// Becomes a member.
pub(super) fn join(kind: Kind, user: UserId, of: &Named) -> Vec<Write> {
    vec![Write::Join(kind, user, of.id.clone())]
}

/// Leaves.
pub(super) fn leave(kind: Kind, user: UserId, of: &Named) -> Vec<Write> {
    vec![Write::Leave(kind, user, of.id.clone())]
}

/// The undo of leaving: what was not seen is not joined, because nobody knows that it was there.
pub(super) fn rejoin(kind: Kind, user: UserId, of: &Named, seen: bool) -> Vec<Write> {
    if seen { join(kind, user, of) } else { Vec::new() }
}

/// Memberships run side by side, unless a user has at most one: then it hangs on the user's own record,
/// division included, and steps run in the order of the plan.
pub(super) fn class(kind: Kind, of: &Named) -> ConflictClass {
    if kind.row().single { ConflictClass::User } else { ConflictClass::Member(key(kind, of)) }
}

/// Key of the entitlement.
pub(super) fn key(kind: Kind, of: &Named) -> String {
    Target::Member { kind, of: of.clone() }.key()
}
