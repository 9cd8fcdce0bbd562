//! The Genesys client over real sockets against the emulator: every write and every look, repeated, under each undocumented
//! behaviour and under faults. Every exchange is checked against the published API description where it is at hand.
//!
//! Request building and verdicts have their own tables in `src/genesys`; sagas are tested elsewhere.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failed assumption fails the test"
)]

#[path = "genesys_client/faults.rs"]
mod faults;
#[path = "genesys_client/looks.rs"]
mod looks;
#[path = "genesys_client/rig.rs"]
mod rig;
#[path = "genesys_client/writes.rs"]
mod writes;
