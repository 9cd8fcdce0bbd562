//! `POST /Bulk` without a bridge behind it: request ids of operations, pending changes, and time that runs
//! out.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::bridge::SCIM;
use crate::support::server::{start, start_with};

fn request(names: &[&str]) -> Value {
    let operations: Vec<Value> = names
        .iter()
        .map(|name| json!({"method": "POST", "path": "/Users", "bulkId": name, "data": {"userName": name}}))
        .collect();
    json!({"Operations": operations})
}

fn statuses(body: &Value) -> Vec<&str> {
    body["Operations"].as_array().unwrap().iter().map(|it| it["status"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn every_operation_has_a_request_id_of_its_own_and_the_clients_name() {
    let server = start();
    let mut body = request(&["a", "b", "c"]);
    body["Operations"][0]["data"]["manager"] = json!("bulkId:c");
    let request = server
        .request("POST", "/scim/v2/Bulk")
        .bearer_auth(SCIM)
        .header("content-type", "application/scim+json")
        .header("x-request-id", "r-7")
        .body(body.to_string());
    let got = server.send(request).await;
    assert_eq!((got.status, statuses(&got.body)), (200, vec!["201"; 3]), "{got:?}");
    assert_eq!(got.header("content-type"), "application/scim+json");
    assert_eq!(got.header("retry-after"), "");
    let by = format!("client:id-of-{}", SCIM.len());
    let wanted: Vec<String> = [2, 3, 1].iter().map(|place| format!("{by} r-7.{place}")).collect();
    assert_eq!(
        *server.documents.changes.lock().unwrap(),
        wanted,
        "numbered by place, carried out by reference"
    );
}

#[tokio::test]
async fn a_pending_change_is_done_and_the_whole_answer_says_when_to_look_again() {
    let server = start();
    *server.documents.pending.lock().unwrap() = true;
    let got = server.call("POST", "/scim/v2/Bulk", Some(request(&["a"]))).await;
    assert_eq!((got.status, statuses(&got.body)), (200, vec!["201"]), "{got:?}");
    assert_eq!(got.header("retry-after"), "5");
}

#[tokio::test]
async fn what_there_is_no_time_for_is_503_each_and_never_begun() {
    let server = start_with(|settings| settings.bulk_begin = Duration::ZERO);
    let got = server.call("POST", "/scim/v2/Bulk", Some(request(&["a", "b"]))).await;
    assert_eq!((got.status, statuses(&got.body)), (200, vec!["503", "503"]), "{got:?}");
    assert!(got.header("retry-after").parse::<u32>().unwrap() > 0, "{got:?}");
    assert!(server.documents.changes.lock().unwrap().is_empty());
}
