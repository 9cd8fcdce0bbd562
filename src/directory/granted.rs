//! What is ours after a saga, or in the middle of one, from the plan and what became of its steps.
//!
//! Pure. The plan itself is made in `plan`, and which entitlements a step moves is asked there.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::ours::Write;
use crate::model::{Certainty, Failure, Granted, GrantedSet, Ours, Plan, Report, StepId};
use crate::plan::effects::{Moved, about, keys_of, moved};

/// Whether what the saga was for is still wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wish {
    /// It is: what is not done yet is to be done by whoever comes next.
    Stands,
    /// It was refused and undone.
    Withdrawn,
}

/// What became of all the steps that move one entitlement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Done,
    Maybe,
    Undone,
    /// Not begun, or refused as a whole.
    Not,
}

impl Fate {
    /// Of two steps that move the same.
    fn and(self, other: Self) -> Self {
        match (self, other) {
            (one, other) if one == other => one,
            (Self::Undone | Self::Not, Self::Undone | Self::Not) => Self::Undone,
            _ => Self::Maybe,
        }
    }
}

/// What is ours: `before` as it was when the saga was planned, `after` as all of its steps would leave it.
pub(crate) fn ours_after(
    plan: &Plan,
    report: &Report,
    before: &Ours,
    after: &GrantedSet,
    wish: Wish,
    now_ms: i64,
) -> Ours {
    let mut fates: BTreeMap<String, Fate> = BTreeMap::new();
    for step in &plan.steps {
        let fate = fate(report, &step.id);
        for key in keys_of(&step.effect) {
            let other = fates.get(&key).copied().unwrap_or(fate);
            fates.insert(key, fate.and(other));
        }
    }
    let keys: BTreeSet<&String> = before.granted.keys().chain(after.keys()).collect();
    let granted = keys.into_iter().filter_map(|key| {
        // What needs no step is as it should be, unless nothing of the wish is left.
        let none = if wish == Wish::Stands { Fate::Done } else { Fate::Not };
        let fate = fates.get(key).copied().unwrap_or(none);
        let kept = entry(before.granted.get(key), after.get(key), fate, wish);
        let kept = kept.or_else(|| gone(before.granted.get(key), after.get(key), fate, report.in_doubt));
        Some((key.clone(), kept?))
    });
    let mut ours = Ours { granted: granted.collect(), written: before.written.clone() };
    ours.wrote(written(plan, report), now_ms);
    ours
}

fn fate(report: &Report, step: &StepId) -> Fate {
    if report.maybe.contains(step) {
        Fate::Maybe
    } else if report.done.contains(step) {
        Fate::Done
    } else if report.undone.contains(step) {
        Fate::Undone
    } else {
        Fate::Not
    }
}

fn entry(before: Option<&Granted>, after: Option<&Granted>, fate: Fate, wish: Wish) -> Option<Granted> {
    let with = |granted: &Granted, certainty| Some(Granted { certainty, ..granted.clone() });
    match (before, after, fate) {
        (_, after, Fate::Done) => after.cloned(),
        (_, Some(after), Fate::Maybe) => with(after, Certainty::Maybe),
        // It may still be there, and it is still to go.
        (Some(before), None, _) if wish == Wish::Stands => with(before, Certainty::Leaving),
        (Some(before), None, Fate::Maybe) => with(before, Certainty::Maybe),
        (before, _, _) => before.cloned(),
    }
}

/// What was taken away is to be taken away once more where a call that gives it may still arrive.
fn gone(before: Option<&Granted>, after: Option<&Granted>, fate: Fate, in_doubt: bool) -> Option<Granted> {
    let was_there = match fate {
        Fate::Done => before,
        Fate::Undone => after,
        Fate::Maybe | Fate::Not => None,
    };
    let leaving = |granted: &Granted| Granted { certainty: Certainty::Leaving, ..granted.clone() };
    was_there.filter(|_| in_doubt).map(leaving)
}

