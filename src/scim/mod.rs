//! RFC 7643 and RFC 7644 as pure functions: bytes come parsed to JSON, answers leave as JSON.
//!
//! Does no I/O, reads no clock, draws no random numbers, and knows neither HTTP nor Genesys. Start at [`registry`]
//! (what attributes exist), then [`change`] (what a client asks for), [`resource`] (POST and PUT), [`patch`], [`filter`];
//! tolerances are in [`dialect`].

pub mod bulk;
pub mod change;
mod compact;
pub mod cursor;
pub mod dialect;
pub mod discovery;
pub mod error;
pub mod etag;
pub mod filter;
pub mod kind;
pub mod list;
pub mod patch;
pub mod path;
pub(crate) mod places;
pub mod projection;
pub mod registry;
pub mod render;
pub mod rendered;
pub mod resource;
pub mod store_fault;
pub mod value;

pub use change::{Action, Change};
pub use dialect::Dialect;
pub use error::{ScimError, ScimType};
pub use filter::{Filter, Lookup};
pub use kind::ResourceKind;
pub use list::ListQuery;
pub use patch::{MemberChange, PatchRequest, Patched};
pub use projection::Projection;
pub use resource::{Incoming, Member, Replacement};
