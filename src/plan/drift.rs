//! How what Genesys shows of one user differs from what should be there, line by line, each with its reason.
//!
//! Three-way: what is desired, what we gave, what was observed. Reads nothing and plans no step: what a repair does is
//! decided by [`super::user`] as for every other change. Order, letter case of addresses, spellings of numbers and
//! grants through groups are no difference. Values are shown of levels, divisions and states only: a report is no place
//! for what people are called.

use std::collections::BTreeSet;

use serde_json::Value;

use super::entitlements::{Resolved, asks_for};
use super::identity::{self, Payload};
use crate::model::{
    Certainty, Difference, DriftClass, Entitlement, GrantedSet, Kind, Named, Object, Observed, Reason,
    Recent, Setting, UserState, Wanted, Winner,
};
use crate::scim::kind::ENTERPRISE_USER as ENTERPRISE;

/// What was looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Extent {
    /// A page of a listing: no external id of a client is on it.
    Listed,
    /// The user alone.
    Whole,
}

/// All that the differences of a user depend on.
#[derive(Clone, Debug)]
pub(crate) struct DriftInput<'a> {
    /// The document of record.
    pub document: &'a Object,
    /// Core identity that Genesys should hold.
    pub payload: &'a Payload,
    /// What Genesys has; `None` where it says that there is no such user.
    pub observed: Option<&'a Observed>,
    /// How much of it was looked at.
    pub extent: Extent,
    /// Where the user should be; `None` where that is nobody's wish.
    pub division: Option<&'a Named>,
    /// What it should have.
    pub desired: &'a [Resolved],
    /// What it should have as well, by names of which no id is known.
    pub unresolved: &'a [Wanted],
    /// What we gave.
    pub granted: &'a GrantedSet,
    /// What we wrote so lately that it may not be in `observed`.
    pub recent: &'a Recent,
}

/// The differences, the gravest first.
pub(crate) fn differences(input: &DriftInput<'_>) -> Vec<Difference> {
    let Some(observed) = input.observed.filter(|observed| observed.state != UserState::Deleted) else {
        let theirs = if input.observed.is_some() { "deleted" } else { "not there" };
        return vec![about_access(DriftClass::Gone, input, theirs)];
    };
    let active = identity::is_active(input.document);
    let mut found = Vec::new();
    match (active, observed.state) {
        (false, UserState::Active) => {
            found.push(about_access(DriftClass::ReactivatedOutside, input, "active"));
        }
        (true, UserState::Inactive) => {
            let shut_out = about_access(DriftClass::Changed, input, "inactive");
            found.push(Difference { wins: Winner::Genesys, ..shut_out });
        }
        _ => {}
    }
    found.extend(of_identity(input, observed));
    // Roles of somebody who is inactive there prove nothing, and nobody has access by the rest.
    let proves = |kind: Kind| {
        observed.read.contains(&kind) && !(observed.state == UserState::Inactive && kind.gives_access())
    };
    found.extend(of_entitlements(input, observed, active, &proves));
    found.sort_by(|a, b| (a.class, &a.what).cmp(&(b.class, &b.what)));
    found
}

fn about_access(class: DriftClass, input: &DriftInput<'_>, theirs: &str) -> Difference {
    let ours = if identity::is_active(input.document) { "active" } else { "inactive" };
    Difference {
        class,
        what: "access".to_owned(),
        kind: None,
        id: None,
        ours: Some(ours.to_owned()),
        theirs: Some(theirs.to_owned()),
        why: "what the identity provider said last".to_owned(),
        reason: Some(Reason::Request),
        wins: Winner::Bridge,
    }
}

