//! The things that change: users, groups, tokens and effects that are still to come. Plain data, no
//! behaviour.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::audit::Actor;

/// State of a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum State {
    Active,
    Inactive,
    Deleted,
}

impl State {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            State::Active => "active",
            State::Inactive => "inactive",
            State::Deleted => "deleted",
        }
    }

    pub(crate) fn parse(text: &str) -> Option<State> {
        match text {
            "active" => Some(State::Active),
            "inactive" => Some(State::Inactive),
            "deleted" => Some(State::Deleted),
            _ => None,
        }
    }
}

/// A role in a division, both by id.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Grant {
    pub(crate) role: String,
    pub(crate) division: String,
}

/// Membership of one queue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Membership {
    pub(crate) joined: bool,
    pub(crate) ring: u32,
}

/// A phone number as SCIM writes it; `kind` is the SCIM type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Phone {
    pub(crate) value: String,
    pub(crate) kind: String,
    pub(crate) primary: bool,
}

/// An external identifier.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct ExternalId {
    pub(crate) authority: String,
    pub(crate) value: String,
}

/// A user with everything that hangs on it. Divisions, roles, skills, languages, queues and groups are ids.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct User {
    pub(crate) id: String,
    pub(crate) version: u32,
    pub(crate) state: State,
    pub(crate) email: String,
    pub(crate) name: String,
    pub(crate) division: String,
    pub(crate) title: Option<String>,
    pub(crate) department: Option<String>,
    pub(crate) manager: Option<String>,
    pub(crate) preferred_name: Option<String>,
    pub(crate) work_email: Option<String>,
    pub(crate) employee_number: Option<String>,
    pub(crate) date_hire: Option<String>,
    pub(crate) official_name: Option<String>,
    pub(crate) employee_type: Option<String>,
    pub(crate) acd_auto_answer: bool,
    pub(crate) phones: Vec<Phone>,
    pub(crate) certifications: Vec<String>,
    pub(crate) profile_skills: Vec<String>,
    pub(crate) scim_external_id: Option<String>,
    pub(crate) external_ids: BTreeSet<ExternalId>,
    pub(crate) grants: BTreeSet<Grant>,
    pub(crate) skills: BTreeMap<String, f64>,
    pub(crate) languages: BTreeMap<String, f64>,
    pub(crate) queues: BTreeMap<String, Membership>,
    #[serde(default)]
    pub(crate) teams: BTreeSet<String>,
    pub(crate) groups: BTreeSet<String>,
    pub(crate) attributes: BTreeMap<String, BTreeMap<String, Value>>,
    pub(crate) utilization: Option<Value>,
    /// When the person signed in last, with name and password; none when that never happened.
    #[serde(default)]
    pub(crate) last_login_ms: Option<u64>,
    pub(crate) modified_ms: u64,
}

impl User {
    /// A new active user with nothing but a name; `division` is an id.
    pub(crate) fn new(id: String, email: &str, name: &str, division: &str) -> User {
        User {
            id,
            version: 1,
            state: State::Active,
            email: email.to_owned(),
            name: name.to_owned(),
            division: division.to_owned(),
            title: None,
            department: None,
            manager: None,
            preferred_name: None,
            work_email: None,
            employee_number: None,
            date_hire: None,
            official_name: None,
            employee_type: None,
            acd_auto_answer: false,
            phones: Vec::new(),
            certifications: Vec::new(),
            profile_skills: Vec::new(),
            scim_external_id: None,
            external_ids: BTreeSet::new(),
            grants: BTreeSet::new(),
            skills: BTreeMap::new(),
            languages: BTreeMap::new(),
            queues: BTreeMap::new(),
            teams: BTreeSet::new(),
            groups: BTreeSet::new(),
            attributes: BTreeMap::new(),
            utilization: None,
            last_login_ms: None,
            modified_ms: 0,
        }
    }
}

/// A group; who its members are stands with the users.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Group {
    pub(crate) id: String,
    pub(crate) version: u32,
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    pub(crate) group_type: String,
    pub(crate) visibility: String,
    pub(crate) rules_visible: bool,
    pub(crate) roles_enabled: bool,
    pub(crate) external_id: Option<String>,
    pub(crate) owners: Vec<String>,
    pub(crate) grants: BTreeSet<Grant>,
    pub(crate) modified_ms: u64,
}

/// An access token.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Token {
    pub(crate) client_id: String,
    pub(crate) expires_ms: u64,
}

/// Group members that change later than they were answered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Pending {
    pub(crate) due_ms: u64,
    pub(crate) group: String,
    pub(crate) add: Vec<String>,
    pub(crate) remove: Vec<String>,
    /// Who asked for it.
    #[serde(default)]
    pub(crate) actor: Actor,
}
