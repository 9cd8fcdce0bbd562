//! What a user has been granted after a saga, from the plan and what became of its steps.
//!
//! Pure. The plan itself is made in `plan`, and which entitlements a step is about is asked there.

use std::collections::BTreeSet;

use crate::model::{Failure, Granted, GrantedSet, Plan, Report, StepId};
use crate::plan::effects::{about, keys_of};

/// What remains granted: entitlements whose steps are all done (or that needed none) as they are after full
/// success, the others as they were before. What is not known to have worked is never counted as given, and
/// never counted as taken back.
pub(crate) fn granted_after(
    plan: &Plan,
    report: &Report,
    before: &GrantedSet,
    after: &GrantedSet,
) -> GrantedSet {
    let open = |step: &StepId| !report.done.contains(step);
    let unsettled: BTreeSet<String> =
        plan.steps.iter().filter(|step| open(&step.id)).flat_map(|step| keys_of(&step.effect)).collect();
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let entry = |name: &&String| if unsettled.contains(*name) { before.get(*name) } else { after.get(*name) };
    names.into_iter().filter_map(|name| Some((name.clone(), entry(&name)?.clone()))).collect()
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
    use crate::model::{Effect, FailureState, Kind, Level, Proficiency, RoleGrant};
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

    #[test]
    fn only_what_is_known_to_be_done_counts() {
        let before = set(&["queue/q2", "queue/kept", "queue/vanished"]);
        let all = ["queue/q1", "queue/kept", "skill/s1", "role/r1/d", "role/r2/d", "attribute/a/f_text"];
        let after = set(&all);
        let table: [(&[u16], &[&str]); 5] = [
            (&[0, 1, 2, 3, 4], &all),
            (&[], &["queue/q2", "queue/kept"]),
            (&[0], &["queue/q1", "queue/q2", "queue/kept"]),
            (&[1, 3], &["queue/kept", "role/r1/d", "role/r2/d"]),
            (&[2, 4], &["queue/q2", "queue/kept", "skill/s1", "attribute/a/f_text"]),
        ];
        for (done, wanted) in table {
            let report = Report { done: done.iter().map(|id| StepId(*id)).collect(), ..Report::default() };
            assert_eq!(granted_after(&sample(), &report, &before, &after), set(wanted), "{done:?}");
        }
    }

    #[test]
    fn a_plan_without_steps_grants_what_was_desired() {
        let after = set(&["queue/q1"]);
        assert_eq!(granted_after(&plan(vec![]), &Report::default(), &set(&[]), &after), after);
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
