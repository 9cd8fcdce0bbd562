//! Names that Genesys does not know: what they refuse, what waits for them, and what comes when they are there.

use serde_json::{Value, json};

use crate::support::bodies::{ENTERPRISE, OURS, agent, patch};
use crate::support::bridge::TestBridge;
use crate::support::setup::Setup;
use crate::support::wait::eventually;

fn holding() -> Setup {
    Setup { tenant: "unknown_request_name = \"hold\"", hurry: 20, ..Setup::without_rules() }
}

/// An agent with a skill that there is, and names that there are not.
fn random() -> Value {
    let mut body = agent("nora");
    body["roles"] = json!([{"value": "Nurse"}]);
    body[ENTERPRISE]["division"] = json!("Atlantis");
    body[OURS] = json!({ "compactQueues": "Annex", "compactSkills": "Billing:4" });
    body
}

#[tokio::test]
async fn a_held_name_of_a_request_refuses_nothing_and_is_given_once_genesys_has_it() {
    let mut house = TestBridge::with(holding());
    let nora = house.scim("POST", "/Users", Some(random())).await.is(201).id();
    house.settled().await;
    let shown = house.provisioning(&nora).await;
    assert_eq!(shown["status"], "held", "{shown}");
    for name in ["Annex", "Atlantis"] {
        assert!(shown["items"].to_string().contains(name), "{name}: {shown}");
    }
    let world = house.cloud.snapshot();
    assert_eq!(world["skills"][&nora]["Billing"], 4.0, "the rest is done: {world}");
    assert!(!world["grants"][&nora].to_string().contains("Nurse"), "{}", world["grants"][&nora]);
    for (there, wanted) in [("EMEA", "Atlantis"), ("VIP", "Annex"), ("Supervisor", "Nurse")] {
        assert!(house.cloud.rename(there, wanted) > 0, "{there}");
    }
    // Names are kept for some minutes.
    house.restart().await;
    let path = format!("/work/{nora}/retry");
    house.admin("POST", &path, None).await;
    eventually("all is as the request said", async || {
        house.provisioning(&nora).await["status"] == "committed"
    })
    .await;
    let world = house.cloud.snapshot();
    assert!(world["grants"][&nora].to_string().contains("Nurse@Atlantis"), "{}", world["grants"][&nora]);
    assert_eq!(world["queues"]["Annex"][&nora]["joined"], true, "{}", world["queues"]);
    let left = house.admin("GET", "/work", None).await.is(200);
    assert_eq!(left.body["work"], json!([]), "{left:?}");
}

#[tokio::test]
async fn a_value_that_cannot_be_is_refused_where_names_are_held_as_well() {
    let house = TestBridge::with(holding());
    let mut body = random();
    body[OURS]["compactSkills"] = json!("Billing:9");
    house.scim("POST", "/Users", Some(body)).await.is_error(400, Some("invalidValue"));
}

#[tokio::test]
async fn a_patch_is_not_refused_for_a_lost_name_that_it_leaves_alone() {
    let mut house = TestBridge::with(Setup::without_rules());
    let mut body = agent("vera");
    body[ENTERPRISE]["division"] = json!("EMEA");
    body[OURS] = json!({ "compactQueues": "VIP", "compactSkills": "Billing:4" });
    let vera = house.scim("POST", "/Users", Some(body)).await.is(201).id();
    house.settled().await;
    for name in ["VIP", "EMEA"] {
        house.cloud.rename(name, &format!("New {name}"));
    }
    house.restart().await;
    let path = format!("/Users/{vera}");
    let title = patch(json!([{"op": "replace", "path": "title", "value": "Lead"}]));
    house.scim("PATCH", &path, Some(title)).await.is(200);
    assert_eq!(house.cloud.snapshot()["users"][&vera]["title"], "Lead");
    let shown = house.provisioning(&vera).await;
    assert!(shown["items"].to_string().contains("VIP"), "it is told: {shown}");
    assert_ne!(house.cloud.snapshot()["queues"]["New VIP"][&vera], json!(null), "and nothing is taken");
    // What a request names itself is refused as ever.
    let queue = patch(json!([{"op": "replace", "path": format!("{OURS}:compactQueues"), "value": "Annex"}]));
    house.scim("PATCH", &path, Some(queue)).await.is_error(400, Some("invalidValue"));
}
