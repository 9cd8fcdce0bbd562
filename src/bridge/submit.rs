//! The way of one change: budget, lane, whoever is in the way, plan, saga, outcome.
//!
//! Runs on the engine, so that a client that leaves takes nothing with it. What a user or a group needs is in `user` and
//! `group`; opening and handing over in `open`, waiting in `wait`.

use std::sync::Arc;
use std::time::Duration;

use super::claims::{Attendance, Place};
use super::open::{Prepared, Ready, existing, name_of};
use super::submission::{Reply, Submission};
use super::{Bridge, errors};
use crate::directory::granted::granted_after;
use crate::model::ports::{Lane, Priority, refused_here};
use crate::model::{FoundUser, GrantedSet, Intent, RefusalKind, Reservation};
use crate::saga::{Handle, Parked};
use crate::scim::change::Change;
use crate::scim::error::ScimError;
use crate::scim::kind::ResourceKind;
use crate::scim::resource::Incoming;
use crate::scim::value::fold;

/// How long the request may still take.
#[derive(Clone, Copy, Debug)]
pub(super) struct Deadline {
    until_ms: u64,
}

impl Deadline {
    pub(super) fn left(self, bridge: &Bridge) -> Duration {
        Duration::from_millis(self.until_ms.saturating_sub(bridge.parts.clock.monotonic_ms()))
    }
}

/// The saga whose place the new one takes.
pub(super) enum Predecessor {
    None,
    Parked(Handle, Parked),
    /// Only a leaver goes past a stuck saga.
    Stuck(crate::model::SagaId),
}

/// A saga that must end, or give way, before the change can be planned.
pub(super) enum InTheWay {
    Nobody,
    Running(Handle),
    Stuck(crate::model::SagaId),
}

impl Bridge {
    /// Carries out a change and waits for it until its deadline.
    ///
    /// # Errors
    /// The SCIM error for the client; see `errors` for what it means.
    pub async fn submit(self: &Arc<Self>, asked: Submission) -> Result<Reply, ScimError> {
        let claim = claim_of(&asked.change);
        let by = asked.cause.by.clone();
        let place = Arc::new(Place::default());
        let _attendance = Attendance { bridge: Arc::clone(self), place: Arc::clone(&place) };
        let bridge = Arc::clone(self);
        let task = self.parts.engine.spawn(async move { bridge.carry_out(&asked, &place).await });
        let result = task.await.unwrap_or_else(|error| {
            tracing::error!(%error, "a change died");
            Err(ScimError::internal("the change could not be carried out; its request id is in the log"))
        });
        // Reached only if the client is still there: a handler that was dropped never spends the claim.
        if let (Ok(_), Some(name)) = (&result, claim) {
            self.spend_claim(&by, &name).await;
        }
        result
    }

    async fn carry_out(self: &Arc<Self>, asked: &Submission, place: &Place) -> Result<Reply, ScimError> {
        let change = &asked.change;
        let budget_wait = self.parts.budget.expected_wait(priority(change));
        if budget_wait > asked.deadline {
            // Rounded up: who comes back a second early is only sent away again.
            let seconds = budget_wait.as_millis().div_ceil(1000);
            return Err(ScimError::too_many_requests(
                u32::try_from(seconds).unwrap_or(errors::RETRY_AFTER_S).max(1),
                "the Genesys Cloud budget is used up for now",
            ));
        }
        let millis = u64::try_from(asked.deadline.as_millis()).unwrap_or(u64::MAX);
        let deadline = Deadline { until_ms: self.parts.clock.monotonic_ms().saturating_add(millis) };
        let mut owner: Option<FoundUser> = None;
        loop {
            let Some((lane, before)) = self.find_place(change, deadline).await? else { continue };
            let prepared = self.prepare(asked, owner.as_ref(), &before, lane.fence, deadline).await;
            let ready = match prepared {
                Ok(Prepared::Saga(ready)) => *ready,
                Ok(Prepared::Nothing(reply)) => {
                    self.let_go(&before).await;
                    return Ok(reply);
                }
                Err(error) => {
                    self.let_go(&before).await;
                    return Err(error);
                }
            };
            if let Some((name, _)) = &ready.opened.claim {
                self.answering(&asked.cause.by, name, place);
            }
            let opened = self.open(&ready, &before).await?;
            // From here on the saga itself is in the way of others; a leaver must be able to get to it.
            drop(lane);
            let Some(handle) = opened else {
                self.wait_for_holder(&ready, &before, deadline).await?;
                continue;
            };
            let may_adopt = owner.is_none();
            match self.wait_for(&handle, &ready, deadline, may_adopt).await? {
                super::wait::Waited::Reply(reply) => return Ok(reply),
                super::wait::Waited::Owner(found) => owner = Some(found),
                super::wait::Waited::Removed => {}
            }
        }
    }

