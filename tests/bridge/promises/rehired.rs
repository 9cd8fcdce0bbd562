//! The address of somebody who was deleted, and every answer that Genesys may give to a create with it
//! (docs/genesys.md G2.25): who the new person is, and what they have.
//!
//! Whom an administrator deleted and who may come back at all is in `restoring`.

use genesys_cloud_emulator::{DeletedEmail, Fault, FaultKind, Quirks};
use serde_json::{Value, json};

use super::leavers::full;
use super::theirs::administrator;
use crate::support::bodies::{ENTERPRISE, OURS, agent, patch, user};
use crate::support::bridge::TestBridge;
use crate::support::setup::Setup;
use crate::support::wait::eventually;

const ANSWERS: [DeletedEmail; 3] = [DeletedEmail::Create, DeletedEmail::Restore, DeletedEmail::Conflict];
/// Each kind of entitlement, as the person had it and as they are hired again with.
const KINDS: [(&str, &str); 6] = [
    ("compactRoles", "Supervisor@Americas"),
    ("compactQueues", "Overflow"),
    ("compactTeams", ""),
    ("compactSkills", "Voice:3"),
    ("compactLanguages", "French:2"),
    ("compactAttributes", "HR.badge_number=4711"),
];

fn house(answer: DeletedEmail) -> TestBridge {
    let house = TestBridge::with(Setup::without_rules());
    house.cloud.set_quirks(Quirks { deleted_email: answer, ..Quirks::default() });
    house
}

/// Somebody with something of each kind.
async fn hired(house: &TestBridge) -> String {
    let id = house.scim("POST", "/Users", Some(full("nora"))).await.is(201).id();
    house.settled().await;
    id
}

