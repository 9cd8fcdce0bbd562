//! The protocol at the edge, over real sockets: media types, methods, what the service says of itself.
//!
//! Resources are served by the same small house as in `server_http`; what is in them is tested there.

mod cursors;
mod discovery;
mod media;
mod methods;
