//! What is believed of somebody who seems to differ, after each look. Pure.
//!
//! A listing and a look must say the same, and what seems to be missing or gone must be so twice, a minute apart:
//! caches and searches lag (docs/genesys.md G7.9).

use std::collections::BTreeSet;

use super::runs::Candidate;
use crate::model::{Difference, DriftClass, Kind};

/// How long after the first look the second one is due, in milliseconds.
pub(super) const SECOND_LOOK_MS: i64 = 60_000;
/// Looks at which somebody may be busy before they are given up.
const IN_VAIN: u32 = 3;

/// What becomes of a candidate.
#[derive(Debug, PartialEq)]
pub(super) enum Next {
    /// As it should be after all.
    Fine,
    /// It differs in these.
    Differs(Vec<Difference>),
    /// To be looked at again.
    Again(Candidate),
    /// Was being changed at every look, or could not be looked at.
    GivenUp,
}

/// The kinds that a look must show; `None` for all, where it is not known what differs.
pub(super) fn kinds_of(candidate: &Candidate) -> Option<BTreeSet<Kind>> {
    let known = candidate.looked.as_ref().map(|(_, first)| first).or(candidate.listed.as_ref())?;
    Some(known.iter().filter_map(|difference| difference.kind).collect())
}

/// After a look that showed that.
pub(super) fn after_look(candidate: &Candidate, shown: Vec<Difference>, now_ms: i64) -> Next {
    let known = candidate.looked.as_ref().map(|(_, first)| first).or(candidate.listed.as_ref());
    let shown = match known {
        Some(known) => shown.into_iter().filter(|one| known.iter().any(|other| other.is_same(one))).collect(),
        None => shown,
    };
    if shown.is_empty() {
        return Next::Fine;
    }
    let absent = |one: &Difference| matches!(one.class, DriftClass::Missing | DriftClass::Gone);
    if candidate.looked.is_none() && shown.iter().any(absent) {
        return Next::Again(Candidate { looked: Some((now_ms, shown)), ..candidate.clone() });
    }
    Next::Differs(shown)
}

/// After a look that showed nothing, because somebody is at work on the user or Genesys does not say.
pub(super) fn after_nothing(candidate: &Candidate) -> Next {
    let in_vain = candidate.in_vain.saturating_add(1);
    if in_vain >= IN_VAIN { Next::GivenUp } else { Next::Again(Candidate { in_vain, ..candidate.clone() }) }
}

/// How long a look still has to wait, in milliseconds.
pub(super) fn due_in_ms(candidate: &Candidate, round_ms: i64, now_ms: i64) -> i64 {
    let since = match &candidate.looked {
        Some((looked_ms, _)) => *looked_ms,
        // Was busy in the round before.
        None if candidate.in_vain > 0 => round_ms,
        None => return 0,
    };
    // A clock that was set back keeps nobody waiting for longer.
    since.saturating_add(SECOND_LOOK_MS).saturating_sub(now_ms).clamp(0, SECOND_LOOK_MS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Winner;

    fn one(class: DriftClass, what: &str) -> Difference {
        let why = "rule a".to_owned();
        let what = what.to_owned();
        Difference {
            class,
            what,
            kind: None,
            id: None,
            ours: None,
            theirs: None,
            why,
            reason: None,
            wins: Winner::Bridge,
        }
    }

    fn listed(differences: &[Difference]) -> Candidate {
        Candidate { listed: Some(differences.to_vec()), ..Candidate::default() }
    }

    #[test]
    fn what_listing_and_look_do_not_both_show_is_no_difference() {
        use DriftClass::{Changed, Missing};
        let (title, queue) = (one(Changed, "title"), one(Missing, "queue q"));
        assert_eq!(after_look(&listed(std::slice::from_ref(&title)), vec![], 5), Next::Fine);
        assert_eq!(after_look(&listed(std::slice::from_ref(&title)), vec![queue.clone()], 5), Next::Fine);
        let both = after_look(&listed(std::slice::from_ref(&title)), vec![title.clone(), queue], 5);
        assert_eq!(both, Next::Differs(vec![title.clone()]));
        // Where the listing did not show enough, the look alone counts.
        assert_eq!(after_look(&Candidate::default(), vec![title.clone()], 5), Next::Differs(vec![title]));
    }

    #[test]
    fn what_is_missing_must_be_missing_twice_a_minute_apart() {
        for class in [DriftClass::Missing, DriftClass::Gone] {
            let gone = one(class, "access");
            let Next::Again(second) =
                after_look(&listed(std::slice::from_ref(&gone)), vec![gone.clone()], 1_000)
            else {
                panic!("one look is not enough");
            };
            assert_eq!(due_in_ms(&second, 0, 1_000), SECOND_LOOK_MS);
            assert_eq!(due_in_ms(&second, 0, 1_000 + SECOND_LOOK_MS), 0);
            assert_eq!(due_in_ms(&second, 0, 0), SECOND_LOOK_MS, "the clock was set back");
            assert_eq!(after_look(&second, vec![], 61_000), Next::Fine);
            assert_eq!(after_look(&second, vec![gone.clone()], 61_000), Next::Differs(vec![gone]));
        }
    }

    #[test]
    fn who_is_busy_at_every_look_is_given_up() {
        let mut candidate = Candidate::default();
        for _ in 1..IN_VAIN {
            let Next::Again(next) = after_nothing(&candidate) else { panic!("too early") };
            candidate = next;
        }
        assert_eq!(after_nothing(&candidate), Next::GivenUp);
    }
}
