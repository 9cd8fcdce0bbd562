//! Recomputation: users whose groups changed get what the rules now say.
//!
//! A group change leaves one durable intent; this worker expands it into one saga for each user, as
//! background work, and removes it when all are through. After a crash it is simply expanded again.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::fault::Fault;
use super::goal::UserGoal;
use super::sagas::{InTheWay, Predecessor, Sagas};
use super::user_plan::{PlannedUser, UserPlanner};
use crate::directory::{Directory, ProvisioningState};
use crate::model::ports::{CallContext, Clock, Lane, Lanes, Priority, Store, refused_here};
use crate::model::{
    Cause, Failure, Outcome, RefusalKind, Reservation, SagaOpened, StoreError, UserId, metric,
};
use crate::plan::describe_failed;
use crate::saga::Progress;

/// How often a user is tried in one expansion before the next one has its turn.
const TRIES: u32 = 3;
/// Longest pause between two tries.
const PAUSE: Duration = Duration::from_secs(2);
/// Pause before the intents are looked through again, if nothing wakes the worker.
const IDLE: Duration = Duration::from_secs(5);
/// How long one user may take to be planned.
const PLAN_WITHIN: Duration = Duration::from_secs(10);
/// Most intents that are expanded in one pass.
const PARTS: usize = 64;
/// What a failure is about when no single step of it is known.
const WHAT_RULES_GIVE: &str = "what the rules give";

/// The worker.
pub(super) struct Recompute {
    pub(super) directory: Arc<Directory>,
    pub(super) store: Arc<dyn Store>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) lanes: Arc<dyn Lanes>,
    pub(super) sagas: Arc<Sagas>,
    pub(super) planner: Arc<UserPlanner>,
    pub(super) stop: CancellationToken,
    pub(super) changed: Arc<GroupsChanged>,
}

/// Tells the worker that there is something to do.
#[derive(Default)]
pub(super) struct GroupsChanged(tokio::sync::Notify);

impl GroupsChanged {
    /// A group has changed.
    pub(super) fn tell(&self) {
        self.0.notify_one();
    }
}

impl Recompute {
    /// Works until the process stops.
    pub(super) async fn for_ever(&self) {
        loop {
            match self.expand_all().await {
                Ok(0) => {}
                Ok(_) => continue,
                Err(error) => tracing::error!(%error, "recomputation has to wait"),
            }
            tokio::select! {
                // The stop first: there may always be something to do.
                biased;
                () = self.stop.cancelled() => return,
                () = self.changed.0.notified() => {}
                () = self.clock.sleep(IDLE) => {}
            }
        }
    }

    /// Expands what is in the outbox; returns how many parts were done.
    async fn expand_all(&self) -> Result<usize, StoreError> {
        let mut done = 0;
        for (key, part) in self.directory.recomputes(PARTS).await? {
            let mut waiting = Vec::new();
            if !self.planner.rules.is_empty() {
                for user in &part.users {
                    if self.stop.is_cancelled() {
                        return Ok(0);
                    }
                    if !self.is_through(user).await {
                        waiting.push(user.clone());
                    }
                }
            }
            let batch = if waiting.is_empty() {
                done += 1;
                self.directory.recompute_done(&key)
            } else {
                // Nothing is given up: whoever could not be computed now is computed later.
                metric::RECOMPUTE_POSTPONED
                    .of(self.planner.policy.tenant.as_str(), [])
                    .increment(waiting.len() as u64);
                self.directory.recompute_rest(&key, &part, waiting)?
            };
            self.store.commit(batch).await?;
        }
        Ok(done)
    }

