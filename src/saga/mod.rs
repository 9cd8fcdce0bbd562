//! The saga: carries out a plan so that all of it happens or none of it does, whatever crashes or gets lost
//! on the way.
//!
//! [`machine`] decides (pure), `drive` brings one step to its end, [`runner`] does the waiting and writes the
//! turns. What a plan contains, and the calls that do and undo a step, is decided in `plan`; who opens sagas
//! is `bridge`.

mod better;
mod drive;
pub(crate) mod handle;
pub(crate) mod machine;
mod registry;
pub(crate) mod runner;
mod tries;
mod unanswered;

pub(crate) use handle::{Handle, Parked, Progress, Yielded};
pub(crate) use runner::Arrivals;
pub use runner::{Runner, RunnerPorts};
pub(crate) use tries::Try;
