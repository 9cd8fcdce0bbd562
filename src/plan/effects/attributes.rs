//! Custom attributes: fields of one schema are set and cleared together; undone where they are still what the
//! step made them. Pure.
//!
//! How a field is cleared in Genesys is in `genesys::api::attributes`.

use std::collections::BTreeMap;

use serde_json::Value;

use super::why;
use crate::model::ports::Write;
use crate::model::{Aspects, GrantedSet, Kind, Named, Observed, Setting, Target, UserId};

/// To the values after; `null` clears.
pub(super) fn set(user: UserId, schema: (&str, u32), after: &BTreeMap<String, Value>) -> Vec<Write> {
    let set = after.iter().filter(|(_, value)| !value.is_null());
    let set = set.map(|(field, value)| (field.clone(), value.clone())).collect();
    let clear = after.iter().filter(|(_, value)| value.is_null()).map(|(field, _)| field.clone()).collect();
    vec![Write::SetAttributes { user, schema: schema.0.to_owned(), version: schema.1, set, clear }]
}

/// Back to the values before, of those that still have the value after.
pub(super) fn revert(
    user: UserId,
    (schema, version): (&Named, u32),
    after: &BTreeMap<String, Value>,
    before: &BTreeMap<String, Value>,
    observed: &Observed,
) -> Vec<Write> {
    let ours = after.iter().filter(|(field, after)| {
        let there = match observed.entitlements.get(&key(schema, version, field)).map(|there| &there.setting)
        {
            Some(Setting::Value(value)) => value,
            _ => &Value::Null,
        };
        there == *after
    });
    let back: BTreeMap<String, Value> =
        ours.map(|(field, _)| (field.clone(), before.get(field).cloned().unwrap_or(Value::Null))).collect();
    if back.is_empty() { Vec::new() } else { set(user, (&schema.id, version), &back) }
}

/// What [`revert`] needs to see.
pub(super) fn look(schema: &Named) -> Aspects {
    Aspects::only(Kind::Attribute, Some(&schema.id))
}

/// Key of the entitlement.
pub(super) fn key(schema: &Named, version: u32, field: &str) -> String {
    Target::Attribute { schema: schema.clone(), version, field: field.to_owned() }.key()
}

/// The fields, each with its reason.
pub(super) fn words(
    schema: &Named,
    version: u32,
    after: &BTreeMap<String, Value>,
    granted: &GrantedSet,
) -> String {
    let field = |field: &String| format!("{field}{}", why(granted, &key(schema, version, field)));
    format!("set attributes of {}: {}", schema.name, after.keys().map(field).collect::<Vec<_>>().join(", "))
}
