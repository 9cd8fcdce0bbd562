//! Grants, divisions, skills, languages, queues and custom attributes.

use genesys_cloud_emulator::{AtGone, Empty, Quirks};
use serde_json::{Value, json};

use crate::client::{Api, calm};

/// A user, and the pairs that the tests grant.
async fn scene(quirks: Quirks) -> (Api, String, Value, Value) {
    let api = Api::with(quirks).await;
    let id = api.hire("ada@aurora.example").await;
    let (agent, lead) = (api.role("Agent").await, api.role("Team Lead").await);
    let (emea, apac) = (api.division("EMEA").await, api.division("APAC").await);
    let one = json!({ "roleId": agent, "divisionId": emea });
    let two = json!({ "roleId": lead, "divisionId": apac });
    (api, id, one, two)
}

#[tokio::test]
async fn grants_are_added_replaced_and_removed_by_pair() {
    let (api, id, one, two) = scene(calm()).await;
    let base = format!("/api/v2/authorization/subjects/{id}");
    let held = || api.cloud.snapshot()["grants"][&id].clone();
    for _ in 0..2 {
        let got = api
            .call(
                "POST",
                &format!("{base}/bulkadd?subjectType=PC_USER"),
                Some(json!({ "grants": [one, two] })),
            )
            .await;
        assert_eq!(got.status, 204, "adding again is done");
    }
    assert_eq!(held(), json!(["Agent@EMEA", "Team Lead@APAC", "employee@Home"]));
    assert_eq!(
        api.call("POST", &format!("{base}/bulkremove"), Some(json!({ "grants": [two] }))).await.status,
        204
    );
    let single = format!(
        "{base}/divisions/{}/roles/{}",
        two["divisionId"].as_str().unwrap(),
        two["roleId"].as_str().unwrap()
    );
    assert_eq!(api.call("POST", &single, None).await.status, 204);
    assert_eq!(api.call("DELETE", &single, None).await.status, 204);
    assert_eq!(api.call("DELETE", &single, None).await.status, 404);
    api.cloud.set_quirks(Quirks { grant_delete_gone: AtGone::Accept, ..calm() });
    assert_eq!(api.call("DELETE", &single, None).await.status, 204);
    assert_eq!(held(), json!(["Agent@EMEA", "employee@Home"]));
    assert_eq!(
        api.call("POST", &format!("{base}/bulkreplace"), Some(json!({ "grants": [two] }))).await.status,
        204
    );
    assert_eq!(held(), json!(["Team Lead@APAC"]));
    for (pair, code) in [
        (json!({ "roleId": "x", "divisionId": two["divisionId"] }), "not.found"),
        (json!({ "roleId": two["roleId"], "divisionId": "x" }), "bad.role.divisions"),
        (json!({ "roleId": two["roleId"] }), "bad.request"),
    ] {
        let got = api.call("POST", &format!("{base}/bulkadd"), Some(json!({ "grants": [one, pair] }))).await;
        assert_eq!(got.code(), code, "{pair}");
    }
    assert_eq!(held(), json!(["Team Lead@APAC"]), "a refused call has no effect");
}

#[tokio::test]
async fn bulkremove_fails_or_not_when_one_grant_is_gone() {
    for (quirk, status, left) in [
        (AtGone::Refuse, 404, json!(["Agent@EMEA", "employee@Home"])),
        (AtGone::Accept, 204, json!(["employee@Home"])),
    ] {
        let (api, id, one, two) = scene(Quirks { bulkremove_gone: quirk, ..calm() }).await;
        let base = format!("/api/v2/authorization/subjects/{id}");
        api.call("POST", &format!("{base}/bulkadd"), Some(json!({ "grants": [one] }))).await;
        let got =
            api.call("POST", &format!("{base}/bulkremove"), Some(json!({ "grants": [one, two] }))).await;
        assert_eq!(got.status, status, "{quirk:?}");
        assert_eq!(api.cloud.snapshot()["grants"][&id], left);
    }
}

