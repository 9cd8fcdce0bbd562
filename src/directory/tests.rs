//! The directory on a store in memory: what turns of sagas leave behind, read back through its look-ups.
//!
//! Pure rules are tested beside them, in `index` and `granted`; numbers, positions and large groups in
//! `number_tests`.

use std::sync::Arc;

use serde_json::{Value, json};

use super::*;
use crate::directory::work::WorkReason;
use crate::model::ports::TurnRecords as _;
use crate::model::{
    Certainty, CommitToken, Effect, Failure, FailureState, Intent, Kind, Mark, Observed, ObservedGroup,
    Outcome, Report, Reservation, SagaOpened, StepId, Subject, Turn,
};
use crate::scim::kind::ResourceKind;
use crate::store::MemoryStore;
use crate::store::samples::{
    self, acknowledged, committed, granted, named, object, opened, put_group, put_user, refusal, subject,
    tenant,
};
use crate::{audit, directory::import::ImportState};

pub(super) struct Bench {
    pub(super) store: Arc<MemoryStore>,
    pub(super) directory: Directory,
}

impl Bench {
    pub(super) fn new() -> Self {
        let store = Arc::new(MemoryStore::new());
        Self { directory: Directory::new(tenant(), Arc::clone(&store) as Arc<dyn Store>), store }
    }

    pub(super) async fn commit(&self, batch: Batch) -> Result<CommitToken, StoreError> {
        self.store.commit(batch).await
    }

    async fn settle_with(&self, opened: &SagaOpened, turn: &Turn, report: &Report, now_ms: i64) {
        let batch = self.directory.compose(opened, turn, report, now_ms).await.unwrap();
        self.commit(batch).await.unwrap();
    }

    pub(super) async fn settle(&self, opened: &SagaOpened, turn: &Turn, now_ms: i64) {
        self.settle_with(opened, turn, &Report { settled: true, ..Report::default() }, now_ms).await;
    }

    pub(super) async fn user(&self, n: u32, id: &str) {
        let saga = put_user(n, None, json!({"userName": id}), None);
        self.settle(&saga, &committed(id), 1).await;
    }

    async fn get(&self, id: &str) -> Option<StoredUser> {
        self.directory.get_user(&UserId::new(id)).await.unwrap()
    }

    async fn named(&self, name: &str) -> Option<String> {
        self.directory.user_by(UserLookup::UserName(name)).await.unwrap().map(|user| user.id.to_string())
    }

    async fn affected(&self) -> Vec<(u64, Vec<String>)> {
        let parts = self.directory.recomputes(99).await.unwrap();
        let users = |users: Vec<UserId>| users.iter().map(UserId::to_string).collect();
        parts.into_iter().map(|(_, part)| (part.version, users(part.users))).collect()
    }

    /// Everything the store holds beside the audit trail.
    async fn rows(&self) -> usize {
        let mut rows = 0;
        for table in Table::ALL.into_iter().filter(|table| *table != Table::Audit) {
            rows += self.store.scan(table, b"", None, 9999).await.unwrap().len();
        }
        rows
    }
}

#[tokio::test]
async fn acknowledged_and_finished_of_one_saga_are_one_change() {
    let bench = Bench::new();
    let saga = put_user(1, None, json!({"userName": "Ada", "password": "x", "id": "y", "meta": {}}), None);
    bench.settle_with(&saga, &acknowledged("u1"), &Report::default(), 10).await;
    let user = bench.get("u1").await.unwrap();
    assert_eq!((user.version, user.created_ms, user.status.state), (1, 10, ProvisioningState::Pending));
    assert_eq!(user.document, object(json!({"userName": "Ada"})));
    bench.settle(&saga, &committed("u1"), 20).await;
    let user = bench.get("u1").await.unwrap();
    assert_eq!((user.version, user.modified_ms, user.status.state), (1, 10, ProvisioningState::Committed));

    let change = |n, name: &str| put_user(n, Some("u1"), json!({"userName": name}), Some(1));
    bench.settle(&change(2, "Ada"), &committed("u1"), 30).await;
    assert_eq!(bench.get("u1").await.unwrap().version, 1, "the same document is no change");
    bench.settle(&change(3, "Bea"), &acknowledged("u1"), 40).await;
    bench.settle(&change(3, "Bea"), &committed("u1"), 50).await;
    let user = bench.get("u1").await.unwrap();
    assert_eq!((user.version, user.created_ms, user.modified_ms), (2, 10, 40));
    assert_eq!((bench.named("bea").await, bench.named("ada").await), (Some("u1".to_owned()), None));
    assert_eq!(audit::verify(bench.store.as_ref(), &tenant()).await, Ok(5));
}

