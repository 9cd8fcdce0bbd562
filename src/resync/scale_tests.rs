//! A run over a whole organisation under virtual time: what it costs, that all planted changes are found and nothing
//! else.
//!
//! `RESYNC_USERS` (2,000) and `RESYNC_PLANTED` (100) set the size; `-- --nocapture` shows the figures. Genesys is an
//! array here, and the budget is the real one.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::time::Instant;

use async_trait::async_trait;
use serde_json::json;

use super::run::End;
use super::*;
use crate::bridge::lanes::LocalLanes;
use crate::bridge::{BridgeParts, OnExisting, OnUnknownRequestName, OnUnknownRuleName, Policy};
use crate::entitlements::RuleSet;
use crate::genesys::SharedBudget;
use crate::model::ports::{Budget, Page, Resolution, TurnRecords as _, Write};
use crate::model::*;
use crate::scim::kind::BRIDGE_USER;
use crate::store::samples::{named, object, opened, tenant};
use crate::store::{MemoryStore, StoreJournal};

const PER_MINUTE: u32 = 300;
const QUEUES_OF: usize = 3;

struct Stopped(tokio::time::Instant);

#[async_trait]
impl Clock for Stopped {
    fn now_ms(&self) -> i64 {
        i64::try_from(self.monotonic_ms()).unwrap()
    }
    fn monotonic_ms(&self) -> u64 {
        u64::try_from(self.0.elapsed().as_millis()).unwrap()
    }
    async fn sleep(&self, pause: Duration) {
        tokio::time::sleep(pause).await;
    }
    fn jitter(&self, _bound: u64) -> u64 {
        0
    }
}

pub(super) struct Numbers(Mutex<u32>);

impl Numbers {
    fn next(&self) -> u32 {
        let mut last = self.0.lock().unwrap();
        *last += 1;
        *last
    }
}

impl Ids for Numbers {
    fn saga(&self) -> SagaId {
        crate::store::samples::saga_id(self.next())
    }
    fn subject(&self) -> SubjectId {
        crate::store::samples::subject(self.next())
    }
    fn group(&self) -> GroupId {
        GroupId::new(self.next().to_string())
    }
}

/// Somebody as Genesys has them.
#[derive(Clone)]
struct There {
    active: bool,
    document: Object,
    held: BTreeSet<String>,
}

/// Genesys as arrays; every call waits for its place in the budget.
pub(super) struct World {
    users: BTreeMap<String, There>,
    by_thing: BTreeMap<String, Vec<String>>,
    budget: Arc<SharedBudget>,
    pub(super) calls: Mutex<BTreeMap<&'static str, u64>>,
    trouble: Mutex<Option<Trouble>>,
}

/// What is wrong with a listing, from the call of that number on.
#[derive(Clone, Copy, Debug)]
struct Trouble {
    what: &'static str,
    from: u64,
    how: How,
}

#[derive(Clone, Copy, Debug)]
enum How {
    /// Half of what should be on the page is on it.
    Cut,
    /// Nothing is on it.
    Empty,
    /// It is the last one.
    Last,
    /// Refused.
    Refused,
    /// Another total on every page.
    Moving,
}

impl World {
    /// What is wrong with this call, if something is.
    async fn call(&self, what: &'static str, context: &CallContext) -> Option<How> {
        self.budget.reserve(context.priority().into()).granted().await.spend();
        let mut calls = self.calls.lock().unwrap();
        let number = calls.entry(what).or_default();
        *number += 1;
        let trouble = self.trouble.lock().unwrap().filter(|one| one.what == what && *number >= one.from);
        trouble.map(|one| one.how)
    }

    fn spoil<T>(&self, how: Option<How>, mut page: Listed<T>) -> Verdict<Listed<T>> {
        match how {
            None => {}
            Some(How::Cut) => page.items.truncate(page.items.len() / 2),
            Some(How::Empty) => page.items.clear(),
            Some(How::Last) => page.next = None,
            Some(How::Refused) => return Verdict::Refused(crate::store::samples::refusal()),
            Some(How::Moving) => {
                let calls: u64 = self.calls.lock().unwrap().values().sum();
                page.total = page.total.map(|total| total.saturating_sub(calls % 2));
            }
        }
        Verdict::Done(page)
    }