#[tokio::test]
async fn grants_through_groups_are_shown_with_the_groups_id() {
    let api = Api::calm().await;
    let iris = api.seeded("iris.keller@aurora.example").await;
    let got = api.get(&format!("/api/v2/authorization/subjects/{iris}")).await;
    let grants = got.body["grants"].as_array().unwrap();
    let of = |name: &str| grants.iter().find(|grant| grant["role"]["name"] == name).unwrap();
    assert_eq!(of("Agent")["subjectId"], json!(iris));
    assert_eq!(of("Agent")["division"]["name"], "EMEA");
    assert_ne!(of("Reporting Viewer")["subjectId"], json!(iris));
    assert_eq!(grants.len(), 3);
}

#[tokio::test]
async fn reads_of_grants_show_the_past_for_a_while() {
    let (api, id, one, _) = scene(Quirks { stale_ms: 150, ..calm() }).await;
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    let base = format!("/api/v2/authorization/subjects/{id}");
    let count = || async { api.get(&base).await.body["grants"].as_array().unwrap().len() };
    api.call("POST", &format!("{base}/bulkadd"), Some(json!({ "grants": [one] }))).await;
    assert_eq!(count().await, 1);
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    assert_eq!(count().await, 2);
}

#[tokio::test]
async fn one_role_goes_to_many_subjects_and_the_older_calls_know_no_division() {
    let (api, id, one, _) = scene(calm()).await;
    let noor = api.seeded("noor.haddad@aurora.example").await;
    let role = one["roleId"].as_str().unwrap();
    let body = json!({ "subjectIds": [id, noor], "divisionIds": [one["divisionId"]] });
    let got = api
        .call("POST", &format!("/api/v2/authorization/roles/{role}?subjectType=PC_USER"), Some(body))
        .await;
    assert_eq!(got.status, 204);
    let snapshot = api.cloud.snapshot();
    assert_eq!(snapshot["grants"][&id], json!(["Agent@EMEA", "employee@Home"]));
    assert_eq!(snapshot["grants"][&noor], json!(["Agent@APAC", "Agent@EMEA", "employee@Home"]));
    let body = json!({ "subjectIds": [id, "nobody"], "divisionIds": [one["divisionId"]] });
    assert_eq!(
        api.call("POST", &format!("/api/v2/authorization/roles/{role}"), Some(body)).await.status,
        404
    );
    let path = format!("/api/v2/authorization/roles/{role}/users/remove");
    assert_eq!(api.call("PUT", &path, Some(json!([noor]))).await.status, 200);
    assert_eq!(api.cloud.snapshot()["grants"][&noor], json!(["employee@Home"]));
    let got = api.call("PUT", &format!("/api/v2/users/{noor}/roles"), Some(json!([role]))).await;
    assert_eq!(got.body["roles"], json!([{ "id": role, "name": "Agent" }]));
    assert_eq!(api.cloud.snapshot()["grants"][&noor], json!(["Agent@Home"]), "a full replacement");
}

#[tokio::test]
async fn users_move_between_divisions_in_one_call() {
    let (api, id, one, _) = scene(calm()).await;
    let noor = api.seeded("noor.haddad@aurora.example").await;
    let path =
        format!("/api/v2/authorization/divisions/{}/objects/USER", one["divisionId"].as_str().unwrap());
    assert_eq!(api.call("POST", &path, Some(json!([id, noor]))).await.status, 204);
    assert_eq!(api.cloud.snapshot()["users"][&noor]["division"], "EMEA");
    assert_eq!(api.call("POST", &path, Some(json!([]))).await.code(), "empty.bulk.division.update");
    assert_eq!(api.call("POST", &path, Some(json!(["nobody"]))).await.status, 404);
    assert_eq!(api.get("/api/v2/authorization/divisions/home").await.body["name"], "Home");
    assert_eq!(
        api.get("/api/v2/authorization/divisions?name=me").await.body["total"],
        3,
        "name is a search term"
    );
}

