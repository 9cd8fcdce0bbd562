//! RFC 7643 and RFC 7644 as pure functions: bytes come parsed to JSON, answers leave as JSON.
//!
//! Does no I/O, reads no clock, draws no random numbers, and knows neither HTTP nor Genesys. Start at
//! [`registry`] (what attributes exist), then [`change`] (what a client asks for), [`resource`] (POST and
//! PUT), [`patch`], [`filter`]; tolerances are in [`dialect`].

pub(crate) mod bulk;
pub(crate) mod change;
mod compact;
pub(crate) mod cursor;
pub(crate) mod dialect;
pub(crate) mod discovery;
pub(crate) mod error;
pub(crate) mod etag;
pub(crate) mod filter;
pub(crate) mod json;
pub(crate) mod kind;
pub(crate) mod list;
pub(crate) mod patch;
pub(crate) mod path;
pub(crate) mod places;
pub(crate) mod projection;
pub(crate) mod registry;
pub(crate) mod render;
pub(crate) mod rendered;
pub(crate) mod resource;
pub(crate) mod store_fault;
pub(crate) mod value;

pub use dialect::Dialect;
pub use error::{ScimError, ScimType};
pub use filter::Filter;
pub use kind::ResourceKind;
pub use list::ListQuery;
pub use patch::{MemberChange, PatchRequest, Patched};
pub use projection::Projection;
pub use resource::{Member, Replacement};
