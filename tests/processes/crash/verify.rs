//! What is there against what was promised: directory against books, directory against Genesys Cloud.
//!
//! Looks only when no client writes. Differences that are still on their way (group members, recomputation)
//! are given time; what stays different is a finding.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::sync::OwnedMutexGuard;

use super::model::{Group, GroupOp, OURS, User, group_seen, level, user_seen};
use super::processes::Pair;
use super::writer::Book;

/// Every open saga must have ended by then.
const ENDED_WITHIN: Duration = Duration::from_secs(60);
/// Directory and Genesys Cloud must agree by then.
const AGREED_WITHIN: Duration = Duration::from_secs(45);
const MARK: &str = "scimbridge-aurora";
const PAGE: usize = 1000;

/// Kinds of findings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// An acknowledged write is not there, or something is there that nobody was promised.
    Lost,
    /// In Genesys Cloud with our mark or name, unknown to the directory.
    Orphan,
    /// Directory and Genesys Cloud differ.
    Mismatch,
    /// A saga that does not end.
    Stuck,
}

pub(crate) type Findings = Vec<(Kind, String)>;

/// A look at both sides.
struct Seen {
    /// By userName: id, user, provisioning status.
    users: BTreeMap<String, (String, User, String)>,
    groups: BTreeMap<String, (String, Group)>,
    cloud: Value,
}

