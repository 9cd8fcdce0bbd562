//! Entitlements: which to give, which to take back, and what will have been granted afterwards.
//!
//! "We take away only what we gave" lives here: an entitlement that somebody else assigned is neither taken
//! away nor counted as granted. Names are already resolved; the identity steps are in `user` and `identity`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::builder::Builder;
use crate::limits;
use crate::model::{
    Certainty, Effect, Entitlement, Family, Granted, GrantedSet, Kind, Level, Named, Observed, Proficiency,
    Reason, Recent, RoleGrant, Setting, Target, Wanted,
};

/// A desired entitlement with its Genesys ids.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Resolved {
    /// What.
    pub entitlement: Entitlement,
    /// Why.
    pub reason: Reason,
}

/// One difference.
struct Change<'a> {
    target: &'a Target,
    before: Option<Setting>,
    after: Option<Setting>,
    /// Whether Genesys showed it.
    seen: bool,
}

/// How what a user has differs from what it should have, and what will have been granted once all steps have
/// succeeded.
pub(super) struct Comparison<'a> {
    changes: Vec<Change<'a>>,
    /// Granted after full success.
    pub(super) granted: GrantedSet,
}

/// Compares. What is `unresolved` stays as it is, where it was given under that name. What we wrote lately
/// (`recent`) is believed more than what was observed, and where the two differ nothing is left out.
pub(super) fn compare<'a>(
    desired: &'a [Resolved],
    unresolved: &[Wanted],
    managed: &BTreeSet<Kind>,
    granted: &'a GrantedSet,
    recent: &Recent,
    observed: &Observed,
) -> Comparison<'a> {
    let mut after = GrantedSet::new();
    let mut changes = Vec::new();
    let mut wanted = BTreeSet::new();
    let seen = |key: &str| observed.entitlements.get(key).map(|entitlement| &entitlement.setting);
    let there = |key: &str| recent.get(key).map_or_else(|| seen(key), |written| written.behind(seen(key)));
    for Resolved { entitlement, reason } in desired {
        let key = entitlement.target.key();
        if !wanted.insert(key.clone()) {
            continue;
        }
        if entitlement.setting == Setting::Value(Value::Null) {
            // "null" for an attribute asks to take back what we gave.
            wanted.remove(&key);
            continue;
        }
        let (seen, there) = (seen(&key), there(&key));
        let ours = granted.get(&key);
        let stale = ours.is_some_and(|ours| ours.entitlement.setting != entitlement.setting);
        let certain = seen == there && ours.is_none_or(|ours| ours.certainty.is_given());
        if there == Some(&entitlement.setting) && !stale && certain {
            // Already so. Ours stays ours; what somebody else gave stays theirs.
            if let Some(ours) = ours {
                after.insert(
                    key,
                    Granted { entitlement: entitlement.clone(), reason: reason.clone(), ..ours.clone() },
                );
            }
            continue;
        }
        changes.push(Change {
            target: &entitlement.target,
            before: there.cloned(),
            after: Some(entitlement.setting.clone()),
            seen: there.is_some(),
        });
        let before = ours.map_or_else(|| there.cloned(), |ours| ours.before.clone());
        let (entitlement, reason) = (entitlement.clone(), reason.clone());
        after.insert(key, Granted { entitlement, reason, before, certainty: Certainty::Given });
    }
    for (key, ours) in granted {
        if wanted.contains(key) {
            continue;
        }
        let target = &ours.entitlement.target;
        let leaving = ours.certainty == Certainty::Leaving;
        let removable = leaving || matches!(ours.reason, Reason::Rule(_)) || managed.contains(&target.kind());
        let removable = removable && !unresolved.iter().any(|wanted| asks_for(wanted, target));
        if !removable || !observed.read.contains(&target.kind()) {
            after.insert(key.clone(), ours.clone());
            continue;
        }
        changes.extend(taken_back(ours, there(key)));
    }
    Comparison { changes, granted: after }
}

/// Taken back where it is still what we gave, or may have given; another level or value means that it is no longer
/// ours. Absent proves nothing, because reads lag behind writes: the removal is sent, and does no harm where there is
/// nothing.
fn taken_back<'a>(ours: &'a Granted, there: Option<&Setting>) -> Option<Change<'a>> {
    let target = &ours.entitlement.target;
    let may_be_ours = ours.certainty == Certainty::Maybe && there.is_some();
    if there == Some(&ours.entitlement.setting) || may_be_ours {
        return Some(Change { target, before: there.cloned(), after: ours.before.clone(), seen: true });
    }
    there.is_none().then_some(Change { target, before: None, after: None, seen: false })
}

