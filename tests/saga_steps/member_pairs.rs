//! Two changes in a row of which at least one may be about a group's members: whatever became of the first one's
//! calls, or of those that a rule makes of it, directory and Genesys end alike, and as the last answers said.
//!
//! The group has a rule, so that every change of members meets what is written about the person directly: one of the
//! queues is given by both. Time is virtual. `PAIRS` chooses as in `pairs`.

use std::time::Duration;

use genesys_cloud_emulator::{Fault, PathMatch, Quirks};
use genesys_scim_bridge::testing::model::UserId;
use genesys_scim_bridge::testing::scim::change::Change;
use genesys_scim_bridge::testing::scim::error::ScimError;
use serde_json::{Value, json};

use crate::bare::BareBridge;
use crate::fates::{FATES, Fate};
use crate::lasting::{rules, settle, unsettled};
use crate::pairs::{ASKED, LAGS, MEANWHILE, WHEN, When, all_of, persist};
use crate::scenarios::{self, OURS};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);
/// The rule's group, role and queue.
const GROUP: &str = "Night Desk";
const ROLE: &str = "Team Lead@EMEA";
const QUEUE: &str = "VIP";
const MEMBERS: &str = "/api/v2/groups/{groupId}/members";
/// Whose calls meet the first one's fate: those of the group, of the queue, of the role.
const PATHS: [&str; 3] = [MEMBERS, "/routing/queues/", "/authorization/"];

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Ask {
    Join,
    Part,
    /// The group's members are replaced by none.
    Nobody,
    /// The queue that the rule gives, from the person's own record.
    Queue,
    NoQueue,
    Leave,
    Delete,
}

const ASKS: [Ask; 7] = [Ask::Join, Ask::Part, Ask::Nobody, Ask::Queue, Ask::NoQueue, Ask::Leave, Ask::Delete];

#[derive(Clone, Copy, Debug)]
struct Case {
    member: bool,
    first: Ask,
    second: Ask,
    fate: Fate,
    path: &'static str,
    lag_ms: u32,
    when: When,
}

impl Case {
    fn title(&self) -> String {
        let Self { member, first, second, fate, path, lag_ms, when } = self;
        let member = if *member { "member " } else { "" };
        format!("{member}/ {first:?} {fate:?} {path} / {when:?} {second:?} / {lag_ms} ms")
    }
}

/// What the answers have said; `None` where none was certain.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Said {
    member: Option<bool>,
    queue: Option<bool>,
    active: Option<bool>,
    there: Option<bool>,
}

impl Said {
    fn after(mut self, ask: Ask, answer: &Result<(), ScimError>) -> Self {
        let told = |value: bool| match answer {
            Ok(()) => Some(value),
            // Not done yet, or gone back: either may be.
            Err(_) => None,
        };
        match ask {
            Ask::Join => self.member = told(true),
            Ask::Part | Ask::Nobody => self.member = told(false),
            Ask::Queue => self.queue = told(true),
            Ask::NoQueue => self.queue = told(false),
            Ask::Leave => self.active = told(false),
            Ask::Delete => self.there = told(false),
        }
        self
    }
}

struct Scene {
    house: BareBridge,
    group: String,
    user: String,
}

impl Scene {
    async fn new(case: &Case) -> Self {
        let mut house = BareBridge::in_virtual_time(rules(), HOUR).await;
        house.deadline = Duration::from_secs(2);
        let mut ada = scenarios::agent("ada.example@aurora.example");
        ada[OURS] = json!({ "compactQueues": "" });
        let user = house.submit(scenarios::person(ada)).await.unwrap().id;
        let members = if case.member { json!([{ "value": user }]) } else { json!([]) };
        let group = json!({ "displayName": GROUP, "members": members });
        let group = house.submit(scenarios::group(group)).await.unwrap().id;
        tokio::time::sleep(10 * MINUTE).await;
        house.cloud.set_quirks(Quirks { stale_ms: case.lag_ms, ..Quirks::default() });
        Self { house, group, user }
    }

    fn change(&self, ask: Ask) -> Change {
        let user = &self.user;
        let group = |operations: Value| scenarios::group_change(self.group.clone(), operations);
        let person = |operations: Value| scenarios::change_of(user.clone(), operations);
        let queues = format!("{OURS}:compactQueues");
        match ask {
            Ask::Join => group(json!([{ "op": "add", "path": "members", "value": [{ "value": user }] }])),
            Ask::Part => group(json!([{ "op": "remove", "path": format!("members[value eq \"{user}\"]") }])),
            Ask::Nobody => group(json!([{ "op": "replace", "path": "members", "value": [] }])),
            Ask::Queue => person(json!([{ "op": "replace", "path": queues, "value": QUEUE }])),
            Ask::NoQueue => person(json!([{ "op": "replace", "path": queues, "value": "" }])),
            Ask::Leave => scenarios::deactivation(user.clone()),
            Ask::Delete => scenarios::removal(user.clone()),
        }
    }

