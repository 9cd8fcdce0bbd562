//! Brings one step, or one undo, to its end: sends its calls, waits, repeats, and looks where an answer was
//! lost.
//!
//! Async, but without a decision about the saga: that is `machine`. Which calls a step has is
//! [`crate::plan::effects`]. Here is the way forward and what both ways share; creates are in `create`,
//! what Genesys gives back with them in `given_back`, the way back in `back`.

mod back;
mod create;
mod given_back;
mod leave;
mod members;
pub(super) mod patience;

use std::sync::Arc;
use std::time::Duration;

use self::patience::Patience;
use super::better::Better;
use super::unanswered::Unanswered;
use crate::limits;
use crate::model::ports::{CallContext, Clock, TurnRecords, Upstream, Write};
use crate::model::{
    Aspects, Backoff, Effect, Mark, Observed, Refusal, RefusalKind, SagaOpened, Secret, Step, UserId,
    UserState, Verdict,
};
use crate::plan::effects;

/// How long a 404 on a user that was just made counts as "not visible yet" (docs/genesys.md G7.9,
/// read-after-write).
const FRESH_FOR: Duration = Duration::from_secs(10);
/// How long a 404 to new grants may be one of a cache that has not heard of role, division or user
/// (docs/genesys.md G4.5, G7.9).
const CACHED_FOR: Duration = Duration::from_secs(300);
/// How long a user whose DELETE was accepted is looked at.
const CONFIRM_FOR: Duration = Duration::from_secs(300);
/// How often a call has no answer before a look is believed that shows what it is for.
const SENT_BEFORE_A_LOOK: u32 = 3;
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// How a step ended.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum StepEnd {
    Done(Option<String>),
    Refused {
        refusal: Refusal,
        partial: bool,
    },
    /// Given up between two tries because the saga settles or the process stops; `partial` unless nothing was
    /// sent that can have taken effect.
    Abandoned {
        partial: bool,
    },
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
    /// When the saga began to be worked on, or what it is about may have been made: whoever it speaks of is no newer.
    pub began_ms: u64,
    /// Knows who is who.
    pub directory: Arc<dyn TurnRecords>,
    /// The saga.
    pub opened: Arc<SagaOpened>,
    /// Told of every identity that was written.
    pub better: Arc<Better>,
    /// Told of every call that had no answer.
    pub unanswered: Arc<Unanswered>,
    /// The plan creates or restores the user: early 404s are not believed.
    pub fresh: bool,
    /// Forwarded with the identity if the tenant says so; held in memory only.
    pub password: Option<Secret>,
    pub patience: Patience,
    pub context: CallContext,
}

impl Driver {
    /// Carries the step out.
    pub(super) async fn forward(&mut self, step: &Step) -> StepEnd {
        match &step.effect {
            Effect::CreateUser { .. } => return self.create(step).await,
            Effect::CreateGroup { name } => return self.create_group(step, name).await,
            Effect::DeleteUser if !step.identity => {
                let Some(user) = self.bound.clone() else { return StepEnd::Done(None) };
                return self.removed(&UserId::new(user)).await;
            }
            Effect::RestoreUser { user, without } if !without.is_empty() => {
                return self.restore_anew(step, user).await;
            }
            Effect::GiveBack(effect) => {
                return self.backward(&Step { effect: (**effect).clone(), ..step.clone() }).await;
            }
            _ => {}
        }
        let mut partial = false;
        for mut write in effects::forward(&step.effect, self.bound.as_deref()) {
            self.add_password(&mut write);
            match self.send(&write).await {
                StepEnd::Done(_) => partial = true,
                StepEnd::Refused { refusal, .. } if leave::is_gone(&step.effect, &refusal) => {
                    let Some(user) = self.bound.clone() else { return StepEnd::Done(None) };
                    return self.confirm_gone(&UserId::new(user), &write).await;
                }
                // What was sent before the refusal, perhaps by the process before, may have done it.
                StepEnd::Refused { partial: sent, .. }
                    if (sent || self.resumed) && self.is_out(&write).await =>
                {
                    return StepEnd::Done(None);
                }
                StepEnd::Refused { refusal, partial: earlier } => {
                    return StepEnd::Refused { refusal, partial: partial || earlier };
                }
                StepEnd::Abandoned { partial: earlier } => {
                    return StepEnd::Abandoned { partial: partial || earlier };
                }
            }
        }
        StepEnd::Done(None)
    }

    /// Whoever is removed is out with the first call; the look waits behind the pivot.
    async fn removed(&mut self, user: &UserId) -> StepEnd {
        self.patience.until_ms = self.patience.until_ms.min(self.now_and(CONFIRM_FOR));
        match self.confirm_deleted(user).await {
            // The DELETE itself was accepted; only the look was refused, or never showed it.
            StepEnd::Refused { .. } => StepEnd::Done(None),
            end => end,
        }
    }

    fn add_password(&self, write: &mut Write) {
        if let Write::CreateUser { password, .. } | Write::UpdateUser { password, .. } = write {
            password.clone_from(&self.password);
        }
    }

    /// Carries a call out; where one member refuses all of them, as several.
    async fn send(&mut self, write: &Write) -> StepEnd {
        let started = self.clock.monotonic_ms();
        match (self.persist_since(write, started).await, write) {
            (StepEnd::Refused { refusal, partial }, Write::AddMembers(group, users))
                if refusal.kind == RefusalKind::NotFound && users.len() > 1 =>
            {
                self.add_apart(group, users, refusal, partial, started).await
            }
            (end, _) => end,
        }
    }

    /// Repeats an idempotent call until it is done or refused.
    async fn persist(&mut self, write: &Write) -> StepEnd {
        let started = self.clock.monotonic_ms();
        self.persist_since(write, started).await
    }

