//! Collects steps: numbers them and gives each its conflict class.
//!
//! Decides nothing about what is needed; that is `user`, `entitlements` and `group`.

use super::effects::class_of;
use crate::model::{Effect, Plan, PlanKind, Step, StepId};

/// A plan under construction.
#[derive(Debug, Default)]
pub(super) struct Builder {
    steps: Vec<Step>,
    pivot: Option<StepId>,
}

impl Builder {
    /// A step without which the identity does not exist or is not right: runs before all others.
    pub(super) fn identity(&mut self, effect: Effect) {
        self.push(effect, true);
    }

    /// Any other step.
    pub(super) fn then(&mut self, effect: Effect) {
        self.push(effect, false);
    }

    /// An identity step from which on the saga only goes forward.
    pub(super) fn pivot(&mut self, effect: Effect) {
        self.pivot = Some(self.push(effect, true));
    }

    fn push(&mut self, effect: Effect, identity: bool) -> StepId {
        let id = StepId(u16::try_from(self.steps.len()).unwrap_or(u16::MAX));
        let class = class_of(&effect);
        self.steps.push(Step { id, effect, class, identity });
        id
    }

    pub(super) fn finish(self, kind: PlanKind) -> Plan {
        Plan { kind, steps: self.steps, pivot: self.pivot, owed: false }
    }
}
