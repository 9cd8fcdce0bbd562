//! Works off the work records: some users at a time, those who are due for the longest first, each again
//! after a while until nothing is left to do.
//!
//! Group changes and changes of the rules are expanded into records here. What is done about one user is
//! `recompute`; what a record is, and how it is found, `directory::work`.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::backoff;
use super::recompute::{End, Recompute};
use super::trail::Action;
use crate::directory::recompute::GonePart;
use crate::directory::work::{Everybody, LastTry, Work, WorkReason, group_of};
use crate::directory::{Directory, StoredUser};
use crate::model::ports::{Clock, Store, refused_here};
use crate::model::{
    Backoff, Batch, Cause, Failure, Granted, Reason, RefusalKind, StoreError, TenantId, UserId, metric,
};

/// Pause before the records are looked through again, if nothing wakes the worker.
const IDLE: Duration = Duration::from_secs(1);
/// The same while the store refuses.
const TROUBLE: Duration = Duration::from_secs(5);
/// How many times more users than at a time may wait for the end of sagas that take long.
const BUSY: usize = 8;
/// Users of whom records are made in one commit, when the rules changed.
const PAGE: usize = 100;
/// First and longest time that a user waits for somebody else's saga.
const DEFER: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(60));

/// Tells the worker that there is something to do.
#[derive(Default)]
pub(super) struct GroupsChanged(tokio::sync::Notify);

impl GroupsChanged {
    /// A group has changed.
    pub(super) fn tell(&self) {
        self.0.notify_one();
    }
}

/// The worker.
pub(super) struct Worker {
    pub(super) tenant: TenantId,
    pub(super) directory: Arc<Directory>,
    pub(super) store: Arc<dyn Store>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) recompute: Arc<Recompute>,
    pub(super) stop: CancellationToken,
    pub(super) changed: Arc<GroupsChanged>,
    /// Users at a time.
    pub(super) parallel: usize,
    /// Digest of the rules; empty where there are none.
    pub(super) rules: String,
    pub(super) busy: Busy,
    /// As many as users at a time.
    pub(super) slots: Arc<Semaphore>,
}

/// Users who are being recomputed.
#[derive(Default)]
pub(super) struct Busy(Mutex<BTreeSet<UserId>>);

impl Busy {
    fn lock(&self) -> MutexGuard<'_, BTreeSet<UserId>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A user who is being recomputed, for as long as this lives.
struct AtWork {
    worker: Arc<Worker>,
    user: UserId,
}

impl AtWork {
    fn new(worker: &Arc<Worker>, user: UserId) -> Self {
        worker.busy.lock().insert(user.clone());
        Self { worker: Arc::clone(worker), user }
    }
}

impl Drop for AtWork {
    fn drop(&mut self) {
        self.worker.busy.lock().remove(&self.user);
    }
}

impl Worker {
    /// Notes which rules are in force. Before the first request: what is granted from now on is by these.
    pub(super) async fn note_rules(&self) -> Result<(), StoreError> {
        let mut batch = Batch::new();
        if self.directory.note_rules(&mut batch, &self.rules, self.clock.now_ms()).await? {
            tracing::info!("the rules have changed; everybody is looked at again");
        }
        if batch.is_empty() {
            return Ok(());
        }
        self.store.commit(batch).await.map(drop)
    }

    /// Works until the process stops.
    pub(super) async fn for_ever(self: Arc<Self>) {
        let mut running = JoinSet::new();
        loop {
            let pause = match self.round(&mut running).await {
                Ok(true) => Duration::ZERO,
                Ok(false) => IDLE,
                // Somebody changed a record at the same moment.
                Err(StoreError::Conflict { .. }) => Duration::ZERO,
                Err(error) => {
                    tracing::error!(%error, "background work has to wait");
                    TROUBLE
                }
            };
            tokio::select! {
                // The stop first: there may always be something to do.
                biased;
                () = self.stop.cancelled() => return,
                Some(_) = running.join_next() => {}
                () = self.changed.0.notified(), if !pause.is_zero() => {}
                () = self.clock.sleep(pause) => {}
            }
        }
    }