#[tokio::test]
async fn skills_are_replaced_amended_and_removed() {
    let (api, id, ..) = scene(calm()).await;
    let (chat, vip) = (api.skill("Chat").await, api.skill("VIP").await);
    let path = format!("/api/v2/users/{id}/routingskills");
    let held = || api.cloud.snapshot()["skills"].get(&id).cloned().unwrap_or_default();
    let rate = |id: &str, proficiency: f64| json!({ "id": id, "proficiency": proficiency });
    let version = api.get(&format!("/api/v2/users/{id}")).await.body["version"].as_u64().unwrap();
    assert_eq!(api.call("PUT", &format!("{path}/bulk"), Some(json!([rate(&chat, 1.0)]))).await.status, 200);
    let after = api.get(&format!("/api/v2/users/{id}")).await.body["version"].as_u64().unwrap();
    assert_eq!(after, version + 1, "skills belong to the directory record");
    let got = api.call("PATCH", &format!("{path}/bulk"), Some(json!([rate(&vip, 2.5)]))).await;
    assert_eq!(got.body["total"], 2);
    assert_eq!(held(), json!({ "Chat": 1.0, "VIP": 2.5 }));
    let got = api.call("PUT", &format!("{path}/{chat}"), Some(json!({ "proficiency": 4.0 }))).await;
    assert_eq!(got.body["proficiency"], 4.0);
    assert_eq!(api.call("DELETE", &format!("{path}/{vip}"), None).await.status, 200);
    assert_eq!(api.call("DELETE", &format!("{path}/{vip}"), None).await.status, 404);
    assert_eq!(api.call("POST", &path, Some(rate(&vip, 0.0))).await.status, 200);
    assert_eq!(held(), json!({ "Chat": 4.0, "VIP": 0.0 }));
    for body in [
        json!([rate(&chat, 5.1)]),
        json!([rate(&chat, -1.0)]),
        json!([{ "id": chat }]),
        json!([rate("nothing", 1.0)]),
        Value::Array(vec![rate(&chat, 1.0); 51]),
    ] {
        let got = api.call("PATCH", &format!("{path}/bulk"), Some(body.clone())).await;
        assert!(got.status == 400 || got.status == 404, "{body}");
    }
    assert_eq!(held(), json!({ "Chat": 4.0, "VIP": 0.0 }));
}

#[tokio::test]
async fn a_put_of_no_skills_does_what_the_quirk_says() {
    for (quirk, status, left) in [
        (Empty::Clear, 200, Value::Null),
        (Empty::Ignore, 200, json!({ "Chat": 1.0 })),
        (Empty::Refuse, 400, json!({ "Chat": 1.0 })),
    ] {
        let (api, id, ..) = scene(Quirks { skills_put_empty: quirk, ..calm() }).await;
        let chat = api.skill("Chat").await;
        let path = format!("/api/v2/users/{id}/routingskills/bulk");
        api.call("PUT", &path, Some(json!([{ "id": chat, "proficiency": 1.0 }]))).await;
        assert_eq!(api.call("PUT", &path, Some(json!([]))).await.status, status, "{quirk:?}");
        assert_eq!(api.cloud.snapshot()["skills"].get(&id).cloned().unwrap_or_default(), left);
    }
}

#[tokio::test]
async fn languages_have_no_bulk_put_and_are_removed_one_by_one() {
    let (api, id, ..) = scene(calm()).await;
    let german = api.id_of("/api/v2/routing/languages", "German").await;
    let path = format!("/api/v2/users/{id}/routinglanguages");
    let body = json!([{ "id": german, "proficiency": 3.0 }]);
    assert_eq!(api.call("PUT", &format!("{path}/bulk"), Some(body.clone())).await.status, 405);
    assert_eq!(api.call("PATCH", &format!("{path}/bulk"), Some(body)).await.body["total"], 1);
    let got = api.call("PATCH", &format!("{path}/{german}"), Some(json!({ "proficiency": 5.0 }))).await;
    assert_eq!((got.status, &got.body["name"]), (200, &json!("German")));
    assert_eq!(api.cloud.snapshot()["languages"][&id], json!({ "German": 5.0 }));
    assert_eq!(api.call("DELETE", &format!("{path}/{german}"), None).await.status, 204);
    assert_eq!(api.call("DELETE", &format!("{path}/{german}"), None).await.status, 404);
}

