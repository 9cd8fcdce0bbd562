//! Groups by REST and by SCIM.

use genesys_cloud_emulator::Quirks;
use serde_json::{Value, json};

use crate::client::{Api, PATCH_OP, calm};

const GROUPS: &str = "/api/v2/groups";
const SCIM_GROUPS: &str = "/api/v2/scim/v2/groups";

async fn create(api: &Api, name: &str) -> String {
    let body = json!({ "name": name, "type": "official", "visibility": "public", "rulesVisible": true, "description": "lost" });
    let got = api.call("POST", GROUPS, Some(body)).await;
    assert_eq!(got.status, 200, "{got:?}");
    assert_eq!(got.body.get("description"), None, "a description is ignored at creation");
    got.body["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_group_is_made_changed_with_its_version_and_deleted() {
    let api = Api::calm().await;
    let id = create(&api, "Team Blue").await;
    let path = format!("{GROUPS}/{id}");
    let twin =
        json!({ "name": "team blue", "type": "official", "visibility": "public", "rulesVisible": true });
    assert_eq!(api.call("POST", GROUPS, Some(twin)).await.code(), "group.name.in.use");
    assert_eq!(api.call("POST", GROUPS, Some(json!({ "name": "x" }))).await.status, 400);
    let body = json!({ "version": 1, "name": "Team Green", "visibility": "ownerIds", "description": "kept" });
    let got = api.call("PUT", &path, Some(body.clone())).await;
    assert_eq!(
        (got.status, &got.body["version"], &got.body["visibility"]),
        (200, &json!(2), &json!("owners"))
    );
    assert_eq!(api.call("PUT", &path, Some(body)).await.code(), "general.conflict");
    let search = json!({ "query": [{ "type": "EXACT", "fields": ["name"], "value": "team green" }] });
    assert_eq!(
        api.call("POST", "/api/v2/groups/search", Some(search)).await.body["results"][0]["id"],
        json!(id)
    );
    assert_eq!(api.call("DELETE", &path, None).await.status, 200);
    assert_eq!(api.get(&path).await.status, 404);
}

#[tokio::test]
async fn members_change_after_the_answer_and_raise_the_version() {
    let api = Api::with(Quirks { group_lag_ms: 150, ..calm() }).await;
    let id = create(&api, "Team Blue").await;
    let iris = api.seeded("iris.keller@aurora.example").await;
    let path = format!("{GROUPS}/{id}/members");
    let total = || async { api.get(&path).await.body["total"].clone() };
    let got = api.call("POST", &path, Some(json!({ "memberIds": [iris], "version": 1 }))).await;
    assert_eq!(got.status, 202);
    assert_eq!(total().await, 0);
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    assert_eq!(total().await, 1);
    let got = api.call("POST", &path, Some(json!({ "memberIds": [iris], "version": 1 }))).await;
    assert_eq!(got.code(), "general.conflict");
    assert_eq!(api.call("DELETE", &format!("{path}?ids={iris}"), None).await.status, 202);
    api.cloud.settle();
    assert_eq!(total().await, 0);
    assert_eq!(api.get(&format!("{GROUPS}/{id}/individuals")).await.body["total"], 0);
    for ids in [json!([]), json!(["nobody"]), Value::Array(vec![json!(iris); 51])] {
        assert_eq!(api.call("POST", &path, Some(json!({ "memberIds": ids }))).await.status, 400, "{ids}");
    }
}

#[tokio::test]
async fn scim_finds_groups_and_changes_members_but_not_names() {
    let api = Api::calm().await;
    let iris = api.seeded("iris.keller@aurora.example").await;
    let noor = api.seeded("noor.haddad@aurora.example").await;
    let got = api.get(&format!("{SCIM_GROUPS}?filter=displayName%20eq%20%22night%20shift%22")).await;
    assert_eq!(got.body["totalResults"], 1);
    let id = got.body["Resources"][0]["id"].as_str().unwrap().to_owned();
    let path = format!("{SCIM_GROUPS}/{id}");
    let values = |got: &crate::client::Got| {
        let mut ids: Vec<_> =
            got.body["members"].as_array().unwrap().iter().map(|member| member["value"].clone()).collect();
        ids.sort_by_key(Value::to_string);
        ids.len()
    };
    let patch = |operation: Value| json!({ "schemas": [PATCH_OP], "Operations": [operation] });
    let got = api
        .call(
            "PATCH",
            &path,
            Some(patch(json!({ "op": "add", "path": "members", "value": [{ "value": iris }] }))),
        )
        .await;
    assert_eq!((got.status, values(&got)), (200, 3));
    let remove = json!({ "op": "remove", "path": format!("members[value eq \"{noor}\"]") });
    assert_eq!(values(&api.call("PATCH", &path, Some(patch(remove))).await), 2);
    let rename = json!({ "op": "replace", "path": "displayName", "value": "Day Shift" });
    assert_eq!(api.call("PATCH", &path, Some(patch(rename))).await.status, 400);
    let stranger = json!({ "op": "add", "path": "members", "value": [{ "value": "nobody" }] });
    assert_eq!(api.call("PATCH", &path, Some(patch(stranger))).await.status, 400);
    let body = json!({ "displayName": "Night Shift", "members": [{ "value": noor }] });
    let got = api.call("PUT", &path, Some(body)).await;
    assert_eq!((got.status, values(&got)), (200, 1));
    let etag = got.headers["etag"].clone();
    assert_eq!(api.with_header("GET", &path, ("If-None-Match", &etag), None).await.status, 304);
    let stale = api
        .with_header("PUT", &path, ("If-Match", "\"1\""), Some(json!({ "displayName": "Night Shift" })))
        .await;
    assert_eq!((stale.status, stale.code()), (400, "invalidVers"));
    assert_eq!(api.call("DELETE", &path, None).await.status, 405);
}
