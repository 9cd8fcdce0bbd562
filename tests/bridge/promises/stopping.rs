//! SIGTERM in the middle of work: running requests are answered, sagas end or stay open and go on at the next
//! start.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use genesys_cloud_emulator::{Fault, FaultKind};
use serde_json::json;

use crate::support::bodies::{OURS, agent};
use crate::support::client::call;
use crate::support::program::Installation;
use crate::support::setup::Setup;

/// One client that hires until nobody answers any more; gives the ids that were acknowledged.
async fn hire_until_the_end(
    url: String,
    token: String,
    client: usize,
    stop: Arc<AtomicBool>,
) -> (Vec<String>, u32) {
    let http = reqwest::Client::new();
    let (mut ids, mut odd) = (Vec::new(), 0);
    for n in 0.. {
        let request = http
            .post(&url)
            .bearer_auth(&token)
            .header("content-type", "application/scim+json")
            .body(agent(&format!("c{client}n{n}")).to_string());
        // No connection and no answer are what a client must expect of a server that stops.
        let Ok(answer) = request.send().await else { break };
        let status = answer.status().as_u16();
        let Ok(text) = answer.text().await else { break };
        match status {
            201 => {
                let body: serde_json::Value = serde_json::from_str(&text).unwrap();
                ids.push(body["id"].as_str().unwrap().to_owned());
            }
            429 | 503 => {}
            _ => odd += 1,
        }
        if stop.load(Ordering::Relaxed) {
            break;
        }
    }
    (ids, odd)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_in_the_middle_of_writing_loses_nothing_that_was_acknowledged_and_leaves_nobody_half_made() {
    let place = Installation::new(Setup::default());
    let (scim, admin) = (place.token("scim"), place.token("admin"));
    let program = place.serve();
    let stop = Arc::new(AtomicBool::new(false));
    let mut clients = Vec::new();
    for client in 0..8 {
        let (url, token) = (program.url("/scim/v2/Users"), scim.clone());
        clients.push(tokio::spawn(hire_until_the_end(url, token, client, Arc::clone(&stop))));
    }
    tokio::time::sleep(Duration::from_millis(1500)).await;
    let began = Instant::now();
    let code = tokio::task::spawn_blocking(|| program.terminate()).await.unwrap();
    assert_eq!(code, Some(0), "it ends well");
    assert!(began.elapsed() < Duration::from_secs(25), "and soon: {:?}", began.elapsed());
    stop.store(true, Ordering::Relaxed);
    let mut acknowledged = Vec::new();
    for client in clients {
        let (ids, odd) = client.await.unwrap();
        assert_eq!(odd, 0, "every answer was 201, 429 or 503");
        acknowledged.extend(ids);
    }
    assert!(acknowledged.len() >= 8, "there was something to lose: {}", acknowledged.len());
    let (program, http) = (place.serve(), reqwest::Client::new());
    program.settled(&admin).await;
    place.cloud.settle();
    let got = call(&http, &program.url("/scim/v2/Users?count=1000"), &scim, "GET", None).await;
    let listed: std::collections::BTreeMap<String, String> = got.body["Resources"]
        .as_array()
        .unwrap()
        .iter()
        .map(|user| (user["id"].as_str().unwrap().to_owned(), user["userName"].as_str().unwrap().to_owned()))
        .collect();
    for id in &acknowledged {
        assert!(listed.contains_key(id), "{id} was acknowledged");
    }
    let world = place.cloud.snapshot();
    let active: std::collections::BTreeMap<String, String> = world["users"]
        .as_object()
        .unwrap()
        .iter()
        .filter(|(_, user)| user["title"] == "Support Agent")
        .map(|(id, user)| (id.clone(), user["email"].as_str().unwrap().to_owned()))
        .collect();
    assert_eq!(listed, active, "directory and Genesys agree on who there is");
    for id in listed.keys() {
        assert_eq!(world["grants"][id], json!(["Agent@EMEA", "employee@Home"]));
        assert_eq!(world["queues"]["EMEA Support"][id]["joined"], true);
        assert_eq!(world["skills"][id]["Billing"], 4.0);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_saga_that_was_acknowledged_before_the_stop_goes_on_after_the_next_start() {
    let place = Installation::new(Setup { deadline_s: 1, ..Setup::default() });
    let (scim, admin) = (place.token("scim"), place.token("admin"));
    let program = place.serve();
    let http = reqwest::Client::new();
    // Refused with 5xx for as long as it lasts: the saga cannot end before the stop.
    place.cloud.fault(Fault::on("POST", "/api/v2/routing/queues/{queueId}/members", FaultKind::Status(503)));
    let url = program.url("/scim/v2/Users");
    let got = call(&http, &url, &scim, "POST", Some(agent("nora").to_string())).await;
    assert_eq!(got.status, 201, "{got:?}");
    let began = Instant::now();
    let code = tokio::task::spawn_blocking(|| program.terminate()).await.unwrap();
    assert_eq!(code, Some(0));
    assert!(began.elapsed() < Duration::from_secs(25), "{:?}", began.elapsed());
    assert_eq!(place.cloud.snapshot()["queues"]["EMEA Support"][got.id()], json!(null));
    place.cloud.clear_faults();
    let program = place.serve();
    program.settled(&admin).await;
    place.cloud.settle();
    assert_eq!(place.cloud.snapshot()["queues"]["EMEA Support"][got.id()]["joined"], true);
    let url = program.url(&format!("/scim/v2/Users/{}?attributes={}:provisioning", got.id(), OURS));
    let now = call(&http, &url, &scim, "GET", None).await;
    assert_eq!(now.body[OURS]["provisioning"]["status"], "committed", "{now:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_that_is_running_when_the_stop_comes_is_still_answered() {
    let place = Installation::new(Setup::default());
    let scim = place.token("scim");
    let program = place.serve();
    let slow = FaultKind::Delay(Duration::from_millis(1500));
    place.cloud.fault(Fault::on("POST", "/api/v2/scim/v2/users", slow).once());
    let (url, token) = (program.url("/scim/v2/Users"), scim.clone());
    let asked = tokio::spawn(async move {
        call(&reqwest::Client::new(), &url, &token, "POST", Some(agent("nora").to_string())).await
    });
    tokio::time::sleep(Duration::from_millis(700)).await;
    let code = tokio::task::spawn_blocking(|| program.terminate()).await.unwrap();
    assert_eq!(code, Some(0));
    let got = asked.await.unwrap();
    assert_eq!(got.status, 201, "{got:?}");
    assert_eq!(place.cloud.snapshot()["users"][got.id()]["state"], "active");
}
