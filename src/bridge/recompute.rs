//! Recomputation of one user: what rules and document of record say now, as a saga for which nobody waits.
//!
//! Such a saga settles what it can: a step that is refused is listed and does not undo its siblings, so that
//! nobody gives and takes back for ever. Whom to compute, and when again, is `work`; what is refused to
//! everybody `breakers`.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::OwnedSemaphorePermit;

use super::breakers::{Breakers, Kept};
use super::fault::Fault;
use super::goal::UserGoal;
use super::sagas::{InTheWay, Predecessor, Sagas};
use super::user_plan::{PlannedUser, UserPlanner};
use crate::directory::work::WorkReason;
use crate::directory::{Directory, ProvisioningState, StoredUser};
use crate::model::ports::{CallContext, Clock, Lanes, Priority, Store, refused_here};
use crate::model::{
    Cause, Certainty, Failure, FailureState, Granted, GrantedSet, Outcome, Plan, RefusalKind, Reservation,
    Step, StepId, UserId,
};
use crate::plan::effects::keys_of;
use crate::plan::{describe, describe_failed};
use crate::saga::{Handle, Progress};

/// How long somebody else's saga of the user is waited for before the user has to wait.
pub(super) const OTHERS_WITHIN: Duration = Duration::from_secs(2);
/// How long the user's own saga counts as one of those at a time; after that others have their turn.
pub(super) const OWN_WITHIN: Duration = Duration::from_secs(60);
/// How long one user may take to be planned. Nobody is kept waiting by it: no lane is held.
const PLAN_WITHIN: Duration = Duration::from_secs(120);
/// What a failure is about when no single step of it is known.
const WHAT_RULES_GIVE: &str = "what the rules give";
/// What is refused when Genesys does not know our credentials: everything to everybody.
const HOUSE: &str = "the bridge's own access to Genesys Cloud";
/// What the words of a read begin with that is refused before there is a plan.
const PLANNING: &str = "planning, ";

/// What a recomputation came to.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum End {
    /// The user is as it should be, or there is nobody to change.
    Done,
    /// Something is not as it should be. `kept`: nothing was tried, because it is refused to everybody.
    Left { reason: WorkReason, failure: Failure, kept: Option<Box<Kept>> },
    /// Somebody else is at work on the user.
    Busy,
}

/// Recomputes users.
pub(super) struct Recompute {
    pub(super) directory: Arc<Directory>,
    pub(super) store: Arc<dyn Store>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) lanes: Arc<dyn Lanes>,
    pub(super) sagas: Arc<Sagas>,
    pub(super) planner: Arc<UserPlanner>,
    pub(super) breakers: Mutex<Breakers>,
}

impl Recompute {
    /// Recomputes a user. `blocked_by`: what kept it from its last try. `slot` is given back early where the
    /// user's saga takes long, so that others have their turn.
    pub(super) async fn compute(
        &self,
        id: &UserId,
        blocked_by: Option<&str>,
        slot: OwnedSemaphorePermit,
    ) -> End {
        let now = self.clock.now_ms();
        for what in [Some(HOUSE), blocked_by].into_iter().flatten() {
            if let Some(kept) = self.breakers().ask(what, now) {
                return left(kept.failure.clone(), Some(kept));
            }
        }
        match self.try_once(id, blocked_by, slot).await {
            Ok(end) => end,
            Err(fault) => self.faulted(id, fault).await,
        }
    }

    fn breakers(&self) -> MutexGuard<'_, Breakers> {
        self.breakers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn faulted(&self, id: &UserId, fault: Fault) -> End {
        let (code, refusal) = match &fault {
            Fault::NotFound { .. } | Fault::Protected => return End::Done,
            Fault::GaveWay | Fault::NotDoneYet | Fault::LeftOpen => return End::Busy,
            Fault::Refused { refusal, .. } | Fault::UndoRefused(refusal) => ("", Some(refusal.clone())),
            Fault::Stuck(_) => ("recompute.stuck", None),
            Fault::GoneFromGenesys(_) => ("recompute.gone", None),
            Fault::DeletedInGenesys(_) => ("recompute.deleted", None),
            fault if fault.retry_after_s().is_some() => ("recompute.not_now", None),
            _ => ("recompute.refused", None),
        };
        tracing::info!(user = %id, %fault, "recomputation has to wait");
        let refusal =
            refusal.unwrap_or_else(|| refused_here(RefusalKind::Validation, code, fault.to_string()));
        let mut failure = Failure::refused(WHAT_RULES_GIVE, &refusal);
        match (&fault, refusal.kind) {
            (_, RefusalKind::Credentials) => HOUSE.clone_into(&mut failure.what),
            (Fault::Refused { during, .. }, RefusalKind::Permission) => {
                failure.what = format!("{PLANNING}{during}");
            }
            // What only another change can help is shown on the user.
            _ if fault.retry_after_s().is_none() && !matches!(fault, Fault::GoneFromGenesys(_)) => {
                if let Err(error) = self.note(id, failure.clone()).await {
                    tracing::error!(user = %id, %error, "what could not be given cannot be noted");
                }
                return left(failure, None);
            }
            _ => return left(failure, None),
        }
        self.refused(failure, id)
    }

