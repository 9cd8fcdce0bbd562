//! Faults that last: every operation of every kind of change, under every kind of trouble, for ten minutes and
//! for longer than anybody waits; and what is no operation of Genesys': a store that refuses, a name that is gone.
//!
//! Time is virtual, so that hours pass in milliseconds. What must hold of each run is in [`Run::judge`]. The
//! operations are not listed by hand: a clean run shows them. `LASTING=full` runs all of them, otherwise a
//! sample that is spread evenly; `LASTING=<words>` runs those whose name has these words.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use genesys_cloud_emulator::{Call, Fault, PathMatch};
use genesys_scim_bridge::testing::bridge::Reply;
use genesys_scim_bridge::testing::entitlements::RuleSet;
use genesys_scim_bridge::testing::scim::change::Change;
use genesys_scim_bridge::testing::scim::error::ScimError;
use serde_json::Value;
use tokio::time::Instant;

use crate::bare::BareBridge;
use crate::scenarios::{self, SCENARIOS};
use crate::support::emulator::Access;
use crate::support::setup::Setup;
use crate::trouble::{ELSEWHERE, TOKEN, TROUBLE, Trouble};
use crate::{difference, has_pivot, normalised};

const SECOND: Duration = Duration::from_secs(1);
pub(crate) const MINUTE: Duration = Duration::from_secs(60);
pub(crate) const HOUR: Duration = Duration::from_secs(3600);
/// How long the bridge under test waits trouble out; a day in the product.
pub(crate) const GIVE_UP: Duration = HOUR;
/// Longer than the bridge waits it out.
pub(crate) const TOO_LONG: Duration = Duration::from_secs(2 * 3600 + 1800);
/// How many commits the store takes first, and how long it refuses the others.
const IN_THE_STORE: [(u32, Duration); 6] = [
    (0, Duration::from_secs(600)),
    (1, Duration::from_secs(600)),
    (2, Duration::from_secs(600)),
    (3, Duration::from_secs(600)),
    (0, TOO_LONG),
    (2, TOO_LONG),
];
/// What a name is while it is gone.
const GONE: &str = "Another One";
/// How many runs there are in the sample.
const SAMPLE: usize = 80;
/// Calls that may be made in an hour while something is wrong. Two people are to be out in some cases: their call is
/// tried once a minute, and up to five times where Genesys tells of conflicting versions.
pub(crate) const CALLS_PER_HOUR: usize = 700;
/// Who leaves while it lasts.
pub(crate) const LEAVER: &str = "leaver@aurora.example";
/// Where a person is made inactive.
const PIVOT: (&str, &str) = ("PATCH", "/api/v2/scim/v2/users/{userId}");

/// One operation: its method and its template.
pub(crate) type Operation = (String, String);

/// One run of the table.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) operation: Operation,
    pub(crate) trouble: Trouble,
    /// How many calls of the operation go well first.
    pub(crate) skip: u32,
    pub(crate) lasting: Duration,
}

impl Case {
    pub(crate) fn title(&self) -> String {
        let Self { name, operation: (method, template), trouble, skip, lasting } = self;
        format!("{name} / {method} {template} +{skip} / {trouble:?} / {} min", lasting.as_secs() / 60)
    }

    pub(crate) fn begin(&self, house: &BareBridge) {
        let (method, template) = &self.operation;
        match self.trouble {
            Trouble::StoreRefuses => house.store.refuse_after(self.skip),
            Trouble::NameGone(name) => drop(house.cloud.rename(name, GONE)),
            trouble => {
                let path = PathMatch::Template(template.clone());
                house.cloud.fault(Fault::on(method, path, trouble.fault()).skip(self.skip));
            }
        }
    }

    pub(crate) fn end(&self, house: &BareBridge) {
        match self.trouble {
            Trouble::StoreRefuses => house.store.take_all(),
            Trouble::NameGone(name) => drop(house.cloud.rename(GONE, name)),
            _ => house.cloud.clear_faults(),
        }
    }

    /// Whether the fault is in the way of whoever leaves, so that nobody can be through at once: the call
    /// itself, the token, a rate limit of the calls for identities, which leavers keep as well, or our own store.
    pub(crate) fn concerns_leavers(&self) -> bool {
        let operation = (self.operation.0.as_str(), self.operation.1.as_str());
        let limited = self.trouble == Trouble::Throttled && operation.1.contains("/scim/v2/users");
        let here = self.trouble == Trouble::StoreRefuses;
        here || limited || operation == PIVOT || operation == TOKEN || self.is(401)
    }

