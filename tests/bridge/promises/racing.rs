//! Many requests for one name at the same moment: one is acknowledged, all others hear of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use crate::support::bodies::agent;
use crate::support::bridge::TestBridge;
use crate::support::setup::Setup;

const RACERS: usize = 24;

/// How often each status came.
fn counted(statuses: impl IntoIterator<Item = u16>) -> BTreeMap<u16, usize> {
    let mut counts = BTreeMap::new();
    for status in statuses {
        *counts.entry(status).or_default() += 1;
    }
    counts
}

/// Sends the same POST many times at once.
async fn race(house: &Arc<TestBridge>, body: &Value) -> Vec<u16> {
    let barrier = Arc::new(tokio::sync::Barrier::new(RACERS));
    let racing = (0..RACERS).map(|_| {
        let (house, body, barrier) = (Arc::clone(house), body.clone(), Arc::clone(&barrier));
        tokio::spawn(async move {
            barrier.wait().await;
            house.scim("POST", "/Users", Some(body)).await.status
        })
    });
    let mut statuses = Vec::new();
    for one in racing.collect::<Vec<_>>() {
        statuses.push(one.await.unwrap());
    }
    statuses
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_racing_posts_of_one_name_exactly_one_is_201_and_all_others_are_409_with_and_without_external_id()
 {
    let house = Arc::new(TestBridge::with(Setup::default()));
    for round in 0..6 {
        let name = format!("racer{round}");
        let mut body = agent(&name);
        if round % 2 == 1 {
            body.as_object_mut().unwrap().remove("externalId");
        }
        let counts = counted(race(&house, &body).await);
        assert_eq!(counts, [(201, 1), (409, RACERS - 1)].into(), "round {round}");
        let after = house.scim("POST", "/Users", Some(body)).await;
        assert_eq!((after.status, &after.body["scimType"]), (409, &"uniqueness".into()), "{after:?}");
        let world = house.cloud.snapshot();
        let address = format!("{name}@aurora.example");
        let made = |section: &str| {
            world[section]
                .as_object()
                .unwrap()
                .values()
                .filter(|user| user["email"] == address.as_str())
                .count()
        };
        assert_eq!((made("users"), made("deleted_users")), (1, 0), "round {round}: nobody was made twice");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn racing_posts_of_names_that_differ_in_letter_case_only_are_one_name() {
    let house = Arc::new(TestBridge::with(Setup::default()));
    let mut racing = Vec::new();
    for name in ["Nora", "nora", "NORA", "nOrA"] {
        let house = Arc::clone(&house);
        racing.push(tokio::spawn(async move {
            let mut body = agent(name);
            body.as_object_mut().unwrap().remove("externalId");
            house.scim("POST", "/Users", Some(body)).await.status
        }));
    }
    let mut statuses = Vec::new();
    for one in racing {
        statuses.push(one.await.unwrap());
    }
    assert_eq!(counted(statuses), [(201, 1), (409, 3)].into());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn racing_posts_of_many_names_are_all_acknowledged_once() {
    let house = Arc::new(TestBridge::with(Setup::default()));
    let mut racing = Vec::new();
    for n in 0..24 {
        let house = Arc::clone(&house);
        racing.push(tokio::spawn(async move {
            house.scim("POST", "/Users", Some(agent(&format!("one{n}")))).await.status
        }));
    }
    let mut statuses = Vec::new();
    for one in racing {
        statuses.push(one.await.unwrap());
    }
    assert_eq!(counted(statuses), [(201, 24)].into());
    assert_eq!(house.scim("GET", "/Users?count=0", None).await.body["totalResults"], 24);
}