#[tokio::test]
async fn two_users_never_own_one_name_but_may_share_an_address() {
    let bench = Bench::new();
    let with = |n, name: &str| {
        put_user(n, None, json!({"userName": name, "externalId": "E", "emails": [{"value": "A@x"}]}), None)
    };
    bench.settle(&with(1, "ada"), &committed("u1"), 1).await;
    let second =
        bench.directory.compose(&with(2, "ADA"), &committed("u2"), &Report::default(), 1).await.unwrap();
    assert!(matches!(bench.commit(second).await, Err(StoreError::Conflict { table: Table::Index, .. })));
    bench.settle(&with(3, "bea"), &committed("u2"), 1).await;
    for lookup in [UserLookup::Email("a@x"), UserLookup::ExternalId("E")] {
        assert_eq!(bench.directory.users_by(lookup, 9).await.unwrap().len(), 2, "{lookup:?}");
        assert_eq!(bench.directory.user_by(lookup).await.unwrap().unwrap().id.as_str(), "u1");
    }
    assert_eq!(bench.directory.user_by(UserLookup::Email("b@x")).await.unwrap(), None);
    let names = [Reservation::UserName("ada".into()), Reservation::UserEmail("a@x".into())];
    let free = async |own| bench.directory.names_free(&names, own).await.unwrap();
    assert!(bench.commit(free(Some("u1")).await).await.is_ok());
    assert!(
        bench.commit(free(Some("u2")).await).await.is_err() && bench.commit(free(None).await).await.is_err()
    );
}

#[tokio::test]
async fn a_user_that_comes_back_continues_its_version() {
    let bench = Bench::new();
    bench.user(1, "u1").await;
    bench.settle(&put_user(2, Some("u1"), json!({"userName": "new"}), Some(1)), &committed("u1"), 2).await;
    bench.settle(&put_group(3, "G", None, &["u1"], &[], false), &committed("gg"), 3).await;
    let delete = opened(
        4,
        Subject::User(Some(UserId::new("u1"))),
        Intent::DeleteUser { version: 2, passed: [granted("queue/q1")].into() },
    );
    bench.settle(&delete, &acknowledged("u1"), 4).await;
    bench.settle(&delete, &committed("u1"), 5).await;
    assert_eq!((bench.get("u1").await, bench.named("new").await), (None, None));
    // What only a passed saga may have given is known to whoever brings the person back.
    let ours = bench.directory.ours(&UserId::new("u1")).await.unwrap();
    assert_eq!(ours.granted["queue/q1"].certainty, Certainty::Leaving);
    assert_eq!(bench.directory.tombstone(&UserId::new("u1")).await.unwrap(), Some(2));
    assert_eq!(bench.directory.member_count(&GroupId::new("g")).await.unwrap(), 0);
    let group = bench.directory.get_group(&GroupId::new("g")).await.unwrap().unwrap();
    assert_eq!((group.version, group.modified_ms), (2, 4), "another group for whoever asks with its tag");
    bench.user(5, "u1").await;
    assert_eq!(bench.get("u1").await.unwrap().version, 3);
    assert_eq!(bench.directory.groups_of(&UserId::new("u1")).await.unwrap(), []);
}

