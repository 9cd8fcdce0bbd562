//! REST users: versions, states, restore, search, external ids, paging.

use genesys_cloud_emulator::Quirks;
use serde_json::json;

use crate::client::{Api, SCIM_USERS, calm};

#[tokio::test]
async fn a_stale_version_is_a_conflict_of_either_status() {
    for status in [409, 400] {
        let api = Api::with(Quirks { conflict_status: status, ..calm() }).await;
        let path = format!("/api/v2/users/{}", api.seeded("iris.keller@aurora.example").await);
        let version = api.get(&path).await.body["version"].as_u64().unwrap();
        let got = api.call("PATCH", &path, Some(json!({ "version": version, "title": "Lead" }))).await;
        assert_eq!((got.status, &got.body["version"]), (200, &json!(version + 1)));
        let got = api.call("PATCH", &path, Some(json!({ "version": version, "title": "Other" }))).await;
        assert_eq!((got.status, got.code()), (status, "general.conflict"));
        assert!(got.body["message"].as_str().unwrap().contains("does not match the current version"));
        assert_eq!(
            api.call("PATCH", &path, Some(json!({ "title": "Other" }))).await.code(),
            "general.bad.request"
        );
        assert_eq!(api.get(&path).await.body["title"], "Lead");
    }
}

#[tokio::test]
async fn state_is_a_change_of_its_own_and_brings_deleted_users_back_bare() {
    let api = Api::calm().await;
    let iris = api.seeded("iris.keller@aurora.example").await;
    let path = format!("/api/v2/users/{iris}");
    assert_eq!(api.call("DELETE", &path, None).await.status, 200);
    assert_eq!(api.get(&path).await.status, 404);
    let version = api.get(&format!("{path}?state=deleted")).await.body["version"].clone();
    let body = json!({ "state": "active", "version": version, "title": "ignored" });
    let got = api.call("PATCH", &path, Some(body)).await;
    assert_eq!((got.status, &got.body["state"]), (200, &json!("active")));
    assert_eq!(got.body["title"], "Claims agent", "a state is the only thing that changes");
    assert_eq!(got.body["division"]["name"], "Home");
    let snapshot = api.cloud.snapshot();
    assert_eq!(snapshot["grants"].get(&iris), None);
    let body = json!({ "state": "inactive", "stateChangeReason": "Leave" });
    let got = api.call("PUT", &format!("{path}/state"), Some(body)).await;
    assert_eq!((got.status, &got.body["state"]), (200, &json!("inactive")));
    assert_eq!(api.get(&path).await.body["state"], "inactive", "an inactive user is readable");
}

#[tokio::test]
async fn a_deleted_user_cannot_come_back_when_its_e_mail_is_taken() {
    let api = Api::calm().await;
    let lena = api.cloud.snapshot()["deleted_users"].as_object().unwrap().keys().next().unwrap().clone();
    api.hire("lena.brandt@aurora.example").await;
    let got = api
        .call("PATCH", &format!("/api/v2/users/{lena}"), Some(json!({ "state": "active", "version": 1 })))
        .await;
    assert_eq!((got.status, got.code()), (409, "general.conflict"));
}

#[tokio::test]
async fn listings_have_pages_totals_and_states() {
    let api = Api::calm().await;
    let got = api.get("/api/v2/users?pageSize=3").await;
    assert_eq!((&got.body["total"], &got.body["pageCount"]), (&json!(4), &json!(2)));
    let next = got.body["nextUri"].as_str().unwrap();
    let second = api.get(next).await;
    assert_eq!(second.body["entities"].as_array().unwrap().len(), 1);
    assert_eq!(second.body.get("nextUri"), None);
    for (state, total) in [("inactive", 1), ("deleted", 1), ("any", 6), ("active", 4)] {
        assert_eq!(api.get(&format!("/api/v2/users?state={state}")).await.body["total"], total, "{state}");
    }
    let iris = api.seeded("iris.keller@aurora.example").await;
    assert_eq!(api.get(&format!("/api/v2/users?id={iris}&state=any")).await.body["total"], 1);
    for query in ["pageSize=0", "pageSize=501", "pageNumber=0", "pageSize=x", "state=asleep"] {
        assert_eq!(api.get(&format!("/api/v2/users?{query}")).await.status, 400, "{query}");
    }
}

