//! How long trouble is waited out: until the time is up, somebody gives the step up, or the saga settles.
//!
//! Waits and says why no longer; what that means for the step is `drive`, for the saga `machine`.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::StepEnd;
use crate::limits;
use crate::model::ports::{Clock, Priority, Shift, Shifts, refused_here};
use crate::model::{Backoff, Refusal, RefusalKind, SagaOpened, StepId};
use crate::saga::better::News;
use crate::saga::tries::Tries;

/// How long a saga that is taken up late is tried at least.
const GRACE: Duration = Duration::from_secs(600);

/// Steps that an administrator gave up, and in which words.
pub(in crate::saga) type GivenUp = BTreeMap<StepId, Refusal>;

/// Until when the steps of one saga wait trouble out, in milliseconds of the monotonic clock.
pub(in crate::saga) struct Bounds {
    opened_ms: i64,
    limit: Duration,
    forward_ms: u64,
    identity_ms: u64,
    undo_ms: Option<u64>,
}

impl Bounds {
    /// Those of a saga that may take `limit`.
    pub(in crate::saga) fn new(opened: &SagaOpened, limit: Duration, clock: &dyn Clock) -> Self {
        let opened_ms = opened.opened_ms;
        let short = if opened.plan.pivot.is_none() { limit.min(limits::IDENTITY_GIVE_UP) } else { limit };
        let until = |limit| at(clock, left(opened_ms, clock.now_ms(), limit, limit));
        Self { opened_ms, limit, forward_ms: until(limit), identity_ms: until(short), undo_ms: None }
    }

    /// Of a step. While the identity is not there nobody was promised anything, but names are reserved: that
    /// ends sooner, unless access is being taken away.
    pub(in crate::saga) fn forward(&self, identity: bool) -> u64 {
        if identity { self.identity_ms } else { self.forward_ms }
    }

    /// Of all undos, from the first one on.
    pub(in crate::saga) fn undo(&mut self, clock: &dyn Clock) -> u64 {
        let left = left(self.opened_ms, clock.now_ms(), self.limit.saturating_mul(2), self.limit);
        *self.undo_ms.get_or_insert_with(|| at(clock, left))
    }
}

fn at(clock: &dyn Clock, left: Duration) -> u64 {
    clock.monotonic_ms().saturating_add(u64::try_from(left.as_millis()).unwrap_or(u64::MAX))
}

/// What is left of `limit` since the saga was opened: at most `most`, also when the clock was set back, and
/// never nothing, so that what a long stop delayed is still tried.
fn left(opened_ms: i64, now_ms: i64, limit: Duration, most: Duration) -> Duration {
    let gone = Duration::from_millis(u64::try_from(now_ms.saturating_sub(opened_ms)).unwrap_or(0));
    limit.saturating_sub(gone).max(GRACE).min(most)
}

/// Why a step is not tried again.
pub(super) enum Enough {
    /// The saga settles, or the process stops.
    Settles,
    /// The time is up, or an administrator gave it up.
    GivenUp(Refusal),
}

impl Enough {
    /// How the step ends. `partial`: some of it may have taken effect.
    pub(super) fn end(self, partial: bool) -> StepEnd {
        match self {
            Self::Settles => StepEnd::Abandoned { partial },
            Self::GivenUp(refusal) => StepEnd::Refused { refusal, partial },
        }
    }
}

/// What ends the waiting of one step.
pub(in crate::saga) struct Patience {
    pub(in crate::saga) clock: Arc<dyn Clock>,
    pub(in crate::saga) step: StepId,
    /// By the monotonic clock.
    pub(in crate::saga) until_ms: u64,
    /// True: stop trying between two calls.
    pub(in crate::saga) settle: watch::Receiver<bool>,
    pub(in crate::saga) given_up: watch::Receiver<GivenUp>,
    pub(in crate::saga) priority: Priority,
    pub(in crate::saga) shifts: Shifts,
    pub(in crate::saga) tries: Tries,
    /// Of somebody who is to be out: a pause ends when others get through.
    pub(in crate::saga) news: Option<News>,
}