    fn observed(&self, id: &str, listed: bool) -> Option<Observed> {
        let there = self.users.get(id)?;
        let held = there.held.iter().filter(|_| !listed).map(|key| {
            let (_, granted) = crate::store::samples::granted(key);
            (key.clone(), granted.entitlement)
        });
        let read = if listed { vec![Kind::Skill, Kind::Language] } else { Kind::ALL.to_vec() };
        Some(Observed {
            id: Some(UserId::new(id)),
            state: if there.active { UserState::Active } else { UserState::Inactive },
            document: there.document.clone(),
            entitlements: held.collect(),
            read: read.into_iter().collect(),
            ..Observed::default()
        })
    }
}

fn page_of<T: Clone>(all: &[T], at: Option<&str>, size: usize) -> (Vec<T>, Option<String>) {
    let from: usize = at.map_or(0, |at| at.parse().unwrap());
    let next = from + size;
    (all.iter().skip(from).take(size).cloned().collect(), (next < all.len()).then(|| next.to_string()))
}

#[async_trait]
impl Upstream for World {
    async fn write(&self, write: &Write, _: &CallContext) -> Verdict<Option<Created>> {
        panic!("a report writes nothing: {write:?}")
    }
    async fn find_by_mark(&self, _: &Mark, _: &CallContext) -> Verdict<Option<UserId>> {
        panic!("nobody is looked for")
    }
    async fn find_by_email(&self, _: &str, _: &CallContext) -> Verdict<Vec<FoundUser>> {
        panic!("nobody is looked for")
    }
    async fn observe(
        &self,
        user: &UserId,
        aspects: &Aspects,
        context: &CallContext,
    ) -> Verdict<Option<Observed>> {
        // The identity, the grants, and two listings of queues.
        let of = |kind: &Kind| if *kind == Kind::Queue { 2 } else { 1 };
        for _ in 0..=aspects.kinds.iter().map(of).sum::<u32>() {
            self.call("look", context).await;
        }
        let mut observed = self.observed(user.as_str(), false);
        if let Some(observed) = &mut observed {
            observed.read = aspects.kinds.clone();
            observed.entitlements.retain(|_, one| aspects.kinds.contains(&one.target.kind()));
        }
        Verdict::Done(observed)
    }
    async fn resolve(
        &self,
        wanted: &[Wanted],
        _: Option<&Named>,
        _: &CallContext,
    ) -> Verdict<Vec<Resolution>> {
        let target = |wanted: &Wanted| match wanted {
            Wanted::Role { role, .. } => Target::Role { role: named(role), division: named("d") },
            Wanted::Member { kind, name } => Target::Member { kind: *kind, of: named(name) },
            other => panic!("{other:?}"),
        };
        let found =
            |wanted| Resolution::Found(Entitlement { target: target(wanted), setting: Setting::Held });
        Verdict::Done(wanted.iter().map(found).collect())
    }
    async fn division(&self, _: &str, _: &CallContext) -> Verdict<Option<Named>> {
        Verdict::Done(None)
    }
    async fn find_group(&self, _: &str, _: &CallContext) -> Verdict<Option<ObservedGroup>> {
        Verdict::Done(None)
    }
    async fn observe_group(&self, _: &str, _: bool, _: &CallContext) -> Verdict<Option<ObservedGroup>> {
        Verdict::Done(None)
    }
    async fn list_users(&self, _: Option<u32>, _: &CallContext) -> Verdict<Page<Observed>> {
        panic!("that is the import's")
    }
    async fn list_groups(&self, _: Option<u32>, _: &CallContext) -> Verdict<Page<ObservedGroup>> {
        panic!("that is the import's")
    }
    async fn list_in_state(
        &self,
        state: UserState,
        at: Option<&str>,
        context: &CallContext,
    ) -> Verdict<Listed<Observed>> {
        let how = self.call("users", context).await;
        let active = state == UserState::Active;
        let all: Vec<&String> =
            self.users.iter().filter(|(_, there)| there.active == active).map(|(id, _)| id).collect();
        let (page, next) = page_of(&all, at, 500);
        let items = page.iter().filter_map(|id| self.observed(id, true)).collect();
        self.spoil(how, Listed { items, next, total: Some(all.len() as u64), calls: 1 })
    }
    async fn list_holders(
        &self,
        of: &Held,
        at: Option<&str>,
        context: &CallContext,
    ) -> Verdict<Listed<Holder>> {
        let (what, size) = if of.kind() == Kind::Role { ("holders", 500) } else { ("members", 100) };
        let how = self.call(what, context).await;
        let none = Vec::new();
        let all = self.by_thing.get(&of.named().id).unwrap_or(&none);
        let (page, next) = page_of(all, at, size);
        let division = (of.kind() == Kind::Role).then(|| named("d"));
        let items = page.into_iter().map(|id| Holder { user: UserId::new(id), division: division.clone() });
        let (items, mut calls, mut total) = (items.collect(), 1, None);
        if next.is_none() && of.kind() == Kind::Queue {
            self.call("queue", context).await;
            (calls, total) = (2, Some(all.len() as u64));
        }
        self.spoil(how, Listed { items, next, total, calls })
    }
    async fn whoami(&self, _: &CallContext) -> Verdict<String> {
        Verdict::Done("Aurora".into())
    }
}

