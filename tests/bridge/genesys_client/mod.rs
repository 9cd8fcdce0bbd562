//! The Genesys client against the emulator, over real sockets and in process: every write and every look,
//! repeated, under each undocumented behaviour and under faults; and budget, tokens and catalogue over
//! virtual minutes. Every exchange is checked against the published API description where it is at hand.
//!
//! Request building and verdicts have their own tables in `src/genesys`; sagas are tested elsewhere.

mod faults;
mod in_process;
mod looks;
mod names;
mod rig;
mod teams;
mod virtual_time;
mod writes;
