//! How many calls may go: the pace behind the budget, a pure function of calls and times.
//!
//! Knows no clock and nobody who waits: who goes is [`super::queues`]. Times are monotonic milliseconds.
//!
//! Calls are earned evenly, as many in a minute as are granted. What is not used can be saved up to a burst,
//! and a burst is paid back by a slower pace while it is within the last minute: so the granted calls are
//! used to the last one under load, nobody waits out a full minute, and no sixty seconds see more than
//! granted, whichever way Genesys counts its minute.

use std::collections::VecDeque;

/// What is never exceeded is counted over so long.
pub(crate) const WINDOW_MS: u64 = 60_000;
/// Share of the minute's calls that may go at once after an idle time.
const BURST: f64 = 1.0 / 6.0;

/// Calls that were sent in the same millisecond.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Moment {
    /// Until when they count.
    pub(crate) until_ms: u64,
    /// How many.
    pub(crate) calls: u32,
    /// How many of them out of what had been saved.
    pub(crate) saved: u32,
}

/// One call that was let through and not sent yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Granted {
    saved: bool,
}

/// The pace of one OAuth client.
#[derive(Debug)]
pub(crate) struct Pace {
    usable: u32,
    burst: f64,
    tokens: f64,
    at_ms: u64,
    paused_until_ms: u64,
    spent: VecDeque<Moment>,
    in_window: u32,
    saved_in_window: u32,
    outstanding: u32,
}

impl Pace {
    /// A rested pace for so many calls in a minute, less a margin in percent (at most 90).
    pub(crate) fn new(calls_per_minute: u32, margin_percent: u32, now_ms: u64) -> Self {
        let kept = 100 - u64::from(margin_percent.min(90));
        let usable =
            u32::try_from(u64::from(calls_per_minute.max(2)) * kept / 100).unwrap_or(u32::MAX).max(2);
        let burst = (f64::from(usable) * BURST).floor().max(1.0);
        Self {
            usable,
            burst,
            tokens: burst,
            at_ms: now_ms,
            paused_until_ms: 0,
            spent: VecDeque::new(),
            in_window: 0,
            saved_in_window: 0,
            outstanding: 0,
        }
    }

    /// Calls in a minute.
    pub(crate) fn usable(&self) -> u32 {
        self.usable
    }

    /// What was sent within the last minute, oldest first.
    pub(crate) fn spent(&self) -> impl Iterator<Item = &Moment> {
        self.spent.iter()
    }

    /// Until when nobody goes.
    pub(crate) fn paused_until_ms(&self) -> u64 {
        self.paused_until_ms
    }

    fn per_ms(&self) -> f64 {
        f64::from(self.usable.saturating_sub(self.saved_in_window).max(1)) / 60_000.0
    }

    /// Brings what was earned and what is forgotten up to now.
    pub(crate) fn tick(&mut self, now_ms: u64) {
        // Nothing is earned during a pause: Genesys' window is full, and a burst at its end would be refused
        // again.
        let from = self.at_ms.max(self.paused_until_ms.min(now_ms));
        #[expect(clippy::cast_precision_loss, reason = "a span of milliseconds is far below 2^52")]
        let earned = now_ms.saturating_sub(from) as f64 * self.per_ms();
        self.tokens = (self.tokens + earned).min(self.burst);
        self.at_ms = self.at_ms.max(now_ms);
        while let Some(oldest) = self.spent.front().copied().filter(|m| m.until_ms <= now_ms) {
            self.in_window = self.in_window.saturating_sub(oldest.calls);
            self.saved_in_window = self.saved_in_window.saturating_sub(oldest.saved);
            self.spent.pop_front();
        }
    }

    /// Whether a call may go. Only right after [`Self::tick`].
    pub(crate) fn may_go(&self, now_ms: u64) -> bool {
        now_ms >= self.paused_until_ms
            && self.tokens >= 1.0
            && self.in_window + self.outstanding < self.usable
    }

