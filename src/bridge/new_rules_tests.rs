//! Walks over a small directory in memory; and over a hundred thousand people on the disk, to measure it:
//! `cargo test --release --lib -- --ignored --nocapture a_hundred_thousand`. `NEW_RULES_DIR` names a directory that is
//! kept: the second run in it shows what memory a process takes that has not made it.

use std::collections::BTreeSet;
use std::time::Instant;

use super::*;
use crate::config::{rules_as_json, rules_of_json};
use crate::directory::crowd_tests::{Somebody, fill, id};
use crate::model::ports::Store;
use crate::model::{Batch, Certainty, Granted, Named, Reason, Setting, Target};
use crate::model::{Entitlement, GrantedSet, Kind};
use crate::store::samples::{object, tenant};
use crate::store::{MemoryStore, OpenOptions, open};

fn rules(text: &str) -> RuleSet {
    RuleSet::compile(&rules_of_json(&rules_as_json(text)).unwrap()).unwrap()
}

/// By that rule, queues of these names.
fn queues(rule: &str, names: &[String]) -> GrantedSet {
    let queue = |name: &String| {
        let of = Named { id: format!("id-of-{name}"), name: name.clone() };
        let target = Target::Member { kind: Kind::Queue, of };
        let granted = Granted {
            entitlement: Entitlement { target: target.clone(), setting: Setting::Held },
            reason: Reason::Rule(rule.to_owned()),
            before: None,
            certainty: Certainty::Given,
        };
        (target.key(), granted)
    };
    names.iter().map(queue).collect()
}

async fn walked(mut walk: Walk) -> (Vec<Line>, Value) {
    let mut lines = Vec::new();
    while let Some(page) = walk.next().await.unwrap() {
        lines.extend(page);
    }
    (lines, walk.told())
}

const BY_GROUP: &str =
    "[[rule]]\nname = \"desk\"\nwhen = 'groups.display eq \"group-1\"'\nqueues = [\"VIP\"]\n";

#[tokio::test]
async fn everybody_who_is_managed_is_looked_at_with_their_groups_and_nobody_else() {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let directory = Arc::new(Directory::new(tenant(), Arc::clone(&store)));
    // More than two pages. Every third is in the group, every fifth is not managed, one is protected, one has no
    // address.
    let somebody = |n: u32| {
        let name = if n == 4 { "nobody".to_owned() } else { format!("u{n}@aurora.example") };
        Somebody {
            document: object(json!({ "userName": name, "active": true })),
            managed: !n.is_multiple_of(5),
            groups: vec![n % 3],
            granted: if n.is_multiple_of(3) { queues("gone", &["Old".into()]) } else { GrantedSet::new() },
        }
    };
    fill(&directory, store.as_ref(), 3, 500, &somebody).await;
    let house = House { protected: vec!["u7@aurora.example".into()], ..House::default() };
    let walk = async |new: &str, in_force| {
        walked(Walk::new(Arc::clone(&directory), house.clone(), rules(new), in_force).await.unwrap()).await
    };
    let gains: BTreeSet<u32> = (0..500).filter(|n| n % 5 != 0 && n % 3 == 1 && *n != 7 && *n != 4).collect();
    let losses: BTreeSet<u32> = (0..500).filter(|n| n % 5 != 0 && n % 3 == 0).collect();

    let (lines, totals) = walk(BY_GROUP, InForce::Noted).await;
    let of = |change: &str| {
        let lines = lines.iter().filter(|line| json!(line.difference.change) == change);
        lines.map(|line| line.who.user.clone()).collect::<BTreeSet<_>>()
    };
    let ids = |numbers: &BTreeSet<u32>| numbers.iter().map(|n| id(*n)).collect::<BTreeSet<_>>();
    assert_eq!((of("gain"), of("loss")), (ids(&gains), ids(&losses)));
    assert_eq!(lines.len(), gains.len() + losses.len());
    let sum = |people: usize, gains: usize, losses: usize, rule: &str, gone: bool| json!({ "rule": rule, "gone": gone, "people": people, "gains": gains, "losses": losses, "changed_values": 0 });
    assert_eq!(
        totals["rules"],
        json!([
            sum(gains.len(), gains.len(), 0, "desk", false),
            sum(losses.len(), 0, losses.len(), "gone", true)
        ])
    );
    assert_eq!(totals["largest"][0]["people"], losses.len().max(gains.len()));
    assert_eq!(
        (&totals["looked_at"], &totals["protected"], &totals["unreadable"]),
        (&400.into(), &1.into(), &1.into())
    );
    assert_eq!(totals["without_access"]["people"], losses.len());
    assert_eq!(totals["without_access"]["first"].as_array().unwrap().len(), crate::limits::NEW_RULES_NAMED);

    let (lines, totals) = walk(BY_GROUP, InForce::Rules(Arc::new(rules(BY_GROUP)))).await;
    assert_eq!((lines.len(), &totals["people"]), (0, &0.into()), "the same rules are no difference");
    assert_eq!(totals["anyway"]["differences"], gains.len() + losses.len());
    let mut batch = Batch::new();
    directory.note_rules(&mut batch, rules(BY_GROUP).digest(), 1).await.unwrap();
    store.commit(batch).await.unwrap();
    assert_eq!(walk(BY_GROUP, InForce::Noted).await, (lines, totals), "nor those that the directory notes");
}

