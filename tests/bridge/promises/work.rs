//! Work for which nobody waits: it is kept until it is done, tried again ever more seldom, and neither flaps
//! nor holds up others.

use std::time::Duration;

use genesys_cloud_emulator::{Fault, FaultKind};
use serde_json::{Value, json};

use crate::support::bodies::{OURS, agent, group, patch};
use crate::support::bridge::TestBridge;
use crate::support::setup::{RULES, Setup};
use crate::support::wait::eventually;

const ROLES: &str = "/api/v2/authorization/subjects/{subjectId}/bulkadd";
const QUEUE: &str = "/api/v2/routing/queues/{queueId}/members";

fn refusal(status: u16, code: &str) -> FaultKind {
    FaultKind::Refuse { status, code: code.to_owned() }
}

async fn hire(house: &TestBridge, names: &[&str]) -> Vec<String> {
    let mut ids = Vec::new();
    for name in names {
        ids.push(house.scim("POST", "/Users", Some(agent(name))).await.is(201).id());
    }
    house.settled().await;
    ids
}

async fn work(house: &TestBridge) -> Vec<Value> {
    house.admin("GET", "/work", None).await.is(200).body["work"].as_array().unwrap().clone()
}

fn reasons(work: &Value) -> Vec<&str> {
    work["reasons"].as_array().unwrap().iter().map(|one| one["reason"].as_str().unwrap()).collect()
}

/// Calls to a path, by method, since the ledger was cleared.
fn calls(house: &TestBridge, method: &str, part: &str) -> usize {
    let made = house.cloud.ledger();
    made.iter().filter(|call| call.method == method && call.path.contains(part)).count()
}

fn has(house: &TestBridge, id: &str) -> (bool, bool) {
    let world = house.cloud.snapshot();
    let leads = world["grants"][id].as_array().is_some_and(|all| all.contains(&json!("Team Lead@EMEA")));
    (leads, world["queues"]["VIP"][id]["joined"] == true)
}

#[tokio::test]
async fn a_right_that_is_missing_is_met_by_few_and_nobody_joins_and_leaves_because_of_it() {
    let house = TestBridge::with(Setup { hurry: 100, deadline_s: 120, ..Setup::default() });
    let names: Vec<String> = (0..12).map(|number| format!("nora{number}")).collect();
    let ids = hire(&house, &names.iter().map(String::as_str).collect::<Vec<_>>()).await;
    house.cloud.fault(Fault::on("POST", ROLES, refusal(403, "missing.division.permission")));
    house.cloud.clear_ledger();
    let members: Vec<&str> = ids.iter().map(String::as_str).collect();
    house.scim("POST", "/Groups", Some(group("Night Desk", &members))).await.is(201);
    eventually("all have the queue", async || ids.iter().all(|id| has(&house, id) == (false, true))).await;
    // Five minutes for the bridge.
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(calls(&house, "POST", "/members?delete=false"), 12, "each joined once");
    assert_eq!(calls(&house, "POST", "/members?delete=true"), 0, "and nobody left");
    let asked = calls(&house, "POST", "/bulkadd");
    assert!(asked <= 12 + 5, "{asked} calls for twelve users in five minutes");
    let all = house.cloud.ledger().len();
    assert!(all < 12 * 20, "{all} calls for twelve users in five minutes");
    for id in &ids {
        let shown = house.provisioning(id).await;
        assert_eq!(shown["status"], "failed", "{shown}");
        assert!(shown["items"].to_string().contains("missing.division.permission"), "{shown}");
    }
    let left = work(&house).await;
    assert_eq!(left.len(), 12);
    assert!(left.iter().all(|one| reasons(one) == ["group_changed", "step_failed"]), "{left:?}");
    assert!(left.iter().all(|one| one["last"]["code"] == "missing.division.permission"), "{left:?}");
    house.cloud.clear_faults();
    eventually("all lead", async || ids.iter().all(|id| has(&house, id) == (true, true))).await;
    eventually("and nothing is left", async || work(&house).await.is_empty()).await;
    for id in &ids {
        assert_eq!(house.provisioning(id).await["status"], "committed");
    }
}

