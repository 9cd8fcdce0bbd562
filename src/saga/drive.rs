//! Brings one step, or one undo, to its end: sends its calls, waits, repeats, and looks where an answer was lost.
//!
//! Async, but without a decision about the saga: that is `machine`. Which calls a step has is `calls` and `undo`.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::{calls, undo};
use crate::limits;
use crate::model::ports::{CallContext, Clock, Upstream, Write};
use crate::model::{
    Effect, Later, Mark, Observed, Refusal, RefusalKind, Secret, Step, UserId, UserState, Verdict,
};

/// How long a 404 on a user that was just made counts as "not visible yet" (docs/genesys.md G7.9, read-after-write).
const FRESH_FOR_MS: u64 = 10_000;
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// How a step ended.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum StepEnd {
    Done(Option<String>),
    Refused {
        refusal: Refusal,
        partial: bool,
    },
    /// Given up between two tries because the saga settles or the process stops.
    Abandoned,
}

/// What a step needs besides itself.
pub(super) struct Driver {
    pub upstream: Arc<dyn Upstream>,
    pub clock: Arc<dyn Clock>,
    pub mark: Mark,
    /// Genesys id, where it is known.
    pub bound: Option<String>,
    /// An earlier undo of this saga looked twice and found nothing: one look is enough.
    pub absent: bool,
    /// The saga was found open: what it creates may be there already.
    pub resumed: bool,
    /// The plan creates or restores the user: early 404s are not believed.
    pub fresh: bool,
    /// Forwarded with the identity if the tenant says so; held in memory only.
    pub password: Option<Secret>,
    /// True: stop trying between two calls.
    pub settle: watch::Receiver<bool>,
    pub context: CallContext,
}

impl Driver {
    /// Carries the step out.
    pub(super) async fn forward(&mut self, step: &Step) -> StepEnd {
        match &step.effect {
            Effect::CreateUser { .. } => return self.create(step).await,
            Effect::CreateGroup { name } => return self.create_group(step, name).await,
            _ => {}
        }
        let mut partial = false;
        for mut write in calls::forward(&step.effect, self.bound.as_deref()) {
            self.add_password(&mut write);
            match self.persist(&write).await {
                StepEnd::Done(_) => partial = true,
                StepEnd::Refused { refusal, partial: earlier } => {
                    return StepEnd::Refused { refusal, partial: partial || earlier };
                }
                StepEnd::Abandoned => return StepEnd::Abandoned,
            }
        }
        match (&step.effect, self.bound.clone()) {
            (Effect::DeleteUser, Some(user)) => match self.confirm_deleted(&UserId::new(user)).await {
                // The DELETE itself was accepted; only the look was refused.
                StepEnd::Refused { .. } => StepEnd::Done(None),
                end => end,
            },
            _ => StepEnd::Done(None),
        }
    }

    fn add_password(&self, write: &mut Write) {
        if let Write::CreateUser { password, .. } | Write::UpdateUser { password, .. } = write {
            password.clone_from(&self.password);
        }
    }

    /// Repeats an idempotent call until it is done or refused.
    async fn persist(&mut self, write: &Write) -> StepEnd {
        let started = self.clock.monotonic_ms();
        let mut pause = FIRST_PAUSE;
        let mut partial = false;
        loop {
            let wait = match self.upstream.write(write, &self.context).await {
                Verdict::Done(made) => return StepEnd::Done(made),
                Verdict::Refused(refusal) if self.not_visible_yet(&refusal, started) => pause,
                Verdict::Refused(refusal) => return StepEnd::Refused { refusal, partial },
                Verdict::Later(Later { wait, .. }) => wait.max(pause),
                Verdict::Unknown(unknown) => {
                    tracing::info!(call = %self.context.label, reason = %unknown.reason, "answer unknown, repeating the idempotent call");
                    partial = true;
                    pause
                }
            };
            if self.rest(wait).await {
                return StepEnd::Abandoned;
            }
            pause = next_pause(pause);
        }
    }

    fn not_visible_yet(&self, refusal: &Refusal, started: u64) -> bool {
        let waited = self.clock.monotonic_ms().saturating_sub(started);
        self.fresh && refusal.kind == RefusalKind::NotFound && waited < FRESH_FOR_MS
    }

