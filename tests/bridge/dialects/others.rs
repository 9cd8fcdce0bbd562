//! OneLogin, JumpCloud, Google Workspace, Ping, Auth0, Keycloak, authentik and WSO2 where they differ
//! (docs/connectors.md C7).

use serde_json::{Value, json};

use super::guest::{Guest, nobody};
use crate::support::bodies::{CORE, ENTERPRISE, LIST, patch};

// Section 3, OneLogin.
#[tokio::test]
async fn onelogin_fills_a_template_with_texts_nulls_and_a_manager_of_its_own() {
    let guest = Guest::new("onelogin");
    let more = json!({
        "schemas": ["urn:scim:schemas:core:1.0"], "id": null, "active": "true", "title": null,
        ENTERPRISE: {"department": "Care", "manager": {"managerId": "m7", "displayName": "Boss"}},
    });
    let user = guest.hired("a", more).await;
    assert_eq!((&user["active"], user.get("title")), (&json!(true), None), "{user}");
    assert_eq!(
        (&user[ENTERPRISE]["department"], &user[ENTERPRISE]["manager"]["value"]),
        (&json!("Care"), &json!("m7"))
    );
    let listed: Vec<&str> = user["schemas"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    assert!(listed.contains(&CORE) && listed.contains(&ENTERPRISE), "{listed:?}");
    let path = format!("/Users/{}", user["id"].as_str().unwrap());
    let put = guest.scim("PUT", &path, guest.user("a", json!({"active": "false"}))).await;
    assert_eq!(put.body["active"], false, "{put:?}");
}

// Section 3, OneLogin; authentik#11249.
#[tokio::test]
async fn onelogin_patches_a_group_with_an_empty_user_agent() {
    let guest = Guest::new("agentless");
    let a = guest.hire("a").await;
    let group = guest.group("crew", &[&a]).await;
    let body = patch(json!([{"op": "remove", "path": format!("members[value eq \"{a}\"]")}]));
    let got = guest.send("PATCH", &group, &[], &[("user-agent", "")], Some(&body)).await;
    assert!(got.status == 200 && nobody(&got.body["members"]), "{got:?}");
}

// Section 3, JumpCloud.
#[tokio::test]
async fn jumpcloud_tests_its_connection_by_making_and_removing_a_user_and_a_group() {
    let guest = Guest::new("jumpcloud");
    let a = guest.hire("a").await;
    let group = guest.group("test", &[&a]).await;
    let remove = json!([{"op": "remove", "path": "members", "value": [{"value": a}]}]);
    assert!(nobody(&guest.changed(&group, remove).await["members"]));
    let off = guest.scim("PUT", &format!("/Users/{a}"), guest.user("a", json!({"active": false}))).await;
    assert_eq!((off.status, &off.body["active"]), (200, &json!(false)), "{off:?}");
    for path in [group, format!("/Users/{a}")] {
        assert_eq!(guest.scim("DELETE", &path, Value::Null).await.status, 204, "{path}");
        guest.scim("GET", &path, Value::Null).await.is_error(404, None);
    }
}

// Section 3, Google Workspace; scimitar#142.
#[tokio::test]
async fn google_workspace_speaks_plain_json() {
    let guest = Guest::new("google");
    let headers = [
        ("user-agent", "Google-Auto-Provisioning"),
        ("content-type", "application/json"),
        ("accept", "application/json"),
    ];
    let made = guest.send("POST", "/Users", &[], &headers, Some(&guest.user("a", json!({})))).await;
    assert_eq!(made.status, 201, "{made:?}");
    let change = patch(json!([{"op": "replace", "path": "title", "value": "T"}]));
    let got = guest.send("PATCH", &format!("/Users/{}", made.id()), &[], &headers, Some(&change)).await;
    assert_eq!((got.status, &got.body["title"]), (200, &json!("T")), "{got:?}");
}

// Section 3, Ping.
#[tokio::test]
async fn ping_clears_with_an_empty_text_and_overwrites_or_merges_groups() {
    let guest = Guest::new("ping");
    let user = guest.hired("a", json!({"title": "T", "nickName": "N"})).await;
    let id = user["id"].as_str().unwrap();
    let put = guest
        .scim("PUT", &format!("/Users/{id}"), guest.user("a", json!({"title": "", "nickName": "N"})))
        .await;
    assert_eq!((put.status, &put.body["nickName"]), (200, &json!("N")), "{put:?}");
    assert_eq!(put.body["title"].as_str().unwrap_or_default(), "", "empty or absent: {put:?}");
    assert_eq!(guest.ids("/Users", &format!("id eq \"{id}\" and title pr")).await, Vec::<String>::new());
    guest.house.cloud.settle();
    let there = &guest.house.cloud.snapshot()["users"][id]["title"];
    assert_eq!(there.as_str().unwrap_or_default(), "", "in Genesys Cloud as well");
    let b = guest.hire("b").await;
    let group = guest.group("crew", &[id]).await;
    guest.changed(&group, json!([{"op": "add", "path": "members", "value": {"value": b}}])).await;
    assert_eq!(guest.members(&group).await.len(), 2, "merge");
    guest.changed(&group, json!([{"op": "replace", "path": "members", "value": {"value": b}}])).await;
    assert_eq!(guest.members(&group).await, [b].into(), "overwrite");
}

// Section 3, Auth0.
#[tokio::test]
async fn auth0_finds_people_by_external_id_and_wants_resources_always() {
    let guest = Guest::new("auth0");
    let filter = "externalId eq \"auth0|4711\"";
    assert_eq!(guest.find("/Users", filter).await["Resources"], json!([]));
    let user = guest.hired("a", json!({"externalId": "auth0|4711"})).await;
    assert!(user["id"].is_string());
    assert_eq!(guest.ids("/Users", filter).await, [user["id"].as_str().unwrap().to_owned()]);
}

// Section 3, Keycloak; scim-for-keycloak#172.
#[tokio::test]
async fn keycloak_sends_active_as_a_text_and_whole_objects_inside_a_text() {
    let guest = Guest::new("keycloak");
    let path = format!("/Users/{}", guest.hire("a").await);
    let off = guest.changed(&path, json!([{"op": "replace", "value": {"active": "false"}}])).await;
    assert_eq!(off["active"], false);
    let text = json!({"active": "true", "title": "T", "name": {"givenName": "In"}}).to_string();
    let on = guest.changed(&path, json!([{"op": "replace", "value": text}])).await;
    assert_eq!(
        (&on["active"], &on["title"], &on["name"]["givenName"]),
        (&json!(true), &json!("T"), &json!("In"))
    );
    guest.refused(&path, json!([{"op": "replace", "value": "no object"}]), 400, "invalidValue").await;
}

// Section 3, authentik#25056 and #23950.
#[tokio::test]
async fn authentik_reads_the_configuration_with_all_its_parts() {
    let guest = Guest::new("authentik");
    let config = guest.get("/ServiceProviderConfig").await;
    for (part, numbers) in [("bulk", &["maxOperations", "maxPayloadSize"][..]), ("filter", &["maxResults"])] {
        assert!(config[part]["supported"].is_boolean(), "{part}: {config}");
        for number in numbers {
            assert!(config[part][number].is_u64(), "{part}.{number}: {config}");
        }
    }
    for part in ["patch", "changePassword", "sort", "etag"] {
        assert!(config[part]["supported"].is_boolean(), "{part}: {config}");
    }
    assert!(config["authenticationSchemes"][0]["type"].is_string(), "{config}");
}

// Section 3, WSO2 and bitwarden#4034.
#[tokio::test]
async fn wso2_lists_without_paging_parameters_and_gets_a_list() {
    let guest = Guest::new("wso2");
    guest.hire("a").await;
    let list = guest.get("/Users").await;
    assert_eq!((&list["schemas"], &list["startIndex"]), (&json!([LIST]), &json!(1)));
    assert!(!list["Resources"].as_array().unwrap().is_empty());
}

// A PATCH is done in order (RFC 7644 section 3.5.2), also where an operation is about all members.
#[tokio::test]
async fn operations_on_members_follow_each_other_and_the_last_one_counts() {
    let guest = Guest::new("in-order");
    let (a, b, c, d) =
        (guest.hire("a").await, guest.hire("b").await, guest.hire("c").await, guest.hire("d").await);
    let group = guest.group("crew", &[&a, &b]).await;
    let add = |id: &str| json!({"op": "add", "path": "members", "value": [{"value": id}]});
    let all = json!({"op": "remove", "path": "members[type eq \"User\"]"});
    let only = |id: &str| json!({"op": "replace", "path": "members", "value": [{"value": id}]});
    for (operations, wanted) in [
        (json!([add(&c), all, add(&d)]), vec![&d]),
        (
            json!([only(&a), add(&b), {"op": "remove", "path": format!("members[value eq \"{a}\"]")}]),
            vec![&b],
        ),
        (json!([add(&c), only(&d), {"op": "remove", "path": "members"}, add(&a), add(&b)]), vec![&a, &b]),
        (json!([all, add(&a), add(&b)]), vec![&a, &b]),
    ] {
        let text = operations.to_string();
        guest.changed(&group, operations).await;
        assert_eq!(guest.members(&group).await, wanted.into_iter().cloned().collect(), "{text}");
    }
    let many = vec![all; 17];
    let got = guest.scim("PATCH", &group, patch(json!(many))).await;
    got.is_error(413, None);
}
