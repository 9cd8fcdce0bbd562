//! One client: writes users and groups of its own, one request after the other, and keeps book of what it was
//! promised.
//!
//! A create or a removal whose answer was lost is sent again until its end is known, as a connector does; a
//! lost PATCH now and then. What an answer means for the book is decided in `Book`; comparing it with the
//! real state is `verify`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{Rng as _, SeedableRng as _};
use serde_json::{Value, json};

use super::model::{Group, GroupOp, Maybe, User, UserOp, group_seen, number_in, user_body, user_seen};
use super::processes::Pair;

const USERS_MAX: usize = 12;
const GROUPS_MAX: usize = 3;
const ROLES: [&str; 5] =
    ["Agent@EMEA", "Supervisor@EMEA", "Agent@Americas", "Quality Evaluator@Home", "Claims Handler@APAC"];
const QUEUES: [&str; 5] = ["EMEA Support", "EMEA Billing", "Americas Support", "VIP", "Fraud"];
const SKILLS: [&str; 5] = ["Billing", "Refunds", "Chat", "Fraud review", "Voice"];
const TITLES: [&str; 4] = ["Agent", "Senior agent", "Night agent", "Lead"];

/// Counts and findings of all clients.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) acknowledged: u64,
    /// Writes by kind and what became of them.
    pub(crate) answers: BTreeMap<String, u64>,
    /// Answers that break a promise.
    pub(crate) broken: Vec<String>,
}

pub(crate) type Shared = Arc<Mutex<Tally>>;

/// A resource: its id once known, the states it may be in, and the write whose end is unknown.
#[derive(Debug)]
pub(crate) struct Entry<T, O> {
    pub(crate) id: Option<String>,
    pub(crate) maybe: Maybe<T>,
    pub(crate) unsure: Option<O>,
}

/// What one client wrote and was promised.
pub(crate) struct Book {
    number: usize,
    rng: StdRng,
    made: u64,
    pub(crate) users: BTreeMap<String, Entry<User, UserOp>>,
    pub(crate) groups: BTreeMap<String, Entry<Group, GroupOp>>,
}

/// What became of a request.
enum Answer {
    /// There was no bridge to send it to.
    NotSent,
    /// Sent, and never answered.
    Lost,
    /// Status, id and body.
    Came(u16, Value),
}

/// What to write next.
enum Next {
    User(String, UserOp),
    Group(String, GroupOp),
}

impl Book {
    pub(crate) fn new(number: usize, seed: u64) -> Self {
        let rng = StdRng::seed_from_u64(seed.wrapping_mul(1_000_003).wrapping_add(number as u64));
        Self { number, rng, made: 0, users: BTreeMap::new(), groups: BTreeMap::new() }
    }

    /// Writes once. False if the bridge is not there.
    pub(crate) async fn step(&mut self, connection: &Connection, tally: &Shared) -> bool {
        match self.choose() {
            Next::User(name, op) => {
                let answer = self.send_user(connection, &name, &op).await;
                let sent = !matches!(answer, Answer::NotSent);
                self.user_answered(&name, op, answer, tally);
                sent
            }
            Next::Group(name, op) => {
                let answer = self.send_group(connection, &name, &op).await;
                let sent = !matches!(answer, Answer::NotSent);
                self.group_answered(&name, op, answer, tally);
                sent
            }
        }
    }

    fn choose(&mut self) -> Next {
        let again = self.rng.random_bool(0.5);
        let urgent = |op: &UserOp| matches!(op, UserOp::Create(_) | UserOp::Delete);
        for (name, entry) in &self.users {
            if let Some(op) = entry.unsure.as_ref().filter(|op| again || urgent(op)) {
                return Next::User(name.clone(), op.clone());
            }
        }
        let urgent = |op: &GroupOp| matches!(op, GroupOp::Create(_) | GroupOp::Delete);
        for (name, entry) in &self.groups {
            if let Some(op) = entry.unsure.as_ref().filter(|op| again || urgent(op)) {
                return Next::Group(name.clone(), op.clone());
            }
        }
        let live: Vec<String> = self
            .users
            .iter()
            .filter(|(_, entry)| entry.id.is_some() && !entry.maybe.may_be_absent())
            .map(|(name, _)| name.clone())
            .collect();
        let dice = self.rng.random_range(0..100);
        if live.len() < 3 || (dice < 25 && live.len() < USERS_MAX) {
            return self.new_user();
        }
        if dice < 43 {
            return self.group_change();
        }
        let name = live.choose(&mut self.rng).unwrap().clone();
        if dice < 53 {
            return Next::User(name, UserOp::Delete);
        }
        let op = self.user_change(&name);
        Next::User(name, op)
    }

