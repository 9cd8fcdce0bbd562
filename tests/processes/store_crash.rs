//! The store under kill -9 and on a disk that refuses: nothing acknowledged is lost, nothing is torn.
//!
//! The test starts itself as a child process that writes, prints each commit once it was acknowledged, and is
//! killed. `STORE_KILLS` sets how often (20 by default). The whole bridge under kill -9 is tested elsewhere.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use genesys_scim_bridge::testing::audit::{self, AuditRecord};
use genesys_scim_bridge::testing::model::ports::Store;
use genesys_scim_bridge::testing::model::{Batch, Expect, StoreError, Table, TenantId};
use genesys_scim_bridge::testing::store::{self, OpenOptions};

const DIR: &str = "STORE_CRASH_DIR";
const WRITERS: u64 = 8;
/// Every so often a commit carries a record that is kept in chunks.
const LARGE_EVERY: u64 = 7;

fn options(dir: &Path) -> OpenOptions {
    OpenOptions { cache_bytes: 8 << 20, ..OpenOptions::new(dir) }
}

fn tenant() -> TenantId {
    TenantId::new("t")
}

/// The tables that every commit touches, each with the same number.
const TOGETHER: [Table; 3] = [Table::Users, Table::Index, Table::Journal];

fn batch(writer: u64, number: u64) -> Batch {
    let mut batch = Batch::new();
    for table in TOGETHER {
        let key = format!("t/{writer}/{number:08}");
        batch.expect(table, key.clone(), Expect::Absent);
        batch.put(table, key, number.to_string());
        batch.put(table, format!("t/last/{writer}"), number.to_string());
    }
    if number.is_multiple_of(LARGE_EVERY) {
        batch.put(Table::Granted, format!("t/{writer}"), large(number));
    }
    let entry = AuditRecord {
        at_ms: 0,
        who: "test".to_owned(),
        credential: None,
        request: String::new(),
        what: "write".to_owned(),
        subject: format!("{writer}/{number}"),
        outcome: "committed".to_owned(),
        codes: vec![],
        saga: None,
    };
    audit::append(&mut batch, &tenant(), &entry).unwrap();
    batch
}

fn large(number: u64) -> Vec<u8> {
    number.to_string().repeat(10_000 + usize::try_from(number % 5).unwrap() * 3_000).into_bytes()
}

/// What the store holds: for each writer the numbers, checked for being whole.
async fn read_back(store: &dyn Store) -> BTreeMap<u64, BTreeSet<u64>> {
    let mut found: BTreeMap<u64, BTreeSet<u64>> = BTreeMap::new();
    let mut total = 0;
    for writer in 0..WRITERS {
        let mut together = Vec::new();
        for table in TOGETHER {
            let rows = store.scan(table, format!("t/{writer}/").as_bytes(), None, usize::MAX).await.unwrap();
            let numbers = rows.iter().map(|(_, value)| String::from_utf8_lossy(value).parse().unwrap());
            let numbers: BTreeSet<u64> = numbers.collect();
            let last = store.get(table, format!("t/last/{writer}").as_bytes()).await.unwrap();
            let last = last.map(|value| String::from_utf8_lossy(&value).parse().unwrap());
            assert_eq!(numbers.last().copied(), last, "{table:?} of writer {writer}");
            together.push(numbers);
        }
        let users = together.remove(0);
        assert!(together.iter().all(|others| *others == users), "a commit of writer {writer} is torn");
        let kept_large = users.iter().rev().find(|number| number.is_multiple_of(LARGE_EVERY));
        let large_found = store.get(Table::Granted, format!("t/{writer}").as_bytes()).await.unwrap();
        assert_eq!(
            large_found.as_deref(),
            kept_large.map(|number| large(*number)).as_deref(),
            "writer {writer}"
        );
        total += users.len() as u64;
        found.insert(writer, users);
    }
    assert_eq!(audit::verify(store, &tenant()).await, Ok(total), "one audit entry for each commit");
    found
}

/// Not a test of its own: what the child process does.
#[test]
fn child() {
    let Some(dir) = std::env::var_os(DIR) else { return };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    let store = store::open(&options(Path::new(&dir))).unwrap();
    let found = runtime.block_on(read_back(store.as_ref()));
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| {
            let store = Arc::clone(&store);
            let next = found.get(&writer).and_then(BTreeSet::last).map_or(0, |last| last + 1);
            runtime.spawn(write(store, writer, next))
        })
        .collect();
    runtime.block_on(async {
        for writer in writers {
            writer.await.unwrap();
        }
    });
    say(&format!("healthy {}", store.trouble().is_none()));
}