    /// The same where what the call needs was first sent at that moment of the monotonic clock.
    async fn persist_since(&mut self, write: &Write, started: u64) -> StepEnd {
        let mut pauses = tries();
        let (mut partial, mut looked, mut unanswered) = (false, false, 0);
        loop {
            let (wait, why) = match self.upstream.write(write, &self.context).await {
                Verdict::Done(made) => {
                    self.better.accepted(write);
                    return StepEnd::Done(made.map(|made| made.id));
                }
                Verdict::Refused(refusal) if self.not_visible_yet(write, &refusal, started) => {
                    (pauses.pause(), refusal.detail)
                }
                Verdict::Refused(refusal) if self.may_be_new(write, &refusal, started) => {
                    if !looked && !self.none_is_deleted(write).await {
                        return StepEnd::Refused { refusal, partial };
                    }
                    looked = true;
                    (pauses.pause(), refusal.detail)
                }
                Verdict::Refused(refusal) if will_be_put_right(&refusal) => (pauses.pause(), refusal.detail),
                Verdict::Refused(refusal) => return StepEnd::Refused { refusal, partial },
                Verdict::Later(later) => (pauses.at_least(later.wait), later.reason),
                Verdict::Unknown(unknown) => {
                    tracing::info!(call = %self.context.label, reason = %unknown.reason, "answer unknown, repeating the idempotent call");
                    partial = true;
                    self.unanswered.note(self.clock.monotonic_ms());
                    unanswered += 1;
                    // A look may be older than what was sent before: first the call is repeated.
                    if unanswered >= SENT_BEFORE_A_LOOK && self.is_out(write).await {
                        return StepEnd::Done(None);
                    }
                    (pauses.pause(), unknown.reason)
                }
            };
            if let Err(enough) = self.patience.rest(wait, &why).await {
                return enough.end(partial);
            }
        }
    }

    fn not_visible_yet(&self, write: &Write, refusal: &Refusal, started: u64) -> bool {
        let waited = Duration::from_millis(self.clock.monotonic_ms().saturating_sub(started));
        let cached = matches!(write, Write::AddRoles(..)) && waited < CACHED_FOR;
        refusal.kind == RefusalKind::NotFound && (cached || self.fresh && waited < FRESH_FOR)
    }

    /// A moment of the monotonic clock, in milliseconds.
    fn now_and(&self, more: Duration) -> u64 {
        self.clock.monotonic_ms().saturating_add(u64::try_from(more.as_millis()).unwrap_or(u64::MAX))
    }

    /// A DELETE of a user that was made moments ago may have met a 404 that only meant "not visible yet".
    /// Seen deleted is proof; absent is believed after a quiet period; alive is deleted again.
    async fn confirm_deleted(&mut self, user: &UserId) -> StepEnd {
        let started = self.clock.monotonic_ms();
        let quiet = u64::try_from(limits::QUIET_PERIOD.as_millis()).unwrap_or(u64::MAX);
        let mut pauses = tries();
        loop {
            match self.observe(user, &Aspects::default()).await {
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
            if let Err(enough) = self.patience.rest(pauses.pause(), "deleted, but it can still be seen").await
            {
                return enough.end(true);
            }
        }
    }

    /// The user with our mark. `Err` if Genesys refuses to tell or the saga settles: that is no absence.
    async fn look_for_mark(&mut self) -> Result<Option<UserId>, StepEnd> {
        let mut pauses = tries();
        loop {
            let verdict = self.upstream.find_by_mark(&self.mark, &self.context).await;
            if let Some(found) = self.answer(verdict, &mut pauses).await? {
                return Ok(found);
            }
        }
    }

    /// What a look says, or `None` after the pause before the next one.
    async fn answer<T>(&mut self, verdict: Verdict<T>, pauses: &mut Backoff) -> Result<Option<T>, StepEnd> {
        let (wait, why) = match verdict {
            Verdict::Done(found) => return Ok(Some(found)),
            Verdict::Refused(refusal) if will_be_put_right(&refusal) => (pauses.pause(), refusal.detail),
            Verdict::Refused(refusal) => return Err(StepEnd::Refused { refusal, partial: false }),
            Verdict::Later(later) => (pauses.at_least(later.wait), later.reason),
            Verdict::Unknown(unknown) => (pauses.pause(), unknown.reason),
        };
        match self.patience.rest(wait, &why).await {
            Ok(()) => Ok(None),
            Err(enough) => Err(enough.end(true)),
        }
    }

    async fn observe(&mut self, user: &UserId, aspects: &Aspects) -> Result<Option<Observed>, StepEnd> {
        let mut pauses = tries();
        loop {
            let verdict = match self.upstream.observe(user, aspects, &self.context).await {
                Verdict::Refused(refusal) if refusal.kind == RefusalKind::NotFound => Verdict::Done(None),
                verdict => verdict,
            };
            if let Some(observed) = self.answer(verdict, &mut pauses).await? {
                return Ok(observed);
            }
        }
    }

    /// Waits for something that is no call of ours. True: the saga settles first.
    pub(super) async fn settles_before(&mut self, other: impl Future<Output = ()>) -> bool {
        self.patience.settles_before(other).await
    }
}

/// Whether it says nothing about the step: our own credentials are not accepted at the moment. Whoever changed
/// the secret will put it right; nobody shall lose an entitlement for it, and no saga be redriven by hand.
fn will_be_put_right(refusal: &Refusal) -> bool {
    refusal.kind == RefusalKind::Credentials
}

/// The pauses between the tries of one call.
fn tries() -> Backoff {
    Backoff::new(FIRST_PAUSE, limits::RETRY_PAUSE_MAX)
}
