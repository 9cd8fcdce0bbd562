//! Members of a group who could not be added or taken out: tried again as a saga of their own, in which nobody
//! is promised anything and nothing is undone because something else is refused.
//!
//! Who they are is kept by the directory (`directory::owed`); when to try again is `work`.

use std::time::Duration;

use tokio::sync::OwnedSemaphorePermit;

use super::draft::Draft;
use super::fault::Fault;
use super::recompute::{End, OTHERS_WITHIN, OWN_WITHIN, Recompute};
use super::sagas::{Predecessor, existing};
use super::submission::Done;
use crate::directory::StoredGroup;
use crate::directory::work::{WorkReason, group_of};
use crate::model::ports::refused_here;
use crate::model::{Cause, Failure, GroupId, Intent, Outcome, RefusalKind, Reservation, Subject, UserId};
use crate::plan::{GroupInput, plan_group};
use crate::scim::kind::ResourceKind;

/// What the record is about, in words.
const WHAT: &str = "members of the group";

impl Recompute {
    /// Brings the members of a group up to date who are not. `key` is that of its record.
    pub(super) async fn settle_group(&self, key: &UserId, slot: OwnedSemaphorePermit) -> End {
        let Some(group) = group_of(key) else { return End::Done };
        match self.try_members(&group, slot).await {
            Ok(end) => end,
            Err(Fault::GaveWay | Fault::NotDoneYet | Fault::LeftOpen) => End::Busy,
            Err(fault) => left(Failure::refused(
                WHAT,
                &refused_here(RefusalKind::Other, "group.not_now", fault.to_string()),
            )),
        }
    }

    async fn try_members(&self, id: &GroupId, slot: OwnedSemaphorePermit) -> Result<End, Fault> {
        let group = Reservation::Group(id.clone());
        self.nobody_else(&group, OTHERS_WITHIN).await?;
        let lane = self.clock.deadline(self.lanes.acquire(&group), OTHERS_WITHIN).await;
        let lane = lane.map_err(|_| Fault::GaveWay)?;
        self.nobody_else(&group, Duration::ZERO).await?;
        let Some(stored) = self.directory.get_group(id).await? else { return Ok(End::Done) };
        let Some(draft) = self.members_draft(stored).await? else { return Ok(End::Done) };
        let cause = Cause::recompute(format!("members of {id}"));
        let handle = self.sagas.open(&draft, &cause, &Predecessor::None, lane.fence).await?;
        drop(lane);
        let handle = handle.ok_or(Fault::GaveWay)?;
        handle.leave();
        let progress = match self.clock.deadline(handle.over(), OWN_WITHIN).await {
            Ok(progress) => progress,
            Err(_) => {
                // Others have their turn, and what comes of it counts all the same.
                drop(slot);
                handle.over().await
            }
        };
        Ok(match progress.ended {
            Some((Outcome::Committed { failures, .. }, _)) => {
                failures.into_iter().next().map_or(End::Done, left)
            }
            _ => End::Busy,
        })
    }

    /// `None`: nothing is owed.
    async fn members_draft(&self, group: StoredGroup) -> Result<Option<Draft>, Fault> {
        let (mut add, mut remove) = (Vec::new(), Vec::new());
        for user in self.directory.owed(&group.id).await? {
            if self.directory.is_member(&group.id, &user).await? { add.push(user) } else { remove.push(user) }
        }
        if add.is_empty() && remove.is_empty() {
            return Ok(None);
        }
        let genesys = group.genesys.clone().unwrap_or_else(|| group.id.as_str().to_owned());
        let name = group.display_name();
        let plan =
            plan_group(&GroupInput { genesys: Some(&genesys), name, add, remove, ..GroupInput::default() });
        Ok(Some(Draft {
            subject: group.subject,
            names: vec![existing(ResourceKind::Group, group.id.as_str())],
            plan,
            intent: Intent::PutGroup {
                version: Some(group.version),
                document: group.document.clone(),
                add: Vec::new(),
                remove: Vec::new(),
                replace: false,
            },
            claim: None,
            password: None,
            done: Done::Changed,
            id: Some(group.id.as_str().to_owned()),
            about: Subject::Group { id: group.id.clone(), genesys: Some(genesys) },
        }))
    }
}

fn left(failure: Failure) -> End {
    End::Left { reason: WorkReason::StepFailed, failure, kept: None }
}
