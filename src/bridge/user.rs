//! One user: from the request to a saga that can be opened.
//!
//! Reads the directory, asks Genesys what is there, resolves names, and lets `plan` decide. Writes nothing: that is
//! `open` and the saga.

use std::time::Duration;

use serde_json::Value;

use super::change::{Action, Change, Done, Reply};
use super::open::{Prepared, Ready, email_key, id_key, name_key};
use super::resolve::upstream_read;
use super::{Bridge, OnExisting, errors};
use crate::directory::{ProvisioningState, StoredUser, UserLookup};
use crate::entitlements::{self, Mention};
use crate::limits;
use crate::model::ports::CallContext;
use crate::model::{
    Aspects, Batch, Failure, FoundUser, GrantedSet, Intent, Kind, Mark, Named, Object, Observed, SagaOpened,
    Secret, Subject, SubjectId, Target, UserId, Verdict,
};
use crate::plan::{Planned, Resolved, UserChange, UserInput, identity, plan_user};
use crate::scim::error::ScimError;
use crate::scim::etag::Precondition;
use crate::scim::kind::ResourceKind;
use crate::scim::value::fold;
use crate::scim::{patch, resource};

/// A user as the request wants it.
pub(super) struct Goal<'a> {
    /// As it is in the directory; `None` for a new one.
    pub stored: Option<StoredUser>,
    /// In Genesys already, to be adopted or restored.
    pub owner: Option<&'a FoundUser>,
    pub document: Object,
    /// Document before, if what was removed from it counts as spoken of.
    pub patched: bool,
    /// No request: the document of record speaks.
    pub record: bool,
    pub password: Option<Secret>,
    pub done: Done,
}

/// A goal with its plan.
pub(super) struct PlannedUser {
    pub planned: Planned,
    pub granted_before: GrantedSet,
    pub held: Vec<Failure>,
    pub email: String,
    pub subject: SubjectId,
    pub about: Option<UserId>,
}

impl Bridge {
    /// Prepares a change of a user.
    pub(super) async fn prepare_user(
        &self,
        change: &Change,
        owner: Option<&FoundUser>,
        fence: u64,
    ) -> Result<Prepared, ScimError> {
        let context = CallContext {
            priority: super::submit::priority(change),
            label: format!("request {}", change.cause.request),
        };
        let goal = match &change.action {
            Action::Create(body) => self.new_user(change, body, owner)?,
            Action::Delete(id) => return self.prepare_removal(change, id, fence),
            Action::Replace(id, body) => {
                let stored = self.stored_user(change, id)?;
                let incoming = resource::replace(
                    ResourceKind::User,
                    &stored.document,
                    body.clone(),
                    self.parts.policy.dialect,
                )?;
                existing_goal(stored, incoming.document, incoming.password, false)
            }
            Action::Patch(id, body) => {
                let stored = self.stored_user(change, id)?;
                let request = patch::PatchRequest::parse(body.clone(), self.parts.policy.dialect)?;
                let patched = patch::apply(ResourceKind::User, &stored.document, id, &request)?;
                existing_goal(stored, patched.document, patched.password, true)
            }
        };
        if let Some(stored) = goal.stored.as_ref().filter(|stored| nothing_to_do(stored, &goal)) {
            let token = self.parts.store.commit(Batch::new()).await.map_err(|error| errors::store(&error))?;
            let id = stored.id.as_str().to_owned();
            return Ok(Prepared::Nothing(Reply { done: goal.done, id, token, pending: false }));
        }
        let planned = self.plan_goal(&goal, &context).await?;
        Ok(Prepared::Saga(Box::new(self.ready_user(change, goal, planned, fence))))
    }

