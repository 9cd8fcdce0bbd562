//! Who owns an address that Genesys refused to give twice, and whether that person may be adopted or
//! restored.
//!
//! Only a user with our mark or the same externalId, or one whom we removed ourselves, is ours; anybody else goes to the link policy or to 409
//! (docs/architecture.md, "The mark"). How the adopted user is then planned: `user_plan`.

use std::sync::Arc;

use super::fault::{self, Fault};
use super::{OnExisting, Policy};
use crate::directory::Directory;
use crate::model::ports::{CallContext, Priority, Upstream};
use crate::model::{Aspects, Effect, FoundUser, Intent, Mark, Observed, Refusal, SagaOpened, UserState};
use crate::scim::value::fold;

/// Decides about users whom Genesys has and the directory does not.
pub(super) struct Adoption {
    pub(super) upstream: Arc<dyn Upstream>,
    pub(super) policy: Arc<Policy>,
    pub(super) directory: Arc<Directory>,
}

impl Adoption {
    /// The owner of the address of a refused create, if policy allows to take it over.
    pub(super) async fn owner(&self, create: &SagaOpened, refusal: Refusal) -> Result<FoundUser, Fault> {
        let during = || "could not create the user".to_owned();
        let email = create.plan.steps.iter().find_map(|step| match &step.effect {
            Effect::CreateUser { email, .. } => Some(email.clone()),
            _ => None,
        });
        let Some(email) = email else { return Err(Fault::Refused { refusal, during: during() }) };
        let context = CallContext::new(Priority::Identity, format!("saga {} owner", create.id));
        let found = self.upstream.find_by_email(&email, &context).await;
        let found = fault::read(found, "looking up the owner of the address")?;
        // Somebody who can work goes before somebody who was deleted.
        let live = found.iter().find(|user| user.state != UserState::Deleted);
        let Some(owner) = live.or_else(|| found.first()) else {
            return Err(Fault::Refused { refusal, during: during() });
        };
        if self.policy.protected.contains(&fold(&email)) {
            return Err(Fault::AddressProtected);
        }
        if owner.state == UserState::Deleted {
            self.may_restore(create, owner, &context).await?;
        } else if self.policy.on_existing == OnExisting::Refuse {
            return Err(Fault::NotLinked(
                "Genesys Cloud already has a user with this address; set on_existing = \"link\" to adopt it",
            ));
        }
        Ok(owner.clone())
    }

    async fn may_restore(
        &self,
        create: &SagaOpened,
        owner: &FoundUser,
        context: &CallContext,
    ) -> Result<(), Fault> {
        if self.directory.tombstone(&owner.id).await?.is_some() {
            // Removed by us.
            return Ok(());
        }
        let observed = self.upstream.observe(&owner.id, &Aspects::default(), context).await;
        let observed = fault::read(observed, "looking at the deleted user")?.unwrap_or_default();
        if self.policy.restore_deleted || is_ours(create, &observed) {
            return Ok(());
        }
        Err(Fault::NotLinked(
            "a deleted Genesys Cloud user owns this address and is not ours; restore it there, change its address, or set \
             on_deleted_email = \"restore\"",
        ))
    }
}

/// Whether a deleted user carries a mark of this bridge or the externalId of the request.
fn is_ours(create: &SagaOpened, observed: &Observed) -> bool {
    let mark = Mark::of(&create.tenant, create.subject);
    if observed.external_ids.iter().any(|(authority, _)| *authority == mark.authority) {
        return true;
    }
    let Intent::PutUser { document, .. } = &create.intent else { return false };
    let ours = document.get("externalId").and_then(serde_json::Value::as_str);
    ours.is_some() && observed.document.get("externalId").and_then(serde_json::Value::as_str) == ours
}
