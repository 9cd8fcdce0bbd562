//! Reads of Genesys that a change is planned with, asked again while Genesys is busy, silent or behind the
//! times.
//!
//! Before anything is opened: a read that fails changes nothing. Who waits no longer drops it. Looks of a
//! running saga are
//! `saga::drive`.

use std::sync::Arc;
use std::time::Duration;

use super::fault::{self, Fault};
use crate::directory::{ProvisioningState, StoredUser};
use crate::limits;
use crate::model::ports::{CallContext, Clock, Upstream};
use crate::model::{Aspects, Backoff, GrantedSet, Kind, Observed, Target, UserId, Verdict};
use crate::plan::Resolved;

/// Pause between two tries of a read.
const PAUSE: Duration = Duration::from_millis(250);
/// First and longest pause between two looks at a user.
const LOOK_PAUSES: (Duration, Duration) = (Duration::from_millis(50), limits::REQUEST_DEADLINE);
/// First and longest pause between two looks at grants that may be older than our last write.
const GRANT_PAUSES: (Duration, Duration) = (Duration::from_millis(20), Duration::from_secs(1));

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

    /// What Genesys knows of a user. `written` is until when grants may still look as they did before our
    /// last write.
    pub(super) async fn observed(
        &self,
        id: &UserId,
        resolved: &[Resolved],
        granted: &GrantedSet,
        written: Option<i64>,
        context: &CallContext,
    ) -> Result<Observed, Fault> {
        let aspects = aspects(resolved, granted);
        let mut backoff = Backoff::new(GRANT_PAUSES.0, GRANT_PAUSES.1);
        loop {
            let observed = self.look_at(id, &aspects, context).await?;
            let fresh = written.is_some_and(|until| self.clock.now_ms() < until);
            if !fresh || !grants_in_doubt(resolved, granted, &observed) {
                return Ok(observed);
            }
            self.clock.sleep(backoff.pause()).await;
        }
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
        let mut backoff = Backoff::new(LOOK_PAUSES.0, LOOK_PAUSES.1);
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

    /// Until when, in Unix milliseconds, a read of role grants may still show what was before our own last
    /// write (docs/genesys.md G4.6).
    pub(super) fn written_until(&self, stored: &StoredUser) -> Option<i64> {
        let quiet = i64::try_from(limits::QUIET_PERIOD.as_millis()).unwrap_or(i64::MAX);
        let now = self.clock.now_ms();
        let written = match stored.status.state {
            // Its saga pauses, or is handed over: it wrote a moment ago.
            ProvisioningState::Pending => now,
            _ => stored.status.updated_ms,
        };
        // A clock that was set back must not make anybody wait for hours.
        (written <= now).then(|| written.saturating_add(quiet))
    }
}

/// What has to be looked at to plan these entitlements.
fn aspects(resolved: &[Resolved], granted: &GrantedSet) -> Aspects {
    let targets = resolved.iter().map(|resolved| &resolved.entitlement.target);
    Aspects::of(targets.chain(granted.values().map(|granted| &granted.entitlement.target)))
}

/// Whether the grants look as they did before our last write: one that we gave and are to take back is not
/// there, or one that we never gave is. The first would be forgotten instead of taken back, the second taken
/// for somebody else's.
fn grants_in_doubt(resolved: &[Resolved], granted: &GrantedSet, observed: &Observed) -> bool {
    let role = |target: &&Target| target.kind() == Kind::Role;
    let there = |target: &Target| observed.entitlements.contains_key(&target.key());
    let wanted = || resolved.iter().map(|resolved| &resolved.entitlement.target).filter(role);
    let given = granted.values().map(|granted| &granted.entitlement.target).filter(role);
    let mut taken_back = given.filter(|target| !wanted().any(|wanted| wanted.key() == target.key()));
    taken_back.any(|target| !there(target))
        || wanted().any(|target| there(target) && !granted.contains_key(&target.key()))
}
