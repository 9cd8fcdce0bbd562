//! Repairs: everybody whose differences are ours to decide gets a work record, and the bridge does the rest.
//!
//! What others gave, and what a tenant leaves to Genesys, is shown and stays. Somebody who is gone comes back by a
//! request only.

use std::collections::BTreeSet;

use super::control::Live;
use super::{Halt, ResyncParts};
use crate::directory::work::WorkReason;
use crate::model::{Batch, DriftClass, StoreError, UserId, Winner};

/// Lines of the report in one go.
const PAGE: usize = 200;

impl ResyncParts {
    /// Makes the records.
    pub(super) async fn repair(&self, live: &mut Live) -> Result<(), Halt> {
        let mut after: Option<Vec<u8>> = None;
        loop {
            live.go_on(self)?;
            let lines = self.runs().lines(&live.run.id, None, after.as_deref(), PAGE).await?;
            let Some((last, _)) = lines.last() else { return Ok(()) };
            after = Some(last.clone());
            let ours =
                |class| !matches!(class, DriftClass::Gone | DriftClass::Foreign | DriftClass::Unmanaged);
            let repairable = lines
                .iter()
                .filter(|(_, line)| line.difference.wins == Winner::Bridge && ours(line.difference.class));
            let users: BTreeSet<&str> = repairable.map(|(_, line)| line.user.as_str()).collect();
            for user in users {
                live.run.counts.repaired += u64::from(self.hand_over(&UserId::new(user)).await?);
            }
        }
    }

    /// False: the user has such a record already.
    async fn hand_over(&self, user: &UserId) -> Result<bool, Halt> {
        loop {
            let before = self.directory.work(user).await?;
            if before.is_some_and(|work| work.reasons.contains_key(&WorkReason::Resync)) {
                return Ok(false);
            }
            let (mut batch, now) = (Batch::new(), self.clock.now_ms());
            self.directory.add_work(&mut batch, user, WorkReason::Resync, now, now).await?;
            match self.store.commit(batch).await {
                Ok(_) => return Ok(true),
                // Somebody else added a reason at the same moment.
                Err(StoreError::Conflict { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}