    /// Lets one go.
    pub(crate) fn grant(&mut self) -> Granted {
        let saved = self.tokens >= 2.0;
        self.tokens -= 1.0;
        self.outstanding += 1;
        Granted { saved }
    }

    /// It was sent, now.
    pub(crate) fn sent(&mut self, now_ms: u64, granted: Granted) {
        self.tick(now_ms);
        self.outstanding = self.outstanding.saturating_sub(1);
        self.remember(self.at_ms + WINDOW_MS, 1, u32::from(granted.saved));
    }

    /// It was not sent after all.
    pub(crate) fn returned(&mut self, _granted: Granted) {
        self.outstanding = self.outstanding.saturating_sub(1);
        self.tokens = (self.tokens + 1.0).min(self.burst);
    }

    fn remember(&mut self, until_ms: u64, calls: u32, saved: u32) {
        self.in_window = self.in_window.saturating_add(calls);
        self.saved_in_window = self.saved_in_window.saturating_add(saved);
        match self.spent.back_mut() {
            Some(last) if last.until_ms >= until_ms => {
                last.calls = last.calls.saturating_add(calls);
                last.saved = last.saved.saturating_add(saved);
            }
            _ => self.spent.push_back(Moment { until_ms, calls, saved }),
        }
    }

    /// Takes over what a predecessor sent, oldest first: how long it still counts, and how many. Nothing is
    /// saved up then.
    pub(crate) fn inherit(&mut self, now_ms: u64, past: impl IntoIterator<Item = (u64, u32, u32)>) {
        self.tick(now_ms);
        self.tokens = 0.0;
        for (left_ms, calls, saved) in past {
            self.remember(now_ms.saturating_add(left_ms), calls, saved);
        }
    }

    /// Calls that were let through and not sent yet.
    pub(crate) fn outstanding(&self) -> u32 {
        self.outstanding
    }

    /// Nobody goes for so long; a longer pause that is already running stays.
    pub(crate) fn pause(&mut self, now_ms: u64, wait_ms: u64) {
        self.tick(now_ms);
        self.paused_until_ms = self.paused_until_ms.max(now_ms.saturating_add(wait_ms));
        // Half a second's worth is left: the rest of the burst would run into the same wall again.
        self.tokens = self.tokens.min((self.per_ms() * 500.0).max(1.0));
    }

    /// Calls that could go right now.
    pub(crate) fn left(&self, now_ms: u64) -> u32 {
        if now_ms < self.paused_until_ms {
            return 0;
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "between 0 and the burst, which is a count of calls in a minute"
        )]
        let whole = self.tokens.floor().max(0.0) as u32;
        whole.min(self.usable.saturating_sub(self.in_window + self.outstanding))
    }

    /// Milliseconds until so many calls could have gone, the pause included. Only right after
    /// [`Self::tick`].
    pub(crate) fn until_ms(&self, now_ms: u64, calls: u32) -> u64 {
        let missing = (f64::from(calls) - self.tokens).max(0.0);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "not negative; a cast from f64 saturates"
        )]
        let earning = (missing / self.per_ms()).ceil() as u64;
        let room = if self.in_window + self.outstanding < self.usable {
            0
        } else {
            // A permit that is out comes back or is sent soon; what is in the window goes with its oldest.
            self.spent.front().map_or(100, |oldest| oldest.until_ms.saturating_sub(now_ms))
        };
        self.paused_until_ms.saturating_sub(now_ms).saturating_add(earning).max(room)
    }
}

