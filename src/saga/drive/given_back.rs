//! Somebody who was deleted and whose Genesys user somebody new gets, because Genesys gives it back on a create with the
//! same address or because only that one can have it (docs/genesys.md G2.25): what they had before goes before the new
//! person is said to be there.
//!
//! Which attributes that is: `plan`. Entitlements that were ours are known by id and are owed (`directory::turn`); whom
//! the bridge adopts keeps what they have (`plan::user`).

use super::{CACHED_FOR, Driver, StepEnd, tries};
use crate::model::ports::{Write, refused_here};
use crate::model::{Aspects, Observed, Refusal, RefusalKind, Step, UserId, UserState};
use crate::plan::effects;

/// Genesys gives back somebody who has another name here.
const IS_ANOTHER: &str = "the address is that of a user who was deleted in Genesys Cloud and is somebody else here; \
     delete that user here first, or give it the name that it had in Genesys Cloud";

impl Driver {
    /// The end of a create whose user is there. `shown`: as the answer to the create showed it, if there was one.
    pub(super) async fn made(&mut self, step: &Step, user: String, shown: Option<Observed>) -> StepEnd {
        let id = UserId::new(user.as_str());
        if let Err(refusal) = self.is_nobody_else(&id).await {
            return StepEnd::Refused { refusal, partial: true };
        }
        let shown = match shown {
            Some(shown) => shown,
            None => {
                // A look that does not show the mark is older than the create.
                let mark = (self.mark.authority.clone(), self.mark.value.clone());
                match self.as_it_is_now(&id, |seen| seen.external_ids.contains(&mark)).await {
                    Ok(shown) => shown,
                    Err(end) => return there(end),
                }
            }
        };
        self.strip(step, id, &shown).await
    }

    /// Two people of the directory are never one user of Genesys.
    async fn is_nobody_else(&self, user: &UserId) -> Result<(), Refusal> {
        let refused = |kind, why: &str| Err(refused_here(kind, "user.is_another", why));
        match self.directory.is_another(&self.opened, user).await {
            Ok(false) => Ok(()),
            Ok(true) => refused(RefusalKind::Uniqueness, IS_ANOTHER),
            Err(error) => {
                tracing::error!(%user, %error, "it cannot be read whose a user is");
                refused(RefusalKind::Other, "it could not be read whose the user is")
            }
        }
    }

    /// Brings a deleted user back for somebody new.
    pub(super) async fn restore_anew(&mut self, step: &Step, user: &UserId) -> StepEnd {
        match self.persist(&Write::RestoreUser(user.clone())).await {
            StepEnd::Done(_) => {}
            end => return end,
        }
        let back = |seen: &Observed| seen.id.is_some() && seen.state != UserState::Deleted;
        match self.as_it_is_now(user, back).await {
            Ok(shown) => self.strip(step, user.clone(), &shown).await,
            Err(end) => there(end),
        }
    }

    async fn strip(&mut self, step: &Step, user: UserId, shown: &Observed) -> StepEnd {
        let done = StepEnd::Done(Some(user.as_str().to_owned()));
        let Some(write) = effects::given_back(&step.effect, user.clone(), shown) else { return done };
        tracing::info!(%user, "what the person before had is taken off the user");
        match self.persist(&write).await {
            StepEnd::Done(_) => done,
            StepEnd::Refused { refusal, .. } => StepEnd::Refused { refusal: told(refusal), partial: true },
            end => there(end),
        }
    }

    /// A look that is no older than our last write; after a while Genesys is taken not to show it at all.
    async fn as_it_is_now(
        &mut self,
        user: &UserId,
        is_new: impl Fn(&Observed) -> bool + Send,
    ) -> Result<Observed, StepEnd> {
        let until_ms = self.now_and(CACHED_FOR);
        let mut pauses = tries();
        loop {
            let seen = self.observe(user, &Aspects::default()).await?.unwrap_or_default();
            if is_new(&seen) || self.clock.monotonic_ms() >= until_ms {
                return Ok(seen);
            }
            let rest = self.patience.rest(pauses.pause(), "it is there, but looks do not show it yet").await;
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
        "the user of this address was deleted and is back, and what the person before had cannot be taken off: {}",
        refusal.detail
    );
    Refusal { detail, ..refusal }
}
