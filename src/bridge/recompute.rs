//! Recomputation: users whose groups changed get what the rules now say.
//!
//! A group change leaves one durable intent; this worker expands it into one saga for each user, as background work, and
//! removes it when all are through. After a crash it is simply expanded again.

use std::sync::Arc;
use std::time::Duration;

use super::change::{Action, Change, Done};
use super::goal::Goal;
use super::submit::InTheWay as InTheWayOf;
use super::{Bridge, errors};
use crate::model::ports::{CallContext, Priority};
use crate::model::{Cause, UserId};
use crate::scim::error::ScimError;
use crate::scim::kind::ResourceKind;

/// How often a user is tried in one expansion before it is reported and left to the next resync.
const TRIES: u32 = 5;

impl Bridge {
    pub(super) async fn recompute_for_ever(self: Arc<Self>) {
        loop {
            match self.expand_all().await {
                Ok(0) => {}
                Ok(_) => continue,
                Err(error) => tracing::error!(detail = %error.detail, "recomputation has to wait"),
            }
            tokio::select! {
                () = self.recompute.notified() => {}
                () = self.parts.clock.sleep(Duration::from_secs(5)) => {}
                () = self.parts.stop.cancelled() => return,
            }
        }
    }

    /// Expands what is in the outbox; returns how many intents were done.
    async fn expand_all(self: &Arc<Self>) -> Result<usize, ScimError> {
        let intents = self.parts.directory.recomputes(64).map_err(|error| errors::store(&error))?;
        let count = intents.len();
        for (key, intent) in intents {
            if !self.parts.rules.is_empty() {
                for user in &intent.users {
                    if self.parts.stop.is_cancelled() {
                        return Ok(0);
                    }
                    self.recompute_user(&UserId::new(user.as_str())).await;
                }
            }
            let done = self.parts.directory.recompute_done(&key);
            self.parts.store.commit(done).await.map_err(|error| errors::store(&error))?;
        }
        Ok(count)
    }

    async fn recompute_user(self: &Arc<Self>, id: &UserId) {
        for attempt in 0..TRIES {
            match self.recompute_once(id).await {
                Ok(()) => return,
                Err(error) if error.status == 404 => return,
                Err(error) => {
                    tracing::warn!(user = %id, attempt, detail = %error.detail, "recomputation of a user failed");
                    let pause = Duration::from_secs(u64::from(error.retry_after_s.unwrap_or(1)).min(10));
                    tokio::select! {
                        () = self.parts.clock.sleep(pause) => {}
                        () = self.parts.stop.cancelled() => return,
                    }
                }
            }
        }
    }

    async fn recompute_once(self: &Arc<Self>, id: &UserId) -> Result<(), ScimError> {
        let change = Change {
            kind: ResourceKind::User,
            action: Action::Patch(id.as_str().to_owned(), serde_json::Value::Null),
            if_match: None,
            cause: Cause { by: "recompute".into(), request: format!("recompute {id}") },
            deadline: Duration::from_secs(60),
        };
        let lane = self.parts.lanes.acquire(&format!("id/User/{id}")).await;
        match self.in_the_way(&change).map_err(|error| errors::store(&error))? {
            InTheWayOf::Nobody => {}
            InTheWayOf::Stuck(_) => return Err(ScimError::unavailable(10, "the user has a stuck saga")),
            InTheWayOf::Running(handle) => {
                drop(lane);
                handle.over().await;
                return Err(ScimError::unavailable(1, "the user had an open saga"));
            }
        }
        let stored = self.parts.directory.get_user(id).map_err(|error| errors::store(&error))?;
        let Some(stored) = stored else { return Ok(()) };
        if !stored.managed {
            // Nobody has written this user yet: it is not ours to change.
            return Ok(());
        }
        let context = CallContext { priority: Priority::Background, label: format!("recompute {id}") };
        let granted = self.granted(&stored)?;
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
        let planned = self.plan_goal(&goal, granted, &context).await?;
        let same = planned.planned.plan.is_empty() && planned.planned.granted == planned.granted_before;
        if same && status.state == crate::directory::ProvisioningState::Committed && planned.held.is_empty() {
            return Ok(());
        }
        let ready = self.ready_user(&change, goal, planned, lane.fence);
        if let Some(handle) = self.open(&ready, &super::submit::Predecessor::None).await? {
            handle.leave();
            drop(lane);
            handle.over().await;
        }
        Ok(())
    }
}
