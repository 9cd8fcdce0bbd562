//! What other rules would change for one person, told from the directory alone: desired by name against what we
//! gave.
//!
//! Pure, and no plan: Genesys is not asked, so what others gave or took there is not seen, and neither is whether a
//! name exists. Names and ids are matched in [`matching`], sums over everybody are [`tally`]'s; who walks over
//! everybody is `bridge::new_rules`.

mod matching;
mod tally;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::Value;

use crate::entitlements::{self, Mention, RuleSet};
use crate::model::{
    Certainty, Desired, DesiredSet, Failure, Granted, GrantedSet, Kind, Object, Reason, Setting, Target,
    UserId, Wanted,
};
use crate::plan::entitlements::asks_for;
use crate::plan::identity;
use crate::scim::error::ScimError;

use matching::Place;
pub(crate) use tally::{Look, Tally};

/// A person, as the directory knows it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Person<'a> {
    /// The document of record as rules see it, with `id` and `groups`.
    pub document: &'a Object,
    /// What we gave.
    pub granted: &'a GrantedSet,
    /// What is told on the person: what is asked for and could not be given.
    pub told: &'a [Failure],
}

/// The rules by which everybody is as they are.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Before<'a> {
    /// Not known: what a person does not have by us counts as gained.
    Unknown,
    /// The same as the new ones.
    Same,
    /// These.
    Rules(&'a RuleSet),
}

/// Which way something changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Change {
    /// Given.
    Gain,
    /// Taken back.
    Loss,
    /// Kept at another level or with another value.
    Value,
}

/// One difference that the new rules make.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Difference {
    /// Which way.
    pub change: Change,
    /// What, in words: `queue VIP`.
    pub what: String,
    /// The rule that gives it, or had given what is lost.
    pub rule: String,
    /// Level or value before, where it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<Setting>,
    /// Level or value afterwards, where it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<Setting>,
}

/// What the new rules mean for one person.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Foreseen {
    /// By the rules.
    pub differences: Vec<Difference>,
    /// How many differences there are anyway: under way, held, or had from somebody else.
    pub anyway: u64,
    /// Whether an active person would have nothing of ours left that gives access, and has something now.
    pub loses_access: bool,
}

/// Who it is about, for people.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Who {
    /// Genesys id.
    pub user: UserId,
    /// The name by which it is known.
    #[serde(rename = "userName")]
    pub user_name: String,
}

/// A difference between what is asked for and what we gave, whatever the cause.
struct Open<'a> {
    change: Change,
    what: String,
    kind: Kind,
    reason: &'a Reason,
    before: Option<Setting>,
    after: Option<Setting>,
    /// The new rules cannot have made it.
    anyway: bool,
}

impl Open<'_> {
    fn is(&self, other: &Open<'_>) -> bool {
        self.change == other.change && self.what == other.what && self.after == other.after
    }
}

/// Compares. `default_division` is the tenant's own.
///
/// # Errors
/// The document asks for something in a form that cannot be read: the person stays as it is.
pub(crate) fn foresee(
    person: &Person<'_>,
    new: &RuleSet,
    before: Before<'_>,
    default_division: Option<&str>,
) -> Result<Foreseen, ScimError> {
    let place = Place::of(person.document, default_division);
    let wanted = entitlements::desired(new, person.document, Mention::Record)?;
    let open = differ(person, &wanted, &place);
    let former = match before {
        Before::Rules(rules) => Some(entitlements::desired(rules, person.document, Mention::Record)?),
        Before::Unknown | Before::Same => None,
    };
    let former = former.as_ref().map(|wanted| differ(person, wanted, &place)).unwrap_or_default();
    let is_anyway = |open: &Open<'_>| {
        open.anyway || matches!(before, Before::Same) || former.iter().any(|former| former.is(open))
    };
    let (anyway, by_rules): (Vec<_>, Vec<_>) = open.into_iter().partition(is_anyway);
    let loses_access = identity::is_active(person.document) && loses_access(person.granted, &by_rules);
    let differences = by_rules.into_iter().filter_map(|open| {
        let Reason::Rule(rule) = open.reason else { return None };
        let leveled = |setting: &Setting| *setting != Setting::Held;
        Some(Difference {
            change: open.change,
            what: open.what,
            rule: rule.clone(),
            before: open.before.filter(leveled),
            after: open.after.filter(leveled),
        })
    });
    let anyway = u64::try_from(anyway.len()).unwrap_or(u64::MAX);
    Ok(Foreseen { differences: differences.collect(), anyway, loses_access })
}

