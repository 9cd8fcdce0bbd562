//! The journal on a store in memory.
//!
//! Which turn may follow which is tested in `transitions`; surviving a kill in
//! `tests/processes/store_crash.rs`.

use super::*;
use crate::model::{Outcome, StepId};
use crate::store::MemoryStore;
use crate::store::samples::{acknowledged, committed, put_user, refusal, saga_id, tenant};

async fn journal(store: &Arc<MemoryStore>) -> StoreJournal {
    StoreJournal::new(tenant(), Arc::clone(store) as Arc<dyn Store>).await.unwrap()
}

fn saga(n: u32, names: &[&str]) -> SagaOpened {
    let mut saga = put_user(n, None, serde_json::json!({"userName": "a"}), None);
    saga.names = names.iter().map(|name| named(name)).collect();
    saga
}

fn named(name: &str) -> Reservation {
    Reservation::UserName(name.to_owned())
}

fn rolled_back() -> Turn {
    Turn::Finished(Outcome::RolledBack { refusal: refusal(), step: None })
}

fn ids(sagas: &[SagaState]) -> Vec<SagaId> {
    sagas.iter().map(|saga| saga.opened.id).collect()
}

#[tokio::test]
async fn a_saga_comes_back_with_its_turns_after_a_restart() {
    let store = Arc::new(MemoryStore::new());
    let before = journal(&store).await;
    let (one, two) = (saga(1, &["a"]), saga(2, &["b"]));
    before.open(&one, Batch::new()).await.unwrap();
    before.open(&two, Batch::new()).await.unwrap();
    let undoing = Turn::Undoing { refusal: refusal(), step: Some(StepId(3)) };
    let stuck = Turn::Stuck { step: StepId(1), refusal: refusal() };
    for turn in [&undoing, &stuck, &undoing] {
        before.turn(one.id, turn, Batch::new()).await.unwrap();
    }
    let after = journal(&Arc::new(store.copy())).await;
    let state = after.load(one.id).await.unwrap().unwrap();
    assert_eq!(state, SagaState { opened: one.clone(), turns: vec![undoing.clone(), stuck, undoing] });
    assert_eq!(ids(&after.open_sagas().await.unwrap()), [one.id, two.id]);
    after.turn(one.id, &rolled_back(), Batch::new()).await.unwrap();
    assert_eq!(ids(&after.open_sagas().await.unwrap()), [two.id]);
    assert_eq!(ids(&after.finished(9).await.unwrap()), [one.id]);
    assert_eq!(after.load(saga_id(77)).await.unwrap(), None);
}

#[tokio::test]
async fn a_name_is_reserved_until_the_saga_ends() {
    let journal = journal(&Arc::new(MemoryStore::new())).await;
    journal.open(&saga(1, &["a", "b"]), Batch::new()).await.unwrap();
    let refused = journal.open(&saga(2, &["b"]), Batch::new()).await;
    assert!(matches!(refused, Err(StoreError::Conflict { table: Table::Index, .. })), "{refused:?}");
    assert_eq!(journal.load(saga_id(2)).await.unwrap(), None);
    assert_eq!(journal.reserved_by(&named("b")).await.unwrap(), Some(saga_id(1)));
    journal.turn(saga_id(1), &acknowledged("u"), Batch::new()).await.unwrap();
    assert_eq!(journal.reserved_by(&named("a")).await.unwrap(), Some(saga_id(1)));
    journal.turn(saga_id(1), &committed("u"), Batch::new()).await.unwrap();
    assert_eq!(journal.reserved_by(&named("a")).await.unwrap(), None);
    journal.open(&saga(2, &["b"]), Batch::new()).await.unwrap();
}

#[tokio::test]
async fn an_illegal_turn_and_a_second_opening_are_refused_and_write_nothing() {
    let store = Arc::new(MemoryStore::new());
    let journal = journal(&store).await;
    journal.open(&saga(1, &[]), Batch::new()).await.unwrap();
    journal.turn(saga_id(1), &acknowledged("u"), Batch::new()).await.unwrap();
    let commits = store.commits();
    let mut with = Batch::new();
    with.put(Table::Users, "t/x", "1");
    assert!(journal.turn(saga_id(1), &rolled_back(), with.clone()).await.is_err());
    assert!(journal.turn(saga_id(2), &rolled_back(), with.clone()).await.is_err());
    assert!(journal.open(&saga(1, &[]), with.clone()).await.is_err());
    assert!(journal.open(&SagaOpened { tenant: TenantId::new("else"), ..saga(3, &[]) }, with).await.is_err());
    assert_eq!((store.commits(), store.get(Table::Users, b"t/x").await.unwrap()), (commits, None));
}

