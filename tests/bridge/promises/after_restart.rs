//! After kill -9: who comes first among the sagas that were open, and that a cursor and the counts are still
//! good.
//!
//! A stop that was asked for is in `stopping`.

use std::time::{Duration, Instant};

use genesys_cloud_emulator::{Fault, FaultKind};
use serde_json::json;

use crate::support::bodies::{OURS, agent, patch};
use crate::support::client::call;
use crate::support::program::Installation;
use crate::support::setup::Setup;

const QUEUE: &str = "/api/v2/routing/queues/{queueId}/members";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_crash_a_leaver_does_not_wait_behind_a_saga_that_was_acknowledged_and_cannot_go_on() {
    let place = Installation::new(Setup { deadline_s: 3, ..Setup::default() });
    let (scim, admin) = (place.token("scim"), place.token("admin"));
    let (program, http) = (place.serve(), reqwest::Client::new());
    place.cloud.fault(Fault::on("POST", QUEUE, FaultKind::Status(503)));
    let body = Some(agent("nora").to_string());
    let made = call(&http, &program.url("/scim/v2/Users"), &scim, "POST", body).await;
    assert_eq!(
        (made.status, &made.body[OURS]["provisioning"]["status"]),
        (201, &json!("pending")),
        "{made:?}"
    );
    // What still goes on is told to everybody who asks, also to whom knows this version.
    assert!(made.etag.starts_with("W/"), "{made:?}");
    let shown = http.get(program.url(&format!("/scim/v2/Users/{}", made.id()))).bearer_auth(&scim);
    let shown = shown.header("if-none-match", made.etag.as_str()).send().await.unwrap();
    assert_eq!(shown.status().as_u16(), 200);
    // Dropped is killed.
    drop(program);
    let program = place.serve();
    let url = program.url(&format!("/scim/v2/Users/{}", made.id()));
    let leave = patch(json!([{"op": "Replace", "path": "active", "value": "False"}])).to_string();
    let began = Instant::now();
    let left = call(&http, &url, &scim, "PATCH", Some(leave)).await;
    assert_eq!((left.status, &left.body["active"]), (200, &json!(false)), "{left:?}");
    assert!(began.elapsed() < Duration::from_secs(6), "{:?}", began.elapsed());
    assert_eq!(place.cloud.snapshot()["users"][made.id()]["state"], "inactive");
    place.cloud.clear_faults();
    program.settled(&admin).await;
    place.cloud.settle();
    let world = place.cloud.snapshot();
    assert_eq!(world["users"][made.id()]["state"], "inactive", "and it stays so");
    assert_eq!(world["queues"]["EMEA Support"][made.id()], json!(null));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_crash_a_cursor_goes_on_where_it_was_and_everybody_is_still_counted() {
    let place = Installation::new(Setup::default());
    let scim = place.token("scim");
    let (program, http) = (place.serve(), reqwest::Client::new());
    for name in ["cora", "curt", "cyra"] {
        let body = Some(agent(name).to_string());
        let made = call(&http, &program.url("/scim/v2/Users"), &scim, "POST", body).await;
        assert_eq!(made.status, 201, "{made:?}");
    }
    let page = |url: String| {
        let (http, token) = (http.clone(), scim.clone());
        async move { call(&http, &url, &token, "GET", None).await }
    };
    let first = page(program.url("/scim/v2/Users?cursor=&count=2")).await;
    let (seen, cursor) = (first.body["Resources"][1]["id"].clone(), first.body["nextCursor"].clone());
    let total = first.body["totalResults"].clone();
    drop(program);
    let program = place.serve();
    let rest = program.url(&format!("/scim/v2/Users?count=99&cursor={}", cursor.as_str().unwrap()));
    let rest = page(rest).await;
    assert_eq!((rest.status, &rest.body["totalResults"]), (200, &total), "{rest:?}");
    let ids: Vec<&str> =
        rest.body["Resources"].as_array().unwrap().iter().map(|user| user["id"].as_str().unwrap()).collect();
    assert_eq!(ids.len() as u64 + 2, total.as_u64().unwrap());
    assert!(ids.iter().all(|id| *id > seen.as_str().unwrap()), "{seen} {ids:?}");
    assert_eq!(rest.body["nextCursor"], json!(null));
}
