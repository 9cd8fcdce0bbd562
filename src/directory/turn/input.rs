//! What the records of a turn are made from, and the two questions that all of them ask.
//!
//! Composed by the room's head; read by `user`, `group` and `audit`.

use crate::directory::Directory;
use crate::directory::work::WorkReason;
use crate::model::{Batch, Outcome, Report, SagaOpened, StoreError, Subject, Turn, UserId};

/// One turn with everything that its records are made from.
pub(super) struct TurnInput<'a> {
    pub(super) opened: &'a SagaOpened,
    pub(super) turn: &'a Turn,
    pub(super) report: &'a Report,
    /// The Genesys id, once there is one.
    pub(super) bound: Option<String>,
    pub(super) now_ms: i64,
}

impl<'a> TurnInput<'a> {
    pub(super) fn new(opened: &'a SagaOpened, turn: &'a Turn, report: &'a Report, now_ms: i64) -> Self {
        Self { opened, turn, report, bound: bound(opened, turn, report), now_ms }
    }

    /// Whether the turn hands the saga over. It then writes only if the saga was visible before: a stuck one
    /// never was.
    pub(super) fn hands_over(&self) -> bool {
        matches!(self.turn, Turn::HandedOver { .. } | Turn::Finished(Outcome::HandedOver))
    }

    /// Whether it is the last turn of a saga, and calls may still arrive.
    pub(super) fn is_in_doubt(&self) -> bool {
        self.report.in_doubt && !matches!(self.turn, Turn::Acknowledged { .. })
    }

    /// The user's id.
    pub(super) fn user(&self) -> Result<UserId, StoreError> {
        self.bound.as_deref().map(UserId::new).ok_or_else(|| {
            StoreError::Failed(format!("saga {} is visible but bound to no Genesys id", self.opened.id))
        })
    }
}

impl Directory {
    /// Puts work off by so many milliseconds from the turn on.
    pub(super) async fn add_later(
        &self,
        batch: &mut Batch,
        input: &TurnInput<'_>,
        user: &UserId,
        reason: WorkReason,
        wait_ms: i64,
    ) -> Result<(), StoreError> {
        self.add_work(batch, user, reason, input.now_ms, input.now_ms.saturating_add(wait_ms)).await
    }
}

/// The Genesys id that a saga is bound to, from the newest source that knows it.
fn bound(opened: &SagaOpened, turn: &Turn, report: &Report) -> Option<String> {
    let turned = match turn {
        Turn::Acknowledged { bound } | Turn::Finished(Outcome::Committed { bound, .. }) => {
            Some(bound.clone())
        }
        _ => None,
    };
    let known = match &opened.about {
        Subject::User(id) => id.as_ref().map(|id| id.as_str().to_owned()),
        Subject::Group { genesys, .. } => genesys.clone(),
    };
    turned.filter(|bound| !bound.is_empty()).or_else(|| report.bound.clone()).or(known)
}
