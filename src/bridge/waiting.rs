//! Waiting for a saga until the deadline, and what that leads to.
//!
//! 2xx only with a commit token: of the end, or of the acknowledgement (P1; docs/scim.md, "When Genesys
//! refuses or is slow"). What to do about a refused create is decided by who waits (`submit`).

use std::sync::Arc;

use super::admission::{REMOVED_MEANWHILE, overtaken};
use super::deadline::Deadline;
use super::draft::Draft;
use super::fault::Fault;
use super::sagas::Sagas;
use super::submission::Reply;
use crate::directory::Directory;
use crate::model::ports::Clock;
use crate::model::{Intent, Outcome, PlanKind, Refusal, RefusalKind, Reservation, StepId, UserId};
use crate::plan::describe;
use crate::saga::{Handle, Progress};

/// What waiting led to.
pub(super) enum Waited {
    /// Answer that.
    Reply(Reply),
    /// A step was refused and everything else undone.
    RolledBack { refusal: Refusal, during: String },
    /// A removal of the resource, or of a user who was to join the group, overtook the change: look again,
    /// and most likely say so.
    Removed,
}

/// Waits for sagas.
pub(super) struct Waiting {
    pub(super) clock: Arc<dyn Clock>,
    pub(super) directory: Arc<Directory>,
    pub(super) sagas: Arc<Sagas>,
}

impl Waiting {
    /// Waits until the saga is over or the deadline comes, and then asks it to make visible what is there.
    pub(super) async fn wait_for(
        &self,
        handle: &Handle,
        draft: &Draft,
        deadline: Deadline,
    ) -> Result<Waited, Fault> {
        let Some(progress) = deadline.within(&self.clock, handle.over()).await else {
            return at_the_deadline(handle, draft).await.map(Waited::Reply);
        };
        if let Some(by) = progress.overtaken {
            return Ok(match by {
                PlanKind::Delete => Waited::Removed,
                _ => Waited::RolledBack { refusal: overtaken(false), during: failed_step(draft, None) },
            });
        }
        if let Some(Outcome::RolledBack { refusal, step }) =
            progress.ended.as_ref().map(|(outcome, _)| outcome)
        {
            if refusal.code == REMOVED_MEANWHILE || self.lost_a_member(draft, refusal, deadline).await {
                return Ok(Waited::Removed);
            }
            return Ok(Waited::RolledBack { refusal: refusal.clone(), during: failed_step(draft, *step) });
        }
        match ended_well(&progress, draft) {
            Some(reply) => Ok(Waited::Reply(reply)),
            None => Err(unfinished(progress)),
        }
    }

    /// Whether Genesys refused new members because one of them was being removed at the same moment.
    async fn lost_a_member(&self, draft: &Draft, refusal: &Refusal, deadline: Deadline) -> bool {
        let Intent::PutGroup { add, .. } = &draft.intent else { return false };
        if refusal.kind != RefusalKind::NotFound {
            return false;
        }
        for id in add {
            let user = UserId::new(id.as_str());
            // Genesys hears of a removal before the directory does.
            if let Some(handle) = self.sagas.running(&Reservation::User(user.clone())).await {
                let _ = deadline.within(&self.clock, handle.over()).await;
            }
            if self.directory.has_user(&user).await.is_ok_and(|there| !there) {
                return true;
            }
        }
        false
    }
}

async fn at_the_deadline(handle: &Handle, draft: &Draft) -> Result<Reply, Fault> {
    let acknowledged = handle.acknowledge().await;
    handle.leave();
    let progress = handle.progress();
    if let Some(token) = acknowledged {
        return Ok(draft.reply(&progress.bound.unwrap_or_default(), token, true));
    }
    // It may have ended between the deadline and the question.
    if let Some(reply) = ended_well(&progress, draft) {
        return Ok(reply);
    }
    match progress.ended {
        Some((Outcome::RolledBack { refusal, step }, _)) => {
            Err(Fault::RolledBack { refusal, during: failed_step(draft, step) })
        }
        _ => Err(Fault::NotDoneYet),
    }
}

/// The answer to a saga that ended with the change made.
fn ended_well(progress: &Progress, draft: &Draft) -> Option<Reply> {
    match progress.ended.clone()? {
        (Outcome::Committed { bound, .. }, token) => Some(draft.reply(&bound, token, false)),
        // Acknowledged before by somebody who joined, and taken over since: it is visible.
        (Outcome::HandedOver, _) if progress.overtaken.is_some() => None,
        (Outcome::HandedOver, token) => {
            Some(draft.reply(progress.bound.as_deref().unwrap_or_default(), token, true))
        }
        (Outcome::RolledBack { .. }, _) => None,
    }
}

fn failed_step(draft: &Draft, step: Option<StepId>) -> String {
    let step = step.and_then(|step| draft.plan.step(step));
    let what =
        step.map_or_else(|| "the change".to_owned(), |step| describe(&step.effect, &Default::default()));
    format!("could not {what}")
}

fn unfinished(progress: Progress) -> Fault {
    match (progress.stuck, progress.left_open) {
        (Some(refusal), _) => Fault::UndoRefused(refusal),
        (None, Some(_)) => Fault::LeftOpen,
        (None, None) => Fault::NotDoneYet,
    }
}
