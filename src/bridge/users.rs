//! One user: from a change to a draft of the saga that makes it.
//!
//! Finds whom the change is about and what it wants of them; the plan for it is `user_plan`'s. Writes
//! nothing: that is
//! `sagas` and the saga.

use std::sync::Arc;

use super::admission::priority;
use super::claims::{Claims, claim_of};
use super::draft::{Draft, Prepared};
use super::fault::Fault;
use super::goal::{UserGoal, Who};
use super::patching::Patching;
use super::sagas::{Sagas, existing, name_of};
use super::submission::{Done, Reply, Submission};
use super::user_plan::UserPlanner;
use super::{NOT_LINKED, OnExisting, Policy, whose};
use crate::directory::{Directory, StoredUser, UserLookup};
use crate::model::ports::{CallContext, Store};
use crate::model::{Batch, FoundUser, Intent, Ours, Subject, UserId};
use crate::plan::{Leftover, identity, plan_removal};
use crate::scim::change::{Action, Change};
use crate::scim::kind::ResourceKind;
use crate::scim::resource::{Incoming, name_in};
use crate::scim::value::fold;

/// Prepares changes of users.
pub(super) struct Users {
    pub(super) policy: Arc<Policy>,
    pub(super) directory: Arc<Directory>,
    pub(super) store: Arc<dyn Store>,
    pub(super) claims: Arc<Claims>,
    pub(super) planner: Arc<UserPlanner>,
    pub(super) patching: Arc<Patching>,
    pub(super) sagas: Arc<Sagas>,
}

impl Users {
    /// Prepares a change of a user. `owner` is whom Genesys named as the owner of the address; `ours` what
    /// a predecessor has given, which no turn has written yet; `passed` what is left of the saga whose place a
    /// leaver takes.
    pub(super) async fn prepare(
        &self,
        asked: &Submission,
        owner: Option<&FoundUser>,
        ours: Option<Ours>,
        passed: Option<Leftover>,
    ) -> Result<Prepared, Fault> {
        let change = &asked.change;
        let mut goal = match change.action() {
            Action::Create(incoming) => self.created(asked, incoming, owner).await?,
            Action::Replace(id, whole) => UserGoal::replaced(self.stored(change, id).await?, whole)?,
            Action::Patch(id, request) => {
                let stored = self.stored(change, id).await?;
                let patching = self.patching.apply(ResourceKind::User, &stored.document, id, request);
                let patched = patching.await?;
                UserGoal::patched(stored, patched)
            }
            Action::Delete(id) => {
                return self.removed(self.stored(change, id).await?, passed.unwrap_or_default());
            }
        };
        let leaves = change.deactivates() && !identity::is_active(&goal.document);
        let passed = if leaves { passed.or_else(|| self.may_arrive(&goal)) } else { passed };
        // What is passed may have made the opposite so.
        if let Some(stored) = goal.stored().filter(|_| passed.is_none() && goal.is_reached()) {
            let token = self.store.commit(Batch::new()).await?;
            let id = stored.id.as_str().to_owned();
            return Ok(Prepared::Nothing(Reply { done: goal.done(), id, token, pending: false }));
        }
        if leaves {
            let planned = self.planner.leave(goal, passed.unwrap_or_default()).await?;
            return Ok(Prepared::Saga(Box::new(planned.draft(None))));
        }
        if !self.policy.forward_passwords {
            goal.password = None;
        }
        let ours = match ours {
            Some(ours) => ours,
            None => self.planner.ours(&goal).await?,
        };
        let context = CallContext::new(priority(change), format!("request {}", asked.cause.request));
        let planned = self.planner.plan(goal, ours, &context).await?;
        Ok(Prepared::Saga(Box::new(planned.draft(claim_of(change)))))
    }

    /// What the process before, or a change that has ended, may still have in flight about somebody: the least that
    /// it can do is to make them active again.
    fn may_arrive(&self, goal: &UserGoal) -> Option<Leftover> {
        let stored = goal.stored().filter(|stored| self.sagas.may_arrive(stored.subject))?;
        tracing::info!(user = %stored.id, "calls that had no answer may still arrive");
        Some(Leftover { state: true, ..Leftover::default() })
    }