    /// Whether a 404 may be believed by an undo: what it would give back is gone, and so is the need for it.
    fn may_stay_away(&self) -> bool {
        self.is(404)
    }

    fn is(&self, status: u16) -> bool {
        matches!(self.trouble, Trouble::Refused(of, _) if of == status)
    }

    /// Whether an undo may be refused: that is for an administrator to see, and tried again when they ask.
    fn may_be_stuck(&self) -> bool {
        self.lasting >= GIVE_UP || [400, 403, 409, 413, 415].iter().any(|status| self.is(*status))
    }
}

/// What is the same for all runs of a kind of change.
struct Clean {
    before: Value,
    after: Value,
    operations: Vec<Operation>,
    writes: usize,
}

/// What became of one run.
struct Run {
    result: Result<Reply, ScimError>,
    took: Duration,
    /// Until the first call for the leaver, and what the leaver heard.
    out: Duration,
    left: Result<Reply, ScimError>,
    /// Calls in the last hour, or less, in which the fault was there.
    calls: usize,
    /// Calls that took effect, all in all, but for those of the operation itself: repeated, they have one effect.
    effects: usize,
    stuck: usize,
    open: usize,
    /// What is not as it should be, by the bridge's own account.
    unsettled: Vec<String>,
    after: Value,
    again: Option<Result<(), String>>,
}

pub(crate) fn rules() -> RuleSet {
    let nowhere = |name: &str| format!("https://{name}.example");
    let (client, secret) = ("client".to_owned(), "secret".to_owned());
    let to = Access { api: nowhere("api"), login: nowhere("login"), client, secret };
    RuleSet::compile(&Setup::default().config(to, Path::new("unused")).rules).unwrap()
}

async fn prepare(house: &BareBridge, name: &str) -> (Change, Change) {
    let leaver = scenarios::make_agent(house, LEAVER).await;
    let leave = scenarios::deactivation(leaver);
    let change = match name {
        "work" => scenarios::group_with_a_rule(house).await,
        name => scenarios::prepare(house, name).await,
    };
    // Everything that came with the preparation is over, and the budget is whole.
    tokio::time::sleep(5 * MINUTE).await;
    house.cloud.settle();
    (change, leave)
}

async fn clean(name: &'static str) -> Clean {
    let idle = BareBridge::in_virtual_time(rules(), GIVE_UP).await;
    let (_, leave) = prepare(&idle, name).await;
    idle.submit(leave).await.unwrap_or_else(|error| panic!("{name}: {}", error.detail));
    tokio::time::sleep(5 * MINUTE).await;
    let before = idle.organisation().await;
    let house = BareBridge::in_virtual_time(rules(), GIVE_UP).await;
    let (change, leave) = prepare(&house, name).await;
    house.cloud.clear_ledger();
    house.submit(change).await.unwrap_or_else(|error| panic!("{name}: {}", error.detail));
    tokio::time::sleep(5 * MINUTE).await;
    let calls = house.cloud.ledger();
    let operations: BTreeSet<Operation> =
        calls.iter().map(|call| (call.method.clone(), call.template.clone())).collect();
    let writes = calls.iter().filter(|call| call.effect).count();
    house.submit(leave).await.unwrap_or_else(|error| panic!("{name}: {}", error.detail));
    tokio::time::sleep(5 * MINUTE).await;
    let after = house.organisation().await;
    Clean { before, after, operations: operations.into_iter().collect(), writes }
}

impl Run {
    async fn of(case: &Case) -> Self {
        let house = BareBridge::in_virtual_time(rules(), GIVE_UP).await;
        let (change, leave) = prepare(&house, case.name).await;
        house.cloud.clear_ledger();
        case.begin(&house);
        let began = Instant::now();
        if case.operation.1 == TOKEN.1 {
            house.cloud.revoke_tokens();
        }
        let result = house.submit(change.clone()).await;
        let took = began.elapsed();
        tokio::time::sleep(MINUTE).await;
        let (left, out) = leaves(&house, leave.clone()).await;
        tokio::time::sleep(case.lasting.saturating_sub(began.elapsed())).await;
        let calls = within_the_last(HOUR, &house.cloud.ledger());
        case.end(&house);
        if left.is_err() {
            // Who was not told 2xx asks again.
            drop(house.submit(leave).await);
        }
        settle(&house).await;
        let mut open = house.bridge.open_sagas().await.unwrap();
        let stuck = open.iter().filter(|saga| saga.is_stuck()).count();
        for saga in open.iter().filter(|saga| saga.is_stuck()) {
            drop(house.redrive(&saga.opened).await);
        }
        if stuck > 0 {
            settle(&house).await;
            open = house.bridge.open_sagas().await.unwrap();
        }
        let repeated = |call: &Call| {
            (call.method.clone(), call.template.clone()) == case.operation && call.fault.is_some()
        };
        let effects = house.cloud.ledger().iter().filter(|call| call.effect && !repeated(call)).count();
        let after = house.organisation().await;
        let unsettled = unsettled(&house).await;
        let again = match &result {
            Ok(_) => None,
            Err(_) => Some(again(&house, change).await),
        };
        Self { result, took, out, left, calls, effects, stuck, open: open.len(), unsettled, after, again }
    }

