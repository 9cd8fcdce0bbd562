//! One group: from a change to a draft of the saga that makes it.
//!
//! The group's own name and members are one saga; what members get by rules is recomputed user by user
//! afterwards (`recompute`), and a user's failure never fails the group. Who comes and who goes is told by
//! `members`.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use super::admission::priority;
use super::claims::{Claims, claim_of};
use super::draft::{Draft, Prepared};
use super::fault::Fault;
use super::looks::Looks;
use super::members::{Delta, Members};
use super::patching::Patching;
use super::sagas::{existing, name_of};
use super::submission::{Done, Reply, Submission};
use super::{NOT_LINKED, OnExisting, Policy};
use crate::directory::{Directory, StoredGroup, StoredUser, UserLookup};
use crate::limits;
use crate::model::ports::{CallContext, Ids, Store};
use crate::model::{Batch, GroupId, Intent, Object, Subject, UserId, Verdict};
use crate::plan::{Before, GroupInput, identity, plan_group};
use crate::scim::change::{Action, Change};
use crate::scim::kind::ResourceKind;
use crate::scim::patch::MemberChange;
use crate::scim::resource::{self, Incoming, name_in};
use crate::scim::value::fold;

const KIND: ResourceKind = ResourceKind::Group;
/// How often the members of a group are looked at before they count as unknown, and the longest pause between.
const LOOKS: usize = 3;
const LOOK_PAUSE: Duration = Duration::from_millis(500);

/// Prepares changes of groups.
pub(super) struct Groups {
    pub(super) policy: Arc<Policy>,
    pub(super) ids: Arc<dyn Ids>,
    pub(super) directory: Arc<Directory>,
    pub(super) store: Arc<dyn Store>,
    pub(super) claims: Arc<Claims>,
    pub(super) looks: Arc<Looks>,
    pub(super) patching: Arc<Patching>,
}

/// A group as a change wants it.
struct GroupGoal {
    stored: Option<StoredGroup>,
    document: Object,
    delta: Delta,
    done: Done,
}

impl GroupGoal {
    fn name(&self) -> &str {
        name_in(KIND, &self.document)
    }

    fn id(&self) -> Option<&GroupId> {
        self.stored.as_ref().map(|stored| &stored.id)
    }

    /// Whether it changes nothing on a group that is ours.
    fn is_reached(&self) -> bool {
        self.done == Done::Changed
            && self.delta == Delta::default()
            && self.stored.as_ref().is_some_and(|stored| stored.managed && stored.document == self.document)
    }
}

impl Groups {
    /// Prepares a change of a group.
    pub(super) async fn prepare(&self, asked: &Submission) -> Result<Prepared, Fault> {
        let change = &asked.change;
        let goal = match change.action() {
            Action::Create(incoming) => self.created(asked, incoming).await?,
            Action::Delete(id) => return Ok(self.removed(self.stored(change, id).await?)),
            Action::Replace(id, whole) => {
                let stored = self.stored(change, id).await?;
                let mut document = whole.onto(&stored.document)?.document;
                // Members that a PUT does not speak of stay: an unrelated replace never empties a group.
                let members = resource::split_members(&mut document)?.map(MemberChange::ReplaceAll);
                self.changed(stored, document, members.as_slice()).await?
            }
            Action::Patch(id, request) => {
                let stored = self.stored(change, id).await?;
                let patched = self.patching.apply(KIND, &stored.document, id, request).await?;
                self.changed(stored, patched.document, &patched.members).await?
            }
        };
        if let Some(id) = goal.id().filter(|_| goal.is_reached()) {
            let token = self.store.commit(Batch::new()).await?;
            let id = id.as_str().to_owned();
            return Ok(Prepared::Nothing(Reply { done: goal.done, id, token, pending: false }));
        }
        self.refuse_taken(&goal).await?;
        self.refuse_protected(&goal.delta).await?;
        let context = CallContext::new(priority(change), format!("request {}", asked.cause.request));
        self.plan(change, goal, &context).await
    }

