//! The Genesys client over real sockets against the emulator: every write and every look, repeated, under each undocumented
//! behaviour and under faults. Every exchange is checked against the published API description where it is at hand.
//!
//! Request building and verdicts have their own tables in `src/genesys`; sagas are tested elsewhere.

mod faults;
mod looks;
mod rig;
mod writes;
