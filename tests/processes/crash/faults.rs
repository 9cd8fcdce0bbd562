//! Trouble that lasts over several kills, switched on and off beside the kills where `CRASH_FAULTS` is set: a missing
//! right, routes that fail, answers that are lost, slowness, tokens that are revoked, a name that is gone, our own
//! secret refused; and until the next kill a store that takes no more writes.
//!
//! Before the sides are compared all is well again, and what was put off is asked for at once.

use std::time::{Duration, Instant};

use genesys_cloud_emulator::{Fault, FaultKind, PathMatch};
use rand::Rng as _;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use serde_json::{Value, json};

use super::processes::Pair;
use crate::support::client::call;

/// What was put off must be done by then.
const DONE_WITHIN: Duration = Duration::from_secs(90);

/// The routes that may be in trouble.
const ROUTES: [(&str, &str); 9] = [
    ("POST", "/api/v2/scim/v2/users"),
    ("PATCH", "/api/v2/scim/v2/users/{userId}"),
    ("DELETE", "/api/v2/scim/v2/users/{userId}"),
    ("POST", "/api/v2/routing/queues/{queueId}/members"),
    ("POST", "/api/v2/authorization/subjects/{subjectId}/bulkadd"),
    ("DELETE", "/api/v2/authorization/subjects/{subjectId}/divisions/{divisionId}/roles/{roleId}"),
    ("PATCH", "/api/v2/users/{userId}/routingskills/bulk"),
    ("GET", "/api/v2/users/{userId}/queues"),
    ("POST", "/api/v2/groups/{groupId}/members"),
];

/// What may be called something else for a while: of each kind one that requests name, and one of each that rules do.
const NAMES: [&str; 6] = ["VIP", "Refunds", "Supervisor", "Americas", "Chat", "Team Lead"];

/// What something is called that goes by another name for a while.
fn gone(name: &str) -> String {
    format!("{name} (old)")
}

/// Whether an answer says that something is not there that may be gone in this campaign: the change was refused, and
/// rightly.
pub(crate) fn names_what_is_gone(status: u16, body: &Value) -> bool {
    let detail = body["detail"].as_str().unwrap_or_default();
    wanted()
        && status == 400
        && body["scimType"] == "invalidValue"
        && NAMES.iter().any(|name| detail.contains(name))
}

/// What happens to their calls, each of them.
fn kinds() -> [FaultKind; 7] {
    [
        FaultKind::Refuse { status: 403, code: "missing.permissions".to_owned() },
        FaultKind::Status(503),
        FaultKind::Status(500),
        FaultKind::ApplyThenDrop,
        FaultKind::DropBeforeApply,
        FaultKind::Delay(Duration::from_millis(700)),
        FaultKind::TooManyRequests { retry_after_s: 1 },
    ]
}

/// Whether there is trouble in this campaign.
pub(crate) fn wanted() -> bool {
    std::env::var_os("CRASH_FAULTS").is_some()
}

/// Something begins, everything ends, or it stays as it is.
pub(crate) async fn change(pair: &Pair, rng: &mut StdRng) {
    match rng.random_range(0..16) {
        0..=3 => {
            let (method, template) = ROUTES.choose(rng).unwrap();
            let kind = kinds().choose(rng).unwrap().clone();
            let fault = Fault::on(method, PathMatch::Template((*template).to_owned()), kind);
            control(pair, "POST", "faults", Some(json!(fault))).await;
        }
        4..=7 => all_is_well(pair).await,
        8 => control(pair, "DELETE", "tokens", None).await,
        9..=11 => {
            let name = NAMES.choose(rng).unwrap();
            control(pair, "POST", "rename", Some(json!([name, gone(name)]))).await;
        }
        12 => {
            control(pair, "PUT", "secret", Some(json!("another-secret"))).await;
            control(pair, "DELETE", "tokens", None).await;
        }
        13 | 14 => pair.let_no_file_grow(),
        _ => {}
    }
}

/// Lifts everything.
pub(crate) async fn all_is_well(pair: &Pair) {
    control(pair, "DELETE", "faults", None).await;
    control(pair, "PUT", "secret", Some(json!(pair.genesys_secret()))).await;
    for name in NAMES {
        control(pair, "POST", "rename", Some(json!([gone(name), name]))).await;
    }
}

/// Asks for everything that was put off, until nothing is left. What does not get done is found by whoever compares.
pub(crate) async fn catch_up(pair: &Pair) {
    let started = Instant::now();
    // An undo for which a right was missing waits for an administrator.
    let sagas = pair.get(&pair.admin_token, "/admin/sagas").await;
    for saga in sagas["open"].as_array().unwrap().iter().filter(|saga| saga["state"] == "stuck") {
        let url = format!("{}/admin/sagas/{}/redrive", pair.base, saga["id"].as_str().unwrap());
        call(&pair.http, &url, &pair.admin_token, "POST", None).await;
    }
    let mut first = true;
    while started.elapsed() < DONE_WITHIN {
        let left = pair.get(&pair.admin_token, "/admin/work").await;
        let left: Vec<&str> =
            left["work"].as_array().unwrap().iter().map(|work| work["user"].as_str().unwrap()).collect();
        // A create that was undone is looked for for a day: here it has arrived by now or it never will.
        let looks = std::mem::take(&mut first);
        let left: Vec<&str> = left.into_iter().filter(|key| looks || !key.starts_with("create-")).collect();
        if left.is_empty() {
            return;
        }
        for key in left {
            let url = format!("{}/admin/work/{key}/retry", pair.base);
            call(&pair.http, &url, &pair.admin_token, "POST", None).await;
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

async fn control(pair: &Pair, method: &str, name: &str, body: Option<Value>) {
    let url = format!("{}/__emulator/{name}", pair.api);
    let method = method.parse().unwrap();
    let mut asked = pair.http.request(method, url);
    if let Some(body) = body {
        asked = asked.body(body.to_string());
    }
    let answer = asked.send().await.unwrap();
    assert!(answer.status().is_success(), "{name}: {answer:?}");
}
