//! Which of the things that we gave a name means, without the catalogue of Genesys: by the names under which they
//! were given.
//!
//! Pure. With the catalogue at hand names become ids in `bridge::resolve`; a thing that was renamed in Genesys since
//! it was given is not known again here.

use serde_json::Value;

use crate::model::{Granted, GrantedSet, Named, Object, Setting, Target, Wanted};
use crate::plan::identity;

/// The name of the division in which roles count that have no other (docs/genesys.md G2.10).
const HOME: &str = "Home";

/// The division in which a role without one counts.
pub(super) struct Place<'a>(&'a str);

impl<'a> Place<'a> {
    /// That of the user, else the tenant's own, else Home.
    pub(super) fn of(document: &'a Object, default: Option<&'a str>) -> Self {
        Self(identity::division_of(document).or(default).unwrap_or(HOME))
    }

    fn division<'w>(&'w self, named: Option<&'w str>) -> &'w str {
        named.unwrap_or(self.0)
    }

    /// For people, as what was given is put into words.
    pub(super) fn words(&self, wanted: &Wanted) -> String {
        match wanted {
            Wanted::Role { role, division } => {
                format!("role {role} in division {}", self.division(division.as_deref()))
            }
            Wanted::Level { kind, name, .. } => format!("{} {name}", kind.row().word),
            Wanted::Member { .. } | Wanted::Attribute { .. } => wanted.to_string(),
        }
    }

    /// Equal for names that mean the same.
    pub(super) fn name(&self, wanted: &Wanted) -> String {
        fold(&self.words(wanted))
    }
}

/// What we gave under that name: as it is written, else in any letter case.
pub(super) fn find<'g>(
    granted: &'g GrantedSet,
    wanted: &Wanted,
    place: &Place<'_>,
) -> Option<(&'g str, &'g Granted)> {
    let by = |same: fn(&str, &str) -> bool| {
        granted.iter().find(|(_, ours)| is(wanted, &ours.entitlement.target, place, same))
    };
    let found = by(|one, other| one == other).or_else(|| by(|one, other| fold(one) == fold(other)));
    found.map(|(key, ours)| (key.as_str(), ours))
}

fn is(wanted: &Wanted, target: &Target, place: &Place<'_>, same: fn(&str, &str) -> bool) -> bool {
    let called = |name: &str, of: &Named| same(name, &of.name);
    match (wanted, target) {
        (Wanted::Role { role, division }, Target::Role { role: there, division: within }) => {
            called(role, there) && called(place.division(division.as_deref()), within)
        }
        (Wanted::Member { kind, name }, Target::Member { kind: of_kind, of })
        | (Wanted::Level { kind, name, .. }, Target::Level { kind: of_kind, of }) => {
            kind == of_kind && called(name, of)
        }
        (Wanted::Attribute { schema, field, .. }, Target::Attribute { schema: of, field: key, .. }) => {
            // With or without the suffix that tells its type.
            let stem = key.rsplit_once('_').map(|(stem, _)| stem);
            called(schema, of) && (same(field, key) || stem.is_some_and(|stem| same(field, stem)))
        }
        _ => false,
    }
}

/// Whether it is the same level or value. A field takes a text for the number or truth that it plainly is, so a
/// value may have been given in another form than it is asked for.
pub(super) fn same_setting(there: &Setting, wanted: &Setting) -> bool {
    match (there, wanted) {
        (Setting::Value(there), Setting::Value(wanted)) => {
            there == wanted || plain(there).is_some_and(|there| plain(wanted) == Some(there))
        }
        _ => there == wanted,
    }
}

/// A single value as a text; numbers in one form.
fn plain(value: &Value) -> Option<String> {
    let number = |number: f64| number.to_string();
    match value {
        Value::String(text) => {
            Some(text.trim().parse::<f64>().map_or_else(|_| text.trim().to_lowercase(), number))
        }
        Value::Number(given) => given.as_f64().map(number),
        Value::Bool(truth) => Some(truth.to_string()),
        Value::Array(items) => match items.as_slice() {
            [Value::String(text)] => Some(text.clone()),
            _ => None,
        },
        Value::Null | Value::Object(_) => None,
    }
}

fn fold(name: &str) -> String {
    name.trim().to_lowercase()
}
