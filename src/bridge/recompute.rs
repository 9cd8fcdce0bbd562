//! Recomputation: users whose groups changed get what the rules now say.
//!
//! A group change leaves one durable intent; this worker expands it into one saga for each user, as background work, and
//! removes it when all are through. After a crash it is simply expanded again.

use std::sync::Arc;
use std::time::Duration;

use super::goal::Goal;
use super::submission::Done;
use super::submit::InTheWay as InTheWayOf;
use super::{Bridge, errors};
use crate::model::ports::{CallContext, Priority, refused_here};
use crate::model::{Cause, Effect, Failure, Outcome, Refusal, RefusalKind, Reservation, UserId, metric};
use crate::plan::describe_failed;
use crate::scim::error::ScimError;

/// How often a user is tried in one expansion before the next one has its turn.
const TRIES: u32 = 3;
/// How long one user may take to be planned.
const PLAN_WITHIN: Duration = Duration::from_secs(10);

impl Bridge {
    pub(super) async fn recompute_for_ever(self: Arc<Self>) {
        loop {
            match self.expand_all().await {
                Ok(0) => {}
                Ok(_) => continue,
                Err(error) => tracing::error!(detail = %error.detail, "recomputation has to wait"),
            }
            tokio::select! {
                // The stop first: there may always be something to do.
                biased;
                () = self.parts.stop.cancelled() => return,
                () = self.recompute.notified() => {}
                () = self.parts.clock.sleep(Duration::from_secs(5)) => {}
            }
        }
    }

    /// Expands what is in the outbox; returns how many parts were done.
    async fn expand_all(self: &Arc<Self>) -> Result<usize, ScimError> {
        let parts = self.parts.directory.recomputes(64).await.map_err(|error| errors::store(&error))?;
        let mut done = 0;
        for (key, part) in parts {
            let mut waiting = Vec::new();
            if !self.parts.rules.is_empty() {
                for user in &part.users {
                    if self.parts.stop.is_cancelled() {
                        return Ok(0);
                    }
                    if !self.recompute_user(user).await {
                        waiting.push(user.clone());
                    }
                }
            }
            let batch = if waiting.is_empty() {
                done += 1;
                self.parts.directory.recompute_done(&key)
            } else {
                // Nothing is given up: whoever could not be computed now is computed later.
                metric::RECOMPUTE_POSTPONED
                    .of(self.parts.policy.tenant.as_str(), [])
                    .increment(waiting.len() as u64);
                let rest = self.parts.directory.recompute_rest(&key, &part, waiting);
                rest.map_err(|error| errors::store(&error))?
            };
            self.parts.store.commit(batch).await.map_err(|error| errors::store(&error))?;
        }
        Ok(done)
    }

    /// Whether the user is through; false means that it has to be tried again.
    async fn recompute_user(self: &Arc<Self>, id: &UserId) -> bool {
        for attempt in 0..TRIES {
            match self.recompute_once(id).await {
                Ok(()) => return true,
                Err(error) if error.status == 404 => return true,
                Err(error) if error.status < 429 => {
                    // The rules ask for something that cannot be: only another change can help, so it is shown on the user.
                    tracing::warn!(user = %id, detail = %error.detail, "what the rules say cannot be given");
                    let refusal = refused_here(RefusalKind::Validation, "recompute.refused", error.detail);
                    return self.note(id, nameless(&refusal)).await.is_ok();
                }
                Err(error) => {
                    tracing::info!(user = %id, attempt, detail = %error.detail, "recomputation has to wait");
                    let pause = Duration::from_secs(u64::from(error.retry_after_s.unwrap_or(1)).min(2));
                    tokio::select! {
                        biased;
                        () = self.parts.stop.cancelled() => return false,
                        () = self.parts.clock.sleep(pause) => {}
                    }
                }
            }
        }
        false
    }

    async fn note(&self, id: &UserId, failure: Failure) -> Result<(), ScimError> {
        let now = self.parts.clock.now_ms();
        let batch = self
            .parts
            .directory
            .note_failure(id, failure, now)
            .await
            .map_err(|error| errors::store(&error))?;
        self.parts.store.commit(batch).await.map(drop).map_err(|error| errors::store(&error))
    }

    async fn recompute_once(self: &Arc<Self>, id: &UserId) -> Result<(), ScimError> {
        let cause = Cause::recompute(format!("recompute {id}"));
        let user = Reservation::User(id.clone());
        let lane = self.parts.lanes.acquire(&user.to_string()).await;
        match self.in_the_way(&user).await.map_err(|error| errors::store(&error))? {
            InTheWayOf::Nobody => {}
            InTheWayOf::Stuck(_) => return Err(ScimError::unavailable(10, "the user has a stuck saga")),
            InTheWayOf::Running(handle) => {
                drop(lane);
                handle.over().await;
                return Err(ScimError::unavailable(1, "the user had an open saga"));
            }
        }
        let stored = self.parts.directory.get_user(id).await.map_err(|error| errors::store(&error))?;
        let Some(stored) = stored else { return Ok(()) };
        if !stored.managed {
            // Nobody has written this user yet: it is not ours to change.
            return Ok(());
        }
        let context = // The lane is held while this is planned, and a leaver may wait for it: not as background work, and not for long.
            CallContext::new(Priority::Waiting, format!("recompute {id}"));
        let granted = self.granted(&stored).await?;
        let document = stored.document.clone();
        let status = stored.status.clone();
        let goal = Goal {
            stored: Some(stored),
            owner: None,
            document,
            patched: false,
            record: true,
            password: None,
            done: Done::Changed,
        };
        let plan = self.parts.clock.deadline(self.plan_goal(&goal, granted, &context), PLAN_WITHIN);
        let planned = plan
            .await
            .map_err(|_| ScimError::unavailable(1, "Genesys Cloud is too slow at the moment"))??;
        let same = planned.planned.plan.is_empty() && planned.planned.granted == planned.granted_before;
        if same && status.state == crate::directory::ProvisioningState::Committed && planned.held.is_empty() {
            return Ok(());
        }
        let ready = self.ready_user(&cause, None, goal, planned, lane.fence);
        let opened = self.open(&ready, &super::submit::Predecessor::None).await?;
        drop(lane);
        let Some(handle) = opened else {
            return Err(ScimError::unavailable(1, "a name of the user was reserved"));
        };
        handle.leave();
        match handle.over().await.ended {
            Some((Outcome::RolledBack { refusal, .. }, _))
                if matches!(refusal.kind, RefusalKind::Credentials | RefusalKind::Permission) =>
            {
                // Our own rights: once they are put right, it works.
                Err(ScimError::unavailable(10, "the bridge's own access to Genesys Cloud was refused"))
            }
            Some((Outcome::RolledBack { refusal, step }, _)) => {
                let step = step.and_then(|step| ready.opened.plan.step(step));
                let failure =
                    step.map_or_else(|| nameless(&refusal), |step| describe_failed(&step.effect, &refusal));
                self.note(id, failure).await
            }
            Some(_) => Ok(()),
            None => Err(ScimError::unavailable(1, "the saga was left open")),
        }
    }
}

/// A failure of which no single step is known.
fn nameless(refusal: &Refusal) -> Failure {
    Failure { what: "what the rules give".into(), ..describe_failed(&Effect::RevokeSessions, refusal) }
}