#[tokio::test]
async fn directories_are_filtered_by_the_start_of_the_name_and_paged() {
    let api = Api::calm().await;
    for (path, total) in [
        ("/api/v2/routing/skills", 30),
        ("/api/v2/routing/skills?name=mo", 1),
        ("/api/v2/routing/skills?name=claims", 0),
        ("/api/v2/routing/languages", 8),
        ("/api/v2/routing/queues", 20),
        ("/api/v2/routing/queues?name=vip", 1),
        ("/api/v2/routing/queues?name=EMEA*", 6),
        ("/api/v2/routing/queues?name=EMEA", 0),
        ("/api/v2/authorization/roles?userCount=false", 10),
        ("/api/v2/authorization/roles?name=agent", 1),
    ] {
        assert_eq!(api.get(path).await.body["total"], total, "{path}");
    }
    let first = api.get("/api/v2/routing/skills").await;
    assert_eq!(first.body["entities"].as_array().unwrap().len(), 25, "the default page holds 25");
    assert_eq!(
        api.get(first.body["nextUri"].as_str().unwrap()).await.body["entities"].as_array().unwrap().len(),
        5
    );
}

#[tokio::test]
async fn queue_members_come_and_go_by_the_hundred() {
    let (api, id, ..) = scene(calm()).await;
    let queue = api.queue("EMEA Support").await;
    let path = format!("/api/v2/routing/queues/{queue}/members");
    let members = || api.cloud.snapshot()["queues"].get("EMEA Support").cloned().unwrap_or_default();
    for _ in 0..2 {
        assert_eq!(api.call("POST", &path, Some(json!([{ "id": id }]))).await.status, 204);
    }
    assert_eq!(members(), json!({ id.clone(): { "joined": true, "ring": 1 } }));
    for (body, code) in [
        (json!([]), "bad.request"),
        (json!([{ "id": "x" }]), "invalid.id"),
        (json!([{ "id": id, "joined": true }]), "bad.request"),
        (json!([{ "id": uuid_of_nobody() }]), "bad.request"),
        (Value::Array(vec![json!({ "id": id }); 101]), "bad.request"),
    ] {
        assert_eq!(api.call("POST", &path, Some(body.clone())).await.code(), code, "{body}");
    }
    let got = api.call("PATCH", &path, Some(json!([{ "id": id, "joined": false }]))).await;
    assert_eq!(got.body["entities"][0]["joined"], false);
    let queues = format!("/api/v2/users/{id}/queues");
    assert_eq!(api.get(&queues).await.body["total"], 0, "joined is true unless asked otherwise");
    assert_eq!(api.get(&format!("{queues}?joined=false")).await.body["entities"][0]["name"], "EMEA Support");
    assert_eq!(api.call("PATCH", &queues, Some(json!([{ "id": queue, "joined": true }]))).await.status, 200);
    assert_eq!(
        api.call("PATCH", &format!("{path}/{id}"), Some(json!({ "ringNumber": 3 }))).await.status,
        202
    );
    assert_eq!(members(), json!({ id.clone(): { "joined": true, "ring": 3 } }));
    let got = api.get(&path).await;
    assert_eq!(got.body.get("total"), None, "this listing has no total");
    assert_eq!(got.body["entities"].as_array().unwrap().len(), 1);
    assert_eq!(api.get(&format!("{path}?pageSize=101")).await.status, 400);
    for _ in 0..2 {
        assert_eq!(
            api.call("POST", &format!("{path}?delete=true"), Some(json!([{ "id": id }]))).await.status,
            204
        );
    }
    assert_eq!(members(), Value::Null);
    assert_eq!(api.call("DELETE", &format!("{path}/{id}"), None).await.status, 404);
    assert_eq!(
        api.call("POST", "/api/v2/routing/queues/x/members", Some(json!([{ "id": id }]))).await.code(),
        "invalid.id"
    );
}

fn uuid_of_nobody() -> &'static str {
    "00000000-0000-4000-8000-000000000000"
}

#[tokio::test]
async fn adding_a_member_again_or_removing_a_stranger_can_be_refused() {
    let quirks = Quirks { queue_readd: AtGone::Refuse, queue_remove_absent: AtGone::Refuse, ..calm() };
    let (api, id, ..) = scene(quirks).await;
    let path = format!("/api/v2/routing/queues/{}/members", api.queue("EMEA Support").await);
    assert_eq!(
        api.call("POST", &format!("{path}?delete=true"), Some(json!([{ "id": id }]))).await.status,
        400
    );
    assert_eq!(api.call("POST", &path, Some(json!([{ "id": id }]))).await.status, 204);
    assert_eq!(api.call("POST", &path, Some(json!([{ "id": id }]))).await.status, 400);
}