/// Memory of this process, in mebibytes.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() / 1024
}

#[tokio::test]
#[ignore = "a measurement, which takes minutes"]
async fn a_hundred_thousand_people_are_looked_at_in_half_a_minute() {
    let users = std::env::var("NEW_RULES_USERS").map_or(100_000, |text| text.parse().unwrap());
    let scratch = tempfile::tempdir().unwrap();
    let kept = std::env::var_os("NEW_RULES_DIR").map(std::path::PathBuf::from);
    let dir = kept.unwrap_or_else(|| scratch.path().join("data"));
    let is_new = !dir.exists();
    let options = OpenOptions::new(&dir);
    let person = object(serde_json::from_str(include_str!("../../benches/user.json")).unwrap());
    let somebody = |n: u32| {
        let mut document = person.clone();
        document.insert("userName".into(), json!(format!("u{n}@aurora.example")));
        let names: Vec<String> = (0..6).map(|of| format!("Queue {}", (n + of) % 300)).collect();
        let granted = queues(&format!("rule-{}", n % 50), &names);
        Somebody { document, managed: true, groups: vec![n % 200, 200 + n % 90, 300 + n % 70], granted }
    };
    if is_new {
        let store = open(&options).unwrap();
        let directory = Directory::new(tenant(), Arc::clone(&store));
        fill(&directory, store.as_ref(), 400, users, &somebody).await;
        store.close().await.unwrap();
    }

    let rule = |n: u32| {
        format!(
            "[[rule]]\nname = \"rule-{n}\"\nwhen = 'groups.display eq \"group-{n}\" or title eq \"x{n}\"'\nqueues = [\"Queue {n}\", \"New {n}\"]\n"
        )
    };
    let (new, old): (String, String) = ((0..200).map(rule).collect(), (0..150).map(rule).collect());
    for (what, in_force) in
        [("rules in force not known", InForce::Noted), ("known", InForce::Rules(Arc::new(rules(&old))))]
    {
        let store = open(&options).unwrap();
        let directory = Arc::new(Directory::new(tenant(), Arc::clone(&store)));
        let (before, began) = (resident(), Instant::now());
        let mut walk = Walk::new(directory, House::default(), rules(&new), in_force).await.unwrap();
        let (mut lines, mut most) = (0, 0);
        while let Some(page) = walk.next().await.unwrap() {
            lines += page.len();
            most = most.max(resident());
        }
        let took = began.elapsed();
        println!(
            "{users} people, 200 rules, 3 groups and 6 grants each, {what}: {:.1} s, {lines} differences, {} MiB more memory",
            took.as_secs_f64(),
            most.saturating_sub(before)
        );
        assert_eq!(walk.told()["looked_at"], users);
        assert!(cfg!(debug_assertions) || took.as_secs() < 30, "{took:?}");
        drop(walk);
        store.close().await.unwrap();
    }
}
