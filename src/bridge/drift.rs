//! One user against Genesys: what differs, and why. Asks, and writes nothing.
//!
//! The differences themselves are `plan::drift`; whom to compare, and when, is `resync`. What a repair does is an
//! ordinary recomputation ([`super::recompute`]).

use std::collections::BTreeSet;
use std::sync::Arc;

use super::fault::Fault;
use super::goal::UserGoal;
use super::resolve::{Asked, Names};
use super::sagas::existing;
use super::user_plan::UserPlanner;
use crate::directory::{Directory, ProvisioningState, StoredUser};
use crate::model::ports::{CallContext, Journal};
use crate::model::{Difference, Kind, Observed, Ours, Target, UserId};
use crate::plan::drift::{DriftInput, Extent, differences};
use crate::plan::identity;
use crate::scim::kind::ResourceKind;

/// What a comparison came to.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Compared {
    /// There is no such user, or none that the bridge manages.
    NotOurs,
    /// The user is being changed: to be looked at again later.
    Unsettled,
    /// The listing does not show enough of it: to be looked at by itself.
    NotShown,
    /// As it should be, or not.
    Differs(Vec<Difference>),
}

/// What a user is compared with.
#[derive(Clone, Debug)]
pub(crate) enum Look<'a> {
    /// What a listing showed.
    Listed(&'a Observed),
    /// What Genesys says when it is asked now: the identity, and these kinds of entitlements, or all.
    Now(Option<BTreeSet<Kind>>),
}

/// Compares users.
pub(super) struct Comparer {
    pub(super) directory: Arc<Directory>,
    pub(super) journal: Arc<dyn Journal>,
    pub(super) planner: Arc<UserPlanner>,
}

impl Comparer {
    /// Compares with what a listing showed.
    pub(super) async fn with_listed(
        &self,
        id: &UserId,
        observed: &Observed,
        context: &CallContext,
    ) -> Result<Compared, Fault> {
        let Some((stored, ours)) = self.settled(id).await? else { return self.not_now(id).await };
        let shown = |kind: &Kind| *kind == Kind::Attribute || observed.read.contains(kind);
        let named = ours.granted.values().map(|granted| granted.entitlement.target.kind());
        if !named.collect::<Vec<_>>().iter().all(shown) {
            return Ok(Compared::NotShown);
        }
        let names = self.names(&stored, context).await?;
        Ok(Compared::Differs(self.compare(&stored, &ours, &names, Some(observed), Extent::Listed).await?))
    }

    /// Looks at the user and compares.
    pub(super) async fn with_look(
        &self,
        id: &UserId,
        kinds: Option<&BTreeSet<Kind>>,
        context: &CallContext,
    ) -> Result<Compared, Fault> {
        let Some((stored, ours)) = self.settled(id).await? else { return self.not_now(id).await };
        let names = self.names(&stored, context).await?;
        let asked = |target: &Target| kinds.is_none_or(|kinds| kinds.contains(&target.kind()));
        let mut resolved = names.resolved.clone();
        resolved.retain(|resolved| asked(&resolved.entitlement.target));
        let mut granted = ours.granted.clone();
        granted.retain(|_, granted| asked(&granted.entitlement.target));
        let looked = self.planner.looks.observed(id, &resolved, &granted, context).await;
        let observed = match looked {
            Ok(observed) => Some(observed),
            Err(Fault::GoneFromGenesys(_)) => None,
            Err(fault) => return Err(fault),
        };
        // Who was changed while Genesys was asked is compared once more.
        match self.settled(id).await? {
            Some((now, given)) if now.version == stored.version && given == ours => {}
            _ => return self.not_now(id).await,
        }
        Ok(Compared::Differs(self.compare(&stored, &ours, &names, observed.as_ref(), Extent::Whole).await?))
    }

    /// A user whom we manage and nobody changes now, with what is ours.
    async fn settled(&self, id: &UserId) -> Result<Option<(StoredUser, Ours)>, Fault> {
        let stored = self.directory.get_user(id).await?.filter(|stored| stored.managed);
        let Some(stored) = stored.filter(|stored| stored.status.state != ProvisioningState::Pending) else {
            return Ok(None);
        };
        if self.journal.reserved_by(&existing(ResourceKind::User, id.as_str())).await?.is_some() {
            return Ok(None);
        }
        let ours = self.directory.ours(id).await?;
        Ok(Some((stored, ours)))
    }

    async fn not_now(&self, id: &UserId) -> Result<Compared, Fault> {
        let stored = self.directory.get_user(id).await?;
        let managed = stored.is_some_and(|stored| stored.managed);
        Ok(if managed { Compared::Unsettled } else { Compared::NotOurs })
    }

    async fn names(&self, stored: &StoredUser, context: &CallContext) -> Result<Names, Fault> {
        let goal = UserGoal::recorded(stored.clone());
        let desired = self.planner.desired(&goal).await?;
        let active = identity::is_active(&stored.document);
        let asked =
            Asked { document: &stored.document, desired: &desired, active, strictly: false, before: None };
        self.planner.resolver.resolve(&asked, context).await
    }

    async fn compare(
        &self,
        stored: &StoredUser,
        ours: &Ours,
        names: &Names,
        observed: Option<&Observed>,
        extent: Extent,
    ) -> Result<Vec<Difference>, Fault> {
        let email = self.planner.email_of(&stored.document)?;
        let managers = self.planner.known_managers([Some(&stored.document), None]).await;
        let known = |id: &str| managers.iter().any(|manager| manager == id);
        let payload = identity::payload(&stored.document, &email, &known);
        Ok(differences(&DriftInput {
            document: &stored.document,
            payload: &payload,
            observed,
            extent,
            division: names.division.as_ref(),
            desired: &names.resolved,
            unresolved: &names.unresolved,
            granted: &ours.granted,
            recent: &ours.recent(self.planner.looks.clock.now_ms()),
        }))
    }
}
