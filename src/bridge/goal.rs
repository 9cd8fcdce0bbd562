//! From a goal to a plan: what the user should have, what Genesys has, and the difference.
//!
//! Asks Genesys and the directory and writes nothing. Where goals come from is `user`, `recompute` and `preview`; the
//! difference itself is `plan`.

use std::time::Duration;

use serde_json::Value;

use super::resolve::upstream_read;
use super::submission::Done;
use super::user::text;
use super::{Bridge, errors};
use crate::directory::{ProvisioningState, StoredUser, UserLookup};
use crate::entitlements::{self, Mention};
use crate::limits;
use crate::model::ports::CallContext;
use crate::model::{
    Aspects, Failure, FoundUser, GrantedSet, Kind, Mark, Named, Object, Observed, Secret, SubjectId, Target,
    UserId, Verdict,
};
use crate::plan::{Planned, Resolved, UserChange, UserInput, identity, plan_user};
use crate::scim::error::ScimError;
use crate::scim::value::fold;

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
    /// Observes, resolves and plans.
    pub(super) async fn plan_goal(
        &self,
        goal: &Goal<'_>,
        granted: GrantedSet,
        context: &CallContext,
    ) -> Result<PlannedUser, ScimError> {
        let document = &goal.document;
        let email = self.email_of(document)?;
        self.refuse_protected(&email)?;
        if let Some(stored) = &goal.stored {
            // A rename must not take somebody out of the protected list.
            self.refuse_protected(&self.email_of(&stored.document).unwrap_or_default())?;
        }
        self.refuse_taken(goal, &email).await?;
        let active = identity::is_active(document);
        let stored = goal.stored.as_ref();
        let desired = self.desired(goal).await?;
        let division = self.division(document, context).await?;
        let (resolved, held) = self.resolve(&desired, active, division.as_ref(), context).await?;
        let about =
            stored.map(|stored| stored.id.clone()).or_else(|| goal.owner.map(|owner| owner.id.clone()));
        let observed = match &about {
            Some(id) => {
                let written = stored.and_then(|stored| self.written_until(stored));
                self.observed(id, &resolved, &granted, written, context).await?
            }
            None => Observed::default(),
        };
        self.refuse_protected(text(&observed.document, "userName"))?;
        let managers = self.known_managers([Some(document), stored.map(|stored| &stored.document)]).await;
        let known = |id: &str| managers.iter().any(|manager| manager == id);
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

    /// What we gave and may take back.
    pub(super) async fn granted(&self, stored: &StoredUser) -> Result<GrantedSet, ScimError> {
        self.parts.directory.granted(&stored.id).await.map_err(|error| errors::store(&error))
    }

    /// Those of the managers that the documents name who are users of this directory.
    async fn known_managers(&self, documents: [Option<&Object>; 2]) -> Vec<String> {
        let mut known = Vec::new();
        for id in documents.into_iter().flatten().filter_map(identity::manager_of) {
            if self.parts.directory.has_user(&UserId::new(id)).await.is_ok_and(|there| there) {
                known.push(id.to_owned());
            }
        }
        known
    }

    async fn desired(&self, goal: &Goal<'_>) -> Result<crate::model::DesiredSet, ScimError> {
        let mut user = goal.document.clone();
        if let Some(stored) = &goal.stored {
            let groups =
                self.parts.directory.groups_of(&stored.id).await.map_err(|error| errors::store(&error))?;
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
        written: Option<i64>,
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
        let mut pause = Duration::from_millis(20);
        loop {
            let observed = self.look_at(id, &aspects, context).await?;
            let fresh = written.is_some_and(|until| self.parts.clock.now_ms() < until);
            if !fresh || !grants_in_doubt(resolved, granted, &observed) {
                return Ok(observed);
            }
            self.parts.clock.sleep(pause).await;
            pause = (pause * 2).min(Duration::from_secs(1));
        }
    }

    /// Until when, in Unix milliseconds, a read of role grants may still show what was before our own last write
    /// (docs/genesys.md G4.6).
    fn written_until(&self, stored: &StoredUser) -> Option<i64> {
        let quiet = i64::try_from(limits::QUIET_PERIOD.as_millis()).unwrap_or(i64::MAX);
        let now = self.parts.clock.now_ms();
        let written = match stored.status.state {
            // Its saga pauses, or is handed over: it wrote a moment ago.
            ProvisioningState::Pending => now,
            _ => stored.status.updated_ms,
        };
        // A clock that was set back must not make anybody wait for hours.
        (written <= now).then(|| written.saturating_add(quiet))
    }

    /// One absence proves nothing: a user that was just written answers 404 for a moment (docs/genesys.md G7.9).
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
            let gone = || {
                ScimError::not_found(format!(
                    "user {id} is gone from Genesys Cloud; delete it here and create it anew"
                ))
            };
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

    pub(super) fn refuse_protected(&self, email: &str) -> Result<(), ScimError> {
        if self.parts.policy.protected.contains(&fold(email)) {
            return Err(ScimError::mutability(
                "this user is protected by the bridge's configuration and cannot be changed",
            ));
        }
        Ok(())
    }

    /// An address that another user of the directory owns is refused before anything is written.
    async fn refuse_taken(&self, goal: &Goal<'_>, email: &str) -> Result<(), ScimError> {
        let owners = self
            .parts
            .directory
            .users_by(UserLookup::Email(&fold(email)), 16)
            .await
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
            .await
            .map_err(|error| errors::store(&error))?;
        if named.is_some_and(|other| Some(&other.id) != own) {
            return Err(ScimError::uniqueness("a user with this userName exists"));
        }
        Ok(())
    }
}

/// Whether the grants look as they did before our last write: one that we gave and are to take back is not there, or one that we
/// never gave is. The first would be forgotten instead of taken back, the second taken for somebody else's.
fn grants_in_doubt(resolved: &[Resolved], granted: &GrantedSet, observed: &Observed) -> bool {
    let role = |target: &&Target| target.kind() == Kind::Role;
    let there = |target: &Target| observed.entitlements.contains_key(&target.key());
    let wanted = || resolved.iter().map(|resolved| &resolved.entitlement.target).filter(role);
    let given = granted.values().map(|granted| &granted.entitlement.target).filter(role);
    let mut taken_back = given.filter(|target| !wanted().any(|wanted| wanted.key() == target.key()));
    taken_back.any(|target| !there(target))
        || wanted().any(|target| there(target) && !granted.contains_key(&target.key()))
}
