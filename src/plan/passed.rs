//! What a saga leaves behind when a leaver takes its place before it has ended: what it may have given, and
//! what is to be undone behind the leaver's pivot.
//!
//! Pure. Nothing in here gives access again: what the saga had taken away stays away. Which of its steps may
//! have taken effect is `saga::machine`'s knowledge; the leaver's plan is [`super::leaver`].

use serde_json::Value;

use super::effects::keys_of;
use crate::model::{Effect, GrantedSet, Level, Plan, StepId};

/// How far a saga had come.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Reached {
    /// Whether the directory shows what it wanted.
    pub visible: bool,
    /// Steps that have, or may have, taken effect and were not undone.
    pub there: Vec<StepId>,
    /// Steps that are not known to be done.
    pub open: Vec<StepId>,
}

impl Reached {
    /// The worst that can be: nothing was seen, and each step may have taken effect or not.
    pub(crate) fn unknown(plan: &Plan) -> Self {
        let all: Vec<StepId> = plan.steps.iter().map(|step| step.id).collect();
        Self { visible: false, there: all.clone(), open: all }
    }
}

/// What is left of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Leftover {
    /// What it may have given, and what it may not have taken back, by key.
    pub granted: GrantedSet,
    /// Effects to undo where what is there is still theirs, in the order of undoing.
    pub give_back: Vec<Effect>,
    /// Whether one of its calls may have made, or may still make, the user active.
    pub state: bool,
}

/// What a saga with that plan leaves behind; `before` is what was ours when it was planned, `granted` what would be
/// behind it. Both count: a leaver that was passed may have been about to take back what nobody else knows of.
pub(crate) fn leftover(
    plan: &Plan,
    before: &GrantedSet,
    granted: &GrantedSet,
    reached: &Reached,
) -> Leftover {
    let mut left = Leftover::default();
    let ours = |known: &GrantedSet, effect: &Effect| -> GrantedSet {
        let keys = keys_of(effect).into_iter().filter_map(|key| known.get_key_value(&key));
        keys.map(|(key, granted)| (key.clone(), granted.clone())).collect()
    };
    for step in plan.steps.iter().rev() {
        let (there, open) = (reached.there.contains(&step.id), reached.open.contains(&step.id));
        match &step.effect {
            // Handed on by a leaver that was passed itself.
            Effect::GiveBack(effect) => left.give_back.extend(open.then(|| (**effect).clone())),
            Effect::SetActive { .. } | Effect::RestoreUser { .. } => left.state |= there,
            effect if there => left.granted.extend(ours(granted, effect)),
            _ => {}
        }
        if open {
            left.granted.extend(ours(before, &step.effect));
        }
        left.give_back.extend(match (reached.visible, &step.effect) {
            // The directory speaks of it: what was to be taken back is taken back.
            (true, effect) if open => taken(effect),
            (false, effect) if there && has_image(effect) => Some(effect.clone()),
            _ => None,
        });
    }
    left
}

/// Whether the effect holds what was there before, and gives no access.
fn has_image(effect: &Effect) -> bool {
    matches!(
        effect,
        Effect::UpdateUser { .. }
            | Effect::MoveDivision { .. }
            | Effect::SetLevels { .. }
            | Effect::SetAttributes { .. }
    )
}

/// What of levels and values the effect takes away, as the effect whose undo does so.
fn taken(effect: &Effect) -> Option<Effect> {
    match effect {
        Effect::SetLevels { kind, levels } => {
            let gone = levels.iter().filter(|level| level.after.is_none() && level.before.is_some());
            let given = gone.map(|level| Level { of: level.of.clone(), before: None, after: level.before });
            let levels: Vec<Level> = given.collect();
            (!levels.is_empty()).then_some(Effect::SetLevels { kind: *kind, levels })
        }
        Effect::SetAttributes { schema, version, after, before } => {
            let gone = |field: &&String| after.get(*field).is_none_or(Value::is_null);
            let gone: Vec<&String> = before.keys().filter(gone).collect();
            let given = gone.iter().filter_map(|field| Some(((*field).clone(), before.get(*field)?.clone())));
            (!gone.is_empty()).then(|| Effect::SetAttributes {
                schema: schema.clone(),
                version: *version,
                after: given.collect(),
                before: gone.iter().map(|field| ((*field).clone(), Value::Null)).collect(),
            })
        }
        _ => None,
    }
}