fn size(name: &str, default: usize) -> usize {
    std::env::var(name).ok().map_or(default, |text| text.parse().unwrap())
}

/// What somebody is given: two roles, three of the queues.
fn keys_of(number: usize, queues: usize) -> Vec<String> {
    let queues = (0..QUEUES_OF).map(|one| format!("queue/q{}", (number * 7 + one * 31) % queues));
    let mut keys: Vec<String> =
        ["role/r0/d".to_owned(), "role/r1/d".to_owned()].into_iter().chain(queues).collect();
    keys.dedup();
    keys
}

/// One of so many ways to change somebody by hand, and the line that tells it.
fn plant(way: usize, id: &str, there: &mut There, keys: &[String]) -> (bool, String) {
    match way % 5 {
        0 => {
            there.held.remove(&keys[2]);
            (true, format!("missing queue {}", keys[2].trim_start_matches("queue/")))
        }
        1 => {
            there.held.remove(&keys[1]);
            (true, "missing role r1 in division d".to_owned())
        }
        2 => {
            there.document.insert("title".into(), json!("Somebody"));
            (true, "changed title".to_owned())
        }
        // Letter case of the address is no difference, and neither is a number of what nobody speaks of.
        3 => {
            there.document.insert("userName".into(), json!(format!("{}@X.org", id.to_uppercase())));
            (true, String::new())
        }
        _ => (false, "gone access".to_owned()),
    }
}

struct Organisation {
    world: World,
    store: Arc<MemoryStore>,
    directory: Arc<Directory>,
    planted: BTreeMap<String, String>,
}

/// Everybody in the directory and in Genesys, with what was planted there.
async fn organisation(users: usize, planted: usize, budget: Arc<SharedBudget>) -> Organisation {
    let store = Arc::new(MemoryStore::new());
    let directory = Arc::new(Directory::new(tenant(), Arc::clone(&store) as Arc<dyn Store>));
    let queues = (users / 1000).max(10);
    let mut organisation = Organisation {
        world: World {
            users: BTreeMap::new(),
            by_thing: BTreeMap::new(),
            budget,
            calls: Mutex::default(),
            trouble: Mutex::default(),
        },
        store,
        directory,
        planted: BTreeMap::new(),
    };
    for number in 0..users {
        let id = format!("user-{number:08}-0000-4000-8000-000000000000");
        let keys = keys_of(number, queues);
        let words = |prefix: &str, with: &str| {
            let of = keys.iter().filter_map(|key| key.strip_prefix(prefix));
            of.map(|rest| rest.replace('/', with)).collect::<Vec<_>>().join(";")
        };
        let core =
            json!({ "userName": format!("{id}@x.org"), "displayName": id, "active": true, "title": "Agent" });
        let mut document = object(core.clone());
        document.insert(
            BRIDGE_USER.into(),
            json!({ "compactRoles": words("role/", "@"), "compactQueues": words("queue/", "") }),
        );
        let granted: GrantedSet = keys.iter().map(|key| crate::store::samples::granted(key)).collect();
        let intent = Intent::PutUser {
            document,
            granted,
            granted_before: GrantedSet::new(),
            version: None,
            held: vec![],
        };
        let saga = opened(u32::try_from(number).unwrap(), Subject::User(None), intent);
        let turn = Turn::Finished(Outcome::Committed { bound: id.clone(), failures: vec![] });
        let report = Report { settled: true, ..Report::default() };
        let batch = organisation.directory.compose(&saga, &turn, &report, 1).await.unwrap();
        organisation.store.commit(batch).await.unwrap();
        let mut there = There { active: true, document: object(core), held: keys.iter().cloned().collect() };
        let mut stays = true;
        // Spread over everybody, by a step that has no divisor in common with round numbers.
        if planted > 0
            && number % (users / planted).max(1) == 0
            && number / (users / planted).max(1) < planted
        {
            let (left, line) = plant(number / (users / planted).max(1), &id, &mut there, &keys);
            stays = left;
            if !line.is_empty() {
                organisation.planted.insert(id.clone(), line);
            }
        }
        if stays {
            for key in &there.held {
                let thing = key.split('/').nth(1).unwrap_or_default().to_owned();
                organisation.world.by_thing.entry(thing).or_default().push(id.clone());
            }
            organisation.world.users.insert(id, there);
        }
    }
    organisation
}

