//! The endpoints, one per file. Each reads its request, asks `reads` or the front door, and renders the
//! answer.
//!
//! Users and groups share every endpoint: the resource type is a parameter. Routing and guards are in
//! [`super::routes`].

pub(crate) mod bulk;
pub(crate) mod create;
pub(crate) mod delete;
pub(crate) mod discovery;
pub(crate) mod fallback;
pub(crate) mod get;
pub(crate) mod health;
pub(crate) mod list;
pub(crate) mod me;
pub(crate) mod metrics;
pub(crate) mod patch;
pub(crate) mod ready;
pub(crate) mod replace;
pub(crate) mod search;
mod write;
