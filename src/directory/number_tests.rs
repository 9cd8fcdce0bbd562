//! Many of them: how resources are counted and found by position, and a group as large as one request may
//! make it.
//!
//! What turns of sagas leave behind is tested in `tests`.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use super::tests::{Bench, observed};
use super::*;
use crate::limits;
use crate::model::ports::TurnRecords as _;
use crate::model::{Intent, ObservedGroup, Report, Subject};
use crate::scim::kind::ResourceKind;
use crate::store::samples::{committed, opened, put_group, subject, tenant};

#[tokio::test]
async fn a_group_of_twenty_thousand_is_replaced_in_one_commit_on_disk() {
    let dir = tempfile::tempdir().unwrap();
    let store = crate::store::open(&crate::store::OpenOptions::new(dir.path())).unwrap();
    let directory = Directory::new(tenant(), Arc::clone(&store));
    let ids: Vec<String> = (0..40_000).map(|n| format!("{n:08}-aaaa-bbbb-cccc-dddddddddddd")).collect();
    for some in ids.chunks(10_000) {
        let mut batch = Batch::new();
        for id in some {
            batch.append(
                directory
                    .batch_import_user(&observed(id, json!({"userName": id})), subject(1), 1)
                    .await
                    .unwrap(),
            );
        }
        store.commit(batch).await.unwrap();
    }
    let (first, second) = ids.split_at(limits::MEMBERS_PER_REQUEST);
    for (n, members) in (1..).zip([first, second]) {
        let members: Vec<&str> = members.iter().map(String::as_str).collect();
        let saga = put_group(n, "G", Some(u64::from(n) - 1), &members, &[], true);
        let batch = directory.compose(&saga, &committed("gg"), &Report::default(), 1).await.unwrap();
        store.commit(batch).await.unwrap();
        assert_eq!(directory.member_count(&GroupId::new("g")).await.unwrap(), limits::MEMBERS_PER_REQUEST);
    }
    assert!(!directory.is_member(&GroupId::new("g"), &UserId::new(&ids[0])).await.unwrap());
    assert_eq!(directory.recomputes(9999).await.unwrap().len(), 200 + 400);
}

/// More than fit into what one commit held once; `GROUP_MEMBERS` sets another number.
const HUGE: usize = 60_000;

#[tokio::test]
async fn a_huge_group_is_imported_changed_and_deleted_on_disk() {
    let number = std::env::var("GROUP_MEMBERS").ok().map_or(HUGE, |text| text.parse().unwrap());
    let dir = tempfile::tempdir().unwrap();
    let store = crate::store::open(&crate::store::OpenOptions::new(dir.path())).unwrap();
    let directory = Directory::new(tenant(), Arc::clone(&store));
    let ids: Vec<String> = (0..number).map(|n| format!("{n:08}-aaaa-bbbb-cccc-dddddddddddd")).collect();
    for some in ids.chunks(10_000) {
        let mut batch = Batch::new();
        for id in some {
            let user = observed(id, json!({ "userName": id }));
            batch.append(directory.batch_import_user(&user, subject(1), 1).await.unwrap());
        }
        store.commit(batch).await.unwrap();
    }
    let group = ObservedGroup {
        id: "gg".to_owned(),
        name: "G".to_owned(),
        members: Some(ids.iter().map(UserId::new).collect()),
        document: json!({ "displayName": "G" }),
    };
    let id = GroupId::new("g");
    let timed = async |what: &str, batch: Batch| {
        let began = std::time::Instant::now();
        store.commit(batch).await.unwrap();
        println!("{what}: committed in {:?}", began.elapsed());
    };
    let batch = directory.batch_import_group(&group, (id.clone(), subject(1)), 1).await.unwrap();
    timed("import", batch).await;
    assert_eq!(directory.member_count(&id).await.unwrap(), number);
    let saga = put_group(1, "G", Some(1), &[], &[&ids[0]], false);
    let batch = directory.compose(&saga, &committed("gg"), &Report::default(), 2).await.unwrap();
    timed("one member", batch).await;
    assert_eq!(directory.member_count(&id).await.unwrap(), number - 1);
    let subject = Subject::Group { id: id.clone(), genesys: Some("gg".to_owned()) };
    let saga = opened(2, subject, Intent::DeleteGroup { version: 2 });
    let batch = directory.compose(&saga, &committed("gg"), &Report::default(), 3).await.unwrap();
    timed("delete", batch).await;
    let last = UserId::new(&ids[number - 1]);
    assert_eq!(directory.groups_of(&last).await.unwrap(), [], "nobody sees it any more");
    let began = std::time::Instant::now();
    let (mut parts, mut longest, mut out) = (0, Duration::ZERO, 0);
    while let Some(part) = directory.gone_part(1).await.unwrap() {
        let began = std::time::Instant::now();
        store.commit(part.batch).await.unwrap();
        (parts, longest, out) = (parts + 1, longest.max(began.elapsed()), out + part.users.len());
    }
    println!("members: out in {parts} commits, {:?}, the longest {longest:?}", began.elapsed());
    assert_eq!(out, number - 1);
    assert_eq!(directory.member_count(&id).await.unwrap(), 0);
    assert!(directory.groupless(&UserId::new(&ids[0]), &last).await.unwrap());
}

