//! Compares what listings show with the directory: a page of users at a time, and in the end whom no page has shown.
//!
//! Only finds who seems to differ: a listing may lag, and shows single things as well as it can. What counts is the look
//! at the user ([`super::confirm`]).

use super::control::Live;
use super::plan::Listing;
use super::run::{Phase, Scope};
use super::runs::Candidate;
use super::seen::Seen;
use super::{Halt, ResyncParts};
use crate::bridge::{Compared, Look};
use crate::limits;
use crate::model::{Batch, Difference, DriftClass, Held, Observed, UserId};

/// Users of the directory in one go.
const PAGE: usize = 500;

impl ResyncParts {
    /// Compares a page of users, as far as they are ours.
    pub(super) async fn compare_page(
        &self,
        live: &mut Live,
        batch: &mut Batch,
        users: Vec<Observed>,
        seen: &Seen,
    ) -> Result<(), Halt> {
        let context = self.context(&live.run);
        let unlisted = self.unlisted(live).await?;
        for mut observed in users {
            let Some(id) = observed.id.clone() else { continue };
            seen.complete(&id, &mut observed);
            let listed = match self.bridge.compare(&id, Look::Listed(&observed), &context).await {
                Ok(Compared::NotOurs) => {
                    live.count(DriftClass::Unmanaged, 1);
                    continue;
                }
                Ok(Compared::Differs(mut differences)) => {
                    differences.retain(|one| !unlisted.iter().any(|of| is_about(one, of)));
                    let foreign = differences
                        .extract_if(.., |one| one.class == DriftClass::Foreign)
                        .collect::<Vec<_>>();
                    self.show_foreign(live, batch, &id, &foreign)?;
                    Some(differences)
                }
                Ok(Compared::Unsettled | Compared::NotShown) => None,
                Err(fault) => {
                    tracing::info!(user = %id, %fault, "a user cannot be compared with a listing");
                    None
                }
            };
            live.run.counts.compared += 1;
            if listed.as_ref().is_none_or(|listed| !listed.is_empty()) {
                self.is_candidate(live, batch, &id, Candidate { listed, ..Candidate::default() }).await?;
            }
        }
        Ok(())
    }

    /// What others gave leads to nothing, so that it is shown as it was listed: all is counted, so much is shown.
    fn show_foreign(
        &self,
        live: &mut Live,
        batch: &mut Batch,
        id: &UserId,
        foreign: &[Difference],
    ) -> Result<(), Halt> {
        let shown = live.run.counts.by_class.get(&DriftClass::Foreign).copied().unwrap_or(0);
        live.count(DriftClass::Foreign, foreign.len());
        if shown >= limits::RESYNC_FOREIGN {
            return Ok(());
        }
        Ok(self.runs().put_lines(batch, &live.run.id, id, foreign)?)
    }

    /// What could not be listed to the end.
    async fn unlisted(&self, live: &Live) -> Result<Vec<Held>, Halt> {
        if live.run.unlisted.is_empty() {
            return Ok(Vec::new());
        }
        let listings = self.runs().listings(&live.run.id).await?.unwrap_or_default();
        let of = live.run.unlisted.iter().filter_map(|number| match listings.get(*number) {
            Some(Listing::Holders(of)) => Some(of.clone()),
            _ => None,
        });
        Ok(of.collect())
    }

    async fn is_candidate(
        &self,
        live: &mut Live,
        batch: &mut Batch,
        id: &UserId,
        candidate: Candidate,
    ) -> Result<(), Halt> {
        // A page that is read twice shows them twice.
        if self.runs().candidate(&live.run.id, id).await?.is_none() {
            live.run.counts.candidates += 1;
        }
        Ok(self.runs().put_candidate(batch, &live.run.id, id, &candidate)?)
    }

    /// Managed users whom no listing has shown: gone, as it seems.
    pub(super) async fn find_the_gone(&self, live: &mut Live) -> Result<(), Halt> {
        if let Scope::User(id) = &live.run.scope {
            let (id, mut batch) = (UserId::new(id.as_str()), Batch::new());
            self.is_candidate(live, &mut batch, &id, Candidate::default()).await?;
            live.run.phase = Phase::Confirm;
            return self.keep(live, batch).await;
        }
        let listings = self.runs().listings(&live.run.id).await?.unwrap_or_default();
        let mut unlisted = live.run.unlisted.iter().filter_map(|number| listings.get(*number));
        if unlisted.any(|listing| matches!(listing, Listing::Users(_))) {
            // Whom half a listing does not show may be on the other half.
            live.run.phase = Phase::Confirm;
            return self.keep(live, Batch::new()).await;
        }
        let listed = self.listed_users(live).await?;
        let mut after: Option<UserId> = None;
        loop {
            live.go_on(self)?;
            let page = self.directory.users_after(after.as_ref(), PAGE).await?;
            let Some(last) = page.last() else { break };
            after = Some(last.id.clone());
            let mut batch = Batch::new();
            for user in page.iter().filter(|user| user.managed && !listed.contains(user.id.as_str())) {
                self.is_candidate(live, &mut batch, &user.id, Candidate::default()).await?;
            }
            if !batch.is_empty() {
                self.keep(live, batch).await?;
            }
        }
        live.run.phase = Phase::Confirm;
        self.keep(live, Batch::new()).await
    }
}

/// Whether a difference says that something is missing that was not listed.
fn is_about(one: &Difference, of: &Held) -> bool {
    one.class == DriftClass::Missing
        && one.kind == Some(of.kind())
        && one.id.as_deref() == Some(&of.named().id)
}
