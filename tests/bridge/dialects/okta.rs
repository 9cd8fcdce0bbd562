//! Shapes of the Okta SCIM client (docs/connectors.md C6) beyond the check-list.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::guest::{Guest, nobody, set};
use crate::support::bodies::{CORE, ENTERPRISE, GROUP, NOBODY, patch};
use crate::support::client::call;

/// The body with which Okta assigns a user.
fn assigned(guest: &Guest, who: &str) -> Value {
    json!({
        "schemas": [CORE], "userName": guest.name(who), "name": {"givenName": "Test", "familyName": "User"},
        "emails": [{"primary": true, "value": guest.name(who), "type": "work"}], "displayName": "Test User",
        "locale": "en-US", "externalId": format!("00u-{who}"), "groups": [], "password": "1mz050nq", "active": true,
    })
}

// Section 2, assign user.
#[tokio::test]
async fn a_user_is_looked_for_assigned_with_a_password_and_never_shows_it() {
    let guest = Guest::new("okta-assign");
    let filter = format!("userName eq \"{}\"", guest.name("a"));
    let query = [("filter", filter.as_str()), ("startIndex", "1"), ("count", "100")];
    let headers = [
        ("user-agent", "Okta SCIM Client 1.0.0"),
        ("accept", "application/scim+json"),
        ("accept-charset", "utf-8"),
        ("accept-encoding", "gzip,deflate"),
    ];
    let none = guest.send("GET", "/Users", &query, &headers[..3], None).await;
    assert_eq!((none.status, &none.body["totalResults"]), (200, &json!(0)), "{none:?}");
    let body = assigned(&guest, "a");
    let got = guest.send("POST", "/Users", &[], &headers[..3], Some(&body)).await;
    assert_eq!(got.status, 201, "{got:?}");
    for name in ["userName", "name", "emails", "displayName", "locale", "externalId", "active"] {
        assert_eq!(got.body[name], body[name], "{name}");
    }
    let path = format!("/Users/{}", got.id());
    let pushed = guest.changed(&path, json!([{"op": "replace", "value": {"password": "t1meMa$heen"}}])).await;
    for shown in [&got.body, &pushed] {
        let text = shown.to_string();
        assert!(
            !text.contains("1mz050nq") && !text.contains("t1meMa$heen") && !text.contains("password"),
            "{text}"
        );
    }
    let got = guest.send("GET", "/Users", &[("filter", "password pr")], &[], None).await;
    got.is_error(400, Some("invalidFilter"));
}

// Section 2, enable integration.
#[tokio::test]
async fn an_integration_is_enabled_by_two_short_lists() {
    let guest = Guest::new("okta-enable");
    guest.hire("a").await;
    for path in ["/Users?startIndex=1&count=2", "/Groups?startIndex=1&count=100"] {
        let list = guest.get(path).await;
        assert!(list["totalResults"].is_u64() && list["itemsPerPage"].is_u64(), "{list}");
        assert_eq!(list["itemsPerPage"], list["Resources"].as_array().unwrap().len());
        assert_eq!(list["startIndex"], 1);
    }
}

// Section 2, profile update: GET, then PUT of the whole object.
#[tokio::test]
async fn a_profile_is_read_and_written_back_whole_and_unknown_attributes_survive() {
    let guest = Guest::new("okta-put");
    let more =
        json!({"shoeSize": 43, "nickName": "Nick", ENTERPRISE: {"employeeNumber": "77", "hobby": "chess"}});
    let mut whole = guest.hired("a", more).await;
    let path = format!("/Users/{}", whole["id"].as_str().unwrap());
    let group = guest.group("crew", &[whole["id"].as_str().unwrap()]).await;
    whole["displayName"] = json!("New Name");
    whole["groups"] = json!([]);
    let got = guest.scim("PUT", &path, whole.clone()).await;
    assert_eq!((got.status, &got.body["displayName"]), (200, &json!("New Name")), "{got:?}");
    for name in ["id", "shoeSize", "nickName", ENTERPRISE, "externalId", "userName"] {
        assert_eq!(got.body[name], whole[name], "{name}");
    }
    assert_eq!(got.body["meta"]["version"], "W/\"2\"", "meta in the body counts for nothing");
    assert_eq!(guest.members(&group).await.len(), 1, "groups: [] in a user takes nobody out");
    assert_eq!(got.body["groups"][0]["display"], "okta-put crew", "derived: {got:?}");
}

