//! What an administrator may do about a saga that does not end by itself: what it would lead to, in words,
//! before it is done.
//!
//! Pure. Doing it, and the audit record of it, is `recovery`; the words go out by `admin` and `cli`.

use serde::Serialize;

use crate::model::ports::refused_here;
use crate::model::{Effect, GrantedSet, Plan, Refusal, RefusalKind, SagaState, Step, StepId, Turn};
use crate::plan::describe;

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Intervention {
    /// Try again: the undo of a stuck saga, or all of one on which nobody works.
    Redrive,
    /// Go back, or leave as it is what cannot go back.
    Abort,
    /// Try one step, or its undo, no longer.
    GiveUp(StepId),
}

impl Intervention {
    /// Its name in the audit trail.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Redrive => "saga_redriven",
            Self::Abort => "saga_aborted",
            Self::GiveUp(_) => "saga_step_given_up",
        }
    }

    /// Why a step or a saga ends that was ended so.
    pub(super) fn refusal(self) -> Refusal {
        let (code, why) = match self {
            Self::Redrive | Self::Abort => ("aborted", "an administrator ended the change"),
            Self::GiveUp(_) => ("given_up", "an administrator gave it up"),
        };
        refused_here(RefusalKind::Other, code, why)
    }
}

/// What an intervention leads to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Consequence {
    /// What happens, in a sentence.
    pub what: String,
    /// The steps that it is about, in the order in which it happens to them.
    pub steps: Vec<String>,
}

impl Consequence {
    fn new(what: impl Into<String>, steps: Vec<String>) -> Self {
        Self { what: what.into(), steps }
    }
}

/// What it would lead to now.
///
/// # Errors
/// Why it cannot be done, and what can be done instead.
pub(crate) fn consequence(saga: &SagaState, asked: Intervention) -> Result<Consequence, String> {
    let plan = &saga.opened.plan;
    let step = match asked {
        Intervention::GiveUp(id) => Some(plan.step(id).ok_or_else(|| no_such(plan))?),
        Intervention::Redrive | Intervention::Abort => None,
    };
    match (saga.turns.last(), step) {
        (Some(Turn::Finished(_) | Turn::HandedOver { .. }), _) => Err("This saga has ended.".to_owned()),
        (last, None) if asked == Intervention::Redrive => redrive(plan, last),
        (last, None) => abort(plan, last),
        (last, Some(step)) => give_up(plan, last, step),
    }
}

fn redrive(plan: &Plan, last: Option<&Turn>) -> Result<Consequence, String> {
    match last {
        Some(Turn::Stuck { .. } | Turn::Undoing { .. }) => {
            Ok(Consequence::new("It tries again to undo these steps.", backwards(plan)))
        }
        _ => Ok(Consequence::new("It goes on with these steps.", plan.steps.iter().map(words).collect())),
    }
}

fn abort(plan: &Plan, last: Option<&Turn>) -> Result<Consequence, String> {
    match last {
        Some(Turn::Stuck { step, .. }) => {
            let left = plan.step(*step).map(words).into_iter().collect();
            let makes = plan.steps.iter().any(|step| matches!(step.effect, Effect::CreateUser { .. }));
            let what = if makes {
                "It ends as rolled back and its names are free. The user whom it may have made is looked for, and deleted as \
                 soon as Genesys Cloud allows it; `work list` shows it until then. At least this step could not be undone:"
            } else {
                "It ends as rolled back and its names are free. What could not be undone stays in Genesys Cloud as it is: \
                 put it right there. At least this step:"
            };
            Ok(Consequence::new(what, left))
        }
        Some(Turn::Undoing { .. }) => {
            Err("This saga is going back already; give up the step whose undo does not end.".to_owned())
        }
        Some(Turn::Acknowledged { .. }) => Err(
            "The client was told that this change is done, so it only goes forward; give up the step that does not end."
                .to_owned(),
        ),
        _ if plan.pivot.is_some() => {
            Err("This saga takes access away and only goes forward; give up the step that does not end.".to_owned())
        }
        _ => Ok(Consequence::new("It goes back; what was done of these steps is undone.", backwards(plan))),
    }
}

