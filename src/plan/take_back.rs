//! What a leaver gives back, by the record of what we gave: nobody looks first whether it is still there.
//!
//! Pure. What gives access goes by its id, whoever asks for it. The rest is taken back only where the request
//! says so, and where it is still ours, which is seen when it is undone. With a look at hand:
//! [`super::entitlements`].

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::entitlements::{Comparison, asks_for};
use crate::model::{
    Certainty, Effect, Granted, GrantedSet, Kind, Level, Proficiency, Reason, Setting, Target, Wanted,
};

/// What a deactivation takes back.
pub(super) struct TakenBack<'a> {
    /// What gives access, and what will have been granted in the end.
    pub(super) access: Comparison<'a>,
    /// The rest, as effects to be undone where they are still ours.
    pub(super) rest: Vec<Effect>,
}

/// Divides what we gave into what goes and what stays. `wanted` is what the document still asks for, by name;
/// `None` where that cannot be read.
pub(super) fn take_back<'a>(
    granted: &'a GrantedSet,
    wanted: Option<&[Wanted]>,
    managed: &BTreeSet<Kind>,
) -> TakenBack<'a> {
    let (mut access, mut rest, mut kept) = (Vec::new(), Vec::new(), GrantedSet::new());
    for (key, ours) in granted {
        let kind = ours.entitlement.target.kind();
        if kind.gives_access() {
            access.push(&ours.entitlement);
            continue;
        }
        let leaving = ours.certainty == Certainty::Leaving;
        let removable = leaving || matches!(ours.reason, Reason::Rule(_)) || managed.contains(&kind);
        let target = &ours.entitlement.target;
        let wanted = wanted.is_none_or(|all| all.iter().any(|wanted| asks_for(wanted, target)));
        if removable && !wanted {
            rest.extend(given(ours));
        } else {
            kept.insert(key.clone(), ours.clone());
        }
    }
    TakenBack { access: Comparison::of_removals(access, kept), rest }
}

/// The effect that gave it, with what was there before.
fn given(ours: &Granted) -> Option<Effect> {
    let level = |setting: &Setting| match setting {
        Setting::Level(level) => Some(*level),
        _ => None::<Proficiency>,
    };
    let value = |setting: Option<&Setting>| match setting {
        Some(Setting::Value(value)) => value.clone(),
        _ => Value::Null,
    };
    let setting = &ours.entitlement.setting;
    match &ours.entitlement.target {
        Target::Level { kind, of } => {
            let before = ours.before.as_ref().and_then(level);
            Some(Effect::SetLevels {
                kind: *kind,
                levels: vec![Level { of: of.clone(), before, after: level(setting) }],
            })
        }
        Target::Attribute { schema, version, field } => Some(Effect::SetAttributes {
            schema: schema.clone(),
            version: *version,
            after: BTreeMap::from([(field.clone(), value(Some(setting)))]),
            before: BTreeMap::from([(field.clone(), value(ours.before.as_ref()))]),
        }),
        Target::Role { .. } | Target::Member { .. } => None,
    }
}
