//! Looks at everybody who seems to differ, some at a time, and puts what is true into the report.
//!
//! In rounds: who is to be looked at again ([`super::candidates`]) is so in the next one. Candidates and lines are
//! written together, so that nobody is reported twice after a crash and nobody is forgotten.

use std::time::Duration;

use futures_util::future::join_all;

use super::candidates::{Next, after_look, after_nothing, due_in_ms, kinds_of};
use super::control::Live;
use super::run::{End, Mode, Phase, Scope};
use super::runs::Candidate;
use super::{Halt, ResyncParts};
use crate::bridge::{Compared, Look};
use crate::model::ports::CallContext;
use crate::model::{Batch, DriftClass, UserId};

/// Users who are looked at side by side.
const AT_A_TIME: usize = 16;

impl ResyncParts {
    /// Looks until nobody is left.
    pub(super) async fn confirm(&self, live: &mut Live) -> Result<(), Halt> {
        let mut round_ms = i64::MIN;
        loop {
            let mut after: Option<UserId> = None;
            loop {
                let id = live.run.id.clone();
                let some = self.runs().candidates(&id, after.as_ref(), AT_A_TIME).await?;
                let Some((last, _)) = some.last() else { break };
                after = Some(last.clone());
                self.await_all(live, &some, round_ms).await?;
                self.look_at(live, some).await?;
            }
            if after.is_none() {
                break;
            }
            round_ms = self.clock.now_ms();
        }
        live.run.phase = Phase::Apply;
        self.keep(live, Batch::new()).await
    }

    /// Waits until all of them are due.
    async fn await_all(&self, live: &Live, some: &[(UserId, Candidate)], round_ms: i64) -> Result<(), Halt> {
        loop {
            live.go_on(self)?;
            let now = self.clock.now_ms();
            let left = some.iter().map(|(_, one)| due_in_ms(one, round_ms, now)).max().unwrap_or(0);
            if left == 0 {
                return Ok(());
            }
            self.nap(&live.cancelled, Duration::from_millis(left.unsigned_abs())).await?;
        }
    }

    async fn look_at(&self, live: &mut Live, some: Vec<(UserId, Candidate)>) -> Result<(), Halt> {
        let context = self.context(&live.run);
        // Of everybody, what others gave was shown as it was listed.
        let all = live.run.scope == Scope::All;
        let looks = join_all(some.iter().map(|(user, one)| self.look(user, one, all, &context))).await;
        let (mut batch, id) = (Batch::new(), live.run.id.clone());
        let counts = &mut live.run.counts;
        let mut failed = None;
        for ((user, before), (next, why)) in some.iter().zip(looks) {
            counts.looked_at += u64::from(before.looked.is_none() && before.in_vain == 0);
            self.runs().drop_candidate(&mut batch, &id, user);
            match next {
                Next::Fine => {}
                Next::GivenUp if why.is_none() => counts.unsettled += 1,
                Next::GivenUp => {
                    counts.failed += 1;
                    failed = why;
                }
                Next::Again(candidate) => {
                    batch.delete.pop();
                    self.runs().put_candidate(&mut batch, &id, user, &candidate)?;
                }
                Next::Differs(differences) => {
                    self.runs().put_lines(&mut batch, &id, user, &differences)?;
                    counts.users += u64::from(differences.iter().any(|one| one.class != DriftClass::Foreign));
                    for difference in &differences {
                        *counts.by_class.entry(difference.class).or_default() += 1;
                    }
                }
            }
        }
        if let Some(why) = failed {
            live.run.could_not_look(&why);
        }
        self.keep(live, batch).await
    }

    /// What becomes of the candidate, and why the user could not be looked at.
    async fn look(
        &self,
        user: &UserId,
        candidate: &Candidate,
        all: bool,
        context: &CallContext,
    ) -> (Next, Option<String>) {
        let next = match self.bridge.compare(user, Look::Now(kinds_of(candidate)), context).await {
            Ok(Compared::NotOurs) => Next::Fine,
            Ok(Compared::Differs(mut shown)) => {
                shown.retain(|one| !all || one.class != DriftClass::Foreign);
                after_look(candidate, shown, self.clock.now_ms())
            }
            Ok(Compared::Unsettled | Compared::NotShown) => after_nothing(candidate),
            Err(fault) => {
                tracing::info!(%user, %fault, "a user cannot be compared");
                return (after_nothing(candidate), Some(fault.to_string()));
            }
        };
        (next, None)
    }

    /// What is done about the report, and how the run ends.
    pub(super) async fn conclude(&self, live: &mut Live) -> Result<End, Halt> {
        if live.run.mode != Mode::Repair || !live.run.incomplete.is_empty() {
            return Ok(End::Complete);
        }
        self.repair(live).await
    }
}
