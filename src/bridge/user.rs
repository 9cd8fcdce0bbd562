//! One user: from the request to a saga that can be opened.
//!
//! Reads the directory, asks Genesys what is there, resolves names, and lets `plan` decide. Writes nothing: that is
//! `open` and the saga.

use serde_json::Value;

use super::goal::{Goal, PlannedUser};
use super::open::{Prepared, Ready, existing, name_of};
use super::submission::{Done, Reply, Submission};
use super::{Bridge, OnExisting, errors};
use crate::directory::{ProvisioningState, StoredUser, UserLookup};
use crate::model::ports::CallContext;
use crate::model::{
    Batch, Cause, FoundUser, GrantedSet, Intent, Object, Observed, Reservation, SagaOpened, Secret, Subject,
    SubjectId, UserId,
};
use crate::plan::{UserChange, UserInput, identity, plan_user};
use crate::scim::change::{Action, Change};
use crate::scim::error::ScimError;
use crate::scim::kind::ResourceKind;
use crate::scim::patch;
use crate::scim::resource::Incoming;
use crate::scim::value::fold;

impl Bridge {
    /// Prepares a change of a user.
    pub(super) async fn prepare_user(
        &self,
        asked: &Submission,
        owner: Option<&FoundUser>,
        granted: Option<GrantedSet>,
        fence: u64,
    ) -> Result<Prepared, ScimError> {
        let change = &asked.change;
        let context =
            CallContext::new(super::submit::priority(change), format!("request {}", asked.cause.request));
        let goal = match change.action() {
            Action::Create(incoming) => self.new_user(asked, incoming, owner).await?,
            Action::Delete(id) => return self.prepare_removal(asked, id, fence).await,
            Action::Replace(id, whole) => {
                let stored = self.stored_user(change, id).await?;
                let incoming = whole.onto(&stored.document)?;
                existing_goal(stored, incoming.document, incoming.password, false)
            }
            Action::Patch(id, request) => {
                let stored = self.stored_user(change, id).await?;
                let patched = patch::apply(ResourceKind::User, &stored.document, id, request)?;
                existing_goal(stored, patched.document, patched.password, true)
            }
        };
        if let Some(stored) = goal.stored.as_ref().filter(|stored| nothing_to_do(stored, &goal)) {
            let token = self.parts.store.commit(Batch::new()).await.map_err(|error| errors::store(&error))?;
            let id = stored.id.as_str().to_owned();
            return Ok(Prepared::Nothing(Reply { done: goal.done, id, token, pending: false }));
        }
        let granted = match (granted, &goal.stored) {
            (Some(granted), _) => granted,
            (None, Some(stored)) => self.granted(stored).await?,
            (None, None) => GrantedSet::new(),
        };
        let planned = self.plan_goal(&goal, granted, &context).await?;
        let claim = super::submit::claim_pair(change);
        Ok(Prepared::Saga(Box::new(self.ready_user(&asked.cause, claim, goal, planned, fence))))
    }

