//! Processes: the program as it is run, its command line, and kill -9 of it and of its store.
//!
//! `cargo test --test processes crash::` runs one campaign. The bridge inside the test's own process is
//! `tests/bridge`.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failed assumption fails the test"
)]

#[expect(clippy::print_stderr, reason = "the figures by which the bridge is judged are shown")]
mod abuse;
mod cli_binary;
#[expect(clippy::print_stdout, reason = "a campaign reports its figures")]
mod crash;
#[cfg(feature = "demo")]
mod demo;
mod file_modes;
mod memory;
mod readiness;
mod store_crash;
#[path = "../support/mod.rs"]
#[expect(dead_code, reason = "every binary takes its part of the kit")]
mod support;
