//! Names that Genesys does not know: from a request they are refused and named, from a rule the policy
//! decides.

use serde_json::{Value, json};

use super::says;
use crate::support::bodies::{OURS, agent, patch};
use crate::support::bridge::TestBridge;
use crate::support::setup::Setup;

fn asking(attribute: &str, value: Value) -> Value {
    let mut body = agent("vera");
    body["schemas"].as_array_mut().unwrap().push(json!(OURS));
    body[OURS] = json!({attribute: value});
    body
}

#[tokio::test]
async fn an_unknown_name_in_a_request_is_400_with_the_name_and_similar_ones_and_nobody_is_made() {
    let house = TestBridge::with(Setup::default());
    let before = house.cloud.snapshot();
    let rows: [(&str, Value, &[&str]); 9] = [
        ("queues", json!(["EMEA Suport"]), &["queue", "EMEA Suport", "did you mean", "EMEA Support"]),
        ("queues", json!(["Nothing like that at all"]), &["queue", "Nothing like that at all"]),
        ("compactQueues", json!("VIP;Chats"), &["queue", "Chats", "Chat"]),
        ("roles", json!([{"role": "Agnet", "division": "EMEA"}]), &["role", "Agnet", "Agent"]),
        ("roles", json!([{"role": "Agent", "division": "EMAE"}]), &["division", "EMAE", "EMEA"]),
        ("skills", json!([{"name": "Biling", "proficiency": 3}]), &["skill", "Biling", "Billing"]),
        ("languages", json!([{"name": "Spanis", "proficiency": 3}]), &["language", "Spanis", "Spanish"]),
        (
            "attributes",
            json!([{"schema": "HR", "field": "cost_center", "value": "1"}]),
            &["HR", "cost_center"],
        ),
        ("attributes", json!([{"schema": "HR", "field": "grade", "value": "high"}]), &["HR", "grade"]),
    ];
    for (attribute, value, words) in rows {
        let row = format!("{attribute} {value}");
        let got = house.scim("POST", "/Users", Some(asking(attribute, value))).await;
        assert_eq!((got.status, &got.body["scimType"]), (400, &json!("invalidValue")), "{row} {got:?}");
        says(&row, got.body["detail"].as_str().unwrap(), words);
        assert_eq!(house.cloud.snapshot(), before, "{row}");
        assert_eq!(house.scim("GET", "/Users?count=0", None).await.body["totalResults"], 0, "{row}");
    }
    let got = house.scim("POST", "/Users", Some(agent("vera"))).await;
    assert_eq!(got.status, 201, "the name is free: {got:?}");
}

#[tokio::test]
async fn an_unknown_name_in_a_patch_is_400_and_the_user_is_as_before() {
    let house = TestBridge::with(Setup::default());
    let made = house.scim("POST", "/Users", Some(agent("vera"))).await;
    house.settled().await;
    let before = (house.directory().await, house.cloud.snapshot());
    let change = patch(json!([
        {"op": "replace", "path": "displayName", "value": "never seen"},
        {"op": "add", "path": format!("{OURS}:queues"), "value": ["EMEA Suport"]},
    ]));
    let got = house.scim("PATCH", &format!("/Users/{}", made.id()), Some(change)).await;
    assert_eq!((got.status, &got.body["scimType"]), (400, &json!("invalidValue")), "{got:?}");
    says("patch", got.body["detail"].as_str().unwrap(), &["EMEA Suport", "EMEA Support"]);
    assert_eq!((house.directory().await, house.cloud.snapshot()), before);
}

const TYPO: &str = r#"
[[rule]]
name = "emea-support"
when = 'title eq "Support Agent"'
queues = ["EMEA Suport"]
skills = { Billing = 4 }
"#;

#[tokio::test]
async fn an_unknown_name_in_a_rule_is_held_and_listed_and_the_rest_is_given() {
    let house = TestBridge::with(Setup { rules: TYPO.to_owned(), ..Setup::default() });
    let made = house.scim("POST", "/Users", Some(agent("vera"))).await;
    assert_eq!(made.status, 201, "{made:?}");
    house.settled().await;
    let shown = house.provisioning(&made.id()).await;
    assert_eq!(shown["status"], "held", "{shown}");
    says("held", &shown["items"].to_string(), &["queue", "EMEA Suport", "held", "EMEA Support"]);
    assert_eq!(house.cloud.snapshot()["skills"][made.id()]["Billing"], 4.0, "the rest is given");
}

#[tokio::test]
async fn an_unknown_name_in_a_rule_refuses_or_is_skipped_where_the_tenant_says_so() {
    let refuse =
        Setup { rules: TYPO.to_owned(), tenant: "unknown_rule_name = \"refuse\"", ..Setup::default() };
    let house = TestBridge::with(refuse);
    let before = house.cloud.snapshot();
    let got = house.scim("POST", "/Users", Some(agent("vera"))).await;
    assert_eq!(got.status, 400, "{got:?}");
    says(
        "refuse",
        got.body["detail"].as_str().unwrap(),
        &["rule emea-support", "EMEA Suport", "EMEA Support"],
    );
    assert_eq!(house.cloud.snapshot(), before);
    let skip = Setup { rules: TYPO.to_owned(), tenant: "unknown_rule_name = \"skip\"", ..Setup::default() };
    let house = TestBridge::with(skip);
    let made = house.scim("POST", "/Users", Some(agent("vera"))).await;
    assert_eq!(made.status, 201, "{made:?}");
    house.settled().await;
    assert_eq!(house.provisioning(&made.id()).await["status"], "committed");
}
