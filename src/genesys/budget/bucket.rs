//! The token bucket behind the budget, with one queue for each priority: a pure function of calls and times.
//!
//! Knows no clock and wakes nobody: [`super`] does. Times are monotonic milliseconds. The size of the burst
//! and the refill together never exceed the granted calls in any sixty seconds, whichever way Genesys counts
//! its minute.

use std::collections::VecDeque;

use crate::model::ports::Priority;

/// One waiting call; later ones are greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Ticket(u64);

/// Share of the minute's calls that may go at once.
const BURST: f64 = 1.0 / 6.0;
/// One call in so many goes to background work while it waits, so that it never starves; leavers still go
/// before it.
const BACKGROUND_ONE_IN: u32 = 10;

/// Bucket and queues.
#[derive(Debug)]
pub(crate) struct Bucket {
    burst: f64,
    per_ms: f64,
    tokens: f64,
    at_ms: u64,
    paused_until_ms: u64,
    queues: [VecDeque<Ticket>; 4],
    next: u64,
    since_background: u32,
}

fn place_of(priority: Priority) -> usize {
    match priority {
        Priority::Leaver => 0,
        Priority::Identity => 1,
        Priority::Waiting => 2,
        Priority::Background => 3,
    }
}

impl Bucket {
    /// A full bucket for so many calls in a minute, less a margin in percent (at most 90).
    pub(crate) fn new(calls_per_minute: u32, margin_percent: u32, now_ms: u64) -> Self {
        let margin = f64::from(margin_percent.min(90)) / 100.0;
        let usable = (f64::from(calls_per_minute.max(2)) * (1.0 - margin)).max(2.0);
        let burst = (usable * BURST).floor().max(1.0);
        let per_ms = (usable - burst).max(1.0) / 60_000.0;
        Self {
            burst,
            per_ms,
            tokens: burst,
            at_ms: now_ms,
            paused_until_ms: 0,
            queues: Default::default(),
            next: 0,
            since_background: 0,
        }
    }

    fn refill(&mut self, now_ms: u64) {
        // Nothing is earned during a pause: Genesys' window is full, and a burst at its end would be refused
        // again.
        let from = self.at_ms.max(self.paused_until_ms.min(now_ms));
        #[expect(clippy::cast_precision_loss, reason = "a span of milliseconds is far below 2^52")]
        let earned = now_ms.saturating_sub(from) as f64 * self.per_ms;
        self.tokens = (self.tokens + earned).min(self.burst);
        self.at_ms = self.at_ms.max(now_ms);
    }

    /// Takes a place at the end of the queue of that priority.
    pub(crate) fn join(&mut self, priority: Priority) -> Ticket {
        let ticket = Ticket(self.next);
        self.next += 1;
        if let Some(queue) = self.queues.get_mut(place_of(priority)) {
            queue.push_back(ticket);
        }
        ticket
    }

    /// Gives a place up.
    pub(crate) fn leave(&mut self, ticket: Ticket) {
        for queue in &mut self.queues {
            queue.retain(|waiting| *waiting != ticket);
        }
    }

    /// Moves a place that still waits to the queue of another priority. Among those there it stands by when
    /// it joined the budget: whoever has waited longer is not put behind who came later.
    pub(crate) fn promote(&mut self, ticket: Ticket, priority: Priority) {
        if !self.queues.iter().any(|queue| queue.contains(&ticket)) {
            // Granted meanwhile, or given up.
            return;
        }
        self.leave(ticket);
        if let Some(queue) = self.queues.get_mut(place_of(priority)) {
            queue.insert(queue.partition_point(|waiting| waiting.0 < ticket.0), ticket);
        }
    }

    /// Puts a token back that was granted and not used.
    pub(crate) fn refund(&mut self) {
        self.tokens = (self.tokens + 1.0).min(self.burst);
    }

    /// Who may go now, in order.
    pub(crate) fn grant(&mut self, now_ms: u64) -> Vec<Ticket> {
        self.refill(now_ms);
        let mut granted = Vec::new();
        if now_ms < self.paused_until_ms {
            return granted;
        }
        while self.tokens >= 1.0 {
            let Some(ticket) = self.pick() else { break };
            self.tokens -= 1.0;
            granted.push(ticket);
        }
        granted
    }

