//! Opening a saga: who is in its way, and the one transaction that makes it durable.
//!
//! What goes into a saga is decided in `user` and `group`; what happens next in `wait`.

use std::sync::Arc;

use super::change::{Action, Change, Done, Reply};
use super::submit::{InTheWay, Predecessor};
use super::{Bridge, errors};
use crate::model::{Batch, SagaOpened, Secret, StoreError, Subject};
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
    /// The open saga, if there is one, that the change has to do with.
    pub(super) async fn in_the_way(&self, change: &Change) -> Result<InTheWay, StoreError> {
        let (id, names) = match &change.action {
            Action::Create(body) => {
                let attribute = match change.kind {
                    ResourceKind::User => "userName",
                    ResourceKind::Group => "displayName",
                };
                let name = body.get(attribute).and_then(serde_json::Value::as_str).unwrap_or_default();
                (None, vec![name_key(change.kind, name)])
            }
            Action::Replace(id, _) | Action::Patch(id, _) | Action::Delete(id) => {
                (Some(id.as_str()), vec![id_key(change.kind, id)])
            }
        };
        if let Some(handle) = id.and_then(|id| self.running_for(change.kind, id)) {
            return Ok(InTheWay::Running(handle));
        }
        for name in names {
            if let Some(saga) = self.parts.journal.reserved_by(&name).await? {
                if let Some(handle) = self.runner.find(saga) {
                    return Ok(InTheWay::Running(handle));
                }
                // Between the end of a saga and our look its reservation may still be seen: only a stuck one stays.
                if self.parts.journal.load(saga).await?.is_some_and(|saga| saga.is_stuck()) {
                    return Ok(InTheWay::Stuck(saga));
                }
            }
        }
        Ok(InTheWay::Nobody)
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

/// Reservation key of a userName or displayName.
pub(super) fn name_key(kind: ResourceKind, name: &str) -> String {
    format!("{}/name/{}", kind.name().to_lowercase(), fold(name))
}

/// Reservation key of an e-mail address.
pub(super) fn email_key(email: &str) -> String {
    format!("user/email/{}", fold(email))
}

/// Reservation key of an existing resource.
pub(super) fn id_key(kind: ResourceKind, id: &str) -> String {
    format!("{}/id/{id}", kind.name().to_lowercase())
}
