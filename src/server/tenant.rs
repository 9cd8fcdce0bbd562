//! Everything of one tenant that a request needs, as one value; and how a request finds its tenant.
//!
//! The ground that all tenants share (socket, workers, recorder) is [`super::state`]. Today a bridge serves
//! one tenant, whose addresses have no prefix. More of them stand behind a prefix of their own,
//! `/{tenant}/scim/v2`; [`Tenants::resolve`] is the one place that knows.

use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::Extensions;

use super::body_room::BodyRoom;
use super::front::FrontDoor;
use super::paced_body::Pace;
use super::page_index::PageIndex;
use super::parsing::Parsing;
use super::reads::Reads;
use super::request_metrics::RequestMetrics;
use super::slow_reads::{Place, SlowReads};
use super::tokens::TokenBook;
use crate::limits;
use crate::model::TenantId;
use crate::model::ports::Clock;
use crate::scim::cursor::CursorKey;
use crate::scim::dialect::Dialect;
use crate::scim::discovery::Suggestions;

/// The base path of the SCIM service, below the tenant's prefix.
pub(crate) const BASE: &str = "/scim/v2";
/// The base path of the administration, below the tenant's prefix.
pub(crate) const ADMIN_BASE: &str = "/admin";

/// How a tenant is served.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Address of the SCIM service as clients reach it, `/scim/v2` included.
    pub base_url: String,
    /// How long a change may take before its client is answered.
    pub deadline: Duration,
    /// Largest body in bytes.
    pub body_bytes: usize,
    /// Room for all bodies together.
    pub bodies: BodyRoom,
    /// Turns of parsing large bodies.
    pub parsing: Parsing,
    /// Places of reads that take long.
    pub slow_reads: SlowReads,
    /// How long operations of one bulk request are begun.
    pub bulk_begin: Duration,
    /// How long a body may take to arrive.
    pub body_wait: Duration,
    /// How long a client may take nothing of an answer.
    pub write_wait: Duration,
    /// What clients may get wrong.
    pub dialect: Dialect,
    /// Values that /Schemas suggests to clients.
    pub suggestions: Suggestions,
}

impl Settings {
    /// The defaults with a public address, the tenant's prefix included.
    pub fn at(public_url: &str) -> Self {
        Self {
            base_url: format!("{}{BASE}", public_url.trim_end_matches('/')),
            deadline: limits::REQUEST_DEADLINE,
            body_bytes: limits::BODY_BYTES,
            bodies: BodyRoom::of(limits::BODIES_IN_FLIGHT),
            parsing: Parsing::default(),
            slow_reads: SlowReads::default(),
            bulk_begin: limits::BULK_BEGIN,
            body_wait: limits::BODY_WAIT,
            write_wait: limits::WRITE_WAIT,
            dialect: Dialect::Tolerant,
            suggestions: Suggestions::default(),
        }
    }

    /// Address of the SCIM service: public address and base path.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }
}

/// Puts what the administration needs of a tenant into a request that was let in.
pub(crate) type AttachAdmin = Arc<dyn Fn(&mut Extensions) + Send + Sync>;

/// One tenant.
pub struct Tenant {
    /// Its name.
    pub id: TenantId,
    /// How it is served.
    pub settings: Settings,
    /// Its live bearer tokens.
    pub tokens: Arc<TokenBook>,
    /// Its directory's read side.
    pub reads: Arc<dyn Reads>,
    /// Where its changes go.
    pub front: Arc<dyn FrontDoor>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Seals and opens its cursors.
    pub cursors: CursorKey,
    /// Positions in its listings, learnt while paging.
    pub page_index: PageIndex,
    /// Its requests, counted.
    pub metrics: RequestMetrics,
    /// What its administration works with.
    pub admin: AttachAdmin,
}

impl Tenant {
    /// How an answer of it is written that was made by a read of this place.
    pub(crate) fn pace(&self, place: Option<Place>) -> Pace {
        Pace::new(self.settings.write_wait, &self.clock, place)
    }
}

/// All tenants of the process, each with the prefix of its addresses.
pub struct Tenants {
    all: Vec<(String, Arc<Tenant>)>,
}

impl Tenants {
    /// The only tenant, without a prefix.
    pub fn only(tenant: Tenant) -> Self {
        Self { all: vec![(String::new(), Arc::new(tenant))] }
    }

    /// Several tenants, each behind a prefix: its name in the path.
    pub fn by_name(tenants: impl IntoIterator<Item = Tenant>) -> Self {
        let with_prefix = |tenant: Tenant| (format!("/{}", tenant.id), Arc::new(tenant));
        Self { all: tenants.into_iter().map(with_prefix).collect() }
    }

    /// Whose request it is, and the path below the tenant's prefix; `None` when the path is no tenant's.
    pub fn resolve<'p>(&self, path: &'p str) -> Option<(&Arc<Tenant>, &'p str)> {
        self.all.iter().find_map(|(prefix, tenant)| {
            let rest = path.strip_prefix(prefix.as_str())?;
            rest.starts_with('/').then_some((tenant, rest))
        })
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Tenant>> {
        self.all.iter().map(|(_, tenant)| tenant)
    }
}