/// Compares, and leaves in the books what is certain now. Returns how long the open sagas took, and what is
/// wrong.
pub(crate) async fn verify(pair: &Pair, books: &mut [OwnedMutexGuard<Book>]) -> (Duration, Findings) {
    let started = Instant::now();
    let stuck = no_open_sagas(pair).await;
    let settled = started.elapsed();
    if !stuck.is_empty() {
        return (settled, stuck);
    }
    let started = Instant::now();
    loop {
        let seen = look(pair).await;
        let mut findings = against_books(&seen, books);
        against_cloud(&seen, &mut findings);
        if findings.is_empty() {
            learn(&seen, books);
            return (settled, findings);
        }
        if started.elapsed() > AGREED_WITHIN {
            return (settled, findings);
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn no_open_sagas(pair: &Pair) -> Findings {
    let started = Instant::now();
    loop {
        let body = pair.get(&pair.admin_token, "/admin/sagas").await;
        let open = body["open"].as_array().unwrap();
        if open.is_empty() {
            return Vec::new();
        }
        if started.elapsed() > ENDED_WITHIN || open.iter().any(|saga| saga["state"] == json!("stuck")) {
            let mut findings = Vec::new();
            for saga in open {
                let id = saga["id"].as_str().unwrap();
                let details = pair.get(&pair.admin_token, &format!("/admin/sagas/{id}")).await;
                findings.push((Kind::Stuck, details.to_string()));
            }
            return findings;
        }
        tokio::time::sleep(Duration::from_millis(15)).await;
    }
}

/// All of a kind; `with` is a further query parameter.
async fn all(pair: &Pair, kind: &str, with: &str) -> Vec<Value> {
    let mut found: Vec<Value> = Vec::new();
    loop {
        let path = format!("/scim/v2/{kind}?count={PAGE}{with}&startIndex={}", found.len() + 1);
        let body = pair.get(&pair.reader_token, &path).await;
        let page = body["Resources"].as_array().cloned().unwrap_or_default();
        let total = usize::try_from(body["totalResults"].as_u64().unwrap()).unwrap();
        let empty = page.is_empty();
        found.extend(page);
        if empty || found.len() >= total {
            return found;
        }
    }
}

async fn look(pair: &Pair) -> Seen {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    // The provisioning status is shown to those only who ask for it.
    let asked = all(pair, "Users", &format!("&attributes={OURS}:provisioning")).await;
    let status = |body: &Value| text(&body[OURS]["provisioning"]["status"]);
    let statuses: BTreeMap<String, String> =
        asked.iter().map(|body| (text(&body["id"]), status(body))).collect();
    let users = all(pair, "Users", "").await;
    let users = users.iter().map(|body| {
        let id = text(&body["id"]);
        let status = statuses.get(&id).cloned().unwrap_or_default();
        (text(&body["userName"]), (id, user_seen(body), status))
    });
    let users = users.collect();
    let groups = all(pair, "Groups", "").await;
    let groups =
        groups.iter().map(|body| (text(&body["displayName"]), (text(&body["id"]), group_seen(body))));
    let groups = groups.collect();
    Seen { users, groups, cloud: pair.cloud().await }
}

impl Seen {
    fn ids(&self) -> BTreeSet<&String> {
        self.users.values().map(|(id, _, _)| id).collect()
    }
}

fn against_books(seen: &Seen, books: &[OwnedMutexGuard<Book>]) -> Findings {
    let mut findings = Vec::new();
    let ids = seen.ids();
    let mut lost = |what: String| findings.push((Kind::Lost, what));
    let (mut users, mut groups) = (BTreeSet::new(), BTreeSet::new());
    for book in books {
        for (name, entry) in &book.users {
            users.insert(name);
            let there = seen.users.get(name);
            if !entry.maybe.0.iter().any(|state| state.as_ref() == there.map(|(_, user, _)| user)) {
                lost(format!("user {name}: promised {:?}, found {there:?}", entry.maybe));
            }
            let known = entry.id.as_ref().filter(|_| !entry.maybe.may_be_absent());
            if let (Some(known), Some((id, _, _))) = (known, there)
                && known != id
            {
                lost(format!("user {name}: promised id {known}, found {id}"));
            }
        }
        for (name, entry) in &book.groups {
            groups.insert(name);
            let there = seen.groups.get(name).map(|(_, group)| group);
            let fits = |state: &Option<Group>| match (state, there) {
                (None, None) => true,
                (Some(state), Some(there)) => {
                    let here: BTreeSet<&String> =
                        state.members.iter().filter(|id| ids.contains(id)).collect();
                    // Each who is gone, though their removal was not answered, has made it another group.
                    let gone = u64::try_from(state.members.len() - here.len()).unwrap();
                    state.version + gone == there.version && here == there.members.iter().collect()
                }
                _ => false,
            };
            if !entry.maybe.0.iter().any(fits) {
                lost(format!("group {name}: promised {:?}, found {there:?}", entry.maybe));
            }
        }
    }
    for name in seen.users.keys().filter(|name| !users.contains(name)) {
        lost(format!("user {name} was never written"));
    }
    for name in seen.groups.keys().filter(|name| !groups.contains(name)) {
        lost(format!("group {name} was never written"));
    }
    findings
}

fn against_cloud(seen: &Seen, findings: &mut Findings) {
    let mut emails: BTreeMap<String, &String> = BTreeMap::new();
    let ids = seen.ids();
    let cloud = &seen.cloud;
    for (id, user) in cloud["users"].as_object().unwrap() {
        let email = user["email"].as_str().unwrap_or_default().to_lowercase();
        if let Some(other) = emails.insert(email.clone(), id) {
            findings.push((Kind::Orphan, format!("{email} belongs to {other} and to {id}")));
        }
        let marks = cloud["external_ids"][id].as_array().cloned().unwrap_or_default();
        if marks.iter().any(|mark| mark[0] == json!(MARK)) && !ids.contains(id) {
            findings.push((Kind::Orphan, format!("user {id} ({email}) has our mark: {user}")));
        }
    }
    for (name, (id, user, status)) in &seen.users {
        let wanted = wanted(seen, name, id, user);
        let there = there(cloud, id);
        if wanted != there {
            findings.push((
                Kind::Mismatch,
                format!("user {name} {id}: directory wants {wanted}, Genesys Cloud has {there}"),
            ));
        }
        if status != "committed" {
            findings.push((Kind::Mismatch, format!("user {name} {id} is {status}")));
        }
    }
    groups_against_cloud(seen, &ids, findings);
}

/// What Genesys Cloud should have of a user. Of somebody who is inactive it need not have what is only looked at
/// again when the person is active: skills and attributes (P9).
fn wanted(seen: &Seen, name: &str, id: &str, user: &User) -> Value {
    let (mut roles, mut queues) = (BTreeSet::new(), BTreeSet::new());
    if user.active {
        roles.extend(user.roles.iter().cloned());
        queues.extend(user.queues.iter().cloned());
        if user.title == "Night agent" {
            queues.insert("Chat".to_owned());
        }
        let crew = |(group, (_, state)): (&String, &(String, Group))| {
            group.starts_with("crew-") && state.members.contains(id)
        };
        if seen.groups.iter().any(crew) {
            roles.insert("Team Lead@EMEA".to_owned());
        }
    }
    let mut wanted = json!({
        "email": name, "state": if user.active { "active" } else { "inactive" }, "title": user.title,
        "roles": roles, "queues": queues, "marked": true,
    });
    if user.active {
        wanted["skills"] = json!(user.skills);
        wanted["cost_centre"] = json!(user.cost_centre);
    }
    wanted
}

/// What it has.
fn there(cloud: &Value, id: &str) -> Value {
    let core = &cloud["users"][id];
    if core.is_null() {
        return json!({ "gone": true, "deleted": cloud["deleted_users"][id] });
    }
    let grants = cloud["grants"][id].as_array().cloned().unwrap_or_default();
    let roles: BTreeSet<&str> =
        grants.iter().filter_map(Value::as_str).filter(|grant| *grant != "employee@Home").collect();
    let queues = cloud["queues"].as_object().unwrap().iter();
    let queues: BTreeSet<&String> =
        queues.filter(|(_, members)| !members[id].is_null()).map(|(name, _)| name).collect();
    let skills = cloud["skills"][id].as_object().cloned().unwrap_or_default();
    let skills: BTreeMap<&String, u8> = skills.iter().map(|(name, value)| (name, level(value))).collect();
    let attributes = cloud["attributes"][id]["HR"].as_object().cloned().unwrap_or_default();
    let marks = cloud["external_ids"][id].as_array().cloned().unwrap_or_default();
    let mut there = json!({
        "email": core["email"], "state": core["state"], "title": core["title"], "roles": roles, "queues": queues,
        "marked": marks.iter().any(|mark| mark[0] == json!(MARK)),
    });
    if core["state"] == "active" {
        there["skills"] = json!(skills);
        there["cost_centre"] = json!(attributes.values().next());
    }
    there
}

fn groups_against_cloud(seen: &Seen, ids: &BTreeSet<&String>, findings: &mut Findings) {
    let mut there: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for (id, group) in seen.cloud["groups"].as_object().unwrap() {
        let name = group["name"].as_str().unwrap();
        if !name.starts_with("crew-") && !name.starts_with("club-") {
            continue;
        }
        let members = group["members"].as_array().cloned().unwrap_or_default();
        let members = members.iter().filter_map(|member| member.as_str().map(str::to_owned));
        if there.insert(name, members.filter(|member| ids.contains(member)).collect()).is_some() {
            findings.push((Kind::Orphan, format!("group {name} is there twice")));
        }
        if !seen.groups.contains_key(name) {
            findings.push((Kind::Orphan, format!("group {name} {id} is unknown to the directory")));
        }
    }
    for (name, (_, group)) in &seen.groups {
        let members = there.get(name.as_str());
        if members != Some(&group.members) {
            findings.push((
                Kind::Mismatch,
                format!("group {name}: directory has {:?}, Genesys Cloud has {members:?}", group.members),
            ));
        }
    }
}

/// What was perhaps is now known. A create without an answer is still sent again: its claim must hold.
fn learn(seen: &Seen, books: &mut [OwnedMutexGuard<Book>]) {
    let ids = seen.ids();
    for book in books {
        for (name, entry) in &mut book.users {
            let there = seen.users.get(name);
            entry.maybe.0 = vec![there.map(|(_, user, _)| user.clone())];
            entry.id = there.map(|(id, _, _)| id.clone());
            if there.is_none() {
                entry.unsure = None;
            }
        }
        for (name, entry) in &mut book.groups {
            let there = seen.groups.get(name);
            // To let somebody join who turns out to be gone would be refused, rightly.
            entry.unsure.take_if(|op| matches!(op, GroupOp::Join(user) if !ids.contains(user)));
            entry.maybe.0 = vec![there.map(|(_, group)| group.clone())];
            entry.id = there.map(|(id, _)| id.clone());
            if there.is_none() {
                entry.unsure = None;
            }
        }
    }
}
