//! The audit record of a turn.
//!
//! How it gets into the hash chain: `store::audit_record`.

use crate::model::{Outcome, PlanKind, Subject, Turn};
use crate::store::audit_record::AuditRecord;

use super::input::TurnInput;

/// What the trail says about the turn.
pub(super) fn record(input: &TurnInput<'_>) -> AuditRecord {
    let TurnInput { opened, turn, report, now_ms, .. } = *input;
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
        Subject::User(_) => input.bound.clone().unwrap_or_else(|| opened.subject.to_string()),
    };
    AuditRecord {
        at_ms: now_ms,
        who: opened.cause.by.to_string(),
        credential: opened.cause.credential.clone(),
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
