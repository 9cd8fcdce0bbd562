//! Who owns an address that Genesys refused to give twice, and whether that person may be adopted or restored.
//!
//! Only a user with our mark or the same externalId is ours; anybody else goes to the link policy or to 409 (docs/architecture.md, "The mark"). How the adopted user is then planned: `user`.

use super::open::Ready;
use super::{Bridge, OnExisting, errors};
use crate::model::ports::{CallContext, Priority};
use crate::model::{Aspects, Effect, FoundUser, Intent, Mark, Observed, Refusal, UserState};
use crate::scim::error::ScimError;
use crate::scim::value::fold;

impl Bridge {
    /// The owner of the address of a refused create, if policy allows to take it over.
    pub(super) async fn adoptable(&self, ready: &Ready, refusal: &Refusal) -> Result<FoundUser, ScimError> {
        let taken = || errors::refused(refusal, "could not create the user");
        let email = ready.opened.plan.steps.iter().find_map(|step| match &step.effect {
            Effect::CreateUser { email, .. } => Some(email.clone()),
            _ => None,
        });
        let email = email.ok_or_else(taken)?;
        let context = CallContext::new(Priority::Identity, format!("saga {} owner", ready.opened.id));
        let found = super::resolve::upstream_read(
            self.parts.upstream.find_by_email(&email, &context).await,
            "looking up the owner of the address",
        )?;
        // Somebody who can work goes before somebody who was deleted.
        let live = found.iter().find(|user| user.state != UserState::Deleted);
        let Some(owner) = live.or_else(|| found.first()) else { return Err(taken()) };
        if self.parts.policy.protected.contains(&fold(&email)) {
            return Err(ScimError::uniqueness(
                "the address belongs to a protected user, which the bridge must not change",
            ));
        }
        if owner.state != UserState::Deleted {
            return match self.parts.policy.on_existing {
                OnExisting::Link => Ok(owner.clone()),
                OnExisting::Refuse => Err(ScimError::uniqueness(
                    "Genesys Cloud already has a user with this address; set on_existing = \"link\" to adopt it",
                )),
            };
        }
        let aspects = Aspects::default();
        let observed = self.parts.upstream.observe(&owner.id, &aspects, &context).await;
        let observed =
            super::resolve::upstream_read(observed, "looking at the deleted user")?.unwrap_or_default();
        if self.parts.policy.restore_deleted || self.is_ours(ready, &observed) {
            return Ok(owner.clone());
        }
        Err(ScimError::uniqueness(
            "a deleted Genesys Cloud user owns this address and is not ours; restore it there, change its address, or set \
             on_deleted_email = \"restore\"",
        ))
    }

    /// Whether a deleted user carries a mark of this bridge or the externalId of the request.
    fn is_ours(&self, ready: &Ready, observed: &Observed) -> bool {
        let mark = Mark::of(&ready.opened.tenant, ready.opened.subject);
        if observed.external_ids.iter().any(|(authority, _)| *authority == mark.authority) {
            return true;
        }
        let Intent::PutUser { document, .. } = &ready.opened.intent else { return false };
        let ours = document.get("externalId").and_then(serde_json::Value::as_str);
        ours.is_some() && observed.document.get("externalId").and_then(serde_json::Value::as_str) == ours
    }
}