#[tokio::test]
async fn the_status_says_what_is_missing() {
    let failure = |what: &str, state: FailureState| Failure {
        what: what.to_owned(),
        reason: None,
        why: String::new(),
        code: "c".to_owned(),
        correlation_id: None,
        state,
    };
    let done = |failures| Turn::Finished(Outcome::Committed { bound: "u1".to_owned(), failures });
    let failed = Report { settled: true, failed: vec![(StepId(0), refusal())], ..Report::default() };
    let settled = Report { settled: true, ..Report::default() };
    let held = || vec![failure("queue x", FailureState::Held)];
    let kept = || vec![failure("telephone number 1", FailureState::Kept)];
    use ProvisioningState::{Committed, Failed, Held, Pending};
    let table = [
        (done(vec![]), settled.clone(), vec![], Committed, 0),
        (done(vec![]), settled.clone(), held(), Held, 1),
        (done(vec![failure("queue y", FailureState::Failed)]), settled.clone(), held(), Failed, 2),
        (done(held()), settled.clone(), held(), Held, 1),
        // What Genesys has no place for is told and is no trouble.
        (done(vec![]), settled.clone(), kept(), Committed, 1),
        (done(held()), settled.clone(), kept(), Held, 2),
        (done(vec![]), failed.clone(), vec![], Failed, 1),
        (acknowledged("u1"), settled, vec![], Committed, 0),
        (acknowledged("u1"), Report { settled: false, ..failed }, held(), Pending, 2),
    ];
    for (turn, report, held, state, listed) in table {
        let bench = Bench::new();
        let mut saga = put_user(1, None, json!({"userName": "a"}), None);
        saga.plan = samples::plan(vec![Effect::Join { kind: Kind::Queue, of: named("q") }]);
        if let Intent::PutUser { held: list, granted: set, .. } = &mut saga.intent {
            *list = held;
            set.extend([granted("queue/q")]);
        }
        bench.settle_with(&saga, &turn, &report, 7).await;
        let status = bench.get("u1").await.unwrap().status;
        assert_eq!((status.state, status.failures.len(), status.updated_ms), (state, listed, 7), "{turn:?}");
        assert!(
            bench.directory.ours(&UserId::new("u1")).await.unwrap().granted.is_empty(),
            "the step is not done"
        );
    }
}

#[tokio::test]
async fn turns_that_nobody_sees_write_only_the_audit_trail() {
    let id = samples::saga_id(9);
    let turns = [
        (Turn::Undoing { refusal: refusal(), step: None }, 0),
        (Turn::Stuck { step: StepId(0), refusal: refusal() }, 1),
        (Turn::Finished(Outcome::RolledBack { refusal: refusal(), step: None }), 1),
        // A stuck saga that is handed over was never visible.
        (Turn::HandedOver { to: id }, 1),
    ];
    let group = put_group(1, "G", None, &[], &[], false);
    for saga in
        [put_user(1, Some("u1"), json!({"userName": "a"}), None), put_user(1, None, json!({}), None), group]
    {
        for (turn, records) in &turns {
            let bench = Bench::new();
            bench.settle(&saga, turn, 1).await;
            assert_eq!(
                (bench.rows().await, audit::verify(bench.store.as_ref(), &tenant()).await),
                (0, Ok(*records)),
                "{turn:?}"
            );
        }
    }
    let bench = Bench::new();
    let visible = put_user(1, None, json!({"userName": "a"}), None);
    bench.settle(&visible, &acknowledged("u1"), 1).await;
    let report = Report { bound: Some("u1".to_owned()), ..Report::default() };
    bench.settle_with(&visible, &Turn::HandedOver { to: id }, &report, 2).await;
    assert_eq!(bench.get("u1").await.unwrap().status.state, ProvisioningState::Pending);
}

#[tokio::test]
async fn what_a_refused_change_had_taken_over_is_work_as_long_as_nobody_else_has_it() {
    let refused = Turn::Finished(Outcome::RolledBack { refusal: refusal(), step: None });
    for (first, is_work) in [(acknowledged("u1"), true), (committed("u1"), false)] {
        let bench = Bench::new();
        let (visible, next) =
            (put_user(1, None, json!({}), None), put_user(2, Some("u1"), json!({}), Some(1)));
        let report = Report { settled: !is_work, bound: Some("u1".to_owned()), ..Report::default() };
        bench.settle_with(&visible, &first, &report, 1).await;
        if is_work {
            bench.settle_with(&visible, &Turn::HandedOver { to: next.id }, &report, 2).await;
        }
        bench.settle(&next, &refused, 3).await;
        let work = bench.directory.work(&UserId::new("u1")).await.unwrap();
        let reasons: Vec<_> = work.iter().flat_map(|work| work.reasons.keys()).collect();
        assert_eq!(reasons, if is_work { vec![&WorkReason::StepFailed] } else { vec![] });
    }
}