#[tokio::test]
async fn a_user_on_whom_somebody_else_is_at_work_does_not_hold_up_the_others() {
    let rules = format!("[work]\nparallel = 1\n{RULES}");
    let house = TestBridge::with(Setup { deadline_s: 1, rules, ..Setup::default() });
    let ids = hire(&house, &["nora", "vera"]).await;
    let hers =
        Fault { body_contains: Some(ids[0].clone()), ..Fault::on("POST", QUEUE, FaultKind::Status(503)) };
    house.cloud.fault(hers);
    let change = json!([{"op": "add", "path": format!("{OURS}:compactQueues"), "value": "Chat"}]);
    house.scim("PATCH", &format!("/Users/{}", ids[0]), Some(patch(change))).await.is(200);
    assert_eq!(house.provisioning(&ids[0]).await["status"], "pending");
    house.scim("POST", "/Groups", Some(group("Night Desk", &[&ids[0], &ids[1]]))).await.is(201);
    eventually("vera leads", async || has(&house, &ids[1]) == (true, true)).await;
    assert_eq!(has(&house, &ids[0]), (false, false));
    house.cloud.clear_faults();
    eventually("nora leads as well", async || has(&house, &ids[0]) == (true, true)).await;
    assert_eq!(house.cloud.snapshot()["queues"]["Chat"][&ids[0]]["joined"], true);
}

#[tokio::test]
async fn what_failed_after_the_answer_is_tried_again_by_itself() {
    let house = TestBridge::with(Setup { hurry: 40, deadline_s: 100, ..Setup::default() });
    house.cloud.fault(Fault::on("POST", QUEUE, FaultKind::TooManyRequests { retry_after_s: 150 }).once());
    house.cloud.fault(Fault::on("POST", QUEUE, refusal(400, "bad.request")).once());
    let made = house.scim("POST", "/Users", Some(agent("nora"))).await.is(201);
    let id = made.id();
    eventually("it has failed", async || house.provisioning(&id).await["status"] == "failed").await;
    assert_eq!(reasons(&work(&house).await[0]), ["step_failed"]);
    eventually("it is committed", async || house.provisioning(&id).await["status"] == "committed").await;
    assert_eq!(house.cloud.snapshot()["queues"]["EMEA Support"][&id]["joined"], true);
    eventually("and nothing is left", async || work(&house).await.is_empty()).await;
}

#[tokio::test]
async fn rules_that_have_changed_reach_people_who_are_not_written_again() {
    let mut house = TestBridge::with(Setup::default());
    let ids = hire(&house, &["nora", "vera"]).await;
    let before = house.cloud.snapshot();
    house.restart().await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(work(&house).await, Vec::<Value>::new(), "the same rules are no work");
    let rules = RULES.replace("\"EMEA Support\"]", "\"VIP\"]");
    house.restart_with(Setup { rules, ..Setup::default() }).await;
    eventually("all are in the other queue", async || {
        let queues = house.cloud.snapshot()["queues"].clone();
        ids.iter().all(|id| queues["VIP"][id]["joined"] == true && queues["EMEA Support"][id].is_null())
    })
    .await;
    house.restart_with(Setup::without_rules()).await;
    eventually("what rules gave is taken back", async || {
        let world = house.cloud.snapshot();
        ids.iter().all(|id| {
            world["queues"]["VIP"][id].is_null() && !world["grants"][id].to_string().contains("Agent@EMEA")
        })
    })
    .await;
    eventually("and nothing is left", async || work(&house).await.is_empty()).await;
    house.settled().await;
    assert_eq!(house.cloud.snapshot()["users"], before["users"]);
}

