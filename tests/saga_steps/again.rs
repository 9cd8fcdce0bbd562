//! What a crash leaves: a saga whose every step may have run already goes forward once more, or back.
//!
//! The saga of a clean run is taken out of its journal and found open in another, as after a crash just
//! before its end.

use std::sync::Arc;
use std::time::Duration;

use genesys_cloud_emulator::Quirks;
use genesys_scim_bridge::testing::app::system::SystemClock;
use genesys_scim_bridge::testing::directory::Directory;
use genesys_scim_bridge::testing::model::ports::{Journal, Store, refused_here};
use genesys_scim_bridge::testing::model::{Batch, Outcome, RefusalKind, SagaOpened, Turn};
use genesys_scim_bridge::testing::saga::{Runner, RunnerPorts};
use genesys_scim_bridge::testing::store::{MemoryStore, StoreJournal};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use crate::bare::BareBridge;
use crate::scenarios::{SCENARIOS, prepare};
use crate::{difference, has_pivot, normalised};

/// Runs the saga again as one that was found open with these turns.
async fn recovered(house: &BareBridge, opened: &SagaOpened, turns: &[Turn]) -> Outcome {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let journal: Arc<dyn Journal> =
        Arc::new(StoreJournal::new(opened.tenant.clone(), Arc::clone(&store)).await.unwrap());
    journal.open(opened, Batch::new()).await.unwrap();
    for turn in turns {
        journal.turn(opened.id, turn, Batch::new()).await.unwrap();
    }
    let ports = RunnerPorts {
        journal,
        upstream: Arc::clone(&house.upstream),
        directory: Arc::new(Directory::new(opened.tenant.clone(), store)),
        clock: Arc::new(SystemClock::new()),
        give_up_after: Duration::from_secs(24 * 3600),
        arrives_within: Duration::from_secs(15),
    };
    let runner = Runner::new(ports, tokio::runtime::Handle::current(), CancellationToken::new());
    let handle = runner.start(opened.clone(), Some(turns), None);
    let progress = tokio::time::timeout(Duration::from_secs(60), handle.over()).await.unwrap();
    let (outcome, _) = progress.ended.unwrap_or_else(|| panic!("it did not end: {:?}", progress.stuck));
    outcome
}

async fn run(name: &str, quirks: &Quirks, turns: &[Turn]) -> (Value, Value, Value, Outcome) {
    let house = BareBridge::new(quirks.clone()).await;
    let change = prepare(&house, name).await;
    let before = house.organisation().await;
    house.submit(change).await.unwrap_or_else(|error| panic!("{name}: {}", error.detail));
    let once = house.organisation().await;
    let opened = house.bridge.finished_sagas(1).await.unwrap().remove(0).opened;
    let outcome = recovered(&house, &opened, turns).await;
    let after = house.organisation().await;
    (before, once, after, outcome)
}

async fn under(quirks: Vec<(&'static str, Quirks)>) {
    let refusal = refused_here(RefusalKind::Other, "test", "the crash came while it was being undone");
    let undoing = Turn::Undoing { refusal, step: None };
    for (quirk, quirks) in quirks {
        for name in SCENARIOS {
            let (_, once, twice, outcome) = run(name, &quirks, &[]).await;
            assert!(
                matches!(&outcome, Outcome::Committed { failures, .. } if failures.is_empty()),
                "{name} / {quirk}: {outcome:?}"
            );
            assert_eq!(
                normalised(&once),
                normalised(&twice),
                "{name} / {quirk}: twice is not once\n{}",
                difference(&once, &twice)
            );
            if has_pivot(name) {
                continue;
            }
            let (before, _, back, outcome) = run(name, &quirks, std::slice::from_ref(&undoing)).await;
            assert!(matches!(outcome, Outcome::RolledBack { .. }), "{name} / {quirk}: {outcome:?}");
            assert_eq!(
                normalised(&before),
                normalised(&back),
                "{name} / {quirk}: not back\n{}",
                difference(&before, &back)
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_saga_that_ran_before_the_crash_runs_again_without_a_change_or_goes_back_whole() {
    under(vec![("default", Quirks::default())]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn so_it_does_under_every_value_of_the_quirk_switches() {
    under(Quirks::table().into_iter().filter(|(name, _)| *name != "default").collect()).await;
}
