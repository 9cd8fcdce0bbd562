//! The HTTP server over real sockets, with a small house behind it: who gets in, what is refused, how answers look.
//!
//! The house (`support::server`) keeps documents in memory and knows nothing of Genesys; the whole bridge is tested elsewhere.

mod bulk;
mod door;
mod limits;
mod reading;
mod running;
mod writing;
