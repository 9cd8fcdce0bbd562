//! The HTTP server over real sockets, with documents in memory behind it: who gets in, what is refused, how
//! answers look.
//!
//! What serves them (`support::server`) knows nothing of Genesys; the whole bridge is tested in
//! `tests/bridge`.

mod bulk;
mod crowding;
mod door;
mod limits;
mod reading;
mod running;
mod tenants;
mod writing;