    /// One look at everything. True: there may be more to do at once.
    async fn round(self: &Arc<Self>, running: &mut JoinSet<()>) -> Result<bool, StoreError> {
        if let Some(trouble) = self.store.trouble() {
            return Err(trouble.into());
        }
        if self.expand_part().await? {
            return Ok(true);
        }
        let busy = self.busy.lock().clone();
        let most = self.parallel.saturating_mul(BUSY);
        let free = self.slots.available_permits().min(most.saturating_sub(busy.len()));
        // Those who are at work stand among the first: with as many more, nobody behind them is overlooked.
        let due = self.directory.due(self.clock.now_ms(), busy.len().saturating_add(free)).await?;
        let waiting: Vec<UserId> = due.into_iter().filter(|user| !busy.contains(user)).take(free).collect();
        let idle = waiting.len() < free;
        for user in waiting {
            let Ok(slot) = Arc::clone(&self.slots).try_acquire_owned() else { break };
            let at_work = AtWork::new(self, user);
            running.spawn(async move {
                if let Err(error) = at_work.worker.work_on(&at_work.user, slot).await {
                    tracing::error!(user = %at_work.user, %error, "a work record cannot be written");
                }
            });
        }
        // What concerns everybody is for when nothing else is due.
        Ok(idle && self.expand_everybody().await?)
    }

    /// Makes records of a part of a group change.
    async fn expand_part(&self) -> Result<bool, StoreError> {
        let now = self.clock.now_ms();
        let (mut batch, users, at_ms) = match self.directory.recomputes(1).await?.pop() {
            Some((key, part)) => (self.directory.recompute_done(&key), part.users, part.at_ms),
            None => match self.directory.gone_part(now).await? {
                Some(GonePart { batch, users, at_ms }) => (batch, users, at_ms),
                None => return Ok(false),
            },
        };
        for id in &users {
            let user = self.directory.get_user(id).await?;
            if user.is_some_and(|user| user.managed) && self.may_differ(id).await? {
                let reason = WorkReason::GroupChanged;
                self.directory.add_work(&mut batch, id, reason, at_ms, now).await?;
            }
        }
        match self.store.commit(batch).await {
            // Somebody else was at work on one of them: it is composed anew.
            Ok(_) | Err(StoreError::Conflict { .. }) => Ok(true),
            Err(error) => Err(error),
        }
    }

    /// Makes records of some users, when the rules changed.
    async fn expand_everybody(&self) -> Result<bool, StoreError> {
        let Some(everybody) = self.directory.everybody().await? else { return Ok(false) };
        let page = self.directory.users_after(everybody.done.as_ref(), PAGE).await?;
        let mut batch = Batch::new();
        let now = self.clock.now_ms();
        for StoredUser { id, managed, .. } in &page {
            if *managed && self.may_differ(id).await? {
                let reason = WorkReason::RulesChanged;
                self.directory.add_work(&mut batch, id, reason, everybody.since_ms, now).await?;
            }
        }
        match page.last() {
            Some(last) => {
                let done = Some(last.id.clone());
                self.directory.put_everybody(&mut batch, &Everybody { done, ..everybody })?;
            }
            None => self.directory.everybody_done(&mut batch),
        }
        self.store.commit(batch).await?;
        Ok(true)
    }

    /// Whether rules can give the user something, or gave something.
    async fn may_differ(&self, id: &UserId) -> Result<bool, StoreError> {
        if !self.rules.is_empty() {
            return Ok(true);
        }
        let ours = self.directory.ours(id).await?;
        let owed =
            |granted: &Granted| !granted.certainty.is_given() || matches!(granted.reason, Reason::Rule(_));
        Ok(ours.granted.values().any(owed))
    }

    /// Has a user recomputed now, whatever it waits for. False: there is none that we manage.
    pub(super) async fn retry(&self, id: &UserId, cause: &Cause) -> Result<bool, StoreError> {
        let user = self.directory.get_user(id).await?;
        let before = self.directory.work(id).await?;
        let create =
            before.as_ref().is_some_and(|work| work.reasons.contains_key(&WorkReason::UnsettledCreate));
        let group = before.is_some() && group_of(id).is_some();
        if !create && !group && !user.is_some_and(|user| user.managed) {
            return Ok(false);
        }
        let now = self.clock.now_ms();
        let mut work = before.clone().unwrap_or_else(|| Work::of(id.clone(), now));
        work.ask(WorkReason::Asked, now);
        work.not_before_ms = now;
        if let Some(last) = &mut work.last {
            last.blocked_by = None;
        }
        let mut batch = Batch::new();
        self.directory.put_work(&mut batch, before.as_ref(), &work)?;
        self.asked(batch, "work_retried", id, cause).await?;
        self.changed.tell();
        Ok(true)
    }