// Section 2, deactivate in its two forms.
#[tokio::test]
async fn a_user_is_deactivated_by_patch_without_a_path_and_by_put() {
    let guest = Guest::new("okta-off");
    let whole = guest.hired("a", json!({})).await;
    let id = whole["id"].as_str().unwrap();
    let path = format!("/Users/{id}");
    let state = || guest.house.cloud.snapshot()["users"][id]["state"].clone();
    for active in [false, true] {
        let user = guest.changed(&path, json!([{"op": "replace", "value": {"active": active}}])).await;
        assert_eq!(user["active"], active);
        assert_eq!(state(), if active { "active" } else { "inactive" });
    }
    for active in [false, true] {
        let mut body = whole.clone();
        body["active"] = json!(active);
        let got = guest.scim("PUT", &path, body).await;
        assert_eq!((got.status, &got.body["active"]), (200, &json!(active)), "{got:?}");
        assert_eq!(state(), if active { "active" } else { "inactive" });
    }
}

// Section 2, group push.
#[tokio::test]
async fn a_group_is_pushed_empty_renamed_with_its_id_and_filled_step_by_step() {
    let guest = Guest::new("okta-push");
    let (a, b) = (guest.hire("a").await, guest.hire("b").await);
    assert_eq!(guest.ids("/Groups", "displayName eq \"okta-push one\"").await, Vec::<String>::new());
    let group = guest.group("one", &[]).await;
    let id = group.strip_prefix("/Groups/").unwrap();
    let first = |name: &str| json!([{"op": "replace", "value": {"id": id, "displayName": name}}]);
    let before = guest.get(&group).await;
    assert_eq!(guest.changed(&group, first("okta-push one")).await, before, "its own name changes nothing");
    let add = json!([{"op": "add", "path": "members", "value": [{"value": a, "display": guest.name("a")},
        {"value": b, "display": guest.name("b")}]}]);
    guest.changed(&group, add).await;
    assert_eq!(guest.members(&group).await, set([&a, &b]), "no type: users");
    guest.changed(&group, first("okta-push two")).await;
    assert_eq!(guest.members(&group).await, set([&a, &b]));
    let swap = json!([{"op": "remove", "path": format!("members[value eq \"{a}\"]")},
        {"op": "add", "path": "members", "value": [{"value": b}]}]);
    guest.changed(&group, swap).await;
    assert_eq!(guest.members(&group).await, set([&b]));
    assert_eq!(guest.ids("/Groups", "displayName eq \"okta-push two\"").await, [id.to_owned()]);
}

// Section 2, push now; SCIM-SDK#757.
#[tokio::test]
async fn push_now_replaces_the_members_and_an_empty_list_clears() {
    let guest = Guest::new("okta-now");
    let (a, b, c) = (guest.hire("a").await, guest.hire("b").await, guest.hire("c").await);
    let group = guest.group("crew", &[&a, &b]).await;
    let push = |members: Value| json!([{"op": "replace", "path": "members", "value": members}]);
    guest.changed(&group, push(json!([{"value": b}, {"value": c}]))).await;
    assert_eq!(guest.members(&group).await, set([&b, &c]));
    guest.changed(&group, push(json!([]))).await;
    assert_eq!(guest.members(&group).await, BTreeSet::new());
    let id = group.strip_prefix("/Groups/").unwrap();
    let older = json!([{"op": "replace", "value": {"members": [{"value": a}], "id": id, "displayName": "okta-now crew"}}]);
    guest.changed(&group, older).await;
    assert_eq!(guest.members(&group).await, set([&a]), "the older shape");
    let cleared =
        json!([{"op": "replace", "value": {"members": [], "id": id, "displayName": "okta-now crew"}}]);
    guest.changed(&group, cleared).await;
    assert_eq!(guest.members(&group).await, BTreeSet::new());
}

