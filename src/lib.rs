//! Genesys SCIM Bridge: SCIM 2.0 in, a working contact-centre agent in Genesys Cloud out, or nothing at all.

pub mod admin;
pub mod audit;
/// The front door; only its words so far.
pub mod bridge {
    pub mod change;
}
pub mod config;
pub mod directory;
pub mod entitlements;
pub mod genesys;
pub mod limits;
pub mod model;
pub mod plan;
pub mod saga;
pub mod scim;
pub mod server;
pub mod store;
