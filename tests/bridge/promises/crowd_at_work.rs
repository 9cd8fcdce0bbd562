//! More people on whom somebody else is at work than there are workers: they do not hold up the others.
//!
//! One such person beside one worker is in `work`.

use std::sync::Arc;
use std::time::{Duration, Instant};

use genesys_cloud_emulator::{Fault, FaultKind};
use serde_json::{Value, json};

use super::theirs::administrator;
use crate::support::bodies::{OURS, agent, group};
use crate::support::bridge::TestBridge;
use crate::support::setup::{RULES, Setup};
use crate::support::wait::eventually;

/// Twice as many as work at a time by default.
const BUSY: usize = 65;
const FREE: usize = 4;
/// How many times faster the bridge's clock runs.
const HURRY: u32 = 10;

fn leads(house: &TestBridge, id: &str) -> bool {
    let world = house.cloud.snapshot();
    world["grants"][id].to_string().contains("Team Lead@EMEA") && world["queues"]["VIP"][id] != Value::Null
}

/// All are made at the same moment.
async fn hire(house: &Arc<TestBridge>, name: &str, number: usize, ours: Value) -> Vec<String> {
    let made = (0..number).map(|n| {
        let (house, mut body) = (Arc::clone(house), agent(&format!("{name}{n}")));
        body[OURS] = ours.clone();
        tokio::spawn(async move {
            // On a busy machine some are not there in time, and are asked for again.
            loop {
                let got = house.scim("POST", "/Users", Some(body.clone())).await;
                if got.status != 503 {
                    return got.is(201).id();
                }
            }
        })
    });
    let mut ids = Vec::new();
    for one in made.collect::<Vec<_>>() {
        ids.push(one.await.unwrap());
    }
    ids
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixty_five_people_on_whom_somebody_else_is_at_work_do_not_hold_up_the_others() {
    let rules = format!("[work]\nparallel = 8\n{RULES}");
    let setup = Setup { hurry: HURRY, deadline_s: 10 * u64::from(HURRY), rules, ..Setup::default() };
    let house = Arc::new(TestBridge::with(setup));
    let free = hire(&house, "free", FREE, json!({})).await;
    house.settled().await;
    let chat = administrator(&house, "GET", "/api/v2/routing/queues?name=Chat", None).await;
    let chat = chat["entities"][0]["id"].as_str().unwrap().to_owned();
    let closed = FaultKind::Status(503);
    house.cloud.fault(Fault::on("POST", format!("/routing/queues/{chat}/members").as_str(), closed));
    let busy = hire(&house, "busy", BUSY, json!({ "compactQueues": "Chat" })).await;
    let open = house.admin("GET", "/sagas", None).await.body["open"].as_array().unwrap().len();
    assert!(open >= BUSY, "{open} are at work");
    let members: Vec<&str> = busy.iter().chain(&free).map(String::as_str).collect();
    let began = Instant::now();
    house.scim("POST", "/Groups", Some(group("Night Desk", &members))).await.is(201);
    eventually("those lead on whom nobody is at work", async || free.iter().all(|id| leads(&house, id)))
        .await;
    // Whoever is met at work has two seconds of the bridge's each, eight at a time.
    assert!(began.elapsed() < Duration::from_secs(15), "{:?}", began.elapsed());
    assert!(busy.iter().all(|id| !leads(&house, id)), "somebody else is still at work on them");
    house.cloud.clear_faults();
    eventually("all lead", async || busy.iter().all(|id| leads(&house, id))).await;
}
