//! Who owns an address that Genesys refused to give twice, and whether that person may be adopted or
//! restored.
//!
//! Only a user with our mark or the same externalId, or one whom we removed ourselves, is ours; anybody else goes to the link policy or to 409
//! (docs/architecture.md, "The mark"). How the adopted user is then planned: `user_plan`.

use std::sync::Arc;

use super::fault::{self, Fault};
use super::{OWNER_DELETED, OnExisting, Policy, whose};
use crate::directory::Directory;
use crate::model::ports::{CallContext, Priority, Upstream};
use crate::model::{Aspects, Effect, FoundUser, Intent, Refusal, SagaOpened, UserState};

/// A POST finds that somebody else has the address.
const OWNER_THERE: &str =
    "Genesys Cloud already has a user with this address; set on_existing = \"link\" to adopt it";

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
        if self.policy.protects(&email) || self.policy.protects(owner.id.as_str()) {
            return Err(Fault::AddressProtected);
        }
        let (allowed, refusal) = match owner.state {
            UserState::Deleted => (self.policy.restore_deleted, OWNER_DELETED),
            UserState::Active | UserState::Inactive => {
                (self.policy.on_existing == OnExisting::Link, OWNER_THERE)
            }
        };
        // Whoever is ours, left by a create whose answer was lost perhaps, is so whatever the tenant chose.
        if allowed || self.is_ours(create, owner, &context).await? {
            return Ok(owner.clone());
        }
        Err(Fault::NotLinked(refusal))
    }

    async fn is_ours(
        &self,
        create: &SagaOpened,
        owner: &FoundUser,
        context: &CallContext,
    ) -> Result<bool, Fault> {
        if owner.state == UserState::Deleted && self.directory.tombstone(&owner.id).await?.is_some() {
            // Removed by us.
            return Ok(true);
        }
        let observed = self.upstream.observe(&owner.id, &Aspects::default(), context).await;
        let observed = fault::read(observed, "looking at the owner of the address")?.unwrap_or_default();
        let Intent::PutUser { document, .. } = &create.intent else { return Err(Fault::Broken) };
        Ok(whose::is_ours(&create.tenant, document, &observed))
    }
}
