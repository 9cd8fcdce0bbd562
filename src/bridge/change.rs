//! What the front door takes and gives: a change of one resource, and the reply that a commit token allows.
//!
//! Types only. How a change becomes a saga is in the other files of this folder; how a reply becomes HTTP in `server`.

use std::time::Duration;

use serde_json::Value;

use crate::model::{Cause, CommitToken};
use crate::scim::kind::ResourceKind;

/// One change that a client asks for.
#[derive(Debug)]
pub struct Change {
    /// User or group.
    pub kind: ResourceKind,
    /// What to do.
    pub action: Action,
    /// The `If-Match` header as it was sent.
    pub if_match: Option<String>,
    /// Who asks.
    pub cause: Cause,
    /// How long the client waits; `limits::REQUEST_DEADLINE` by default.
    pub deadline: Duration,
}

/// What to do.
#[derive(Debug)]
pub enum Action {
    /// POST with that body.
    Create(Value),
    /// PUT of that id with that body.
    Replace(String, Value),
    /// PATCH of that id with that body (a PatchOp message).
    Patch(String, Value),
    /// DELETE of that id.
    Delete(String),
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
