//! Records of a saga: how it was opened, its durable turns, how it ended.
//!
//! These are the journal's words; the state machine is `saga::machine`, their storage format
//! `store::journal`.

use serde::{Deserialize, Serialize};

use super::{
    Cause, Claim, GrantedSet, GroupId, Object, Plan, Reason, Refusal, Reservation, SagaId, StepId, SubjectId,
    TenantId, UserId,
};

/// Whom the saga is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// A user; the id is `None` until Genesys has made it.
    User(Option<UserId>),
    /// A group; `genesys` is its Genesys group id, `None` until made.
    Group {
        /// Our id.
        id: GroupId,
        /// Genesys group id.
        genesys: Option<String>,
    },
}

/// What the directory shall hold once the saga is acknowledged or committed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Intent {
    /// The user's document of record and what it will have been granted if every step succeeds.
    PutUser {
        /// Document of record, passwords excluded.
        document: Object,
        /// Granted after full success.
        granted: GrantedSet,
        /// Granted before the saga: what remains if nothing succeeds.
        granted_before: GrantedSet,
        /// Its version in the directory before this change; `None` for a new user.
        version: Option<u64>,
        /// Entitlements that could not be planned and are held: what and why.
        held: Vec<Failure>,
    },
    /// Removal of the user.
    DeleteUser {
        /// Version before.
        version: u64,
        /// What a saga that was passed may have given, and nobody else knows of.
        #[serde(default)]
        passed: GrantedSet,
    },
    /// A group's header and the member changes that go with it.
    PutGroup {
        /// Document of record without members.
        document: Object,
        /// Version before; `None` for a new group.
        version: Option<u64>,
        /// User ids that become members.
        add: Vec<String>,
        /// User ids that leave.
        remove: Vec<String>,
        /// Replace all members by `add`.
        replace: bool,
    },
    /// Removal of the group.
    DeleteGroup {
        /// Version before.
        version: u64,
    },
}

/// A saga as it was opened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SagaOpened {
    /// Its id.
    pub id: SagaId,
    /// Tenant.
    pub tenant: TenantId,
    /// Our key of the user or group; the value of the mark.
    pub subject: SubjectId,
    /// Whom it is about.
    pub about: Subject,
    /// What it reserves until it ends.
    pub names: Vec<Reservation>,
    /// What to do in Genesys.
    pub plan: Plan,
    /// What to write here.
    pub intent: Intent,
    /// Who caused it.
    pub cause: Cause,
    /// By what a retry of the same client claims the POST.
    pub claim: Option<Claim>,
    /// Unix milliseconds.
    pub opened_ms: i64,
    /// Fencing token of the lane under which it was opened.
    pub fence: u64,
}

/// A durable turn, written before it is acted on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Turn {
    /// The resource is visible here, forward only from now on.
    Acknowledged {
        /// The Genesys id that it is bound to.
        bound: String,
    },
    /// Never forward again.
    Undoing {
        /// Why.
        refusal: Refusal,
        /// The step that was refused, if it was a step.
        step: Option<StepId>,
    },
    /// An undo was refused; waits for an administrator.
    Stuck {
        /// The step whose undo was refused.
        step: StepId,
        /// Why.
        refusal: Refusal,
    },
    /// Its successor took over.
    HandedOver {
        /// The successor.
        to: SagaId,
    },
    /// The end.
    Finished(Outcome),
}

/// How a saga ended (P7).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Everything, or everything but the listed failures, is done.
    Committed {
        /// Genesys id of the user or group.
        bound: String,
        /// Steps that failed after the acknowledgement or the pivot.
        failures: Vec<Failure>,
    },
    /// Nothing of it is left in Genesys, but for what Genesys keeps of an undone create.
    RolledBack {
        /// Why.
        refusal: Refusal,
        /// The step that was refused.
        step: Option<StepId>,
    },
    /// A later change took it over.
    HandedOver,
}

/// Something that was desired and is not there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Failure {
    /// What, in words: `role Agent in division EMEA`.
    pub what: String,
    /// Its reason.
    pub reason: Option<Reason>,
    /// Why it is not there; no personal values.
    pub why: String,
    /// Genesys code.
    pub code: String,
    /// Genesys correlation id.
    pub correlation_id: Option<String>,
    /// Whether it was tried.
    pub state: FailureState,
}

/// Whether something that is not there was tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FailureState {
    /// A name is not known yet.
    Held,
    /// Refused.
    Failed,
    /// Genesys has no place for it in this form: the bridge keeps it, and nothing is tried again.
    Kept,
}

impl FailureState {
    /// Its name in answers and records.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Failed => "failed",
            Self::Kept => "kept",
        }
    }
}

impl Failure {
    /// Something that Genesys, or the bridge before any call, refused.
    pub fn refused(what: impl Into<String>, refusal: &Refusal) -> Self {
        Self {
            what: what.into(),
            reason: None,
            why: refusal.detail.clone(),
            code: refusal.code.clone(),
            correlation_id: refusal.correlation_id.clone(),
            state: FailureState::Failed,
        }
    }

    /// Something that the bridge keeps and does not try.
    pub(crate) fn kept(what: impl Into<String>, code: &str, why: &str) -> Self {
        Self {
            what: what.into(),
            reason: None,
            why: why.to_owned(),
            code: code.to_owned(),
            correlation_id: None,
            state: FailureState::Kept,
        }
    }
}

/// What a saga has achieved so far; the directory turns it into records.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Report {
    /// Genesys id of the user or group, once known.
    pub bound: Option<String>,
    /// Steps known to be done.
    pub done: Vec<StepId>,
    /// Steps of which nobody knows whether they, or parts of them, took effect.
    pub maybe: Vec<StepId>,
    /// Steps that took effect, or may have, and were undone.
    pub undone: Vec<StepId>,
    /// Steps refused for good.
    pub failed: Vec<(StepId, Refusal)>,
    /// Whether all steps are settled.
    pub settled: bool,
    /// Whether a create that may have taken effect was looked for, to be undone, and not found.
    pub unsettled: bool,
    /// Whether calls of it, or of others about the same person, had no answer: they may still arrive.
    pub in_doubt: bool,
}

/// A saga with its turns, as the journal holds it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SagaState {
    /// How it was opened.
    pub opened: SagaOpened,
    /// Its turns in order.
    pub turns: Vec<Turn>,
}

impl Report {
    /// Of a saga of which nothing is known but its plan.
    pub(crate) fn unknown(plan: &Plan) -> Self {
        Self { maybe: plan.steps.iter().map(|step| step.id).collect(), ..Self::default() }
    }
}

impl SagaState {
    /// Whether it has ended. Stuck is not an end: it can be redriven.
    pub fn is_finished(&self) -> bool {
        matches!(self.turns.last(), Some(Turn::Finished(_) | Turn::HandedOver { .. }))
    }

    /// Whether it waits for an administrator.
    pub fn is_stuck(&self) -> bool {
        matches!(self.turns.last(), Some(Turn::Stuck { .. }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whether_something_was_tried_is_the_word_that_records_hold() {
        let states =
            [(FailureState::Held, "held"), (FailureState::Failed, "failed"), (FailureState::Kept, "kept")];
        for (state, word) in states {
            assert_eq!(serde_json::to_string(&state).expect("JSON"), format!("{word:?}"));
            assert_eq!(serde_json::from_str::<FailureState>(&format!("{word:?}")).expect("a state"), state);
            assert_eq!(state.as_str(), word);
        }
    }
}
