//! Memberships given and taken, each kind by its own calls.
//!
//! Reading them is in `observing`; which memberships a change needs is decided in `plan`.

use super::GenesysClient;
use super::stop::Stop;
use super::writes::{Made, misplaced, send};
use crate::genesys::api::queues;
use crate::model::ports::CallContext;
use crate::model::{Kind, RefusalKind, UserId};

impl GenesysClient {
    /// Makes a user a member of the thing with that id, or ends it. What is already so is done.
    pub(super) async fn change_membership(
        &self,
        kind: Kind,
        user: &UserId,
        of: &str,
        member: bool,
        context: &CallContext,
    ) -> Made {
        match kind {
            Kind::Queue => self.change_queue(user, of, member, context).await,
            Kind::Role | Kind::Skill | Kind::Language | Kind::Attribute => Err(misplaced(kind)),
        }
    }

    /// Joining twice and leaving what one is not in may be errors (facts.md section 6, uncertain): then a look decides.
    async fn change_queue(&self, user: &UserId, queue: &str, member: bool, context: &CallContext) -> Made {
        let call = if member { queues::join(user, queue) } else { queues::leave(user, queue) };
        let stop = match send(&self.calls, &call, context).await {
            Err(stop) if stop.is(RefusalKind::Validation) || stop.is(RefusalKind::Uniqueness) => stop,
            settled => return settled,
        };
        let queues = match self.queues_of(user, context).await {
            Ok(queues) => queues,
            // Not looked yet: the whole change is tried again, and the refusal with it.
            Err(later @ Stop::Later(_)) => return Err(later),
            // A look that fails proves nothing: the refusal stands.
            Err(_) => return Err(stop),
        };
        if queues.iter().any(|found| found.id == queue) == member { Ok(None) } else { Err(stop) }
    }
}
