//! The HTTP server: bytes in, SCIM out. Routes, bearer tokens, limits, error bodies, metrics and health.
//!
//! Decides nothing about users or groups: reads come through [`reads::Reads`], changes go to
//! [`front::FrontDoor`]; `app` puts real parts behind the traits. Where to find what:
//!
//! | what | where |
//! |---|---|
//! | everything of one tenant, and how a request finds it | [`tenant`]; the shared ground is [`state`] |
//! | the list of all routes; one endpoint per file | [`routes`], [`endpoint`] |
//! | what surrounds a request: id, log line, metrics | [`middleware`], `access_log`, [`request_metrics`], `labels` |
//! | who is let in, and which media type the answer has | [`auth`], [`tokens`], [`content_negotiation`] |
//! | a body, a query string, a listing | [`body`], [`query`], `find`, [`page_index`] |
//! | how a resource or an error becomes an answer | [`view`], [`answer`] |
//! | the socket | [`mod@listen`] |

mod access_log;
pub mod answer;
pub mod auth;
pub mod body;
pub mod content_negotiation;
pub mod context;
pub mod endpoint;
mod error_rate;
mod find;
pub mod front;
mod labels;
pub mod listen;
pub mod middleware;
mod normalize_path;
pub mod page_index;
pub mod query;
pub mod reads;
pub mod recorder;
pub mod request_metrics;
pub mod routes;
pub mod state;
pub mod tenant;
pub mod tokens;
pub mod view;

pub use front::{FrontDoor, Stats};
pub use listen::{ListenError, Listening, listen};
pub use reads::{Reads, Stored};
pub use state::{ListenSettings, ServerState};
pub use tenant::{Settings, Tenant, Tenants};
pub use tokens::TokenBook;
