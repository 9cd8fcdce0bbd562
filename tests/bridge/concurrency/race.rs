//! The start of a race: every racer on a connection of its own, all let go at once.
//!
//! Judges nothing but that nobody is answered 5xx; what a race must end in is said in the tests.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};
use tokio::sync::Barrier;

use crate::support::bodies::agent;
use crate::support::bridge::{SCIM, TestBridge};
use crate::support::client::{self, Response, call};
use crate::support::setup::Setup;

/// Racers of most races: as many connections as one connector opens at most.
pub(crate) const RACERS: usize = 24;

/// One request of a race.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) method: &'static str,
    pub(crate) path: String,
    pub(crate) if_match: Option<String>,
    pub(crate) body: Option<Value>,
}

impl Entry {
    pub(crate) fn new(method: &'static str, path: &str, body: Value) -> Self {
        let body = (!body.is_null()).then_some(body);
        Self { method, path: path.to_owned(), if_match: None, body }
    }
}

pub(crate) fn house() -> Arc<TestBridge> {
    Arc::new(TestBridge::with(Setup::without_rules()))
}

/// Sends one request on a client of its own.
pub(crate) async fn send(house: &TestBridge, http: &reqwest::Client, entry: &Entry) -> Response {
    let url = house.url(&format!("/scim/v2{}", entry.path));
    let body = entry.body.as_ref().map(Value::to_string);
    let mut request = client::request(http, entry.method, &url, SCIM, body);
    if let Some(tag) = &entry.if_match {
        request = request.header("if-match", tag);
    }
    client::send(request).await
}

/// Sends all at once; the answers come in the order of the entries.
pub(crate) async fn race(house: &Arc<TestBridge>, entries: Vec<Entry>) -> Vec<Response> {
    let barrier = Arc::new(Barrier::new(entries.len()));
    let mut running = Vec::new();
    for entry in entries {
        let (house, barrier) = (Arc::clone(house), Arc::clone(&barrier));
        running.push(tokio::spawn(async move {
            let http = reqwest::Client::new();
            // The connection stands before the race begins.
            assert_eq!(call(&http, &house.url("/healthz"), "", "GET", None).await.status, 200);
            barrier.wait().await;
            let got = send(&house, &http, &entry).await;
            assert!(got.status < 500, "{} {}: {got:?}", entry.method, entry.path);
            got
        }));
    }
    let mut answers = Vec::new();
    for one in running {
        answers.push(one.await.unwrap());
    }
    answers
}

/// How often each status came.
pub(crate) fn counted(answers: &[Response]) -> BTreeMap<u16, usize> {
    let mut counts = BTreeMap::new();
    for got in answers {
        *counts.entry(got.status).or_default() += 1;
    }
    counts
}

/// Users with these names, made side by side; their ids in the order of the names.
pub(crate) async fn hire(house: &Arc<TestBridge>, prefix: &str, number: usize) -> Vec<String> {
    let mut ids = Vec::new();
    let names: Vec<usize> = (0..number).collect();
    for some in names.chunks(8) {
        let bodies = some.iter().map(|n| plain(&format!("{prefix}{n:02}")));
        let made = race(house, bodies.map(|body| Entry::new("POST", "/Users", body)).collect()).await;
        ids.extend(made.iter().map(Response::id));
    }
    ids
}

/// A user without a title, so that a test may set it.
pub(crate) fn plain(name: &str) -> Value {
    let mut body = agent(name);
    body.as_object_mut().unwrap().remove("title");
    body["name"] = json!({"givenName": "Given"});
    body
}

/// What the emulated Genesys Cloud holds in a section, by a test on its values.
pub(crate) fn upstream(house: &TestBridge, section: &str, wanted: impl Fn(&Value) -> bool) -> Vec<Value> {
    house.cloud.settle();
    let world = house.cloud.snapshot();
    world[section].as_object().unwrap().values().filter(|one| wanted(one)).cloned().collect()
}
