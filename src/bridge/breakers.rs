//! What is refused to everybody for the time being: after some users met the same refusal of the same thing,
//! the others are not sent to meet it too.
//!
//! Pure: the clock's time is passed in. In memory only: after a restart a few users find out again. What is
//! done about a user who is kept from something is `recompute`.

use std::collections::BTreeMap;

use crate::limits::WORK_FAR_AHEAD;
use crate::model::{Backoff, Failure, UserId};

use super::backoff;

/// How many users in a row must be refused the same thing.
const USERS: usize = 3;
/// How long one user who finds out whether it is possible again keeps the others waiting, in milliseconds.
const PROBE_MS: i64 = 5 * 60 * 1000;

/// One thing that was refused.
#[derive(Debug, Default)]
struct Breaker {
    /// Who was refused since it last worked; no more than needed.
    refused: Vec<UserId>,
    /// Times in a row that it opened.
    opened: u32,
    until_ms: Option<i64>,
    /// Somebody is finding out whether it works again.
    probed: bool,
    failure: Option<Failure>,
}

impl Breaker {
    /// Until when it is open; not after a clock was set back by more than anything waits.
    fn open_until(&self, now_ms: i64) -> Option<i64> {
        let until_ms = self.until_ms?;
        (1..=WORK_FAR_AHEAD).contains(&until_ms.saturating_sub(now_ms)).then_some(until_ms)
    }
}

/// All of them, by what is refused in words.
#[derive(Debug, Default)]
pub(super) struct Breakers(BTreeMap<String, Breaker>);

/// Why a user is kept from something.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Kept {
    /// Until then, Unix milliseconds.
    pub(super) until_ms: i64,
    /// What the last one met.
    pub(super) failure: Failure,
}

impl Breakers {
    /// Whether the thing is refused to everybody now.
    pub(super) fn is_open(&self, what: &str, now_ms: i64) -> Option<Kept> {
        let breaker = self.0.get(what)?;
        let until_ms = breaker.open_until(now_ms)?;
        Some(Kept { until_ms, failure: breaker.failure.clone()? })
    }

    /// As [`Breakers::is_open`]; the first who asks when the time is over finds out for the others.
    pub(super) fn ask(&mut self, what: &str, now_ms: i64) -> Option<Kept> {
        let kept = self.is_open(what, now_ms);
        if kept.is_none()
            && let Some(breaker) = self.0.get_mut(what).filter(|breaker| breaker.until_ms.is_some())
        {
            breaker.until_ms = Some(now_ms.saturating_add(PROBE_MS));
            breaker.probed = true;
        }
        kept
    }

    /// A user was refused it. `draw` gives a random number below its bound.
    pub(super) fn refused(
        &mut self,
        failure: &Failure,
        user: &UserId,
        now_ms: i64,
        draw: impl FnOnce(u64) -> u64,
    ) {
        let breaker = self.0.entry(failure.what.clone()).or_default();
        breaker.failure = Some(failure.clone());
        if !breaker.refused.contains(user) && breaker.refused.len() < USERS {
            breaker.refused.push(user.clone());
        }
        // Those who were on their way when it opened find out nothing new.
        let open = breaker.open_until(now_ms).is_some() && !breaker.probed;
        if !open && (breaker.until_ms.is_some() || breaker.refused.len() >= USERS) {
            breaker.probed = false;
            breaker.opened = breaker.opened.saturating_add(1);
            let pause = Backoff::jittered(backoff(breaker.opened), draw);
            let pause_ms = i64::try_from(pause.as_millis()).unwrap_or(i64::MAX);
            breaker.until_ms = Some(now_ms.saturating_add(pause_ms));
        }
    }

    /// It worked for somebody.
    pub(super) fn worked(&mut self, what: &str) {
        self.0.remove(what);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Refusal, RefusalKind};

    const MINUTE: i64 = 60_000;

    fn failure() -> Failure {
        let refusal = Refusal {
            kind: RefusalKind::Permission,
            status: 403,
            code: "missing.permissions".into(),
            detail: "no".into(),
            correlation_id: None,
        };
        Failure::refused("give role Agent", &refusal)
    }

    fn user(number: usize) -> UserId {
        UserId::new(format!("u{number}"))
    }

    #[test]
    fn it_opens_after_some_users_and_not_because_of_one_who_is_refused_again_and_again() {
        let mut breakers = Breakers::default();
        for _ in 0..9 {
            breakers.refused(&failure(), &user(1), 0, |_| 0);
        }
        assert_eq!(breakers.ask("give role Agent", 0), None);
        breakers.refused(&failure(), &user(2), 0, |_| 0);
        assert_eq!(breakers.ask("give role Agent", 0), None);
        breakers.refused(&failure(), &user(3), 0, |_| 0);
        let kept = breakers.ask("give role Agent", 1).expect("open");
        assert_eq!((kept.until_ms, kept.failure.code.as_str()), (MINUTE, "missing.permissions"));
        assert_eq!(breakers.ask("give role Supervisor", 1), None, "another thing");
    }

    #[test]
    fn one_finds_out_for_all_and_each_time_in_vain_it_stays_open_twice_as_long() {
        let mut breakers = Breakers::default();
        (1..=3).for_each(|number| breakers.refused(&failure(), &user(number), 0, |_| 0));
        let what = "give role Agent";
        (4..=32).for_each(|number| breakers.refused(&failure(), &user(number), 1, |_| 0));
        assert_eq!(breakers.ask(what, 2).map(|kept| kept.until_ms), Some(MINUTE), "not because of these");
        assert_eq!(breakers.ask(what, MINUTE), None, "the one");
        assert!(breakers.ask(what, MINUTE).is_some(), "the others");
        breakers.refused(&failure(), &user(4), MINUTE, |_| 0);
        assert_eq!(breakers.ask(what, MINUTE + 1).map(|kept| kept.until_ms), Some(3 * MINUTE));
        assert_eq!(breakers.ask(what, 3 * MINUTE), None);
        breakers.worked(what);
        assert_eq!((breakers.ask(what, 3 * MINUTE), breakers.ask(what, 3 * MINUTE)), (None, None));
    }

    #[test]
    fn a_clock_that_is_set_back_keeps_nobody_from_anything_for_longer_than_before() {
        let mut breakers = Breakers::default();
        let (what, day) = ("give role Agent", 24 * 60 * MINUTE);
        (1..=3).for_each(|number| breakers.refused(&failure(), &user(number), day, |_| 0));
        assert!(breakers.ask(what, day).is_some(), "open");
        assert_eq!(breakers.ask(what, 0), None, "one finds out");
        assert!(breakers.ask(what, 0).is_some(), "for the others");
    }

    #[test]
    fn one_who_never_tells_does_not_keep_the_others_for_ever() {
        let mut breakers = Breakers::default();
        (1..=3).for_each(|number| breakers.refused(&failure(), &user(number), 0, |_| 0));
        assert_eq!(breakers.ask("give role Agent", MINUTE), None);
        assert_eq!(breakers.ask("give role Agent", MINUTE + PROBE_MS), None, "another one asks");
    }
}