/// Most calls in any sixty seconds.
#[cfg(test)]
pub(super) fn most_in_a_minute(times: &[u64]) -> usize {
    let mut start = 0;
    let mut most = 0;
    for (end, at) in times.iter().enumerate() {
        while times[start] + WINDOW_MS <= *at {
            start += 1;
        }
        most = most.max(end - start + 1);
    }
    most
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sends as soon as it may between two times and returns when it did.
    fn greedy(pace: &mut Pace, from_ms: u64, to_ms: u64) -> Vec<u64> {
        let mut times = Vec::new();
        let mut now = from_ms;
        while now < to_ms {
            pace.tick(now);
            while pace.may_go(now) {
                let granted = pace.grant();
                pace.sent(now, granted);
                times.push(now);
            }
            now += pace.until_ms(now, 1).max(1);
        }
        times
    }

    #[test]
    fn no_sixty_seconds_see_more_than_granted_and_hardly_less_is_used() {
        for (per_minute, margin, usable) in
            [(300, 10, 270), (300, 0, 300), (60, 50, 30), (2, 0, 2), (3_000, 3, 2_910)]
        {
            let mut pace = Pace::new(per_minute, margin, 0);
            let times = greedy(&mut pace, 0, 1_200_000);
            assert!(
                most_in_a_minute(&times) <= usable,
                "{per_minute} {margin}: {}",
                most_in_a_minute(&times)
            );
            let used = times.len() as f64 / (usable as f64 * 20.0);
            assert!(used >= 0.98, "{per_minute} {margin}: {used}");
        }
    }

    #[test]
    fn whatever_the_load_was_before_nobody_waits_out_a_full_minute() {
        // Idle and busy times in seconds, in turn: the longest gap under load after each of them.
        for pattern in [
            &[0, 300][..],
            &[10, 300],
            &[10, 40, 10, 40, 10, 300],
            &[60, 5, 60, 5, 60, 300],
            &[3, 3, 3, 3, 3, 300],
        ] {
            let mut pace = Pace::new(300, 10, 0);
            let (mut now, mut times) = (0, Vec::new());
            for (number, seconds) in pattern.iter().enumerate() {
                let until = now + seconds * 1_000;
                if number % 2 == 1 {
                    let sent = greedy(&mut pace, now, until);
                    let gap = sent.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap_or(0);
                    assert!(gap <= 1_000, "{pattern:?}: nobody for {gap} ms");
                    times.extend(sent);
                }
                now = until;
            }
            assert!(most_in_a_minute(&times) <= 270, "{pattern:?}: {}", most_in_a_minute(&times));
        }
    }

    #[test]
    fn after_an_idle_time_a_sixth_of_a_minute_may_go_at_once() {
        let mut pace = Pace::new(300, 10, 0);
        assert_eq!(greedy(&mut pace, 0, 1).len(), 45);
        greedy(&mut pace, 1, 120_000);
        assert_eq!(greedy(&mut pace, 140_000, 140_001).len(), 45);
    }

    #[test]
    fn a_permit_counts_when_it_is_used_and_not_when_it_was_given() {
        let mut pace = Pace::new(60, 0, 0);
        pace.tick(0);
        let late: Vec<Granted> = (0..10).map(|_| pace.grant()).collect();
        let mut times = greedy(&mut pace, 1, 59_000);
        late.into_iter().for_each(|granted| pace.sent(59_000, granted));
        times.extend([59_000; 10]);
        times.extend(greedy(&mut pace, 59_001, 180_000));
        assert!(most_in_a_minute(&times) <= 60, "{}", most_in_a_minute(&times));
        assert!(times.len() >= 150, "{}", times.len());
    }

    #[test]
    fn a_pause_ends_without_a_burst() {
        let mut pace = Pace::new(300, 0, 0);
        pace.pause(0, 10_000);
        pace.pause(0, 1_000);
        assert!(greedy(&mut pace, 0, 9_999).is_empty());
        assert_eq!(pace.left(9_999), 0);
        assert!(greedy(&mut pace, 10_000, 10_001).len() <= 3);
    }

    #[test]
    fn what_was_returned_can_be_used() {
        let mut pace = Pace::new(12, 0, 0);
        greedy(&mut pace, 0, 1);
        pace.tick(6_000);
        assert!(pace.may_go(6_000));
        let granted = pace.grant();
        assert!(!pace.may_go(6_000));
        pace.returned(granted);
        assert!(pace.may_go(6_000));
    }
}
