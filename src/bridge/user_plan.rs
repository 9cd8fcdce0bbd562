//! From a goal to a plan: what the user should have, what Genesys has, and the difference.
//!
//! Asks Genesys and the directory and writes nothing. Where goals come from is `users`, `recompute` and
//! `preview`; the difference itself is `plan`.

use std::sync::Arc;

use serde_json::{Value, json};

use super::draft::Draft;
use super::fault::Fault;
use super::goal::{SHUT_OUT, UserGoal};
use super::looks::Looks;
use super::resolve::{Asked, Resolver};
use super::sagas::{existing, name_of};
use super::{OWNER_DELETED, Policy, whose};
use crate::directory::{Directory, ProvisioningState, StoredUser, UserLookup};
use crate::entitlements::{self, Mention, RuleSet};
use crate::limits;
use crate::model::ports::{CallContext, Ids};
use crate::model::{
    Claim, Desired, DesiredSet, Failure, FailureState, GrantedSet, GroupId, Intent, Mark, Object, Observed,
    Ours, Plan, Reservation, Subject, SubjectId, UserId, UserState, Wanted,
};
use crate::plan::{LeaverInput, Leftover, Planned, UserChange, UserInput, identity, plan_leaver, plan_user};
use crate::scim::kind::ResourceKind;
use crate::scim::value::fold;

/// Plans what a user needs.
pub(super) struct UserPlanner {
    pub(super) policy: Arc<Policy>,
    pub(super) rules: Arc<RuleSet>,
    pub(super) ids: Arc<dyn Ids>,
    pub(super) directory: Arc<Directory>,
    pub(super) looks: Arc<Looks>,
    pub(super) resolver: Resolver,
}

/// A goal with its plan.
pub(super) struct PlannedUser {
    pub(super) goal: UserGoal,
    pub(super) planned: Planned,
    pub(super) granted_before: GrantedSet,
    pub(super) held: Vec<Failure>,
    /// What it reserves beside the user.
    names: Vec<Reservation>,
    subject: SubjectId,
}

impl PlannedUser {
    /// Whether there is nothing to do and nothing to note.
    pub(super) fn is_empty(&self) -> bool {
        let nothing_held = self.held.iter().all(|one| one.state == FailureState::Kept);
        self.planned.plan.is_empty() && self.planned.granted == self.granted_before && nothing_held
    }

    /// The saga that does it.
    pub(super) fn draft(self, claim: Option<Claim>) -> Draft {
        let Self { goal, planned, granted_before, held, mut names, subject } = self;
        let (kind, id) = (ResourceKind::User, goal.id().cloned());
        names.extend(id.as_ref().map(|id| existing(kind, id.as_str())));
        Draft {
            subject,
            names,
            plan: planned.plan,
            claim,
            done: goal.done(),
            id: goal.stored().map(|stored| stored.id.as_str().to_owned()),
            about: Subject::User(id),
            intent: Intent::PutUser {
                version: goal.stored().map(|stored| stored.version),
                document: goal.document,
                granted: planned.granted,
                granted_before,
                held,
            },
            password: goal.password,
        }
    }
}

impl UserPlanner {
    /// Observes, resolves and plans. `ours` is what we gave and may take back, and what we wrote lately.
    pub(super) async fn plan(
        &self,
        goal: UserGoal,
        ours: Ours,
        context: &CallContext,
    ) -> Result<PlannedUser, Fault> {
        let recent = ours.recent(self.looks.clock.now_ms());
        let granted = ours.granted;
        let document = &goal.document;
        let stored = goal.stored();
        let email = self.email_of(document)?;
        self.refuse_protected(&email, goal.id())?;
        if let Some(stored) = stored {
            // A rename must not take somebody out of the protected list.
            self.refuse_protected(&self.email_of(&stored.document).unwrap_or_default(), None)?;
        }
        self.refuse_taken(&goal, &email).await?;
        let active = identity::is_active(document);
        let desired = self.desired(&goal).await?;
        let before = goal.patched_from();
        let asked = Asked { document, desired: &desired, active, strictly: !goal.is_recorded(), before };
        let names = self.resolver.resolve(&asked, context).await?;
        let (resolved, division) = (names.resolved, names.division);
        let observed = match goal.id() {
            Some(id) => self.looks.observed(id, &resolved, &granted, context).await?,
            None => Observed::default(),
        };
        self.refuse_protected(text(&observed.document, "userName"), None)?;
        let deleted = observed.state == UserState::Deleted;
        let comes_back = active || goal.is_created();
        let anew = deleted && comes_back && self.may_restore(&goal, &observed).await?;
        let managers = self.known_managers([Some(document), stored.map(|stored| &stored.document)]).await;
        let known = |id: &str| managers.iter().any(|manager| manager == id);
        let payload = identity::payload(document, &email, &known);
        // What an imported user has was never ours: a POST that does not name it does not take it away (P5). A
        // PUT has seen the whole of it, and means it.
        let seen = stored.filter(|stored| stored.managed || !goal.is_created());
        let payload_before = seen.map(|stored| identity::payload(&stored.document, &email, &known));
        let subject = stored.map_or_else(|| self.ids.subject(), |stored| stored.subject);
        let mark = Mark::of(&self.policy.tenant, subject);
        let adopt = stored.is_none_or(|stored| !stored.managed);
        let inactive_there = active && observed.state == UserState::Inactive;
        let stays_out = inactive_there && !goal.gives_access && !self.may_be_our_own(&goal).await?;
        let mut planned = plan_user(&UserInput {
            change: match goal.id() {
                Some(_) if deleted && !comes_back => UserChange::LeftDeleted,
                Some(_) => UserChange::Existing { adopt, anew },
                None => UserChange::Create { mark: &mark },
            },
            document,
            payload: &payload,
            payload_before: payload_before.as_ref(),
            observed: &observed,
            division: division.as_ref(),
            desired: &resolved,
            unresolved: &names.unresolved,
            managed: &desired.managed,
            granted: &granted,
            recent: &recent,
            may_activate: !stays_out,
        });
        planned.plan.owed = self.only_owes(&planned.plan, &goal, &desired).await;
        let mut held = names.held;
        held.extend(identity::kept_here(document));
        held.extend(stays_out.then(shut_out));
        let reserved = reserved(&goal, &email);
        Ok(PlannedUser { goal, planned, granted_before: granted, held, names: reserved, subject })
    }

