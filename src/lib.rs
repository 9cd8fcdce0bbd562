//! Genesys SCIM Bridge: SCIM 2.0 in, a working contact-centre agent in Genesys Cloud out, or nothing at all.

pub mod limits;
pub mod model;
pub mod scim;
