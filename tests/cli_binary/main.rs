//! The command line as a process: the real binary, an emulated Genesys Cloud, a directory of its own for each test.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failed assumption fails the test"
)]

mod bench;
mod check;
mod commands;
mod users;