    /// POST: a new user, or one that the client may claim or we may adopt.
    async fn created(
        &self,
        asked: &Submission,
        incoming: &Incoming,
        owner: Option<&FoundUser>,
    ) -> Result<UserGoal, Fault> {
        let who = match (self.known(asked, incoming).await?, owner) {
            (Some(stored), _) => Who::Known(Box::new(stored)),
            (None, None) => Who::New,
            (None, Some(owner)) => match self.directory.get_user(&owner.id).await? {
                // Imported meanwhile, or known under another userName.
                Some(known) if known.managed => return Err(Fault::AddressTaken),
                Some(known) => Who::Known(Box::new(known)),
                None => Who::InGenesys(owner.clone()),
            },
        };
        Ok(UserGoal::created(who, incoming))
    }

    /// The user of the directory that a POST means.
    async fn known(&self, asked: &Submission, incoming: &Incoming) -> Result<Option<StoredUser>, Fault> {
        if let Some(claim) = claim_of(&asked.change)
            && let Some(id) = self.claims.made_before(&asked.cause.by, &claim).await?
        {
            let made = self.directory.get_user(&UserId::new(id)).await?;
            // Whoever has been renamed since is not whom this POST means.
            return Ok(made
                .filter(|made| fold(name_in(ResourceKind::User, &made.document)) == fold(incoming.name())));
        }
        let may_link = |stored: &StoredUser| {
            self.may_link(stored) || whose::is_same(&incoming.document, &stored.document)
        };
        let name = fold(incoming.name());
        match self.directory.user_by(UserLookup::UserName(&name)).await? {
            Some(stored) if stored.managed || !may_link(&stored) => Err(Fault::NameTaken(ResourceKind::User)),
            other => Ok(other),
        }
    }

    /// Whom the change is about, as the directory has them now.
    pub(super) async fn about(&self, change: &Change) -> Result<Option<StoredUser>, Fault> {
        Ok(match (change.id(), change.created()) {
            (Some(id), _) => self.directory.get_user(&UserId::new(id)).await?,
            (None, Some(incoming)) => {
                self.directory.user_by(UserLookup::UserName(&fold(incoming.name()))).await?
            }
            (None, None) => None,
        })
    }

    async fn stored(&self, change: &Change, id: &str) -> Result<StoredUser, Fault> {
        let stored = self.directory.get_user(&UserId::new(id)).await?;
        let stored = stored.ok_or_else(|| Fault::NotFound { kind: ResourceKind::User, id: id.to_owned() })?;
        if !stored.managed && !self.may_link(&stored) {
            return Err(Fault::NotLinked(NOT_LINKED));
        }
        if change.precondition().is_some_and(|wanted| !wanted.matches(stored.version)) {
            return Err(Fault::VersionChanged);
        }
        Ok(stored)
    }

    /// Whether somebody who was imported may be written: by the tenant's choice, or because the bridge made it, in
    /// a create whose answer was lost or before its directory was.
    fn may_link(&self, stored: &StoredUser) -> bool {
        self.policy.on_existing == OnExisting::Link || whose::is_marked(&self.policy.tenant, &stored.document)
    }

    fn removed(&self, stored: StoredUser, passed: Leftover) -> Result<Prepared, Fault> {
        let email = self.planner.email_of(&stored.document).unwrap_or_default();
        self.planner.refuse_protected(&email, Some(&stored.id))?;
        let planned = plan_removal();
        let (kind, id) = (ResourceKind::User, stored.id.as_str());
        Ok(Prepared::Saga(Box::new(Draft {
            subject: stored.subject,
            names: vec![existing(kind, id), name_of(kind, name_in(kind, &stored.document))],
            plan: planned.plan,
            intent: Intent::DeleteUser { version: stored.version, passed: passed.granted },
            claim: None,
            password: None,
            done: Done::Deleted,
            id: Some(id.to_owned()),
            about: Subject::User(Some(stored.id)),
        })))
    }
}