    /// Drops what is still to be done. False: there is nothing.
    pub(super) async fn drop_work(&self, id: &UserId, cause: &Cause) -> Result<bool, StoreError> {
        let Some(work) = self.directory.work(id).await? else { return Ok(false) };
        let mut batch = Batch::new();
        self.directory.drop_work(&mut batch, &work)?;
        self.asked(batch, "work_dropped", id, cause).await?;
        Ok(true)
    }

    async fn asked(
        &self,
        mut batch: Batch,
        what: &'static str,
        id: &UserId,
        cause: &Cause,
    ) -> Result<(), StoreError> {
        let action = Action { cause, what, subject: id.as_str().to_owned(), saga: None };
        action.note(&mut batch, &self.tenant, self.clock.now_ms())?;
        self.store.commit(batch).await.map(drop)
    }

    async fn work_on(&self, id: &UserId, slot: OwnedSemaphorePermit) -> Result<(), StoreError> {
        let Some(work) = self.directory.work(id).await? else { return Ok(()) };
        let blocked_by = work.last.as_ref().and_then(|last| last.blocked_by.clone());
        let (recompute, user) = (Arc::clone(&self.recompute), id.clone());
        // A task of its own: should it die, the user comes again like any other who failed.
        let mut computing = JoinSet::new();
        let create = work.reasons.get(&WorkReason::UnsettledCreate).copied();
        computing.spawn(async move {
            match create {
                Some(since_ms) => recompute.settle_create(&user, since_ms).await,
                None if group_of(&user).is_some() => recompute.settle_group(&user, slot).await,
                None => recompute.compute(&user, blocked_by.as_deref(), slot).await,
            }
        });
        let end = match computing.join_next().await {
            Some(Ok(end)) => end,
            other => {
                tracing::error!(user = %id, how = ?other, "a recomputation died");
                died()
            }
        };
        if end != End::Done {
            metric::RECOMPUTE_POSTPONED.of(self.tenant.as_str(), []).increment(1);
        }
        let mut batch = Batch::new();
        match after(&work, &end, self.clock.now_ms(), |bound| self.clock.jitter(bound)) {
            Some(next) => self.directory.put_work(&mut batch, Some(&work), &next)?,
            None => self.directory.drop_work(&mut batch, &work)?,
        }
        match self.store.commit(batch).await {
            // Another reason has come meanwhile: it is due as that says.
            Err(StoreError::Conflict { .. }) => Ok(()),
            settled => settled.map(drop),
        }
    }
}

fn died() -> End {
    let refusal =
        refused_here(RefusalKind::Other, "recompute.died", "a mistake of the bridge; the log says more");
    let failure = Failure::refused("what the rules give", &refusal);
    End::Left { reason: WorkReason::StepFailed, failure, kept: None }
}

/// What is as it should be before everything has arrived is looked at once more, unless somebody asked to know now.
fn to_be_verified(work: &Work, now_ms: i64) -> Option<Work> {
    let until_ms = work.unverified_until_ms()?;
    if work.reasons.contains_key(&WorkReason::Asked) || !work.is_unverified(now_ms) {
        return None;
    }
    let mut next = work.clone();
    next.reasons.retain(|reason, _| *reason == WorkReason::Unverified);
    (next.not_before_ms, next.attempts, next.deferrals, next.last) = (until_ms, 0, 0, None);
    Some(next)
}

/// The record after a try; `None` when nothing is left to do. `draw` gives a random number below its bound.
fn after(work: &Work, end: &End, now_ms: i64, draw: impl FnOnce(u64) -> u64) -> Option<Work> {
    let later = |pause: Duration| {
        let pause_ms = Backoff::jittered(pause, draw).as_millis();
        now_ms.saturating_add(i64::try_from(pause_ms).unwrap_or(i64::MAX))
    };
    let mut next = work.clone();
    match end {
        End::Done => return to_be_verified(work, now_ms),
        End::Busy => {
            next.deferrals = work.deferrals.saturating_add(1);
            let pause = DEFER.0.saturating_mul(1 << work.deferrals.min(16));
            next.not_before_ms = later(pause.min(DEFER.1));
        }
        End::Left { reason, failure, kept } => {
            next.deferrals = 0;
            next.reasons.entry(*reason).or_insert(now_ms);
            let pause = match kept {
                Some(kept) => {
                    let left_ms = u64::try_from(kept.until_ms.saturating_sub(now_ms)).unwrap_or(0);
                    Duration::from_millis(left_ms)
                }
                None => {
                    next.attempts = work.attempts.saturating_add(1);
                    backoff(next.attempts)
                }
            };
            next.not_before_ms = later(pause);
            next.last = Some(LastTry {
                at_ms: now_ms,
                why: format!("{}: {}", failure.what, failure.why),
                code: failure.code.clone(),
                correlation_id: failure.correlation_id.clone(),
                blocked_by: kept.as_ref().map(|kept| kept.failure.what.clone()),
            });
        }
    }
    Some(next)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bridge::breakers::Kept;
    use crate::directory::work::VERIFY_AFTER_MS;
    use crate::store::samples::refusal;

    const MINUTE: i64 = 60_000;

    fn work() -> Work {
        let mut work = Work::of(UserId::new("u"), 5);
        work.ask(WorkReason::GroupChanged, 5);
        work
    }

    fn left(kept: Option<i64>) -> End {
        let failure = Failure::refused("role Agent", &refusal());
        let kept = kept.map(|until_ms| Box::new(Kept { until_ms, failure: failure.clone() }));
        End::Left { reason: WorkReason::StepFailed, failure, kept }
    }

    #[test]
    fn what_fails_again_and_again_comes_more_and_more_seldom_and_never_later_than_in_six_hours() {
        let (mut now, mut work, mut pauses) = (1_000, work(), Vec::new());
        for _ in 0..12 {
            work = after(&work, &left(None), now, |_| 0).expect("it is kept");
            pauses.push((work.not_before_ms - now) / MINUTE);
            now = work.not_before_ms;
        }
        assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 64, 128, 256, 360, 360, 360]);
        assert_eq!(work.reasons, [(WorkReason::GroupChanged, 5), (WorkReason::StepFailed, 1_000)].into());
        let last = work.last.expect("told");
        assert_eq!((last.code.as_str(), last.correlation_id.as_deref()), ("not.authorized", Some("c")));
    }

    #[test]
    fn who_waits_for_others_or_for_what_is_refused_to_everybody_does_not_fail() {
        let (mut now, mut waits, mut pauses) = (0, work(), Vec::new());
        for _ in 0..8 {
            waits = after(&waits, &End::Busy, now, |_| 0).expect("it is kept");
            pauses.push((waits.not_before_ms - now) / 1_000);
            now = waits.not_before_ms;
        }
        assert_eq!((pauses, waits.attempts), (vec![1, 2, 4, 8, 16, 32, 60, 60], 0));
        let kept = after(&waits, &left(Some(now + 9 * MINUTE)), now, |_| 0).expect("it is kept");
        assert_eq!((kept.not_before_ms, kept.attempts, kept.deferrals), (now + 9 * MINUTE, 0, 0));
        assert_eq!(kept.last.and_then(|last| last.blocked_by).as_deref(), Some("role Agent"));
        assert_eq!(after(&waits, &End::Done, now, |_| 0), None);
    }

    #[test]
    fn what_is_to_be_verified_stays_until_everything_has_arrived_unless_somebody_asks() {
        let mut unverified = work();
        unverified.ask(WorkReason::Unverified, 1_000);
        let early = after(&unverified, &End::Done, 2_000, |_| 0).expect("it is kept");
        assert_eq!(early.reasons, [(WorkReason::Unverified, 1_000)].into());
        assert_eq!(early.not_before_ms, 1_000 + VERIFY_AFTER_MS);
        assert_eq!(after(&early, &End::Done, early.not_before_ms, |_| 0), None);
        assert_eq!(after(&early, &End::Done, 0, |_| 0), None, "the clock was set back");
        let mut asked = unverified.clone();
        asked.ask(WorkReason::Asked, 2_000);
        assert_eq!(after(&asked, &End::Done, 2_000, |_| 0), None);
    }
}