    /// POST of a user. After a lost answer and on 409 the mark tells whether the user is ours.
    async fn create(&mut self, step: &Step) -> StepEnd {
        let Some(mut write) = calls::forward(&step.effect, None).pop() else { return StepEnd::Done(None) };
        self.add_password(&mut write);
        let mut pause = FIRST_PAUSE;
        let mut sent = false;
        loop {
            let wait = match self.upstream.write(&write, &self.context).await {
                Verdict::Done(made) => return StepEnd::Done(made),
                Verdict::Refused(refusal) if refusal.kind == RefusalKind::Uniqueness => {
                    return self.owner_of_the_name(refusal, sent).await;
                }
                Verdict::Refused(refusal) => return StepEnd::Refused { refusal, partial: sent },
                Verdict::Later(later) => later.wait.max(pause),
                Verdict::Unknown(unknown) => {
                    tracing::info!(call = %self.context.label, reason = %unknown.reason, "create has no answer, looking for the mark");
                    sent = true;
                    // A look that is refused proves nothing: the POST is repeated and tells.
                    if let Ok(Some(user)) = self.look_for_mark().await {
                        return StepEnd::Done(Some(user.as_str().to_owned()));
                    }
                    pause
                }
            };
            if self.rest(wait).await {
                // Safe even if nothing was sent by us: a crash before may have left something to undo.
                return StepEnd::Abandoned;
            }
            pause = next_pause(pause);
        }
    }

    /// The name is taken: by our own create, whose answer was lost or came before a crash, or by somebody else.
    async fn owner_of_the_name(&mut self, refusal: Refusal, sent: bool) -> StepEnd {
        let looks = if sent { 6 } else { 2 };
        let mut pause = FIRST_PAUSE;
        for look in 0..looks {
            match self.look_for_mark().await {
                Ok(Some(user)) => return StepEnd::Done(Some(user.as_str().to_owned())),
                Ok(None) => {}
                Err(StepEnd::Refused { refusal, .. }) => {
                    return StepEnd::Refused { refusal, partial: sent || self.resumed };
                }
                Err(end) => return end,
            }
            if look + 1 < looks && self.rest(pause).await {
                return StepEnd::Abandoned;
            }
            pause = next_pause(pause);
        }
        StepEnd::Refused { refusal, partial: sent }
    }

    /// The user with our mark. `Err` if Genesys refuses to tell or the saga settles: that is no absence.
    async fn look_for_mark(&mut self) -> Result<Option<UserId>, StepEnd> {
        let mut pause = FIRST_PAUSE;
        loop {
            let verdict = self.upstream.find_by_mark(&self.mark, &self.context).await;
            if let Some(found) = self.answer(verdict, &mut pause).await? {
                return Ok(found);
            }
        }
    }

    /// What a look says, or `None` after the pause before the next one.
    async fn answer<T>(&mut self, verdict: Verdict<T>, pause: &mut Duration) -> Result<Option<T>, StepEnd> {
        let wait = match verdict {
            Verdict::Done(found) => return Ok(Some(found)),
            Verdict::Refused(refusal) => return Err(StepEnd::Refused { refusal, partial: false }),
            Verdict::Later(later) => later.wait.max(*pause),
            Verdict::Unknown(_) => *pause,
        };
        if self.rest(wait).await {
            return Err(StepEnd::Abandoned);
        }
        *pause = next_pause(*pause);
        Ok(None)
    }

    /// POST of a group. Names are unique in Genesys and this one was free when the plan was made, so it is the mark.
    async fn create_group(&mut self, step: &Step, name: &str) -> StepEnd {
        let Some(write) = calls::forward(&step.effect, None).pop() else { return StepEnd::Done(None) };
        let mut pause = FIRST_PAUSE;
        let mut sent = false;
        loop {
            let wait = match self.upstream.write(&write, &self.context).await {
                Verdict::Done(made) => return StepEnd::Done(made),
                Verdict::Refused(refusal) => {
                    // Only a POST of ours, before this one or before a crash, makes a group of that name ours.
                    let taken = refusal.kind == RefusalKind::Uniqueness && (sent || self.resumed);
                    if let (true, Verdict::Done(Some(group))) =
                        (taken, self.upstream.find_group(name, &self.context).await)
                    {
                        return StepEnd::Done(Some(group.id));
                    }
                    return StepEnd::Refused { refusal, partial: sent };
                }
                Verdict::Later(later) => later.wait.max(pause),
                Verdict::Unknown(_) => {
                    sent = true;
                    if let Verdict::Done(Some(group)) = self.upstream.find_group(name, &self.context).await {
                        return StepEnd::Done(Some(group.id));
                    }
                    pause
                }
            };
            if self.rest(wait).await {
                return StepEnd::Abandoned;
            }
            pause = next_pause(pause);
        }
    }

    /// Undoes the step. `Refused` means that the saga is stuck.
    pub(super) async fn backward(&mut self, step: &Step) -> StepEnd {
        let bound = match self.find_bound(step).await {
            Ok(Some(bound)) => bound,
            Ok(None) => return StepEnd::Done(None),
            Err(end) => return end,
        };
        let observed = match undo::look(&step.effect) {
            None => Observed::default(),
            Some(aspects) => match self.observe(&UserId::new(bound.clone()), &aspects).await {
                Ok(Some(observed)) => observed,
                // The user is gone, and with it what the step did.
                Ok(None) => return StepEnd::Done(None),
                Err(end) => return end,
            },
        };
        for write in undo::backward(&step.effect, &bound, &observed) {
            match self.persist_undo(&write).await {
                StepEnd::Done(_) => {}
                end => return end,
            }
        }
        match &step.effect {
            Effect::CreateUser { .. } => self.confirm_deleted(&UserId::new(bound)).await,
            _ => StepEnd::Done(None),
        }
    }

