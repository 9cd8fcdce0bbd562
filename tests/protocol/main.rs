//! The protocol at the edge, over real sockets: media types, methods, what the service says of itself.
//!
//! Resources are served by the same small house as in `server_http`; what is in them is tested there.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a failed assumption fails the test")]

mod discovery;
#[expect(dead_code, reason = "these tests need a part of the house only")]
#[path = "../server_http/house.rs"]
mod house;
mod media;
mod methods;