    /// Each answer comes in time; whoever leaves is out at once; calls are few and nobody flaps; and once the
    /// trouble is over everything is as was answered, without anybody's doing.
    fn judge(&self, case: &Case, clean: &Clean) -> Result<(), String> {
        if self.took > 31 * SECOND {
            return Err(format!("answered after {:?}", self.took));
        }
        if !case.concerns_leavers() {
            if let Err(error) = &self.left {
                return Err(format!("the leaver heard {}: {}", error.status, error.detail));
            }
            if self.out > 2 * SECOND {
                return Err(format!("the leaver's first call came after {:?}", self.out));
            }
        }
        if self.calls > CALLS_PER_HOUR {
            return Err(format!("{} calls in an hour", self.calls));
        }
        if self.open > 0 {
            return Err(format!("{} sagas have not ended ({} were stuck)", self.open, self.stuck));
        }
        if self.stuck > 0 && !case.may_be_stuck() {
            return Err(format!("{} sagas got stuck in {:?}", self.stuck, case.lasting));
        }
        // Done, taken back and done again, each for the change, for the leaver and for the trouble's end.
        let most = 4 * clean.writes + 20;
        if self.effects > most {
            return Err(format!("{} calls took effect where {} are needed", self.effects, clean.writes));
        }
        if !self.unsettled.is_empty() {
            return Err(format!("not settled: {}", self.unsettled.join("; ")));
        }
        let (before, after, now) =
            (normalised(&clean.before), normalised(&clean.after), normalised(&self.after));
        match &self.result {
            Ok(_) if now != after => {
                Err(format!("acknowledged, but\n{}", difference(&clean.after, &self.after)))
            }
            Err(error)
                if error.status < 500 && error.status != 429 && now != before && !has_pivot(case.name) =>
            {
                let heard = format!("refused ({} {})", error.status, error.detail);
                Err(format!("{heard}, but\n{}", difference(&clean.before, &self.after)))
            }
            Err(error) if now != before && now != after && !case.may_stay_away() => {
                let heard = format!("{} {}", error.status, error.detail);
                Err(format!(
                    "{heard}: neither as before nor as wished\n{}",
                    difference(&clean.after, &self.after)
                ))
            }
            _ => self.again.clone().unwrap_or(Ok(())),
        }
    }
}