impl Patience {
    /// Waits for something that is no call of ours. True: the saga settles first.
    pub(super) async fn settles_before(&mut self, other: impl Future<Output = ()>) -> bool {
        tokio::select! {
            biased;
            changed = self.settle.wait_for(|settle| *settle) => drop(changed),
            () = other => {}
        }
        self.settles()
    }

    /// Whether the saga settles.
    pub(super) fn settles(&self) -> bool {
        *self.settle.borrow()
    }

    /// Pauses after a try that settled nothing, with jitter; ends early when the call becomes more urgent.
    pub(super) async fn rest(&mut self, wait: Duration, why: &str) -> Result<(), Enough> {
        self.tries.note(self.step, why, self.clock.now_ms());
        if self.settles() {
            return Err(Enough::Settles);
        }
        let left = Duration::from_millis(self.until_ms.saturating_sub(self.clock.monotonic_ms()));
        if left.is_zero() {
            return Err(Enough::GivenUp(out_of_time(why)));
        }
        let clock = Arc::clone(&self.clock);
        let most = if self.news.is_some() { left.min(limits::OUT_PAUSE_MAX) } else { left };
        let wait = Backoff::jittered(wait, |bound| clock.jitter(bound)).min(most);
        let better = better(self.news.as_mut(), clock.as_ref());
        tokio::select! {
            // A saga that settles starts no other try, also if the pause is over at the same moment.
            biased;
            changed = self.settle.wait_for(|settle| *settle) => drop(changed),
            refusal = given_up(&mut self.given_up, self.step) => return Err(Enough::GivenUp(refusal)),
            () = more_urgent(&mut self.shifts, &mut self.priority) => {}
            () = better => {}
            () = clock.sleep(wait) => {}
        }
        if self.settles() { Err(Enough::Settles) } else { Ok(()) }
    }
}

async fn given_up(all: &mut watch::Receiver<GivenUp>, step: StepId) -> Refusal {
    if let Ok(all) = all.wait_for(|all| all.contains_key(&step)).await
        && let Some(refusal) = all.get(&step)
    {
        return refusal.clone();
    }
    std::future::pending().await
}

async fn better(news: Option<&mut News>, clock: &dyn Clock) {
    match news {
        Some(news) => {
            news.forget();
            news.come(clock).await;
        }
        None => std::future::pending().await,
    }
}

async fn more_urgent(shifts: &mut Shifts, priority: &mut Priority) {
    while let Shift::Priority(now) = shifts.next().await {
        if now < std::mem::replace(priority, now) {
            return;
        }
    }
}

fn out_of_time(why: &str) -> Refusal {
    refused_here(
        RefusalKind::Other,
        "gave_up",
        format!(
            "given up, because Genesys Cloud did not do it in all the time that the bridge waits; at last: {why}"
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_counts_from_the_opening_and_a_late_start_has_some_of_its_own() {
        let hours = |hours: i64| hours * 3_600_000;
        let hour = Duration::from_secs(3600);
        for (gone, limit, most, expected) in [
            (0, 24 * hour, 24 * hour, 24 * hour),
            (hours(23), 24 * hour, 24 * hour, hour),
            (hours(24), 24 * hour, 24 * hour, GRACE),
            (hours(900), 24 * hour, 24 * hour, GRACE),
            (-hours(5), 24 * hour, 24 * hour, 24 * hour),
            // An undo may take as long again, and no longer than that.
            (0, 48 * hour, 24 * hour, 24 * hour),
            (hours(30), 48 * hour, 24 * hour, 18 * hour),
            (0, hour / 60, hour / 60, hour / 60),
            (hours(1), hour / 60, hour / 60, hour / 60),
        ] {
            assert_eq!(left(1_000, 1_000 + gone, limit, most), expected, "{gone} of {limit:?}");
        }
    }
}
