//! The worst that a client with a valid token can ask for, over and over, and how often it was answered.
//!
//! Each kind is sent by some tasks at a time; that a request is refused is part of it. What is measured meanwhile is the
//! caller's.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::support::bodies::{CORE, agent, group, patch};
use crate::support::client::call;
use crate::support::program::Program;

/// What is asked for.
pub(super) const KINDS: [&str; 6] = ["walk", "sort", "page", "long patch", "heavy patch", "large body"];
/// Requests of each kind that are under way at a time.
const AT_A_TIME: usize = 2;
/// E-mail addresses of the one who is patched.
const ADDRESSES: usize = 900;
const OPERATIONS: usize = 999;

/// A file of so many users, of about two kilobytes each, as an import takes it.
pub(super) fn crowd(users: u32) -> String {
    let line = |n: u32| {
        let user = json!({
            "schemas": [CORE], "id": format!("00000000-0000-4000-8000-{n:012}"),
            "userName": format!("crowd{n}@aurora.example"), "displayName": format!("Crowd {n}"), "active": true,
            "title": format!("Title {}", n * 7919 % 1000), "nickName": "n".repeat(1_000),
            "addresses": [{"type": "work", "streetAddress": "s".repeat(600), "locality": format!("Town {n}")}],
        });
        format!("{user}\n")
    };
    (0..users).map(line).collect()
}

/// Somebody with as many addresses as anybody may have.
fn stout(name: &str) -> Value {
    let email = |n: usize| json!({"type": "other", "value": format!("a{n}@aurora.example")});
    let mut user = agent(name);
    user["emails"] = (0..ADDRESSES).map(email).collect();
    user
}

/// Operations that each look for an address among all of them.
fn heavy() -> Value {
    let operation = |n: usize| {
        let value = format!("a{}@aurora.example", n % ADDRESSES);
        json!({"op": "replace", "path": format!("emails[value eq \"{value}\"].display"), "value": format!("d{n}")})
    };
    patch((0..OPERATIONS).map(operation).collect())
}

/// Many operations of the plainest kind.
fn long() -> Value {
    patch(
        (0..OPERATIONS)
            .map(|n| json!({"op": "replace", "path": "title", "value": format!("t{n}")}))
            .collect(),
    )
}

/// A body of nearly the largest size, of members whom nobody knows.
fn large() -> Value {
    let ids: Vec<String> = (0..19_000).map(|n| format!("{n:0>150}")).collect();
    group("Everybody", &ids.iter().map(String::as_str).collect::<Vec<_>>())
}

/// Method, path and body of each kind, in the order of [`KINDS`].
fn requests(id: &str) -> [(&'static str, String, Option<String>); 6] {
    let user = format!("/scim/v2/Users/{id}");
    let conditions: Vec<String> = (0..60).map(|n| format!("nickName co \"x{n}\"")).collect();
    let walk = format!(
        "/scim/v2/Users?count=1&filter={}",
        conditions.join(" or ").replace(' ', "%20").replace('"', "%22")
    );
    let sort = "/scim/v2/Users?count=1000&sortBy=addresses.locality&sortOrder=descending".to_owned();
    [
        ("GET", walk, None),
        ("GET", sort, None),
        ("GET", "/scim/v2/Users?count=1000&startIndex=400".to_owned(), None),
        ("PATCH", user.clone(), Some(long().to_string())),
        ("PATCH", user, Some(heavy().to_string())),
        ("POST", "/scim/v2/Groups".to_owned(), Some(large().to_string())),
    ]
}

/// How often each kind was answered.
pub(super) type Done = BTreeMap<&'static str, usize>;

/// All tasks that do their worst.
pub(super) struct AtWork(JoinSet<(&'static str, usize)>);

impl AtWork {
    /// After they were told to stop.
    pub(super) async fn ended(self) -> Done {
        let mut done = Done::new();
        for (kind, times) in self.0.join_all().await {
            *done.entry(kind).or_default() += times;
        }
        done
    }
}

/// Starts them, and waits until they are all under way.
pub(super) async fn at_work(program: &Program, token: &str, stop: &Arc<AtomicBool>) -> AtWork {
    let http = reqwest::Client::new();
    let users = program.url("/scim/v2/Users");
    let made = call(&http, &users, token, "POST", Some(stout("stout").to_string())).await.is(201);
    let mut tasks = JoinSet::new();
    for (kind, (method, path, body)) in KINDS.into_iter().zip(requests(&made.id())) {
        for _ in 0..AT_A_TIME {
            let (http, token, stop) = (http.clone(), token.to_owned(), Arc::clone(stop));
            let (url, body) = (program.url(&path), body.clone());
            tasks.spawn(async move {
                let mut times = 0;
                while !stop.load(Ordering::Relaxed) {
                    let got = call(&http, &url, &token, method, body.clone()).await;
                    assert!(got.status != 500 && got.status != 401, "{kind}: {got:?}");
                    times += 1;
                }
                (kind, times)
            });
        }
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    AtWork(tasks)
}
