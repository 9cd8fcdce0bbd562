//! Taking something away, where a 404 is no proof that it is gone: it may be that of a cache, or of a route
//! that fails. A look decides.
//!
//! Groups, whose deletion is asynchronous, have a loop of their own in `writes`. Which removals a change needs
//! is decided in `plan`.

use std::collections::BTreeSet;

use super::GenesysClient;
use crate::genesys::api::attributes;
use crate::genesys::not_done::{Made, NotDone};
use crate::genesys::request::HttpCall;
use crate::model::ports::CallContext;
use crate::model::{Aspects, Kind, Named, Target, UserId, UserState};

/// Shortest pause before the removal is sent again, in milliseconds: the look may only lag.
const AGAIN_MS: u64 = 100;

/// What is taken away.
pub(super) enum Goes<'a> {
    /// The user.
    User(&'a UserId),
    /// An entitlement of a user.
    Of(&'a UserId, Target),
    /// A user's record under one schema.
    Record(&'a UserId, &'a str),
    /// Members of a group.
    Members(&'a str, &'a [UserId]),
}

impl<'a> Goes<'a> {
    /// What one has a level of.
    pub(super) fn level(kind: Kind, user: &'a UserId, of: &str) -> Self {
        Self::Of(user, Target::Level { kind, of: by_id(of) })
    }

    /// What one is a member of.
    pub(super) fn membership(kind: Kind, user: &'a UserId, of: &str) -> Self {
        Self::Of(user, Target::Member { kind, of: by_id(of) })
    }
}

/// Names do not count where things are compared.
fn by_id(id: &str) -> Named {
    Named { id: id.to_owned(), name: String::new() }
}

impl GenesysClient {
    /// Sends a removal. What is not there is done.
    pub(super) async fn remove(&self, call: &HttpCall, what: &Goes<'_>, context: &CallContext) -> Made {
        if self.calls.call(call, context).await?.is_some() {
            return Ok(None);
        }
        // A look that fails proves nothing: the answer stands.
        if !self.is_there(what, context).await.unwrap_or(false) {
            return Ok(None);
        }
        let reason = format!("{}: Genesys answered 404, and it is still there", call.operation);
        Err(NotDone::later(AGAIN_MS, reason))
    }

    async fn is_there(&self, what: &Goes<'_>, context: &CallContext) -> Result<bool, NotDone> {
        match what {
            Goes::User(user) => {
                let seen = self.observe_user(user, &Aspects::default(), context).await?;
                Ok(seen.is_some_and(|seen| seen.state != UserState::Deleted))
            }
            Goes::Of(user, target) => {
                let aspects = Aspects::only(target.kind(), Some(target.id()));
                let seen = self.observe_user(user, &aspects, context).await?;
                Ok(seen.is_some_and(|seen| seen.entitlements.contains_key(&target.key())))
            }
            Goes::Record(user, schema) => {
                Ok(self.calls.look(&attributes::record(user, schema), context).await?.is_some())
            }
            Goes::Members(group, members) => {
                let seen = self.group_by_id(group, true, context).await?;
                let there = seen.and_then(|seen| seen.members).unwrap_or_default();
                let gone: BTreeSet<&UserId> = members.iter().collect();
                Ok(there.iter().any(|member| gone.contains(member)))
            }
        }
    }
}