    /// Plans the deactivation of somebody whom the directory knows, from the directory alone (P9): nobody is
    /// asked anything, and nothing in the document that only concerns the active can refuse it.
    pub(super) async fn leave(&self, mut goal: UserGoal, passed: Leftover) -> Result<PlannedUser, Fault> {
        goal.password = None;
        let mut granted = self.ours(&goal).await?.granted;
        granted.extend(passed.granted.clone());
        let Some(stored) = goal.stored() else { return Err(Fault::Broken) };
        let before = self.email_of(&stored.document).unwrap_or_default();
        let email = match self.email_of(&goal.document) {
            Ok(email) => email,
            Err(_) if same_name(&goal.document, stored) => before.clone(),
            Err(fault) => return Err(fault),
        };
        self.refuse_protected(&email, Some(&stored.id))?;
        self.refuse_protected(&before, None)?;
        if fold(&email) != fold(&before) || !same_name(&goal.document, stored) {
            self.refuse_taken(&goal, &email).await?;
        }
        // Names are read when the person is active again, and so are mistakes in them.
        let desired = self.desired(&goal).await.ok();
        let (items, managed) = desired.map(|set| (set.items, set.managed)).unzip();
        let wanted = |items: Vec<Desired>| items.into_iter().map(|item| item.wanted).collect();
        let wanted: Option<Vec<Wanted>> = items.map(wanted);
        let managers = self.known_managers([Some(&goal.document), Some(&stored.document)]).await;
        let known = |id: &str| managers.iter().any(|manager| manager == id);
        let in_doubt = matches!(stored.status.state, ProvisioningState::Pending | ProvisioningState::Failed);
        let planned = plan_leaver(&LeaverInput {
            payload: &identity::payload(&goal.document, &email, &known),
            payload_before: &identity::payload(&stored.document, &before, &known),
            in_doubt,
            granted: &granted,
            wanted: wanted.as_deref(),
            managed: &managed.unwrap_or_default(),
            passed: &passed,
        });
        let subject = stored.subject;
        let own = [
            name_of(ResourceKind::User, text(&stored.document, "userName")),
            Reservation::UserEmail(fold(&before)),
        ];
        let mut names = reserved(&goal, &email);
        // What is its own already needs no reservation, and nobody's reservation keeps it in.
        names.retain(|name| !own.contains(name));
        let held = identity::kept_here(&goal.document);
        Ok(PlannedUser { goal, planned, granted_before: granted, held, names, subject })
    }

    /// What is ours of somebody; also of one whom we removed and who is to come back.
    pub(super) async fn ours(&self, goal: &UserGoal) -> Result<Ours, Fault> {
        match goal.id() {
            Some(id) => Ok(self.directory.ours(id).await?),
            None => Ok(Ours::default()),
        }
    }

    /// Those of the managers that the documents name who are users of this directory.
    pub(super) async fn known_managers(&self, documents: [Option<&Object>; 2]) -> Vec<String> {
        let mut known = Vec::new();
        for id in documents.into_iter().flatten().filter_map(identity::manager_of) {
            if self.directory.has_user(&UserId::new(id)).await.is_ok_and(|there| there) {
                known.push(id.to_owned());
            }
        }
        known
    }

    /// What rules and document give.
    pub(super) async fn desired(&self, goal: &UserGoal) -> Result<DesiredSet, Fault> {
        let user = self.with_groups(goal.document.clone(), goal.stored()).await?;
        Ok(entitlements::desired(&self.rules, &user, goal.mention())?)
    }