fn policy() -> Policy {
    Policy {
        tenant: tenant(),
        on_existing: OnExisting::Link,
        restore_deleted: false,
        on_unknown_rule_name: OnUnknownRuleName::Hold,
        on_unknown_request_name: OnUnknownRequestName::Refuse,
        fallback_email_domain: None,
        forward_passwords: false,
        create_groups: true,
        protected: vec![],
        default_division: None,
        give_up_after: Duration::from_secs(3600),
        arrives_within: Duration::from_secs(10),
        parallel: 32,
    }
}

/// In mebibytes, of this process.
fn resident_mib() -> u64 {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    text.split(' ').nth(1).and_then(|pages| pages.parse::<u64>().ok()).unwrap_or(0) * 4 / 1024
}

/// A bridge over an organisation, under virtual time.
pub(super) struct Rig {
    clock: Arc<dyn Clock>,
    pub(super) world: Arc<World>,
    directory: Arc<Directory>,
    pub(super) store: Arc<dyn Store>,
    bridge: Arc<Bridge>,
    ids: Arc<Numbers>,
    resync: Arc<Resync>,
    pub(super) planted: BTreeMap<String, String>,
}

pub(super) async fn rig(users: usize, planted: usize) -> Rig {
    let clock: Arc<dyn Clock> = Arc::new(Stopped(tokio::time::Instant::now()));
    let budget = Arc::new(SharedBudget::new(PER_MINUTE, 0, Arc::clone(&clock)));
    let Organisation { world, store, directory, planted } =
        organisation(users, planted, Arc::clone(&budget)).await;
    let (world, ids) = (Arc::new(world), Arc::new(Numbers(Mutex::new(1_000_000))));
    // What was written at the beginning is no longer believed more than what is there.
    tokio::time::sleep(Duration::from_secs(3600)).await;
    let store = store as Arc<dyn Store>;
    let bridge = Bridge::new(BridgeParts {
        clock: Arc::clone(&clock),
        ids: Arc::clone(&ids) as Arc<dyn Ids>,
        store: Arc::clone(&store),
        journal: Arc::new(StoreJournal::new(tenant(), Arc::clone(&store)).await.unwrap()),
        directory: Arc::clone(&directory),
        upstream: Arc::clone(&world) as Arc<dyn Upstream>,
        budget: budget as Arc<dyn Budget>,
        lanes: Arc::new(LocalLanes::default()),
        rules: RuleSet::default(),
        policy: policy(),
        engine: tokio::runtime::Handle::current(),
        stop: CancellationToken::new(),
    });
    let parts = (&clock, &world, &directory, &bridge, &ids);
    let resync = resync_of(parts, Arc::clone(&store), CancellationToken::new());
    Rig { clock, world, directory, store, bridge, ids, resync, planted }
}

type Parts<'a> = (&'a Arc<dyn Clock>, &'a Arc<World>, &'a Arc<Directory>, &'a Arc<Bridge>, &'a Arc<Numbers>);

fn resync_of(parts: Parts<'_>, store: Arc<dyn Store>, stop: CancellationToken) -> Arc<Resync> {
    let (clock, world, directory, bridge, ids) = parts;
    Resync::new(ResyncParts {
        tenant: tenant(),
        directory: Arc::clone(directory),
        store,
        upstream: Arc::clone(world) as Arc<dyn Upstream>,
        bridge: Arc::clone(bridge),
        per_minute: PER_MINUTE,
        clock: Arc::clone(clock),
        ids: Arc::clone(ids) as Arc<dyn Ids>,
        engine: tokio::runtime::Handle::current(),
        stop,
    })
}

impl Rig {
    /// The same bridge, started anew on its data.
    pub(super) fn anew(&self, store: Arc<dyn Store>, stop: CancellationToken) -> Arc<Resync> {
        resync_of((&self.clock, &self.world, &self.directory, &self.bridge, &self.ids), store, stop)
    }

