//! Two changes of one person, the second right after the first one's answer, or while the first is at work:
//! whatever became of the first one's calls, and however long Genesys' reads lag behind, the end is what the last
//! answers said. Members of groups are in `member_pairs`.
//!
//! Time is virtual. Every kind of entitlement, every pair of changes, every fate of the first one's calls, three
//! lags, both moments: `PAIRS=full` runs all, otherwise a sample that is spread evenly; `PAIRS=<words>` runs those whose title has
//! these words.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use genesys_cloud_emulator::{Fault, PathMatch, Quirks};
use genesys_scim_bridge::testing::bridge::Reply;
use genesys_scim_bridge::testing::scim::change::Change;
use genesys_scim_bridge::testing::scim::error::ScimError;
use serde_json::{Value, json};

use crate::bare::BareBridge;
use crate::fates::{FATES, Fate};
use crate::lasting::{in_virtual_time, rules, settle, unsettled};
use crate::scenarios::{self, OURS};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);
/// How many runs there are in the sample.
const SAMPLE: usize = 150;
/// How long reads show the past, in milliseconds.
pub(crate) const LAGS: [u32; 3] = [0, 400, 3_000];
/// How often a client asks again that is told to.
pub(crate) const ASKED: usize = 40;

/// A kind: its attribute, one of it, another one, and where its calls go.
#[derive(Clone, Copy, Debug)]
struct Kind {
    attribute: &'static str,
    one: &'static str,
    other: &'static str,
    path: &'static str,
}

const KINDS: [Kind; 6] = [
    Kind { attribute: "compactRoles", one: "Agent@EMEA", other: "Supervisor@EMEA", path: "/authorization/" },
    Kind { attribute: "compactQueues", one: "VIP", other: "Overflow", path: "/routing/queues/" },
    Kind { attribute: "compactTeams", one: "Claims Dublin", other: "", path: "/teams/" },
    Kind { attribute: "compactSkills", one: "Billing:4", other: "Voice:3", path: "/routingskills" },
    Kind { attribute: "compactLanguages", one: "Spanish:4", other: "French:2", path: "/routinglanguages" },
    Kind {
        attribute: "compactAttributes",
        one: "HR.cost_centre=CC-7",
        other: "HR.badge_number=4711",
        path: "/customattributes/",
    },
];

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Ask {
    Give,
    Take,
    Swap,
    Title,
    Leave,
    /// Removed, and made again without anything.
    Rehire,
}

const ASKS: [Ask; 6] = [Ask::Give, Ask::Take, Ask::Swap, Ask::Title, Ask::Leave, Ask::Rehire];

/// When the second one comes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum When {
    /// Once the first one was answered.
    After,
    /// While the first one is at work.
    Meanwhile,
}

pub(crate) const WHEN: [When; 2] = [When::After, When::Meanwhile];
/// When that is.
pub(crate) const MEANWHILE: Duration = Duration::from_millis(100);

#[derive(Clone, Copy, Debug)]
struct Case {
    kind: Kind,
    /// Whether the person has it before.
    has: bool,
    first: Ask,
    second: Ask,
    fate: Fate,
    lag_ms: u32,
    when: When,
}

impl Case {
    fn title(&self) -> String {
        let Self { kind, has, first, second, fate, lag_ms, when } = self;
        let attribute = kind.attribute;
        format!(
            "{attribute} {}/ {first:?} {fate:?} / {when:?} {second:?} / {lag_ms} ms",
            if *has { "had " } else { "" }
        )
    }
}

/// The person, by what was answered.
#[derive(Clone, Debug)]
struct Person {
    id: String,
    active: bool,
    one: bool,
    other: bool,
}

struct Scene {
    house: BareBridge,
    kind: Kind,
}

impl Scene {
    async fn new(case: &Case) -> (Self, Person) {
        let mut house = BareBridge::in_virtual_time(rules(), HOUR).await;
        house.deadline = 2 * SECOND;
        let scene = Self { house, kind: case.kind };
        let id = scene.post(case.has.then_some(case.kind.one)).await.expect("made");
        let person = Person { id, active: true, one: case.has, other: false };
        tokio::time::sleep(10 * MINUTE).await;
        scene.house.cloud.set_quirks(Quirks { stale_ms: case.lag_ms, ..Quirks::default() });
        (scene, person)
    }

    async fn post(&self, with: Option<&str>) -> Result<String, ScimError> {
        let mut body = scenarios::agent("ada.example@aurora.example");
        body[OURS] = match with {
            Some(text) => json!({ self.kind.attribute: text }),
            // Speaks of it: nothing.
            None => json!({ self.kind.attribute: "" }),
        };
        self.asked(|| scenarios::person(body.clone())).await
    }

