//! Memberships given and taken, each kind by its own calls.
//!
//! Reading them is in `observing`; which memberships a change needs is decided in `plan`.

use super::GenesysClient;
use super::removing::Goes;
use super::writes::{misplaced, send};
use crate::genesys::answer::HttpAnswer;
use crate::genesys::api::{queues, teams};
use crate::genesys::not_done::{Made, NotDone, unreadable};
use crate::model::ports::CallContext;
use crate::model::{Kind, Refusal, RefusalKind, UserId};

impl GenesysClient {
    /// Makes a user a member of the thing with that id, or ends it. What is already so is done.
    pub(super) async fn change_membership(
        &self,
        kind: Kind,
        user: &UserId,
        of: &str,
        member: bool,
        context: &CallContext,
    ) -> Made {
        match kind {
            Kind::Queue => self.change_queue(user, of, member, context).await,
            Kind::Team => self.change_team(user, of, member, context).await,
            Kind::Role | Kind::Skill | Kind::Language | Kind::Attribute => Err(misplaced(kind)),
        }
    }

    /// Joining twice and leaving what one is not in may be errors (docs/genesys.md G6.2, uncertain): then a
    /// look decides.
    async fn change_queue(&self, user: &UserId, queue: &str, member: bool, context: &CallContext) -> Made {
        let call = if member { queues::join(user, queue) } else { queues::leave(user, queue) };
        let sent = if member {
            send(&self.calls, &call, context).await
        } else {
            self.remove(&call, &Goes::membership(Kind::Queue, user, queue), context).await
        };
        let stop = match sent {
            Err(stop) if stop.is(RefusalKind::Validation) || stop.is(RefusalKind::Uniqueness) => stop,
            settled => return settled,
        };
        let queues = match self.queues_of(user, context).await {
            Ok(queues) => queues,
            // A look that is refused proves nothing: the refusal stands.
            Err(NotDone::Refused(_)) => return Err(stop),
            // Not looked yet: the whole change is tried again, and the refusal with it.
            Err(not_told) => return Err(not_told),
        };
        if queues.iter().any(|found| found.id == queue) == member { Ok(None) } else { Err(stop) }
    }

    /// Who could not be added is named inside a 200. Whether adding a member again is such a failure is
    /// uncertain (docs/genesys.md G6.15): then a look decides.
    async fn change_team(&self, user: &UserId, team: &str, member: bool, context: &CallContext) -> Made {
        if !member {
            let goes = Goes::membership(Kind::Team, user, team);
            return self.remove(&teams::leave(user, team), &goes, context).await;
        }
        let call = teams::join(user, team);
        let answer = self.calls.call(&call, context).await?.ok_or_else(|| unreadable(&call))?;
        let body = answer.json().ok_or_else(|| unreadable(&call))?;
        let Some(reason) = teams::not_added(&body, user) else { return Ok(None) };
        let refused = Err(NotDone::Refused(not_added(&answer, reason)));
        match self.teams_of(user, std::iter::once(team), context).await {
            Ok(teams) if !teams.is_empty() => Ok(None),
            // As above.
            Err(not_told @ (NotDone::Later(_) | NotDone::Unknown(_))) => Err(not_told),
            _ => refused,
        }
    }
}

/// The refusal that an answer of 200 holds.
fn not_added(answer: &HttpAnswer, reason: String) -> Refusal {
    let (kind, cure) = match reason.as_str() {
        "UserNotFound" => (RefusalKind::NotFound, ""),
        "UserGroupLimitExceeded" => {
            (RefusalKind::Validation, "; the user is in another team, or the team is full")
        }
        "UserGroupDivisionMismatch" => {
            (RefusalKind::Validation, "; the team must be in the user's own division")
        }
        // Nothing says that it lasts.
        _ => (RefusalKind::Other, ""),
    };
    Refusal {
        kind,
        status: answer.status,
        detail: format!("team_join: Genesys did not add the user to the team: {reason}{cure}"),
        code: reason,
        correlation_id: answer.correlation_id.clone(),
    }
}
