//! What Genesys Cloud has, as the emulator's snapshot tells it: one person at a time, names instead of ids.
//!
//! Reads only. The bridge is not asked here: the story checks what really is in Genesys, not what the bridge
//! says.

use std::collections::BTreeSet;

use genesys_cloud_emulator::Cloud;
use serde_json::Value;

/// The organisation at one moment.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Snapshot(Value);

/// One person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Person {
    /// Genesys id; empty when there is nobody.
    pub(super) id: String,
    /// `active` or `inactive`.
    pub(super) state: String,
    /// `Role@Division`.
    pub(super) roles: BTreeSet<String>,
    /// Queue names.
    pub(super) queues: BTreeSet<String>,
    /// `Skill:4`.
    pub(super) skills: BTreeSet<String>,
    /// `Language:4`.
    pub(super) languages: BTreeSet<String>,
    /// `Schema.field=value`.
    pub(super) attributes: BTreeSet<String>,
}

impl Snapshot {
    /// Looks, once all that was accepted has taken effect.
    pub(super) fn of(cloud: &Cloud) -> Self {
        cloud.settle();
        Self(cloud.snapshot())
    }

    /// How many users, active and inactive ones, have an address.
    pub(super) fn count(&self, email: &str) -> usize {
        self.ids(email).count()
    }

    /// How many users and groups there are.
    pub(super) fn size(&self) -> (usize, usize) {
        let size =
            |section: &str| self.0.get(section).and_then(Value::as_object).map_or(0, serde_json::Map::len);
        (size("users"), size("groups"))
    }

    /// The person with an address.
    pub(super) fn person(&self, email: &str) -> Person {
        let Some(id) = self.ids(email).next() else { return Person::default() };
        let of = |section: &str| self.0.get(section).and_then(|all| all.get(id));
        Person {
            id: id.to_owned(),
            state: of("users").and_then(|user| user.get("state")?.as_str()).unwrap_or_default().to_owned(),
            roles: of("grants").map(texts).unwrap_or_default(),
            queues: self.queues(id),
            skills: of("skills").map(levels).unwrap_or_default(),
            languages: of("languages").map(levels).unwrap_or_default(),
            attributes: of("attributes").map(fields).unwrap_or_default(),
        }
    }

    /// All that lives: everything but the soft-deleted users, which Genesys keeps for ever.
    pub(super) fn living(&self) -> Value {
        let mut all = self.0.clone();
        if let Some(sections) = all.as_object_mut() {
            sections.remove("deleted_users");
        }
        all
    }

    fn ids<'a>(&'a self, email: &'a str) -> impl Iterator<Item = &'a str> {
        let users = self.0.get("users").and_then(Value::as_object).into_iter().flatten();
        users.filter(move |(_, user)| has(user, email)).map(|(id, _)| id.as_str())
    }

    fn queues(&self, id: &str) -> BTreeSet<String> {
        let queues = self.0.get("queues").and_then(Value::as_object).into_iter().flatten();
        queues.filter(|(_, members)| members.get(id).is_some()).map(|(name, _)| name.clone()).collect()
    }
}

fn has(user: &Value, email: &str) -> bool {
    user.get("email").and_then(Value::as_str).is_some_and(|found| found.eq_ignore_ascii_case(email))
}

fn texts(list: &Value) -> BTreeSet<String> {
    let items = list.as_array().map(Vec::as_slice).unwrap_or_default();
    items.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

fn levels(held: &Value) -> BTreeSet<String> {
    held.as_object().into_iter().flatten().map(|(name, level)| format!("{name}:{}", plain(level))).collect()
}

fn fields(held: &Value) -> BTreeSet<String> {
    let mut fields = BTreeSet::new();
    for (schema, values) in held.as_object().into_iter().flatten() {
        for (field, value) in values.as_object().into_iter().flatten() {
            fields.insert(format!("{schema}.{field}={}", plain(value)));
        }
    }
    fields
}

/// A value as people write it: no quotes, no `.0`.
fn plain(value: &Value) -> String {
    match (value, value.as_f64()) {
        (Value::String(text), _) => text.clone(),
        (_, Some(number)) => number.to_string(),
        _ => value.to_string(),
    }
}