/// Somebody leaves: what they hear, and how long their first call takes.
pub(crate) async fn leaves(house: &BareBridge, leave: Change) -> (Result<Reply, ScimError>, Duration) {
    let since = house.cloud.ledger().last().map_or(0, |call| call.seq);
    let began = Instant::now();
    let first = async {
        loop {
            let is_pivot =
                |call: &Call| call.seq > since && (call.method.as_str(), call.template.as_str()) == PIVOT;
            if house.cloud.ledger().iter().any(is_pivot) {
                return began.elapsed();
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let first = async { tokio::time::timeout(3 * MINUTE, first).await.unwrap_or(3 * MINUTE) };
    tokio::join!(house.submit(leave), first)
}

pub(crate) fn within_the_last(time: Duration, calls: &[Call]) -> usize {
    let Some(last) = calls.last() else { return 0 };
    let since = last.at_ms.saturating_sub(u64::try_from(time.as_millis()).unwrap());
    calls.iter().filter(|call| call.at_ms > since).count()
}

/// Until nothing is left to do, or so long that something is wrong.
pub(crate) async fn settle(house: &BareBridge) {
    let began = Instant::now();
    loop {
        tokio::time::sleep(MINUTE).await;
        let open = house.bridge.open_sagas().await.unwrap();
        let idle = work_left(house).await.is_empty();
        let over = open.iter().all(|saga| saga.is_stuck());
        if over && idle || began.elapsed() > 10 * HOUR {
            house.cloud.settle();
            return;
        }
    }
}

/// Who is not as they should be by the directory's account.
pub(crate) async fn unsettled(house: &BareBridge) -> Vec<String> {
    let users = house.directory.users_after(None, 100).await.unwrap();
    let open = users.iter().filter(|user| user.status.state.as_str() != "committed");
    let told = |failures: &Value| failures.to_string();
    let mut words: Vec<String> = open
        .map(|user| {
            let failures = serde_json::to_value(&user.status.failures).unwrap();
            format!("{} {}", user.status.state.as_str(), told(&failures))
        })
        .collect();
    words.extend(work_left(house).await);
    words
}

/// Work that is not done; a create that went back without an answer is looked for for a day, whatever is found.
async fn work_left(house: &BareBridge) -> Vec<String> {
    let left = house.directory.works(None, 10).await.unwrap();
    let counts = left.iter().filter(|work| !work.user.as_str().starts_with("create-"));
    counts.map(|work| format!("{work:?}")).collect()
}

/// The client comes again after the trouble.
async fn again(house: &BareBridge, change: Change) -> Result<(), String> {
    match house.submit(change).await {
        Ok(_) => Ok(()),
        // It was done after all; whoever deleted something finds it gone.
        Err(error) if [404, 409].contains(&error.status) => Ok(()),
        Err(error) => Err(format!("asked again: {} {}", error.status, error.detail)),
    }
}

/// A runtime of its own, whose clock stands still but for pauses.
pub(crate) fn in_virtual_time<T>(of: impl Future<Output = T>) -> T {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_all().start_paused(true).build().unwrap().block_on(of)
}

fn cases(kinds: &[(&'static str, Clean)]) -> Vec<Case> {
    let mut cases = Vec::new();
    for (name, clean) in kinds {
        let token = (TOKEN.0.to_owned(), TOKEN.1.to_owned());
        let operations = clean.operations.iter().filter(|operation| **operation != token).chain([&token]);
        for trouble in ELSEWHERE {
            let operation = ("-".to_owned(), "-".to_owned());
            let moments: &[(u32, Duration)] = match trouble {
                Trouble::StoreRefuses => &IN_THE_STORE,
                _ => &[(0, 10 * MINUTE), (0, TOO_LONG)],
            };
            for &(skip, lasting) in moments {
                cases.push(Case { name, operation: operation.clone(), trouble, skip, lasting });
            }
        }
        for operation in operations {
            for trouble in TROUBLE.into_iter().filter(|trouble| trouble.is_trouble_for(operation)) {
                // It begins before the change, or while it runs; it ends in time, or it does not.
                for (skip, lasting) in [(0, 10 * MINUTE), (1, 10 * MINUTE), (0, TOO_LONG)] {
                    let operation = operation.clone();
                    cases.push(Case { name, operation, trouble, skip, lasting });
                }
            }
        }
    }
    cases
}

pub(crate) fn chosen(cases: Vec<Case>) -> Vec<Case> {
    match std::env::var("LASTING").ok().as_deref() {
        Some("full") => cases,
        Some(words) => {
            let mut cases = cases;
            cases.retain(|case| words.split(',').all(|word| case.title().contains(word)));
            cases
        }
        None => {
            // A step that has no divisor in common with the table's own periods.
            let step = (cases.len() / SAMPLE).max(1) | 1;
            cases.into_iter().step_by(step).collect()
        }
    }
}

#[test]
fn trouble_that_lasts_ends_in_what_was_answered_costs_few_calls_and_holds_no_leaver() {
    let names = SCENARIOS.into_iter().chain(["work"]);
    let kinds: Vec<(&str, Clean)> = names.map(|name| (name, in_virtual_time(clean(name)))).collect();
    let kinds = Arc::new(kinds);
    let all = cases(&kinds);
    let total = all.len();
    let cases = chosen(all);
    let (next, failures) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let clean = &kinds.iter().find(|(name, _)| *name == case.name).unwrap().1;
                    let run = in_virtual_time(Run::of(case));
                    if let Err(why) = run.judge(case, clean) {
                        failures.lock().unwrap().push(format!("{}: {why}", case.title()));
                    }
                }
            });
        }
    });
    let failures = failures.into_inner().unwrap();
    let ran = cases.len();
    assert!(failures.is_empty(), "{} of {ran} runs failed:\n{}", failures.len(), failures.join("\n"));
    assert!(ran > 0, "a table without runs shows nothing");
    println!("{ran} of {total} runs, each with trouble that lasts");
}
