//! The HTTP server: bytes in, SCIM out. Routes, bearer tokens, limits, error bodies, metrics and health.
//!
//! Decides nothing about users or groups: reads come through [`reads::Reads`], changes go to
//! [`front::FrontDoor`]; `app` puts real parts behind the traits. Where to find what:
//!
//! | what | where |
//! |---|---|
//! | everything of one tenant, and how a request finds it | [`tenant`]; the shared ground is [`state`] |
//! | the list of all routes; one endpoint per file | [`routes`], [`endpoint`] |
//! | what surrounds a request: id, log line, metrics | [`middleware`], `access_log`, [`request_metrics`], `labels`, [`unreadable`] |
//! | who is let in, and which media type the answer has | [`auth`], [`tokens`], [`content_negotiation`] |
//! | a body, a query string, a listing | [`body`], [`query`], `find`, [`page_index`] |
//! | how a resource or an error becomes an answer | [`view`], [`answer`] |
//! | what one client may take of memory and time | `body_room`, `parsing`, `slow_reads`, `shares`, `paced_body` |
//! | the socket, and each connection | [`mod@listen`], `connections` |

mod access_log;
pub(crate) mod answer;
pub(crate) mod auth;
pub(crate) mod body;
mod body_room;
mod connections;
pub(crate) mod content_negotiation;
pub(crate) mod context;
pub(crate) mod endpoint;
mod error_rate;
mod find;
pub(crate) mod front;
mod json_cost;
mod labels;
pub(crate) mod listen;
pub(crate) mod middleware;
mod normalize_path;
mod paced_body;
pub(crate) mod page_index;
mod parsing;
pub(crate) mod query;
pub(crate) mod reads;
pub(crate) mod recorder;
pub(crate) mod request_metrics;
pub(crate) mod routes;
mod shares;
mod slow_reads;
pub(crate) mod state;
pub(crate) mod tenant;
pub(crate) mod tokens;
pub(crate) mod unreadable;
pub(crate) mod view;

pub use body_room::BodyRoom;
pub use front::{FrontDoor, Stats};
pub(crate) use listen::{ListenError, Listening};
pub use parsing::Parsing;
pub use reads::{MemberNames, Reads, Stored};
pub use slow_reads::SlowReads;
pub use state::ListenSettings;
pub(crate) use state::ServerState;
pub use tenant::{Settings, Tenant, Tenants};
pub use tokens::TokenBook;