    /// Somebody reserved one of the names first: planning again before that saga is over would only burn the budget.
    async fn wait_for_holder(
        &self,
        ready: &Ready,
        before: &Predecessor,
        deadline: Deadline,
    ) -> Result<(), ScimError> {
        let predecessor = match before {
            Predecessor::Parked(handle, _) => Some(handle.id()),
            Predecessor::Stuck(saga) => Some(*saga),
            Predecessor::None => None,
        };
        for name in &ready.opened.names {
            let holder = self.parts.journal.reserved_by(name).await.map_err(|error| errors::store(&error))?;
            let Some(holder) = holder.filter(|holder| Some(*holder) != predecessor) else { continue };
            let Some(handle) = self.runner.find(holder) else {
                let saga = self.parts.journal.load(holder).await.map_err(|error| errors::store(&error))?;
                match saga {
                    Some(saga) if saga.is_stuck() => return Err(stuck(holder)),
                    // It is on disk and about to run, or this process is ending: in both cases there is no more to do than look again.
                    Some(saga) if !saga.is_finished() => break,
                    _ => continue,
                }
            };
            let over = self.parts.clock.deadline(handle.over(), deadline.left(self)).await;
            return over.map(drop).map_err(|_| errors::not_done_yet());
        }
        self.parts.clock.sleep(Duration::from_millis(20)).await;
        if deadline.left(self).is_zero() { Err(errors::not_done_yet()) } else { Ok(()) }
    }

    /// The lane, and the saga whose place the change may take. `None`: look again.
    async fn find_place(
        &self,
        change: &Change,
        deadline: Deadline,
    ) -> Result<Option<(Lane, Predecessor)>, ScimError> {
        let lane = self.lane(change, deadline).await?;
        match self.in_the_way(&reservation(change)).await.map_err(|error| errors::store(&error))? {
            InTheWay::Nobody => Ok(Some((lane, Predecessor::None))),
            InTheWay::Stuck(saga) if is_leaver(change) => Ok(Some((lane, Predecessor::Stuck(saga)))),
            InTheWay::Stuck(saga) => Err(stuck(saga)),
            InTheWay::Running(handle) => {
                // The lane is free while we wait: a leaver must get past.
                drop(lane);
                let Some(parked) = self.give_way(change, &handle, deadline).await? else { return Ok(None) };
                let lane = match self.lane(change, deadline).await {
                    Ok(lane) => lane,
                    Err(error) => {
                        handle.resume().await;
                        return Err(error);
                    }
                };
                // Somebody else may have taken its place while we waited for the lane.
                Ok((!handle.progress().is_over()).then_some((lane, Predecessor::Parked(handle, parked))))
            }
        }
    }

    async fn lane(&self, change: &Change, deadline: Deadline) -> Result<Lane, ScimError> {
        let key = reservation(change).to_string();
        let acquire = self.parts.lanes.acquire(&key);
        self.parts.clock.deadline(acquire, deadline.left(self)).await.map_err(|_| errors::not_done_yet())
    }

