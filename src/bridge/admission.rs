//! Who may go, and when: the budget, the lane of the resource, and the open saga that is in the way.
//!
//! A leaver goes first: it ends what nobody was promised and passes what is stuck. What is planned once a
//! change is admitted is `users` and `groups`; the transaction that takes the place of a predecessor is
//! `sagas`.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::claims::claim_of;
use super::deadline::Deadline;
use super::fault::Fault;
use super::sagas::{InTheWay, Predecessor, Sagas, existing, name_of};
use crate::limits;
use crate::model::ports::{
    Asked, Budget, Clock, Lane, Lanes, Priority, RouteFamily, Store, Upstream, refused_here,
};
use crate::model::{PlanKind, Refusal, RefusalKind, Reservation, StoreError, Subject};
use crate::saga::{Handle, Parked};
use crate::scim::change::Change;
use crate::scim::kind::ResourceKind;
use crate::scim::resource::Incoming;

/// Code of the refusal with which a removal ends an open change of the same resource. A later deactivation
/// says something else: what it overtook must not be tried again by itself, it may have been the opposite.
pub(super) const REMOVED_MEANWHILE: &str = "removed_meanwhile";

/// Calls of a change that is not planned yet: what a new agent costs.
const CALLS_OF_A_CHANGE: u64 = 9;

/// Why a change is not done that a leaver came before.
pub(super) fn overtaken(removed: bool) -> Refusal {
    let (code, why) = if removed {
        (REMOVED_MEANWHILE, "a removal came first")
    } else {
        ("overtaken", "a deactivation of the same user came first")
    };
    refused_here(RefusalKind::Other, code, why)
}

/// A change that may be planned: it holds the lane of its resource.
pub(super) struct Admitted {
    pub(super) lane: Lane,
    pub(super) before: Predecessor,
}

/// A change that was admitted and is not planned yet, as the calls that it will most likely be.
pub(super) struct Coming(Arc<AtomicU64>);

impl Drop for Coming {
    fn drop(&mut self) {
        self.0.fetch_sub(CALLS_OF_A_CHANGE, Ordering::Relaxed);
    }
}

/// Rounded up: who comes back a second early is only sent away again.
fn over_budget(wait: Duration) -> Fault {
    Fault::OverBudget(u32::try_from(wait.as_millis().div_ceil(1000)).unwrap_or(u32::MAX).max(1))
}

/// Admits changes.
pub(super) struct Admission {
    pub(super) upstream: Arc<dyn Upstream>,
    pub(super) store: Arc<dyn Store>,
    /// Calls of those who were admitted and have no saga yet.
    pub(super) coming: Arc<AtomicU64>,
    pub(super) budget: Arc<dyn Budget>,
    pub(super) lanes: Arc<dyn Lanes>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) sagas: Arc<Sagas>,
}

/// The place in the budget of a change's own calls.
pub(super) fn priority(change: &Change) -> Priority {
    if goes_first(change) { Priority::Leaver } else { Priority::Identity }
}

/// Whether it takes access away.
pub(super) fn goes_first(change: &Change) -> bool {
    change.removes() || change.deactivates()
}

/// Whether a leaver takes the place of that saga at once, instead of waiting for its end.
fn passes(change: &Change, handle: &Handle) -> bool {
    let progress = handle.progress();
    let known = progress.visible || matches!(handle.opened().about, Subject::User(Some(_)));
    let ours = known && change.id().is_some() && change.kind() == ResourceKind::User;
    goes_first(change)
        && ours
        && match handle.opened().plan.kind {
            // It goes on to the same end, or to one from which there is no way back.
            PlanKind::Delete => false,
            PlanKind::Deactivate => change.removes() || progress.identity,
            _ => true,
        }
}

/// What it reserves before all else, and the key of its lane: the resource that changes, or the name of the
/// one that is to be made.
fn first_reservation(change: &Change) -> Reservation {
    match change.id() {
        Some(id) => existing(change.kind(), id),
        None => name_of(change.kind(), change.created().map(Incoming::name).unwrap_or_default()),
    }
}

impl Admission {
    /// Turns away, before anything is opened, what would wait for the budget longer than its client does, and
    /// what comes on top of more work than the budget does within [`limits::OPEN_WORK`]. A leaver is work
    /// that is always taken on, however long Genesys wants nothing of us: its saga waits when its client does no
    /// longer. What is admitted counts until the guard is dropped.
    pub(super) fn within_budget(&self, change: &Change, patience: Duration) -> Result<Coming, Fault> {
        let leaver = goes_first(change);
        if !leaver && let Some(trouble) = self.store.trouble() {
            return Err(StoreError::from(trouble).into());
        }
        if !leaver && let Some(refusal) = self.upstream.refuses_us() {
            return Err(Fault::Refused { refusal, during: "nothing was begun".to_owned() });
        }
        if !leaver {
            let asked = Asked { family: RouteFamily::identities(), ..priority(change).into() };
            let wait = self.budget.expected_wait(&asked);
            // Leavers may still come in between, and the calls themselves take time.
            if wait > patience * 3 / 4 {
                return Err(over_budget(wait));
            }
            let work = self.sagas.runner.to_do().saturating_add(self.coming.load(Ordering::Relaxed));
            let over = self.budget.time_for(work).saturating_sub(limits::OPEN_WORK);
            if !over.is_zero() {
                return Err(over_budget(over));
            }
        }
        self.coming.fetch_add(CALLS_OF_A_CHANGE, Ordering::Relaxed);
        Ok(Coming(Arc::clone(&self.coming)))
    }