/// The single attributes that differ, and the division.
fn of_identity(input: &DriftInput<'_>, observed: &Observed) -> Vec<Difference> {
    let shown = |path: &str| input.extent == Extent::Whole || path != "externalId";
    let differs = |path: &str, value: &Value| {
        let there = identity::observed_at(&observed.document, path);
        match (input.extent, path) {
            // A listing tells fewer types of numbers apart.
            (Extent::Listed, "phoneNumbers") => identity::numbers(value) != identity::numbers(&there),
            _ => !identity::same(path, value, &there),
        }
    };
    let paths = input.payload.iter().filter(|(path, value)| shown(path) && differs(path, value));
    let mut found: Vec<Difference> = paths
        .map(|(path, _)| {
            let there = identity::observed_at(&observed.document, path);
            let class = if there.is_null() { DriftClass::Missing } else { DriftClass::Changed };
            let name = path.strip_prefix(ENTERPRISE).and_then(|rest| rest.strip_prefix(':')).unwrap_or(path);
            Difference {
                class,
                what: name.to_owned(),
                kind: None,
                id: None,
                ours: None,
                theirs: None,
                why: "what the identity provider said last".to_owned(),
                reason: Some(Reason::Request),
                wins: Winner::Bridge,
            }
        })
        .collect();
    if let (Some(to), true) = (input.division, observed.division.as_ref() != input.division) {
        let named = identity::division_of(input.document).is_some();
        found.push(Difference {
            class: DriftClass::Changed,
            what: "division".to_owned(),
            kind: None,
            id: None,
            ours: Some(to.name.clone()),
            theirs: observed.division.as_ref().map(|division| division.name.clone()),
            why: if named { "what the identity provider said last" } else { "the default division" }
                .to_owned(),
            reason: named.then_some(Reason::Request),
            wins: Winner::Bridge,
        });
    }
    found
}

fn of_entitlements(
    input: &DriftInput<'_>,
    observed: &Observed,
    active: bool,
    proves: &dyn Fn(Kind) -> bool,
) -> Vec<Difference> {
    let seen = |key: &str| observed.entitlements.get(key).map(|entitlement| &entitlement.setting);
    let there =
        |key: &str| input.recent.get(key).map_or_else(|| seen(key), |written| written.behind(seen(key)));
    let mut found = Vec::new();
    let mut known = BTreeSet::new();
    for Resolved { entitlement, reason } in input.desired {
        let (key, kind) = (entitlement.target.key(), entitlement.target.kind());
        let null = entitlement.setting == Setting::Value(Value::Null);
        let kept = active || !kind.gives_access();
        if null || !kept || !known.insert(key.clone()) || !proves(kind) {
            continue;
        }
        let given = input.granted.get(&key).is_some_and(|ours| ours.certainty == Certainty::Given);
        let class = match there(&key) {
            None => DriftClass::Missing,
            Some(there) if *there != entitlement.setting => DriftClass::Changed,
            Some(_) => continue,
        };
        let why = if given { "we gave it" } else { "it was not given yet" };
        found.push(line(class, entitlement, there(&key), format!("{reason}; {why}"), Some(reason.clone())));
    }
    for (key, ours) in input.granted {
        let target = &ours.entitlement.target;
        let (wanted, kind) = (!known.insert(key.clone()), target.kind());
        if wanted || !proves(kind) || input.unresolved.iter().any(|wanted| asks_for(wanted, target)) {
            continue;
        }
        // With another level or value it is no longer ours.
        if there(key) == Some(&ours.entitlement.setting) {
            let why = format!("{} gave it; nothing asks for it any more", ours.reason);
            found.push(line(DriftClass::Surplus, &ours.entitlement, None, why, None));
        }
    }
    for (key, entitlement) in &observed.entitlements {
        if !known.contains(key) && there(key).is_some() && proves(entitlement.target.kind()) {
            let why = "somebody else gave it".to_owned();
            let foreign = line(DriftClass::Foreign, entitlement, None, why, None);
            found.push(Difference {
                wins: Winner::Genesys,
                ours: None,
                theirs: foreign.ours.clone(),
                ..foreign
            });
        }
    }
    found
}

fn line(
    class: DriftClass,
    of: &Entitlement,
    there: Option<&Setting>,
    why: String,
    reason: Option<Reason>,
) -> Difference {
    let (ours, theirs) = (shown(&of.setting), there.and_then(shown));
    let (kind, id) = (Some(of.target.kind()), Some(of.target.id().to_owned()));
    Difference {
        class,
        what: of.target.to_string(),
        kind,
        id,
        ours,
        theirs,
        why,
        reason,
        wins: Winner::Bridge,
    }
}

/// Levels are shown, values are not.
fn shown(setting: &Setting) -> Option<String> {
    match setting {
        Setting::Level(level) => Some(level.to_string()),
        Setting::Held | Setting::Value(_) => None,
    }
}

#[cfg(test)]
#[path = "drift_tests.rs"]
mod tests;
