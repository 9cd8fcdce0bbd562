//! Group membership gives by rule and takes back what it gave.

use serde_json::json;

use crate::support::bodies::{agent, group, patch};
use crate::support::bridge::TestBridge;
use crate::support::setup::Setup;
use crate::support::wait::eventually;

fn has(house: &TestBridge, id: &str) -> (bool, bool) {
    let world = house.cloud.snapshot();
    let leads = world["grants"][id].as_array().is_some_and(|all| all.contains(&json!("Team Lead@EMEA")));
    (leads, world["queues"]["VIP"][id]["joined"] == true)
}

async fn hire(house: &TestBridge, name: &str) -> String {
    let got = house.scim("POST", "/Users", Some(agent(name))).await;
    assert_eq!(got.status, 201, "{got:?}");
    got.id()
}

#[tokio::test]
async fn joining_a_group_gives_what_its_rule_says_and_leaving_takes_back_that_and_nothing_else() {
    let house = TestBridge::with(Setup::default());
    let (nora, vera) = (hire(&house, "nora").await, hire(&house, "vera").await);
    house.settled().await;
    let before = house.cloud.snapshot();
    let group = house.scim("POST", "/Groups", Some(group("Night Desk", &[&nora]))).await;
    assert_eq!(group.status, 201, "{group:?}");
    let path = format!("/Groups/{}", group.id());
    eventually("nora leads", async || has(&house, &nora) == (true, true)).await;
    assert_eq!(has(&house, &vera), (false, false), "only who belongs to it");
    let shown = house.scim("GET", &format!("/Users/{nora}"), None).await;
    assert_eq!(shown.body["groups"][0]["display"], "Night Desk", "{shown:?}");
    // Okta's way to swap one member for another.
    let swap = patch(json!([
        {"op": "remove", "path": format!("members[value eq \"{nora}\"]")},
        {"op": "add", "path": "members", "value": [{"value": vera}]},
    ]));
    let got = house.scim("PATCH", &path, Some(swap)).await;
    assert!(matches!(got.status, 200 | 204), "{got:?}");
    eventually("vera leads and nora does not", async || {
        has(&house, &nora) == (false, false) && has(&house, &vera) == (true, true)
    })
    .await;
    assert_eq!(house.scim("DELETE", &path, None).await.status, 204);
    eventually("nobody leads", async || has(&house, &vera) == (false, false)).await;
    house.settled().await;
    let after = house.cloud.snapshot();
    for section in ["users", "grants", "skills", "languages", "queues", "teams", "attributes"] {
        assert_eq!(after[section], before[section], "{section}: everything else stayed");
    }
}

#[tokio::test]
async fn a_group_is_acknowledged_although_one_of_its_members_cannot_get_what_the_rule_says() {
    let rules = "[[rule]]\nname = \"night-desk\"\nwhen = 'groups.display eq \"Night Desk\"'\nqueues = [\"VIP\", \"No such queue\"]\n";
    let house = TestBridge::with(Setup { rules: rules.to_owned(), ..Setup::default() });
    let nora = hire(&house, "nora").await;
    let group = house.scim("POST", "/Groups", Some(group("Night Desk", &[&nora]))).await;
    assert_eq!(group.status, 201, "{group:?}");
    eventually("nora has the queue that exists", async || has(&house, &nora).1).await;
    eventually("the other one is listed as held", async || {
        let shown = house.provisioning(&nora).await;
        shown["status"] == "held" && shown["items"].to_string().contains("No such queue")
    })
    .await;
}

#[tokio::test]
async fn a_member_that_does_not_exist_is_refused_and_named_and_the_group_is_not_made() {
    let house = TestBridge::with(Setup::default());
    let before = house.cloud.snapshot();
    let got = house.scim("POST", "/Groups", Some(group("Night Desk", &["nobody-of-this-name"]))).await;
    assert_eq!((got.status, &got.body["scimType"]), (400, &json!("invalidValue")), "{got:?}");
    assert!(got.body["detail"].as_str().unwrap().contains("nobody-of-this-name"), "{got:?}");
    assert_eq!(house.scim("GET", "/Groups", None).await.body["totalResults"], 0);
    assert_eq!(house.cloud.snapshot(), before);
}