    /// A DELETE of a user that was made moments ago may have met a 404 that only meant "not visible yet". Seen deleted is
    /// proof; absent is believed after a quiet period; alive is deleted again.
    async fn confirm_deleted(&mut self, user: &UserId) -> StepEnd {
        let started = self.clock.monotonic_ms();
        let quiet = u64::try_from(limits::QUIET_PERIOD.as_millis()).unwrap_or(u64::MAX);
        let mut pause = FIRST_PAUSE;
        loop {
            match self.observe(user, &crate::model::Aspects::default()).await {
                Ok(Some(seen)) if seen.state == UserState::Deleted => return StepEnd::Done(None),
                Ok(Some(_)) => match self.persist_undo(&Write::DeleteUser(user.clone())).await {
                    StepEnd::Done(_) => {}
                    end => return end,
                },
                Ok(None) if self.clock.monotonic_ms().saturating_sub(started) >= quiet => {
                    return StepEnd::Done(None);
                }
                Ok(None) => {}
                Err(end) => return end,
            }
            if self.rest(pause).await {
                return StepEnd::Abandoned;
            }
            pause = next_pause(pause);
        }
    }

    async fn persist_undo(&mut self, write: &Write) -> StepEnd {
        let mut pause = FIRST_PAUSE;
        loop {
            match self.persist(write).await {
                // What is not there any more needs no undo.
                StepEnd::Refused { refusal, .. } if refusal.kind == RefusalKind::NotFound => {
                    return StepEnd::Done(None);
                }
                // A secret that was changed will be put right; nobody should have to redrive every saga then.
                StepEnd::Refused { refusal, .. } if refusal.kind == RefusalKind::Credentials => {}
                end => return end,
            }
            if self.rest(pause).await {
                return StepEnd::Abandoned;
            }
            pause = next_pause(pause);
        }
    }

    /// The id to undo on. A create whose answer was lost is looked for twice, with a quiet period between: one absence
    /// proves nothing.
    async fn find_bound(&mut self, step: &Step) -> Result<Option<String>, StepEnd> {
        if self.bound.is_some() {
            return Ok(self.bound.clone());
        }
        for quiet in [Duration::ZERO, limits::QUIET_PERIOD] {
            if !quiet.is_zero() && (self.absent || self.rest(quiet).await) {
                return if self.absent { Ok(None) } else { Err(StepEnd::Abandoned) };
            }
            let found = match &step.effect {
                Effect::CreateGroup { name } => self.look_for_group(name).await?,
                _ => self.look_for_mark().await?.map(|user| user.as_str().to_owned()),
            };
            if found.is_some() {
                self.bound.clone_from(&found);
                return Ok(found);
            }
        }
        Ok(None)
    }

    async fn look_for_group(&mut self, name: &str) -> Result<Option<String>, StepEnd> {
        let mut pause = FIRST_PAUSE;
        loop {
            let verdict = self.upstream.find_group(name, &self.context).await;
            if let Some(found) = self.answer(verdict, &mut pause).await? {
                return Ok(found.map(|group| group.id));
            }
        }
    }

    async fn observe(
        &mut self,
        user: &UserId,
        aspects: &crate::model::Aspects,
    ) -> Result<Option<Observed>, StepEnd> {
        let mut pause = FIRST_PAUSE;
        loop {
            let verdict = match self.upstream.observe(user, aspects, &self.context).await {
                Verdict::Refused(refusal) if refusal.kind == RefusalKind::NotFound => Verdict::Done(None),
                verdict => verdict,
            };
            if let Some(observed) = self.answer(verdict, &mut pause).await? {
                return Ok(observed);
            }
        }
    }

    /// Waits, with jitter. True: the saga settles, stop trying.
    async fn rest(&mut self, wait: Duration) -> bool {
        if *self.settle.borrow() {
            return true;
        }
        let jitter =
            Duration::from_millis(self.clock.jitter(wait.as_millis().try_into().unwrap_or(u64::MAX) / 4 + 1));
        let clock = Arc::clone(&self.clock);
        tokio::select! {
            // A saga that settles starts no other try, also if the pause is over at the same moment.
            biased;
            changed = self.settle.wait_for(|settle| *settle) => drop(changed),
            () = clock.sleep(wait + jitter) => {}
        }
        *self.settle.borrow()
    }
}

fn next_pause(pause: Duration) -> Duration {
    (pause * 2).min(limits::RETRY_PAUSE_MAX)
}
