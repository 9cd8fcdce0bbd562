//! Opening a saga: who is in its way, and the one transaction that makes it durable.
//!
//! What goes into a saga is decided in `user` and `group`; what happens next in `wait`.

use std::sync::Arc;

use super::submission::{Done, Reply};
use super::submit::{InTheWay, Predecessor};
use super::{Bridge, errors};
use crate::model::{Batch, GroupId, Reservation, SagaOpened, Secret, StoreError, Subject, UserId};
use crate::saga::Handle;
use crate::scim::error::ScimError;
use crate::scim::kind::ResourceKind;
use crate::scim::value::fold;

/// What a change turned out to need.
pub(super) enum Prepared {
    /// It changes nothing.
    Nothing(Reply),
    /// A saga.
    Saga(Box<Ready>),
}

/// A saga that can be opened.
pub(super) struct Ready {
    pub opened: SagaOpened,
    pub password: Option<Secret>,
    pub done: Done,
    /// Id of the resource for the answer, if it is known before the saga.
    pub id: Option<String>,
}

impl Bridge {
    /// The open saga, if there is one, that has reserved that.
    pub(super) async fn in_the_way(&self, wanted: &Reservation) -> Result<InTheWay, StoreError> {
        let running = match wanted {
            Reservation::User(id) => self.running_for(ResourceKind::User, id.as_str()),
            Reservation::Group(id) => self.running_for(ResourceKind::Group, id.as_str()),
            _ => None,
        };
        if let Some(handle) = running {
            return Ok(InTheWay::Running(handle));
        }
        let Some(saga) = self.parts.journal.reserved_by(&wanted.to_string()).await? else {
            return Ok(InTheWay::Nobody);
        };
        if let Some(handle) = self.runner.find(saga) {
            return Ok(InTheWay::Running(handle));
        }
        // Between the end of a saga and our look its reservation may still be seen: only a stuck one stays.
        let stuck = self.parts.journal.load(saga).await?.is_some_and(|saga| saga.is_stuck());
        Ok(if stuck { InTheWay::Stuck(saga) } else { InTheWay::Nobody })
    }

    /// The running saga of a resource, also of one that was made by it.
    pub(super) fn running_for(&self, kind: ResourceKind, id: &str) -> Option<Handle> {
        let is_it = |handle: &Handle| match (&handle.opened().about, kind) {
            (Subject::User(Some(user)), ResourceKind::User) => user.as_str() == id,
            (Subject::User(None), ResourceKind::User) => handle.progress().bound.as_deref() == Some(id),
            (Subject::Group { id: group, .. }, ResourceKind::Group) => group.as_str() == id,
            _ => false,
        };
        self.runner.all().into_iter().find(is_it)
    }

    /// Opens the saga, in the place of its predecessor if there is one, and starts it. `None`: a name is reserved.
    pub(super) async fn open(
        self: &Arc<Self>,
        ready: &Ready,
        before: &Predecessor,
    ) -> Result<Option<Handle>, ScimError> {
        let opened = match before {
            Predecessor::None => {
                let free = self.names_free(&ready.opened).await.map_err(|error| errors::store(&error))?;
                self.parts.journal.open(&ready.opened, free).await
            }
            Predecessor::Parked(handle, parked) => {
                let result = handle.hand_over(ready.opened.clone(), parked.epoch).await;
                if result.is_err() {
                    handle.resume().await;
                }
                result
            }
            Predecessor::Stuck(saga) => {
                tracing::warn!(%saga, successor = %ready.opened.id, "a leaver takes the place of a stuck saga");
                self.parts.journal.hand_over(*saga, &ready.opened, Batch::new()).await
            }
        };
        match opened {
            Ok(_) => Ok(Some(self.runner.start(ready.opened.clone(), None, ready.password.clone()))),
            Err(StoreError::Conflict { .. }) => Ok(None),
            Err(error) => Err(errors::store(&error)),
        }
    }
}

impl Bridge {
    /// Conditions that the names still belong to nobody else: an import may have come between our look and the opening.
    async fn names_free(&self, opened: &SagaOpened) -> Result<Batch, StoreError> {
        let own = match &opened.about {
            Subject::User(user) => user.as_ref().map(|user| user.as_str()),
            Subject::Group { id, .. } => Some(id.as_str()),
        };
        self.parts.directory.names_free(&opened.names, own).await
    }
}

/// The name of a user or group, as it is reserved.
pub(super) fn name_of(kind: ResourceKind, name: &str) -> Reservation {
    match kind {
        ResourceKind::User => Reservation::UserName(fold(name)),
        ResourceKind::Group => Reservation::GroupName(fold(name)),
    }
}

/// A resource that exists, as it is reserved.
pub(super) fn existing(kind: ResourceKind, id: &str) -> Reservation {
    match kind {
        ResourceKind::User => Reservation::User(UserId::new(id)),
        ResourceKind::Group => Reservation::Group(GroupId::new(id)),
    }
}
