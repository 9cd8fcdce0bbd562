//! A membership that took effect without an answer, where a member cannot be added twice, and the look that would
//! tell fails as well: a look that failed is no refusal, for nobody.
//!
//! What the client of Genesys makes of one such call is in `genesys_client::teams`.

use genesys_cloud_emulator::{AtGone, Fault, FaultKind, Quirks};
use serde_json::{Value, json};

use crate::support::bodies::{ENTERPRISE, OURS, agent, patch};
use crate::support::bridge::TestBridge;
use crate::support::setup::Setup;
use crate::support::wait::eventually;

/// A kind of membership: its attribute, one of it, its section of the organisation, where it is joined and where
/// it is looked up.
#[derive(Clone, Copy, Debug)]
struct Kind {
    attribute: &'static str,
    one: &'static str,
    section: &'static str,
    join: &'static str,
    look: &'static str,
}

const KINDS: [Kind; 2] = [
    Kind {
        attribute: "compactQueues",
        one: "VIP",
        section: "queues",
        join: "/api/v2/routing/queues/{queueId}/members",
        look: "/api/v2/users/{userId}/queues",
    },
    Kind {
        attribute: "compactTeams",
        one: "Claims Dublin",
        section: "teams",
        join: "/api/v2/teams/{teamId}/members",
        look: "/api/v2/teams/{teamId}/members",
    },
];

/// Nobody can be added twice.
fn house() -> TestBridge {
    let house = TestBridge::with(Setup { deadline_s: 3, ..Setup::without_rules() });
    let refuse = AtGone::Refuse;
    house.cloud.set_quirks(Quirks { queue_readd: refuse, team_readd: refuse, ..Quirks::default() });
    house
}

fn lose_the_answer_and_fail_the_look(house: &TestBridge, kind: Kind, looks_before: u32) {
    house.cloud.fault(Fault::on("POST", kind.join, FaultKind::ApplyThenDrop).once());
    house.cloud.fault(Fault::on("GET", kind.look, FaultKind::Status(502)).skip(looks_before));
}

fn is_member(house: &TestBridge, kind: Kind, id: &str) -> bool {
    house.cloud.snapshot()[kind.section][kind.one].to_string().contains(id)
}

/// It waits for a look; once one gets through it is as was asked for, and nothing was refused meanwhile.
async fn waits_and_is_done(house: &TestBridge, kind: Kind, id: &str) {
    assert_eq!(house.provisioning(id).await["status"], "pending", "{kind:?}");
    assert!(is_member(house, kind, id), "{kind:?}");
    eventually("the repeated call was refused, and a look after it failed", async || {
        let calls = house.cloud.ledger();
        let refused = |status: Option<u16>| status.is_some_and(|status| (200..500).contains(&status));
        let again = calls.iter().find(|call| {
            call.method == "POST" && call.template == kind.join && !call.effect && refused(call.status)
        });
        let since = again.map_or(u64::MAX, |call| call.seq);
        calls.iter().any(|call| call.seq > since && call.template == kind.look && call.status == Some(502))
    })
    .await;
    house.cloud.clear_faults();
    eventually("it is committed", async || house.provisioning(id).await["status"] == "committed").await;
    house.settled().await;
    assert!(is_member(house, kind, id), "{kind:?}");
    let ended = house.admin("GET", "/sagas?finished=1", None).await.body["finished"][0]["state"].clone();
    assert_eq!(ended, "committed", "{kind:?}");
}

/// A person in the division of the team.
fn person(name: &str, ours: Value) -> Value {
    let mut body = agent(name);
    body[ENTERPRISE] = json!({ "division": "EMEA" });
    body[OURS] = ours;
    body
}

/// Somebody who is there is given one.
async fn give(house: &TestBridge, kind: Kind, id: &str) {
    let path = format!("{OURS}:{}", kind.attribute);
    let change = patch(json!([{ "op": "replace", "path": path, "value": kind.one }]));
    house.scim("PATCH", &format!("/Users/{id}"), Some(change)).await.is(200);
}

#[tokio::test]
async fn a_lost_membership_of_a_new_person_whose_look_fails_is_pending_and_then_done() {
    for kind in KINDS {
        let house = house();
        lose_the_answer_and_fail_the_look(&house, kind, 0);
        let body = person("nora", json!({ kind.attribute: kind.one }));
        let made = house.scim("POST", "/Users", Some(body)).await.is(201);
        waits_and_is_done(&house, kind, &made.id()).await;
    }
}

#[tokio::test]
async fn a_lost_membership_of_somebody_who_is_there_whose_look_fails_is_pending_and_then_done() {
    for kind in KINDS {
        let house = house();
        let mut made = Vec::new();
        for name in ["vera", "nora"] {
            made.push(house.scim("POST", "/Users", Some(person(name, json!({})))).await.is(201).id());
        }
        house.settled().await;
        house.cloud.clear_ledger();
        // The looks by which such a change is planned get through.
        give(&house, kind, &made[0]).await;
        let calls = house.cloud.ledger();
        let looks = calls.iter().filter(|call| call.method == "GET" && call.template == kind.look).count();
        house.settled().await;
        house.cloud.clear_ledger();
        lose_the_answer_and_fail_the_look(&house, kind, u32::try_from(looks).unwrap());
        give(&house, kind, &made[1]).await;
        waits_and_is_done(&house, kind, &made[1]).await;
    }
}
