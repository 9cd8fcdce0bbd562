//! A deactivation that Genesys answers with "nobody of that id": who was deleted is shut out as well, who was
//! made moments ago is not.
//!
//! Every other answer to it is repeated or refused like that of any step, by `drive`.

use std::time::Duration;

use super::{Driver, FRESH_FOR, StepEnd, tries};
use crate::model::ports::Write;
use crate::model::{Aspects, Effect, Refusal, RefusalKind, UserId, UserState, Verdict};

/// Whether the refusal may mean that there is nobody left to shut out.
pub(super) fn is_gone(effect: &Effect, refusal: &Refusal) -> bool {
    refusal.kind == RefusalKind::NotFound && *effect == Effect::SetActive { active: false }
}

impl Driver {
    /// Whether the call was to shut somebody out, and Genesys shows that they are: then its answer is not needed.
    /// A look that tells nothing says no.
    pub(super) async fn is_out(&self, write: &Write) -> bool {
        let (user, deleted) = match write {
            Write::SetActive(user, false) => (user, false),
            Write::DeleteUser(user) => (user, true),
            _ => return false,
        };
        let seen = self.upstream.observe(user, &Aspects::default(), &self.context).await;
        let out = |state| if deleted { state == UserState::Deleted } else { state != UserState::Active };
        matches!(seen, Verdict::Done(Some(seen)) if out(seen.state))
    }

    /// Seen deleted or inactive is proof. A 404 is believed when it has lasted as long as the user may be
    /// invisible after it was made (docs/genesys.md G7.9), and never while the user is seen at work; until then
    /// the call is repeated.
    pub(super) async fn confirm_gone(&mut self, user: &UserId, write: &Write) -> StepEnd {
        let started = self.clock.monotonic_ms();
        let mut pauses = tries();
        loop {
            let at_work = match self.observe(user, &Aspects::default()).await {
                Ok(Some(seen)) if seen.state != UserState::Active => return StepEnd::Done(None),
                Ok(seen) => seen.is_some(),
                // A look that is refused proves nothing: the call itself tells.
                Err(StepEnd::Refused { .. }) => false,
                Err(end) => return end,
            };
            let why = match self.persist(write).await {
                StepEnd::Refused { refusal, .. } if refusal.kind == RefusalKind::NotFound => refusal.detail,
                end => return end,
            };
            let waited = self.clock.monotonic_ms().saturating_sub(started);
            if !at_work && Duration::from_millis(waited) >= FRESH_FOR {
                return StepEnd::Done(None);
            }
            if let Err(enough) = self.patience.rest(pauses.pause(), &why).await {
                return enough.end(true);
            }
        }
    }
}