/// Name, add, remove, replace; version, members, computed again.
type GroupRow<'a> = (&'a str, &'a [&'a str], &'a [&'a str], bool, u64, &'a str, &'a str);

#[tokio::test]
async fn members_join_leave_and_are_replaced() {
    let bench = Bench::new();
    for (n, id) in [(1, "u1"), (2, "u2"), (3, "u3")] {
        bench.user(n, id).await;
    }
    let g = GroupId::new("g");
    // What is asked, then the version, the members and who is computed again.
    let table: [GroupRow; 7] = [
        ("A", &["u1", "u2", "nobody"], &[], false, 1, "u1 u2", "u1 u2"),
        ("A", &["u1"], &["u3"], false, 1, "u1 u2", ""),
        ("A", &["u3"], &["u1"], false, 2, "u2 u3", "u1 u3"),
        ("A", &["u1", "u2"], &[], true, 3, "u1 u2", "u1 u3"),
        ("B", &[], &[], false, 4, "u1 u2", "u1 u2"),
        ("B", &[], &[], true, 5, "", "u1 u2"),
        ("B", &["u3"], &["u3"], false, 6, "u3", "u3"),
    ];
    for (n, (name, add, remove, replace, version, members, affected)) in (10..).zip(table) {
        for (key, _) in bench.directory.recomputes(99).await.unwrap() {
            bench.commit(bench.directory.recompute_done(&key)).await.unwrap();
        }
        let before = bench.directory.get_group(&g).await.unwrap().map(|group| group.version);
        let saga = put_group(n, name, before, add, remove, replace);
        bench.settle(&saga, &acknowledged("gg"), 1).await;
        bench.settle(&saga, &committed("gg"), 2).await;
        let group = bench.directory.get_group(&g).await.unwrap().unwrap();
        let found = bench.directory.members(&g, None, 9).await.unwrap();
        let found = found.iter().map(UserId::as_str).collect::<Vec<_>>().join(" ");
        assert_eq!(
            (group.version, found.as_str(), group.genesys.as_deref()),
            (version, members, Some("gg")),
            "{n}"
        );
        let again =
            bench.affected().await.iter().map(|(_, users)| users.join(" ")).collect::<Vec<_>>().join(" ");
        assert_eq!(again, affected, "{n}");
    }
    assert_eq!(bench.directory.groups_of(&UserId::new("u3")).await.unwrap(), [(g.clone(), "B".to_owned())]);
    assert_eq!(bench.directory.group_by_name("b").await.unwrap().unwrap().id, g);
    assert_eq!(bench.directory.group_by_genesys("gg").await.unwrap().unwrap().id, g);
    let delete =
        opened(50, Subject::Group { id: g.clone(), genesys: None }, Intent::DeleteGroup { version: 6 });
    bench.settle(&delete, &acknowledged("gg"), 1).await;
    bench.settle(&delete, &committed("gg"), 1).await;
    assert_eq!(bench.affected().await.last(), Some(&(7, vec!["u3".to_owned()])));
    assert_eq!(bench.directory.groups_of(&UserId::new("u3")).await.unwrap(), []);
    assert_eq!(
        (bench.directory.group_by_name("b").await.unwrap(), bench.directory.get_group(&g).await.unwrap()),
        (None, None)
    );
}

#[tokio::test]
async fn many_members_are_recomputed_in_parts_and_listed_in_pages() {
    let bench = Bench::new();
    let ids: Vec<String> = (0..250).map(|n| format!("u{n:03}")).collect();
    for (n, id) in (1..).zip(&ids) {
        bench.user(n, id).await;
    }
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    bench.settle(&put_group(900, "G", None, &ids, &[], false), &committed("gg"), 1).await;
    let sizes: Vec<usize> = bench.affected().await.iter().map(|(_, users)| users.len()).collect();
    assert_eq!(sizes, [100, 100, 50]);
    let page = bench.directory.members(&GroupId::new("g"), Some(&UserId::new("u098")), 2).await.unwrap();
    assert_eq!(page, [UserId::new("u099"), UserId::new("u100")]);
    let (page, more) = bench.directory.views(ResourceKind::User, Some("u247"), 9, usize::MAX).await.unwrap();
    assert!(!more);
    assert_eq!(page.iter().map(|user| user.id.as_str()).collect::<Vec<_>>(), ["u248", "u249"]);
    assert_eq!(bench.directory.counts().await.unwrap(), Counts { users: 250, groups: 1 });
    let (first, more) = bench.directory.views(ResourceKind::User, None, 9, 0).await.unwrap();
    assert_eq!((first.len(), more), (1, true), "one is read, however large it is");
    assert_eq!(bench.directory.views(ResourceKind::Group, None, 9, 0).await.unwrap().0.len(), 1);
}

