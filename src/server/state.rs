//! What every worker shares: settings, tokens, the directory's read side, the front door, clock and request ids.
//!
//! Built once, outside the worker factory, by `app`. Holds no mutable state of its own but the token book's snapshot.

use std::sync::Arc;
use std::time::Duration;

use metrics_exporter_prometheus::PrometheusHandle;

use super::auth::TokenBook;
use super::front::FrontDoor;
use super::marks::Marks;
use super::reads::Reads;
use crate::limits;
use crate::model::ports::Clock;
use crate::scim::cursor::CursorKey;
use crate::scim::dialect::Dialect;
use crate::scim::discovery::Suggestions;
use crate::server::share::Share;

/// The base path of the SCIM service.
pub const BASE: &str = "/scim/v2";
/// How long a client may take to send its request line and headers; after that the connection is closed with 408.
pub const HEADERS_WAIT: Duration = Duration::from_secs(10);
/// How long a client may take to send a body, all of it.
pub const BODY_WAIT: Duration = Duration::from_secs(30);
/// How long an idle connection is kept; Entra and Okta reuse theirs.
pub const KEEP_ALIVE: Duration = Duration::from_secs(75);
/// Most connections of one worker: a flood waits in the listen queue and costs no memory.
pub const CONNECTIONS_PER_WORKER: usize = 2048;
/// Members above which a group PATCH is answered 204, as the RFC allows and Entra advises: the body would be wasted.
pub const PATCH_BODY_MEMBERS: usize = 500;

/// Settings of the server.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Address of the SCIM service as clients reach it, `/scim/v2` included.
    pub base_url: String,
    /// Name of the tenant, for the seal of its cursors.
    pub tenant: String,
    /// How long a change may take before its client is answered.
    pub deadline: Duration,
    /// Worker threads.
    pub workers: usize,
    /// Largest body in bytes.
    pub body_bytes: usize,
    /// How long operations of one bulk request are begun.
    pub bulk_begin: Duration,
    /// How long a body may take to arrive.
    pub body_wait: Duration,
    /// How long headers may take to arrive.
    pub headers_wait: Duration,
    /// What clients may get wrong.
    pub dialect: Dialect,
    /// Values that /Schemas suggests to clients.
    pub suggestions: Suggestions,
}

impl Settings {
    /// The defaults with a public address.
    pub fn at(public_url: &str) -> Self {
        Self {
            base_url: format!("{}{BASE}", public_url.trim_end_matches('/')),
            tenant: String::new(),
            deadline: limits::REQUEST_DEADLINE,
            workers: 2,
            body_bytes: limits::BODY_BYTES,
            bulk_begin: limits::BULK_BEGIN,
            body_wait: BODY_WAIT,
            headers_wait: HEADERS_WAIT,
            dialect: Dialect::Tolerant,
            suggestions: Suggestions::default(),
        }
    }

    /// Address of the SCIM service: public address and base path.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }
}

/// Makes request ids.
pub type RequestIds = Arc<dyn Fn() -> String + Send + Sync>;

/// What every worker shares.
pub struct ServerState {
    /// Settings.
    pub settings: Settings,
    /// Live bearer tokens.
    pub tokens: Arc<TokenBook>,
    /// The directory's read side.
    pub reads: Arc<dyn Reads>,
    /// Where changes go.
    pub front: Arc<dyn FrontDoor>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Fresh request ids.
    pub request_ids: RequestIds,
    /// Renders the metrics.
    pub metrics: PrometheusHandle,
    /// How many requests were invalid of late.
    pub share: Share,
    /// Seals and opens cursors.
    pub cursors: CursorKey,
    /// Positions in the listings, learnt while paging.
    pub marks: Marks,
}
