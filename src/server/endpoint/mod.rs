//! The endpoints, one per file. Each reads its request, asks `reads` or the front door, and renders the answer.
//!
//! Users and groups share every endpoint: the resource type is a parameter. Routing and guards are in [`super::routes`].

pub mod bulk;
pub mod create;
pub mod delete;
pub mod discovery;
pub mod fallback;
pub mod get;
pub mod health;
pub mod list;
pub mod me;
pub mod metrics;
pub mod patch;
pub mod ready;
pub mod replace;
pub mod search;
mod write;