fn give_up(plan: &Plan, last: Option<&Turn>, step: &Step) -> Result<Consequence, String> {
    let this = || vec![words(step)];
    match last {
        Some(Turn::Stuck { .. }) => {
            Err("This saga is stuck: nothing of it is being tried. Redrive or abort it.".to_owned())
        }
        Some(Turn::Undoing { .. }) => {
            let what = "The undo of this step is tried no longer. The others are; then the saga is stuck, and can be redriven or \
                        aborted.";
            Ok(Consequence::new(what, this()))
        }
        Some(Turn::Acknowledged { .. }) => {
            let what = "This step counts as failed and is listed on the user; everything else goes on.";
            Ok(Consequence::new(what, this()))
        }
        _ if plan.pivot.is_some_and(|pivot| step.id > pivot) => {
            let what = "This step counts as failed and is listed; everything else goes on.";
            Ok(Consequence::new(what, this()))
        }
        _ => {
            let what = "Nobody was told yet that the change is done: this step counts as refused, and what was done of all steps \
                        is undone.";
            Ok(Consequence::new(what, backwards(plan)))
        }
    }
}

fn backwards(plan: &Plan) -> Vec<String> {
    let undone = |step: &&Step| plan.pivot.is_none_or(|pivot| step.id < pivot);
    plan.steps.iter().rev().filter(undone).map(words).collect()
}

/// As `sagas show` puts it.
fn words(step: &Step) -> String {
    format!("{}. {}", step.id.0 + 1, describe(&step.effect, &GrantedSet::new()))
}

fn no_such(plan: &Plan) -> String {
    format!("This saga has steps 1 to {}.", plan.steps.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Effect, Kind, Outcome, PlanKind};
    use crate::store::samples::{named, plan, put_user};

    /// A part of what it says and the steps, or a part of why not.
    type Expected = Result<(&'static str, &'static [&'static str]), &'static str>;

    fn saga(turns: Vec<Turn>) -> SagaState {
        let mut opened = put_user(1, Some("u"), serde_json::json!({}), None);
        opened.plan = plan(vec![
            Effect::SetActive { active: true },
            Effect::Join { kind: Kind::Queue, of: named("q1") },
        ]);
        SagaState { opened, turns }
    }

    fn refusal() -> Refusal {
        Intervention::Abort.refusal()
    }

    fn turns() -> [(&'static str, Vec<Turn>); 5] {
        [
            ("open", vec![]),
            ("acknowledged", vec![Turn::Acknowledged { bound: "u".into() }]),
            ("undoing", vec![Turn::Undoing { refusal: refusal(), step: None }]),
            ("stuck", vec![Turn::Stuck { step: StepId(1), refusal: refusal() }]),
            ("over", vec![Turn::Finished(Outcome::RolledBack { refusal: refusal(), step: None })]),
        ]
    }

    #[test]
    fn each_intervention_says_what_it_leads_to_or_what_can_be_done_instead() {
        use Intervention::{Abort, GiveUp, Redrive};
        let table: [(&str, Intervention, Expected); 11] = [
            ("open", Abort, Ok(("goes back", &["2. add to queue q1", "1. activate the user"]))),
            ("acknowledged", Abort, Err("give up the step")),
            ("undoing", Abort, Err("give up the step")),
            ("stuck", Abort, Ok(("stays in Genesys", &["2. add to queue q1"]))),
            ("over", Abort, Err("has ended")),
            ("open", GiveUp(StepId(1)), Ok(("is undone", &["2. add to queue q1", "1. activate the user"]))),
            ("acknowledged", GiveUp(StepId(1)), Ok(("listed on the user", &["2. add to queue q1"]))),
            ("undoing", GiveUp(StepId(1)), Ok(("then the saga is stuck", &["2. add to queue q1"]))),
            ("stuck", GiveUp(StepId(1)), Err("Redrive or abort")),
            ("open", GiveUp(StepId(2)), Err("steps 1 to 2")),
            ("stuck", Redrive, Ok(("again to undo", &["2. add to queue q1", "1. activate the user"]))),
        ];
        for (name, asked, expected) in table {
            let (_, turns) = turns().into_iter().find(|(one, _)| *one == name).unwrap();
            match (consequence(&saga(turns), asked), expected) {
                (Ok(found), Ok((what, steps))) => {
                    assert!(found.what.contains(what), "{name} {asked:?}: {found:?}");
                    assert_eq!(found.steps, steps, "{name} {asked:?}");
                }
                (Err(found), Err(why)) => assert!(found.contains(why), "{name} {asked:?}: {found}"),
                (found, _) => panic!("{name} {asked:?}: {found:?}"),
            }
        }
    }

    #[test]
    fn what_takes_access_away_is_not_aborted() {
        let mut leaver = saga(vec![]);
        leaver.opened.plan.kind = PlanKind::Deactivate;
        leaver.opened.plan.pivot = Some(StepId(0));
        assert!(consequence(&leaver, Intervention::Abort).is_err());
        let given_up = consequence(&leaver, Intervention::GiveUp(StepId(1))).unwrap();
        assert!(given_up.what.contains("listed"), "{given_up:?}");
    }
}
