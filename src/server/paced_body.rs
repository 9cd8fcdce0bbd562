//! A large answer on its way: handed to the socket piece by piece, with the place of the slow read that made it, and
//! no slower than a client may be.
//!
//! A client that takes nothing at all is not seen here, because nobody asks for the next piece: the socket's own limit
//! cuts it off (`server::connections`).

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use actix_web::body::{BodySize, MessageBody};
use bytes::Bytes;

use super::slow_reads::Place;
use crate::limits;
use crate::model::ports::Clock;

/// Bytes that are handed over at a time. The HTTP library copies each, so all at once would be there twice.
pub(super) const PIECE: usize = 64 * 1024;

/// How an answer is written.
pub(crate) struct Pace {
    wait: Duration,
    clock: Arc<dyn Clock>,
    /// Given back when all is written or the connection has ended.
    _place: Option<Place>,
}

impl Pace {
    /// Its client may take nothing of it for so long; the place is that of the read that made it.
    pub(super) fn new(wait: Duration, clock: &Arc<dyn Clock>, place: Option<Place>) -> Self {
        Self { wait, clock: Arc::clone(clock), _place: place }
    }
}

/// An answer that is written piece by piece.
pub(super) struct PacedBody {
    left: Bytes,
    sent: usize,
    began_ms: Option<u64>,
    pace: Pace,
}

impl PacedBody {
    /// Of this text.
    pub(super) fn new(text: Vec<u8>, pace: Pace) -> Self {
        Self { left: Bytes::from(text), sent: 0, began_ms: None, pace }
    }
}

/// The client took less than it had to.
#[derive(Debug)]
pub(super) struct TooSlow;

impl fmt::Display for TooSlow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the client takes its answer too slowly")
    }
}

impl std::error::Error for TooSlow {}

/// Whether so many bytes took longer than they may.
fn too_slow(sent: usize, took_ms: u64, wait: Duration) -> bool {
    let bytes = u64::try_from(sent).unwrap_or(u64::MAX);
    let allowed = Duration::from_millis(bytes.saturating_mul(1000) / limits::ANSWER_BYTES_PER_SECOND);
    u128::from(took_ms) > (wait + allowed).as_millis()
}

impl MessageBody for PacedBody {
    type Error = TooSlow;

    fn size(&self) -> BodySize {
        BodySize::Sized(u64::try_from(self.left.len()).unwrap_or(u64::MAX))
    }

    fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Bytes, TooSlow>>> {
        let this = self.get_mut();
        if this.left.is_empty() {
            return Poll::Ready(None);
        }
        let now_ms = this.pace.clock.monotonic_ms();
        let began_ms = *this.began_ms.get_or_insert(now_ms);
        if too_slow(this.sent, now_ms.saturating_sub(began_ms), this.pace.wait) {
            return Poll::Ready(Some(Err(TooSlow)));
        }
        let piece = this.left.split_to(PIECE.min(this.left.len()));
        this.sent += piece.len();
        Poll::Ready(Some(Ok(piece)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_may_wait_a_while_and_then_has_to_take_so_much_a_second() {
        let rate = usize::try_from(limits::ANSWER_BYTES_PER_SECOND).unwrap();
        for (sent, took_ms, wanted) in [
            (0, 0, false),
            (PIECE, 29_000, false),
            (rate, 31_000, false),
            (rate, 31_001, true),
            (80 * rate, 110_000, false),
            (80 * rate, 110_001, true),
        ] {
            assert_eq!(too_slow(sent, took_ms, Duration::from_secs(30)), wanted, "{sent} in {took_ms}");
        }
    }
}
