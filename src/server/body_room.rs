//! Room for request bodies: all of requests that are not answered yet take no more than so much memory together.
//!
//! Counted as bytes arrive, never as they are announced, and before it is parsed what a body will take then
//! (`server::json_cost`). Each body takes one unit at least.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::scim::error::ScimError;

/// What is counted at a time, in bytes.
const UNIT: usize = 4 * 1024;
/// When the client may come again, in seconds.
const RETRY_S: u32 = 2;

/// The room that all bodies share.
#[derive(Clone, Debug)]
pub struct BodyRoom(Arc<Semaphore>);

impl BodyRoom {
    /// So many bytes.
    pub fn of(bytes: usize) -> Self {
        Self(Arc::new(Semaphore::new((bytes / UNIT).min(Semaphore::MAX_PERMITS))))
    }

    /// The place of one body, which has none yet.
    pub(super) fn place(&self) -> Place {
        Place { room: Arc::clone(&self.0), taken: None, units: 0 }
    }
}

/// The place that one body takes, until it is dropped.
pub(super) struct Place {
    room: Arc<Semaphore>,
    taken: Option<OwnedSemaphorePermit>,
    units: usize,
}

impl Place {
    /// Makes it large enough.
    ///
    /// # Errors
    /// 503 when the others leave no room.
    pub(super) fn hold(&mut self, bytes: usize) -> Result<(), ScimError> {
        let wanted = bytes.div_ceil(UNIT);
        let more = u32::try_from(wanted.saturating_sub(self.units)).unwrap_or(u32::MAX);
        if more > 0 {
            let permit = Arc::clone(&self.room).try_acquire_many_owned(more).map_err(|_| full())?;
            self.units = wanted;
            match &mut self.taken {
                Some(taken) => taken.merge(permit),
                taken => *taken = Some(permit),
            }
        }
        Ok(())
    }
}

fn full() -> ScimError {
    ScimError::unavailable(
        RETRY_S,
        "Bodies of other requests take all the memory they may (server.bodies_mib); send this one again.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_share_the_room_small_ones_count_too_and_what_is_dropped_is_given_back() {
        let room = BodyRoom::of(4 * UNIT);
        let (mut one, mut other, mut small) = (room.place(), room.place(), room.place());
        one.hold(UNIT).unwrap();
        one.hold(2 * UNIT).unwrap();
        small.hold(1).unwrap();
        other.hold(UNIT).unwrap();
        let fault = other.hold(UNIT + 1).unwrap_err();
        assert_eq!((fault.status, fault.retry_after_s), (503, Some(RETRY_S)));
        assert_eq!(room.place().hold(1).map_err(|fault| fault.status), Err(503));
        drop(one);
        other.hold(3 * UNIT).unwrap();
    }
}
