//! How much the parts of the read path cost, each beside the parsing of one user's JSON, which no server gets
//! round: filter, PATCH, projection, look-up by userName. `cargo bench` prints the times and their ratio to
//! that; whole requests are `conformance/load`.
//!
//! A harness of its own, because the ratio is what counts: both sides are timed in turn, so that a busy
//! machine slows both. Without `--bench`, as `cargo test --benches` calls it, everything runs once and
//! nothing is measured.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench prints, and a failed assumption ends it"
)]

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::FutureExt as _;
use genesys_scim_bridge::testing::directory::import::Chunk;
use genesys_scim_bridge::testing::directory::{Directory, UserLookup};
use genesys_scim_bridge::testing::model::ports::Store;
use genesys_scim_bridge::testing::model::{Object, Observed, SubjectId, TenantId, UserId};
use genesys_scim_bridge::testing::scim::dialect::Dialect;
use genesys_scim_bridge::testing::scim::kind::ResourceKind;
use genesys_scim_bridge::testing::scim::{Filter, PatchRequest, Projection, patch};
use genesys_scim_bridge::testing::store::MemoryStore;
use serde_json::{Value, json};
use uuid::Uuid;

/// How often each side is timed; the median counts.
const SAMPLES: usize = 25;
/// How long one sample takes at least.
const SAMPLE: Duration = Duration::from_millis(4);
/// Users in the larger directory.
const MANY: u128 = 100_000;

/// A user of about 1.4 KB, as a contact centre has it.
const USER: &str = include_str!("user.json");
const SIMPLE: &str = r#"userName eq "ada.brandt@aurora.example""#;
const COMPOUND: &str = r#"active eq true and (title co "agent" or emails[type eq "work" and value ew "@aurora.example"]) and not (urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department eq "Back Office")"#;

struct Case<'a> {
    name: &'static str,
    work: Box<dyn FnMut() + 'a>,
}

fn case<'a, T>(name: &'static str, mut work: impl FnMut() -> T + 'a) -> Case<'a> {
    Case { name, work: Box::new(move || drop(black_box(work()))) }
}

fn main() {
    let measuring = std::env::args().any(|word| word == "--bench");
    let value: Value = serde_json::from_str(USER).unwrap();
    let user = value.as_object().unwrap().clone();
    let compound = Filter::parse(ResourceKind::User, COMPOUND).unwrap();
    assert!(compound.matches(&user), "the filter is about this user");
    let wanted =
        Projection::parse(ResourceKind::User, Some("userName,emails.value,name.familyName"), None).unwrap();
    let unwanted = Projection::parse(ResourceKind::User, None, Some("addresses,phoneNumbers")).unwrap();
    let request = changes();
    let patching = PatchRequest::parse(request.clone(), Dialect::Tolerant).unwrap();
    let (few, many) = (directory(&user, 1_000), directory(&user, if measuring { MANY } else { 1_000 }));
    let cases = [
        case("filter: parse one comparison", || Filter::parse(ResourceKind::User, SIMPLE).unwrap()),
        case("filter: parse five comparisons", || Filter::parse(ResourceKind::User, COMPOUND).unwrap()),
        case("filter: match five comparisons", || compound.matches(&user)),
        case("PATCH: parse three operations", || {
            PatchRequest::parse(request.clone(), Dialect::Tolerant).unwrap()
        }),
        case("PATCH: apply three operations", || {
            patch::apply(ResourceKind::User, &user, "id", &patching).unwrap()
        }),
        case("projection: three attributes", || wanted.apply(user.clone())),
        case("projection: without two attributes", || unwanted.apply(user.clone())),
        case("look-up by userName of 1,000", numbered(1_000, &few)),
        case("look-up by userName of 100,000", numbered(MANY, &many)),
    ];
    let mut yardstick = case("JSON of one user parsed", || serde_json::from_str::<Value>(USER).unwrap());
    if measuring {
        println!("{:<38}{:>12}{:>16}{:>9}", "", "ns", "ns to parse", "ratio");
    }
    for mut case in cases {
        if measuring {
            let (own, theirs) = side_by_side(&mut case, &mut yardstick);
            println!("{:<38}{own:>12.0}{theirs:>16.0}{:>9.2}", case.name, own / theirs);
        } else {
            (case.work)();
        }
    }
}

/// Medians of both, in nanoseconds for one call, timed in turn.
fn side_by_side<'a>(one: &mut Case<'a>, other: &mut Case<'a>) -> (f64, f64) {
    let rounds = [rounds(one), rounds(other)];
    let mut times = [Vec::new(), Vec::new()];
    for _ in 0..SAMPLES {
        for ((case, rounds), times) in [&mut *one, &mut *other].into_iter().zip(rounds).zip(&mut times) {
            times.push(time(case, rounds).as_nanos() as f64 / f64::from(rounds));
        }
    }
    let [one, other] = times.map(|mut times| {
        times.sort_by(f64::total_cmp);
        times.get(times.len() / 2).copied().unwrap_or_default()
    });
    (one, other)
}

/// How many calls one sample needs.
fn rounds(case: &mut Case<'_>) -> u32 {
    let mut rounds = 1;
    while time(case, rounds) < SAMPLE {
        rounds *= 2;
    }
    rounds
}

fn time(case: &mut Case<'_>, rounds: u32) -> Duration {
    let start = Instant::now();
    for _ in 0..rounds {
        (case.work)();
    }
    start.elapsed()
}

fn changes() -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": [
            { "op": "replace", "path": "title", "value": "Team Lead" },
            { "op": "replace", "path": "emails[type eq \"other\"].value", "value": "brandt@new.example" },
            { "op": "add", "value": { "active": false, "name.givenName": "Adele" } },
        ],
    })
}

fn name(number: u128) -> String {
    format!("ada.brandt.{number}@aurora.example")
}

/// A directory in memory with so many users.
fn directory(user: &Object, users: u128) -> Directory {
    let store = Arc::new(MemoryStore::new());
    let directory = Directory::new(TenantId::new("bench"), Arc::clone(&store) as Arc<dyn Store>);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let mut chunk = Chunk::default();
    for number in 0..users {
        let mut document = user.clone();
        document.insert("userName".to_owned(), name(number).into());
        let id = Some(UserId::new(Uuid::from_u128(number).to_string()));
        let observed = Observed { id, document, ..Observed::default() };
        let subject = SubjectId::new(Uuid::from_u128(number));
        runtime.block_on(directory.chunk_user(&mut chunk, &observed, subject, 0)).unwrap();
        if chunk.is_full() || number + 1 == users {
            runtime.block_on(store.commit(chunk.take())).unwrap();
        }
    }
    directory
}

/// A look-up of another user each time, far from the one before.
fn numbered(users: u128, directory: &Directory) -> impl FnMut() -> String {
    let mut number = 0;
    let counted = at_once(directory.counts()).unwrap().users as u128;
    let users = users.min(counted);
    move || {
        number = (number + 7919) % users;
        let found = at_once(directory.user_by(UserLookup::UserName(&name(number))));
        found.unwrap().unwrap().id.to_string()
    }
}

/// What a read of the store in memory gives: it never waits.
fn at_once<T>(read: impl Future<Output = T>) -> T {
    read.now_or_never().unwrap()
}
