//! SCIM users: create, read, list, replace, delete, versions, and the quirks of each.

use genesys_cloud_emulator::{DeletedEmail, Omitted, Quirks, RoleDivision, ScimErrors, Unknown};
use serde_json::json;

use crate::client::{Api, ENTERPRISE, GENESYS, SCIM_USERS, calm};

fn agent() -> serde_json::Value {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName": "ada@aurora.example",
        "displayName": "Ada Moreau",
        "title": "Agent",
        "externalId": "idp-1",
        "active": true,
        "emails": [{ "value": "ada.work@aurora.example", "type": "work" }],
        "phoneNumbers": [{ "value": "+35312345678", "type": "work", "primary": true }],
        "roles": [{ "value": "Agent" }],
        ENTERPRISE: { "department": "Claims", "division": "EMEA", "employeeNumber": "77", "dateHire": "2026-01-31" },
        GENESYS: {
            "routingSkills": [{ "name": "Motor claims", "proficiency": 3.5 }],
            "routingLanguages": [{ "name": "German", "proficiency": 5.0 }],
            "externalIds": [{ "authority": "scimbridge-main", "value": "subject-1" }],
        },
    })
}

#[tokio::test]
async fn a_created_user_has_what_was_sent_and_what_genesys_adds() {
    let api = Api::calm().await;
    let got = api.call("POST", SCIM_USERS, Some(agent())).await;
    assert_eq!(got.status, 201);
    assert_eq!(got.headers["etag"], "\"1\"");
    let id = got.body["id"].as_str().unwrap();
    assert_eq!(got.headers["location"], format!("{}{SCIM_USERS}/{id}", api.cloud.api_base()));
    assert_eq!(got.body["meta"]["version"], "1");
    let read = api.get(&format!("{SCIM_USERS}/{id}")).await;
    assert_eq!(read.body, got.body);
    assert_eq!(read.headers["content-type"], "application/scim+json");
    let ids = read.body[GENESYS]["externalIds"].as_array().unwrap();
    assert_eq!(ids[0], json!({ "authority": "x-pc:scimv2:v1", "value": "idp-1" }));
    assert_eq!(ids[1], json!({ "authority": "scimbridge-main", "value": "subject-1" }));
    let snapshot = api.cloud.snapshot();
    assert_eq!(snapshot["grants"][id], json!(["Agent@EMEA", "employee@Home"]));
    assert_eq!(snapshot["skills"][id], json!({ "Motor claims": 3.5 }));
    assert_eq!(snapshot["users"][id]["division"], "EMEA");
    for path in ["/api/v2/scim/v2/Users", "/api/v2/scim/users"] {
        assert_eq!(api.get(&format!("{path}/{id}")).await.body, read.body, "{path}");
    }
}

#[tokio::test]
async fn what_is_wrong_in_a_new_user_is_refused_and_nothing_is_made() {
    let api = Api::calm().await;
    let before = api.cloud.snapshot();
    for (path, value) in [
        ("/userName", json!("no-address")),
        ("/userName", json!(null)),
        ("/displayName", json!("")),
        ("/active", json!("True")),
        ("/title", json!(7)),
        ("/roles/0/value", json!("Nobody")),
        ("/phoneNumbers/0/value", json!("12")),
        ("/emails/0/type", json!("home")),
        (&format!("/{ENTERPRISE}/division"), json!("Atlantis")),
        (&format!("/{ENTERPRISE}/dateHire"), json!("yesterday")),
        (&format!("/{GENESYS}/routingSkills/0/name"), json!("motor claims")),
        (&format!("/{GENESYS}/routingSkills/0/proficiency"), json!(5.5)),
        (&format!("/{GENESYS}/routingLanguages/0/name"), json!("Klingon")),
    ] {
        let mut body = agent();
        *body.pointer_mut(path).unwrap() = value.clone();
        let got = api.call("POST", SCIM_USERS, Some(body)).await;
        assert_eq!(got.status, 400, "{path} = {value}: {got:?}");
    }
    assert_eq!(api.cloud.snapshot(), before);
    assert!(api.cloud.ledger().iter().all(|call| !call.effect));
}

#[tokio::test]
async fn a_user_name_in_use_is_409_uniqueness_whatever_its_letter_case() {
    let api = Api::calm().await;
    for email in ["iris.keller@aurora.example", "IRIS.Keller@aurora.example", "ben.okafor@aurora.example"] {
        let got = api.call("POST", SCIM_USERS, Some(json!({ "userName": email, "displayName": "X" }))).await;
        assert_eq!((got.status, got.code()), (409, "uniqueness"), "{email}");
        assert_eq!(got.body["status"], "409");
    }
}

#[tokio::test]
async fn an_external_id_belongs_to_one_user() {
    let api = Api::calm().await;
    assert_eq!(api.call("POST", SCIM_USERS, Some(agent())).await.status, 201);
    let mut twin = agent();
    twin["userName"] = json!("twin@aurora.example");
    assert_eq!(api.call("POST", SCIM_USERS, Some(twin)).await.code(), "uniqueness");
}