    /// As a client asks: again, where it is told to.
    async fn asked(&self, change: impl Fn() -> Change) -> Result<String, ScimError> {
        persist(ASKED, || self.house.submit(change())).await
    }

    async fn once(&self, person: &Person, ask: Ask) -> Result<String, ScimError> {
        let change = self.change(person, ask);
        self.house.submit(change).await.map(|reply| reply.id)
    }

    fn change(&self, person: &Person, ask: Ask) -> Change {
        let path = format!("{OURS}:{}", self.kind.attribute);
        let set = |value: &str| json!([{ "op": "replace", "path": path, "value": value }]);
        let operations = match ask {
            Ask::Give => set(self.kind.one),
            Ask::Swap => set(self.kind.other),
            Ask::Take => json!([{ "op": "remove", "path": path }]),
            Ask::Title => json!([{ "op": "replace", "path": "title", "value": "Lead" }]),
            Ask::Leave => json!([{ "op": "replace", "path": "active", "value": false }]),
            Ask::Rehire => return scenarios::removal(person.id.clone()),
        };
        scenarios::change_of(person.id.clone(), operations)
    }

    /// Asks until it is done or refused for good; gives the person as it was answered.
    async fn ask(&self, person: Person, ask: Ask) -> Result<Person, ScimError> {
        match ask {
            Ask::Rehire => {
                match self.asked(|| self.change(&person, ask)).await {
                    Ok(_) => {}
                    // A repeat of what was done after all.
                    Err(error) if error.status == 404 => {}
                    Err(error) => return Err(error),
                }
                let id = self.post(None).await?;
                Ok(Person { id, active: true, one: false, other: false })
            }
            _ => self.asked(|| self.change(&person, ask)).await.map(|_| answered(person, ask)),
        }
    }

    fn has(&self, id: &str, what: &str) -> bool {
        let world = self.house.cloud.snapshot();
        let name = what.split([':', '=']).next().unwrap_or_default();
        match self.kind.attribute {
            "compactRoles" => world["grants"][id].to_string().contains(what),
            "compactQueues" => world["queues"][name][id] != Value::Null,
            "compactTeams" => world["teams"][name].to_string().contains(id),
            "compactSkills" => world["skills"][id][name] != Value::Null,
            "compactLanguages" => world["languages"][id][name] != Value::Null,
            _ => {
                let field = name.split('.').nth(1).unwrap_or_default();
                world["attributes"][id].to_string().contains(field)
            }
        }
    }
}

fn answered(person: Person, ask: Ask) -> Person {
    match ask {
        Ask::Give => Person { one: true, other: false, ..person },
        Ask::Swap => Person { one: false, other: true, ..person },
        Ask::Take => Person { one: false, other: false, ..person },
        Ask::Title | Ask::Rehire => person,
        Ask::Leave => Person { active: false, ..person },
    }
}

async fn run(case: Case) -> Result<(), String> {
    let (scene, before) = Scene::new(&case).await;
    for (kind, times) in case.fate.faults() {
        for method in ["POST", "PUT", "PATCH", "DELETE"] {
            let path = PathMatch::Contains(scene.kind.path.to_owned());
            scene.house.cloud.fault(Fault::on(method, path, kind.clone()).times(times));
        }
    }
    let first = async {
        match case.first {
            // Two requests, of which the second follows once the first is through.
            Ask::Rehire => scene.ask(before.clone(), Ask::Rehire).await,
            ask => scene.once(&before, ask).await.map(|_| answered(before.clone(), ask)),
        }
    };
    let (first, second) = match case.when {
        When::After => {
            let first = first.await;
            // Who was not told 2xx knows nothing of it: what is asked next decides.
            let person = first.clone().unwrap_or_else(|_| before.clone());
            let second = scene.ask(person, case.second).await;
            (first, second)
        }
        When::Meanwhile => {
            let second = async {
                tokio::time::sleep(MEANWHILE).await;
                scene.ask(before.clone(), case.second).await
            };
            let (first, second) = tokio::join!(first, second);
            let second = match (&first, second) {
                // It came to whom the first one removed.
                (Ok(first), _) if case.first == Ask::Rehire && case.second != Ask::Rehire => {
                    Ok(first.clone())
                }
                // What the second one leaves alone is as the first one was answered.
                (Ok(first), Ok(_)) if case.second != Ask::Rehire => Ok(answered(first.clone(), case.second)),
                (_, second) => second,
            };
            (first, second)
        }
    };
    let heard = first.is_ok();
    let (refused, person) = match second {
        Ok(person) => (false, person),
        Err(_) => (true, first.unwrap_or(before)),
    };
    scene.house.cloud.clear_faults();
    settle(&scene.house).await;
    let left = unsettled(&scene.house).await;
    if !left.is_empty() {
        return Err(format!("not settled: {}", left.join("; ")));
    }
    // Of the two requests the first one may have been done.
    let half = |ask: Ask, refused: bool| ask == Ask::Rehire && refused;
    if half(case.first, !heard) || half(case.second, refused) {
        return Ok(());
    }
    // What gives access goes with the access; of the rest an inactive person is given nothing, and keeps what
    // was there.
    let gives_access = ["compactRoles", "compactQueues", "compactTeams"].contains(&case.kind.attribute);
    // The second one says it, or the first one was heard.
    let said = !refused && ![Ask::Title, Ask::Leave].contains(&case.second) || heard;
    for (what, has) in [(case.kind.one, person.one), (case.kind.other, person.other)] {
        let there = !what.is_empty() && scene.has(&person.id, what);
        let sure = if person.active { said } else { gives_access };
        let wanted = has && person.active;
        if sure && there != wanted {
            return Err(format!("{what}: wanted {wanted}, there {there} ({person:?})"));
        }
    }
    agree(&scene, &person).await
}

