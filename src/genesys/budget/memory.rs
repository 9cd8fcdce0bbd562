//! What a budget hands to its successor after a restart: its last minute and its pauses. Pure.
//!
//! It is written down every few calls, and between two writings no more calls go than the last one announced.
//! So the successor of a process that was killed knows of all calls that may have gone, and no minute sees
//! more than granted, however often that happens. Who writes is `app`.

use super::bucket::Bucket;
use super::pace::WINDOW_MS;
use crate::model::ports::{Limited, RouteFamily};
use crate::model::{BudgetUse, SentCalls};

/// Calls of so long are written as one.
const GRAIN_MS: u64 = 1_000;
/// Part of a minute's calls that may go between two writings.
const UNWRITTEN: u32 = 30;
/// Least and most of them: what was announced and not used is lost to a successor, so it must not be much.
const UNWRITTEN_BOUNDS: (u32, u32) = (4, 50);

impl Bucket {
    /// Calls that may go between two writings.
    fn lease(&self) -> u32 {
        (self.pace.usable() / UNWRITTEN).clamp(UNWRITTEN_BOUNDS.0, UNWRITTEN_BOUNDS.1)
    }

    /// From now on no call goes that was not announced in writing.
    pub(crate) fn keep_written(&mut self) {
        self.unwritten = Some(0);
        self.to_write = true;
    }

    /// Whether it should be written down before long.
    pub(crate) fn wants_writing(&self) -> bool {
        self.unwritten.is_some_and(|left| self.to_write || left <= self.lease() / 2)
    }

    /// What to write down. [`Self::written`] follows when it is.
    pub(crate) fn use_now(&mut self, now_ms: u64, wall_ms: i64) -> BudgetUse {
        self.tick(now_ms);
        self.to_write = false;
        self.since_written = 0;
        let mut sent: Vec<SentCalls> = Vec::new();
        let mut second = None;
        for moment in self.pace.spent() {
            let ago_ms = WINDOW_MS.saturating_sub(moment.until_ms.saturating_sub(now_ms));
            match sent.last_mut().filter(|_| second == Some(moment.until_ms / GRAIN_MS)) {
                Some(last) => {
                    // Counted as late as the latest of them.
                    *last = SentCalls {
                        ago_ms,
                        calls: last.calls.saturating_add(moment.calls),
                        saved: last.saved.saturating_add(moment.saved),
                    };
                }
                None => sent.push(SentCalls { ago_ms, calls: moment.calls, saved: moment.saved }),
            }
            second = Some(moment.until_ms / GRAIN_MS);
        }
        let families = self.paused.iter();
        BudgetUse {
            at_ms: wall_ms,
            sent,
            allowed: self.lease().saturating_add(self.pace.outstanding()),
            house_ms: self.pace.paused_until_ms().saturating_sub(now_ms),
            families: families
                .map(|(family, until)| (family.as_str().to_owned(), until.saturating_sub(now_ms)))
                .collect(),
        }
    }

    /// It is written down: as many calls may go as that announced.
    pub(crate) fn written(&mut self) {
        self.unwritten = self.unwritten.map(|_| self.lease().saturating_sub(self.since_written));
    }

