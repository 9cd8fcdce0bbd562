//! Groups of thousands: what one request may carry, what a change of one member costs, and that nothing but
//! members touches members.
//!
//! Over real sockets, against the emulator. The people come into the directory the way an import brings them,
//! but without its calls (`crowd`). Parallel changes of one group are in `concurrency`, shapes of single
//! requests in `dialects`.

mod crowd;
mod hundreds;
mod imported;
mod removed;
mod thousands;