/// What the steps have written, as far as it is known.
fn written(plan: &Plan, report: &Report) -> BTreeMap<String, Option<Write>> {
    let mut writes = BTreeMap::new();
    for step in &plan.steps {
        let undone = report.undone.contains(&step.id);
        let known = undone || fate(report, &step.id) == Fate::Done;
        if known || report.maybe.contains(&step.id) {
            for Moved { key, before, after } in moved(&step.effect) {
                let (was, is) = if undone { (after, before) } else { (before, after) };
                writes.insert(key, known.then_some(Write { was, is }));
            }
        }
    }
    writes
}

/// The failures that the refused steps of a plan amount to, one for each entitlement where a step is about
/// some.
pub(crate) fn failures(
    plan: &Plan,
    report: &Report,
    before: &GrantedSet,
    after: &GrantedSet,
) -> Vec<Failure> {
    let mut found = Vec::new();
    for (id, refusal) in &report.failed {
        let effect = plan.step(*id).map(|step| &step.effect);
        let keys = effect.map(keys_of).unwrap_or_default();
        let known: Vec<&Granted> = keys.iter().filter_map(|key| after.get(key).or(before.get(key))).collect();
        let failure = |what: String, reason| Failure { reason, ..Failure::refused(what, refusal) };
        if known.is_empty() {
            found.push(failure(effect.map_or_else(|| "a step of the plan".to_owned(), about), None));
        }
        for granted in known {
            found.push(failure(granted.entitlement.target.to_string(), Some(granted.reason.clone())));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Effect, FailureState, Kind, Level, Proficiency, RoleGrant, Setting};
    use crate::store::samples::{granted, named, plan, refusal};

    fn set(keys: &[&str]) -> GrantedSet {
        keys.iter().map(|key| granted(key)).collect()
    }

    /// Steps: 0 joins q1, 1 leaves q2, 2 sets skill s1, 3 adds role r1 and r2, 4 sets attribute a.
    fn sample() -> Plan {
        let grant = |role: &str| RoleGrant { role: named(role), division: named("d") };
        let level = Level { of: named("s1"), before: None, after: Proficiency::new(3.0) };
        plan(vec![
            Effect::Join { kind: Kind::Queue, of: named("q1") },
            Effect::Leave { kind: Kind::Queue, of: named("q2"), seen: true },
            Effect::SetLevels { kind: Kind::Skill, levels: vec![level] },
            Effect::AddRoles(vec![grant("r1"), grant("r2")]),
            Effect::SetAttributes {
                schema: named("a"),
                version: 1,
                after: [("f_text".to_owned(), "x".into())].into(),
                before: Default::default(),
            },
        ])
    }

    fn ids(ids: &[u16]) -> Vec<StepId> {
        ids.iter().map(|id| StepId(*id)).collect()
    }

    fn words(granted: &GrantedSet) -> Vec<String> {
        let word = |certainty| match certainty {
            Certainty::Given => "",
            Certainty::Maybe => "?",
            Certainty::Leaving => "-",
        };
        granted.iter().map(|(key, granted)| format!("{key}{}", word(granted.certainty))).collect()
    }

    fn after(report: &Report, wish: Wish) -> Ours {
        let before = Ours { granted: set(&["queue/q2", "queue/kept", "queue/vanished"]), ..Ours::default() };
        let all = ["queue/q1", "queue/kept", "skill/s1", "role/r1/d", "role/r2/d", "attribute/a/f_text"];
        ours_after(&sample(), report, &before, &set(&all), wish, 7)
    }

    #[test]
    fn what_is_not_known_counts_against_us_in_both_directions() {
        let table: [(&[u16], &[u16], &[&str]); 7] = [
            (
                &[0, 1, 2, 3, 4],
                &[],
                &["attribute/a/f_text", "queue/kept", "queue/q1", "role/r1/d", "role/r2/d", "skill/s1"],
            ),
            (&[], &[], &["queue/kept", "queue/q2-"]),
            (&[0], &[], &["queue/kept", "queue/q1", "queue/q2-"]),
            (&[0], &[1], &["queue/kept", "queue/q1", "queue/q2-"]),
            (&[], &[0], &["queue/kept", "queue/q1?", "queue/q2-"]),
            (&[1, 3], &[], &["queue/kept", "role/r1/d", "role/r2/d"]),
            (&[1], &[3, 4], &["attribute/a/f_text?", "queue/kept", "role/r1/d?", "role/r2/d?"]),
        ];
        for (done, maybe, wanted) in table {
            let report = Report { done: ids(done), maybe: ids(maybe), ..Report::default() };
            assert_eq!(words(&after(&report, Wish::Stands).granted), wanted, "{done:?} {maybe:?}");
        }
    }

    #[test]
    fn what_was_undone_is_as_before_and_what_could_not_be_undone_may_be_either() {
        let report = Report { undone: ids(&[0, 1]), ..Report::default() };
        let ours = after(&report, Wish::Withdrawn);
        assert_eq!(words(&ours.granted), ["queue/kept", "queue/q2", "queue/vanished"]);
        let (recent, held) = (ours.recent(7), Some(&Setting::Held));
        assert_eq!(recent["queue/q1"].behind(held), None, "a look may still show it");
        assert_eq!(recent["queue/q2"].behind(None), held, "a look may not show it yet");
        let stuck = Report::unknown(&sample());
        let told = words(&after(&stuck, Wish::Withdrawn).granted);
        assert!(told.contains(&"queue/q1?".to_owned()) && told.contains(&"queue/q2?".to_owned()), "{told:?}");
    }

    #[test]
    fn what_was_taken_away_while_calls_may_arrive_is_to_be_taken_away_once_more() {
        let in_doubt = |report: Report| Report { in_doubt: true, ..report };
        let done = in_doubt(Report { done: ids(&[0, 1, 2, 3, 4]), ..Report::default() });
        let told = words(&after(&done, Wish::Stands).granted);
        assert!(told.contains(&"queue/q2-".to_owned()) && told.contains(&"queue/q1".to_owned()), "{told:?}");
        let undone = in_doubt(Report { undone: ids(&[0, 1]), ..Report::default() });
        let told = words(&after(&undone, Wish::Withdrawn).granted);
        assert_eq!(told, ["queue/kept", "queue/q1-", "queue/q2", "queue/vanished"]);
    }

    #[test]
    fn what_was_written_is_remembered_and_what_may_have_been_is_forgotten() {
        let report = Report { done: ids(&[1, 2]), maybe: ids(&[0]), ..Report::default() };
        let mut before = Ours::default();
        let write = Write { was: Some(Setting::Held), is: None };
        before.wrote([("queue/q1".to_owned(), Some(write))].into(), 1);
        let ours = ours_after(&sample(), &report, &before, &set(&[]), Wish::Stands, 7);
        let recent = ours.recent(7);
        assert_eq!(recent.keys().collect::<Vec<_>>(), ["queue/q2", "skill/s1"]);
        assert_eq!(recent["queue/q2"].behind(Some(&Setting::Held)), None);
        let level = Setting::Level(Proficiency::new(3.0).unwrap());
        assert_eq!(recent["skill/s1"].behind(None), Some(&level));
    }

    #[test]
    fn a_plan_without_steps_grants_what_was_desired() {
        let after = set(&["queue/q1"]);
        let ours = ours_after(&plan(vec![]), &Report::default(), &Ours::default(), &after, Wish::Stands, 7);
        assert_eq!(ours.granted, after);
    }

    #[test]
    fn failures_name_each_entitlement_of_a_refused_step() {
        let after = set(&["role/r1/d", "role/r2/d"]);
        let report =
            Report { failed: vec![(StepId(3), refusal()), (StepId(0), refusal())], ..Report::default() };
        let found = failures(&sample(), &report, &set(&[]), &after);
        let what: Vec<&str> = found.iter().map(|failure| failure.what.as_str()).collect();
        assert_eq!(what, ["role r1 in division d", "role r2 in division d", "a queue membership"]);
        assert!(
            found
                .iter()
                .all(|failure| failure.code == "not.authorized" && failure.state == FailureState::Failed)
        );
    }
}