    fn new_user(&mut self) -> Next {
        let gone: Vec<String> = self
            .users
            .iter()
            .filter(|(_, entry)| !entry.maybe.may_be_there())
            .map(|(name, _)| name.clone())
            .collect();
        let name = match gone.choose(&mut self.rng) {
            // Somebody who comes back under the same name.
            Some(name) if self.rng.random_bool(0.2) => name.clone(),
            _ => {
                self.made += 1;
                format!("w{}.n{}@crash.example", self.number, self.made)
            }
        };
        let user = User {
            version: 1,
            active: self.rng.random_bool(0.9),
            title: self.pick(&TITLES),
            roles: self.some(&ROLES),
            queues: self.some(&QUEUES),
            skills: self.levels(),
            cost_centre: format!("CC-{}", self.rng.random_range(1..99)),
        };
        Next::User(name, UserOp::Create(user))
    }

    fn user_change(&mut self, name: &str) -> UserOp {
        let inactive =
            self.users.get(name).and_then(|entry| entry.maybe.known()).is_some_and(|user| !user.active);
        match self.rng.random_range(0..10) {
            0..=1 => UserOp::Active(inactive),
            2..=3 => UserOp::Title(self.pick(&TITLES)),
            4..=5 => UserOp::Skills(self.levels()),
            6 => UserOp::CostCentre(format!("CC-{}", self.rng.random_range(1..99))),
            7 => UserOp::Roles(self.some(&ROLES)),
            _ => UserOp::Queues(self.some(&QUEUES)),
        }
    }

    fn group_change(&mut self) -> Next {
        let members: Vec<String> = self
            .users
            .values()
            .filter(|entry| !entry.maybe.may_be_absent())
            .filter_map(|entry| entry.id.clone())
            .collect();
        let live: Vec<String> = self
            .groups
            .iter()
            .filter(|(_, entry)| entry.id.is_some() && !entry.maybe.may_be_absent())
            .map(|(name, _)| name.clone())
            .collect();
        if live.is_empty() || (live.len() < GROUPS_MAX && self.rng.random_bool(0.2)) {
            self.made += 1;
            let kind = if self.rng.random_bool(0.7) { "crew" } else { "club" };
            let count = self.rng.random_range(0..3);
            let some = members.choose_multiple(&mut self.rng, count).cloned().collect();
            return Next::Group(format!("{kind}-{}-{}", self.number, self.made), GroupOp::Create(some));
        }
        let name = live.choose(&mut self.rng).unwrap().clone();
        if self.rng.random_bool(0.1) {
            return Next::Group(name, GroupOp::Delete);
        }
        let inside = self.groups[&name].maybe.known().map(|group| group.members.clone()).unwrap_or_default();
        let inside: Vec<&String> = inside.iter().collect();
        match inside.choose(&mut self.rng) {
            Some(user) if self.rng.random_bool(0.4) => Next::Group(name, GroupOp::Leave((*user).clone())),
            _ => {
                let user = members.choose(&mut self.rng).cloned();
                Next::Group(name, user.map_or(GroupOp::Delete, GroupOp::Join))
            }
        }
    }

    fn pick(&mut self, from: &[&str]) -> String {
        (*from.choose(&mut self.rng).unwrap()).to_owned()
    }

    fn some(&mut self, from: &[&str]) -> BTreeSet<String> {
        let count = self.rng.random_range(0..4);
        from.choose_multiple(&mut self.rng, count).map(|name| (*name).to_owned()).collect()
    }

    fn levels(&mut self) -> BTreeMap<String, u8> {
        let names = self.some(&SKILLS);
        names.into_iter().map(|name| (name, self.rng.random_range(1..6))).collect()
    }