    /// POST: a new user, or one that the client may claim or we may adopt.
    async fn new_user<'a>(
        &self,
        asked: &Submission,
        incoming: &Incoming,
        owner: Option<&'a FoundUser>,
    ) -> Result<Goal<'a>, ScimError> {
        let Incoming { document, password, .. } = incoming.clone();
        let (name, external_id) = super::submit::claim_pair(&asked.change).unwrap_or_default();
        let claimed = self.claimed(&asked.cause.by, &name, external_id.as_deref()).await;
        let user_name = fold(incoming.name());
        let find = |error| errors::store(&error);
        let stored = match claimed.map_err(find)? {
            Some(id) => self.parts.directory.get_user(&UserId::new(id)).await.map_err(find)?,
            None => {
                match self.parts.directory.user_by(UserLookup::UserName(&user_name)).await.map_err(find)? {
                    Some(stored) if self.may_adopt(&stored) => Some(stored),
                    Some(_) => return Err(ScimError::uniqueness("a user with this userName exists")),
                    None => None,
                }
            }
        };
        if let (None, Some(owner)) = (&stored, owner) {
            // Imported meanwhile, or known under another userName.
            if let Some(known) = self.parts.directory.get_user(&owner.id).await.map_err(find)? {
                if known.managed {
                    return Err(ScimError::uniqueness(
                        "another user of this directory owns the e-mail address",
                    ));
                }
                let done = Done::Created;
                let (owner, stored) = (None, Some(known));
                return Ok(Goal { stored, owner, document, patched: false, record: false, password, done });
            }
        }
        let owner = owner.filter(|_| stored.is_none());
        let done = Done::Created;
        Ok(Goal { stored, owner, document, patched: false, record: false, password, done })
    }

    fn may_adopt(&self, stored: &StoredUser) -> bool {
        !stored.managed && self.parts.policy.on_existing == OnExisting::Link
    }

    async fn stored_user(&self, change: &Change, id: &str) -> Result<StoredUser, ScimError> {
        let stored =
            self.parts.directory.get_user(&UserId::new(id)).await.map_err(|error| errors::store(&error))?;
        let stored = stored.ok_or_else(|| ScimError::not_found(format!("there is no user {id}")))?;
        if !stored.managed && self.parts.policy.on_existing == OnExisting::Refuse {
            return Err(ScimError::uniqueness(NOT_LINKED));
        }
        check_precondition(change, stored.version)?;
        Ok(stored)
    }

    async fn prepare_removal(&self, asked: &Submission, id: &str, fence: u64) -> Result<Prepared, ScimError> {
        let stored = self.stored_user(&asked.change, id).await?;
        let email = self.email_of(&stored.document).unwrap_or_default();
        self.refuse_protected(&email)?;
        let empty = Default::default();
        let planned = plan_user(&UserInput {
            change: UserChange::Delete,
            document: &stored.document,
            payload: &identity::Payload::new(),
            payload_before: None,
            observed: &Observed::default(),
            division: None,
            desired: &[],
            managed: &empty,
            granted: &GrantedSet::new(),
        });
        let mut opened =
            self.opened(&asked.cause, stored.subject, Subject::User(Some(stored.id.clone())), fence);
        opened.names = vec![
            existing(ResourceKind::User, id).to_string(),
            name_of(ResourceKind::User, text(&stored.document, "userName")).to_string(),
        ];
        opened.plan = planned.plan;
        opened.intent = Intent::DeleteUser { version: stored.version };
        Ok(Prepared::Saga(Box::new(Ready {
            opened,
            password: None,
            done: Done::Deleted,
            id: Some(id.to_owned()),
        })))
    }

    pub(super) fn ready_user(
        &self,
        cause: &Cause,
        claim: Option<(String, Option<String>)>,
        goal: Goal<'_>,
        planned: PlannedUser,
        fence: u64,
    ) -> Ready {
        let about = planned.about.clone();
        let mut opened = self.opened(cause, planned.subject, Subject::User(about.clone()), fence);
        let kind = ResourceKind::User;
        let address = Reservation::UserEmail(fold(&planned.email));
        opened.names = vec![name_of(kind, text(&goal.document, "userName")).to_string(), address.to_string()];
        if let Some(stored) = &goal.stored {
            let before = name_of(kind, text(&stored.document, "userName")).to_string();
            if !opened.names.contains(&before) {
                opened.names.push(before);
            }
        }
        opened.names.extend(about.as_ref().map(|id| existing(kind, id.as_str()).to_string()));
        opened.plan = planned.planned.plan;
        opened.intent = Intent::PutUser {
            document: goal.document,
            granted: planned.planned.granted,
            granted_before: planned.granted_before,
            version: goal.stored.as_ref().map(|stored| stored.version),
            held: planned.held,
        };
        opened.claim = claim;
        let password = goal.password.filter(|_| self.parts.policy.forward_passwords);
        Ready {
            opened,
            password,
            done: goal.done,
            id: goal.stored.map(|stored| stored.id.as_str().to_owned()),
        }
    }

    /// A saga record with everything but names, plan and intent.
    pub(super) fn opened(&self, cause: &Cause, subject: SubjectId, about: Subject, fence: u64) -> SagaOpened {
        SagaOpened {
            id: self.parts.ids.saga(),
            tenant: self.parts.policy.tenant.clone(),
            subject,
            about,
            names: Vec::new(),
            plan: crate::model::Plan { kind: crate::model::PlanKind::Update, steps: Vec::new(), pivot: None },
            intent: Intent::DeleteUser { version: 0 },
            cause: cause.clone(),
            claim: None,
            opened_ms: self.parts.clock.now_ms(),
            fence,
        }
    }
}

/// An imported resource where the tenant does not let the bridge adopt.
pub(super) const NOT_LINKED: &str =
    "Genesys Cloud had this before the bridge; set on_existing = \"link\" to let the bridge change it";

fn existing_goal(
    stored: StoredUser,
    document: Object,
    password: Option<Secret>,
    patched: bool,
) -> Goal<'static> {
    Goal {
        stored: Some(stored),
        owner: None,
        document,
        patched,
        record: false,
        password,
        done: Done::Changed,
    }
}

/// A change that changes nothing on a user that is as it should be: keeps the version and asks nobody.
fn nothing_to_do(stored: &StoredUser, goal: &Goal<'_>) -> bool {
    goal.done == Done::Changed
        && stored.managed
        && stored.document == goal.document
        && goal.password.is_none()
        && stored.status.state == ProvisioningState::Committed
}

pub(super) fn check_precondition(change: &Change, version: u64) -> Result<(), ScimError> {
    if change.precondition().is_none_or(|wanted| wanted.matches(version)) {
        return Ok(());
    }
    Err(ScimError::precondition_failed("the resource has changed since; read it again"))
}

pub(super) fn text<'a>(document: &'a Object, name: &str) -> &'a str {
    document.get(name).and_then(Value::as_str).unwrap_or_default()
}