    /// Waits until the change may be planned.
    pub(super) async fn admit(&self, change: &Change, deadline: Deadline) -> Result<Admitted, Fault> {
        loop {
            if let Some(admitted) = self.look(change, deadline).await? {
                return Ok(admitted);
            }
            // What is there at once is never late: without this look, what changes nothing would go on for ever.
            if deadline.is_over(&self.clock) {
                return Err(Fault::NotDoneYet);
            }
        }
    }

    /// The lane, and the saga whose place the change may take. `None`: look again.
    async fn look(&self, change: &Change, deadline: Deadline) -> Result<Option<Admitted>, Fault> {
        let wanted = first_reservation(change);
        let lane = self.lane(change, &wanted, deadline).await?;
        let in_the_way = deadline.within(&self.clock, self.sagas.in_the_way(&wanted)).await;
        let in_the_way = match in_the_way.ok_or(Fault::NotDoneYet)?? {
            // What a leaver needs must go on first.
            InTheWay::LeftOpen(open) if goes_first(change) => InTheWay::Running(self.sagas.take_up(*open)),
            other => other,
        };
        match in_the_way {
            InTheWay::LeftOpen(_) => Err(Fault::LeftOpen),
            InTheWay::Nobody => Ok(Some(Admitted { lane, before: Predecessor::None })),
            InTheWay::Stuck(saga) if goes_first(change) => {
                Ok(Some(Admitted { lane, before: Predecessor::Stuck(saga) }))
            }
            InTheWay::Stuck(saga) => Err(Fault::Stuck(saga)),
            InTheWay::Running(handle) if passes(change, &handle) => {
                let yielded = deadline.within(&self.clock, handle.give_way()).await;
                let yielded = yielded.ok_or(Fault::NotDoneYet)?;
                if yielded.is_none() {
                    // It ends: what it wrote is there in a moment.
                    let over = deadline.within(&self.clock, handle.over()).await;
                    if over.ok_or(Fault::NotDoneYet)?.left_open.is_some() {
                        return Err(Fault::LeftOpen);
                    }
                }
                let before = |yielded| Predecessor::Passed(handle, yielded);
                Ok(yielded.map(|yielded| Admitted { lane, before: before(yielded) }))
            }
            InTheWay::Running(handle) => {
                // The lane is free while we wait: a leaver must get past.
                drop(lane);
                let Some(parked) = self.give_way(change, &handle, deadline).await? else { return Ok(None) };
                let lane = match self.lane(change, &wanted, deadline).await {
                    Ok(lane) => lane,
                    Err(fault) => {
                        handle.resume().await;
                        return Err(fault);
                    }
                };
                // Somebody else may have taken its place while we waited for the lane.
                let still_there = !handle.progress().is_over();
                Ok(still_there.then_some(Admitted { lane, before: Predecessor::Parked(handle, parked) }))
            }
        }
    }

    async fn lane(&self, change: &Change, wanted: &Reservation, deadline: Deadline) -> Result<Lane, Fault> {
        let lane =
            if goes_first(change) { self.lanes.acquire_first(wanted) } else { self.lanes.acquire(wanted) };
        deadline.within(&self.clock, lane).await.ok_or(Fault::NotDoneYet)
    }

    /// What an open saga means for this change. `Some`: it paused and will be handed over. `None`: look
    /// again.
    async fn give_way(
        &self,
        change: &Change,
        handle: &Handle,
        deadline: Deadline,
    ) -> Result<Option<Parked>, Fault> {
        if goes_first(change) {
            // What the saga still has to do before it can give way must not wait behind others.
            handle.hurry();
        } else {
            handle.attend();
        }
        // A group's members are deltas: its successor could not know which of them are still to come, so it
        // waits.
        let can_take_over = change.id().is_some() && change.kind() == ResourceKind::User;
        if can_take_over && handle.progress().visible {
            let Some(parked) = deadline.within(&self.clock, handle.park()).await else {
                handle.resume().await;
                return Err(Fault::NotDoneYet);
            };
            if parked.is_none() && handle.progress().left_open.is_some() {
                return Err(Fault::LeftOpen);
            }
            return Ok(parked);
        }
        if goes_first(change) {
            handle.abort(overtaken(change.removes())).await;
        }
        match deadline.within(&self.clock, handle.over()).await {
            Some(progress) if progress.left_open.is_some() => Err(Fault::LeftOpen),
            Some(_) => Ok(None),
            None => {
                let joined = join(change, handle).await;
                handle.leave();
                joined
            }
        }
    }
}

/// The deadline came while another request for the same name was still at work.
async fn join(change: &Change, handle: &Handle) -> Result<Option<Parked>, Fault> {
    let claim = claim_of(change);
    let same = claim.is_some() && handle.opened().claim == claim;
    if same && handle.acknowledge().await.is_some() {
        // It is visible now; the next look finds the claim.
        return Ok(None);
    }
    Err(Fault::NotDoneYet)
}
