//! What a change turned out to need: nothing at all, or a saga that only lacks its id, its cause and its
//! lane.
//!
//! Made by the planners of users and groups, opened by `sagas`.

use super::submission::{Done, Reply};
use crate::model::{Claim, CommitToken, Intent, Plan, Reservation, Secret, Subject, SubjectId};

/// What a change turned out to need.
pub(super) enum Prepared {
    /// It changes nothing.
    Nothing(Reply),
    /// A saga.
    Saga(Box<Draft>),
}

/// A saga that can be opened.
pub(super) struct Draft {
    pub(super) subject: SubjectId,
    pub(super) about: Subject,
    pub(super) names: Vec<Reservation>,
    pub(super) plan: Plan,
    pub(super) intent: Intent,
    pub(super) claim: Option<Claim>,
    pub(super) password: Option<Secret>,
    pub(super) done: Done,
    /// Id of the resource for the answer; `None` for a user who gets one from Genesys.
    pub(super) id: Option<String>,
}

impl Draft {
    /// The answer, once it is done: `bound` is the Genesys id.
    pub(super) fn reply(&self, bound: &str, token: CommitToken, pending: bool) -> Reply {
        let id = self.id.clone().unwrap_or_else(|| bound.to_owned());
        Reply { done: self.done, id, token, pending: pending && self.done != Done::Deleted }
    }
}
