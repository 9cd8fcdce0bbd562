//! Black-box tests of the emulator: real sockets, one module per area. Each asks what a client of Genesys
//! Cloud would see; what the code does inside is tested beside the code.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failed assumption fails the test"
)]

mod agreement;
mod audits;
mod by_hand;
mod client;
mod entitlements;
mod faults;
mod grants_by_role;
mod groups;
mod listings;
mod login;
mod memberships;
mod process;
mod rest_users;
mod scim_patch;
mod scim_users;
mod teams;
