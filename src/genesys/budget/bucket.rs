//! The budget without its clock: pace, queues and pauses put together. A pure function of calls and times.
//!
//! Wakes nobody: [`super`] does. How many go is [`super::pace`], who goes is [`super::queues`]. Times are
//! monotonic milliseconds.
//!
//! Genesys has limits for some routes besides that of the token (docs/genesys.md G7.4). A 429 pauses the
//! family of routes that it was met on; the house only where the token's limit is meant, or where so many
//! families are limited at once that it must be.

use std::collections::BTreeMap;

use super::pace::{Granted, Pace};
use super::queues::{Queues, Ticket};
use crate::model::ports::{Asked, Limited, Priority, RouteFamily};

/// So many families limited at the same time mean the token.
const FAMILIES_OF_A_HOUSE: usize = 3;

/// Pace, queues and pauses.
#[derive(Debug)]
pub(crate) struct Bucket {
    pub(super) pace: Pace,
    queues: Queues,
    pub(super) paused: BTreeMap<RouteFamily, u64>,
    /// Calls that may still go before the use of the budget must be written down; `None` where it is not.
    pub(super) unwritten: Option<u32>,
    /// Calls since what is being written down was taken.
    pub(super) since_written: u32,
    /// A pause is to be written down.
    pub(super) to_write: bool,
}

impl Bucket {
    /// A rested budget for so many calls in a minute, less a margin in percent (at most 90).
    pub(crate) fn new(calls_per_minute: u32, margin_percent: u32, now_ms: u64) -> Self {
        Self {
            pace: Pace::new(calls_per_minute, margin_percent, now_ms),
            queues: Queues::default(),
            paused: BTreeMap::new(),
            unwritten: None,
            since_written: 0,
            to_write: false,
        }
    }

    /// Takes a place.
    pub(crate) fn join(&mut self, asked: Asked) -> Ticket {
        self.queues.join(asked)
    }

    /// Gives a place up.
    pub(crate) fn leave(&mut self, ticket: Ticket) {
        self.queues.leave(ticket);
    }

    /// Moves a place that still waits to another priority.
    pub(crate) fn promote(&mut self, ticket: Ticket, priority: Priority) {
        self.queues.promote(ticket, priority);
    }

    /// Who may go now, in order.
    pub(crate) fn grant(&mut self, now_ms: u64) -> Vec<(Ticket, Granted)> {
        self.tick(now_ms);
        let mut granted = Vec::new();
        while self.pace.may_go(now_ms) && self.unwritten != Some(0) {
            let paused = &self.paused;
            let Some(ticket) = self.queues.pick(|family| !paused.contains_key(family)) else { break };
            self.unwritten = self.unwritten.map(|left| left.saturating_sub(1));
            self.since_written = self.since_written.saturating_add(1);
            granted.push((ticket, self.pace.grant()));
        }
        granted
    }

    pub(super) fn tick(&mut self, now_ms: u64) {
        self.pace.tick(now_ms);
        self.paused.retain(|_, until| *until > now_ms);
    }

    /// A permit was used.
    pub(crate) fn sent(&mut self, now_ms: u64, granted: Granted) {
        self.pace.sent(now_ms, granted);
    }

    /// A permit was not used.
    pub(crate) fn returned(&mut self, granted: Granted) {
        self.pace.returned(granted);
    }

    /// Genesys said 429. A longer pause that is already running stays.
    pub(crate) fn pause(&mut self, now_ms: u64, limited: Limited, wait_ms: u64) {
        self.tick(now_ms);
        self.to_write = true;
        match limited {
            Limited::House => self.pace.pause(now_ms, wait_ms),
            Limited::Family(family) => {
                let until = self.paused.entry(family).or_default();
                *until = now_ms.saturating_add(wait_ms).max(*until);
                if self.paused.len() >= FAMILIES_OF_A_HOUSE {
                    let longest = self.paused.values().max().copied().unwrap_or_default();
                    self.paused.clear();
                    self.pace.pause(now_ms, longest.saturating_sub(now_ms));
                }
            }
        }
    }

    /// Calls that could go right now, those who wait already taken off.
    pub(crate) fn left(&mut self, now_ms: u64) -> u32 {
        self.tick(now_ms);
        self.pace.left(now_ms).saturating_sub(u32::try_from(self.queues.len()).unwrap_or(u32::MAX))
    }

    /// Milliseconds until somebody who waits may go, at least 1; `None` while nobody waits, or until what
    /// was used is written down.
    pub(crate) fn until_next_ms(&mut self, now_ms: u64) -> Option<u64> {
        self.tick(now_ms);
        if self.queues.len() == 0 || self.unwritten == Some(0) {
            return None;
        }
        let paused = &self.paused;
        let open = if self.queues.any(|family| !paused.contains_key(family)) {
            0
        } else {
            self.paused.values().min().map_or(0, |until| until.saturating_sub(now_ms))
        };
        Some(self.pace.until_ms(now_ms, 1).max(open).max(1))
    }