#[tokio::test]
async fn who_is_removed_while_a_group_takes_them_in_is_no_member_of_it_for_long() {
    let bench = Bench::new();
    bench.user(1, "u1").await;
    let group = GroupId::new("g");
    bench.settle(&put_group(2, "G", None, &[], &[], false), &committed("gg"), 1).await;
    let subject = Subject::User(Some(UserId::new("u1")));
    let gone = opened(3, subject, Intent::DeleteUser { version: 1, passed: Default::default() });
    let removal = bench.directory.compose(&gone, &committed("u1"), &Report::default(), 2).await.unwrap();
    bench.settle(&put_group(4, "G", Some(1), &["u1"], &[], false), &committed("gg"), 2).await;
    bench.store.commit(removal).await.unwrap();
    let version = async || bench.directory.get_group(&group).await.unwrap().unwrap().version;
    let before = version().await;
    assert!(
        bench.directory.is_member(&group, &UserId::new("u1")).await.unwrap(),
        "by two commits that cross"
    );
    while !bench.directory.recomputes(9).await.unwrap().is_empty() {
        let (key, _) = bench.directory.recomputes(1).await.unwrap().pop().unwrap();
        bench.store.commit(bench.directory.recompute_done(&key)).await.unwrap();
    }
    let part = bench.directory.gone_part(3).await.unwrap().unwrap();
    bench.store.commit(part.batch).await.unwrap();
    assert!(!bench.directory.is_member(&group, &UserId::new("u1")).await.unwrap());
    assert!(version().await > before, "who asks with its tag sees it");
    assert!(bench.directory.gone_part(4).await.unwrap().is_none());
}

#[tokio::test]
async fn resources_are_counted_as_they_come_and_go_and_once_where_they_never_were() {
    let bench = Bench::new();
    let generation = async || bench.directory.generation(ResourceKind::User).await.unwrap();
    for (n, id) in [(1, "u1"), (2, "u2"), (3, "u3")] {
        bench.user(n, id).await;
    }
    let three = generation().await;
    bench.user(1, "u1").await;
    assert_eq!(
        (bench.directory.counts().await.unwrap().users, generation().await),
        (3, three),
        "a change counts nothing"
    );
    let gone = opened(
        9,
        Subject::User(Some(UserId::new("u2"))),
        Intent::DeleteUser { version: 1, passed: Default::default() },
    );
    bench.settle(&gone, &committed("u2"), 2).await;
    assert_eq!(bench.directory.counts().await.unwrap().users, 2);
    assert_ne!(generation().await, three);
    assert!(bench.directory.batch_first_counts().await.unwrap().is_empty());

    let mut forget = Batch::new();
    for (key, _) in bench.store.scan(Table::Meta, b"", None, 99).await.unwrap() {
        forget.delete(Table::Meta, key);
    }
    bench.commit(forget).await.unwrap();
    bench.commit(bench.directory.batch_first_counts().await.unwrap()).await.unwrap();
    assert_eq!(bench.directory.counts().await.unwrap().users, 2);
    assert_eq!(bench.directory.nth_id(ResourceKind::User, None, 2).await.unwrap().as_deref(), Some("u3"));
    assert_eq!(bench.directory.nth_id(ResourceKind::User, Some("u1"), 2).await.unwrap(), None);
}

#[tokio::test]
async fn one_look_tells_whether_any_of_a_page_of_users_is_in_a_group() {
    let bench = Bench::new();
    for (n, id) in [(1, "u1"), (2, "u3"), (3, "u5")] {
        bench.user(n, id).await;
    }
    bench.settle(&put_group(900, "G", None, &["u3"], &[], false), &committed("gg"), 1).await;
    for (first, last, wanted) in [
        ("u1", "u2", true),
        ("u1", "u3", false),
        ("u3", "u5", false),
        ("u2", "u4", false),
        ("u4", "u9", true),
    ] {
        let groupless = bench.directory.groupless(&UserId::new(first), &UserId::new(last)).await.unwrap();
        assert_eq!(groupless, wanted, "{first} to {last}");
    }
}