// Section 2, AIW group update; lightdash#15035.
#[tokio::test]
async fn a_group_is_put_with_its_own_name_and_its_members() {
    let guest = Guest::new("okta-aiw");
    let (a, b) = (guest.hire("a").await, guest.hire("b").await);
    let group = guest.group("crew", &[]).await;
    let body = |name: &str, members: Value| json!({"schemas": [GROUP], "id": group.strip_prefix("/Groups/"), "displayName": name, "members": members});
    for (name, members, wanted) in [
        ("okta-aiw crew", json!([{"value": a, "display": "A"}, {"value": b}]), set([&a, &b])),
        ("okta-aiw renamed", json!([{"value": b}]), set([&b])),
        ("okta-aiw renamed", json!([]), BTreeSet::new()),
    ] {
        let got = guest.scim("PUT", &group, body(name, members)).await;
        assert_eq!((got.status, &got.body["displayName"]), (200, &json!(name)), "{got:?}");
        assert_eq!(guest.members(&group).await, wanted);
    }
}

// Section 2: 400 is permanent at Okta; fleetdm/fleet#52600.
#[tokio::test]
async fn a_push_with_an_unknown_member_names_it_and_changes_nothing() {
    let guest = Guest::new("okta-unknown");
    let (a, b) = (guest.hire("a").await, guest.hire("b").await);
    let group = guest.group("crew", &[&a]).await;
    let add = json!([{"op": "add", "path": "members", "value": [{"value": b}, {"value": NOBODY}]}]);
    let detail = guest.refused(&group, add, 400, "invalidValue").await;
    assert!(detail.contains(NOBODY), "{detail}");
    assert_eq!(guest.members(&group).await, set([&a]));
}

// Section 2: old ids after a rebuilt database; fleetdm/fleet#52593. And the error of a refused token.
#[tokio::test]
async fn ids_of_another_time_are_404_and_a_refused_token_is_401_with_a_text_status() {
    let guest = Guest::new("okta-old");
    let off = || patch(json!([{"op": "replace", "value": {"active": false}}]));
    for id in [NOBODY, "4711", "not-an-id", "a%2Fb", "..%2f..%2fx", "%20", "ünï"] {
        for (method, body) in [
            ("GET", Value::Null),
            ("PATCH", off()),
            ("PUT", guest.user("z", json!({}))),
            ("DELETE", Value::Null),
        ] {
            let got = guest.scim(method, &format!("/Users/{id}"), body).await;
            got.is_error(404, None);
        }
    }
    let url = guest.house.url("/scim/v2/Users?startIndex=1&count=2");
    call(&guest.http, &url, "wrong", "GET", None).await.is_error(401, None);
}

// Section 2, unlink and delete.
#[tokio::test]
async fn an_unlinked_group_is_deleted_and_its_people_stay() {
    let guest = Guest::new("okta-unlink");
    let a = guest.hire("a").await;
    let group = guest.group("crew", &[&a]).await;
    assert_eq!(guest.get(&format!("/Users/{a}")).await["groups"][0]["display"], "okta-unlink crew");
    assert_eq!(guest.scim("DELETE", &group, Value::Null).await.status, 204);
    guest.scim("GET", &group, Value::Null).await.is_error(404, None);
    let user = guest.get(&format!("/Users/{a}")).await;
    assert!(user["active"] == true && nobody(&user["groups"]), "{user}");
}
