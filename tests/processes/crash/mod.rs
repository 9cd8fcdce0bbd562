//! kill -9 of the whole bridge at random moments while eight clients write: every 2xx holds, nothing is
//! orphaned, nothing stuck.
//!
//! The emulator is a process of its own that survives (`processes`); clients keep book of what they were
//! promised (`writer`, `model`); after every few kills all is compared (`verify`). `CRASH_KILLS` sets how
//! often (12 by default), `CRASH_SEED` repeats a campaign's choices, `CRASH_VERIFY_EVERY` how often is
//! compared, `CRASH_KILL_WITHIN_MS` how soon the next kill comes, `CRASH_BINARY` which bridge, `CRASH_FAULTS` that
//! Genesys and the disk are in trouble as well, over several kills (`faults`). The store
//! alone: `store_crash`.

mod faults;
mod model;
mod processes;
mod verify;
mod writer;

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use tokio::sync::{Mutex, OwnedMutexGuard};

use processes::Pair;
use verify::{Findings, Kind};
use writer::{Book, Connection, Shared};

use crate::support::emulator::be_the_emulator;

const CLIENTS: usize = 8;
/// The bridge is killed at the latest that long after it became ready, unless `CRASH_KILL_WITHIN_MS` says
/// otherwise.
const KILL_WITHIN_MS: u64 = 800;
/// One kill in so many hits the start and with it the recovery.
const EARLY_ONE_IN: u32 = 8;
const EARLY_WITHIN_MS: u64 = 250;
/// A restart must take requests again within that.
const READY_WITHIN: Duration = Duration::from_secs(30);

/// Not a test of its own: the emulator's process.
#[test]
fn emulator_process() {
    be_the_emulator();
}

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().map_or(default, |text| text.parse().unwrap())
}

/// A campaign under way.
struct Campaign {
    pair: Pair,
    books: Vec<Arc<Mutex<Book>>>,
    tally: Shared,
    rng: StdRng,
    ready: Vec<Duration>,
    settled: Vec<Duration>,
    recovered: usize,
    findings: Findings,
}

#[test]
fn no_acknowledged_write_is_lost_and_nothing_is_left_behind_by_kill_9_of_the_bridge() {
    let kills = number("CRASH_KILLS", 12);
    let every = number("CRASH_VERIFY_EVERY", 10).clamp(1, kills.max(1));
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    let seed = number("CRASH_SEED", u64::from(now.subsec_nanos()));
    println!("crash: {kills} kills, compared after every {every}, seed {seed}");
    let mut dir = tempfile::tempdir().unwrap();
    // What is left of a campaign that fails or panics can be looked at.
    dir.disable_cleanup(true);
    let started = Instant::now();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let (done, campaign) = runtime.block_on(run(dir.path(), kills, every, seed));
    runtime.shutdown_background();
    let broken = campaign.report(done, seed, started.elapsed());
    drop(campaign);
    assert_eq!(broken, 0, "findings above; the files are in {}", dir.path().display());
    dir.disable_cleanup(false);
}

async fn run(dir: &Path, kills: u64, every: u64, seed: u64) -> (u64, Campaign) {
    let books = (0..CLIENTS).map(|number| Arc::new(Mutex::new(Book::new(number, seed)))).collect();
    let mut campaign = Campaign {
        pair: Pair::new(dir),
        books,
        tally: Shared::default(),
        rng: StdRng::seed_from_u64(seed),
        ready: Vec::new(),
        settled: Vec::new(),
        recovered: 0,
        findings: Findings::new(),
    };
    campaign.pair.start();
    campaign.pair.ready().await;
    let stop = Arc::new(AtomicBool::new(false));
    let clients: Vec<_> = campaign.books.iter().map(|book| campaign.client(book, &stop)).collect();
    let mut done = 0;
    while done < kills {
        if faults::wanted() {
            faults::change(&campaign.pair, &mut campaign.rng).await;
        }
        campaign.kill_and_restart().await;
        done += 1;
        if done % every == 0 || done == kills {
            campaign.compare(done).await;
        }
        if campaign.is_broken() {
            break;
        }
    }
    stop.store(true, Ordering::Relaxed);
    for client in clients {
        client.await.unwrap();
    }
    (done, campaign)
}

