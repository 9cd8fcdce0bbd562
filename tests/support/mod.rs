//! The kit that all test binaries share: a bridge in this process, a server alone, the program as a process.
//!
//! Tests themselves are in the binaries: `tests/scim` (protocol without a bridge), `tests/bridge` (the whole bridge),
//! `tests/saga_steps` (every saga broken at every step), `tests/processes` (the program, kill -9).

pub(crate) mod bridge;
pub(crate) mod program;
pub(crate) mod server;
