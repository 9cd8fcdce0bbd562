//! One group: from the request to a saga that can be opened.
//!
//! The group's own name and members are one saga; what members get by rules is recomputed user by user afterwards
//! (`recompute`), and a user's failure never fails the group.

use super::members::Delta;
use super::open::{Prepared, Ready, existing, name_of};
use super::submission::{Done, Reply, Submission};
use super::user::{check_precondition, text};
use super::{Bridge, OnExisting, errors};
use crate::directory::StoredGroup;
use crate::model::ports::CallContext;
use crate::model::{Batch, GroupId, Intent, Object, Subject, UserId};
use crate::plan::{GroupInput, plan_group};
use crate::scim::change::{Action, Change};
use crate::scim::error::ScimError;
use crate::scim::kind::ResourceKind;
use crate::scim::patch::MemberChange;
use crate::scim::resource::Incoming;
use crate::scim::value::fold;
use crate::scim::{patch, resource};

struct Goal {
    stored: Option<StoredGroup>,
    document: Object,
    delta: Delta,
    done: Done,
}

impl Bridge {
    /// Prepares a change of a group.
    pub(super) async fn prepare_group(&self, asked: &Submission, fence: u64) -> Result<Prepared, ScimError> {
        let change = &asked.change;
        let context =
            CallContext::new(super::submit::priority(change), format!("request {}", asked.cause.request));
        let goal = match change.action() {
            Action::Create(incoming) => self.new_group(asked, incoming).await?,
            Action::Delete(id) => return self.prepare_group_removal(asked, id, fence).await,
            Action::Replace(id, whole) => {
                let stored = self.stored_group(change, id).await?;
                let mut document = whole.onto(&stored.document)?.document;
                let members = resource::split_members(&mut document)?;
                // Members that a PUT does not speak of stay: an unrelated replace never empties a group.
                let changes: Vec<_> = members.map(MemberChange::ReplaceAll).into_iter().collect();
                let delta = self.delta(Some(&stored.id), &changes).await?;
                Goal { stored: Some(stored), document, delta, done: Done::Changed }
            }
            Action::Patch(id, request) => {
                let stored = self.stored_group(change, id).await?;
                let patched = patch::apply(ResourceKind::Group, &stored.document, id, request)?;
                let delta = self.delta(Some(&stored.id), &patched.members).await?;
                Goal { stored: Some(stored), document: patched.document, delta, done: Done::Changed }
            }
        };
        if let Some(stored) = &goal.stored {
            let same = stored.managed && stored.document == goal.document && goal.delta == Delta::default();
            if same && goal.done == Done::Changed {
                let token =
                    self.parts.store.commit(Batch::new()).await.map_err(|error| errors::store(&error))?;
                let id = stored.id.as_str().to_owned();
                return Ok(Prepared::Nothing(Reply { done: goal.done, id, token, pending: false }));
            }
        }
        self.refuse_taken_name(&goal).await?;
        self.ready_group(asked, goal, fence, &context).await
    }

    async fn new_group(&self, asked: &Submission, incoming: &Incoming) -> Result<Goal, ScimError> {
        let mut document = incoming.document.clone();
        let members = resource::split_members(&mut document)?.unwrap_or_default();
        let find = |error| errors::store(&error);
        let (name, external_id) = super::submit::claim_pair(&asked.change).unwrap_or_default();
        let claimed = self.claimed(&asked.cause.by, &name, external_id.as_deref()).await.map_err(find)?;
        let stored = match claimed {
            Some(id) => self.parts.directory.get_group(&GroupId::new(id)).await.map_err(find)?,
            None => {
                let named = self
                    .parts
                    .directory
                    .group_by_name(&fold(text(&document, "displayName")))
                    .await
                    .map_err(find)?;
                match named {
                    Some(group) if !group.managed && self.parts.policy.on_existing == OnExisting::Link => {
                        Some(group)
                    }
                    Some(_) => return Err(ScimError::uniqueness("a group with this displayName exists")),
                    None => None,
                }
            }
        };
        let delta =
            self.delta(stored.as_ref().map(|stored| &stored.id), &[MemberChange::Add(members)]).await?;
        Ok(Goal { stored, document, delta, done: Done::Created })
    }

    async fn stored_group(&self, change: &Change, id: &str) -> Result<StoredGroup, ScimError> {
        let stored =
            self.parts.directory.get_group(&GroupId::new(id)).await.map_err(|error| errors::store(&error))?;
        let stored = stored.ok_or_else(|| ScimError::not_found(format!("there is no group {id}")))?;
        if !stored.managed && self.parts.policy.on_existing == OnExisting::Refuse {
            return Err(ScimError::uniqueness(super::user::NOT_LINKED));
        }
        check_precondition(change, stored.version)?;
        Ok(stored)
    }