impl Campaign {
    fn client(&self, book: &Arc<Mutex<Book>>, stop: &Arc<AtomicBool>) -> tokio::task::JoinHandle<()> {
        let (book, stop, tally) = (Arc::clone(book), Arc::clone(stop), Arc::clone(&self.tally));
        let connection = Connection::new(&self.pair);
        tokio::spawn(async move {
            while !stop.load(Ordering::Relaxed) {
                let sent = book.lock().await.step(&connection, &tally).await;
                let pause = if sent { Duration::ZERO } else { Duration::from_millis(10) };
                tokio::time::sleep(pause).await;
            }
        })
    }

    async fn kill_and_restart(&mut self) {
        let wait = self.rng.random_range(0..number("CRASH_KILL_WITHIN_MS", KILL_WITHIN_MS).max(1));
        tokio::time::sleep(Duration::from_millis(wait)).await;
        self.pair.kill();
        let started = Instant::now();
        self.pair.start();
        if self.rng.random_ratio(1, EARLY_ONE_IN) {
            let wait = self.rng.random_range(0..EARLY_WITHIN_MS);
            tokio::time::sleep(Duration::from_millis(wait)).await;
            self.pair.kill();
            self.pair.start();
        }
        self.pair.ready().await;
        let took = started.elapsed();
        assert!(took < READY_WITHIN, "a restart took {took:?}");
        self.ready.push(took);
    }

    async fn compare(&mut self, done: u64) {
        let mut held: Vec<OwnedMutexGuard<Book>> = Vec::new();
        for book in &self.books {
            held.push(Arc::clone(book).lock_owned().await);
        }
        if faults::wanted() {
            faults::all_is_well(&self.pair).await;
            // What the bridge keeps from everybody for some minutes it forgets with a start.
            self.pair.kill();
            self.pair.start();
            self.pair.ready().await;
            faults::catch_up(&self.pair).await;
        }
        let (settled, findings) = verify::verify(&self.pair, &mut held).await;
        self.settled.push(settled);
        self.findings.extend(findings);
        if !self.is_broken() {
            let log = self.pair.take_log();
            self.recovered += log.matches("going on with an open saga").count();
        }
        if done.is_multiple_of(100) {
            let acknowledged = self.tally.lock().unwrap_or_else(PoisonError::into_inner).acknowledged;
            println!("crash: {done} kills, {acknowledged} acknowledged writes");
        }
    }

    fn is_broken(&self) -> bool {
        !self.findings.is_empty()
            || !self.tally.lock().unwrap_or_else(PoisonError::into_inner).broken.is_empty()
    }

    /// Prints the figures; returns how many findings there are.
    fn report(&self, kills: u64, seed: u64, took: Duration) -> usize {
        let tally = self.tally.lock().unwrap_or_else(PoisonError::into_inner);
        for (kind, count) in &tally.answers {
            println!("  {count:>7}  {kind}");
        }
        for broken in &tally.broken {
            println!("BROKEN {broken}");
        }
        for (kind, finding) in &self.findings {
            println!("{kind:?} {finding}");
        }
        if faults::wanted() {
            println!("crash: the store was kept from writing {} times", self.pair.refusals.get());
        }
        let count = |kind: Kind| self.findings.iter().filter(|(found, _)| *found == kind).count();
        let per_kill = tally.acknowledged as f64 / kills.max(1) as f64;
        println!(
            "crash: kills {kills}, acknowledged {}, per kill {per_kill:.1}, sagas recovered {}, ready p50 {} ms max {} ms, settled p50 {} ms max {} ms, \
             lost {}, orphans {}, mismatches {}, stuck {}, broken answers {}, {:.0} s, seed {seed}",
            tally.acknowledged,
            self.recovered,
            percentile(&self.ready, 50),
            percentile(&self.ready, 100),
            percentile(&self.settled, 50),
            percentile(&self.settled, 100),
            count(Kind::Lost),
            count(Kind::Orphan),
            count(Kind::Mismatch),
            count(Kind::Stuck),
            tally.broken.len(),
            took.as_secs_f64(),
        );
        let findings = self.findings.len() + tally.broken.len();
        if findings == 0 && kills >= 100 && !faults::wanted() {
            assert!(per_kill >= 5.0, "only {per_kill:.1} acknowledged writes per kill");
        }
        findings
    }
}

fn percentile(times: &[Duration], percent: usize) -> u128 {
    let mut sorted = times.to_vec();
    sorted.sort();
    let at = (sorted.len() * percent / 100).min(sorted.len().saturating_sub(1));
    sorted.get(at).map_or(0, Duration::as_millis)
}
