//! The protocol: what SCIM demands, as tables over pure functions and over the server with documents in
//! memory behind it.
//!
//! No Genesys Cloud and no bridge in here; the whole bridge is `tests/bridge`. Names of tests say their
//! module first: `cargo test --test scim patch_rules::`.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failed assumption fails the test"
)]

mod filter_rules;
mod patch_rules;
mod protocol;
mod rfc_table;
mod server_http;
#[path = "../support/mod.rs"]
#[expect(dead_code, reason = "every binary takes its part of the kit")]
mod support;
