//! One agent at a glance, for people: who it is and everything it has, by name. A view of the emulator's own,
//! not of Genesys' API.
//!
//! Reads the snapshot and changes nothing. Served under `/__emulator/agents/` by `control`; the whole
//! organisation is in `snapshot`.

use percent_encoding::percent_decode_str;
use serde_json::{Map, Value, json};

use crate::snapshot;
use crate::world::World;

/// The agent with this e-mail address, name or id, letter case ignored; `None` when nobody living has it.
pub(crate) fn of(world: &World, who: &str) -> Option<Value> {
    let who = percent_decode_str(who).decode_utf8_lossy();
    let all = snapshot::of(world);
    let sections = all.as_object()?;
    let (id, core) = sections.get("users")?.as_object()?.iter().find(|(id, core)| {
        let is = |name: &str| {
            core.get(name).and_then(Value::as_str).is_some_and(|held| held.eq_ignore_ascii_case(&who))
        };
        id.eq_ignore_ascii_case(&who) || is("email") || is("name")
    })?;
    let mut view = Map::new();
    view.insert("id".to_owned(), json!(id));
    for name in ["name", "email", "state", "division"] {
        view.insert(name.to_owned(), core.get(name).cloned().unwrap_or_default());
    }
    for (section, held) in sections.iter().filter(|(section, _)| !section.ends_with("users")) {
        let name = if section == "grants" { "roles" } else { section.as_str() };
        view.insert(name.to_owned(), of_one(held, id));
    }
    Some(Value::Object(view))
}

/// What a section says of a person: its entry where it is kept by person, else the names of what the person
/// is a member of.
fn of_one(held: &Value, id: &str) -> Value {
    let Some(entries) = held.as_object() else { return Value::Null };
    if let Some(own) = entries.get(id) {
        return own.clone();
    }
    let member = |entry: &Value| {
        let listed = entry.as_array().or_else(|| entry.get("members").and_then(Value::as_array));
        entry.get(id).is_some() || listed.is_some_and(|members| members.iter().any(|member| member == id))
    };
    let names = entries.iter().filter(|(_, entry)| member(entry));
    names.map(|(key, entry)| entry.get("name").cloned().unwrap_or_else(|| json!(key))).collect()
}