/// Whether all that gives access goes and nothing comes.
fn loses_access(granted: &GrantedSet, open: &[Open<'_>]) -> bool {
    let gives = |ours: &&Granted| {
        ours.entitlement.target.kind().gives_access() && ours.certainty != Certainty::Leaving
    };
    let has = granted.values().filter(gives).count();
    let of = |change: Change| {
        open.iter().filter(move |open| open.change == change && open.kind.gives_access()).count()
    };
    has > 0 && of(Change::Gain) == 0 && of(Change::Loss) >= has
}

/// As `plan::entitlements::compare` does it with ids and a look at Genesys, here by name and by what we gave.
fn differ<'a>(person: &Person<'a>, wanted: &'a DesiredSet, place: &Place<'_>) -> Vec<Open<'a>> {
    let active = identity::is_active(person.document);
    let mut open = Vec::new();
    let mut claimed: BTreeSet<&str> = BTreeSet::new();
    let mut named = BTreeSet::new();
    // For somebody who is not active no name is looked up: nothing is given, and what is still asked for stays.
    for item in wanted.items.iter().filter(|_| active) {
        let setting = setting_of(&item.wanted);
        if setting == Setting::Value(Value::Null) {
            // Asks to take back what we gave.
            continue;
        }
        match matching::find(person.granted, &item.wanted, place) {
            Some((key, ours)) => {
                if !claimed.insert(key) {
                    continue;
                }
                open.extend(given(item, ours, setting));
            }
            None if named.insert(place.name(&item.wanted)) => {
                let told = item.wanted.to_string();
                open.push(Open {
                    change: Change::Gain,
                    what: place.words(&item.wanted),
                    kind: item.wanted.kind(),
                    reason: &item.reason,
                    before: None,
                    after: Some(setting),
                    anyway: item.reason == Reason::Request || person.told.iter().any(|one| one.what == told),
                });
            }
            None => {}
        }
    }
    let kept = |target: &Target| {
        !active
            && !target.kind().gives_access()
            && wanted.items.iter().any(|item| asks_for(&item.wanted, target))
    };
    for (key, ours) in person.granted {
        let target = &ours.entitlement.target;
        let kind = target.kind();
        let leaving = ours.certainty == Certainty::Leaving;
        let removable = leaving || ours.reason != Reason::Request || wanted.managed.contains(&kind);
        let removable = removable || !active && kind.gives_access();
        if removable && !claimed.contains(key.as_str()) && !kept(target) {
            open.push(Open {
                change: Change::Loss,
                what: target.to_string(),
                kind,
                reason: &ours.reason,
                before: Some(ours.entitlement.setting.clone()),
                after: None,
                anyway: leaving || ours.reason == Reason::Request || !active && kind.gives_access(),
            });
        }
    }
    open
}

/// What changes of something that we gave and that is still asked for.
fn given<'a>(item: &'a Desired, ours: &'a Granted, setting: Setting) -> Option<Open<'a>> {
    let target = &ours.entitlement.target;
    let open = |change, before: Option<Setting>, after| Open {
        change,
        what: target.to_string(),
        kind: target.kind(),
        reason: &item.reason,
        before,
        after: Some(after),
        anyway: item.reason == Reason::Request,
    };
    if ours.certainty == Certainty::Leaving {
        return Some(open(Change::Gain, None, setting));
    }
    let there = &ours.entitlement.setting;
    (!matching::same_setting(there, &setting)).then(|| open(Change::Value, Some(there.clone()), setting))
}

fn setting_of(wanted: &Wanted) -> Setting {
    match wanted {
        Wanted::Role { .. } | Wanted::Member { .. } => Setting::Held,
        Wanted::Level { proficiency, .. } => Setting::Level(*proficiency),
        Wanted::Attribute { value, .. } => Setting::Value(value.clone()),
    }
}
