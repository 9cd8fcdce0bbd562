//! What becomes of the calls of the first of two changes. Which changes these are is in `pairs` and `member_pairs`.

use std::time::Duration;

use genesys_cloud_emulator::FaultKind;

const SECOND: Duration = Duration::from_secs(1);

/// What becomes of the first one's calls.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Fate {
    Well,
    Refused,
    AnswerLost,
    NeverArrives,
    FailedAfterEffect,
    Slow,
    /// Without an answer in time, and done only then.
    Late,
    Throttled,
    /// Refused when there is an answer already.
    ThrottledThenRefused,
    Unavailable,
}

pub(crate) const FATES: [Fate; 10] = [
    Fate::Well,
    Fate::Refused,
    Fate::AnswerLost,
    Fate::NeverArrives,
    Fate::FailedAfterEffect,
    Fate::Slow,
    Fate::Late,
    Fate::Throttled,
    Fate::ThrottledThenRefused,
    Fate::Unavailable,
];

impl Fate {
    /// What the next calls meet, and how many of them.
    pub(crate) fn faults(self) -> Vec<(FaultKind, u32)> {
        let refused = || FaultKind::Refuse { status: 400, code: "invalid.value".into() };
        let throttled = || FaultKind::TooManyRequests { retry_after_s: 6 };
        let kind = match self {
            Self::Well => return Vec::new(),
            Self::ThrottledThenRefused => return vec![(throttled(), 1), (refused(), 3)],
            // The next call gets through before this one does.
            Self::Late => return vec![(FaultKind::Delay(20 * SECOND), 1)],
            Self::Refused => refused(),
            Self::AnswerLost => FaultKind::ApplyThenDrop,
            Self::NeverArrives => FaultKind::DropBeforeApply,
            Self::FailedAfterEffect => FaultKind::ApplyThenStatus(500),
            Self::Slow => FaultKind::Delay(5 * SECOND),
            Self::Throttled => throttled(),
            Self::Unavailable => FaultKind::Status(503),
        };
        vec![(kind, 3)]
    }
}