    async fn send_user(&mut self, connection: &Connection, name: &str, op: &UserOp) -> Answer {
        let entry = self.users.entry(name.to_owned()).or_insert_with(Entry::absent);
        let path = format!("/scim/v2/Users/{}", entry.id.as_deref().unwrap_or_default());
        let careful = self.rng.random_bool(0.2);
        let version = entry.maybe.known().filter(|_| careful).map(|user| user.version);
        match op {
            UserOp::Create(user) => {
                connection.send("POST", "/scim/v2/Users", Some(user_body(name, user)), None).await
            }
            UserOp::Delete => connection.send("DELETE", &path, None, version).await,
            _ => connection.send("PATCH", &path, Some(op.patch()), version).await,
        }
    }

    async fn send_group(&mut self, connection: &Connection, name: &str, op: &GroupOp) -> Answer {
        let entry = self.groups.entry(name.to_owned()).or_insert_with(Entry::absent);
        let path = format!("/scim/v2/Groups/{}", entry.id.as_deref().unwrap_or_default());
        match op {
            GroupOp::Create(members) => {
                let members: Vec<Value> = members.iter().map(|id| json!({ "value": id })).collect();
                let body = json!({
                    "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"],
                    "displayName": name, "externalId": format!("ext-{name}"), "members": members,
                });
                connection.send("POST", "/scim/v2/Groups", Some(body), None).await
            }
            GroupOp::Delete => connection.send("DELETE", &path, None, None).await,
            _ => connection.send("PATCH", &path, Some(op.patch()), None).await,
        }
    }

    fn user_answered(&mut self, name: &str, op: UserOp, answer: Answer, tally: &Shared) {
        let kind = match &op {
            UserOp::Create(_) => "user create",
            UserOp::Delete => "user delete",
            _ => "user patch",
        };
        let entry = self.users.get_mut(name).unwrap();
        let gone_before = entry.maybe.may_be_there();
        let create = matches!(op, UserOp::Create(_));
        let delete = matches!(op, UserOp::Delete);
        let apply = |state: Option<&User>| op.apply(state);
        let end = entry.answered(create, delete, &answer, apply, |state, body| *state == user_seen(body));
        note(tally, kind, name, &answer, &end, &format!("{op:?}, {:?}", entry.maybe));
        match end {
            End::Unsure => entry.unsure = Some(op),
            End::NotSent | End::Refused => {}
            _ => entry.unsure = None,
        }
        // Whoever is gone for certain is in no group any more.
        if gone_before && !entry.maybe.may_be_there() {
            let id = entry.id.clone().unwrap_or_default();
            for group in self.groups.values_mut() {
                for group in group.maybe.0.iter_mut().flatten() {
                    if group.members.remove(&id) {
                        group.version += 1;
                    }
                }
                // To let somebody join who is gone would be refused, rightly.
                group.unsure.take_if(|op| matches!(op, GroupOp::Join(user) if *user == id));
            }
        }
    }

    fn group_answered(&mut self, name: &str, op: GroupOp, answer: Answer, tally: &Shared) {
        let kind = match &op {
            GroupOp::Create(_) => "group create",
            GroupOp::Delete => "group delete",
            _ => "group patch",
        };
        let entry = self.groups.get_mut(name).unwrap();
        let create = matches!(op, GroupOp::Create(_));
        let delete = matches!(op, GroupOp::Delete);
        let apply = |state: Option<&Group>| op.apply(state);
        let fits = |state: &Group, body: &Value| {
            // A PATCH of a group may be answered without its members.
            let seen = group_seen(body);
            seen.version == state.version && (body["members"].is_null() || seen.members == state.members)
        };
        let end = entry.answered(create, delete, &answer, apply, fits);
        note(tally, kind, name, &answer, &end, &format!("{op:?}, {:?}", entry.maybe));
        match end {
            End::Unsure => entry.unsure = Some(op),
            End::NotSent | End::Refused => {}
            _ => entry.unsure = None,
        }
    }
}

/// What an answer means.
#[derive(Debug, PartialEq)]
enum End {
    NotSent,
    Unsure,
    Acknowledged,
    /// Nothing was done, and that was to be expected.
    Nothing,
    /// Nothing was done of this one; of what was sent before without an answer it tells nothing.
    Refused,
    Broken(&'static str),
}

impl<T: Clone + PartialEq, O> Entry<T, O> {
    fn absent() -> Self {
        Self { id: None, maybe: Maybe::absent(), unsure: None }
    }