    /// Takes over from a predecessor.
    pub(crate) fn inherit(&mut self, used: &BudgetUse, now_ms: u64, wall_ms: i64) {
        // A clock that was put back makes the past no shorter than it was.
        let since = u64::try_from(wall_ms.saturating_sub(used.at_ms)).unwrap_or(0);
        // Monotonic time may just have begun, so the past is told from the present on.
        let ended = |ago_ms: u64| WINDOW_MS.saturating_sub(ago_ms.saturating_add(since));
        let known = used.sent.iter().map(|sent| (ended(sent.ago_ms), sent.calls, sent.saved));
        // What was announced and may have gone is taken for gone just now.
        let maybe = (WINDOW_MS, used.allowed, used.allowed);
        let past = known.filter(|(left_ms, ..)| *left_ms > 0).chain([maybe]);
        self.pace.inherit(now_ms, past);
        let left = |pause_ms: u64| pause_ms.saturating_sub(since);
        if left(used.house_ms) > 0 {
            self.pause(now_ms, Limited::House, left(used.house_ms));
        }
        for (family, pause_ms) in used.families.iter().filter(|(_, pause_ms)| left(*pause_ms) > 0) {
            self.pause(now_ms, Limited::Family(RouteFamily::new(family)), left(*pause_ms));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::genesys::budget::pace::most_in_a_minute;
    use crate::model::ports::Priority;

    /// A process that calls as fast as it may from one wall time to another, and then is killed.
    fn live(kept: &mut Option<BudgetUse>, from: i64, to: i64, slow_writing: bool, sent: &mut Vec<u64>) {
        // Each process has a monotonic clock of its own.
        let start = 17;
        let mut bucket = Bucket::new(300, 0, start);
        if let Some(used) = kept.as_ref() {
            bucket.inherit(used, start, from);
        }
        bucket.keep_written();
        let mut wall = from;
        while wall < to {
            let now = start + u64::try_from(wall - from).unwrap();
            if bucket.wants_writing() && !(slow_writing && wall % 7 != 0) {
                *kept = Some(bucket.use_now(now, wall));
                bucket.written();
            }
            bucket.join(Priority::Waiting.into());
            for (_, granted) in bucket.grant(now) {
                bucket.sent(now, granted);
                sent.push(u64::try_from(wall).unwrap());
            }
            wall += 3;
        }
    }

    #[test]
    fn a_thousand_restarts_and_no_minute_with_more_than_granted() {
        let (mut kept, mut sent, mut wall) = (None, Vec::new(), 1_000_000_i64);
        let mut chance = 12_345_u64;
        for number in 0..1_000 {
            chance = chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            // Short lives, long ones, crash loops, and idle times between them.
            let draw = i64::try_from(chance >> 33).unwrap();
            let life = if number % 10 == 0 { draw % 90_000 } else { draw % 6_000 };
            let idle = if number % 17 == 0 { draw % 70_000 } else { draw % 50 };
            live(&mut kept, wall, wall + life, number % 3 == 0, &mut sent);
            wall += life + idle;
        }
        assert!(most_in_a_minute(&sent) <= 300, "{}", most_in_a_minute(&sent));
        let minutes = usize::try_from((wall - 1_000_000) / 60_000).unwrap();
        assert!(sent.len() > minutes * 60, "crash loops still get on: {} in {minutes} minutes", sent.len());
    }

    #[test]
    fn a_pause_survives_a_restart_and_ends_when_it_would_have() {
        let family = RouteFamily::new("routing/queues");
        let mut first = Bucket::new(300, 0, 0);
        first.pause(1_000, Limited::House, 60_000);
        first.pause(1_000, Limited::Family(family.clone()), 90_000);
        let used = first.use_now(1_000, 500_000);
        let mut second = Bucket::new(300, 0, 7);
        second.inherit(&used, 7, 520_000);
        assert_eq!(second.pace.paused_until_ms(), 7 + 40_000);
        assert_eq!(second.paused.get(&family), Some(&(7 + 70_000)));
        // A clock that went back makes no pause longer or shorter than it was.
        let mut third = Bucket::new(300, 0, 7);
        third.inherit(&used, 7, 100_000);
        assert_eq!(third.pace.paused_until_ms(), 7 + 60_000);
    }

    #[test]
    fn after_a_long_idle_time_nothing_is_left_of_the_past_but_what_was_announced() {
        let mut first = Bucket::new(300, 0, 0);
        for _ in 0..40 {
            first.join(Priority::Waiting.into());
        }
        for (_, granted) in first.grant(0) {
            first.sent(0, granted);
        }
        let used = first.use_now(10, 1_000_000);
        assert_eq!(used.sent, [SentCalls { ago_ms: 10, calls: 40, saved: 40 }]);
        let mut second = Bucket::new(300, 0, 0);
        second.inherit(&used, 0, 1_000_000 + 3_600_000);
        assert_eq!(second.pace.spent().map(|moment| moment.calls).sum::<u32>(), used.allowed);
    }
}
