//! What RFC 7643 and RFC 7644 demand of a service provider, sentence by sentence, over real sockets against
//! the emulator.
//!
//! One file for each chapter; which test shows which sentence is in `conformance/rfc/*.toml`, held together
//! by `rfc_table`. What connectors do differently is tested with the dialects, what Genesys does to a change
//! with the promises.

mod bench;
mod create;
mod delete;
mod discovery;
mod errors;
mod etag;
mod etag_groups;
mod filters;
mod groups;
mod notation;
mod patch;
mod patch_shapes;
mod query;
mod read;
mod replace;
mod schema_rules;
mod security;
