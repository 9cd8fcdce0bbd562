//! One user with the aspects asked for: identity first, then the aspects side by side.
//!
//! Any part that cannot be read ends the look with that part's verdict: a partial picture is never handed
//! out, because what seems missing in it would be added or taken away.

use std::collections::BTreeMap;

use futures_util::future::join_all;

use super::GenesysClient;
use crate::genesys::api::routing::{self, Area};
use crate::genesys::api::{attributes, authorization, id, named, queues, teams};
use crate::genesys::not_done::{NotDone, unreadable};
use crate::model::ports::CallContext;
use crate::model::{
    Aspects, Entitlement, Kind, Named, Observed, RefusalKind, Setting, Target, UserId, UserState,
};

impl GenesysClient {
    pub(super) async fn observe_user(
        &self,
        user: &UserId,
        aspects: &Aspects,
        context: &CallContext,
    ) -> Result<Option<Observed>, NotDone> {
        let Some(mut observed) = self.identity(user, context).await? else { return Ok(None) };
        let deleted = observed.state == UserState::Deleted;
        // All kinds that were asked for, side by side.
        let parts = aspects.kinds.iter().map(|kind| self.part(*kind, user, aspects, deleted, context));
        let mut entitlements = BTreeMap::new();
        for part in join_all(parts).await {
            entitlements.extend(part?.into_iter().map(|found| (found.target.key(), found)));
        }
        observed.entitlements = entitlements;
        observed.read = aspects.kinds.clone();
        Ok(Some(observed))
    }

    /// What a user has of one kind. A 404 on a user that exists is a cache that lags; on a deleted one it
    /// means "nothing".
    async fn part(
        &self,
        kind: Kind,
        user: &UserId,
        aspects: &Aspects,
        deleted: bool,
        context: &CallContext,
    ) -> Result<Vec<Entitlement>, NotDone> {
        let read = match kind {
            Kind::Role => self.grants_of(user, context).await,
            Kind::Skill => self.levels_of(Area::Skills, user, context).await,
            Kind::Language => self.levels_of(Area::Languages, user, context).await,
            Kind::Attribute => self.values_of(user, aspects, context).await,
            Kind::Queue => self.queues_of(user, context).await.map(|queues| memberships(kind, queues)),
            Kind::Team => {
                self.teams_of(user, aspects.ids(kind), context).await.map(|teams| memberships(kind, teams))
            }
        };
        match read {
            Err(stop) if stop.is(RefusalKind::NotFound) && deleted => Ok(Vec::new()),
            Err(stop) if stop.is(RefusalKind::NotFound) => {
                let kind = kind.row().plural;
                Err(NotDone::later(1_500, format!("{kind} of the user cannot be read yet: {stop}")))
            }
            settled => settled,
        }
    }

    async fn grants_of(&self, user: &UserId, context: &CallContext) -> Result<Vec<Entitlement>, NotDone> {
        let call = authorization::subject(user);
        let answer = self.calls.json(&call, context).await?;
        authorization::direct_grants(&answer, user).ok_or_else(|| unreadable(&call))
    }

    async fn levels_of(
        &self,
        area: Area,
        user: &UserId,
        context: &CallContext,
    ) -> Result<Vec<Entitlement>, NotDone> {
        let page = |number| routing::of_user(area, user, number);
        let entities = self.calls.pages(page, routing::PAGE, context).await?;
        let read: Option<Vec<Entitlement>> =
            entities.iter().map(|entity| routing::entitlement(area, entity)).collect();
        read.ok_or_else(|| unreadable(&page(1)))
    }

    async fn values_of(
        &self,
        user: &UserId,
        aspects: &Aspects,
        context: &CallContext,
    ) -> Result<Vec<Entitlement>, NotDone> {
        let schemas: Vec<&str> = aspects.ids(Kind::Attribute).collect();
        if schemas.is_empty() {
            return Ok(Vec::new());
        }
        let known = self.catalogue.schemas(&self.calls, None, context).await?;
        let call = attributes::of_user(user, &schemas);
        let answer = self.calls.json(&call, context).await?;
        attributes::entitlements(&answer, &known).ok_or_else(|| unreadable(&call))
    }

    /// Which of these teams a user is a member of. Genesys tells it by team only: what it shows of a user is
    /// "best effort".
    pub(super) async fn teams_of<'a>(
        &self,
        user: &UserId,
        teams: impl Iterator<Item = &'a str> + Send,
        context: &CallContext,
    ) -> Result<Vec<Named>, NotDone> {
        let mut found = Vec::new();
        for team in teams {
            let members = match self.calls.cursor_pages(|after| teams::members(team, after), context).await {
                // A team that is gone has no members.
                Err(stop) if stop.is(RefusalKind::NotFound) => Vec::new(),
                read => read?,
            };
            if members.iter().any(|member| id(member).as_deref() == Some(user.as_str())) {
                found.push(Named { id: team.to_owned(), name: team.to_owned() });
            }
        }
        Ok(found)
    }

    /// Queues of a user, joined or not: two listings, since one shows only either.
    pub(super) async fn queues_of(
        &self,
        user: &UserId,
        context: &CallContext,
    ) -> Result<Vec<Named>, NotDone> {
        let page = |joined| move |number| queues::of_user(user, joined, number);
        let (on, off) = tokio::join!(
            self.calls.pages(page(true), queues::PAGE, context),
            self.calls.pages(page(false), queues::PAGE, context),
        );
        let all: Option<Vec<Named>> = on?.iter().chain(off?.iter()).map(named).collect();
        all.ok_or_else(|| unreadable(&queues::of_user(user, true, 1)))
    }
}

fn memberships(kind: Kind, of: Vec<Named>) -> Vec<Entitlement> {
    let member = |of| Entitlement { target: Target::Member { kind, of }, setting: Setting::Held };
    of.into_iter().map(member).collect()
}