    /// POST: a new group, or one that the client may claim or we may adopt.
    async fn created(&self, asked: &Submission, incoming: &Incoming) -> Result<GroupGoal, Fault> {
        let mut document = incoming.document.clone();
        let members = resource::split_members(&mut document)?.unwrap_or_default();
        let stored = self.known(asked, incoming).await?;
        let group = stored.as_ref().map(|stored| &stored.id);
        let delta = self.members().delta(group, &[MemberChange::Add(members)]).await?;
        Ok(GroupGoal { stored, document, delta, done: Done::Created })
    }

    /// The group of the directory that a POST means.
    async fn known(&self, asked: &Submission, incoming: &Incoming) -> Result<Option<StoredGroup>, Fault> {
        if let Some(claim) = claim_of(&asked.change)
            && let Some(id) = self.claims.made_before(&asked.cause.by, &claim).await?
        {
            let made = self.directory.get_group(&GroupId::new(id)).await?;
            // What has been renamed since is not what this POST means.
            return Ok(made.filter(|made| fold(name_in(KIND, &made.document)) == fold(incoming.name())));
        }
        match self.directory.group_by_name(&fold(incoming.name())).await? {
            Some(group) if group.managed || self.policy.on_existing == OnExisting::Refuse => {
                Err(Fault::NameTaken(KIND))
            }
            other => Ok(other),
        }
    }

    async fn changed(
        &self,
        stored: StoredGroup,
        document: Object,
        members: &[MemberChange],
    ) -> Result<GroupGoal, Fault> {
        let delta = self.members().delta(Some(&stored.id), members).await?;
        Ok(GroupGoal { stored: Some(stored), document, delta, done: Done::Changed })
    }

    /// The group that a change names, as the directory has it now.
    pub(super) async fn about(&self, change: &Change) -> Result<Option<StoredGroup>, Fault> {
        let Some(id) = change.id() else { return Ok(None) };
        Ok(self.directory.get_group(&GroupId::new(id)).await?)
    }

