//! What the front door takes and gives: a change with its cause, and the reply that a commit token allows.
//!
//! Types only. What a client asks for was read in `scim::change`; how it becomes a saga is in the other files
//! of this folder; how a reply becomes HTTP in `server`.

use std::sync::Weak;
use std::time::Duration;

use crate::model::{Cause, CommitToken};
use crate::scim::change::Change;

/// A change, who asks for it, and how long they wait.
#[derive(Debug)]
pub struct Submission {
    /// What is asked for.
    pub change: Change,
    /// Who asks.
    pub cause: Cause,
    /// How long the client waits; `limits::REQUEST_DEADLINE` by default.
    pub deadline: Duration,
    /// How the client gets to see what became of it.
    pub answer: Answer,
}

/// How the answer to a change reaches its client.
#[derive(Clone, Debug)]
pub enum Answer {
    /// By itself, as soon as it is done.
    Alone,
    /// With those of other changes, once all of them are done. Until the bridge is told of that
    /// (`Bridge::answered`) the client has seen nothing. What this points to is held by who collects the
    /// answers; once that is gone, so is the client, and it may send all of them again.
    WithOthers(Weak<()>),
}

/// The answer to a change that was done. It cannot be built without a commit token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// What was done.
    pub done: Done,
    /// The resource's id.
    pub id: String,
    /// The proof.
    pub token: CommitToken,
    /// The identity exists, the rest goes on: answer with `Retry-After`.
    pub pending: bool,
}

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Done {
    /// 201.
    Created,
    /// 200 (or 204).
    Changed,
    /// 204.
    Deleted,
}