#[tokio::test]
async fn an_administrator_sees_what_is_left_tries_it_at_once_and_lets_it_be() {
    let house = TestBridge::with(Setup::default());
    let ids = hire(&house, &["nora"]).await;
    let path = format!("/work/{}", ids[0]);
    for (method, path) in
        [("GET", path.clone()), ("DELETE", path.clone()), ("POST", "/work/nobody/retry".into())]
    {
        assert_eq!(house.admin(method, &path, None).await.status, 404, "{method} {path}");
    }
    house.cloud.fault(Fault::on("POST", QUEUE, refusal(400, "queue.full")));
    house.scim("POST", "/Groups", Some(group("Night Desk", &[&ids[0]]))).await.is(201);
    eventually("it has failed", async || {
        let left = work(&house).await;
        left.first().is_some_and(|one| one["last"]["code"] == "queue.full")
    })
    .await;
    let shown = house.admin("GET", &path, None).await.is(200).body;
    assert!(shown["attempts"] == 1 && shown["last"]["correlation_id"].is_string(), "{shown}");
    assert!(shown["not_before_ms"].as_i64() > shown["last"]["at_ms"].as_i64(), "{shown}");
    house.cloud.clear_faults();
    house.admin("POST", &format!("{path}/retry"), None).await.is(202);
    eventually("it is done", async || has(&house, &ids[0]) == (true, true) && work(&house).await.is_empty())
        .await;
    house.cloud.fault(Fault::on("POST", "/members?delete=true", refusal(400, "queue.closed")));
    let groups = house.scim("GET", "/Groups", None).await.body["Resources"][0]["id"].clone();
    house.scim("DELETE", &format!("/Groups/{}", groups.as_str().unwrap()), None).await.is(204);
    eventually("it has failed", async || !work(&house).await.is_empty() && !has(&house, &ids[0]).0).await;
    eventually("it is told", async || house.provisioning(&ids[0]).await["status"] == "failed").await;
    eventually("it is dropped", async || house.admin("DELETE", &path, None).await.status == 200).await;
    assert_eq!(work(&house).await, Vec::<Value>::new());
    let entries = house.admin("GET", "/audit/entries", None).await.body.to_string();
    assert!(entries.contains("work_retried") && entries.contains("work_dropped"), "{entries}");
}

#[tokio::test]
async fn what_hangs_for_one_is_not_begun_for_all_and_comes_when_it_is_over() {
    let rules = format!("[work]\nparallel = 2\n{RULES}");
    let house = TestBridge::with(Setup { hurry: 100, deadline_s: 120, rules, ..Setup::default() });
    let names: Vec<String> = (0..12).map(|number| format!("nora{number}")).collect();
    let ids = hire(&house, &names.iter().map(String::as_str).collect::<Vec<_>>()).await;
    house.cloud.fault(Fault::on("POST", ROLES, FaultKind::Status(503)));
    let members: Vec<&str> = ids.iter().map(String::as_str).collect();
    house.scim("POST", "/Groups", Some(group("Night Desk", &members))).await.is(201);
    eventually("all have the queue", async || ids.iter().all(|id| has(&house, id) == (false, true))).await;
    let open = house.admin("GET", "/sagas", None).await.body["open"].as_array().unwrap().len();
    assert!(open <= 6, "{open} sagas wait for what does not work");
    house.cloud.clear_faults();
    eventually("all lead", async || ids.iter().all(|id| has(&house, id) == (true, true))).await;
    eventually("and nothing is left", async || work(&house).await.is_empty()).await;
}

#[tokio::test]
async fn members_who_could_not_be_added_after_the_answer_are_listed_and_added_later() {
    let house = TestBridge::with(Setup { hurry: 20, deadline_s: 20, ..Setup::without_rules() });
    let ids = hire(&house, &["nora", "vera"]).await;
    let made = house.scim("POST", "/Groups", Some(group("Night Desk", &[&ids[0]]))).await.is(201).id();
    house.settled().await;
    const MEMBERS: &str = "/api/v2/groups/{groupId}/members";
    house.cloud.fault(Fault::on("POST", MEMBERS, FaultKind::Status(503)));
    let more = patch(json!([{"op": "add", "path": "members", "value": [{"value": ids[1]}]}]));
    let path = format!("/Groups/{made}");
    let got = house.scim("PATCH", &path, Some(more)).await;
    assert!([200, 202, 204].contains(&got.status), "{got:?}");
    house.cloud.clear_faults();
    house.cloud.fault(Fault::on("POST", MEMBERS, refusal(403, "missing.permissions")));
    eventually("it is listed", async || {
        work(&house).await.iter().any(|one| one["group"] == made && reasons(one) == ["step_failed"])
    })
    .await;
    let inside = |house: &TestBridge| {
        let world = house.cloud.snapshot();
        world["groups"].to_string().matches(ids[1].as_str()).count()
    };
    assert_eq!(inside(&house), 0);
    house.cloud.clear_faults();
    house.admin("POST", &format!("/work/group-{made}/retry"), None).await.is(202);
    eventually("nothing is left to do", async || work(&house).await.is_empty()).await;
    house.settled().await;
    assert_eq!(inside(&house), 1, "{}", house.cloud.snapshot()["groups"]);
}
