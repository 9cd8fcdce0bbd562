//! The administration over HTTP: tokens, sagas, dry runs and the import, for the command line and for scripts.
//!
//! Changes users and groups only through the bridge ([`door::AdminDoor`]). It never checks tokens itself: `server` mounts it below
//! `/admin` behind its own guard, and only tokens of scope `admin` get here. One resource per file.

pub mod audit;
pub mod door;
pub mod import;
pub mod plan;
pub mod routes;
pub mod sagas;
pub mod state;
pub mod tokens;

pub use door::AdminDoor;
pub use routes::ROUTES;
pub use state::{AdminState, TokensChanged};
