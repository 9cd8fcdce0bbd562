//! `POST /Bulk` (RFC 7644 section 3.7) over real sockets, against the whole bridge and the emulator.
//!
//! Every answer is held against what the RFC says of all of them by [`send`]. Tables of single rules are
//! beside the code in `scim::bulk`; time running out and request ids of operations in `server_http`.

mod failing;
mod limits;
mod references;
mod single;

use serde_json::{Map, Value, json};

use crate::support::bodies::{self, CORE, ERROR};
use crate::support::bridge::TestBridge;
use crate::support::client::Response;

/// A bulk request of these operations.
fn request(operations: &Value) -> Value {
    json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": operations})
}

/// Sends operations, and fails unless the answer has the form that the RFC demands.
async fn send(house: &TestBridge, operations: Value) -> Vec<Value> {
    send_body(house, request(&operations)).await
}

async fn send_body(house: &TestBridge, body: Value) -> Vec<Value> {
    let got = house.scim("POST", "/Bulk", Some(body)).await;
    read(house, &got)
}

/// The operations of a bulk response.
fn read(house: &TestBridge, got: &Response) -> Vec<Value> {
    assert_eq!(got.status, 200, "{got:?}");
    assert_eq!(got.body["schemas"], json!(["urn:ietf:params:scim:api:messages:2.0:BulkResponse"]));
    assert_eq!(got.body.as_object().map(Map::len), Some(2), "{got:?}");
    let operations = got.body["Operations"].as_array().unwrap().clone();
    for operation in &operations {
        let fields = operation.as_object().unwrap();
        assert!(fields.values().all(|value| !value.is_null()), "no field is null: {operation}");
        let status: u16 = operation["status"].as_str().expect("a text").parse().unwrap();
        let failed = status >= 400;
        let post = operation["method"] == "POST";
        assert_eq!(fields.contains_key("response"), failed, "an error body for errors alone: {operation}");
        if failed {
            let response = &operation["response"];
            assert_eq!((&response["schemas"], &response["status"]), (&json!([ERROR]), &operation["status"]));
            assert!(response["detail"].as_str().is_some_and(|it| !it.is_empty()), "{operation}");
            assert!(!post || !fields.contains_key("location"), "nothing was made: {operation}");
        } else {
            let location = operation["location"].as_str().expect("a location");
            assert!(location.starts_with(&house.url("/scim/v2/")), "{operation}");
            assert_eq!(fields.contains_key("version"), status != 204, "{operation}");
        }
    }
    operations
}

fn statuses(operations: &[Value]) -> Vec<&str> {
    operations.iter().map(|it| it["status"].as_str().unwrap()).collect()
}

/// The id at the end of an operation's location.
fn id(operation: &Value) -> String {
    let location = operation["location"].as_str().unwrap_or_else(|| panic!("no location: {operation}"));
    location.rsplit('/').next().unwrap().to_owned()
}

fn detail(operation: &Value) -> &str {
    operation["response"]["detail"].as_str().unwrap_or_else(|| panic!("no error: {operation}"))
}

fn post(endpoint: &str, bulk_id: &str, data: Value) -> Value {
    json!({"method": "POST", "path": endpoint, "bulkId": bulk_id, "data": data})
}

/// A POST of a user whom no rule matches.
fn user(name: &str) -> Value {
    let data = json!({"schemas": [CORE], "userName": format!("{name}@aurora.example"), "displayName": name});
    post("/Users", name, data)
}

/// A POST of a group with these members.
fn group(name: &str, members: &[&str]) -> Value {
    post("/Groups", name, bodies::group(name, members))
}

async fn shown(house: &TestBridge, path: &str) -> Value {
    let got = house.scim("GET", path, None).await;
    assert_eq!(got.status, 200, "{path}: {got:?}");
    got.body
}

/// The ids of a group's members, sorted.
async fn members(house: &TestBridge, group: &str) -> Vec<String> {
    let body = shown(house, &format!("/Groups/{group}")).await;
    let members = body["members"].as_array().cloned().unwrap_or_default();
    let mut ids: Vec<String> = members.iter().map(|it| it["value"].as_str().unwrap().to_owned()).collect();
    ids.sort();
    ids
}
