//! Reads that take long, such as walks, sorts and large pages: so many at a time and no more, so that whatever one
//! client asks for leaves processor time and memory to the others. A place is taken until the answer is written.
//! One client has half of them at most; the next of its reads waits for those before.
//!
//! Look-ups and small pages never come here. Who is one of them is decided by `server::find`, and for one resource by
//! [`super::endpoint`].

use std::sync::Arc;
use std::time::Duration;

use actix_web::web;
use tokio::runtime::Handle;

use super::shares::{Shares, Taken};
use crate::limits;
use crate::model::ClientId;
use crate::model::ports::Clock;
use crate::scim::error::ScimError;

/// When the client may come again, in seconds.
const RETRY_S: u32 = 5;

/// The place of one slow read, until its answer is written.
#[derive(Debug)]
pub(crate) struct Place {
    _taken: Taken,
}

/// Reads on a blocking thread, away from those that serve look-ups. The place stays taken while it goes on, also when
/// nobody waits for it any more, and comes back with what was read.
pub(super) async fn aside<T: Send + 'static>(
    place: Place,
    reading: impl Future<Output = Result<T, ScimError>> + Send + 'static,
) -> Result<(T, Place), ScimError> {
    let here = Handle::current();
    web::block(move || here.block_on(reading).map(|read| (read, place))).await.map_err(|_| {
        ScimError::unavailable(RETRY_S, "Too many queries run at this moment; send this one again.")
    })?
}

/// The places of slow reads.
#[derive(Clone, Debug)]
pub struct SlowReads {
    places: Shares,
    /// How long one waits for a place.
    wait: Duration,
}

impl SlowReads {
    /// So many at a time.
    pub fn of(places: usize, wait: Duration) -> Self {
        Self { places: Shares::of(places), wait }
    }

    /// A place, until it is dropped.
    ///
    /// # Errors
    /// 503 when none becomes free in time.
    pub(super) async fn place(&self, client: &ClientId, clock: &Arc<dyn Clock>) -> Result<Place, ScimError> {
        let place = self.places.one_within(self.wait, client, clock).await;
        place.map(|taken| Place { _taken: taken }).ok_or_else(|| {
            ScimError::unavailable(
                RETRY_S,
                "Too many queries that look at many resources run at this moment; send this one again, or narrow it to a \
                 look-up by userName, externalId or e-mail.",
            )
        })
    }
}

impl Default for SlowReads {
    fn default() -> Self {
        Self::of(limits::SLOW_READS, limits::SLOW_READ_WAIT)
    }
}