/// The directory and Genesys say the same of somebody who is active.
async fn agree(scene: &Scene, person: &Person) -> Result<(), String> {
    let users = scene.house.directory.users_after(None, 10).await.unwrap();
    let user = users.iter().find(|user| user.id.as_str() == person.id).ok_or("not in the directory")?;
    let told = user.document.get(OURS).map(Value::to_string).unwrap_or_default();
    for what in
        [scene.kind.one, scene.kind.other].into_iter().filter(|what| !what.is_empty() && person.active)
    {
        let (here, there) = (told.contains(what), scene.has(&person.id, what));
        if here != there {
            return Err(format!("{what}: the directory says {here}, Genesys {there}"));
        }
    }
    Ok(())
}

fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for kind in KINDS {
        let there = |ask: &Ask| *ask != Ask::Swap || !kind.other.is_empty();
        for has in [false, true] {
            for first in ASKS.into_iter().filter(there) {
                for second in ASKS.into_iter().filter(there) {
                    for fate in FATES {
                        let moments = WHEN.into_iter().flat_map(|when| LAGS.map(|lag_ms| (when, lag_ms)));
                        cases.extend(moments.map(|(when, lag_ms)| Case {
                            kind,
                            has,
                            first,
                            second,
                            fate,
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

/// As a client asks: again, where it is told to.
pub(crate) async fn persist<F>(most: usize, ask: impl Fn() -> F) -> Result<String, ScimError>
where
    F: Future<Output = Result<Reply, ScimError>>,
{
    let mut tries = 0;
    loop {
        tries += 1;
        match ask().await {
            Ok(reply) => return Ok(reply.id),
            Err(error) if [429, 503].contains(&error.status) && tries < most => {
                tokio::time::sleep(SECOND).await;
            }
            Err(error) => return Err(error),
        }
    }
}

/// A step through the table that has no divisor in common with its periods, so that each of them is met at every
/// place.
fn sample_step(total: usize) -> usize {
    let divisor = |step: usize| {
        let (mut left, mut right) = (total, step);
        while right > 0 {
            (left, right) = (right, left % right);
        }
        left
    };
    (total / SAMPLE + 1..).find(|step| divisor(*step) == 1).unwrap_or(1)
}

/// Runs those of the table that are asked for, each in a time of its own; says how many.
pub(crate) fn all_of<C: Clone + Sync, F>(
    all: &[C],
    title: fn(&C) -> String,
    run: impl Fn(C) -> F + Sync,
) -> String
where
    F: Future<Output = Result<(), String>>,
{
    let total = all.len();
    let cases: Vec<&C> = match std::env::var("PAIRS").ok().as_deref() {
        Some("full") => all.iter().collect(),
        Some(words) => {
            all.iter().filter(|case| words.split(',').all(|word| title(case).contains(word))).collect()
        }
        None => all.iter().step_by(sample_step(total)).collect(),
    };
    let (next, failures) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if let Err(why) = in_virtual_time(run(C::clone(case))) {
                        failures.lock().unwrap().push(format!("{}: {why}", title(case)));
                    }
                }
            });
        }
    });
    let failures = failures.into_inner().unwrap();
    let ran = cases.len();
    assert!(failures.is_empty(), "{} of {ran} pairs failed:\n{}", failures.len(), failures.join("\n"));
    assert!(ran > 0, "a table without runs shows nothing");
    format!("{ran} of {total} pairs")
}

#[test]
fn two_changes_in_a_row_end_as_the_last_answers_said() {
    println!("{}", all_of(&cases(), Case::title, run));
}