    fn pick(&mut self) -> Option<Ticket> {
        let [leaver, identity, waiting, background] = &mut self.queues;
        if let Some(ticket) = leaver.pop_front() {
            return Some(ticket);
        }
        if background.is_empty() {
            self.since_background = 0;
        } else if self.since_background + 1 >= BACKGROUND_ONE_IN {
            self.since_background = 0;
            return background.pop_front();
        }
        if let Some(ticket) = identity.pop_front().or_else(|| waiting.pop_front()) {
            self.since_background += 1;
            return Some(ticket);
        }
        self.since_background = 0;
        background.pop_front()
    }

    /// Nobody goes for so long; a longer pause that is already running stays.
    pub(crate) fn pause(&mut self, now_ms: u64, wait_ms: u64) {
        self.refill(now_ms);
        self.paused_until_ms = self.paused_until_ms.max(now_ms.saturating_add(wait_ms));
        // Half a second's worth is left: the rest of the burst would run into the same wall again.
        self.tokens = self.tokens.min((self.per_ms * 500.0).max(1.0));
    }

    /// Calls that could go right now, those who wait already taken off.
    pub(crate) fn left(&mut self, now_ms: u64) -> u32 {
        self.refill(now_ms);
        if now_ms < self.paused_until_ms {
            return 0;
        }
        let waiting: usize = self.queues.iter().map(VecDeque::len).sum();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "between 0 and the burst, which is a count of calls in a minute"
        )]
        let whole = self.tokens.floor().max(0.0) as u32;
        whole.saturating_sub(u32::try_from(waiting).unwrap_or(u32::MAX))
    }

    /// Milliseconds until the next token, at least 1.
    pub(crate) fn until_next_ms(&mut self, now_ms: u64) -> u64 {
        self.refill(now_ms);
        self.until_ms(now_ms, 1.0).max(1)
    }

    /// Milliseconds until that many tokens were earned, the pause included.
    fn until_ms(&self, now_ms: u64, tokens: f64) -> u64 {
        let missing = (tokens - self.tokens).max(0.0);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "not negative; a cast from f64 saturates"
        )]
        let earning = (missing / self.per_ms).ceil() as u64;
        self.paused_until_ms.saturating_sub(now_ms).saturating_add(earning)
    }

    /// How long a new call of that priority would wait behind those of its own and higher priorities.
    pub(crate) fn expected_wait_ms(&mut self, now_ms: u64, priority: Priority) -> u64 {
        self.refill(now_ms);
        let before: usize = self.queues.iter().take(place_of(priority) + 1).map(VecDeque::len).sum();
        let before = u32::try_from(before).unwrap_or(u32::MAX);
        self.until_ms(now_ms, f64::from(before) + 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Grants of a bucket that is always asked, as times in milliseconds.
    fn greedy(bucket: &mut Bucket, from_ms: u64, to_ms: u64) -> Vec<u64> {
        let mut times = Vec::new();
        for now in (from_ms..to_ms).step_by(50) {
            while bucket.queues[2].len() < 200 {
                bucket.join(Priority::Waiting);
            }
            times.extend(bucket.grant(now).iter().map(|_| now));
        }
        times
    }

    #[test]
    fn no_sixty_seconds_ever_see_more_calls_than_granted() {
        for (per_minute, margin, usable) in [(300, 10, 270), (300, 0, 300), (60, 50, 30), (2, 0, 2)] {
            let mut bucket = Bucket::new(per_minute, margin, 0);
            let times = greedy(&mut bucket, 0, 300_000);
            let most = times
                .iter()
                .map(|start| times.iter().filter(|t| **t >= *start && **t < start + 60_000).count())
                .max();
            assert!(most.unwrap() <= usable, "{per_minute} {margin}: {most:?}");
            assert!(times.len() * 2 > usable, "{per_minute} {margin}: {}", times.len());
        }
    }

    #[test]
    fn higher_priorities_go_first_and_each_in_order() {
        let mut bucket = Bucket::new(600, 0, 0);
        let b = bucket.join(Priority::Background);
        let w1 = bucket.join(Priority::Waiting);
        let w2 = bucket.join(Priority::Waiting);
        let i = bucket.join(Priority::Identity);
        let l = bucket.join(Priority::Leaver);
        assert_eq!(bucket.grant(0), [l, i, w1, w2, b]);
    }

    #[test]
    fn background_gets_one_call_in_ten_under_load_and_never_before_a_leaver() {
        let mut bucket = Bucket::new(6_000, 0, 0);
        bucket.grant(0);
        let background: Vec<Ticket> = (0..5).map(|_| bucket.join(Priority::Background)).collect();
        for _ in 0..60 {
            bucket.join(Priority::Waiting);
        }
        let leaver = bucket.join(Priority::Leaver);
        let order = bucket.grant(10);
        assert_eq!(order[0], leaver);
        let places: Vec<usize> =
            order.iter().enumerate().filter(|(_, t)| background.contains(t)).map(|(i, _)| i).collect();
        assert_eq!(places, [10, 20, 30, 40, 50]);
    }

    #[test]
    fn a_pause_stops_everybody_and_ends_without_a_burst() {
        let mut bucket = Bucket::new(300, 0, 0);
        bucket.pause(0, 10_000);
        bucket.pause(0, 1_000);
        for _ in 0..100 {
            bucket.join(Priority::Leaver);
        }
        assert_eq!(bucket.grant(9_999).len(), 0);
        assert_eq!(bucket.left(9_999), 0);
        assert!(bucket.grant(10_000).len() <= 3);
        assert!(bucket.expected_wait_ms(10_000, Priority::Leaver) > 1_000);
    }

    #[test]
    fn a_place_given_up_is_not_granted_and_a_refund_can_be_used() {
        let mut bucket = Bucket::new(12, 0, 0);
        let gone = bucket.join(Priority::Waiting);
        bucket.leave(gone);
        let stays = bucket.join(Priority::Waiting);
        assert_eq!(bucket.grant(0), [stays]);
        while bucket.left(0) > 0 {
            bucket.join(Priority::Waiting);
            bucket.grant(0);
        }
        bucket.refund();
        assert_eq!(bucket.left(0), 1);
    }

    #[test]
    fn a_promoted_place_goes_with_its_new_priority_by_the_time_it_joined() {
        use Priority::{Background, Identity, Leaver, Waiting};
        // Who joins, in order; who is promoted; who goes, in order.
        let rows: [(&[Priority], usize, Priority, &[usize]); 6] = [
            (&[Waiting, Background], 1, Leaver, &[1, 0]),
            (&[Background, Identity, Waiting], 0, Identity, &[0, 1, 2]),
            (&[Identity, Background, Identity], 1, Identity, &[0, 1, 2]),
            (&[Identity, Waiting], 0, Background, &[1, 0]),
            (&[Background, Waiting, Background], 1, Background, &[0, 1, 2]),
            (&[Waiting, Waiting], 1, Waiting, &[0, 1]),
        ];
        for (joined, promoted, priority, order) in rows {
            let mut bucket = Bucket::new(600, 0, 0);
            let tickets: Vec<Ticket> = joined.iter().map(|priority| bucket.join(*priority)).collect();
            bucket.promote(tickets[promoted], priority);
            let expected: Vec<Ticket> = order.iter().map(|place| tickets[*place]).collect();
            assert_eq!(bucket.grant(0), expected, "{joined:?}: {promoted} to {priority:?}");
        }
    }

    #[test]
    fn a_place_that_was_granted_or_given_up_is_not_promoted_back_into_a_queue() {
        let mut bucket = Bucket::new(600, 0, 0);
        let granted = bucket.join(Priority::Waiting);
        assert_eq!(bucket.grant(0), [granted]);
        bucket.promote(granted, Priority::Leaver);
        let gone = bucket.join(Priority::Waiting);
        bucket.leave(gone);
        bucket.promote(gone, Priority::Leaver);
        assert_eq!(bucket.grant(0), []);
    }

    #[test]
    fn expected_wait_counts_only_who_goes_before() {
        let mut bucket = Bucket::new(300, 0, 0);
        while bucket.left(0) > 0 {
            bucket.join(Priority::Waiting);
            bucket.grant(0);
        }
        for _ in 0..50 {
            bucket.join(Priority::Waiting);
        }
        let leaver = bucket.expected_wait_ms(0, Priority::Leaver);
        let waiting = bucket.expected_wait_ms(0, Priority::Waiting);
        assert!(leaver < 500, "{leaver}");
        assert!(waiting > 10_000, "{waiting}");
    }
}
