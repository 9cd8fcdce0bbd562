//! One user with the aspects asked for: identity first, then the aspects side by side.
//!
//! Any part that cannot be read ends the look with that part's verdict: a partial picture is never handed out, because what
//! seems missing in it would be added or taken away.

use std::collections::BTreeMap;

use super::GenesysClient;
use super::stop::{Stop, unreadable};
use crate::genesys::api::routing::{self, Area};
use crate::genesys::api::{attributes, authorization, named, queues};
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
    ) -> Result<Option<Observed>, Stop> {
        let Some(mut observed) = self.identity(user, context).await? else { return Ok(None) };
        let deleted = observed.state == UserState::Deleted;
        let (roles, skills, languages, values, queues) = tokio::join!(
            self.part(Kind::Role, aspects, deleted, self.grants_of(user, context)),
            self.part(Kind::Skill, aspects, deleted, self.levels_of(Area::Skills, user, context)),
            self.part(Kind::Language, aspects, deleted, self.levels_of(Area::Languages, user, context)),
            self.part(Kind::Attribute, aspects, deleted, self.values_of(user, aspects, context)),
            self.part(Kind::Queue, aspects, deleted, self.memberships_of(user, context)),
        );
        let mut entitlements = BTreeMap::new();
        for part in [roles?, skills?, languages?, values?, queues?] {
            entitlements.extend(part.into_iter().map(|found| (found.target.key(), found)));
        }
        observed.entitlements = entitlements;
        observed.read = aspects.kinds.clone();
        Ok(Some(observed))
    }

    /// One aspect if it was asked for. A 404 on a user that exists is a cache that lags; on a deleted one it means "nothing".
    async fn part(
        &self,
        kind: Kind,
        aspects: &Aspects,
        deleted: bool,
        read: impl Future<Output = Result<Vec<Entitlement>, Stop>>,
    ) -> Result<Vec<Entitlement>, Stop> {
        if !aspects.kinds.contains(&kind) {
            return Ok(Vec::new());
        }
        match read.await {
            Err(stop) if stop.is(RefusalKind::NotFound) && deleted => Ok(Vec::new()),
            Err(stop) if stop.is(RefusalKind::NotFound) => {
                Err(Stop::later(1_500, format!("{kind:?} of the user cannot be read yet: {stop}")))
            }
            settled => settled,
        }
    }

    async fn grants_of(&self, user: &UserId, context: &CallContext) -> Result<Vec<Entitlement>, Stop> {
        let call = authorization::subject(user);
        let answer = self.calls.json(&call, context).await?;
        authorization::direct_grants(&answer, user).ok_or_else(|| unreadable(&call))
    }

    async fn levels_of(
        &self,
        area: Area,
        user: &UserId,
        context: &CallContext,
    ) -> Result<Vec<Entitlement>, Stop> {
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
    ) -> Result<Vec<Entitlement>, Stop> {
        if aspects.attribute_schemas.is_empty() {
            return Ok(Vec::new());
        }
        let known = self.catalogue.schemas(&self.calls, None, context).await?;
        let schemas: Vec<&str> = aspects.attribute_schemas.iter().map(String::as_str).collect();
        let call = attributes::of_user(user, &schemas);
        let answer = self.calls.json(&call, context).await?;
        attributes::entitlements(&answer, &known).ok_or_else(|| unreadable(&call))
    }

    async fn memberships_of(&self, user: &UserId, context: &CallContext) -> Result<Vec<Entitlement>, Stop> {
        let queues = self.queues_of(user, context).await?;
        Ok(queues
            .into_iter()
            .map(|queue| Entitlement { target: Target::Queue(queue), setting: Setting::Held })
            .collect())
    }

    /// Queues of a user, joined or not: two listings, since one shows only either.
    pub(super) async fn queues_of(&self, user: &UserId, context: &CallContext) -> Result<Vec<Named>, Stop> {
        let page = |joined| move |number| queues::of_user(user, joined, number);
        let (on, off) = tokio::join!(
            self.calls.pages(page(true), queues::PAGE, context),
            self.calls.pages(page(false), queues::PAGE, context),
        );
        let all: Option<Vec<Named>> = on?.iter().chain(off?.iter()).map(named).collect();
        all.ok_or_else(|| unreadable(&queues::of_user(user, true, 1)))
    }
}