    async fn refuse_taken_name(&self, goal: &Goal) -> Result<(), ScimError> {
        let name = fold(text(&goal.document, "displayName"));
        let named = self.parts.directory.group_by_name(&name).await.map_err(|error| errors::store(&error))?;
        let own = goal.stored.as_ref().map(|stored| &stored.id);
        if named.is_some_and(|other| Some(&other.id) != own) {
            return Err(ScimError::uniqueness("a group with this displayName exists"));
        }
        Ok(())
    }

    async fn ready_group(
        &self,
        asked: &Submission,
        goal: Goal,
        fence: u64,
        context: &CallContext,
    ) -> Result<Prepared, ScimError> {
        let name = text(&goal.document, "displayName").to_owned();
        let known = goal.stored.as_ref().and_then(|stored| stored.genesys.clone());
        let before = goal.stored.as_ref().map(|stored| text(&stored.document, "displayName").to_owned());
        let (genesys, adopt) = match known {
            Some(genesys) => (Some(genesys), false),
            None => {
                let ask = || self.parts.upstream.find_group(&name, context);
                let found = self.patient_read("looking up the group", ask).await?;
                self.check_group_policy(found.is_some(), &name)?;
                (found.map(|group| group.id), true)
            }
        };
        let users =
            |ids: &std::collections::BTreeSet<String>| ids.iter().map(UserId::new).collect::<Vec<_>>();
        let plan = plan_group(&GroupInput {
            delete: false,
            genesys: genesys.as_deref(),
            adopt,
            name_now: before.as_deref().filter(|_| !adopt),
            name: &name,
            add: users(&goal.delta.add),
            remove: users(&goal.delta.remove),
            members_now: None,
        });
        let id = goal.stored.as_ref().map_or_else(|| self.parts.ids.group(), |stored| stored.id.clone());
        let subject = goal.stored.as_ref().map_or_else(|| self.parts.ids.subject(), |stored| stored.subject);
        let mut opened =
            self.opened(&asked.cause, subject, Subject::Group { id: id.clone(), genesys }, fence);
        opened.names = vec![
            name_of(ResourceKind::Group, &name).to_string(),
            existing(ResourceKind::Group, id.as_str()).to_string(),
        ];
        let before = before.map(|before| name_of(ResourceKind::Group, &before).to_string());
        let renamed = before.filter(|before| !opened.names.contains(before));
        opened.names.extend(renamed);
        opened.plan = plan;
        opened.intent = Intent::PutGroup {
            document: goal.document,
            version: goal.stored.as_ref().map(|stored| stored.version),
            add: goal.delta.add.into_iter().collect(),
            remove: goal.delta.remove.into_iter().collect(),
            replace: false,
        };
        opened.claim = super::submit::claim_pair(&asked.change);
        Ok(Prepared::Saga(Box::new(Ready {
            opened,
            password: None,
            done: goal.done,
            id: Some(id.as_str().to_owned()),
        })))
    }

    fn check_group_policy(&self, exists: bool, name: &str) -> Result<(), ScimError> {
        let policy = &self.parts.policy;
        match (exists, policy.create_groups, policy.on_existing) {
            (true, true, OnExisting::Refuse) => Err(ScimError::uniqueness(
                "Genesys Cloud already has a group of this name; set on_existing = \"link\" to adopt it",
            )),
            (false, false, _) => Err(ScimError::invalid_value(format!(
                "groups are only linked here (groups = \"link\"), and Genesys Cloud has no group \"{name}\""
            ))),
            _ => Ok(()),
        }
    }

    async fn prepare_group_removal(
        &self,
        asked: &Submission,
        id: &str,
        fence: u64,
    ) -> Result<Prepared, ScimError> {
        let stored = self.stored_group(&asked.change, id).await?;
        // A group that was there before us is only let go.
        let genesys = stored.genesys.as_deref().filter(|_| self.parts.policy.create_groups && stored.made);
        let plan = plan_group(&GroupInput { delete: true, genesys, ..GroupInput::default() });
        let about = Subject::Group { id: stored.id.clone(), genesys: stored.genesys.clone() };
        let mut opened = self.opened(&asked.cause, stored.subject, about, fence);
        let name = name_of(ResourceKind::Group, text(&stored.document, "displayName"));
        opened.names = vec![name.to_string(), existing(ResourceKind::Group, id).to_string()];
        opened.plan = plan;
        opened.intent = Intent::DeleteGroup { version: stored.version };
        Ok(Prepared::Saga(Box::new(Ready {
            opened,
            password: None,
            done: Done::Deleted,
            id: Some(id.to_owned()),
        })))
    }
}
