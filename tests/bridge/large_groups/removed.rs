//! A group with more members than one commit takes out: it is gone at once, and whoever was in it loses what its
//! rule gave, also across a restart in the middle.

use genesys_cloud_emulator::SeedUser;
use genesys_scim_bridge::testing::limits::GONE_MEMBERS;
use serde_json::{Value, json};

use crate::support::bodies::{agent, group};
use crate::support::bridge::TestBridge;
use crate::support::emulator::cloud_with;
use crate::support::setup::Setup;
use crate::support::wait::eventually;

/// Three parts.
const OTHERS: usize = 2 * GONE_MEMBERS + 50;
/// What the rule of the group gives.
const ROLE: &str = "Team Lead@EMEA";

fn house() -> TestBridge {
    let cloud = cloud_with(|options| {
        options.rate_per_minute = 600_000;
        options.seed.users = (0..OTHERS)
            .map(|n| SeedUser {
                email: format!("c{n:05}@aurora.example"),
                name: format!("Crowd {n}"),
                ..SeedUser::default()
            })
            .collect();
        options.seed.groups.clear();
        options.seed.queues.iter_mut().for_each(|queue| queue.groups.clear());
    });
    TestBridge::on(cloud, Setup { import: "required", calls_per_minute: 600_000, ..Setup::default() })
}

async fn groups_of(house: &TestBridge, id: &str) -> usize {
    let got = house.scim("GET", &format!("/Users/{id}"), None).await.is(200);
    got.body["groups"].as_array().map_or(0, Vec::len)
}

#[tokio::test]
async fn a_removed_group_is_nobodys_at_once_and_its_members_lose_what_its_rule_gave() {
    let mut house = house();
    house.admin("POST", "/import", None).await.is(200);
    let mut members: Vec<String> =
        house.cloud.snapshot()["users"].as_object().unwrap().keys().cloned().collect();
    let mut ours = Vec::new();
    for name in ["nora", "omar", "pia"] {
        ours.push(house.scim("POST", "/Users", Some(agent(name))).await.is(201).id());
    }
    members.extend(ours.iter().cloned());
    let members: Vec<&str> = members.iter().map(String::as_str).collect();
    let desk =
        house.scim("POST", "/Groups?attributes=displayName", Some(group("Night Desk", &members))).await;
    let desk = format!("/Groups/{}", desk.is(201).id());
    let has_role = |house: &TestBridge, id: &str| {
        let world: Value = house.cloud.snapshot();
        world["grants"][id].to_string().contains(ROLE)
    };
    eventually("the rule has given", async || ours.iter().all(|id| has_role(&house, id))).await;

    house.scim("DELETE", &desk, None).await.is(204);
    for id in [&ours[0], members[0]] {
        assert_eq!(groups_of(&house, id).await, 0, "nobody shows it any more");
    }
    let of_one = format!("/Groups?filter=members.value%20eq%20%22{}%22", ours[0]);
    assert_eq!(house.scim("GET", &of_one, None).await.body["totalResults"], 0);
    house.restart().await;
    eventually("what it gave is gone", async || ours.iter().all(|id| !has_role(&house, id))).await;
    let again = house.scim("POST", "/Groups", Some(group("Night Desk", &[&ours[0]]))).await.is(201);
    let inside: Vec<&Value> =
        again.body["members"].as_array().unwrap().iter().map(|one| &one["value"]).collect();
    assert_eq!(inside, [&json!(ours[0])]);
    eventually("a new group of the name has its one member", async || has_role(&house, &ours[0])).await;
    assert!(!has_role(&house, &ours[1]));
}