async fn write(store: Arc<dyn Store>, writer: u64, first: u64) {
    for number in first.. {
        match store.commit(batch(writer, number)).await {
            // Said only after the commit was acknowledged; the pipe outlives the process.
            Ok(_) => say(&format!("ack {writer} {number}")),
            Err(StoreError::Failed(why)) => return say(&format!("failed {why}")),
            Err(other) => panic!("{other}"),
        }
    }
}

/// One line past the test harness, which captures `println`.
fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    out.write_all(format!("\n#{line}\n").as_bytes()).unwrap();
    out.flush().unwrap();
}

fn start(dir: &Path, wrapper: Option<&str>) -> Child {
    let this = std::env::current_exe().unwrap();
    let mut command = match wrapper {
        None => Command::new(this),
        Some(script) => {
            let mut shell = Command::new("sh");
            shell.args(["-c", script, "sh"]).arg(this);
            shell
        }
    };
    command.args(["--exact", "store_crash::child", "--nocapture"]).env(DIR, dir);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap()
}

/// Takes what the child says until its pipe is closed.
fn acknowledged(lines: impl Iterator<Item = String>) -> (Vec<(u64, u64)>, Vec<String>) {
    let (mut acks, mut rest) = (Vec::new(), Vec::new());
    for line in lines.filter_map(|line| line.strip_prefix('#').map(str::to_owned)) {
        match line.split(' ').collect::<Vec<_>>().as_slice() {
            ["ack", writer, number] => acks.push((writer.parse().unwrap(), number.parse().unwrap())),
            _ => rest.push(line),
        }
    }
    (acks, rest)
}

fn check(dir: &Path, acks: &[(u64, u64)]) {
    let store = store::open(&options(dir)).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let found = runtime.block_on(read_back(store.as_ref()));
    for (writer, number) in acks {
        let kept = found.get(writer).is_some_and(|numbers| numbers.contains(number));
        assert!(kept, "writer {writer} was promised {number}");
    }
    for (writer, numbers) in found {
        // Each writer waits for its answer, so its numbers have no gap.
        assert_eq!(numbers.last().map_or(0, |last| last + 1), numbers.len() as u64, "writer {writer}");
    }
    runtime.block_on(store.close()).unwrap();
}

#[test]
fn nothing_acknowledged_is_lost_and_nothing_torn_by_kill_9() {
    if std::env::var_os(DIR).is_some() {
        return;
    }
    let kills: u64 = std::env::var("STORE_KILLS").ok().map_or(20, |text| text.parse().unwrap());
    let dir = tempfile::tempdir().unwrap();
    let mut acks = Vec::new();
    for kill in 0..kills {
        let mut child = start(dir.path(), None);
        let mut out = BufReader::new(child.stdout.take().unwrap());
        // Some kills hit the opening, the others the writing.
        let pause = Duration::from_millis(kill * 7919 % 53);
        if !kill.is_multiple_of(5) {
            let mut line = String::new();
            while !line.starts_with("#ack") {
                line.clear();
                assert!(out.read_line(&mut line).unwrap() > 0, "the child ended before its first commit");
            }
            acks.extend(acknowledged(std::iter::once(line.trim_end().to_owned())).0);
        }
        std::thread::sleep(pause);
        child.kill().unwrap();
        child.wait().unwrap();
        let mut text = String::new();
        out.read_to_string(&mut text).unwrap();
        acks.extend(acknowledged(text.lines().map(str::to_owned)).0);
        if kill % 4 == 3 || kill + 1 == kills {
            check(dir.path(), &acks);
        }
    }
    assert!(acks.len() as u64 >= kills * 5, "only {} commits were acknowledged", acks.len());
}

#[test]
fn a_disk_that_refuses_stops_the_store_loudly_and_keeps_what_was_acknowledged() {
    if std::env::var_os(DIR).is_some() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    // A limit on the size of files: writes beyond it fail like those on a full disk.
    let mut child = start(dir.path(), Some("trap '' XFSZ; ulimit -f 4096; exec \"$@\""));
    let out = BufReader::new(child.stdout.take().unwrap());
    let watchdog = Instant::now();
    let (acks, rest) = acknowledged(out.lines().map(Result::unwrap));
    child.wait().unwrap();
    assert!(!acks.is_empty() && watchdog.elapsed() < Duration::from_secs(60));
    assert_eq!(rest.iter().filter(|line| line.starts_with("failed ")).count() as u64, WRITERS, "{rest:?}");
    assert!(rest.contains(&"healthy false".to_owned()), "{rest:?}");
    check(dir.path(), &acks);
}