    async fn prepare(
        self: &Arc<Self>,
        asked: &Submission,
        owner: Option<&FoundUser>,
        before: &Predecessor,
        fence: u64,
        deadline: Deadline,
    ) -> Result<Prepared, ScimError> {
        let granted = match before {
            Predecessor::Parked(handle, parked) => granted_so_far(handle, parked),
            _ => None,
        };
        let prepare = async {
            match asked.change.kind() {
                ResourceKind::User => self.prepare_user(asked, owner, granted, fence).await,
                ResourceKind::Group => self.prepare_group(asked, fence).await,
            }
        };
        self.parts.clock.deadline(prepare, deadline.left(self)).await.map_err(|_| {
            ScimError::unavailable(
                errors::RETRY_AFTER_S,
                "Genesys Cloud is too slow at the moment; nothing was changed",
            )
        })?
    }

    /// What an open saga means for this change. `Some`: it paused and will be handed over. `None`: look again.
    async fn give_way(
        &self,
        change: &Change,
        handle: &Handle,
        deadline: Deadline,
    ) -> Result<Option<Parked>, ScimError> {
        if is_leaver(change) {
            // What the saga still has to do before it can give way must not wait behind others.
            handle.hurry();
        }
        let existing = change.id().is_some() && change.kind() == ResourceKind::User;
        // A group's members are deltas: its successor could not know which of them are still to come, so it waits.
        if existing && handle.progress().visible {
            let parked = self.parts.clock.deadline(handle.park(), deadline.left(self)).await;
            return match parked {
                Ok(parked) => Ok(parked),
                Err(_) => {
                    handle.resume().await;
                    Err(errors::not_done_yet())
                }
            };
        }
        if is_leaver(change) {
            let (code, why) = if change.removes() {
                (errors::REMOVED_MEANWHILE, "a removal came first")
            } else {
                ("overtaken", "a deactivation of the same user came first")
            };
            handle.abort(refused_here(RefusalKind::Other, code, why)).await;
        }
        let over = self.parts.clock.deadline(handle.over(), deadline.left(self)).await;
        match over {
            Ok(progress) if progress.left_open.is_some() => Err(errors::left_open()),
            Ok(_) => Ok(None),
            Err(_) => self.join(change, handle).await,
        }
    }

    /// The deadline came while another request for the same name was still at work.
    async fn join(&self, change: &Change, handle: &Handle) -> Result<Option<Parked>, ScimError> {
        let claim = claim_pair(change);
        let same = claim.is_some() && handle.opened().claim == claim;
        if same && handle.acknowledge().await.is_some() {
            // It is visible now; the next look finds the claim.
            return Ok(None);
        }
        Err(errors::not_done_yet())
    }

    async fn let_go(&self, before: &Predecessor) {
        if let Predecessor::Parked(handle, _) = before {
            handle.resume().await;
        }
    }
}

/// What the parked saga has given: its successor must know it as ours, though no turn has written it yet.
fn granted_so_far(handle: &Handle, parked: &Parked) -> Option<GrantedSet> {
    match &handle.opened().intent {
        Intent::PutUser { granted, granted_before, .. } => {
            Some(granted_after(&handle.opened().plan, &parked.report, granted_before, granted))
        }
        _ => None,
    }
}

/// Whether it goes first: it takes access away.
fn is_leaver(change: &Change) -> bool {
    change.removes() || change.deactivates()
}

pub(super) fn priority(change: &Change) -> Priority {
    if is_leaver(change) { Priority::Leaver } else { Priority::Identity }
}

/// What it reserves before all else, and the key of its lane: the resource that changes, or the name of the one that is to be made.
fn reservation(change: &Change) -> Reservation {
    match (change.id(), change.created()) {
        (Some(id), _) => existing(change.kind(), id),
        (None, created) => name_of(change.kind(), created.map(Incoming::name).unwrap_or_default()),
    }
}

/// The name under which a create can be claimed later: folded userName or displayName.
fn claim_of(change: &Change) -> Option<String> {
    claim_pair(change).map(|(name, _)| name)
}

pub(super) fn claim_pair(change: &Change) -> Option<(String, Option<String>)> {
    let created = change.created()?;
    let name = format!("{}/{}", change.kind().name(), fold(created.name()));
    Some((name, created.external_id().map(str::to_owned)))
}

fn stuck(saga: crate::model::SagaId) -> ScimError {
    ScimError::unavailable(
        300,
        format!(
            "an earlier change of this resource could not be undone (saga {saga}); an administrator has to redrive it"
        ),
    )
}