    /// A run, and the most memory that there was in it.
    pub(super) async fn run(&self, mode: Mode, many: bool) -> (Run, u64) {
        let asked = Asked { scope: Scope::All, mode, many };
        let begun = self.resync.begin(asked, &Cause::operator("test")).await.unwrap();
        let mut highest_mib = 0;
        loop {
            tokio::time::sleep(Duration::from_secs(10)).await;
            highest_mib = highest_mib.max(resident_mib());
            let run = self.resync.runs().get(&begun.id).await.unwrap().unwrap();
            if run.is_over() {
                return (run, highest_mib);
            }
        }
    }

    /// Class and matter of the line of each user.
    pub(super) async fn told(&self, run: &Run) -> BTreeMap<String, String> {
        let lines = self.resync.runs().lines(&run.id, None, None, usize::MAX).await.unwrap();
        let told = |line: Line| (line.user, format!("{} {}", line.difference.class, line.difference.what));
        lines.into_iter().map(|(_, line)| told(line)).collect()
    }

    /// Calls for listings.
    fn listings(&self) -> u64 {
        let calls = self.world.calls.lock().unwrap();
        calls.iter().filter(|(what, _)| **what != "look").map(|(_, calls)| calls).sum()
    }
}

#[tokio::test(start_paused = true)]
async fn a_run_over_everybody_finds_all_that_was_planted_and_nothing_else_at_the_cost_that_it_said() {
    let users = size("RESYNC_USERS", 2_000);
    let rig = rig(users, size("RESYNC_PLANTED", 100)).await;
    let (before_mib, began, began_ms) = (resident_mib(), Instant::now(), rig.clock.now_ms());
    let (run, highest_mib) = rig.run(Mode::Report, false).await;
    let listings = rig.listings();
    eprintln!(
        "{users} users, {} changes: {listings} calls for listings, {} estimated; {:?}; {} virtual minutes, {:.1} s of \
         work, {} MiB more than before",
        rig.planted.len(),
        run.estimate.calls,
        rig.world.calls.lock().unwrap(),
        (rig.clock.now_ms() - began_ms) / 60_000,
        began.elapsed().as_secs_f64(),
        highest_mib.saturating_sub(before_mib),
    );
    assert_eq!((run.end, &run.incomplete), (Some(End::Complete), &vec![]));
    assert_eq!(rig.told(&run).await, rig.planted);
    assert_eq!(run.calls, listings, "it says what it cost");
    let off = run.estimate.calls.abs_diff(listings) * 100 / listings;
    assert!(off <= 20, "{} estimated, {listings} needed", run.estimate.calls);
}

#[tokio::test(start_paused = true)]
async fn whatever_is_wrong_with_a_listing_at_whichever_page_nobody_is_accused_and_nothing_is_repaired() {
    let rig = rig(600, 0).await;
    for what in ["users", "holders", "members"] {
        for from in 1..=3 {
            for how in [How::Cut, How::Empty, How::Last, How::Refused, How::Moving] {
                let trouble = Trouble { what, from, how };
                rig.world.calls.lock().unwrap().clear();
                *rig.world.trouble.lock().unwrap() = Some(trouble);
                let (run, _) = rig.run(Mode::Repair, false).await;
                assert_eq!(rig.told(&run).await, BTreeMap::new(), "{trouble:?}: {run:?}");
                assert_eq!(run.counts.repaired, 0, "{trouble:?}");
                let work = rig.directory.works(None, 10).await.unwrap();
                assert_eq!(work, vec![], "{trouble:?}");
                let refused = matches!(how, How::Refused) && run.end != Some(End::Incomplete);
                assert!(!refused, "{trouble:?}: it says that it saw not all: {run:?}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_repair_of_very_many_people_changes_nobody_before_somebody_says_so() {
    let rig = rig(300, 60).await;
    let (run, _) = rig.run(Mode::Repair, false).await;
    let repairable = rig.planted.values().filter(|line| !line.starts_with("gone")).count() as u64;
    assert!(repairable > 30, "{repairable}");
    assert_eq!((run.end, run.counts.to_repair, run.counts.repaired), (Some(End::Held), repairable, 0));
    assert_eq!(rig.directory.works(None, 10).await.unwrap(), vec![]);
    let (run, _) = rig.run(Mode::Repair, true).await;
    assert_eq!((run.end, run.counts.repaired), (Some(End::Complete), repairable));
    assert_eq!(rig.directory.works(None, 100).await.unwrap().len() as u64, repairable);
}
