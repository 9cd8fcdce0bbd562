//! The address of somebody who was deleted, and every answer that Genesys may give to a create with it
//! (docs/genesys.md G2.25): who the new person is, and what they have.
//!
//! Whom an administrator deleted and who may come back at all is in `restoring`.

use genesys_cloud_emulator::{DeletedEmail, Quirks};
use serde_json::{Value, json};

use super::leavers::full;
use super::theirs::administrator;
use crate::support::bodies::{OURS, agent, patch};
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
