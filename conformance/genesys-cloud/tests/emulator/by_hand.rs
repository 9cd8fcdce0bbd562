//! Drift made by hand: somebody changes a user past the bridge, through the library or the control endpoint,
//! and only the audit log knows who.

use genesys_cloud_emulator::{Cloud, Fault, FaultKind};
use serde_json::{Value, json};

use crate::audits::{change, told};
use crate::client::{Api, calm};

fn done(cloud: &Cloud, method: &str, target: &str, body: Option<Value>) {
    let response = cloud.by_hand(method, target, body);
    let text = String::from_utf8_lossy(&response.body);
    assert!((200..300).contains(&response.status), "{method} {target}: {} {text}", response.status);
}

#[tokio::test]
async fn everything_of_a_user_can_be_changed_by_hand_and_no_ledger_knows() {
    let api = Api::calm().await;
    let iris = api.seeded("iris.keller@aurora.example").await;
    let (queue, lead) = (api.queue("EMEA Billing").await, api.role("Team Lead").await);
    let (apac, skill) = (api.division("APAC").await, api.skill("Motor claims").await);
    api.cloud.clear_ledger();
    let cloud = &api.cloud;
    let user = format!("/api/v2/users/{iris}");
    done(cloud, "PATCH", &user, Some(json!({ "title": "Somebody else's idea" })));
    done(cloud, "POST", &format!("/api/v2/routing/queues/{queue}/members"), Some(json!([{ "id": iris }])));
    let grant = format!("/api/v2/authorization/subjects/{iris}/divisions/{apac}/roles/{lead}");
    done(cloud, "POST", &grant, None);
    let skills = format!("{user}/routingskills/bulk");
    done(cloud, "PATCH", &skills, Some(json!([{ "id": skill, "proficiency": 1.0 }])));
    let now = cloud.snapshot();
    assert_eq!(now["users"][&iris]["title"], "Somebody else's idea");
    assert_eq!(now["grants"][&iris], json!(["Agent@EMEA", "Team Lead@APAC", "employee@Home"]));
    assert_eq!(now["skills"][&iris]["Motor claims"], 1.0);
    assert!(now["queues"]["EMEA Billing"].get(&iris).is_some());
    done(cloud, "PATCH", &user, Some(json!({ "state": "inactive" })));
    done(cloud, "DELETE", &user, None);
    assert!(cloud.snapshot()["deleted_users"].get(&iris).is_some());
    assert_eq!(cloud.ledger(), [], "the bridge did none of it");
    let refused = cloud.by_hand("PATCH", &user, Some(json!({ "title": "Gone" })));
    assert_eq!(refused.status, 404);
}

#[tokio::test]
async fn neither_faults_nor_the_rate_stand_in_the_way_of_the_hand() {
    let options =
        genesys_cloud_emulator::Options { quirks: calm(), rate_per_minute: 3, ..Default::default() };
    let api = Api::start(options).await;
    let iris = api.seeded("iris.keller@aurora.example").await;
    api.cloud.fault(Fault::everywhere(FaultKind::Status(503)));
    for number in 0..20 {
        let body = json!({ "title": format!("Title {number}") });
        done(&api.cloud, "PATCH", &format!("/api/v2/users/{iris}"), Some(body));
    }
}

#[tokio::test]
async fn the_audit_log_names_the_person_and_then_the_client_again() {
    let api = Api::calm().await;
    let iris = api.seeded("iris.keller@aurora.example").await;
    let greta = api.seeded("greta.lindqvist@aurora.example").await;
    let path = format!("/api/v2/users/{iris}");
    let deed = json!({
        "method": "PATCH", "path": path, "body": { "title": "By Greta" }, "by": "greta.lindqvist@aurora.example",
    });
    let got = api.call("POST", "/__emulator/hand", Some(deed)).await;
    assert_eq!((got.status, &got.body["status"]), (200, &json!(200)), "{:?}", got.body);
    assert_eq!(got.body["body"]["title"], "By Greta");
    done(&api.cloud, "PATCH", &path, Some(json!({ "title": "By the administrator" })));
    let body = json!({ "version": 3, "title": "By the bridge" });
    assert_eq!(api.call("PATCH", &path, Some(body)).await.status, 200);
    let messages = told(&api, "Directory").await;
    let [by_greta, by_hand, by_bridge] = &messages[..] else { panic!("three: {messages:?}") };
    assert_eq!(change(by_greta, "title"), json!([["Claims agent"], ["By Greta"]]));
    assert_eq!((&by_greta["user"]["id"], &by_greta["client"]["id"]), (&json!(greta), &json!("")));
    assert_eq!(by_greta["user"].get("name"), None, "nobody asked for it");
    assert_ne!(by_hand["user"]["id"], by_greta["user"]["id"]);
    assert_eq!((&by_bridge["user"], &by_bridge["client"]["id"]), (&json!({}), &json!(api.cloud.client_id())));
    let query = json!({
        "interval": crate::audits::today(), "serviceName": "Directory",
        "filters": [{ "property": "UserId", "value": greta }],
    });
    let got = api.call("POST", "/api/v2/audits/query/realtime?expand=user", Some(query)).await;
    assert_eq!(got.body["total"], 1);
    assert_eq!(got.body["entities"][0]["user"]["name"], "Greta Lindqvist");
    let nobody = json!({ "method": "GET", "path": path, "by": "nobody@aurora.example" });
    assert_eq!(api.call("POST", "/__emulator/hand", Some(nobody)).await.body["status"], 404);
}