#[tokio::test]
async fn the_e_mail_of_a_deleted_user_does_what_the_quirk_says() {
    let lena = "lena.brandt@aurora.example";
    for (quirk, status) in
        [(DeletedEmail::Create, 201), (DeletedEmail::Restore, 201), (DeletedEmail::Conflict, 409)]
    {
        let api = Api::with(Quirks { deleted_email: quirk, ..calm() }).await;
        let deleted =
            api.cloud.snapshot()["deleted_users"].as_object().unwrap().keys().next().unwrap().clone();
        let got =
            api.call("POST", SCIM_USERS, Some(json!({ "userName": lena, "displayName": "Lena" }))).await;
        assert_eq!(got.status, status, "{quirk:?}");
        let same = got.body["id"].as_str() == Some(&deleted);
        assert_eq!(same, quirk == DeletedEmail::Restore, "{quirk:?}");
        if same {
            assert_eq!(api.cloud.snapshot()["grants"].get(&deleted), None, "a restored user has no roles");
        }
    }
}

#[tokio::test]
async fn listing_shows_active_users_and_filters_by_equality_only() {
    let api = Api::calm().await;
    let total = |got: &crate::client::Got| got.body["totalResults"].as_u64().unwrap();
    assert_eq!(total(&api.get(SCIM_USERS).await), 4, "inactive and deleted users are not listed");
    let iris = api.seeded("iris.keller@aurora.example").await;
    let greta = api.seeded("greta.lindqvist@aurora.example").await;
    for (filter, count) in [
        ("active eq false", 1),
        ("userName eq IRIS.keller@aurora.example", 1),
        ("email eq \"iris.keller@aurora.example\"", 1),
        (&format!("id eq {iris}"), 1),
        (&format!("manager eq {greta}"), 1),
        ("division eq EMEA", 2),
        ("employeeNumber eq 1003", 1),
        ("userName eq nobody@aurora.example", 0),
        ("userName eq ben.okafor@aurora.example", 0),
        ("userName eq lena.brandt@aurora.example", 0),
    ] {
        let path = format!("{SCIM_USERS}?filter={}", filter.replace(' ', "%20").replace('"', "%22"));
        assert_eq!(total(&api.get(&path).await), count, "{filter}");
    }
    for filter in ["userName sw \"a\"", "title eq x", "userName eq a and active eq true"] {
        let path = format!("{SCIM_USERS}?filter={}", filter.replace(' ', "%20").replace('"', "%22"));
        assert_eq!(api.get(&path).await.status, 400, "{filter}");
    }
    let page = api.get(&format!("{SCIM_USERS}?startIndex=2&count=2&attributes=userName")).await;
    assert_eq!(page.body["itemsPerPage"], 2);
    assert_eq!(page.body["Resources"][0].get("displayName"), None);
    assert_eq!(api.get(&format!("{SCIM_USERS}?count=0")).await.body["Resources"], json!([]));
    api.cloud.set_quirks(Quirks { filter_finds_inactive: true, ..calm() });
    let path = format!("{SCIM_USERS}?filter=userName%20eq%20ben.okafor@aurora.example");
    assert_eq!(total(&api.get(&path).await), 1);
}

#[tokio::test]
async fn the_mark_of_a_client_finds_its_user() {
    let api = Api::calm().await;
    let id = api.call("POST", SCIM_USERS, Some(agent())).await.body["id"].clone();
    let filter =
        format!("{GENESYS}:externalIds[authority eq \"scimbridge-main\" and value eq \"subject-1\"]");
    let got = api.request("GET", SCIM_USERS).query(&[("filter", filter)]).send().await.unwrap();
    let got = crate::client::read(got).await;
    assert_eq!(got.body["Resources"][0]["id"], id);
    let got = api.get("/api/v2/users/externalid/scimbridge-main/subject-1").await;
    assert_eq!(got.body["id"], id);
    assert_eq!(api.get("/api/v2/users/externalid/scimbridge-main/Subject-1").await.status, 404);
}

#[tokio::test]
async fn versions_guard_writes_and_spare_reads() {
    let api = Api::calm().await;
    let id = api.hire("ada@aurora.example").await;
    let path = format!("{SCIM_USERS}/{id}");
    let body = json!({ "userName": "ada@aurora.example", "displayName": "Ada" });
    assert_eq!(api.with_header("GET", &path, ("If-None-Match", "\"1\""), None).await.status, 304);
    let got = api.with_header("PUT", &path, ("If-Match", "\"1\""), Some(body.clone())).await;
    assert_eq!((got.status, got.headers["etag"].as_str()), (200, "\"2\""));
    for method in ["PUT", "DELETE"] {
        let got = api.with_header(method, &path, ("If-Match", "\"1\""), Some(body.clone())).await;
        assert_eq!((got.status, got.code()), (400, "invalidVers"), "{method}");
    }
    assert_eq!(api.with_header("GET", &path, ("If-None-Match", "\"1\""), None).await.status, 200);
    api.cloud.set_quirks(Quirks { stale_etag_status: 409, ..calm() });
    let got = api.with_header("PUT", &path, ("If-Match", "\"1\""), Some(body)).await;
    assert_eq!((got.status, got.code()), (409, "invalidVers"));
}