    /// Something was refused that may be refused to everybody.
    fn refused(&self, failure: Failure, id: &UserId) -> End {
        let now = self.clock.now_ms();
        let mut breakers = self.breakers();
        breakers.refused(&failure, id, now, |bound| self.clock.jitter(bound));
        let kept = breakers.is_open(&failure.what, now);
        left(failure, kept)
    }

    /// Shows a failure on the user, once.
    async fn note(&self, id: &UserId, failure: Failure) -> Result<(), Fault> {
        let shown = self.directory.get_user(id).await?;
        if shown.is_some_and(|user| told(&user.status.failures) == told(std::slice::from_ref(&failure))) {
            return Ok(());
        }
        let batch = self.directory.note_failure(id, failure, self.clock.now_ms()).await?;
        self.store.commit(batch).await?;
        Ok(())
    }

    /// Planned without the lane, which a leaver may want, and opened only if the user is still as it was.
    async fn try_once(
        &self,
        id: &UserId,
        probed: Option<&str>,
        slot: OwnedSemaphorePermit,
    ) -> Result<End, Fault> {
        let user = Reservation::User(id.clone());
        self.nobody_else(&user, OTHERS_WITHIN).await?;
        let Some((stored, mut planned)) = self.plan(id).await? else { return Ok(End::Done) };
        self.breakers().worked(HOUSE);
        if let Some(read) = probed.filter(|probed| probed.starts_with(PLANNING)) {
            self.breakers().worked(read);
        }
        let kept = self.keep_from(&mut planned, probed);
        let held = planned.held.clone();
        if is_told(&stored, &planned) {
            return Ok(rest(&held, kept));
        }
        let lane = self.clock.deadline(self.lanes.acquire(&user), OTHERS_WITHIN).await;
        let lane = lane.map_err(|_| Fault::GaveWay)?;
        self.nobody_else(&user, Duration::ZERO).await?;
        if self.directory.get_user(id).await?.as_ref() != Some(&stored) {
            return Err(Fault::GaveWay);
        }
        let cause = Cause::recompute(format!("recompute {id}"));
        let draft = planned.draft(None);
        let handle = self.sagas.open(&draft, &cause, &Predecessor::None, lane.fence).await?;
        drop(lane);
        let handle = handle.ok_or(Fault::GaveWay)?;
        handle.leave();
        let progress = match self.clock.deadline(handle.over(), OWN_WITHIN).await {
            Ok(progress) => progress,
            Err(_) => {
                drop(slot);
                self.hangs(id, &handle);
                handle.over().await
            }
        };
        let end = self.ended(id, &handle.opened().plan, progress).await?;
        Ok(if end == End::Done { rest(&held, kept) } else { end })
    }

    /// A step takes long: the others are kept from it as if it were refused, until somebody gets through.
    fn hangs(&self, id: &UserId, handle: &Handle) {
        let Some(last) = handle.tries().into_iter().max_by_key(|last| last.at_ms) else { return };
        let Some(step) = handle.opened().plan.step(last.step).filter(|step| has_key(step)) else { return };
        let refusal = refused_here(RefusalKind::Other, "recompute.hangs", last.why);
        self.refused(describe_failed(&step.effect, &refusal), id);
    }

    /// Waits a little for somebody else's saga of the user.
    pub(super) async fn nobody_else(&self, user: &Reservation, within: Duration) -> Result<(), Fault> {
        match self.sagas.in_the_way(user).await? {
            InTheWay::Nobody => Ok(()),
            InTheWay::Stuck(saga) => Err(Fault::Stuck(saga)),
            InTheWay::LeftOpen(_) => Err(Fault::LeftOpen),
            InTheWay::Running(handle) => {
                let _ = self.clock.deadline(handle.over(), within).await;
                Err(Fault::GaveWay)
            }
        }
    }

    /// What the user needs; `None` where there is nothing to do.
    async fn plan(&self, id: &UserId) -> Result<Option<(StoredUser, PlannedUser)>, Fault> {
        // Who was not written yet is not ours to change.
        let Some(stored) = self.directory.get_user(id).await?.filter(|stored| stored.managed) else {
            return Ok(None);
        };
        let settled = stored.status.state == ProvisioningState::Committed;
        let context = CallContext::new(Priority::Background, format!("recompute {id}"));
        let goal = UserGoal::recorded(stored.clone());
        let ours = self.planner.ours(&goal).await?;
        let plan = self.clock.deadline(self.planner.plan(goal, ours, &context), PLAN_WITHIN);
        let planned = plan.await.map_err(|_| Fault::TooSlow)??;
        Ok(Some((stored, planned)).filter(|(_, planned)| !settled || !planned.is_empty()))
    }

