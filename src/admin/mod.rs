//! The administration over HTTP: tokens, sagas, dry runs, the import and the resync, for the command line and for
//! scripts.
//!
//! Changes users and groups only through the bridge ([`door::AdminDoor`]). It never checks tokens itself:
//! `server` mounts it below `/admin` behind its own guard, and only tokens of scope `admin` get here. One
//! resource per file.

pub(crate) mod audit;
pub(crate) mod door;
pub(crate) mod import;
pub(crate) mod plan;
pub(crate) mod resync;
pub(crate) mod routes;
pub(crate) mod sagas;
pub(crate) mod state;
pub(crate) mod tokens;
pub(crate) mod work;

pub(crate) use door::AdminDoor;
pub use routes::ROUTES;
pub(crate) use state::{AdminState, ChangeTokens, TokenChange};