/// The same person comes again, with what these say of each kind.
async fn hired_again(house: &TestBridge, with: impl Fn(&'static str) -> &'static str) -> String {
    let mut body = agent("nora");
    body["schemas"].as_array_mut().unwrap().push(json!(OURS));
    let kinds = KINDS.into_iter().map(|(kind, other)| (kind.to_owned(), json!(with(other))));
    body[OURS] = Value::Object(kinds.collect());
    let id = house.scim("POST", "/Users", Some(body)).await.is(201).id();
    eventually("it is committed", async || house.provisioning(&id).await["status"] == "committed").await;
    house.settled().await;
    id
}

/// All that somebody has in Genesys, in one text.
fn holdings(house: &TestBridge, id: &str) -> String {
    let world = house.cloud.snapshot();
    let own = ["grants", "skills", "languages", "attributes"].map(|section| world[section][id].to_string());
    let lists = ["queues", "teams"].into_iter().flat_map(|section| {
        let all = world[section].as_object().unwrap().clone();
        all.into_iter().filter(|(_, members)| members.to_string().contains(id)).map(|(name, _)| name)
    });
    own.into_iter().chain(lists).collect::<Vec<_>>().join(" ")
}

/// Nothing of what the person had before.
fn nothing_is_back(house: &TestBridge, id: &str, answer: DeletedEmail) {
    let has = holdings(house, id);
    for old in ["Agent@", "EMEA Support", "VIP", "Claims Dublin", "Billing", "Spanish", "cost_centre"] {
        assert!(!has.contains(old), "{answer:?}: {old} is back: {has}");
    }
}

fn is_the_same_person(answer: DeletedEmail) -> bool {
    answer != DeletedEmail::Create
}

#[tokio::test]
async fn who_was_deleted_here_and_is_made_again_with_nothing_has_nothing_whatever_genesys_makes_of_it() {
    for answer in ANSWERS {
        let house = house(answer);
        let before = hired(&house).await;
        house.scim("DELETE", &format!("/Users/{before}"), None).await.is(204);
        house.settled().await;
        let id = hired_again(&house, |_| "").await;
        assert_eq!(id == before, is_the_same_person(answer), "{answer:?}");
        assert_eq!(house.with_address("nora@aurora.example"), std::slice::from_ref(&id), "{answer:?}");
        assert_eq!(house.cloud.snapshot()["users"][&id]["state"], "active", "{answer:?}");
        nothing_is_back(&house, &id, answer);
        // And nothing is in the way of what is asked for next.
        let skills = |value: &str| {
            patch(json!([{ "op": "replace", "path": format!("{OURS}:compactSkills"), "value": value }]))
        };
        for (value, there) in [("Billing:2", true), ("", false)] {
            house.scim("PATCH", &format!("/Users/{id}"), Some(skills(value))).await.is(200);
            house.settled().await;
            assert_eq!(holdings(&house, &id).contains("Billing"), there, "{answer:?}");
        }
    }
}

#[tokio::test]
async fn who_was_deleted_here_and_is_made_again_with_something_else_has_that_and_no_more() {
    for answer in ANSWERS {
        let house = house(answer);
        let before = hired(&house).await;
        house.scim("DELETE", &format!("/Users/{before}"), None).await.is(204);
        house.settled().await;
        let id = hired_again(&house, |other| other).await;
        nothing_is_back(&house, &id, answer);
        let has = holdings(&house, &id);
        for new in ["Supervisor@Americas", "Overflow", "Voice", "French", "badge_number"] {
            assert!(has.contains(new), "{answer:?}: {new} is missing: {has}");
        }
    }
}

#[tokio::test]
async fn the_address_of_somebody_whom_an_administrator_deleted_makes_a_new_person_or_is_refused() {
    for answer in ANSWERS {
        let house = house(answer);
        let theirs = house.with_address("iris.keller@aurora.example")[0].clone();
        administrator(&house, "DELETE", &format!("/api/v2/scim/v2/users/{theirs}"), None).await;
        house.cloud.settle();
        let got = house.scim("POST", "/Users", Some(agent("iris.keller"))).await;
        house.settled().await;
        match answer {
            DeletedEmail::Create => assert_ne!(got.is(201).id(), theirs),
            // Genesys decides it alone, and says nothing.
            DeletedEmail::Restore => assert_eq!(got.is(201).id(), theirs),
            DeletedEmail::Conflict => {
                got.is_error(409, Some("uniqueness"));
                assert_eq!(house.with_address("iris.keller@aurora.example"), Vec::<String>::new());
            }
        }
    }
}

/// What the emulator keeps of a person beside name, address and state.
const CORE: [&str; 7] =
    ["title", "department", "manager", "employeeNumber", "dateHire", "phones", "externalId"];
const PATH: &str = "/api/v2/scim/v2/users";
const REST: &str = "/api/v2/users/{userId}";
const IDENTITY: &str = "/api/v2/scim/v2/users/{userId}";

/// Somebody with a value of each, who is deleted again.
async fn gone(house: &TestBridge) -> String {
    let boss = house.scim("POST", "/Users", Some(agent("boss"))).await.is(201).id();
    let enterprise = json!({
        "department": "Claims", "employeeNumber": "E-7", "dateHire": "2020-02-02", "manager": {"value": boss},
    });
    let mut body = agent("nora");
    body["schemas"].as_array_mut().unwrap().push(json!(ENTERPRISE));
    body[ENTERPRISE] = enterprise;
    body["phoneNumbers"] = json!([{"type": "work", "value": "+35315550100"}]);
    let id = house.scim("POST", "/Users", Some(body)).await.is(201).id();
    house.settled().await;
    for name in CORE {
        assert_ne!(house.cloud.snapshot()["users"][&id][name], json!(null), "{name}");
    }
    house.scim("DELETE", &format!("/Users/{id}"), None).await.is(204);
    house.settled().await;
    id
}

/// The next who has the address: of all that only a department.
fn next() -> Value {
    let mut body = user("nora", json!({"displayName": "Nora the Second", "active": true}));
    body["schemas"].as_array_mut().unwrap().push(json!(ENTERPRISE));
    body[ENTERPRISE] = json!({"department": "Night"});
    body
}

fn has_what_was_asked_for_and_no_more(house: &TestBridge, id: &str, case: &str) {
    let there = &house.cloud.snapshot()["users"][id];
    assert_eq!(there["department"], "Night", "{case}");
    for name in CORE.into_iter().filter(|name| *name != "department") {
        assert_eq!(there[name], json!(null), "{case}: {name} of the person before");
    }
}

#[tokio::test]
async fn who_gets_the_address_of_somebody_who_was_deleted_has_no_title_number_or_manager_of_theirs() {
    let lags = [(0, false), (600, false), (0, true), (600, true)];
    let cases = ANSWERS.into_iter().flat_map(|answer| lags.map(|(lag_ms, lost)| (answer, lag_ms, lost)));
    for (answer, lag_ms, lost) in cases {
        let case = format!("{answer:?}, lag {lag_ms}, the answer is lost: {lost}");
        let house = house(answer);
        let before = gone(&house).await;
        house.cloud.set_quirks(Quirks {
            deleted_email: answer,
            stale_ms: lag_ms,
            stale_writes: true,
            ..Quirks::default()
        });
        if lost {
            // Of a create that is refused nothing is lost but the refusal; then it is the call that restores.
            let (method, path) = match answer {
                DeletedEmail::Conflict => ("PATCH", REST),
                _ => ("POST", PATH),
            };
            house.cloud.fault(Fault::on(method, path, FaultKind::ApplyThenDrop).once());
        }
        let id = house.scim("POST", "/Users", Some(next())).await.is(201).id();
        assert_eq!(id == before, is_the_same_person(answer), "{case}");
        has_what_was_asked_for_and_no_more(&house, &id, &case);
        eventually("it is committed", async || house.provisioning(&id).await["status"] == "committed").await;
    }
}

#[tokio::test]
async fn as_long_as_something_of_the_person_before_stands_nobody_is_told_that_the_next_is_there() {
    let house = TestBridge::with(Setup { deadline_s: 2, ..Setup::without_rules() });
    house.cloud.set_quirks(Quirks { deleted_email: DeletedEmail::Restore, ..Quirks::default() });
    let before = gone(&house).await;
    house.cloud.fault(Fault::on("PATCH", IDENTITY, FaultKind::Status(503)));
    house.scim("POST", "/Users", Some(next())).await.is(503);
    assert_eq!(house.cloud.snapshot()["users"][&before]["title"], "Support Agent");
    house.scim("GET", &format!("/Users/{before}"), None).await.is(404);
    house.cloud.clear_faults();
    eventually("it is made", async || {
        house.scim("GET", &format!("/Users/{before}"), None).await.status == 200
    })
    .await;
    has_what_was_asked_for_and_no_more(&house, &before, "later");
}

#[tokio::test]
async fn where_genesys_does_not_take_off_what_it_gave_back_the_create_is_refused_and_undone() {
    let house = house(DeletedEmail::Restore);
    let before = gone(&house).await;
    let no = FaultKind::Refuse { status: 400, code: "invalidValue".to_owned() };
    house.cloud.fault(Fault::on("PATCH", IDENTITY, no));
    let got = house.scim("POST", "/Users", Some(next())).await.is(400);
    assert!(got.body["detail"].to_string().contains("deleted"), "{got:?}");
    house.settled().await;
    assert_eq!(house.with_address("nora@aurora.example"), Vec::<String>::new());
    house.cloud.clear_faults();
    let id = house.scim("POST", "/Users", Some(next())).await.is(201).id();
    assert_eq!(id, before);
    has_what_was_asked_for_and_no_more(&house, &id, "the next time");
}

#[tokio::test]
async fn somebody_new_costs_no_call_more_although_genesys_may_give_the_deleted_back() {
    let house = house(DeletedEmail::Restore);
    house.scim("POST", "/Users", Some(agent("first"))).await.is(201);
    house.settled().await;
    house.cloud.clear_ledger();
    house.scim("POST", "/Users", Some(user("nora", json!({"displayName": "Nora"})))).await.is(201);
    house.settled().await;
    let calls: Vec<String> =
        house.cloud.ledger().iter().map(|call| format!("{} {}", call.method, call.path)).collect();
    assert_eq!(calls, [format!("POST {PATH}")]);
}

#[tokio::test]
async fn two_people_are_never_one_user_although_genesys_gives_the_one_back_for_the_other() {
    for lost in [false, true] {
        let house = house(DeletedEmail::Restore);
        let nora = house.scim("POST", "/Users", Some(agent("nora"))).await.is(201).id();
        house.settled().await;
        // An administrator gives Nora another address, and deletes her.
        let there = format!("{PATH}/{nora}");
        let rename = patch(json!([{"op": "replace", "path": "userName", "value": "omar@aurora.example"}]));
        administrator(&house, "PATCH", &there, Some(rename)).await;
        administrator(&house, "DELETE", &there, None).await;
        house.cloud.settle();
        let before = house.scim("GET", &format!("/Users/{nora}"), None).await.is(200).body;
        if lost {
            house.cloud.fault(Fault::on("POST", PATH, FaultKind::ApplyThenDrop).once());
        }
        house.scim("POST", "/Users", Some(agent("omar"))).await.is_error(409, Some("uniqueness"));
        house.settled().await;
        let after = house.scim("GET", &format!("/Users/{nora}"), None).await.is(200).body;
        assert_eq!(after, before, "lost: {lost}");
        assert_eq!(house.with_address("omar@aurora.example"), Vec::<String>::new(), "lost: {lost}");
        // Whoever is deleted here as well makes room.
        house.scim("DELETE", &format!("/Users/{nora}"), None).await.is(204);
        house.settled().await;
        let omar = house.scim("POST", "/Users", Some(agent("omar"))).await.is(201).id();
        assert_eq!(house.with_address("omar@aurora.example"), [omar], "lost: {lost}");
    }
}
