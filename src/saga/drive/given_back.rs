//! Somebody who was deleted and whom Genesys gives back on a create with the same address (docs/genesys.md G2.25): what
//! they had before goes before the new person is said to be there.
//!
//! Which attributes that is: `plan::effects`. Entitlements that were ours are known by id and are owed
//! (`directory::turn`); whom the bridge adopts or restores itself is planned on what is there (`plan::user`).

use super::{CACHED_FOR, Driver, StepEnd, tries};
use crate::model::{Aspects, Observed, Refusal, Step, UserId};
use crate::plan::effects;

impl Driver {
    /// The end of a create whose user is there. `shown`: as the answer to the create showed it, if there was one.
    pub(super) async fn made(&mut self, step: &Step, user: String, shown: Option<Observed>) -> StepEnd {
        let id = UserId::new(user.as_str());
        let shown = match shown {
            Some(shown) => shown,
            None => match self.as_it_was_made(&id).await {
                Ok(shown) => shown,
                Err(end) => return there(end),
            },
        };
        let Some(write) = effects::given_back(&step.effect, id, &shown) else {
            return StepEnd::Done(Some(user));
        };
        tracing::warn!(%user, "Genesys Cloud gave a deleted user back on a create; what it had before is taken off");
        match self.persist(&write).await {
            StepEnd::Done(_) => StepEnd::Done(Some(user)),
            StepEnd::Refused { refusal, .. } => StepEnd::Refused { refusal: told(refusal), partial: true },
            end => there(end),
        }
    }

    /// The user of a create whose answer is lost. A look that does not show the mark is older than the create; after a
    /// while Genesys is taken not to show it at all.
    async fn as_it_was_made(&mut self, user: &UserId) -> Result<Observed, StepEnd> {
        let until_ms = self.now_and(CACHED_FOR);
        let mut pauses = tries();
        loop {
            let seen = self.observe(user, &Aspects::default()).await?.unwrap_or_default();
            let mut ids = seen.external_ids.iter();
            let marked =
                ids.any(|(authority, value)| *authority == self.mark.authority && *value == self.mark.value);
            if marked || self.clock.monotonic_ms() >= until_ms {
                return Ok(seen);
            }
            let rest = self.patience.rest(pauses.pause(), "made, but looks do not show it yet").await;
            rest.map_err(|enough| enough.end(true))?;
        }
    }
}

/// The user is there, whatever became of the rest.
fn there(end: StepEnd) -> StepEnd {
    match end {
        StepEnd::Refused { refusal, .. } => StepEnd::Refused { refusal, partial: true },
        StepEnd::Abandoned { .. } => StepEnd::Abandoned { partial: true },
        done @ StepEnd::Done(_) => done,
    }
}

fn told(refusal: Refusal) -> Refusal {
    let detail = format!(
        "Genesys Cloud gave back a deleted user with this address, and what they had cannot be taken off: {}",
        refusal.detail
    );
    Refusal { detail, ..refusal }
}