    /// POST: a new user, or one that the client may claim or we may adopt.
    fn new_user<'a>(
        &self,
        change: &Change,
        body: &Value,
        owner: Option<&'a FoundUser>,
    ) -> Result<Goal<'a>, ScimError> {
        let incoming = resource::create(ResourceKind::User, body.clone(), self.parts.policy.dialect)?;
        let document = incoming.document;
        let (name, external_id) = super::submit::claim_pair(change).unwrap_or_default();
        let claimed = self.claimed(&change.cause.by, &name, external_id.as_deref());
        let user_name = fold(text(&document, "userName"));
        let find = |error| errors::store(&error);
        let stored = match claimed.map_err(find)? {
            Some(id) => self.parts.directory.get_user(&UserId::new(id)).map_err(find)?,
            None => match self.parts.directory.user_by(UserLookup::UserName(&user_name)).map_err(find)? {
                Some(stored) if self.may_adopt(&stored) => Some(stored),
                Some(_) => return Err(ScimError::uniqueness("a user with this userName exists")),
                None => None,
            },
        };
        if let (None, Some(owner)) = (&stored, owner) {
            // Imported meanwhile, or known under another userName.
            if let Some(known) = self.parts.directory.get_user(&owner.id).map_err(find)? {
                if known.managed {
                    return Err(ScimError::uniqueness(
                        "another user of this directory owns the e-mail address",
                    ));
                }
                let done = Done::Created;
                let (owner, stored) = (None, Some(known));
                return Ok(Goal {
                    stored,
                    owner,
                    document,
                    patched: false,
                    record: false,
                    password: incoming.password,
                    done,
                });
            }
        }
        let owner = owner.filter(|_| stored.is_none());
        let done = Done::Created;
        Ok(Goal { stored, owner, document, patched: false, record: false, password: incoming.password, done })
    }

    fn may_adopt(&self, stored: &StoredUser) -> bool {
        !stored.managed && self.parts.policy.on_existing == OnExisting::Link
    }

    fn stored_user(&self, change: &Change, id: &str) -> Result<StoredUser, ScimError> {
        let stored =
            self.parts.directory.get_user(&UserId::new(id)).map_err(|error| errors::store(&error))?;
        let stored = stored.ok_or_else(|| ScimError::not_found(format!("there is no user {id}")))?;
        check_precondition(change.if_match.as_deref(), stored.version)?;
        Ok(stored)
    }

    fn prepare_removal(&self, change: &Change, id: &str, fence: u64) -> Result<Prepared, ScimError> {
        let stored = self.stored_user(change, id)?;
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
        let mut opened = self.opened(change, stored.subject, Subject::User(Some(stored.id.clone())), fence);
        opened.names = vec![
            id_key(ResourceKind::User, id),
            name_key(ResourceKind::User, text(&stored.document, "userName")),
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

    /// Observes, resolves and plans.
    pub(super) async fn plan_goal(
        &self,
        goal: &Goal<'_>,
        context: &CallContext,
    ) -> Result<PlannedUser, ScimError> {
        let document = &goal.document;
        let email = self.email_of(document)?;
        self.refuse_protected(&email)?;
        self.refuse_taken(goal, &email)?;
        let active = identity::is_active(document);
        let stored = goal.stored.as_ref();
        let desired = self.desired(goal)?;
        let division = self.division(document, context).await?;
        let (resolved, held) = self.resolve(&desired, active, division.as_ref(), context).await?;
        let granted = match stored {
            Some(stored) => {
                self.parts.directory.granted(&stored.id).map_err(|error| errors::store(&error))?
            }
            None => GrantedSet::new(),
        };
        let about =
            stored.map(|stored| stored.id.clone()).or_else(|| goal.owner.map(|owner| owner.id.clone()));
        let observed = match &about {
            Some(id) => self.observed(id, &resolved, &granted, context).await?,
            None => Observed::default(),
        };
        let known =
            |id: &str| self.parts.directory.get_user(&UserId::new(id)).is_ok_and(|user| user.is_some());
        let payload = identity::payload(document, &email, &known);
        let payload_before = stored.map(|stored| identity::payload(&stored.document, &email, &known));
        let subject = stored.map_or_else(|| self.parts.ids.subject(), |stored| stored.subject);
        let mark = Mark::of(&self.parts.policy.tenant, subject);
        let adopt = stored.is_none_or(|stored| !stored.managed);
        let planned = plan_user(&UserInput {
            change: if about.is_some() {
                UserChange::Existing { adopt }
            } else {
                UserChange::Create { mark: &mark }
            },
            document,
            payload: &payload,
            payload_before: payload_before.as_ref(),
            observed: &observed,
            division: division.as_ref(),
            desired: &resolved,
            managed: &desired.managed,
            granted: &granted,
        });
        Ok(PlannedUser { planned, granted_before: granted, held, email, subject, about })
    }

    fn desired(&self, goal: &Goal<'_>) -> Result<crate::model::DesiredSet, ScimError> {
        let mut user = goal.document.clone();
        if let Some(stored) = &goal.stored {
            let groups = self.parts.directory.groups_of(&stored.id).map_err(|error| errors::store(&error))?;
            let group = |(id, name): (crate::model::GroupId, String)| serde_json::json!({ "value": id, "display": name });
            user.insert("id".into(), serde_json::json!(stored.id));
            user.insert("groups".into(), Value::Array(groups.into_iter().map(group).collect()));
        }
        let mention = match (&goal.stored, goal.record, goal.patched) {
            (_, true, _) => Mention::Record,
            (Some(stored), _, true) => Mention::Patched { before: &stored.document },
            _ => Mention::Document,
        };
        entitlements::desired(&self.parts.rules, &user, mention)
    }

    async fn division(&self, document: &Object, context: &CallContext) -> Result<Option<Named>, ScimError> {
        let default = self.parts.policy.default_division.as_deref();
        let Some(name) = identity::division_of(document).or(default) else { return Ok(None) };
        let ask = || self.parts.upstream.division(name, context);
        let found = self.patient_read("looking up the division", ask).await?;
        let found = found.ok_or_else(|| {
            ScimError::invalid_value(format!(
                "Genesys Cloud has no division \"{name}\", or the bridge's OAuth client may not see it"
            ))
        });
        found.map(Some)
    }

    async fn observed(
        &self,
        id: &UserId,
        resolved: &[Resolved],
        granted: &GrantedSet,
        context: &CallContext,
    ) -> Result<Observed, ScimError> {
        let mut aspects = Aspects::default();
        let targets = resolved.iter().map(|resolved| &resolved.entitlement.target);
        for target in targets.chain(granted.values().map(|granted| &granted.entitlement.target)) {
            aspects.kinds.insert(target.kind());
            if let Target::Attribute { schema, .. } = target {
                aspects.attribute_schemas.insert(schema.id.clone());
            }
        }
        if aspects.attribute_schemas.is_empty() {
            aspects.kinds.remove(&Kind::Attribute);
        }
        self.look_at(id, &aspects, context).await
    }

    /// One absence proves nothing: a user that was just written answers 404 for a moment (facts.md section 7).
    async fn look_at(
        &self,
        id: &UserId,
        aspects: &Aspects,
        context: &CallContext,
    ) -> Result<Observed, ScimError> {
        let started = self.parts.clock.monotonic_ms();
        let millis = |span: Duration| u64::try_from(span.as_millis()).unwrap_or(u64::MAX);
        let mut pause = Duration::from_millis(50);
        loop {
            let observed = self.parts.upstream.observe(id, aspects, context).await;
            let (longest, wait) = match &observed {
                Verdict::Later(later) => (limits::REQUEST_DEADLINE, later.wait.max(pause)),
                Verdict::Unknown(_) => (limits::REQUEST_DEADLINE, pause),
                Verdict::Done(None) => (limits::QUIET_PERIOD, pause),
                Verdict::Done(Some(_)) | Verdict::Refused(_) => (Duration::ZERO, pause),
            };
            let waited = self.parts.clock.monotonic_ms().saturating_sub(started);
            if waited.saturating_add(millis(wait)) < millis(longest) {
                self.parts.clock.sleep(wait).await;
                pause *= 2;
                continue;
            }
            let observed = upstream_read(observed, "looking at the user")?;
            let gone =
                || ScimError::not_found(format!("user {id} is gone from Genesys Cloud; create it anew"));
            return observed.ok_or_else(gone);
        }
    }

    /// The address by which Genesys identifies the person.
    pub(super) fn email_of(&self, document: &Object) -> Result<String, ScimError> {
        identity::email_of(document, self.parts.policy.fallback_email_domain.as_deref()).map_err(|_| {
            ScimError::invalid_value(
                "Genesys Cloud identifies people by e-mail: userName is no address, there is no primary or work e-mail, \
                 and the tenant has no fallback_email_domain",
            )
        })
    }

    fn refuse_protected(&self, email: &str) -> Result<(), ScimError> {
        if self.parts.policy.protected.contains(&fold(email)) {
            return Err(ScimError::mutability(
                "this user is protected by the bridge's configuration and cannot be changed",
            ));
        }
        Ok(())
    }

    /// An address that another user of the directory owns is refused before anything is written.
    fn refuse_taken(&self, goal: &Goal<'_>, email: &str) -> Result<(), ScimError> {
        let owners = self
            .parts
            .directory
            .users_by(UserLookup::Email(&fold(email)), 16)
            .map_err(|error| errors::store(&error))?;
        let own = goal.stored.as_ref().map(|stored| &stored.id);
        let user_name = fold(text(&goal.document, "userName"));
        for other in owners.iter().filter(|other| Some(&other.id) != own) {
            let theirs = self.email_of(&other.document).is_ok_and(|theirs| fold(&theirs) == fold(email));
            if theirs {
                return Err(ScimError::uniqueness("another user of this directory owns the e-mail address"));
            }
        }
        let named = self
            .parts
            .directory
            .user_by(UserLookup::UserName(&user_name))
            .map_err(|error| errors::store(&error))?;
        if named.is_some_and(|other| Some(&other.id) != own) {
            return Err(ScimError::uniqueness("a user with this userName exists"));
        }
        Ok(())
    }

    pub(super) fn ready_user(
        &self,
        change: &Change,
        goal: Goal<'_>,
        planned: PlannedUser,
        fence: u64,
    ) -> Ready {
        let about = planned.about.clone();
        let mut opened = self.opened(change, planned.subject, Subject::User(about.clone()), fence);
        let kind = ResourceKind::User;
        opened.names = vec![name_key(kind, text(&goal.document, "userName")), email_key(&planned.email)];
        if let Some(stored) = &goal.stored {
            let before = name_key(kind, text(&stored.document, "userName"));
            if !opened.names.contains(&before) {
                opened.names.push(before);
            }
        }
        opened.names.extend(about.as_ref().map(|id| id_key(kind, id.as_str())));
        opened.plan = planned.planned.plan;
        opened.intent = Intent::PutUser {
            document: goal.document,
            granted: planned.planned.granted,
            granted_before: planned.granted_before,
            version: goal.stored.as_ref().map(|stored| stored.version),
            held: planned.held,
        };
        opened.claim = super::submit::claim_pair(change);
        let password = goal.password.filter(|_| self.parts.policy.forward_passwords);
        Ready {
            opened,
            password,
            done: goal.done,
            id: goal.stored.map(|stored| stored.id.as_str().to_owned()),
        }
    }

    /// A saga record with everything but names, plan and intent.
    pub(super) fn opened(
        &self,
        change: &Change,
        subject: SubjectId,
        about: Subject,
        fence: u64,
    ) -> SagaOpened {
        SagaOpened {
            id: self.parts.ids.saga(),
            tenant: self.parts.policy.tenant.clone(),
            subject,
            about,
            names: Vec::new(),
            plan: crate::model::Plan { kind: crate::model::PlanKind::Update, steps: Vec::new(), pivot: None },
            intent: Intent::DeleteUser { version: 0 },
            cause: change.cause.clone(),
            claim: None,
            opened_ms: self.parts.clock.now_ms(),
            fence,
        }
    }
}

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

pub(super) fn check_precondition(if_match: Option<&str>, version: u64) -> Result<(), ScimError> {
    let Some(header) = if_match else { return Ok(()) };
    if Precondition::parse(header)?.matches(version) {
        return Ok(());
    }
    Err(ScimError::precondition_failed("the resource has changed since; read it again"))
}

pub(super) fn text<'a>(document: &'a Object, name: &str) -> &'a str {
    document.get(name).and_then(Value::as_str).unwrap_or_default()
}
