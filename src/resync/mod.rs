//! Resync: looks back at Genesys Cloud, and shows every difference with its reason.
//!
//! A run reads listings, not users ([`sweep`]), compares what they show with the directory ([`compare`]), and looks at
//! everybody who seems to differ by themselves before it counts ([`confirm`]). What it knows is on disk after every
//! page ([`run`], [`runs`]), so that a run that was interrupted goes on where it was. It writes nothing to Genesys: a
//! repair makes work records ([`repair`]), and the bridge carries them out as it does all its work. An incomplete run
//! repairs nothing.
//!
//! What counts as a difference is `plan::drift`; what a listing is, `genesys::client`.

mod candidates;
mod compare;
mod confirm;
mod control;
mod estimate;
#[cfg(test)]
mod interrupted_tests;
mod plan;
mod repair;
mod run;
mod runs;
#[cfg(test)]
mod scale_tests;
mod seen;
mod sweep;

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::bridge::Bridge;
use crate::directory::Directory;
use crate::limits;
use crate::model::ports::{CallContext, Clock, Ids, Priority, Store, Upstream};
use crate::model::{Backoff, StoreError, TenantId, Verdict};

pub(crate) use control::{Asked, Resync, StartFault};
pub(crate) use run::{Mode, Run, Scope};
pub(crate) use runs::{Line, Runs};

/// How often one page is asked for before a run gives up.
const TRIES: u32 = 8;
/// First pause before a page whose answer was lost is asked for again.
const PAUSE: Duration = Duration::from_secs(1);

/// What a run works with.
pub(crate) struct ResyncParts {
    /// Tenant.
    pub(crate) tenant: TenantId,
    /// Users as the identity provider sees them.
    pub(crate) directory: Arc<Directory>,
    /// What the run knows.
    pub(crate) store: Arc<dyn Store>,
    /// Genesys Cloud.
    pub(crate) upstream: Arc<dyn Upstream>,
    /// Compares single users.
    pub(crate) bridge: Arc<Bridge>,
    /// Calls a minute that there are for everything.
    pub(crate) per_minute: u32,
    /// Time.
    pub(crate) clock: Arc<dyn Clock>,
    /// Fresh ids.
    pub(crate) ids: Arc<dyn Ids>,
    /// Where runs run.
    pub(crate) engine: tokio::runtime::Handle,
    /// Cancelled when the process stops.
    pub(crate) stop: CancellationToken,
}

/// Why a run stands still or ends early.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Halt {
    /// The process stops; the run goes on after the next start.
    #[error("the process stops")]
    Stopped,
    /// An administrator cancelled it.
    #[error("an administrator cancelled the run")]
    Cancelled,
    /// A listing cannot be read to its end.
    #[error("{0}")]
    Incomplete(String),
    /// The store refuses.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl ResyncParts {
    fn context(&self, run: &Run) -> CallContext {
        CallContext::new(Priority::Background, format!("resync {}", run.id))
    }

    /// Waits, unless the run or the process is to end.
    async fn nap(&self, cancelled: &CancellationToken, pause: Duration) -> Result<(), Halt> {
        tokio::select! {
            biased;
            () = self.stop.cancelled() => Err(Halt::Stopped),
            () = cancelled.cancelled() => Err(Halt::Cancelled),
            () = self.clock.sleep(pause) => Ok(()),
        }
    }

    /// Asks again until there is an answer that counts. A listing changes nothing, so it may be repeated at will.
    async fn patiently<T, F: Future<Output = Verdict<T>>>(
        &self,
        cancelled: &CancellationToken,
        what: &str,
        ask: impl Fn() -> F,
    ) -> Result<T, Halt> {
        let mut last = String::new();
        let mut backoff = Backoff::new(PAUSE, limits::RESYNC_PAUSE_MAX);
        for _ in 0..TRIES {
            let wait = match ask().await {
                Verdict::Done(value) => return Ok(value),
                Verdict::Refused(refusal) => {
                    let why = format!("Genesys Cloud refuses {what}: {} ({})", refusal.detail, refusal.code);
                    return Err(Halt::Incomplete(why));
                }
                Verdict::Later(later) => {
                    last = later.reason;
                    backoff.at_least(later.wait)
                }
                Verdict::Unknown(unknown) => {
                    last = unknown.reason;
                    backoff.pause()
                }
            };
            self.nap(cancelled, wait).await?;
        }
        Err(Halt::Incomplete(format!("Genesys Cloud does not answer when asked for {what} ({last})")))
    }
}
