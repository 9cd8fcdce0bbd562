//! How long to pause between two tries of the same thing: each time twice as long, up to a ceiling.
//!
//! Pure: it says how long and never sleeps. Whether to try again at all, and until when, is decided by who
//! asks.

use std::time::Duration;

/// The pauses of one series of tries. Starts anew with every series.
#[derive(Clone, Debug)]
pub(crate) struct Backoff {
    next: Duration,
    ceiling: Duration,
}

impl Backoff {
    /// A series that begins with the pause `first` and never pauses longer than `ceiling`.
    pub(crate) fn new(first: Duration, ceiling: Duration) -> Self {
        Self { next: first.min(ceiling), ceiling }
    }

    /// The next pause.
    pub(crate) fn pause(&mut self) -> Duration {
        let pause = self.next;
        self.next = pause.saturating_mul(2).min(self.ceiling);
        pause
    }

    /// The next pause, but for what the other side asked to be left alone: never shorter than that, the
    /// ceiling notwithstanding.
    pub(crate) fn at_least(&mut self, asked: Duration) -> Duration {
        self.pause().max(asked)
    }

    /// A pause and up to a quarter of it, so that many who failed at once do not come back at once. `draw`
    /// gives a random number below its bound (`Clock::jitter`).
    pub(crate) fn jittered(pause: Duration, draw: impl FnOnce(u64) -> u64) -> Duration {
        let quarter_ms = u64::try_from(pause.as_millis()).unwrap_or(u64::MAX) / 4;
        pause.saturating_add(Duration::from_millis(draw(quarter_ms + 1)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    #[test]
    fn pauses_double_up_to_the_ceiling() {
        for (first, ceiling, expected) in [
            (ms(50), ms(300), [50, 100, 200, 300, 300]),
            (ms(250), ms(250), [250; 5]),
            (ms(900), ms(500), [500; 5]),
            (ms(0), ms(500), [0; 5]),
        ] {
            let mut backoff = Backoff::new(first, ceiling);
            assert_eq!([(); 5].map(|()| backoff.pause()), expected.map(ms), "{first:?} {ceiling:?}");
        }
        let mut endless = Backoff::new(Duration::MAX, Duration::MAX);
        assert_eq!([endless.pause(), endless.pause()], [Duration::MAX; 2]);
    }

    #[test]
    fn what_the_other_side_asked_for_is_kept_beyond_the_ceiling_and_does_not_count_for_the_next() {
        let mut backoff = Backoff::new(ms(50), ms(300));
        assert_eq!(
            [ms(60_000), ms(0), ms(150)].map(|asked| backoff.at_least(asked)),
            [ms(60_000), ms(100), ms(200)]
        );
    }

    #[test]
    fn jitter_makes_a_pause_longer_by_a_quarter_at_most() {
        for (pause, draw, expected) in [
            (ms(100), (|_| 0) as fn(u64) -> u64, ms(100)),
            (ms(100), |bound| bound - 1, ms(125)),
            (ms(3), |bound| bound - 1, ms(3)),
            (ms(0), |bound| bound - 1, ms(0)),
        ] {
            assert_eq!(Backoff::jittered(pause, draw), expected);
        }
        assert_eq!(Backoff::jittered(Duration::MAX, |bound| bound - 1), Duration::MAX);
    }
}