    /// Tries a user some times. False: it has to be tried again later.
    async fn is_through(&self, id: &UserId) -> bool {
        for attempt in 0..TRIES {
            let Err(fault) = self.try_once(id).await else { return true };
            if fault.nobody_there() {
                return true;
            }
            let Some(seconds) = fault.retry_after_s() else {
                // The rules ask for something that cannot be: only another change can help, so it is shown on
                // the user.
                tracing::warn!(user = %id, %fault, "what the rules say cannot be given");
                let refusal = refused_here(RefusalKind::Validation, "recompute.refused", fault.to_string());
                return self.note(id, Failure::refused(WHAT_RULES_GIVE, &refusal)).await.is_ok();
            };
            tracing::info!(user = %id, attempt, %fault, "recomputation has to wait");
            let pause = Duration::from_secs(u64::from(seconds)).min(PAUSE);
            tokio::select! {
                biased;
                () = self.stop.cancelled() => return false,
                () = self.clock.sleep(pause) => {}
            }
        }
        false
    }

    async fn note(&self, id: &UserId, failure: Failure) -> Result<(), Fault> {
        let batch = self.directory.note_failure(id, failure, self.clock.now_ms()).await?;
        self.store.commit(batch).await?;
        Ok(())
    }

    async fn try_once(&self, id: &UserId) -> Result<(), Fault> {
        let lane = self.lane(id).await?;
        let planned = tokio::select! {
            biased;
            planned = self.plan(id) => planned?,
            () = lane.called_back() => return Err(Fault::GaveWay),
        };
        let Some(planned) = planned else { return Ok(()) };
        let cause = Cause::recompute(format!("recompute {id}"));
        let draft = planned.draft(None);
        let handle = self.sagas.open(&draft, &cause, &Predecessor::None, lane.fence).await?;
        drop(lane);
        let handle = handle.ok_or(Fault::GaveWay)?;
        handle.leave();
        let progress = handle.over().await;
        self.settle(id, handle.opened(), progress).await
    }

    /// The lane of a user of whom no saga is open.
    async fn lane(&self, id: &UserId) -> Result<Lane, Fault> {
        let user = Reservation::User(id.clone());
        let lane = self.lanes.acquire(&user).await;
        match self.sagas.in_the_way(&user).await? {
            InTheWay::Nobody => Ok(lane),
            InTheWay::Stuck(saga) => Err(Fault::Stuck(saga)),
            InTheWay::LeftOpen(_) => Err(Fault::LeftOpen),
            InTheWay::Running(handle) => {
                drop(lane);
                handle.over().await;
                Err(Fault::GaveWay)
            }
        }
    }

    /// What the user needs; `None` where there is nothing to do.
    async fn plan(&self, id: &UserId) -> Result<Option<PlannedUser>, Fault> {
        // Who was not written yet is not ours to change.
        let Some(stored) = self.directory.get_user(id).await?.filter(|stored| stored.managed) else {
            return Ok(None);
        };
        let settled = stored.status.state == ProvisioningState::Committed;
        // The lane is held while this is planned, and a leaver may wait for it: not as background work, and
        // not for long.
        let context = CallContext::new(Priority::Waiting, format!("recompute {id}"));
        let goal = UserGoal::recorded(stored);
        let granted = self.planner.granted(&goal).await?;
        let plan = self.clock.deadline(self.planner.plan(goal, granted, &context), PLAN_WITHIN);
        let planned = plan.await.map_err(|_| Fault::TooSlow)??;
        Ok(Some(planned).filter(|planned| !settled || !planned.is_empty()))
    }

    /// What became of the saga: a step that was refused is shown on the user.
    async fn settle(&self, id: &UserId, opened: &SagaOpened, progress: Progress) -> Result<(), Fault> {
        let Some((outcome, _)) = progress.ended else {
            return Err(Fault::LeftOpen);
        };
        let Outcome::RolledBack { refusal, step } = outcome else { return Ok(()) };
        if matches!(refusal.kind, RefusalKind::Credentials | RefusalKind::Permission) {
            // Our own rights: once they are put right, it works.
            return Err(Fault::RolledBack { refusal, during: WHAT_RULES_GIVE.to_owned() });
        }
        let step = step.and_then(|step| opened.plan.step(step));
        let failure = match step {
            Some(step) => describe_failed(&step.effect, &refusal),
            None => Failure::refused(WHAT_RULES_GIVE, &refusal),
        };
        self.note(id, failure).await
    }
}
