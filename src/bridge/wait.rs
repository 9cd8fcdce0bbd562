//! Waiting for a saga until the deadline, and what the client hears then.
//!
//! 2xx only with a commit token: of the end, or of the acknowledgement (P1; docs/scim.md, "When Genesys refuses or is slow").

use std::sync::Arc;

use super::open::Ready;
use super::submission::{Done, Reply};
use super::submit::Deadline;
use super::{Bridge, errors};
use crate::model::{
    CommitToken, FoundUser, Intent, Outcome, PlanKind, Refusal, RefusalKind, Reservation, StepId, Subject,
    UserId,
};
use crate::plan::describe;
use crate::saga::{Handle, Progress};
use crate::scim::error::ScimError;

/// What waiting led to.
pub(super) enum Waited {
    /// Answer that.
    Reply(Reply),
    /// The create was refused because this user owns the address and may be adopted: plan again.
    Owner(FoundUser),
    /// A removal of the resource, or of a user who was to join the group, overtook the change: look again, and most likely say so.
    Removed,
}

impl Bridge {
    pub(super) async fn wait_for(
        self: &Arc<Self>,
        handle: &Handle,
        ready: &Ready,
        deadline: Deadline,
        may_adopt: bool,
    ) -> Result<Waited, ScimError> {
        let over = self.parts.clock.deadline(handle.over(), deadline.left(self)).await;
        let progress = match over {
            Ok(progress) => progress,
            Err(_) => return self.at_the_deadline(handle, ready).await,
        };
        let Some((outcome, token)) = progress.ended.clone() else { return Err(unfinished(&progress)) };
        match outcome {
            Outcome::Committed { bound, .. } => {
                self.committed(ready);
                Ok(Waited::Reply(reply(ready, &bound, token, false)))
            }
            // Acknowledged before by somebody who joined, and taken over since: it is visible.
            Outcome::HandedOver => {
                let bound = progress.bound.unwrap_or_default();
                Ok(Waited::Reply(reply(ready, &bound, token, true)))
            }
            Outcome::RolledBack { refusal, .. } if refusal.code == errors::REMOVED_MEANWHILE => {
                Ok(Waited::Removed)
            }
            Outcome::RolledBack { refusal, step } => {
                if self.lost_a_member(ready, &refusal, deadline).await {
                    return Ok(Waited::Removed);
                }
                if may_adopt
                    && ready.opened.plan.kind == PlanKind::Create
                    && refusal.kind == RefusalKind::Uniqueness
                {
                    return self.adoptable(ready, &refusal).await.map(Waited::Owner);
                }
                Err(self.rolled_back(ready, &refusal, step))
            }
        }
    }

    /// Whether Genesys refused new members because one of them was being removed at the same moment.
    async fn lost_a_member(&self, ready: &Ready, refusal: &Refusal, deadline: Deadline) -> bool {
        let Intent::PutGroup { add, .. } = &ready.opened.intent else { return false };
        if refusal.kind != RefusalKind::NotFound {
            return false;
        }
        for id in add {
            // Genesys hears of a removal before the directory does.
            let leaver = Reservation::User(UserId::new(id.as_str()));
            let leaving = self.parts.journal.reserved_by(&leaver.to_string()).await.ok().flatten();
            if let Some(handle) = leaving.and_then(|saga| self.runner.find(saga)) {
                let _ = self.parts.clock.deadline(handle.over(), deadline.left(self)).await;
            }
            if self.parts.directory.has_user(&UserId::new(id.as_str())).await.is_ok_and(|there| !there) {
                return true;
            }
        }
        false
    }

    async fn at_the_deadline(&self, handle: &Handle, ready: &Ready) -> Result<Waited, ScimError> {
        if let Some(token) = handle.acknowledge().await {
            handle.leave();
            self.committed(ready);
            let bound = handle.progress().bound.unwrap_or_default();
            return Ok(Waited::Reply(reply(ready, &bound, token, true)));
        }
        handle.leave();
        // It may have ended between the deadline and the question.
        let progress = handle.progress();
        match progress.ended {
            Some((Outcome::Committed { bound, .. }, token)) => {
                self.committed(ready);
                return Ok(Waited::Reply(reply(ready, &bound, token, false)));
            }
            Some((Outcome::HandedOver, token)) => {
                let bound = progress.bound.unwrap_or_default();
                return Ok(Waited::Reply(reply(ready, &bound, token, true)));
            }
            Some((Outcome::RolledBack { refusal, step }, _)) => {
                return Err(self.rolled_back(ready, &refusal, step));
            }
            None => {}
        }
        Err(errors::not_done_yet())
    }

    fn committed(&self, ready: &Ready) {
        if matches!(ready.opened.about, Subject::Group { .. }) {
            self.recompute.notify_one();
        }
    }

    fn rolled_back(&self, ready: &Ready, refusal: &Refusal, step: Option<StepId>) -> ScimError {
        let step = step.and_then(|step| ready.opened.plan.step(step));
        let during =
            step.map_or_else(|| "the change".to_owned(), |step| describe(&step.effect, &Default::default()));
        let mut error = errors::refused(refusal, &format!("could not {during}"));
        error.detail.push_str("; everything else was undone");
        error
    }
}

fn unfinished(progress: &Progress) -> ScimError {
    match &progress.stuck {
        Some(refusal) => {
            let mut error = errors::refused(refusal, "an undo was refused");
            if error.status < 500 {
                error = ScimError::unavailable(300, error.detail);
            }
            error.detail.push_str("; an administrator has to redrive the saga");
            error
        }
        None if progress.left_open.is_some() => errors::left_open(),
        None => errors::not_done_yet(),
    }
}

fn reply(ready: &Ready, bound: &str, token: CommitToken, pending: bool) -> Reply {
    let id = match (&ready.id, &ready.opened.about) {
        (Some(id), _) => id.clone(),
        (None, Subject::Group { id, .. }) => id.as_str().to_owned(),
        (None, Subject::User(_)) => bound.to_owned(),
    };
    let done = ready.done;
    Reply { done, id, token, pending: pending && done != Done::Deleted }
}
