//! The protocol at the edge, over real sockets: media types, methods, what the service says of itself.
//!
//! Resources are documents in memory, as in `server_http`; what is in them is tested there.

mod cursors;
mod discovery;
mod large_pages;
mod media;
mod methods;
