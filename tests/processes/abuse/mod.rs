//! One client of the running program does its worst with a valid token: walks and sorts over everybody, PATCHes of a
//! thousand operations, large bodies. Another one does not notice: it reads, and somebody leaves, as quickly as ever.
//!
//! `ABUSE_USERS` sets how many users there are (1,500 by default), `ABUSE_SECONDS` for how long (6), `ABUSE_SLACK` by how
//! much the bounds are multiplied: by nothing in a release build, by three in a debug build, which takes several times as
//! long for everything and shares the machine with other tests. What the worst is: `worst`.

mod worst;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::bodies::{agent, patch};
use crate::support::client::{Response, call};
use crate::support::program::{Installation, Program, free_address};
use crate::support::setup::Setup;

/// By how much the bounds are multiplied.
const SLACK: u32 = if cfg!(debug_assertions) { 3 } else { 1 };
/// A look-up of somebody else, and `/healthz`.
const READ_WITHIN: Duration = Duration::from_millis(50);
/// A deactivation by somebody else.
const OUT_WITHIN: Duration = Duration::from_millis(100);
/// One in so many reads may take longer: p99.
const READS_PER_LATE_ONE: usize = 100;
/// One in so many leavers may: the test makes few of them, and one hiccup of the machine is no fault.
const LEAVERS_PER_LATE_ONE: usize = 10;
/// Between two requests of the other client.
const PAUSE: Duration = Duration::from_millis(5);
/// One in so many requests of the other client is a leaver.
const LEAVER_ONE_IN: usize = 20;

fn number(name: &str, default: u32) -> u32 {
    std::env::var(name).ok().map_or(default, |text| text.parse().unwrap())
}

/// The bridge, who does its worst, and who is disturbed.
struct Scene {
    place: Installation,
    program: Program,
    worst: String,
    other: String,
    http: reqwest::Client,
}

impl Scene {
    fn open(users: u32) -> Self {
        let place = Installation::new(Setup { listen: free_address(), ..Setup::without_rules() });
        std::fs::write(place.file("users.ndjson"), worst::crowd(users)).unwrap();
        let imported = place.run("users import --file users.ndjson --complete");
        assert_eq!(imported.code, 0, "{imported:?}");
        let token = |name: &str| {
            let made = place.run(&format!("token new --name {name}"));
            assert_eq!(made.code, 0, "{made:?}");
            made.out.trim().to_owned()
        };
        let (worst, other) = (token("worst"), token("other"));
        let program = place.serve();
        Self { place, program, worst, other, http: reqwest::Client::new() }
    }

    async fn hire(&self, name: &str) -> String {
        let url = self.program.url("/scim/v2/Users");
        call(&self.http, &url, &self.other, "POST", Some(agent(name).to_string())).await.is(201).id()
    }
}

/// How long the answers to another client took.
#[derive(Default)]
struct Waits {
    reads: Vec<Duration>,
    leavers: Vec<Duration>,
}

/// The other client, on a thread of its own, so that it measures the bridge and not this process.
fn other_client(scene: &Scene, leavers: Vec<String>, until: Instant) -> std::thread::JoinHandle<Waits> {
    let (token, base) = (scene.other.clone(), scene.program.url(""));
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(measured(&base, &token, leavers, until))
    })
}

async fn measured(base: &str, token: &str, leavers: Vec<String>, until: Instant) -> Waits {
    let http = reqwest::Client::new();
    let someone = format!("/scim/v2/Users/{}", leavers.first().unwrap());
    let out = patch(json!([{"op": "replace", "path": "active", "value": false}])).to_string();
    let (mut waits, mut left) = (Waits::default(), leavers.iter());
    let timed = async |method: &str, path: &str, body: Option<String>| -> (Response, Duration) {
        let began = Instant::now();
        let got = call(&http, &format!("{base}{path}"), token, method, body).await;
        (got.is(200), began.elapsed())
    };
    for turn in 0.. {
        if Instant::now() > until {
            break;
        }
        if turn % LEAVER_ONE_IN == 0
            && let Some(id) = left.next()
        {
            let (got, took) = timed("PATCH", &format!("/scim/v2/Users/{id}"), Some(out.clone())).await;
            assert_eq!(got.body["active"], Value::Bool(false), "{got:?}");
            waits.leavers.push(took);
        }
        let path = if turn % 4 == 3 { "/healthz" } else { &someone };
        waits.reads.push(timed("GET", path, None).await.1);
        tokio::time::sleep(PAUSE).await;
    }
    waits
}

/// Shows how long they took, and says what is wrong where more than one in so many took longer than they may.
fn late(what: &str, waits: &mut [Duration], bound: Duration, one_in: usize) -> Option<String> {
    waits.sort_unstable();
    let at = |percent: usize| {
        waits.get(waits.len().saturating_sub(1) * percent / 100).copied().unwrap_or_default()
    };
    let shown = format!(
        "{what}: {}, p50 {:?}, p90 {:?}, p99 {:?}, max {:?}",
        waits.len(),
        at(50),
        at(90),
        at(99),
        at(100)
    );
    eprintln!("{shown}");
    let late = waits.iter().filter(|took| **took > bound).count();
    let allowed = waits.len().div_ceil(one_in);
    (late > allowed).then(|| format!("{shown}; {late} took longer than {bound:?}, {allowed} may"))
}

#[test]
fn whatever_one_client_asks_for_the_reads_and_the_leavers_of_another_are_quick() {
    let seconds = u64::from(number("ABUSE_SECONDS", 6));
    let slack = number("ABUSE_SLACK", SLACK);
    let scene = Scene::open(number("ABUSE_USERS", 1_500));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let leavers = runtime.block_on(async {
        let mut ids = Vec::new();
        for n in 0..10 * seconds {
            ids.push(scene.hire(&format!("leaver{n}")).await);
        }
        ids
    });
    let stop = Arc::new(AtomicBool::new(false));
    let at_work = runtime.block_on(worst::at_work(&scene.program, &scene.worst, &stop));
    let other = other_client(&scene, leavers, Instant::now() + Duration::from_secs(seconds));
    let mut waits = other.join().unwrap();
    stop.store(true, Ordering::Relaxed);
    let done = runtime.block_on(at_work.ended());
    eprintln!("the worst: {done:?}");
    for what in worst::KINDS {
        assert!(done.get(what).is_some_and(|times| *times > 0), "{what} is really asked for: {done:?}");
    }
    let reads = late("reads", &mut waits.reads, READ_WITHIN * slack, READS_PER_LATE_ONE);
    let leavers = late("leavers", &mut waits.leavers, OUT_WITHIN * slack, LEAVERS_PER_LATE_ONE);
    assert_eq!((reads, leavers), (None, None));
    // Few answers are slow ones: each is waited for before the next request.
    let few = waits.leavers.len() < 10 || waits.reads.len() < 100;
    assert!(
        !few,
        "only {} leavers and {} reads were answered in {seconds} s",
        waits.leavers.len(),
        waits.reads.len()
    );
    drop(runtime);
    assert_eq!(scene.program.terminate(), Some(0));
    drop(scene.place);
}
