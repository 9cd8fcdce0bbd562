//! The rate limit: so many calls of a client in a minute that begins with its first call (docs/genesys.md
//! G7.4).

/// Length of the window.
const WINDOW_MS: u64 = 60_000;

/// The window of one client.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Window {
    began_ms: u64,
    calls: u32,
}

impl Window {
    /// Counts a call. The error is the Retry-After in seconds.
    pub(super) fn count(&mut self, now_ms: u64, allowed: u32) -> Result<(), u64> {
        if now_ms.saturating_sub(self.began_ms) >= WINDOW_MS {
            *self = Window { began_ms: now_ms, calls: 0 };
        }
        if self.calls >= allowed {
            return Err(self.reset_s(now_ms));
        }
        self.calls = self.calls.saturating_add(1);
        Ok(())
    }

    /// Seconds until the window ends, rounded up.
    fn reset_s(&self, now_ms: u64) -> u64 {
        self.began_ms.saturating_add(WINDOW_MS).saturating_sub(now_ms).div_ceil(1000).max(1)
    }

    /// The hints of a normal answer.
    pub(super) fn headers(&self, now_ms: u64, allowed: u32) -> [(&'static str, String); 3] {
        [
            ("inin-ratelimit-count", self.calls.to_string()),
            ("inin-ratelimit-allowed", allowed.to_string()),
            ("inin-ratelimit-reset", self.reset_s(now_ms).to_string()),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_fills_says_when_to_come_back_and_opens_again() {
        let mut window = Window::default();
        let at = 1_000_000;
        assert_eq!(window.count(at, 2), Ok(()));
        assert_eq!(window.count(at + 100, 2), Ok(()));
        assert_eq!(window.count(at + 18_500, 2), Err(42));
        assert_eq!(window.count(at + 59_999, 2), Err(1));
        assert_eq!(window.count(at + 60_000, 2), Ok(()));
    }
}
