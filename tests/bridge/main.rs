//! The whole bridge in this process, over real sockets and against an emulated Genesys Cloud: requests in,
//! effects out.
//!
//! One module for each theme (`cargo test --test bridge promises::`). Rules of the protocol without a bridge
//! are `tests/scim`, every saga broken at every step `tests/saga_steps`, kill -9 and the command line
//! `tests/processes`.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failed assumption fails the test"
)]

mod bulk;
mod clear_errors;
mod concurrency;
mod dialects;
mod genesys_client;
#[expect(clippy::print_stderr, reason = "the figures by which these operations are judged are shown")]
mod large_groups;
mod promises;
mod resync;
mod rfc_rules;
mod server_whole;
#[path = "../support/mod.rs"]
#[expect(dead_code, reason = "every binary takes its part of the kit")]
mod support;
