//! Room for request bodies: all of requests that are not answered yet take no more than so much memory together.
//!
//! Counted as bytes arrive, never as they are announced, and before it is parsed what a body will take then
//! (`server::json_cost`). Each body takes one unit at least.

use super::shares::{Shares, Taken};
use crate::model::ClientId;
use crate::scim::error::ScimError;

/// What is counted at a time, in bytes.
const UNIT: usize = 4 * 1024;
/// When the client may come again, in seconds.
const RETRY_S: u32 = 2;

/// The room that all bodies share, those of one client no more than half of it.
#[derive(Clone, Debug)]
pub struct BodyRoom(Shares);

impl BodyRoom {
    /// So many bytes.
    pub fn of(bytes: usize) -> Self {
        Self(Shares::of(bytes / UNIT))
    }

    /// The place of one body of this client, which has none yet.
    pub(super) fn place(&self, client: ClientId) -> Place {
        Place { room: self.0.clone(), client, taken: None, units: 0 }
    }
}

/// The place that one body takes, until it is dropped.
pub(super) struct Place {
    room: Shares,
    client: ClientId,
    taken: Option<Taken>,
    units: usize,
}

impl Place {
    /// Makes it large enough.
    ///
    /// # Errors
    /// 503 when the others leave no room, or those of the same client.
    pub(super) fn hold(&mut self, bytes: usize) -> Result<(), ScimError> {
        let wanted = bytes.div_ceil(UNIT);
        let more = u32::try_from(wanted.saturating_sub(self.units)).unwrap_or(u32::MAX);
        if more > 0 {
            let more = self.room.now(&self.client, more).ok_or_else(full)?;
            self.units = wanted;
            match &mut self.taken {
                Some(taken) => taken.join(more),
                taken => *taken = Some(more),
            }
        }
        Ok(())
    }
}

fn full() -> ScimError {
    ScimError::unavailable(
        RETRY_S,
        "The bodies of requests that are not answered yet take all the memory they may, or half of it for one client (server.bodies_mib); send this one again.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_share_the_room_small_ones_count_too_and_what_is_dropped_is_given_back() {
        let room = BodyRoom::of(8 * UNIT);
        let place = |client: &str| room.place(ClientId::new(client));
        let (mut one, mut other, mut small, mut theirs) = (place("a"), place("a"), place("a"), place("b"));
        one.hold(UNIT).unwrap();
        one.hold(2 * UNIT).unwrap();
        small.hold(1).unwrap();
        other.hold(UNIT).unwrap();
        let fault = other.hold(UNIT + 1).unwrap_err();
        assert_eq!((fault.status, fault.retry_after_s), (503, Some(RETRY_S)));
        assert_eq!(place("a").hold(1).map_err(|fault| fault.status), Err(503));
        theirs.hold(4 * UNIT).unwrap();
        assert_eq!(place("c").hold(1).map_err(|fault| fault.status), Err(503), "all is taken");
        drop(one);
        other.hold(3 * UNIT).unwrap();
    }
}
