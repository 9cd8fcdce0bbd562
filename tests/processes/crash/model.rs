//! What the clients were promised: for each resource all states it may be in.
//!
//! An acknowledged write leads from every state to its successor; one without an answer may or may not have
//! happened, so both remain. A look at the real state leaves one. Pure; who writes is `writer`, who looks is
//! `verify`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

pub(crate) const OURS: &str = "urn:ietf:params:scim:schemas:extension:genesysbridge:2.0:User";

/// A user as its client wants it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct User {
    pub(crate) version: u64,
    pub(crate) active: bool,
    pub(crate) title: String,
    /// `Role@Division`.
    pub(crate) roles: BTreeSet<String>,
    pub(crate) queues: BTreeSet<String>,
    pub(crate) skills: BTreeMap<String, u8>,
    pub(crate) cost_centre: String,
}

/// A group as its client wants it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Group {
    pub(crate) version: u64,
    pub(crate) members: BTreeSet<String>,
}

/// One write of a user.
#[derive(Clone, Debug)]
pub(crate) enum UserOp {
    Create(User),
    Active(bool),
    Title(String),
    Roles(BTreeSet<String>),
    Queues(BTreeSet<String>),
    Skills(BTreeMap<String, u8>),
    CostCentre(String),
    Delete,
}

/// One write of a group.
#[derive(Clone, Debug)]
pub(crate) enum GroupOp {
    Create(BTreeSet<String>),
    Join(String),
    Leave(String),
    Delete,
}

/// What a resource may be, `None` for absent. Never empty.
#[derive(Clone, Debug)]
pub(crate) struct Maybe<T>(pub(crate) Vec<Option<T>>);

impl<T: Clone + PartialEq> Maybe<T> {
    pub(crate) fn absent() -> Self {
        Self(vec![None])
    }

    pub(crate) fn may_be_absent(&self) -> bool {
        self.0.contains(&None)
    }

    pub(crate) fn may_be_there(&self) -> bool {
        self.0.iter().any(Option::is_some)
    }

    /// The state, if there is only one and it is there.
    pub(crate) fn known(&self) -> Option<&T> {
        match self.0.as_slice() {
            [Some(one)] => Some(one),
            _ => None,
        }
    }

    /// A write whose answer never came.
    pub(crate) fn perhaps(&mut self, write: impl Fn(Option<&T>) -> Option<T>) {
        let after: Vec<Option<T>> = self.0.iter().map(|state| write(state.as_ref())).collect();
        for state in after {
            if !self.0.contains(&state) {
                self.0.push(state);
            }
        }
    }

    /// An acknowledged write.
    pub(crate) fn surely(&mut self, write: impl Fn(Option<&T>) -> Option<T>) {
        let before = std::mem::take(&mut self.0);
        for state in before.iter().map(|state| write(state.as_ref())) {
            if !self.0.contains(&state) {
                self.0.push(state);
            }
        }
    }

    /// Keeps only the states that fit; false and unchanged if none does.
    pub(crate) fn narrow(&mut self, fits: impl Fn(Option<&T>) -> bool) -> bool {
        let kept: Vec<Option<T>> = self.0.iter().filter(|state| fits(state.as_ref())).cloned().collect();
        if kept.is_empty() {
            return false;
        }
        self.0 = kept;
        true
    }
}

impl UserOp {
    /// The user after the write. Changing an absent user changes nothing; writing what is so keeps the
    /// version.
    pub(crate) fn apply(&self, before: Option<&User>) -> Option<User> {
        if let UserOp::Create(user) = self {
            // A create sent again is applied as a replacement by the same document.
            return Some(before.map_or_else(|| User { version: 1, ..user.clone() }, Clone::clone));
        }
        let before = before?;
        let mut after = before.clone();
        match self {
            UserOp::Create(_) => {}
            UserOp::Delete => return None,
            UserOp::Active(active) => after.active = *active,
            UserOp::Title(title) => after.title.clone_from(title),
            UserOp::Roles(roles) => after.roles.clone_from(roles),
            UserOp::Queues(queues) => after.queues.clone_from(queues),
            UserOp::Skills(skills) => after.skills.clone_from(skills),
            UserOp::CostCentre(value) => after.cost_centre.clone_from(value),
        }
        if after != *before {
            after.version += 1;
        }
        Some(after)
    }