#[tokio::test]
async fn a_failed_commit_leaves_the_saga_as_it_was() {
    let store = Arc::new(MemoryStore::new());
    let journal = journal(&store).await;
    journal.open(&saga(1, &["a"]), Batch::new()).await.unwrap();
    store.fail_commit(1);
    assert!(journal.turn(saga_id(1), &committed("u"), Batch::new()).await.is_err());
    assert_eq!(ids(&journal.open_sagas().await.unwrap()), [saga_id(1)]);
    journal.turn(saga_id(1), &committed("u"), Batch::new()).await.unwrap();
    assert_eq!(ids(&journal.finished(9).await.unwrap()), [saga_id(1)]);
}

#[tokio::test]
async fn a_hand_over_is_one_commit_and_keeps_shared_names() {
    let store = Arc::new(MemoryStore::new());
    let journal = journal(&store).await;
    journal.open(&saga(1, &["a", "old"]), Batch::new()).await.unwrap();
    journal.turn(saga_id(1), &acknowledged("u"), Batch::new()).await.unwrap();
    let commits = store.commits();
    let mut with = Batch::new();
    with.put(Table::Users, "t/x", "1");
    journal.hand_over(saga_id(1), &saga(2, &["a", "new"]), with).await.unwrap();
    assert_eq!(store.commits(), commits + 1);
    assert!(store.get(Table::Users, b"t/x").await.unwrap().is_some());
    for (name, holder) in [("a", Some(saga_id(2))), ("old", None), ("new", Some(saga_id(2)))] {
        assert_eq!(journal.reserved_by(&named(name)).await.unwrap(), holder, "{name}");
    }
    assert_eq!(ids(&journal.open_sagas().await.unwrap()), [saga_id(2)]);
    assert!(journal.load(saga_id(1)).await.unwrap().unwrap().is_finished());

    journal.open(&saga(3, &["c"]), Batch::new()).await.unwrap();
    let taken = journal.hand_over(saga_id(2), &saga(4, &["c"]), Batch::new()).await;
    assert!(taken.is_err(), "a name of a third saga is not inherited");
}

#[tokio::test]
async fn only_the_newest_finished_sagas_are_kept() {
    let store = Arc::new(MemoryStore::new());
    let first = journal(&store).await;
    for n in 1..=12 {
        first.open(&saga(n, &[]), Batch::new()).await.unwrap();
        first.turn(saga_id(n), &committed("u"), Batch::new()).await.unwrap();
    }
    assert_eq!(ids(&first.finished(2).await.unwrap()), [saga_id(12), saga_id(11)]);
    // As if many more had ended since.
    let later = journal(&store).await;
    later.next_done.store(FINISHED_KEPT + 5, Ordering::Relaxed);
    for n in 20..=23 {
        later.open(&saga(n, &[]), Batch::new()).await.unwrap();
        later.turn(saga_id(n), &committed("u"), Batch::new()).await.unwrap();
    }
    // Numbers 0 to 8 (sagas 1 to 9) are now older than the ten thousand newest.
    let kept = [23, 22, 21, 20, 12, 11, 10].map(saga_id);
    assert_eq!(ids(&later.finished(99).await.unwrap()), kept);
    assert_eq!(
        (
            later.load(saga_id(9)).await.unwrap(),
            store.scan(Table::Journal, b"", None, 999).await.unwrap().len()
        ),
        (None, 21)
    );
    let restarted = journal(&store).await;
    assert_eq!(restarted.next_done.load(Ordering::Relaxed), FINISHED_KEPT + 9);
}

#[tokio::test]
async fn finished_sagas_go_when_they_are_too_old_and_open_ones_never() {
    let journal = journal(&Arc::new(MemoryStore::new())).await;
    for n in 1..=6 {
        let opened = SagaOpened { opened_ms: i64::from(n) * 100, ..saga(n, &[]) };
        journal.open(&opened, Batch::new()).await.unwrap();
        if n != 2 {
            journal.turn(saga_id(n), &committed("u"), Batch::new()).await.unwrap();
        }
    }
    assert_eq!(journal.trim_before(100).await, Ok(0));
    assert_eq!(journal.trim_before(401).await, Ok(3));
    assert_eq!(ids(&journal.finished(10).await.unwrap()), [saga_id(6), saga_id(5)]);
    assert_eq!(journal.load(saga_id(1)).await, Ok(None));
    assert_eq!(ids(&journal.open_sagas().await.unwrap()), [saga_id(2)]);
}