    /// Takes out of the plan what is refused to everybody now, and lists it. `probed`: what this user finds
    /// out for the others.
    fn keep_from(&self, planned: &mut PlannedUser, probed: Option<&str>) -> Option<Kept> {
        let plan = &mut planned.planned.plan;
        // Nobody keeps access because of what else is refused.
        if plan.pivot.is_some() {
            return None;
        }
        let mut first: Option<Kept> = None;
        let now = self.clock.now_ms();
        let mut steps = Vec::new();
        for step in std::mem::take(&mut plan.steps) {
            let (what, keys) = (words(&step), keys_of(&step.effect));
            let open = !keys.is_empty() && probed != Some(what.as_str());
            match open.then(|| self.breakers().ask(&what, now)).flatten() {
                None => steps.push(step),
                Some(kept) => {
                    keys.iter().for_each(|key| {
                        as_before(&mut planned.planned.granted, &planned.granted_before, key);
                    });
                    planned.held.push(kept.failure.clone());
                    first = first.filter(|first| first.until_ms <= kept.until_ms).or(Some(kept));
                }
            }
        }
        let number = |(number, step): (u16, Step)| Step { id: StepId(number), ..step };
        plan.steps = (0..).zip(steps).map(number).collect();
        first
    }

    /// What became of the saga.
    async fn ended(&self, id: &UserId, plan: &Plan, progress: Progress) -> Result<End, Fault> {
        if let Some(refusal) = progress.stuck {
            return Err(Fault::UndoRefused(refusal));
        }
        let Some((outcome, _)) = progress.ended else { return Err(Fault::LeftOpen) };
        match outcome {
            Outcome::HandedOver => Ok(End::Busy),
            Outcome::Committed { failures, .. } => {
                let refused: BTreeSet<&str> = failures.iter().map(|failure| failure.what.as_str()).collect();
                for step in plan.steps.iter().filter(|step| has_key(step)) {
                    let what = words(step);
                    if !refused.contains(what.as_str()) {
                        self.breakers().worked(&what);
                    }
                }
                let ends = failures.into_iter().map(|failure| self.refused(failure, id));
                Ok(ends.reduce(|first, _| first).unwrap_or(End::Done))
            }
            // Only the identity can be refused so: nothing else was begun. Or a leaver came.
            Outcome::RolledBack { refusal, step } => {
                let Some(step) = step.and_then(|step| plan.step(step)) else { return Ok(End::Busy) };
                let failure = describe_failed(&step.effect, &refusal);
                self.note(id, failure.clone()).await?;
                Ok(left(failure, None))
            }
        }
    }
}

/// What is left when everything that was tried has worked.
fn rest(held: &[Failure], kept: Option<Kept>) -> End {
    // What Genesys has no place for stays as it is, however often it is tried.
    let open = held.iter().find(|failure| failure.state != FailureState::Kept);
    match (kept, open) {
        (Some(kept), _) => left(kept.failure.clone(), Some(kept)),
        (None, Some(open)) => left(open.clone(), None),
        (None, None) => End::Done,
    }
}

fn left(failure: Failure, kept: Option<Kept>) -> End {
    let reason = match failure.state {
        FailureState::Held => WorkReason::NameHeld,
        FailureState::Failed | FailureState::Kept => WorkReason::StepFailed,
    };
    End::Left { reason, failure, kept: kept.map(Box::new) }
}

fn as_before(granted: &mut GrantedSet, before: &GrantedSet, key: &str) {
    match before.get(key) {
        // What was to be taken back is still to be.
        Some(there) if !granted.contains_key(key) => {
            let leaving = Granted { certainty: Certainty::Leaving, ..there.clone() };
            granted.insert(key.to_owned(), leaving);
        }
        Some(there) => drop(granted.insert(key.to_owned(), there.clone())),
        None => drop(granted.remove(key)),
    }
}

/// Whether there is nothing to do, and the user shows already what cannot be done.
fn is_told(stored: &StoredUser, planned: &PlannedUser) -> bool {
    let nothing = planned.planned.plan.is_empty() && planned.planned.granted == planned.granted_before;
    let open = matches!(stored.status.state, ProvisioningState::Failed | ProvisioningState::Held);
    nothing && open && told(&stored.status.failures) == told(&planned.held)
}

/// What failures tell, without what differs from try to try.
fn told(failures: &[Failure]) -> BTreeSet<(&str, &str)> {
    failures.iter().map(|failure| (failure.what.as_str(), failure.code.as_str())).collect()
}

/// Whether it is about an entitlement, which others may be given too.
fn has_key(step: &Step) -> bool {
    !keys_of(&step.effect).is_empty()
}

fn words(step: &Step) -> String {
    describe(&step.effect, &GrantedSet::new())
}
