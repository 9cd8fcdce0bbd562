//! The HTTP server: bytes in, SCIM out. Routes, bearer tokens, limits, error bodies, metrics and health.
//!
//! Decides nothing about users or groups: reads come through [`reads::Reads`], changes go to [`front::FrontDoor`]. The list of
//! all routes is in [`routes`]; one endpoint per file in [`endpoint`]; how a request is let in in [`auth`], which media type
//! its answer has in [`negotiate`], what surrounds it in [`track`], how sockets are opened and closed in [`listen`]. `app` puts real parts behind the traits.

pub mod answer;
pub mod auth;
pub mod body;
pub mod endpoint;
pub mod front;
pub mod listen;
pub mod measure;
pub mod negotiate;
pub mod query;
pub mod reads;
pub mod routes;
pub mod share;
pub mod state;
pub mod track;
pub mod view;

pub use auth::TokenBook;
pub use front::{FrontDoor, Stats};
pub use listen::{ListenError, Listening, listen};
pub use reads::{Reads, Stored};
pub use state::{ServerState, Settings};