    fn members(&self) -> Members<'_> {
        Members { directory: &self.directory }
    }

    async fn stored(&self, change: &Change, id: &str) -> Result<StoredGroup, Fault> {
        let stored = self.directory.get_group(&GroupId::new(id)).await?;
        let stored = stored.ok_or_else(|| Fault::NotFound { kind: KIND, id: id.to_owned() })?;
        if !stored.managed && self.policy.on_existing == OnExisting::Refuse {
            return Err(Fault::NotLinked(NOT_LINKED));
        }
        if change.precondition().is_some_and(|wanted| !wanted.matches(stored.version)) {
            return Err(Fault::VersionChanged);
        }
        Ok(stored)
    }

    async fn refuse_taken(&self, goal: &GroupGoal) -> Result<(), Fault> {
        let named = self.directory.group_by_name(&fold(goal.name())).await?;
        if named.is_some_and(|other| Some(&other.id) != goal.id()) {
            return Err(Fault::NameTaken(KIND));
        }
        Ok(())
    }

    /// Membership gives access and takes it: whoever is protected neither comes nor goes.
    async fn refuse_protected(&self, delta: &Delta) -> Result<(), Fault> {
        let mut protected: BTreeSet<String> = BTreeSet::new();
        for who in &self.policy.protected {
            let sharers = self.directory.users_by(UserLookup::Email(who), limits::ADDRESS_SHARERS).await?;
            let domain = self.policy.fallback_email_domain.as_deref();
            let own = |user: &&StoredUser| {
                identity::email_of(&user.document, domain).is_ok_and(|email| fold(&email) == *who)
            };
            protected.extend(sharers.iter().filter(own).map(|user| fold(user.id.as_str())));
            protected.insert(who.clone());
        }
        let mut touched = delta.add.iter().chain(&delta.remove);
        match touched.find(|id| protected.contains(&fold(id))) {
            Some(id) => Err(Fault::ProtectedMember(id.clone())),
            None => Ok(()),
        }
    }

    async fn plan(&self, change: &Change, goal: GroupGoal, context: &CallContext) -> Result<Prepared, Fault> {
        let name = goal.name();
        let known = goal.stored.as_ref().and_then(|stored| stored.genesys.clone());
        let adopt = known.is_none();
        let genesys = match known {
            Some(genesys) => Some(genesys),
            None => self.found(name, context).await?,
        };
        // Of a group that was there before us others may be members as well, whom no undo may throw out.
        let ours = genesys.is_none() || goal.stored.as_ref().is_some_and(|stored| stored.made);
        let seen = match &genesys {
            Some(group) if !ours && goal.delta != Delta::default() => self.seen(group, context).await?,
            _ => None,
        };
        let before = goal.stored.as_ref().map(|stored| name_in(KIND, &stored.document));
        let users = |ids: &BTreeSet<String>| ids.iter().map(UserId::new).collect::<Vec<_>>();
        let plan = plan_group(&GroupInput {
            delete: false,
            genesys: genesys.as_deref(),
            adopt,
            name_now: before.filter(|_| !adopt),
            name,
            add: users(&goal.delta.add),
            remove: users(&goal.delta.remove),
            before: match &seen {
                _ if ours => Before::Ours,
                Some(members) => Before::Seen(members),
                None => Before::Unknown,
            },
        });
        let id = goal.id().cloned().unwrap_or_else(|| self.ids.group());
        let mut names = vec![name_of(KIND, name), existing(KIND, id.as_str())];
        // A rename keeps the old name until it is done.
        let before = before.map(|before| name_of(KIND, before));
        names.extend(before.filter(|before| !names.contains(before)));
        Ok(Prepared::Saga(Box::new(Draft {
            subject: goal.stored.as_ref().map_or_else(|| self.ids.subject(), |stored| stored.subject),
            names,
            plan,
            claim: claim_of(change),
            password: None,
            done: goal.done,
            id: Some(id.as_str().to_owned()),
            about: Subject::Group { id, genesys },
            intent: Intent::PutGroup {
                version: goal.stored.as_ref().map(|stored| stored.version),
                document: goal.document,
                add: goal.delta.add.into_iter().collect(),
                remove: goal.delta.remove.into_iter().collect(),
                replace: false,
            },
        })))
    }

    /// The group of that name in Genesys, if the tenant's choices allow what follows from its being there or
    /// not.
    async fn found(&self, name: &str, context: &CallContext) -> Result<Option<String>, Fault> {
        let ask = || self.looks.upstream.find_group(name, context);
        let found = self.looks.patiently("looking up the group", ask).await?;
        match (&found, self.policy.create_groups, self.policy.on_existing) {
            (Some(_), true, OnExisting::Refuse) => Err(Fault::NotLinked(
                "Genesys Cloud already has a group of this name; set on_existing = \"link\" to adopt it",
            )),
            (None, false, _) => Err(Fault::Unacceptable(format!(
                "groups are only linked here (groups = \"link\"), and Genesys Cloud has no group \"{name}\""
            ))),
            _ => Ok(found.map(|group| group.id)),
        }
    }

    /// Who is in a group of Genesys; `None` where that cannot be told soon, because the answer is lost or too long.
    async fn seen(&self, group: &str, context: &CallContext) -> Result<Option<BTreeSet<UserId>>, Fault> {
        for _ in 0..LOOKS {
            match self.looks.upstream.observe_group(group, true, context).await {
                Verdict::Done(seen) => return Ok(seen.and_then(|group| group.members)),
                Verdict::Refused(refusal) => {
                    let during = "looking at the members of the group".to_owned();
                    return Err(Fault::Refused { refusal, during });
                }
                Verdict::Later(later) => self.looks.clock.sleep(later.wait.min(LOOK_PAUSE)).await,
                Verdict::Unknown(_) => self.looks.clock.sleep(LOOK_PAUSE).await,
            }
        }
        Ok(None)
    }

    fn removed(&self, stored: StoredGroup) -> Prepared {
        // A group that was there before us is only let go.
        let genesys = stored.genesys.as_deref().filter(|_| self.policy.create_groups && stored.made);
        let plan = plan_group(&GroupInput { delete: true, genesys, ..GroupInput::default() });
        let id = stored.id.as_str();
        Prepared::Saga(Box::new(Draft {
            subject: stored.subject,
            names: vec![name_of(KIND, name_in(KIND, &stored.document)), existing(KIND, id)],
            plan,
            intent: Intent::DeleteGroup { version: stored.version },
            claim: None,
            password: None,
            done: Done::Deleted,
            id: Some(id.to_owned()),
            about: Subject::Group { id: stored.id, genesys: stored.genesys },
        }))
    }
}
