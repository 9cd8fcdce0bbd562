//! Groups of thousands: what one request may carry, what a change of one member costs, and that nothing but members touches members.
//!
//! Over real sockets, against the emulator. The people come into the directory the way an import brings them, but without its
//! calls (`crowd`). Parallel changes of one group are in `concurrency`, shapes of single requests in `dialects`.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a failed assumption fails the test"
)]

mod crowd;
#[path = "../promises/house.rs"]
#[expect(dead_code, reason = "these tests ask for less than the promises do")]
mod house;
mod hundreds;
mod thousands;
