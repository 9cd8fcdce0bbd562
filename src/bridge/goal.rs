//! A user as a change wants it: who it is about, where the wish comes from, and the document it leads to.
//!
//! Built here and nowhere else, from what was read of a request or from the document of record. What it takes
//! to get there is decided by `user_plan`.

use super::fault::Fault;
use super::submission::Done;
use crate::directory::{ProvisioningState, StoredUser};
use crate::entitlements::Mention;
use crate::model::{FoundUser, Object, Secret, UserId, UserState};
use crate::plan::identity::is_active;
use crate::scim::patch::Patched;
use crate::scim::resource::{Incoming, Replacement};

/// Whom a wish is about.
pub(super) enum Who {
    /// Nobody yet.
    New,
    /// Somebody whom Genesys has and the directory does not: adopted or restored.
    InGenesys(FoundUser),
    /// A user of the directory.
    Known(Box<StoredUser>),
}

/// Where a wish comes from; it decides what the document counts as speaking about (P5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Origin {
    /// A POST.
    Created,
    /// A PUT.
    Replaced,
    /// A PATCH: what it took out of the document before counts as spoken of.
    Patched,
    /// No request: the document of record speaks.
    Record,
}

/// The code of what is shown of somebody whom another has made inactive in Genesys.
pub(super) const SHUT_OUT: &str = "inactive.in_genesys";

/// A user as a change wants it.
pub(super) struct UserGoal {
    pub(super) who: Who,
    origin: Origin,
    pub(super) document: Object,
    pub(super) password: Option<Secret>,
    /// Whether it says that the person is to be active, or makes them so: silence gives nobody access back whom
    /// somebody has shut out in Genesys.
    pub(super) gives_access: bool,
}

impl UserGoal {
    /// What a POST wants.
    pub(super) fn created(who: Who, incoming: &Incoming) -> Self {
        // Somebody who is there already gets access back by a request that says so, not by silence.
        let before = match &who {
            Who::New => None,
            Who::InGenesys(found) => Some(found.state != UserState::Inactive),
            Who::Known(stored) => Some(is_active(&stored.document)),
        };
        let gives_access = before.is_none() || incoming.document.contains_key("active");
        let (document, password) = (incoming.with_state(before), incoming.password.clone());
        Self { who, origin: Origin::Created, document, password, gives_access }
    }

    /// What a PUT wants.
    ///
    /// # Errors
    /// As [`Replacement::onto`].
    pub(super) fn replaced(stored: StoredUser, whole: &Replacement) -> Result<Self, Fault> {
        let gives_access = whole.says_active() || !is_active(&stored.document);
        let Incoming { document, password, .. } = whole.onto(&stored.document)?;
        let who = Who::Known(Box::new(stored));
        Ok(Self { who, origin: Origin::Replaced, document, password, gives_access })
    }

    /// What a PATCH wants.
    pub(super) fn patched(stored: StoredUser, patched: Patched) -> Self {
        let gives_access = !is_active(&stored.document);
        let who = Who::Known(Box::new(stored));
        let Patched { document, password, .. } = patched;
        Self { who, origin: Origin::Patched, document, password, gives_access }
    }

    /// What the rules and the document of record want, though nobody asks.
    pub(super) fn recorded(stored: StoredUser) -> Self {
        let document = stored.document.clone();
        let who = Who::Known(Box::new(stored));
        Self { who, origin: Origin::Record, document, password: None, gives_access: false }
    }

    /// Whether nobody asks for it: what cannot be had is then noted, and refuses nothing else.
    pub(super) fn is_recorded(&self) -> bool {
        self.origin == Origin::Record
    }

    /// Whether a POST wants it.
    pub(super) fn is_created(&self) -> bool {
        self.origin == Origin::Created
    }

    /// As it is in the directory; `None` for a new one.
    pub(super) fn stored(&self) -> Option<&StoredUser> {
        match &self.who {
            Who::Known(stored) => Some(stored),
            Who::New | Who::InGenesys(_) => None,
        }
    }

    /// The Genesys id, if there is one already.
    pub(super) fn id(&self) -> Option<&UserId> {
        match &self.who {
            Who::New => None,
            Who::InGenesys(found) => Some(&found.id),
            Who::Known(stored) => Some(&stored.id),
        }
    }

    /// What the client is told that was done.
    pub(super) fn done(&self) -> Done {
        if self.is_created() { Done::Created } else { Done::Changed }
    }

    /// What a PATCH of somebody active was applied to. The names of somebody inactive were never looked up, and
    /// are when the person comes back.
    pub(super) fn patched_from(&self) -> Option<&Object> {
        let document = self.stored().map(|stored| &stored.document);
        document.filter(|document| self.origin == Origin::Patched && is_active(document))
    }

    /// What the document speaks about.
    pub(super) fn mention(&self) -> Mention<'_> {
        match (self.origin, self.stored()) {
            (Origin::Record, _) => Mention::Record,
            (Origin::Patched, Some(stored)) => Mention::Patched { before: &stored.document },
            _ => Mention::Document,
        }
    }

    /// Whether it changes nothing on a user that is as it should be: the version stays and nobody is asked.
    pub(super) fn is_reached(&self) -> bool {
        self.done() == Done::Changed
            && self.password.is_none()
            && self.stored().is_some_and(|stored| {
                stored.managed
                    && stored.document == self.document
                    && stored.status.state == ProvisioningState::Committed
                    && !(self.gives_access && is_shut_out(stored))
            })
    }
}

fn is_shut_out(stored: &StoredUser) -> bool {
    stored.status.failures.iter().any(|failure| failure.code == SHUT_OUT)
}
