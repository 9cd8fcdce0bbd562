//! The way back: undoes one step on what Genesys shows now.
//!
//! Which calls an undo has is `plan::effects`, pure. A step whose id was never learnt is looked for first:
//! one absence proves nothing.

use std::time::Duration;

use super::{Driver, StepEnd, tries};
use crate::limits;
use crate::model::ports::Write;
use crate::model::{Effect, Observed, RefusalKind, Step, UserId};
use crate::plan::effects;

impl Driver {
    /// Undoes the step. `Refused` means that the saga is stuck.
    pub(in crate::saga) async fn backward(&mut self, step: &Step) -> StepEnd {
        let bound = match self.find_bound(step).await {
            Ok(Some(bound)) => bound,
            Ok(None) => return StepEnd::Done(None),
            Err(end) => return end,
        };
        let observed = match effects::look(&step.effect) {
            None => Observed::default(),
            Some(aspects) => match self.observe(&UserId::new(bound.clone()), &aspects).await {
                Ok(Some(observed)) => observed,
                // The user is gone, and with it what the step did.
                Ok(None) => return StepEnd::Done(None),
                Err(end) => return end,
            },
        };
        for write in effects::backward(&step.effect, &bound, &observed) {
            match self.persist_undo(&write).await {
                StepEnd::Done(_) => {}
                end => return end,
            }
        }
        match &step.effect {
            Effect::CreateUser { .. } => self.confirm_deleted(&UserId::new(bound)).await,
            _ => StepEnd::Done(None),
        }
    }

    pub(super) async fn persist_undo(&mut self, write: &Write) -> StepEnd {
        match self.send(write).await {
            // What is not there any more needs no undo.
            StepEnd::Refused { refusal, .. } if refusal.kind == RefusalKind::NotFound => StepEnd::Done(None),
            end => end,
        }
    }

    /// The id to undo on. A create whose answer was lost is looked for twice, with a quiet period between:
    /// one absence proves nothing.
    async fn find_bound(&mut self, step: &Step) -> Result<Option<String>, StepEnd> {
        if self.bound.is_some() {
            return Ok(self.bound.clone());
        }
        for quiet in [Duration::ZERO, limits::QUIET_PERIOD] {
            if !quiet.is_zero() {
                if self.absent {
                    return Ok(None);
                }
                let rest =
                    self.patience.rest(quiet, "not found; looking once more after a quiet period").await;
                rest.map_err(|enough| enough.end(true))?;
            }
            let found = match &step.effect {
                Effect::CreateGroup { name } => self.look_for_group(name).await?,
                _ => self.look_for_mark().await?.map(|user| user.as_str().to_owned()),
            };
            if found.is_some() {
                self.bound.clone_from(&found);
                return Ok(found);
            }
        }
        Ok(None)
    }

    async fn look_for_group(&mut self, name: &str) -> Result<Option<String>, StepEnd> {
        let mut pauses = tries();
        loop {
            let verdict = self.upstream.find_group(name, &self.context).await;
            if let Some(found) = self.answer(verdict, &mut pauses).await? {
                return Ok(found.map(|group| group.id));
            }
        }
    }
}