#[tokio::test]
async fn members_through_a_group_are_shown_and_cannot_be_removed_one_by_one() {
    let api = Api::calm().await;
    let noor = api.seeded("noor.haddad@aurora.example").await;
    let path = format!("/api/v2/routing/queues/{}/members", api.queue("Overflow").await);
    for (query, count) in [("", 2), ("?memberBy=group", 2), ("?memberBy=user", 0), ("?name=noor", 1)] {
        let got = api.get(&format!("{path}{query}")).await;
        assert_eq!(got.body["entities"].as_array().unwrap().len(), count, "{query}");
    }
    assert_eq!(api.call("DELETE", &format!("{path}/{noor}"), None).await.code(), "invalid.type");
    let queues = api.get(&format!("/api/v2/users/{noor}/queues")).await;
    assert_eq!(queues.body["total"], 2);
}

#[tokio::test]
async fn custom_attributes_are_checked_against_their_schema() {
    let (api, id, ..) = scene(calm()).await;
    let schemas = api.get("/api/v2/users/customattributes/schemas").await;
    let hr = schemas.body["entities"][0].clone();
    assert_eq!(hr["jsonSchema"]["properties"]["grade_integer"]["maximum"], 12);
    let path = format!("/api/v2/users/{id}/customattributes");
    let body =
        |attributes: Value| json!({ "schemaId": hr["id"], "schemaVersion": 1, "attributes": attributes });
    for wrong in [
        json!({ "grade_integer": 13 }),
        json!({ "grade_integer": "3" }),
        json!({ "start_date_date": "soon" }),
        json!({ "badge_number_identifier": "x".repeat(21) }),
        json!({ "shoe_size_integer": 3 }),
    ] {
        for method in ["PUT", "PATCH"] {
            let got = api.call(method, &path, Some(body(wrong.clone()))).await;
            assert_eq!(got.code(), "user.custom.attributes.schema.validation.error", "{method} {wrong}");
        }
    }
    let good = json!({ "grade_integer": 3, "start_date_date": "2026-02-01" });
    assert_eq!(api.call("PUT", &path, Some(body(good.clone()))).await.body["attributes"], good);
    let got =
        api.call("PATCH", &path, Some(body(json!({ "grade_integer": 4, "start_date_date": null })))).await;
    assert_eq!((got.status, &got.body["attributes"]), (200, &json!({ "grade_integer": 4 })));
    let one = format!("{path}/{}", hr["id"].as_str().unwrap());
    assert_eq!(api.get(&one).await.body["schema"]["name"], "HR");
    let bulk = format!("{path}/bulk?schemaIds={}", hr["id"].as_str().unwrap());
    assert_eq!(api.get(&bulk).await.body[0]["attributes"], json!({ "grade_integer": 4 }));
    assert_eq!(
        api.call("PATCH", &format!("{path}/bulk"), Some(json!([body(json!({ "grade_integer": 5 }))])))
            .await
            .status,
        200
    );
    assert_eq!(api.call("DELETE", &one, None).await.status, 204);
    assert_eq!(api.call("DELETE", &one, None).await.code(), "user.custom.attributes.schema.not.found");
    assert_eq!(api.get(&one).await.status, 404);
    let missing = json!({ "schemaId": "x", "attributes": {} });
    assert_eq!(api.call("PUT", &path, Some(missing)).await.code(), "user.custom.attributes.schema.not.found");
}

#[tokio::test]
async fn a_null_and_the_status_of_an_attribute_patch_follow_the_quirks() {
    let quirks = Quirks { null_clears_attribute: false, attributes_patch_status: 204, ..calm() };
    let (api, id, ..) = scene(quirks).await;
    let hr = api.get("/api/v2/users/customattributes/schemas").await.body["entities"][0]["id"].clone();
    let path = format!("/api/v2/users/{id}/customattributes");
    let body = |value: Value| json!({ "schemaId": hr, "attributes": { "grade_integer": value } });
    let got = api.call("PATCH", &path, Some(body(json!(3)))).await;
    assert_eq!((got.status, got.body), (204, Value::Null));
    let got = api.call("PATCH", &path, Some(body(Value::Null))).await;
    assert_eq!(got.code(), "user.custom.attributes.schema.validation.error");
    assert_eq!(api.cloud.snapshot()["attributes"][&id]["HR"], json!({ "grade_integer": 3 }));
}
