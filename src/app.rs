//! The composition root: the only file that names concrete adapters, and the life of a bridge from start to
//! stop.
//!
//! Builds engine runtime, store, directory, Genesys client and bridge, takes up open sagas, and serves HTTP
//! on threads of its own. Decides nothing. Several bridges fit into one process. What tenants share:
//! `app/ground.rs`; what belongs to one: `app/tenant.rs`; how the parts see each other: `app/doors.rs`,
//! `app/reads.rs`.

mod budget_keeper;
mod credentials_check;
mod doors;
mod ground;
mod metrics_upkeep;
mod new_rules;
mod reads;
mod shutdown;
mod start;
pub(crate) mod system;
mod tenant;
mod trimming;

pub(crate) use start::genesys_settings;

use std::net::SocketAddr;
use std::sync::Arc;

use ground::Ground;
use tenant::TenantBridge;

use crate::directory::Directory;
use crate::entitlements::RuleError;
use crate::genesys::SetupError;
use crate::model::ports::{Clock, Ids, Store, Upstream};
use crate::model::{Secret, StoreError};
use crate::server::{ListenError, Listening};
use crate::store::OpenError;
use crate::store::tenancy::OtherTenant;
use crate::store::tokens::Scope;

/// Starts bridges.
#[derive(Clone, Copy, Debug)]
pub struct App;

/// What tests and the demo put in place of the real thing.
pub struct Overrides {
    /// Another clock.
    pub clock: Option<Arc<dyn Clock>>,
    /// Other ids.
    pub ids: Option<Arc<dyn Ids>>,
    /// Another Genesys.
    pub upstream: Option<Arc<dyn Upstream>>,
    /// Another store instead of the data directory. It is closed when the bridge stops.
    pub store: Option<Arc<dyn Store>>,
    /// Tokens that are valid while this process lives and are kept nowhere.
    pub tokens: Vec<(Scope, Secret)>,
    /// Whether Genesys is asked now and then if our credentials are good; readiness depends on the answer.
    pub watch_credentials: bool,
}

impl Default for Overrides {
    fn default() -> Self {
        Self {
            clock: None,
            ids: None,
            upstream: None,
            store: None,
            tokens: Vec::new(),
            watch_credentials: true,
        }
    }
}

/// Why a bridge did not start. Every text names what is wrong and the cure.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A rule's condition is no filter.
    #[error("{0} Correct the condition in the configuration.")]
    Rule(RuleError),
    /// The socket cannot be bound, or HTTP did not start.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// The data directory cannot be used.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The data directory is another tenant's.
    #[error(transparent)]
    Tenant(#[from] OtherTenant),
    /// The store cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The Genesys client cannot be built.
    #[error(transparent)]
    Genesys(#[from] SetupError),
    /// The system refuses threads.
    #[error("the engine cannot start its threads: {0}")]
    Engine(std::io::Error),
}

/// A bridge that runs. Dropping it cuts everything off as a crash would; [`Running::stop`] ends it well.
pub struct Running {
    addr: SocketAddr,
    tenant: TenantBridge,
    /// Where requests are taken: the service first, then what has another address.
    listening: Vec<Listening>,
    /// Last, so that what stands on it is dropped first.
    ground: Ground,
}

impl Running {
    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Users and groups, for reading.
    pub fn directory(&self) -> &Arc<Directory> {
        &self.tenant.directory
    }

    /// How many sagas a predecessor had left open.
    pub fn recovered(&self) -> usize {
        self.tenant.recovered
    }
}

/// A fresh token text, for [`Overrides::tokens`].
///
/// # Errors
/// The operating system has no random source.
pub(crate) fn fresh_token() -> Result<Secret, String> {
    system::random_bits().map(crate::store::tokens::text)
}
