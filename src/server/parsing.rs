//! Turns of parsing large bodies: so many at a time that half of the processors are left to all other requests, and
//! half of those turns at most for one client.
//!
//! What a large body is, and how it is parsed: `body`. Memory is `body_room`'s matter.

use std::sync::Arc;
use std::time::Duration;

use super::shares::{Shares, Taken};
use crate::limits;
use crate::model::ClientId;
use crate::model::ports::Clock;
use crate::scim::error::ScimError;

/// When the client may come again, in seconds.
const RETRY_S: u32 = 2;

/// Who may parse a large body now.
#[derive(Clone, Debug)]
pub struct Parsing {
    turns: Shares,
    /// How long one waits for a turn.
    wait: Duration,
}

impl Parsing {
    /// So many at a time.
    pub fn of(turns: usize, wait: Duration) -> Self {
        Self { turns: Shares::of(turns), wait }
    }

    /// A turn, until it is dropped.
    ///
    /// # Errors
    /// 503 when none comes in time.
    pub(super) async fn turn(&self, client: &ClientId, clock: &Arc<dyn Clock>) -> Result<Taken, ScimError> {
        self.turns.one_within(self.wait, client, clock).await.ok_or_else(busy)
    }
}

impl Default for Parsing {
    fn default() -> Self {
        Self::of(limits::half_of_the_processors(), limits::BODY_WAIT)
    }
}

/// What is said where no turn comes.
pub(super) fn busy() -> ScimError {
    ScimError::unavailable(RETRY_S, "The bridge reads as many large bodies as it can; send this one again.")
}