pub(super) fn observed(id: &str, document: Value) -> Observed {
    Observed { id: Some(UserId::new(id)), document: object(document), ..Observed::default() }
}

#[tokio::test]
async fn an_import_finds_new_users_updates_unmanaged_ones_and_leaves_the_others() {
    let bench = Bench::new();
    let import = async |id: &str, name: &str| {
        bench
            .directory
            .batch_import_user(&observed(id, json!({"userName": name})), subject(7), 5)
            .await
            .unwrap()
    };
    bench.commit(import("u1", "ada").await).await.unwrap();
    let user = bench.get("u1").await.unwrap();
    assert!(!user.managed && user.version == 1 && user.subject == subject(7));
    assert!(import("u1", "ada").await.is_empty(), "nothing changed");
    bench.commit(import("u1", "bea").await).await.unwrap();
    assert_eq!((bench.named("ada").await, bench.get("u1").await.unwrap().version), (None, 2));

    let stale = import("u1", "cleo").await;
    bench.settle(&put_user(8, Some("u1"), json!({"userName": "bea"}), Some(2)), &committed("u1"), 9).await;
    assert!(bench.commit(stale).await.is_err(), "the import saw it before it was adopted");
    let user = bench.get("u1").await.unwrap();
    assert!(user.managed && user.version == 3, "adoption is a change");
    assert!(import("u1", "dora").await.is_empty());

    let mark = Mark::of(&tenant(), subject(3));
    let mut ours = observed("u2", json!({"userName": "eve"}));
    ours.external_ids = vec![("other".to_owned(), subject(4).to_string()), (mark.authority, mark.value)];
    bench.commit(bench.directory.batch_import_user(&ours, subject(7), 5).await.unwrap()).await.unwrap();
    assert_eq!(bench.get("u2").await.unwrap().subject, subject(3));
}

#[tokio::test]
async fn an_imported_group_keeps_its_id_and_the_members_that_are_known() {
    let bench = Bench::new();
    bench.user(1, "u1").await;
    let group = |members: &[&str]| ObservedGroup {
        id: "gg".to_owned(),
        name: "Sales".to_owned(),
        members: Some(members.iter().map(|id| UserId::new(*id)).collect()),
        document: json!({"id": "gg", "members": []}),
    };
    let import = async |members: &[&str], id: &str| {
        bench.directory.batch_import_group(&group(members), (GroupId::new(id), subject(5)), 3).await.unwrap()
    };
    bench.commit(import(&["u1", "nobody"], "first").await).await.unwrap();
    let found = bench.directory.group_by_name("sales").await.unwrap().unwrap();
    assert_eq!((found.id.as_str(), found.managed, found.version), ("first", false, 1));
    assert!(bench.directory.is_member(&found.id, &UserId::new("u1")).await.unwrap());
    assert!(import(&["u1"], "second").await.is_empty());
    bench.commit(import(&[], "third").await).await.unwrap();
    let found = bench.directory.group_by_genesys("gg").await.unwrap().unwrap();
    assert_eq!((found.id.as_str(), found.version), ("first", 2));
    assert_eq!(bench.directory.member_count(&found.id).await.unwrap(), 0);

    assert_eq!(bench.directory.import_state().await.unwrap(), None);
    let state = ImportState { finished_ms: 1, users: 2, groups: 3 };
    bench.commit(bench.directory.batch_import_done(state).unwrap()).await.unwrap();
    assert_eq!(bench.directory.import_state().await.unwrap(), Some(state));
}