    /// How long a new call would wait behind those that go before it.
    pub(crate) fn expected_wait_ms(&mut self, now_ms: u64, asked: &Asked) -> u64 {
        self.tick(now_ms);
        let before = u32::try_from(self.queues.before(asked.priority)).unwrap_or(u32::MAX);
        let pause = self.paused.get(&asked.family).map_or(0, |until| until.saturating_sub(now_ms));
        self.pace.until_ms(now_ms, before.saturating_add(1)).max(pause)
    }

    /// How long so many calls take, at the full pace.
    pub(crate) fn time_for_ms(&self, calls: u64) -> u64 {
        calls.saturating_mul(60_000).div_ceil(u64::from(self.pace.usable()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Priority::{Background, Identity, Leaver, Waiting};

    fn of(family: &str, priority: Priority) -> Asked {
        Asked { family: RouteFamily::new(family), ..priority.into() }
    }

    fn go(bucket: &mut Bucket, now_ms: u64) -> Vec<Ticket> {
        let granted = bucket.grant(now_ms);
        let tickets = granted.iter().map(|(ticket, _)| *ticket).collect();
        granted.into_iter().for_each(|(_, granted)| bucket.sent(now_ms, granted));
        tickets
    }

    #[test]
    fn a_limit_on_one_family_holds_that_family_only() {
        let mut bucket = Bucket::new(600, 0, 0);
        bucket.pause(0, Limited::Family(RouteFamily::new("routing/queues")), 60_000);
        let queue = bucket.join(of("routing/queues", Leaver));
        let identity = bucket.join(of("scim/users", Leaver));
        assert_eq!(go(&mut bucket, 0), [identity]);
        assert_eq!(bucket.until_next_ms(0), Some(60_000));
        assert!(bucket.expected_wait_ms(0, &of("routing/queues", Leaver)) >= 60_000);
        assert!(bucket.expected_wait_ms(0, &of("scim/users", Leaver)) < 1_000);
        assert_eq!(go(&mut bucket, 59_999), []);
        assert_eq!(go(&mut bucket, 60_000), [queue]);
    }

    #[test]
    fn the_limit_of_the_token_or_of_several_families_holds_everybody() {
        for limits in
            [vec![Limited::House], ["a", "b", "c"].map(|f| Limited::Family(RouteFamily::new(f))).to_vec()]
        {
            let mut bucket = Bucket::new(600, 0, 0);
            bucket.join(of("d", Leaver));
            for limited in limits {
                bucket.pause(0, limited, 10_000);
            }
            assert_eq!(go(&mut bucket, 9_999), []);
            assert_eq!(go(&mut bucket, 10_000).len(), 1);
        }
    }

    #[test]
    fn two_families_and_one_family_twice_are_no_house() {
        let mut bucket = Bucket::new(600, 0, 0);
        for family in ["a", "b", "a", "b"] {
            bucket.pause(0, Limited::Family(RouteFamily::new(family)), 10_000);
        }
        bucket.join(of("c", Background));
        assert_eq!(go(&mut bucket, 0).len(), 1);
        // Those pauses are over before the third family is met.
        bucket.pause(20_000, Limited::Family(RouteFamily::new("c")), 10_000);
        bucket.join(of("a", Background));
        assert_eq!(go(&mut bucket, 20_000).len(), 1);
    }

    #[test]
    fn nothing_goes_that_could_not_be_written_down() {
        let mut bucket = Bucket::new(600, 0, 0);
        bucket.unwritten = Some(2);
        for _ in 0..5 {
            bucket.join(Waiting.into());
        }
        assert_eq!(go(&mut bucket, 0).len(), 2);
        assert_eq!(bucket.until_next_ms(0), None);
        bucket.unwritten = Some(2);
        assert_eq!(go(&mut bucket, 0).len(), 2);
    }

    #[test]
    fn expected_wait_counts_only_who_goes_before() {
        let mut bucket = Bucket::new(300, 0, 0);
        while bucket.left(0) > 0 {
            bucket.join(Waiting.into());
            go(&mut bucket, 0);
        }
        for _ in 0..50 {
            bucket.join(Waiting.into());
        }
        let leaver = bucket.expected_wait_ms(0, &Leaver.into());
        assert!(leaver < 500, "{leaver}");
        let identity = bucket.expected_wait_ms(0, &Identity.into());
        assert!(identity < 2_000, "{identity}");
        let waiting = bucket.expected_wait_ms(0, &Waiting.into());
        assert!(waiting > 10_000, "{waiting}");
        assert_eq!(bucket.time_for_ms(600), 120_000);
    }
}