    /// A document as rules see it.
    async fn with_groups(&self, mut user: Object, stored: Option<&StoredUser>) -> Result<Object, Fault> {
        if let Some(stored) = stored {
            let groups = self.directory.groups_of(&stored.id).await?;
            let group = |(id, name): (GroupId, String)| json!({ "value": id, "display": name });
            user.insert("id".into(), json!(stored.id));
            user.insert("groups".into(), Value::Array(groups.into_iter().map(group).collect()));
        }
        Ok(user)
    }

    /// Whether what a plan gives and takes was acknowledged before: somebody who was active stays so, with the same
    /// wishes.
    async fn only_owes(&self, plan: &Plan, goal: &UserGoal, desired: &DesiredSet) -> bool {
        if plan.steps.iter().all(|step| step.identity) {
            return false;
        }
        let Some(stored) = goal.stored().filter(|stored| stored.managed && !goal.is_created()) else {
            return false;
        };
        if !identity::is_active(&stored.document) || !identity::is_active(&goal.document) {
            return false;
        }
        let before = self.with_groups(stored.document.clone(), Some(stored)).await;
        let before = before.and_then(|user| Ok(entitlements::desired(&self.rules, &user, Mention::Record)?));
        before.is_ok_and(|before| before.items == desired.items)
    }

    /// Whether a call of ours may have made somebody inactive whom the directory has as active: one that arrived late.
    async fn may_be_our_own(&self, goal: &UserGoal) -> Result<bool, Fault> {
        let Some(stored) = goal.stored() else { return Ok(false) };
        let now_ms = self.looks.clock.now_ms();
        let unverified =
            self.directory.work(&stored.id).await?.is_some_and(|work| work.is_unverified(now_ms));
        Ok(unverified || stored.status.state == ProvisioningState::Pending)
    }

    /// Whether somebody who was deleted in Genesys may come back: never without a request, else where the tenant
    /// says so or the user is ours. True: it was removed here, so that whoever is made now is somebody new.
    async fn may_restore(&self, goal: &UserGoal, observed: &Observed) -> Result<bool, Fault> {
        let removed_by_us = match goal.id() {
            Some(id) => goal.stored().is_none() && self.directory.tombstone(id).await?.is_some(),
            None => false,
        };
        let ours = removed_by_us || whose::is_ours(&self.policy.tenant, &goal.document, observed);
        match goal.id() {
            Some(_) if !goal.is_recorded() && (self.policy.restore_deleted || ours) => Ok(removed_by_us),
            Some(id) if !goal.is_created() => Err(Fault::DeletedInGenesys(id.clone())),
            _ => Err(Fault::NotLinked(OWNER_DELETED)),
        }
    }

    /// The address by which Genesys identifies the person.
    pub(super) fn email_of(&self, document: &Object) -> Result<String, Fault> {
        let domain = self.policy.fallback_email_domain.as_deref();
        identity::email_of(document, domain).map_err(|_| Fault::NoAddress)
    }

    /// Refuses to touch somebody whom the configuration protects, by address or by Genesys id.
    pub(super) fn refuse_protected(&self, email: &str, id: Option<&UserId>) -> Result<(), Fault> {
        let by_id = id.is_some_and(|id| self.policy.protects(id.as_str()));
        if by_id || self.policy.protects(email) { Err(Fault::Protected) } else { Ok(()) }
    }

    /// An address or name that another user of the directory owns is refused before anything is written.
    async fn refuse_taken(&self, goal: &UserGoal, email: &str) -> Result<(), Fault> {
        let own = goal.stored().map(|stored| &stored.id);
        let address = fold(email);
        let owners = self.directory.users_by(UserLookup::Email(&address), limits::ADDRESS_SHARERS).await?;
        let mut others = owners.iter().filter(|other| Some(&other.id) != own);
        if others.any(|other| self.email_of(&other.document).is_ok_and(|theirs| fold(&theirs) == address)) {
            return Err(Fault::AddressTaken);
        }
        let user_name = fold(text(&goal.document, "userName"));
        let named = self.directory.user_by(UserLookup::UserName(&user_name)).await?;
        if named.is_some_and(|other| Some(&other.id) != own) {
            return Err(Fault::NameTaken(ResourceKind::User));
        }
        Ok(())
    }
}

/// The names that a goal reserves: a rename keeps the old name until it is done.
fn reserved(goal: &UserGoal, email: &str) -> Vec<Reservation> {
    let name = |document: &Object| name_of(ResourceKind::User, text(document, "userName"));
    let mut names = vec![name(&goal.document), Reservation::UserEmail(fold(email))];
    let before = goal.stored().map(|stored| name(&stored.document));
    names.extend(before.filter(|before| !names.contains(before)));
    names
}

/// What is shown of somebody whom another has made inactive in Genesys.
fn shut_out() -> Failure {
    let why = "somebody else made this person inactive in Genesys Cloud; make them active there, or send a whole user \
               with active true";
    Failure::kept("access", SHUT_OUT, why)
}

fn same_name(document: &Object, stored: &StoredUser) -> bool {
    fold(text(document, "userName")) == fold(text(&stored.document, "userName"))
}

fn text<'a>(document: &'a Object, name: &str) -> &'a str {
    document.get(name).and_then(Value::as_str).unwrap_or_default()
}
