//! Members of a group that Genesys does not know: made moments ago, or deleted.
//!
//! Genesys refuses a call as a whole because of one of them. The new ones are waited for; whoever else was in a call
//! with a deleted one is added without them. Every other answer is repeated or refused like that of any step, by
//! `drive`.

use std::time::Duration;

use super::{Driver, FRESH_FOR, StepEnd};
use crate::model::ports::Write;
use crate::model::{Aspects, Refusal, RefusalKind, UserId, UserState, Verdict};

/// Members of one call that are looked at, when it is refused because one of them is not known.
const LOOKED_AT: usize = 5;
/// Members who may be unknown, with none who is, before the group is looked at: perhaps it is the one that is gone.
const UNKNOWN_BEFORE_A_LOOK: usize = 4;
/// Members who are named in a refusal.
const NAMED: usize = 5;

impl Driver {
    /// Whether a group or its members may have been made so lately that the service of members has not heard of
    /// them: also by somebody else's saga.
    pub(super) fn may_be_new(&self, write: &Write, refusal: &Refusal, started: u64) -> bool {
        let since = started.min(self.began_ms);
        let waited = Duration::from_millis(self.clock.monotonic_ms().saturating_sub(since));
        let is_not_found = refusal.kind == RefusalKind::NotFound;
        matches!(write, Write::AddMembers(..)) && is_not_found && waited < FRESH_FOR
    }

    /// Who is deleted is not waited for. A user or group that is not seen may be as new as the call was told.
    pub(super) async fn none_is_deleted(&mut self, write: &Write) -> bool {
        let Write::AddMembers(_, members) = write else { return false };
        for member in members.iter().take(LOOKED_AT) {
            if self.patience.settles() {
                return false;
            }
            let seen = self.upstream.observe(member, &Aspects::default(), &self.context).await;
            if matches!(seen, Verdict::Done(Some(seen)) if seen.state == UserState::Deleted) {
                return false;
            }
        }
        true
    }

    /// Adds those of the users whom Genesys knows, by halving what is refused. The end is the refusal that names the
    /// others: the step is not done, and whoever tries it again does no harm.
    pub(super) async fn add_apart(
        &mut self,
        group: &str,
        users: &[UserId],
        mut refusal: Refusal,
        mut partial: bool,
        started: u64,
    ) -> StepEnd {
        let mut parts = halves(users);
        let (mut unknown, mut known) = (Vec::new(), false);
        while let Some(part) = parts.pop() {
            if !known && unknown.len() >= UNKNOWN_BEFORE_A_LOOK {
                match self.upstream.observe_group(group, false, &self.context).await {
                    Verdict::Done(Some(_)) => known = true,
                    _ => break,
                }
            }
            let write = Write::AddMembers(group.to_owned(), part.to_vec());
            match (self.persist_since(&write, started).await, part) {
                (StepEnd::Done(_), _) => (partial, known) = (true, true),
                (StepEnd::Refused { refusal: again, partial: sent }, part)
                    if again.kind == RefusalKind::NotFound =>
                {
                    partial |= sent;
                    match part {
                        [one] => unknown.push(one.as_str()),
                        several => parts.extend(halves(several)),
                    }
                }
                (StepEnd::Refused { refusal, .. }, _) => return StepEnd::Refused { refusal, partial },
                (StepEnd::Abandoned { partial: sent }, _) => {
                    return StepEnd::Abandoned { partial: partial || sent };
                }
            }
        }
        if unknown.is_empty() {
            // Whoever was not known when all were sent is by now.
            return StepEnd::Done(None);
        }
        if known {
            let more = if unknown.len() > NAMED { " and others" } else { "" };
            unknown.truncate(NAMED);
            refusal.detail =
                format!("{} (not known to Genesys: {}{more})", refusal.detail, unknown.join(", "));
        }
        StepEnd::Refused { refusal, partial }
    }
}

/// The first half last, which is where the next part is taken from.
fn halves(users: &[UserId]) -> Vec<&[UserId]> {
    let (first, second) = users.split_at(users.len() / 2);
    vec![second, first]
}
