//! A leaver needs nothing but the directory (P9): whatever cannot be looked up, whoever leaves is out at once.
//!
//! Each obstacle meets each kind of leaver on a bridge that has just started and knows no name. Leavers who
//! meet an open change of the same person are in `leavers_passing`.

use std::time::{Duration, Instant};

use genesys_cloud_emulator::{Fault, FaultKind};
use serde_json::{Value, json};

use crate::support::bodies::{ENTERPRISE, OURS, group, patch, user};
use crate::support::bridge::TestBridge;
use crate::support::client::Response;
use crate::support::setup::Setup;
use crate::support::wait::eventually;

/// Far less than any of the obstacles lasts, and enough for a busy machine.
const SOON: Duration = Duration::from_secs(4);
/// How long a slow route takes.
const SLOW: Duration = Duration::from_secs(8);

/// How somebody leaves.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Leaver {
    Patched,
    Put,
    Deleted,
}

pub(super) const LEAVERS: [Leaver; 3] = [Leaver::Patched, Leaver::Put, Leaver::Deleted];

/// Somebody with something of each kind.
pub(super) fn full(name: &str) -> Value {
    let mut body = user(
        name,
        json!({
            "externalId": format!("ext-{name}"), "displayName": name, "title": "Clerk", "active": true,
            ENTERPRISE: { "department": "Claims", "division": "EMEA" },
            OURS: {
                "compactRoles": "Agent@EMEA", "compactQueues": "EMEA Support;VIP", "compactTeams": "Claims Dublin",
                "compactSkills": "Billing:4", "compactLanguages": "Spanish:4", "compactAttributes": "HR.cost_centre=CC-7",
            },
        }),
    );
    body["schemas"] = json!([body["schemas"][0], ENTERPRISE, OURS]);
    body
}

/// Lets somebody leave.
pub(super) async fn leave(house: &TestBridge, leaver: Leaver, id: &str, name: &str) -> Response {
    let path = format!("/Users/{id}");
    match leaver {
        Leaver::Patched => {
            let body = patch(json!([{"op": "Replace", "path": "active", "value": "False"}]));
            house.scim("PATCH", &path, Some(body)).await
        }
        Leaver::Put => {
            let mut body = full(name);
            body["active"] = json!(false);
            house.scim("PUT", &path, Some(body)).await
        }
        Leaver::Deleted => house.scim("DELETE", &path, None).await,
    }
}

/// Whether somebody is out.
pub(super) fn is_out(house: &TestBridge, leaver: Leaver, id: &str) -> bool {
    let world = house.cloud.snapshot();
    match leaver {
        Leaver::Deleted => world["users"][id] == json!(null),
        _ => world["users"][id]["state"] == "inactive",
    }
}

/// Lets somebody leave, who must be out at once.
pub(super) async fn out_at_once(
    house: &TestBridge,
    leaver: Leaver,
    id: &str,
    name: &str,
    why: &str,
) -> Response {
    let began = Instant::now();
    let left = leave(house, leaver, id, name).await;
    let took = began.elapsed();
    assert!([200, 204].contains(&left.status), "{why}, {leaver:?}: {left:?}");
    assert!(took < SOON, "{why}, {leaver:?}: {took:?}");
    assert!(is_out(house, leaver, id), "{why}, {leaver:?}: {left:?}");
    left
}

/// One person for each kind of leaver, on a bridge that has forgotten every name.
async fn staffed(times: usize) -> (TestBridge, Vec<(Leaver, String, String)>) {
    let setup = Setup { tenant: "default_division = \"EMEA\"", deadline_s: 2, ..Setup::without_rules() };
    let mut house = TestBridge::with(setup);
    let mut staff = Vec::new();
    for n in 0..times {
        for leaver in LEAVERS {
            let name = format!("{leaver:?}{n}").to_lowercase();
            let made = house.scim("POST", "/Users", Some(full(&name))).await.is(201);
            staff.push((leaver, made.id(), name));
        }
    }
    house.settled().await;
    house.restart().await;
    house.cloud.clear_ledger();
    (house, staff)
}

/// They leave, and nothing is asked before they are out.
async fn all_leave(house: &TestBridge, staff: &[(Leaver, String, String)], why: &str) {
    for (leaver, id, name) in staff {
        house.cloud.clear_ledger();
        out_at_once(house, *leaver, id, name, why).await;
        let calls = house.cloud.ledger();
        let first = calls.iter().find(|call| !is_of_others(&call.path, id)).expect("a call");
        let pivot = if *leaver == Leaver::Deleted { "DELETE" } else { "PATCH" };
        assert_eq!(
            (first.method.as_str(), first.template.as_str()),
            (pivot, "/api/v2/scim/v2/users/{userId}"),
            "{why}: {calls:?}"
        );
    }
}

/// What the bridge asks by itself, and what it still does for somebody else.
fn is_of_others(path: &str, id: &str) -> bool {
    let someone = ["/scim/v2/users/", "/api/v2/tokens/", "/subjects/", "delete=true", "?id="];
    let other = path
        .strip_prefix("/api/v2/users/")
        .is_some_and(|rest| rest.split(['/', '?']).next().is_some_and(is_id));
    path == "/oauth/token" || (other || someone.iter().any(|part| path.contains(part))) && !path.contains(id)
}

