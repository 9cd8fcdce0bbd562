//! What skills and languages of users have in common: an id with a proficiency from 0 to 5, at most 50 in one
//! call.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::reply::{Answer, Refusal};
use crate::turn::{Turn, text};
use crate::world::catalog::{Named, find_id};

/// Most entries in one bulk call.
pub(super) const MAX_BULK: usize = 50;

/// One of the two areas.
#[derive(Clone, Copy)]
pub(super) struct Area {
    /// Last part of the paths: `routingskills`.
    pub(super) path: &'static str,
    /// Of the directory: `skills`.
    pub(super) directory: &'static str,
    /// Member that links there: `skillUri`.
    pub(super) link: &'static str,
}

/// An assignment as the API shows it.
pub(super) fn model(area: Area, user: &str, named: &Named, proficiency: f64) -> Value {
    let mut out = Map::new();
    out.insert("id".into(), json!(named.id));
    out.insert("name".into(), json!(named.name));
    out.insert("proficiency".into(), json!(proficiency));
    out.insert("state".into(), json!("active"));
    out.insert(area.link.to_owned(), json!(format!("/api/v2/routing/{}/{}", area.directory, named.id)));
    out.insert("selfUri".into(), json!(format!("/api/v2/users/{user}/{}/{}", area.path, named.id)));
    Value::Object(out)
}

/// The assignments of a user, by name.
pub(super) fn models(area: Area, user: &str, known: &[Named], held: &BTreeMap<String, f64>) -> Vec<Value> {
    let mut found: Vec<(&Named, f64)> =
        held.iter().filter_map(|(id, rate)| find_id(known, id).map(|named| (named, *rate))).collect();
    found.sort_by(|one, other| one.0.name.cmp(&other.0.name));
    found.into_iter().map(|(named, proficiency)| model(area, user, named, proficiency)).collect()
}

/// A page of them.
pub(super) fn listing(
    turn: &Turn<'_>,
    area: Area,
    user: &str,
    known: &[Named],
    held: &BTreeMap<String, f64>,
) -> Answer {
    turn.listing(models(area, user, known, held))
}

/// id and proficiency of a body item.
pub(super) fn item(known: &[Named], item: &Map<String, Value>) -> Result<(String, f64), Refusal> {
    let id = text(item, "id").ok_or_else(|| Refusal::general("id is required"))?;
    if find_id(known, id).is_none() {
        return Err(Refusal::new(
            404,
            "general.resource.not.found",
            format!("Nothing with the id {id} was found."),
        ));
    }
    Ok((id.to_owned(), proficiency(item)?))
}

/// The proficiency of a body item.
pub(super) fn proficiency(item: &Map<String, Value>) -> Result<f64, Refusal> {
    let value = item.get("proficiency").and_then(Value::as_f64);
    value
        .filter(|value| (0.0..=5.0).contains(value))
        .ok_or_else(|| Refusal::general("proficiency is required and must be between 0 and 5"))
}

/// The items of a bulk body.
pub(super) fn items(turn: &Turn<'_>, known: &[Named]) -> Result<Vec<(String, f64)>, Refusal> {
    turn.objects(MAX_BULK)?.iter().map(|one| item(known, one)).collect()
}