impl<'a> Comparison<'a> {
    /// All of these go, seen or not; `granted` stays.
    pub(super) fn of_removals(gone: Vec<&'a Entitlement>, granted: GrantedSet) -> Self {
        let change = |gone: &'a Entitlement| Change {
            target: &gone.target,
            before: Some(gone.setting.clone()),
            after: None,
            seen: false,
        };
        Self { changes: gone.into_iter().map(change).collect(), granted }
    }

    fn of(&self, kind: Kind) -> Vec<&Change<'a>> {
        self.changes.iter().filter(|change| change.target.kind() == kind).collect()
    }

    /// Leaves what there is no room beside. It comes before a move to another division, so that undone in
    /// reverse order it is joined again in the division where it was.
    pub(super) fn make_room(&self, builder: &mut Builder) {
        for kind in Kind::ALL.into_iter().filter(|kind| kind.row().single) {
            let left = self.of(kind).into_iter().filter(|change| change.after.is_none()).collect();
            add_memberships(builder, kind, left);
        }
    }

    /// All other steps.
    pub(super) fn add_steps(&self, builder: &mut Builder) {
        for kind in Kind::ALL {
            let mut changes = self.of(kind);
            if kind.row().single {
                changes.retain(|change| change.after.is_some());
            }
            match kind.family() {
                Family::Grant => add_grants(builder, &changes),
                Family::Level => add_levels(builder, kind, &changes),
                Family::Field => add_attributes(builder, &changes),
                Family::Membership => add_memberships(builder, kind, changes),
            }
        }
    }
}

fn add_grants(builder: &mut Builder, changes: &[&Change<'_>]) {
    let grants = |wanted: &dyn Fn(&Change<'_>) -> bool| {
        let grants = changes.iter().filter(|change| wanted(change));
        let grants = grants.filter_map(|change| match change.target {
            Target::Role { role, division } => {
                Some(RoleGrant { role: role.clone(), division: division.clone() })
            }
            _ => None,
        });
        grants.collect::<Vec<_>>()
    };
    let given = grants(&|change| change.after.is_some());
    let taken = grants(&|change| change.after.is_none() && change.before.is_some());
    let unseen = grants(&|change| change.after.is_none() && change.before.is_none());
    for chunk in given.chunks(limits::GENESYS_BULK) {
        builder.then(Effect::AddRoles(chunk.to_vec()));
    }
    for chunk in taken.chunks(limits::GENESYS_BULK) {
        builder.then(Effect::RemoveRoles(chunk.to_vec()));
    }
    for chunk in unseen.chunks(limits::GENESYS_BULK) {
        builder.then(Effect::ClearRoles(chunk.to_vec()));
    }
}

fn add_levels(builder: &mut Builder, kind: Kind, changes: &[&Change<'_>]) {
    for chunk in levels(changes).chunks(limits::GENESYS_BULK) {
        builder.then(Effect::SetLevels { kind, levels: chunk.to_vec() });
    }
}

fn levels(changes: &[&Change<'_>]) -> Vec<Level> {
    let level = |setting: &Option<Setting>| match setting {
        Some(Setting::Level(level)) => Some(*level),
        _ => None::<Proficiency>,
    };
    let named = changes.iter().filter_map(|change| match change.target {
        Target::Level { of, .. } => {
            Some(Level { of: of.clone(), before: level(&change.before), after: level(&change.after) })
        }
        _ => None,
    });
    named.collect()
}

fn add_memberships(builder: &mut Builder, kind: Kind, changes: Vec<&Change<'_>>) {
    for change in changes {
        if let Target::Member { of, .. } = change.target {
            let of = of.clone();
            builder.then(if change.after.is_some() {
                Effect::Join { kind, of }
            } else {
                Effect::Leave { kind, of, seen: change.seen }
            });
        }
    }
}

fn add_attributes(builder: &mut Builder, changes: &[&Change<'_>]) {
    type Fields = (Named, u32, BTreeMap<String, Value>, BTreeMap<String, Value>);
    let value = |setting: &Option<Setting>| match setting {
        Some(Setting::Value(value)) => value.clone(),
        _ => Value::Null,
    };
    let mut schemas: BTreeMap<&str, Fields> = BTreeMap::new();
    for change in changes {
        if let Target::Attribute { schema, version, field } = change.target {
            let fields = || (schema.clone(), *version, BTreeMap::new(), BTreeMap::new());
            let (_, _, after, before) = schemas.entry(&schema.id).or_insert_with(fields);
            after.insert(field.clone(), value(&change.after));
            before.insert(field.clone(), value(&change.before));
        }
    }
    for (schema, version, after, before) in schemas.into_values() {
        builder.then(Effect::SetAttributes { schema, version, after, before });
    }
}

/// Whether a name, of which no id is known, may mean that: what was given under a name is not taken back while
/// somebody still asks for it by that name.
pub(super) fn asks_for(wanted: &Wanted, target: &Target) -> bool {
    let same = |name: &str, of: &Named| name.to_lowercase() == of.name.to_lowercase();
    match (wanted, target) {
        (Wanted::Role { role, division }, Target::Role { role: there, division: within }) => {
            same(role, there) && division.as_ref().is_none_or(|name| same(name, within))
        }
        (Wanted::Member { kind, name }, Target::Member { kind: of_kind, of })
        | (Wanted::Level { kind, name, .. }, Target::Level { kind: of_kind, of }) => {
            kind == of_kind && same(name, of)
        }
        (Wanted::Attribute { schema, field, value }, Target::Attribute { schema: of, field: key, .. }) => {
            // With or without the suffix that tells its type; null asks to take it back.
            let rest = key.strip_prefix(field.as_str());
            let named = rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('_'));
            !value.is_null() && named && same(schema, of)
        }
        _ => false,
    }
}
