//! One turn of a saga in words, as `sagas show` prints it. Steps count from 1, as in its plan.
//!
//! What a turn means is `model`; the JSON of it is what `--json` prints.

use serde_json::Value;

use crate::model::{Outcome, Refusal, StepId, Turn};

/// In words; the JSON itself where a bridge of another version has written something else.
pub(super) fn turn_words(turn: &Value) -> String {
    match serde_json::from_value(turn.clone()) {
        Ok(turn) => words(&turn),
        Err(_) => turn.to_string(),
    }
}

fn words(turn: &Turn) -> String {
    match turn {
        Turn::Acknowledged { bound } => format!("answered as done; its id in Genesys Cloud is {bound}"),
        Turn::Undoing { refusal, step } => format!("going back{}", because(*step, refusal)),
        Turn::Stuck { step, refusal } => format!("stuck, undoing{}", because(Some(*step), refusal)),
        Turn::HandedOver { to } => format!("saga {to} took its place"),
        Turn::Finished(Outcome::HandedOver) => "a later change took its place".to_owned(),
        Turn::Finished(Outcome::RolledBack { refusal, step }) => {
            format!("rolled back{}", because(*step, refusal))
        }
        Turn::Finished(Outcome::Committed { failures, .. }) if failures.is_empty() => "done".to_owned(),
        Turn::Finished(Outcome::Committed { failures, .. }) => {
            let listed: Vec<String> =
                failures.iter().map(|failure| format!("{} ({})", failure.what, failure.why)).collect();
            format!("done, but for {}", listed.join("; "))
        }
    }
}

fn because(step: Option<StepId>, refusal: &Refusal) -> String {
    let step = step.map(|step| format!(" step {}", step.0.saturating_add(1))).unwrap_or_default();
    let correlation = refusal.correlation_id.as_deref();
    let correlation = correlation.map(|id| format!(", correlation {id}")).unwrap_or_default();
    format!("{step}: {} ({}{correlation})", refusal.detail, refusal.code)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::store::samples::refusal;

    #[test]
    fn turns_are_told_in_words_and_steps_count_from_one() {
        let refused = refusal();
        let why = format!("step 1: {} ({}", refused.detail, refused.code);
        for (turn, begin) in [
            (Turn::Undoing { refusal: refusal(), step: Some(StepId(0)) }, format!("going back {why}")),
            (Turn::Stuck { refusal: refusal(), step: StepId(0) }, format!("stuck, undoing {why}")),
            (
                Turn::Acknowledged { bound: "u-1".into() },
                "answered as done; its id in Genesys Cloud is u-1".into(),
            ),
            (Turn::Finished(Outcome::Committed { bound: "u".into(), failures: vec![] }), "done".into()),
        ] {
            let text = turn_words(&serde_json::to_value(turn).unwrap());
            assert!(text.starts_with(&begin), "{text} does not begin with {begin}");
        }
        assert_eq!(turn_words(&json!({"unheard_of": 1})), r#"{"unheard_of":1}"#);
    }
}
