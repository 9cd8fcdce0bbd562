//! The HTTP server over real sockets, with a small house behind it: who gets in, what is refused, how answers look.
//!
//! The house (`house`) keeps documents in memory and knows nothing of Genesys; the whole bridge is tested elsewhere.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a failed assumption fails the test")]

mod bulk;
mod door;
mod house;
mod limits;
mod reading;
mod running;
mod writing;
