//! Creates that went back without knowing whether they had taken effect: what Genesys shows of one later is taken
//! back, unless somebody wants it by then.
//!
//! A look right after the create proves presence only (P4), so it is repeated for a day. The record of it is
//! written with the end of the saga (`directory::turn`); when to look again is `work`.

use super::draft::Draft;
use super::fault::Fault;
use super::recompute::{End, OTHERS_WITHIN, OWN_WITHIN, Recompute};
use super::sagas::{Predecessor, existing};
use super::submission::Done;
use crate::directory::work::{WorkReason, created_subject};
use crate::limits;
use crate::model::ports::{CallContext, Priority, refused_here};
use crate::model::{
    Cause, Failure, GrantedSet, Intent, Mark, Outcome, RefusalKind, Reservation, Subject, SubjectId, UserId,
};
use crate::plan::plan_removal;
use crate::scim::kind::ResourceKind;

/// What the record is about, in words.
const WHAT: &str = "a user whose create had no answer";

impl Recompute {
    /// Looks for what a create may have left behind. `key` is that of its record, `since_ms` when it was written.
    pub(super) async fn settle_create(&self, key: &UserId, since_ms: i64) -> End {
        let Some(subject) = created_subject(key) else { return End::Done };
        match self.look_for_orphan(subject, since_ms).await {
            Ok(end) => end,
            Err(Fault::GaveWay | Fault::NotDoneYet | Fault::LeftOpen) => End::Busy,
            Err(fault) => still_open("create.not_now", fault.to_string()),
        }
    }

    async fn look_for_orphan(&self, subject: SubjectId, since_ms: i64) -> Result<End, Fault> {
        let context = CallContext::new(Priority::Background, format!("create of {subject}"));
        let mark = Mark::of(&self.planner.policy.tenant, subject);
        let looks = &self.planner.looks;
        let ask = || looks.upstream.find_by_mark(&mark, &context);
        match looks.patiently("looking for what a create left behind", ask).await? {
            Some(id) => self.take_back(&id, subject).await,
            None => Ok(not_there(since_ms, self.clock.now_ms())),
        }
    }

    /// Deletes it, as the undo of its create would have: a saga of its own, which a crash does not stop.
    async fn take_back(&self, id: &UserId, subject: SubjectId) -> Result<End, Fault> {
        let user = Reservation::User(id.clone());
        self.nobody_else(&user, OTHERS_WITHIN).await?;
        let lane = self.clock.deadline(self.lanes.acquire(&user), OTHERS_WITHIN).await;
        let lane = lane.map_err(|_| Fault::GaveWay)?;
        self.nobody_else(&user, std::time::Duration::ZERO).await?;
        let wanted = self.directory.get_user(id).await?.is_some_and(|user| user.managed);
        if wanted || self.planner.refuse_protected("", Some(id)).is_err() {
            return Ok(End::Done);
        }
        let draft = Draft {
            subject,
            names: vec![existing(ResourceKind::User, id.as_str())],
            plan: plan_removal().plan,
            intent: Intent::DeleteUser { version: 0, passed: GrantedSet::new() },
            claim: None,
            password: None,
            done: Done::Deleted,
            id: Some(id.as_str().to_owned()),
            about: Subject::User(Some(id.clone())),
        };
        let cause = Cause::recompute(format!("create of {subject}"));
        let handle = self.sagas.open(&draft, &cause, &Predecessor::None, lane.fence).await?;
        drop(lane);
        let handle = handle.ok_or(Fault::GaveWay)?;
        tracing::warn!(user = %id, %subject, "a create had taken effect though its user was not to be; the user is deleted");
        handle.leave();
        let progress = self.clock.deadline(handle.over(), OWN_WITHIN).await.map_err(|_| Fault::GaveWay)?;
        match progress.ended {
            Some((Outcome::Committed { .. }, _)) => Ok(End::Done),
            _ => Ok(End::Busy),
        }
    }
}

/// Absent proves nothing, but after a day it is believed.
fn not_there(since_ms: i64, now_ms: i64) -> End {
    let waited = u128::try_from(now_ms.saturating_sub(since_ms)).unwrap_or(0);
    if waited >= limits::UNSETTLED_CREATE.as_millis() {
        return End::Done;
    }
    still_open("create.not_found", "Genesys Cloud shows nobody with its mark; looked for again".to_owned())
}

fn still_open(code: &str, why: String) -> End {
    let failure = Failure::refused(WHAT, &refused_here(RefusalKind::Other, code, why));
    End::Left { reason: WorkReason::UnsettledCreate, failure, kept: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_absence_is_believed_after_a_day_and_not_before() {
        let day = 24 * 60 * 60 * 1000;
        for (now, over) in [(1_000, false), (day, false), (day + 1_000, true), (3 * day, true)] {
            assert_eq!(not_there(1_000, now) == End::Done, over, "{now}");
        }
        // A clock that was set back.
        assert_ne!(not_there(day, 0), End::Done);
    }
}
