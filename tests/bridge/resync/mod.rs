//! A resync as an administrator sees it: what somebody did by hand in Genesys is shown with its reason, and repaired
//! where that was asked for.

mod incomplete;
mod stories;

use serde_json::{Value, json};

use crate::promises::theirs::administrator;
use crate::support::bodies::{agent, patch};
use crate::support::bridge::TestBridge;
use crate::support::setup::Setup;
use crate::support::wait::eventually;

/// How many times faster the clock runs: what is missing is looked for twice, a minute apart.
const HURRY: u32 = 30;

/// A bridge whose clock is in a hurry, and whose clients are not.
fn house() -> TestBridge {
    TestBridge::with(Setup { hurry: HURRY, deadline_s: 120, ..Setup::default() })
}

/// People whom the first rule makes agents; their ids.
async fn agents(house: &TestBridge, names: &[&str]) -> Vec<String> {
    let mut ids = Vec::new();
    for name in names {
        ids.push(house.scim("POST", "/Users", Some(agent(name))).await.is(201).id());
    }
    house.settled().await;
    // What was written lately is believed more than what is there: five minutes, in a hurry.
    let quiet = || async { house.admin("GET", "/work", None).await.body["work"] == json!([]) };
    eventually("nothing is left to do", quiet).await;
    tokio::time::sleep(std::time::Duration::from_secs(11)).await;
    ids
}

/// Runs a resync to its end; the run and its lines.
async fn resync(house: &TestBridge, asked: Value) -> (Value, Vec<Value>) {
    let begun = house.admin("POST", "/resync", Some(asked)).await.is(202);
    let id = begun.body["id"].as_str().unwrap().to_owned();
    let path = format!("/resync/{id}");
    eventually("the run is over", async || {
        !house.admin("GET", &path, None).await.is(200).body["end"].is_null()
    })
    .await;
    let run = house.admin("GET", &path, None).await.is(200).body;
    let lines = house.admin("GET", &format!("{path}/differences"), None).await.is(200).body;
    (run, lines["differences"].as_array().unwrap().clone())
}

/// Lines in short: class, what, of whom.
fn told(lines: &[Value]) -> Vec<String> {
    let text = |line: &Value, name: &str| line[name].as_str().unwrap_or_default().to_owned();
    let short = |line: &Value| {
        let name = text(line, "userName");
        let name = name.split('@').next().unwrap_or_default().to_owned();
        format!("{} {} of {name}", text(line, "class"), text(line, "what"))
    };
    lines.iter().map(short).collect()
}

async fn id_of_queue(house: &TestBridge, name: &str) -> String {
    let queues = administrator(house, "GET", "/api/v2/routing/queues?pageSize=100", None).await;
    let found = queues["entities"].as_array().unwrap().iter().find(|queue| queue["name"] == name);
    found.unwrap()["id"].as_str().unwrap().to_owned()
}

async fn out_of_queue(house: &TestBridge, user: &str, queue: &str) {
    let queue = id_of_queue(house, queue).await;
    let path = format!("/api/v2/routing/queues/{queue}/members?delete=true");
    administrator(house, "POST", &path, Some(json!([{ "id": user }]))).await;
}

async fn into_queue(house: &TestBridge, user: &str, queue: &str) {
    let queue = id_of_queue(house, queue).await;
    let path = format!("/api/v2/routing/queues/{queue}/members?delete=false");
    administrator(house, "POST", &path, Some(json!([{ "id": user }]))).await;
}

async fn tuned(house: &TestBridge, user: &str, level: f64) {
    let path = format!("/api/v2/users/{user}/routingskills");
    let skills = administrator(house, "GET", &format!("{path}?pageSize=50"), None).await;
    let id = skills["entities"][0]["id"].clone();
    administrator(house, "PATCH", &format!("{path}/bulk"), Some(json!([{ "id": id, "proficiency": level }])))
        .await;
}

async fn set_state(house: &TestBridge, user: &str, state: &str) {
    let path = format!("/api/v2/users/{user}");
    let version = administrator(house, "GET", &path, None).await["version"].clone();
    administrator(house, "PATCH", &path, Some(json!({ "state": state, "version": version }))).await;
}

async fn deactivated(house: &TestBridge, id: &str) {
    let leave = patch(json!([{ "op": "replace", "path": "active", "value": false }]));
    house.scim("PATCH", &format!("/Users/{id}"), Some(leave)).await.is(200);
}
