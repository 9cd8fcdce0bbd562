//! The port of the sagas: what each durable turn writes here, and the audit record that goes with it.
//!
//! Decides which turns make a change visible; the records themselves are in `settle_user` and `settle_group`.

use async_trait::async_trait;

use crate::model::{
    Batch, Intent, Outcome, PlanKind, Report, SagaOpened, StoreError, Subject, Turn, UserId, ports,
};
use crate::store::trail::{self, AuditRecord};

use super::Directory;

#[async_trait]
impl ports::TurnRecords for Directory {
    async fn settle(
        &self,
        opened: &SagaOpened,
        turn: &Turn,
        report: &Report,
        now_ms: i64,
    ) -> Result<Batch, StoreError> {
        let mut batch = Batch::new();
        let bound = bound(opened, turn, report);
        match turn {
            // Seen by nobody: only the audit trail hears of the end. `Undoing` is told by the end that follows it.
            Turn::Undoing { .. } => return Ok(batch),
            Turn::Stuck { .. } | Turn::Finished(Outcome::RolledBack { .. }) => {}
            Turn::Acknowledged { .. }
            | Turn::HandedOver { .. }
            | Turn::Finished(Outcome::Committed { .. } | Outcome::HandedOver) => {
                let settled = Settled { opened, turn, report, bound: bound.as_deref(), now_ms };
                match &opened.intent {
                    Intent::PutUser { .. } => self.put_user(&mut batch, &settled).await?,
                    Intent::DeleteUser { version } => {
                        self.delete_user(&mut batch, &settled, *version).await?
                    }
                    Intent::PutGroup { .. } => self.put_group(&mut batch, &settled).await?,
                    Intent::DeleteGroup { version } => {
                        self.delete_group(&mut batch, &settled, *version).await?
                    }
                }
            }
        }
        let entry = audit_record(opened, turn, report, bound, now_ms);
        trail::append(&mut batch, &self.tenant, &entry)?;
        Ok(batch)
    }
}

/// One turn with everything that its records are made from.
pub(super) struct Settled<'a> {
    pub(super) opened: &'a SagaOpened,
    pub(super) turn: &'a Turn,
    pub(super) report: &'a Report,
    /// The Genesys id, once there is one.
    pub(super) bound: Option<&'a str>,
    pub(super) now_ms: i64,
}

impl Settled<'_> {
    /// Whether the turn hands the saga over. It then writes only if the saga was visible before: a stuck one never was.
    pub(super) fn hands_over(&self) -> bool {
        matches!(self.turn, Turn::HandedOver { .. } | Turn::Finished(Outcome::HandedOver))
    }

    /// The user's id.
    pub(super) fn user(&self) -> Result<UserId, StoreError> {
        self.bound.map(UserId::new).ok_or_else(|| {
            StoreError::Failed(format!("saga {} is visible but bound to no Genesys id", self.opened.id))
        })
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

fn audit_record(
    opened: &SagaOpened,
    turn: &Turn,
    report: &Report,
    bound: Option<String>,
    at_ms: i64,
) -> AuditRecord {
    let (outcome, mut codes) = match turn {
        Turn::Acknowledged { .. } if report.settled => ("acknowledged", vec![]),
        Turn::Acknowledged { .. } => ("pending", vec![]),
        Turn::Undoing { refusal, .. } => ("undoing", vec![refusal.code.clone()]),
        Turn::Stuck { refusal, .. } => ("stuck", vec![refusal.code.clone()]),
        Turn::Finished(Outcome::RolledBack { refusal, .. }) => ("rolled_back", vec![refusal.code.clone()]),
        Turn::HandedOver { .. } | Turn::Finished(Outcome::HandedOver) => ("handed_over", vec![]),
        Turn::Finished(Outcome::Committed { failures, .. }) if failures.is_empty() => ("committed", vec![]),
        Turn::Finished(Outcome::Committed { failures, .. }) => {
            ("committed_with_failures", failures.iter().map(|failure| failure.code.clone()).collect())
        }
    };
    codes.sort();
    codes.dedup();
    let subject = match &opened.about {
        Subject::Group { id, .. } => id.as_str().to_owned(),
        // Never a name: until Genesys has made the user, our own key stands for it.
        Subject::User(_) => bound.unwrap_or_else(|| opened.subject.to_string()),
    };
    AuditRecord {
        at_ms,
        who: opened.cause.by.clone(),
        request: opened.cause.request.clone(),
        what: what(opened.plan.kind).to_owned(),
        subject,
        outcome: outcome.to_owned(),
        codes,
        saga: Some(opened.id),
    }
}

const fn what(kind: PlanKind) -> &'static str {
    match kind {
        PlanKind::Create => "create",
        PlanKind::Restore => "restore",
        PlanKind::Link => "link",
        PlanKind::Update => "update",
        PlanKind::Deactivate => "deactivate",
        PlanKind::Delete => "delete",
        PlanKind::GroupCreate => "group_create",
        PlanKind::GroupUpdate => "group_update",
        PlanKind::GroupDelete => "group_delete",
    }
}