    /// The PATCH that asks for it.
    pub(crate) fn patch(&self) -> Value {
        let ours = |name: &str| format!("{OURS}:{name}");
        let (path, value) = match self {
            UserOp::Create(_) | UserOp::Delete => unreachable!("neither is a PATCH"),
            UserOp::Active(active) => ("active".to_owned(), json!(active)),
            UserOp::Title(title) => ("title".to_owned(), json!(title)),
            UserOp::Roles(roles) => (ours("roles"), roles_json(roles)),
            UserOp::Queues(queues) => (ours("queues"), json!(queues)),
            UserOp::Skills(skills) => (ours("skills"), skills_json(skills)),
            UserOp::CostCentre(value) => (ours("attributes"), attributes_json(value)),
        };
        patch(&json!([{ "op": "replace", "path": path, "value": value }]))
    }
}

impl GroupOp {
    pub(crate) fn apply(&self, before: Option<&Group>) -> Option<Group> {
        if let GroupOp::Create(members) = self {
            return Some(before.map_or_else(|| Group { version: 1, members: members.clone() }, Clone::clone));
        }
        let before = before?;
        let mut after = before.clone();
        match self {
            GroupOp::Create(_) => {}
            GroupOp::Delete => return None,
            GroupOp::Join(user) => drop(after.members.insert(user.clone())),
            GroupOp::Leave(user) => drop(after.members.remove(user)),
        }
        if after != *before {
            after.version += 1;
        }
        Some(after)
    }

    pub(crate) fn patch(&self) -> Value {
        match self {
            GroupOp::Create(_) | GroupOp::Delete => unreachable!("neither is a PATCH"),
            GroupOp::Join(user) => {
                patch(&json!([{ "op": "add", "path": "members", "value": [{ "value": user }] }]))
            }
            GroupOp::Leave(user) => {
                patch(&json!([{ "op": "remove", "path": format!("members[value eq \"{user}\"]") }]))
            }
        }
    }
}

fn patch(operations: &Value) -> Value {
    json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations })
}

fn roles_json(roles: &BTreeSet<String>) -> Value {
    let one = |text: &String| {
        let (role, division) = text.split_once('@').unwrap();
        json!({ "role": role, "division": division })
    };
    roles.iter().map(one).collect()
}

fn skills_json(skills: &BTreeMap<String, u8>) -> Value {
    skills.iter().map(|(name, level)| json!({ "name": name, "proficiency": level })).collect()
}

fn attributes_json(cost_centre: &str) -> Value {
    json!([{ "schema": "HR", "field": "cost_centre", "value": cost_centre }])
}

/// The body of the POST that makes the user. What is empty is left out: RFC 7643 section 2.5 makes no
/// difference, and a document that says `[]` would count a later removal of nothing as a change.
pub(crate) fn user_body(name: &str, user: &User) -> Value {
    let mut ours = json!({ "attributes": attributes_json(&user.cost_centre) });
    let lists = [
        ("roles", roles_json(&user.roles)),
        ("queues", json!(user.queues)),
        ("skills", skills_json(&user.skills)),
    ];
    for (kind, list) in lists.into_iter().filter(|(_, list)| *list != json!([])) {
        ours[kind] = list;
    }
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", OURS],
        "userName": name,
        "externalId": format!("ext-{name}"),
        "displayName": name,
        "active": user.active,
        "title": user.title,
        OURS: ours,
    })
}

/// A user as the bridge shows it.
pub(crate) fn user_seen(body: &Value) -> User {
    let ours = &body[OURS];
    let list = |name: &str| ours[name].as_array().cloned().unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    User {
        version: version_of(body),
        active: body["active"] == json!(true),
        title: text(&body["title"]),
        roles: list("roles")
            .iter()
            .map(|one| format!("{}@{}", text(&one["role"]), text(&one["division"])))
            .collect(),
        queues: list("queues").iter().map(text).collect(),
        skills: list("skills").iter().map(|one| (text(&one["name"]), level(&one["proficiency"]))).collect(),
        cost_centre: list("attributes").first().map(|one| text(&one["value"])).unwrap_or_default(),
    }
}

/// A group as the bridge shows it.
pub(crate) fn group_seen(body: &Value) -> Group {
    let members = body["members"].as_array().cloned().unwrap_or_default();
    let members = members.iter().filter_map(|one| one["value"].as_str().map(str::to_owned)).collect();
    Group { version: version_of(body), members }
}

/// A proficiency; 255 for what is none.
pub(crate) fn level(value: &Value) -> u8 {
    value.as_f64().map_or(255, |level| level as u8)
}

/// The number in `meta.version`.
pub(crate) fn version_of(body: &Value) -> u64 {
    number_in(body["meta"]["version"].as_str().unwrap_or_default())
}

/// The number in an ETag, 0 if it has none.
pub(crate) fn number_in(etag: &str) -> u64 {
    etag.chars().filter(char::is_ascii_digit).collect::<String>().parse().unwrap_or(0)
}