#[tokio::test]
async fn a_put_keeps_or_clears_what_it_leaves_out_as_the_quirk_says() {
    for (quirk, title) in [(Omitted::Keep, json!("Agent")), (Omitted::Clear, json!(null))] {
        let api = Api::with(Quirks { put_omitted: quirk, ..calm() }).await;
        let id = api.call("POST", SCIM_USERS, Some(agent())).await.body["id"].as_str().unwrap().to_owned();
        let body = json!({ "userName": "ada@aurora.example", "displayName": "Ada" });
        let got = api.call("PUT", &format!("{SCIM_USERS}/{id}"), Some(body)).await;
        assert_eq!(got.body["title"], title, "{quirk:?}");
        assert_eq!(got.body[ENTERPRISE]["division"], "EMEA", "a division is never cleared");
    }
}

#[tokio::test]
async fn deletion_is_soft_and_takes_roles_division_and_queues() {
    for (status, gone) in [(204, true), (200, false)] {
        let quirks = Quirks { delete_status: status, deleted_leaves_queues: gone, ..calm() };
        let api = Api::with(quirks).await;
        let iris = api.seeded("iris.keller@aurora.example").await;
        assert_eq!(api.call("DELETE", &format!("{SCIM_USERS}/{iris}"), None).await.status, status);
        assert_eq!(api.get(&format!("{SCIM_USERS}/{iris}")).await.code(), "general.resource.not.found");
        assert_eq!(api.call("DELETE", &format!("{SCIM_USERS}/{iris}"), None).await.status, 404);
        let snapshot = api.cloud.snapshot();
        let left = &snapshot["deleted_users"][&iris];
        assert_eq!(left["division"], "Home");
        assert_eq!(left.get("grants"), None);
        assert_eq!(left["skills"]["Motor claims"], 4.0, "data stays");
        assert_eq!(snapshot["users"].get(&iris), None);
        let got = api.get(&format!("/api/v2/users/{iris}?state=deleted")).await;
        assert_eq!(got.body["state"], "deleted");
    }
}

#[tokio::test]
async fn other_quirks_of_scim_bodies_hold() {
    let api = Api::with(Quirks { post_status: 200, scim_role_division: RoleDivision::Home, ..calm() }).await;
    let got = api.call("POST", SCIM_USERS, Some(agent())).await;
    assert_eq!(got.status, 200);
    let id = got.body["id"].as_str().unwrap();
    assert_eq!(api.cloud.snapshot()["grants"][id], json!(["Agent@Home", "employee@Home"]));
    let stranger = json!({ "userName": "x@y.example", "displayName": "X", "name": { "givenName": "X" } });
    api.cloud.set_quirks(Quirks {
        unknown_attributes: Unknown::Reject,
        scim_errors: ScimErrors::Scim,
        ..calm()
    });
    let got = api.call("POST", SCIM_USERS, Some(stranger.clone())).await;
    assert_eq!((got.status, got.code()), (400, "invalidSyntax"));
    api.cloud.set_quirks(Quirks { unknown_attributes: Unknown::Reject, ..calm() });
    assert_eq!(api.call("POST", SCIM_USERS, Some(stranger.clone())).await.code(), "bad.request");
    api.cloud.set_quirks(calm());
    let got = api.call("POST", SCIM_USERS, Some(stranger)).await;
    assert_eq!((got.status, got.body.get("name")), (201, None));
}

#[tokio::test]
async fn a_new_user_is_not_found_for_a_while() {
    let api = Api::with(Quirks { stale_ms: 150, stale_writes: true, ..calm() }).await;
    let id = api.hire("ada@aurora.example").await;
    for path in [format!("{SCIM_USERS}/{id}"), format!("/api/v2/users/{id}")] {
        assert_eq!(api.get(&path).await.status, 404, "{path}");
    }
    assert_eq!(api.patch(&id, json!([{ "op": "replace", "path": "title", "value": "x" }])).await.status, 404);
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    assert_eq!(api.get(&format!("{SCIM_USERS}/{id}")).await.status, 200);
    assert_eq!(api.patch(&id, json!([{ "op": "replace", "path": "title", "value": "x" }])).await.status, 200);
}

#[tokio::test]
async fn the_service_describes_itself() {
    let api = Api::calm().await;
    let got = api.get("/api/v2/scim/v2/serviceproviderconfig").await;
    assert_eq!(got.body["etag"]["supported"], true);
    assert_eq!(got.body["bulk"]["supported"], false);
    assert_eq!(api.get("/api/v2/scim/v2/ResourceTypes").await.body["totalResults"], 2);
    assert_eq!(api.get("/api/v2/scim/v2/resourcetypes/User").await.body["name"], "User");
    assert_eq!(api.get(&format!("/api/v2/scim/v2/schemas/{GENESYS}")).await.body["id"], GENESYS);
}