    fn answered(
        &mut self,
        create: bool,
        delete: bool,
        answer: &Answer,
        apply: impl Fn(Option<&T>) -> Option<T>,
        fits: impl Fn(&T, &Value) -> bool,
    ) -> End {
        let (status, body) = match answer {
            Answer::NotSent => return End::NotSent,
            Answer::Lost => {
                self.maybe.perhaps(apply);
                return End::Unsure;
            }
            Answer::Came(status, body) => (*status, body),
        };
        match status {
            204 if delete => {
                self.maybe.surely(apply);
                End::Acknowledged
            }
            200 | 201 if !delete && create == (status == 201) => {
                self.maybe.surely(apply);
                let id = body["id"].as_str().map(str::to_owned);
                let known = self.maybe.may_be_there() && self.id.is_some();
                let moved = !create && known && id != self.id;
                self.id = id;
                if moved {
                    return End::Broken("the id changed");
                }
                if !self.maybe.narrow(|state| state.is_some_and(|state| fits(state, body))) {
                    return End::Broken("the answer shows something else than was promised");
                }
                End::Acknowledged
            }
            404 if !create => {
                if self.maybe.narrow(|state| state.is_none()) {
                    End::Nothing
                } else {
                    End::Broken("an acknowledged resource is not found")
                }
            }
            409 if create => {
                if self.maybe.narrow(|state| state.is_some()) {
                    // It was made, but the claim did not hold. The next look finds its id.
                    End::Nothing
                } else {
                    End::Broken("409 for a name that nobody has")
                }
            }
            429 | 503 => {
                self.maybe.perhaps(apply);
                End::Unsure
            }
            _ if super::faults::names_what_is_gone(status, body) => End::Refused,
            _ => End::Broken("an answer that was not to be expected"),
        }
    }
}

fn note(tally: &Shared, kind: &str, name: &str, answer: &Answer, end: &End, about: &str) {
    let (what, body) = match answer {
        Answer::NotSent => return,
        Answer::Lost => ("lost".to_owned(), &Value::Null),
        Answer::Came(status, body) => (status.to_string(), body),
    };
    let mut tally = tally.lock().unwrap_or_else(PoisonError::into_inner);
    *tally.answers.entry(format!("{kind} {what}")).or_default() += 1;
    match end {
        End::Acknowledged => tally.acknowledged += 1,
        End::Broken(why) => tally.broken.push(format!("{kind} {name}: {why}: {what} {body}; asked {about}")),
        _ => {}
    }
    if what == "503" || what == "429" {
        let detail = body["detail"].as_str().unwrap_or_default();
        let detail: String =
            detail.chars().map(|c| if c.is_ascii_digit() { '#' } else { c }).take(80).collect();
        *tally.answers.entry(format!("  {what}: {detail}")).or_default() += 1;
    }
}

/// How a client reaches the bridge.
pub(crate) struct Connection {
    http: reqwest::Client,
    base: String,
    token: String,
}

impl Connection {
    pub(crate) fn new(pair: &Pair) -> Self {
        let http = reqwest::Client::builder().timeout(Duration::from_secs(40)).build().unwrap();
        Self { http, base: pair.base.clone(), token: pair.writer_token.clone() }
    }

    async fn send(&self, method: &str, path: &str, body: Option<Value>, if_match: Option<u64>) -> Answer {
        let url = format!("{}{path}", self.base);
        let mut request = self.http.request(method.parse().unwrap(), url).bearer_auth(&self.token);
        if let Some(body) = body {
            request = request.header("content-type", "application/scim+json").body(body.to_string());
        }
        if let Some(version) = if_match {
            request = request.header("if-match", format!("W/\"{version}\""));
        }
        let answer = match request.send().await {
            Ok(answer) => answer,
            Err(error) if error.is_connect() => return Answer::NotSent,
            Err(_) => return Answer::Lost,
        };
        let status = answer.status().as_u16();
        let version = answer.headers().get("etag").map(|etag| number_in(etag.to_str().unwrap()));
        // A status without its body is an acknowledgement already, but what it shows is unknown: counted as
        // lost.
        let Ok(text) = answer.text().await else { return Answer::Lost };
        let body: Value = serde_json::from_str(&text).unwrap_or(Value::Null);
        if let (Some(version), true) = (version, body["meta"].is_object())
            && version != super::model::version_of(&body)
        {
            return Answer::Came(599, json!({ "detail": "ETag and meta.version differ" }));
        }
        Answer::Came(status, body)
    }
}