    async fn ask(&self, ask: Ask, tries: usize) -> Result<(), ScimError> {
        persist(tries, || self.house.submit(self.change(ask))).await.map(drop)
    }

    /// What the directory says: member, queue of their own, active, there.
    async fn written(&self) -> (bool, bool, bool, bool) {
        let id = UserId::new(self.user.as_str());
        let member = !self.house.directory.groups_of(&id).await.unwrap().is_empty();
        let Some(user) = self.house.directory.get_user(&id).await.unwrap() else {
            return (member, false, false, false);
        };
        let queue = user.document.get(OURS).is_some_and(|ours| ours.to_string().contains(QUEUE));
        let active = user.document.get("active") == Some(&json!(true));
        (member, queue, active, true)
    }
}

async fn run(case: Case) -> Result<(), String> {
    let scene = Scene::new(&case).await;
    for (kind, times) in case.fate.faults() {
        for method in ["POST", "PUT", "PATCH", "DELETE"] {
            let path = match case.path {
                MEMBERS => PathMatch::Template(MEMBERS.to_owned()),
                part => PathMatch::Contains(part.to_owned()),
            };
            scene.house.cloud.fault(Fault::on(method, path, kind.clone()).times(times));
        }
    }
    let (first, second) = match case.when {
        When::After => {
            let first = scene.ask(case.first, 1).await;
            (first, scene.ask(case.second, ASKED).await)
        }
        When::Meanwhile => {
            let second = async {
                tokio::time::sleep(MEANWHILE).await;
                scene.ask(case.second, ASKED).await
            };
            tokio::join!(scene.ask(case.first, 1), second)
        }
    };
    scene.house.cloud.clear_faults();
    settle(&scene.house).await;
    let left = unsettled(&scene.house).await;
    if !left.is_empty() {
        return Err(format!("not settled: {}", left.join("; ")));
    }
    let said = Said { member: Some(case.member), queue: Some(false), active: Some(true), there: Some(true) };
    let said = said.after(case.first, &first).after(case.second, &second);
    judge(&scene, said).await
}

async fn judge(scene: &Scene, said: Said) -> Result<(), String> {
    let (member, queue, active, there) = scene.written().await;
    let world = scene.house.cloud.snapshot();
    let user = scene.user.as_str();
    if said.there.is_some_and(|said| said != there) {
        return Err(format!("answered {said:?}, but the directory has them: {there}"));
    }
    if !there {
        let gone = world["users"].get(user).is_none() && world["deleted_users"].get(user).is_some();
        return if gone && !member { Ok(()) } else { Err(format!("deleted {gone}, member {member}")) };
    }
    for (what, said, written) in
        [("member", said.member, member), ("queue", said.queue, queue), ("active", said.active, active)]
    {
        if said.is_some_and(|said| said != written) {
            return Err(format!("{what}: answered {said:?}, written {written}"));
        }
    }
    let seen = [
        ("member", member, world["groups"].to_string().contains(user)),
        ("active", active, world["users"][user]["state"] == "active"),
        ("queue", active && (member || queue), world["queues"][QUEUE][user] != Value::Null),
        ("role", active && member, world["grants"][user].to_string().contains(ROLE)),
    ];
    let wrong: Vec<String> = seen
        .iter()
        .filter(|(_, wanted, seen)| wanted != seen)
        .map(|(what, wanted, seen)| format!("{what}: wanted {wanted}, there {seen}"))
        .collect();
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("; ")) }
}

fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for member in [false, true] {
        for first in ASKS {
            for second in ASKS {
                for fate in FATES {
                    for path in PATHS {
                        let moments = WHEN.into_iter().flat_map(|when| LAGS.map(|lag_ms| (when, lag_ms)));
                        cases.extend(moments.map(|(when, lag_ms)| Case {
                            member,
                            first,
                            second,
                            fate,
                            path,
                            lag_ms,
                            when,
                        }));
                    }
                }
            }
        }
    }
    cases
}

#[test]
fn two_changes_of_members_and_their_people_end_alike_here_and_there() {
    println!("{}", all_of(&cases(), Case::title, run));
}
