//! Repairs: everybody whose differences are ours to decide gets a work record, and the bridge does the rest.
//!
//! What others gave, and what a tenant leaves to Genesys, is shown and stays. Somebody who is gone comes back by a
//! request only. Where a repair would change very many people nobody is changed: a wrong rule, or a mistake in Genesys
//! that is better undone there, looks like that.

use std::collections::BTreeSet;

use super::control::Live;
use super::run::End;
use super::{Halt, ResyncParts};
use crate::directory::work::WorkReason;
use crate::limits;
use crate::model::{Batch, DriftClass, StoreError, UserId, Winner};

/// Lines of the report in one go.
const PAGE: usize = 200;

impl ResyncParts {
    /// Makes the records, unless they are too many.
    pub(super) async fn repair(&self, live: &mut Live) -> Result<End, Halt> {
        let users = self.to_be_repaired(live).await?;
        live.run.counts.to_repair = users.len() as u64;
        if !live.run.many && too_many(users.len() as u64, live.run.counts.managed) {
            return Ok(End::Held);
        }
        for user in &users {
            live.go_on(self)?;
            live.run.counts.repaired += u64::from(self.hand_over(user).await?);
        }
        Ok(End::Complete)
    }

    async fn to_be_repaired(&self, live: &Live) -> Result<BTreeSet<UserId>, Halt> {
        let (mut users, mut after) = (BTreeSet::new(), None::<Vec<u8>>);
        loop {
            live.go_on(self)?;
            let lines = self.runs().lines(&live.run.id, None, after.as_deref(), PAGE).await?;
            let Some((last, _)) = lines.last() else { return Ok(users) };
            after = Some(last.clone());
            let ours =
                |class| !matches!(class, DriftClass::Gone | DriftClass::Foreign | DriftClass::Unmanaged);
            let repairable = lines
                .iter()
                .filter(|(_, line)| line.difference.wins == Winner::Bridge && ours(line.difference.class));
            users.extend(repairable.map(|(_, line)| UserId::new(line.user.as_str())));
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

/// Whether so many are more than may be changed unasked: more than some, and more than a share of all.
fn too_many(users: u64, managed: u64) -> bool {
    users > limits::RESYNC_REPAIRS.max(managed.saturating_mul(limits::RESYNC_REPAIRS_PERCENT) / 100)
}

#[cfg(test)]
mod tests {
    use super::too_many;

    #[test]
    fn a_few_are_never_too_many_and_of_many_a_tenth_is_not() {
        for (users, managed, wanted) in
            [(0, 0, false), (25, 25, false), (26, 30, true), (100, 1_000, false), (101, 1_000, true)]
        {
            assert_eq!(too_many(users, managed), wanted, "{users} of {managed}");
        }
    }
}
