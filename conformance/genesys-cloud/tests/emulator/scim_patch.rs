//! SCIM PATCH of users, end to end: what each kind of operation does to the organisation.

use genesys_cloud_emulator::Quirks;
use serde_json::{Value, json};

use crate::client::{Api, ENTERPRISE, GENESYS, SCIM_USERS, calm};

#[tokio::test]
async fn operations_change_what_they_name_and_nothing_else() {
    let api = Api::calm().await;
    let iris = api.seeded("iris.keller@aurora.example").await;
    let greta = api.seeded("greta.lindqvist@aurora.example").await;
    let noor = api.seeded("noor.haddad@aurora.example").await;
    let manager = format!("{ENTERPRISE}:manager");
    let skills = format!("{GENESYS}:routingSkills");
    for (operation, pointer, after) in [
        (json!({ "op": "Replace", "path": "title", "value": "Lead" }), "/title".to_owned(), json!("Lead")),
        (json!({ "op": "remove", "path": "title" }), "/title".to_owned(), Value::Null),
        (json!({ "op": "add", "value": { "title": "Agent" } }), "/title".to_owned(), json!("Agent")),
        (
            json!({ "op": "add", "path": "emails[type eq \"work\"].value", "value": "i@work.example" }),
            "/emails/1/value".to_owned(),
            json!("i@work.example"),
        ),
        (
            json!({ "op": "replace", "path": format!("{manager}.value"), "value": noor }),
            format!("/{ENTERPRISE}/manager/value"),
            json!(noor),
        ),
        (
            json!({ "op": "add", "path": manager, "value": greta }),
            format!("/{ENTERPRISE}/manager/value"),
            json!(greta),
        ),
        (json!({ "op": "remove", "path": manager }), format!("/{ENTERPRISE}/manager"), Value::Null),
        (
            json!({ "op": "replace", "path": format!("{ENTERPRISE}:division"), "value": "APAC" }),
            format!("/{ENTERPRISE}/division"),
            json!("APAC"),
        ),
        (
            json!({ "op": "remove", "path": format!("{skills}[name eq \"Motor claims\"]") }),
            format!("/{GENESYS}/routingSkills/1"),
            Value::Null,
        ),
        (
            json!({ "op": "replace", "path": skills, "value": [{ "name": "Chat", "proficiency": 1.5 }] }),
            format!("/{GENESYS}/routingSkills"),
            json!([{ "name": "Chat", "proficiency": 1.5 }]),
        ),
    ] {
        let got = api.patch(&iris, json!([operation])).await;
        assert_eq!(got.status, 200, "{operation}: {got:?}");
        assert_eq!(got.body.pointer(&pointer).cloned().unwrap_or_default(), after, "{operation}");
    }
    let snapshot = api.cloud.snapshot();
    assert_eq!(snapshot["grants"][&iris], json!(["Agent@EMEA", "employee@Home"]), "roles were never named");
    assert_eq!(snapshot["attributes"][&iris]["HR"]["badge_number_identifier"], "B-1002");
}

#[tokio::test]
async fn a_patch_is_all_or_nothing() {
    let api = Api::calm().await;
    let iris = api.seeded("iris.keller@aurora.example").await;
    let before = api.cloud.snapshot();
    for second in [
        json!({ "op": "replace", "path": format!("{GENESYS}:routingSkills"), "value": [{ "name": "No such skill" }] }),
        json!({ "op": "remove", "path": "displayName" }),
        json!({ "op": "remove" }),
        json!({ "op": "add", "path": "externalIds", "value": [{ "authority": "a", "value": "b" }] }),
        json!({ "op": "replace", "path": "active", "value": "False" }),
        json!({ "op": "replace", "path": "userName", "value": "noor.haddad@aurora.example" }),
    ] {
        let first = json!({ "op": "replace", "path": "title", "value": "Changed" });
        let got = api.patch(&iris, json!([first, second])).await;
        assert!(got.status == 400 || got.status == 409, "{second}: {got:?}");
    }
    for body in
        [json!({ "Operations": [] }), json!({ "schemas": [crate::client::PATCH_OP], "Operations": [] })]
    {
        assert_eq!(api.call("PATCH", &format!("{SCIM_USERS}/{iris}"), Some(body)).await.status, 400);
    }
    assert_eq!(api.cloud.snapshot(), before);
}

#[tokio::test]
async fn deactivation_takes_roles_or_not_and_reactivation_gives_none_back() {
    for (loses, kept) in [(true, Value::Null), (false, json!(["Agent@EMEA", "employee@Home"]))] {
        let api = Api::with(Quirks { inactive_loses_roles: loses, ..calm() }).await;
        let iris = api.seeded("iris.keller@aurora.example").await;
        for active in [false, true] {
            let got = api.patch(&iris, json!([{ "op": "replace", "path": "active", "value": active }])).await;
            assert_eq!((got.status, &got.body["active"]), (200, &json!(active)));
            let state = &api.cloud.snapshot()["users"][&iris]["state"];
            assert_eq!(state, if active { "active" } else { "inactive" });
        }
        assert_eq!(api.cloud.snapshot()["grants"].get(&iris).cloned().unwrap_or_default(), kept);
    }
}

#[tokio::test]
async fn roles_are_names_and_the_automatic_external_id_cannot_be_changed() {
    let api = Api::calm().await;
    let iris = api.seeded("iris.keller@aurora.example").await;
    let got = api
        .patch(&iris, json!([{ "op": "add", "path": "roles", "value": [{ "value": "Supervisor" }] }]))
        .await;
    assert_eq!(got.status, 200);
    let grants = &api.cloud.snapshot()["grants"][&iris];
    assert_eq!(
        *grants,
        json!(["Agent@EMEA", "Supervisor@EMEA", "employee@Home"]),
        "the inherited role is not copied"
    );
    api.patch(&iris, json!([{ "op": "remove", "path": "roles[value eq \"Agent\"]" }])).await;
    assert_eq!(api.cloud.snapshot()["grants"][&iris], json!(["Supervisor@EMEA", "employee@Home"]));
    let path = format!("{GENESYS}:externalIds");
    api.patch(&iris, json!([{ "op": "replace", "path": "externalId", "value": "e1" }])).await;
    let got = api.patch(&iris, json!([{ "op": "remove", "path": path }])).await;
    assert_eq!(got.body[GENESYS]["externalIds"], json!([{ "authority": "x-pc:scimv2:v1", "value": "e1" }]));
}

#[tokio::test]
async fn a_patch_that_changes_nothing_is_no_effect_and_no_new_version() {
    let api = Api::calm().await;
    let iris = api.seeded("iris.keller@aurora.example").await;
    api.cloud.clear_ledger();
    let operations = json!([{ "op": "replace", "path": "title", "value": "Claims agent" }]);
    let first = api.patch(&iris, operations.clone()).await;
    let second = api.patch(&iris, operations).await;
    assert_eq!(first.headers["etag"], second.headers["etag"]);
    assert!(api.cloud.ledger().iter().all(|call| !call.effect));
}
