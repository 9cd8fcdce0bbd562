//! Reads of Genesys that a change is planned with, asked again while Genesys is busy, silent or behind the
//! times.
//!
//! Before anything is opened: a read that fails changes nothing. Who waits no longer drops it. Looks of a
//! running saga are
//! `saga::drive`.

use std::sync::Arc;
use std::time::Duration;

use super::fault::{self, Fault};
use crate::limits;
use crate::model::ports::{CallContext, Clock, Priority, Upstream};
use crate::model::{Aspects, Backoff, GrantedSet, Observed, UserId, Verdict};
use crate::plan::Resolved;

/// Pause between two tries of a read.
const PAUSE: Duration = Duration::from_millis(250);
/// First and longest pause between two looks at a user.
const LOOK_PAUSES: (Duration, Duration) = (Duration::from_millis(50), limits::REQUEST_DEADLINE);
/// The same where nobody waits, and many may look at the same time.
const CALM_PAUSES: (Duration, Duration) = (Duration::from_secs(1), limits::REQUEST_DEADLINE);

/// Asks Genesys.
pub(super) struct Looks {
    pub(super) upstream: Arc<dyn Upstream>,
    pub(super) clock: Arc<dyn Clock>,
}

impl Looks {
    /// A read, asked again while Genesys is busy or silent: a rate limit that passes within the request's
    /// deadline is none of the client's business.
    pub(super) async fn patiently<T, F: Future<Output = Verdict<T>>>(
        &self,
        during: &str,
        ask: impl Fn() -> F,
    ) -> Result<T, Fault> {
        let started = self.clock.monotonic_ms();
        let mut backoff = Backoff::new(PAUSE, PAUSE);
        loop {
            let verdict = ask().await;
            let pause = match &verdict {
                Verdict::Later(later) => backoff.at_least(later.wait),
                Verdict::Unknown(_) => backoff.pause(),
                Verdict::Done(_) | Verdict::Refused(_) => return fault::read(verdict, during),
            };
            if !self.rest(started, pause, limits::REQUEST_DEADLINE).await {
                return fault::read(verdict, during);
            }
        }
    }

    /// What Genesys knows of a user, as far as these entitlements need it. It may be older than our last write.
    pub(super) async fn observed(
        &self,
        id: &UserId,
        resolved: &[Resolved],
        granted: &GrantedSet,
        context: &CallContext,
    ) -> Result<Observed, Fault> {
        self.look_at(id, &aspects(resolved, granted), context).await
    }

    /// One absence proves nothing: a user that was just written answers 404 for a moment (docs/genesys.md
    /// G7.9).
    async fn look_at(
        &self,
        id: &UserId,
        aspects: &Aspects,
        context: &CallContext,
    ) -> Result<Observed, Fault> {
        let started = self.clock.monotonic_ms();
        let pauses = if context.priority() == Priority::Background { CALM_PAUSES } else { LOOK_PAUSES };
        let mut backoff = Backoff::new(pauses.0, pauses.1);
        loop {
            let observed = self.upstream.observe(id, aspects, context).await;
            let (longest, pause) = match &observed {
                Verdict::Later(later) => (limits::REQUEST_DEADLINE, backoff.at_least(later.wait)),
                Verdict::Unknown(_) => (limits::REQUEST_DEADLINE, backoff.pause()),
                Verdict::Done(None) => (limits::QUIET_PERIOD, backoff.pause()),
                Verdict::Done(Some(_)) | Verdict::Refused(_) => (Duration::ZERO, Duration::ZERO),
            };
            if !self.rest(started, pause, longest).await {
                let observed = fault::read(observed, "looking at the user")?;
                return observed.ok_or_else(|| Fault::GoneFromGenesys(id.clone()));
            }
        }
    }

    /// Pauses, unless that would make it longer than `longest` since `started`. False: it would.
    async fn rest(&self, started: u64, pause: Duration, longest: Duration) -> bool {
        let waited = Duration::from_millis(self.clock.monotonic_ms().saturating_sub(started));
        if waited.saturating_add(pause) >= longest {
            return false;
        }
        self.clock.sleep(pause).await;
        true
    }
}

/// What has to be looked at to plan these entitlements.
fn aspects(resolved: &[Resolved], granted: &GrantedSet) -> Aspects {
    let targets = resolved.iter().map(|resolved| &resolved.entitlement.target);
    Aspects::of(targets.chain(granted.values().map(|granted| &granted.entitlement.target)))
}