fn is_id(segment: &str) -> bool {
    segment.len() == 36 && segment.matches('-').count() == 4
}

/// Nothing that gives access is left.
async fn nothing_is_left(house: &TestBridge, staff: &[(Leaver, String, String)], why: &str) {
    for (leaver, id, _) in staff.iter().filter(|(leaver, ..)| *leaver != Leaver::Deleted) {
        eventually("it has ended", async || house.provisioning(id).await["status"] != "pending").await;
        house.cloud.settle();
        let world = house.cloud.snapshot();
        for queue in ["EMEA Support", "VIP"] {
            assert_eq!(world["queues"][queue][id], json!(null), "{why}, {leaver:?}");
        }
        assert!(!world["teams"].to_string().contains(id.as_str()), "{why}, {leaver:?}: {}", world["teams"]);
        let grants = world["grants"][id].to_string();
        assert!(!grants.contains("Agent"), "{why}, {leaver:?}: {grants}");
        let told = house.provisioning(id).await;
        assert_eq!(told["status"], "committed", "{why}, {leaver:?}: {told}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_genesys_has_renamed_whoever_leaves_is_out_at_once() {
    let names = ["EMEA", "Agent", "EMEA Support", "Claims Dublin", "Billing", "Spanish", "HR"];
    let (house, staff) = staffed(names.len()).await;
    for (name, staff) in names.iter().zip(staff.chunks(LEAVERS.len())) {
        assert!(house.cloud.rename(name, &format!("New {name}")) > 0, "{name}");
        all_leave(&house, staff, name).await;
    }
    house.settled().await;
    for (_, id, name) in staff.iter().filter(|(leaver, ..)| *leaver == Leaver::Patched).take(1) {
        // What was kept as it was sent is read again when the person comes back.
        let back = patch(json!([{"op": "replace", "path": "active", "value": true}]));
        let got = house.scim("PATCH", &format!("/Users/{id}"), Some(back)).await;
        got.is_error(400, Some("invalidValue"));
        assert!(is_out(&house, Leaver::Patched, id), "{name}");
    }
    for name in names {
        house.cloud.rename(&format!("New {name}"), name);
    }
    let world = house.cloud.snapshot();
    for (leaver, id, _) in staff.iter().filter(|(leaver, ..)| *leaver != Leaver::Deleted) {
        assert_eq!(world["queues"]["VIP"][id], json!(null), "{leaver:?}");
        assert!(!world["teams"].to_string().contains(id.as_str()), "{leaver:?}");
        assert_eq!(house.provisioning(id).await["status"], "committed", "{leaver:?}");
    }
}

/// Every read that a change of a user may need.
const READS: [&str; 16] = [
    "/api/v2/authorization/divisions",
    "/api/v2/authorization/divisions/home",
    "/api/v2/authorization/roles",
    "/api/v2/routing/skills",
    "/api/v2/routing/languages",
    "/api/v2/users/customattributes/schemas",
    "/api/v2/routing/queues",
    "/api/v2/teams",
    "/api/v2/scim/v2/users/{userId}",
    "/api/v2/users/{userId}",
    "/api/v2/authorization/subjects/{subjectId}",
    "/api/v2/users/{userId}/routingskills",
    "/api/v2/users/{userId}/routinglanguages",
    "/api/v2/users/{userId}/customattributes/bulk",
    "/api/v2/users/{userId}/queues",
    "/api/v2/teams/{teamId}/members",
];

/// One route after the other is closed, and whoever leaves does not notice.
async fn reads_are(kind: FaultKind) {
    let (house, staff) = staffed(READS.len()).await;
    for (read, staff) in READS.iter().zip(staff.chunks(LEAVERS.len())) {
        let path = genesys_cloud_emulator::PathMatch::Template((*read).to_owned());
        house.cloud.fault(Fault::on("GET", path, kind.clone()));
        all_leave(&house, staff, read).await;
        nothing_is_left(&house, staff, read).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_we_may_not_read_whoever_leaves_is_out_at_once() {
    reads_are(FaultKind::Refuse { status: 403, code: "missing.permissions".to_owned() }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_fails_when_it_is_read_whoever_leaves_is_out_at_once() {
    reads_are(FaultKind::Status(500)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_is_slow_to_be_read_whoever_leaves_is_out_at_once() {
    reads_are(FaultKind::Delay(SLOW)).await;
}

#[tokio::test]
async fn what_could_not_be_taken_back_is_listed_and_nobody_gets_back_in() {
    let (house, staff) = staffed(1).await;
    let refuse = || FaultKind::Refuse { status: 403, code: "missing.permissions".to_owned() };
    house.cloud.fault(Fault::on("POST", "delete=true", refuse()));
    house.cloud.fault(Fault::on("DELETE", "/api/v2/teams/{teamId}/members", refuse()));
    all_leave(&house, &staff, "removals").await;
    for (leaver, id, _) in staff.iter().filter(|(leaver, ..)| *leaver != Leaver::Deleted) {
        let told = house.provisioning(id).await;
        assert_eq!(told["status"], "failed", "{leaver:?}: {told}");
        for name in ["EMEA Support", "VIP", "Claims Dublin", "missing.permissions"] {
            assert!(told["items"].to_string().contains(name), "{leaver:?}: {name} in {told}");
        }
    }
    house.cloud.clear_faults();
    for (leaver, id, name) in staff.iter().filter(|(leaver, ..)| *leaver != Leaver::Deleted) {
        // It is still ours, and the next try takes it.
        leave(&house, *leaver, id, name).await.is(200);
    }
    nothing_is_left(&house, &staff, "the second try").await;
}

#[tokio::test]
async fn who_was_deleted_in_genesys_is_out_already_and_is_not_brought_back() {
    let (house, staff) = staffed(1).await;
    let gone = |id: &str| house.cloud.snapshot()["users"][id] == json!(null);
    for (leaver, id, name) in &staff {
        let url = format!("{}/api/v2/scim/v2/users/{id}", house.cloud.api_base());
        let token = token(&house).await;
        let removed = house.http.delete(url).bearer_auth(token).send().await.unwrap();
        assert!(removed.status().is_success(), "{removed:?}");
        let left = leave(&house, *leaver, id, name).await;
        assert!([200, 204].contains(&left.status), "{leaver:?}: {left:?}");
        assert!(gone(id), "{leaver:?}: {left:?}");
    }
}

/// An access token of the bridge's own client.
async fn token(house: &TestBridge) -> String {
    let url = format!("{}/oauth/token", house.cloud.login_base());
    let asked = house.http.post(url).basic_auth(house.cloud.client_id(), Some(house.cloud.client_secret()));
    let asked = asked.header("content-type", "application/x-www-form-urlencoded");
    let got: Value = asked.body("grant_type=client_credentials").send().await.unwrap().json().await.unwrap();
    got["access_token"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_group_gives_nothing_to_somebody_who_left() {
    let house = TestBridge::with(Setup::default());
    let made = house.scim("POST", "/Users", Some(full("nora"))).await.is(201);
    let id = made.id();
    house.settled().await;
    leave(&house, Leaver::Patched, &id, "nora").await.is(200);
    house.settled().await;
    let before = house.cloud.snapshot();
    house.scim("POST", "/Groups", Some(group("Night Desk", &[&id]))).await.is(201);
    let ada = house.scim("POST", "/Users", Some(full("ada"))).await.is(201).id();
    let more = patch(json!([{"op": "add", "path": "members", "value": [{"value": ada}]}]));
    let groups = house.scim("GET", "/Groups", None).await.is(200);
    let path = format!("/Groups/{}", groups.body["Resources"][0]["id"].as_str().unwrap());
    house.scim("PATCH", &path, Some(more)).await.is(200);
    eventually("the other member has what the rule says", async || {
        house.cloud.snapshot()["grants"][&ada].to_string().contains("Team Lead")
    })
    .await;
    house.settled().await;
    let after = house.cloud.snapshot();
    for section in ["users", "grants", "skills", "languages", "attributes"] {
        assert_eq!(before[section][&id], after[section][&id], "{section}");
    }
    assert_eq!(after["queues"]["VIP"][&id], json!(null));
}

#[tokio::test]
async fn what_a_rule_gave_is_taken_back_although_another_name_is_unknown() {
    let setup = || Setup { deadline_s: 5, ..Setup::default() };
    let mut house = TestBridge::with(setup());
    let mut body = full("nora");
    body[OURS]["compactQueues"] = json!("EMEA Support");
    let nora = house.scim("POST", "/Users", Some(body)).await.is(201).id();
    let desk = house.scim("POST", "/Groups", Some(group("Night Desk", &[&nora]))).await.is(201).id();
    let in_vip = |house: &TestBridge| house.cloud.snapshot()["queues"]["VIP"][&nora] != json!(null);
    eventually("the rule gives", async || in_vip(&house)).await;
    house.settled().await;
    for name in ["Billing", "EMEA Support", "EMEA"] {
        house.cloud.rename(name, &format!("New {name}"));
    }
    house.restart().await;
    let nobody = patch(json!([{"op": "remove", "path": "members"}]));
    house.scim("PATCH", &format!("/Groups/{desk}"), Some(nobody)).await;
    eventually("the rule takes back", async || !in_vip(&house)).await;
    eventually("what cannot be resolved is told", async || {
        house.provisioning(&nora).await["items"].to_string().contains("Billing")
    })
    .await;
    house.settled().await;
    let world = house.cloud.snapshot();
    assert!(!world["grants"][&nora].to_string().contains("Team Lead"), "{}", world["grants"][&nora]);
    assert_ne!(world["queues"]["New EMEA Support"][&nora], json!(null), "what nobody took back stays");
    assert_eq!(world["skills"][&nora]["New Billing"], 4.0);
    assert_eq!(world["users"][&nora]["state"], "active");
}
