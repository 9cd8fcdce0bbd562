//! The share of requests that were refused as invalid in the last minutes, for an alarm that needs no query
//! language.
//!
//! Pure: time comes as an argument. Counted and shown by [`super::request_metrics`].

use std::sync::{Mutex, PoisonError};

/// Minutes looked back on.
const MINUTES: usize = 5;
const MINUTE_MS: u64 = 60_000;

#[derive(Clone, Copy, Debug, Default)]
struct Slot {
    minute: u64,
    all: u64,
    invalid: u64,
}

/// Counts of the last five minutes.
#[derive(Debug, Default)]
pub(super) struct ErrorRate {
    slots: Mutex<[Slot; MINUTES]>,
}

impl ErrorRate {
    /// Counts one request that ended at `now_ms` (monotonic).
    pub(super) fn count(&self, now_ms: u64, invalid: bool) {
        let minute = now_ms / MINUTE_MS;
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        let index = usize::try_from(minute % MINUTES as u64).unwrap_or(0);
        let Some(slot) = slots.get_mut(index) else { return };
        if slot.minute != minute {
            *slot = Slot { minute, ..Slot::default() };
        }
        slot.all += 1;
        slot.invalid += u64::from(invalid);
    }

    /// Invalid requests by all requests, 0 to 1; 0 when there were none.
    pub(super) fn of(&self, now_ms: u64) -> f64 {
        let oldest = (now_ms / MINUTE_MS).saturating_sub(MINUTES as u64 - 1);
        let slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        let recent = slots.iter().filter(|slot| slot.minute >= oldest);
        let (all, invalid) =
            recent.fold((0, 0), |(all, invalid), slot| (all + slot.all, invalid + slot.invalid));
        #[expect(clippy::cast_precision_loss, reason = "counts far below 2^52")]
        if all == 0 { 0.0 } else { invalid as f64 / all as f64 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_last_five_minutes_count() {
        let rate = ErrorRate::default();
        assert!(rate.of(0).abs() < f64::EPSILON);
        for invalid in [true, false, false, false] {
            rate.count(1_000, invalid);
        }
        assert!((rate.of(2_000) - 0.25).abs() < f64::EPSILON);
        rate.count(4 * MINUTE_MS, true);
        assert!((rate.of(4 * MINUTE_MS) - 0.4).abs() < f64::EPSILON);
        assert!((rate.of(5 * MINUTE_MS) - 1.0).abs() < f64::EPSILON, "the first minute is forgotten");
        rate.count(5 * MINUTE_MS, false);
        assert!((rate.of(5 * MINUTE_MS) - 0.5).abs() < f64::EPSILON, "and its slot used anew");
    }
}
