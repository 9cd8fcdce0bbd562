//! Which durable turn may follow which: the journal refuses all others, so that a mistake upstairs cannot
//! break a promise.
//!
//! Decides nothing about what a saga does next: that is the saga's own state machine.

use crate::model::{Outcome, Turn};

/// Whether `next` may be written after `last` (`None`: the saga was just opened).
///
/// * An acknowledged saga never turns back (P1), an undoing one never forward again.
/// * Every open saga can be handed over: one with a visible result to whoever comes next, any other to a leaver,
///   which undoes behind its pivot what is left.
/// * A stuck one is redriven by writing `Undoing` again, or closed as rolled back by an administrator.
/// * A hand-over is a turn of its own, never a way to finish.
/// * One that was refused before anything took effect may end as rolled back at once: there is nothing to act
///   on.
pub(super) fn legal(last: Option<&Turn>, next: &Turn) -> bool {
    use Turn::{Acknowledged, Finished, HandedOver, Stuck, Undoing};
    match last {
        None => match next {
            Acknowledged { .. } | Undoing { .. } => true,
            Finished(outcome) => !matches!(outcome, Outcome::HandedOver),
            HandedOver { .. } => true,
            Stuck { .. } => false,
        },
        Some(Acknowledged { .. }) => match next {
            HandedOver { .. } => true,
            Finished(outcome) => matches!(outcome, Outcome::Committed { .. }),
            Acknowledged { .. } | Undoing { .. } | Stuck { .. } => false,
        },
        Some(Undoing { .. }) => {
            matches!(next, Stuck { .. } | HandedOver { .. } | Finished(Outcome::RolledBack { .. }))
        }
        Some(Stuck { .. }) => match next {
            Undoing { .. } | HandedOver { .. } => true,
            Finished(outcome) => matches!(outcome, Outcome::RolledBack { .. }),
            Acknowledged { .. } | Stuck { .. } => false,
        },
        Some(HandedOver { .. } | Finished(_)) => false,
    }
}

/// Whether the turn ends the saga.
pub(super) fn ends(turn: &Turn) -> bool {
    matches!(turn, Turn::Finished(_) | Turn::HandedOver { .. })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Refusal, RefusalKind, SagaId, StepId};

    fn all() -> Vec<(&'static str, Turn)> {
        let refusal = || Refusal {
            kind: RefusalKind::Other,
            status: 400,
            code: "bad.request".to_owned(),
            detail: String::new(),
            correlation_id: None,
        };
        let id = SagaId::parse("01890000-0000-7000-8000-000000000001").unwrap();
        vec![
            ("ack", Turn::Acknowledged { bound: "u".to_owned() }),
            ("undo", Turn::Undoing { refusal: refusal(), step: None }),
            ("stuck", Turn::Stuck { step: StepId(0), refusal: refusal() }),
            ("over", Turn::HandedOver { to: id }),
            ("done", Turn::Finished(Outcome::Committed { bound: "u".to_owned(), failures: vec![] })),
            ("back", Turn::Finished(Outcome::RolledBack { refusal: refusal(), step: None })),
            ("gone", Turn::Finished(Outcome::HandedOver)),
        ]
    }

    #[test]
    fn exactly_these_turns_follow_each_other() {
        let allowed = [
            ("", "ack undo over done back"),
            ("ack", "over done"),
            ("undo", "stuck over back"),
            ("stuck", "undo over back"),
            ("over", ""),
            ("done", ""),
            ("back", ""),
            ("gone", ""),
        ];
        let turns = all();
        for (last_name, may) in allowed {
            let last = turns.iter().find(|(name, _)| *name == last_name).map(|(_, turn)| turn);
            for (name, next) in &turns {
                let wanted = may.split(' ').any(|one| one == *name);
                assert_eq!(legal(last, next), wanted, "{last_name} → {name}");
            }
        }
    }

    #[test]
    fn nothing_follows_an_end() {
        for (name, last) in all() {
            let open = all().iter().any(|(_, next)| legal(Some(&last), next));
            assert_eq!(open, !ends(&last), "{name}");
        }
    }
}