#[tokio::test]
async fn search_finds_by_criteria_hides_the_deleted_and_lags() {
    let api = Api::calm().await;
    let search = |query: serde_json::Value| {
        let api = &api;
        async move {
            api.call("POST", "/api/v2/users/search", Some(json!({ "query": query }))).await.body["total"]
                .clone()
        }
    };
    let exact = |field: &str, value: &str| json!({ "type": "EXACT", "fields": [field], "value": value });
    let lena = "lena.brandt@aurora.example";
    for (query, total) in [
        (json!([exact("email", "IRIS.keller@aurora.example")]), 1),
        (json!([exact("email", lena)]), 0),
        (json!([exact("email", lena), exact("state", "deleted")]), 1),
        (json!([{ "type": "EXACT", "fields": ["state"], "values": ["active", "inactive"] }]), 5),
        (json!([{ "type": "STARTS_WITH", "fields": ["name"], "value": "no" }]), 1),
        (json!([{ "type": "CONTAINS", "fields": ["name", "email"], "value": "silva" }]), 1),
        (json!([]), 5),
    ] {
        assert_eq!(search(query.clone()).await, total, "{query}");
    }
    let got =
        api.call("POST", "/api/v2/users/search", Some(json!({ "query": [{ "fields": ["name"] }] }))).await;
    assert_eq!(got.status, 400);

    api.cloud.set_quirks(Quirks { search_lag_ms: 150, ..calm() });
    api.hire("ada@aurora.example").await;
    let query = json!([exact("email", "ada@aurora.example")]);
    assert_eq!(search(query.clone()).await, 0, "the index lags");
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    assert_eq!(search(query).await, 1);
    api.hire("eve@aurora.example").await;
    api.cloud.settle();
    assert_eq!(search(json!([exact("email", "eve@aurora.example")])).await, 1, "settled");
}

#[tokio::test]
async fn external_ids_are_added_found_and_removed_but_never_changed() {
    let api = Api::calm().await;
    let iris = api.seeded("iris.keller@aurora.example").await;
    let noor = api.seeded("noor.haddad@aurora.example").await;
    let path = format!("/api/v2/users/{iris}/externalid");
    let pair = json!({ "authorityName": "bridge", "externalKey": "k/1" });
    assert_eq!(api.call("POST", &path, Some(pair.clone())).await.status, 201);
    for user in [&iris, &noor] {
        let got = api.call("POST", &format!("/api/v2/users/{user}/externalid"), Some(pair.clone())).await;
        assert_eq!((got.status, got.code()), (409, "general.resource.conflict"));
    }
    assert_eq!(api.get("/api/v2/users/externalid/bridge/k%2F1").await.body["id"], json!(iris));
    assert_eq!(api.get(&path).await.body[0]["externalKey"], "k/1");
    assert_eq!(api.call("DELETE", &format!("{path}/bridge/k%2F1"), None).await.status, 204);
    assert_eq!(api.call("DELETE", &format!("{path}/bridge/k%2F1"), None).await.status, 404);
}

#[tokio::test]
async fn a_user_can_be_made_by_rest_and_is_inactive_unless_said_otherwise() {
    let api = Api::calm().await;
    let emea = api.division("EMEA").await;
    let body = json!({ "name": "Rui", "email": "rui@aurora.example", "divisionId": emea });
    let got = api.call("POST", "/api/v2/users", Some(body.clone())).await;
    assert_eq!((got.status, &got.body["state"]), (200, &json!("inactive")));
    assert_eq!(api.call("POST", "/api/v2/users", Some(body)).await.code(), "general.conflict");
    assert_eq!(
        api.call("POST", "/api/v2/users", Some(json!({ "name": "x" }))).await.code(),
        "general.bad.request"
    );
}

#[tokio::test]
async fn writes_of_one_user_in_a_row_can_collide() {
    let api = Api::with(Quirks { conflict_window_ms: 150, ..calm() }).await;
    let iris = api.seeded("iris.keller@aurora.example").await;
    let first = api.patch(&iris, json!([{ "op": "replace", "path": "title", "value": "A" }])).await;
    let second = api.patch(&iris, json!([{ "op": "replace", "path": "title", "value": "B" }])).await;
    assert_eq!((first.status, second.code()), (200, "general.conflict"));
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    assert_eq!(
        api.patch(&iris, json!([{ "op": "replace", "path": "title", "value": "B" }])).await.status,
        200
    );
}

#[tokio::test]
async fn ended_sessions_show_in_the_ledger_only() {
    let api = Api::calm().await;
    let iris = api.seeded("iris.keller@aurora.example").await;
    let before = api.cloud.snapshot();
    assert_eq!(api.call("DELETE", &format!("/api/v2/tokens/{iris}"), None).await.status, 204);
    assert_eq!(api.cloud.snapshot(), before);
    let last = api.cloud.ledger().pop().unwrap();
    assert_eq!((last.template.as_str(), last.effect), ("/api/v2/tokens/{userId}", true));
    assert_eq!(api.get(&format!("{SCIM_USERS}/{iris}")).await.status, 200);
}

#[tokio::test]
async fn profile_skills_are_a_list_of_texts_that_is_replaced() {
    let api = Api::calm().await;
    let path = format!("/api/v2/users/{}/profileskills", api.seeded("iris.keller@aurora.example").await);
    assert_eq!(api.call("PUT", &path, Some(json!(["Rust", "SCIM"]))).await.body, json!(["Rust", "SCIM"]));
    assert_eq!(api.call("PUT", &path, Some(json!(["SCIM"]))).await.status, 200);
    assert_eq!(api.get(&path).await.body, json!(["SCIM"]));
}
