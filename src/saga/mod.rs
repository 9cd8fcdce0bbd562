//! The saga: carries out a plan so that all of it happens or none of it does, whatever crashes or gets lost on the way.
//!
//! [`machine`] decides (pure), [`calls`] and [`undo`] turn steps into calls (pure), `drive` brings one step to its end,
//! [`runner`] does the waiting and writes the turns. What a plan contains is decided in `plan`; who opens sagas is `bridge`.

pub mod calls;
mod drive;
pub mod handle;
pub mod machine;
mod registry;
pub mod runner;
pub mod undo;

pub use handle::{Handle, Parked, Progress};
pub use machine::{Event, Machine, Next};
pub use runner::{Runner, RunnerPorts};
