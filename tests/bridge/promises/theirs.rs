//! What others gave stays theirs: adoption of existing users, requests that do not speak of entitlements,
//! taking back.

use genesys_cloud_emulator::Cloud;
use serde_json::{Value, json};

use crate::support::bodies::{OURS, agent, patch, user};
use crate::support::bridge::TestBridge;
use crate::support::setup::Setup;

const SECTIONS: [&str; 5] = ["grants", "skills", "languages", "attributes", "queues"];

/// What a user holds, by section; of queues the names.
fn holdings(cloud: &Cloud, id: &str) -> Value {
    let world = cloud.snapshot();
    let mut held = serde_json::Map::new();
    for section in SECTIONS {
        let value = if section == "queues" {
            let queues = world["queues"].as_object().unwrap().iter();
            queues.filter(|(_, members)| members[id].is_object()).map(|(name, _)| name.clone()).collect()
        } else {
            world[section][id].clone()
        };
        held.insert(section.to_owned(), value);
    }
    Value::Object(held)
}

pub(super) async fn find(house: &TestBridge, name: &str) -> Value {
    let got = house.scim("GET", &format!("/Users?filter=userName%20eq%20%22{name}%22"), None).await;
    assert_eq!(got.body["totalResults"], 1, "{got:?}");
    got.body["Resources"][0].clone()
}

pub(super) async fn imported() -> TestBridge {
    let house = TestBridge::with(Setup { import: "required", ..Setup::default() });
    let got = house.admin("POST", "/import", None).await;
    assert_eq!(got.status, 200, "{got:?}");
    house
}

/// An administrator of the organisation works in Genesys directly.
pub(crate) async fn administrator(
    house: &TestBridge,
    method: &str,
    path: &str,
    body: Option<Value>,
) -> Value {
    let login = format!("{}/oauth/token", house.cloud.login_base());
    let signed = house
        .http
        .post(login)
        .basic_auth(house.cloud.client_id(), Some(house.cloud.client_secret()))
        .form(&[("grant_type", "client_credentials")]);
    let token: Value = serde_json::from_str(&signed.send().await.unwrap().text().await.unwrap()).unwrap();
    let url = format!("{}{path}", house.cloud.api_base());
    let mut request =
        house.http.request(method.parse().unwrap(), url).bearer_auth(token["access_token"].as_str().unwrap());
    if let Some(body) = body {
        request = request.header("content-type", "application/json").body(body.to_string());
    }
    let answer = request.send().await.unwrap();
    assert!(answer.status().is_success(), "{method} {path}: {}", answer.status());
    serde_json::from_str(&answer.text().await.unwrap()).unwrap_or_default()
}

async fn give_role(house: &TestBridge, user: &str, role: &str) {
    let roles = administrator(house, "GET", "/api/v2/authorization/roles?pageSize=100", None).await;
    let of = |list: &Value, name: &str| {
        let found = list["entities"].as_array().unwrap().iter().find(|it| it["name"] == name);
        found.unwrap()["id"].as_str().unwrap().to_owned()
    };
    let divisions = administrator(house, "GET", "/api/v2/authorization/divisions?pageSize=100", None).await;
    let grant = json!({"grants": [{"roleId": of(&roles, role), "divisionId": of(&divisions, "EMEA")}]});
    let path = format!("/api/v2/authorization/subjects/{user}/bulkadd?subjectType=PC_USER");
    administrator(house, "POST", &path, Some(grant)).await;
}

#[tokio::test]
async fn existing_users_are_found_under_their_genesys_id_and_the_first_patch_adopts_them_and_takes_nothing_away()
 {
    let house = imported().await;
    let iris = find(&house, "Iris.Keller@aurora.example").await;
    let id = iris["id"].as_str().unwrap();
    let before = holdings(&house.cloud, id);
    assert_eq!(before["grants"], json!(["Agent@EMEA", "employee@Home"]));
    house.cloud.clear_ledger();
    let change = patch(json!([{"op": "Replace", "path": "title", "value": "Senior claims agent"}]));
    let got = house.scim("PATCH", &format!("/Users/{id}"), Some(change)).await;
    assert_eq!(
        (got.status, got.id().as_str(), &got.body["title"]),
        (200, id, &json!("Senior claims agent")),
        "{got:?}"
    );
    house.settled().await;
    assert_eq!(house.cloud.snapshot()["users"][id]["title"], "Senior claims agent");
    assert_eq!(holdings(&house.cloud, id), before, "what others gave stayed");
    assert!(house.cloud.ledger().iter().all(|call| call.method != "DELETE"), "{:?}", house.cloud.ledger());
}

#[tokio::test]
async fn a_post_for_an_existing_user_links_instead_of_making_a_second_one() {
    let house = imported().await;
    let iris = find(&house, "iris.keller@aurora.example").await;
    let id = iris["id"].as_str().unwrap();
    let before = holdings(&house.cloud, id);
    let mut body = agent("iris.keller");
    body["title"] = json!("Claims agent");
    let got = house.scim("POST", "/Users", Some(body.clone())).await;
    assert_eq!((got.status, got.id().as_str()), (201, id), "{got:?}");
    house.settled().await;
    assert_eq!(holdings(&house.cloud, id), before);
    assert_eq!(house.scim("POST", "/Users", Some(body)).await.status, 409, "she is managed now");
}

#[tokio::test]
async fn a_post_that_links_keeps_the_attributes_that_it_does_not_name_and_a_later_put_means_what_it_says() {
    let named = ["title", "department", "manager", "employeeNumber"];
    for import in ["required", "off"] {
        let house = TestBridge::with(Setup { import, rules: String::new(), ..Setup::default() });
        if import == "required" {
            house.admin("POST", "/import", None).await.is(200);
        }
        let id = house.with_address("iris.keller@aurora.example")[0].clone();
        let before = house.cloud.snapshot()["users"][&id].clone();
        assert!(named.iter().all(|name| !before[name].is_null()), "{before}");
        let mut body = user("iris.keller", json!({"displayName": "Iris K.", "active": true}));
        let got = house.scim("POST", "/Users", Some(body.clone())).await;
        assert_eq!((got.status, got.id()), (201, id.clone()), "{got:?}");
        house.settled().await;
        let after = house.cloud.snapshot()["users"][&id].clone();
        assert_eq!(after["name"], "Iris K.");
        for name in named {
            assert_eq!(after[name], before[name], "{import}: {name}");
        }
        body["title"] = json!("Lead");
        house.scim("PUT", &format!("/Users/{id}"), Some(body.clone())).await.is(200);
        body.as_object_mut().unwrap().remove("title");
        house.scim("PUT", &format!("/Users/{id}"), Some(body)).await.is(200);
        house.settled().await;
        let last = house.cloud.snapshot()["users"][&id].clone();
        assert_eq!((&last["title"], &last["department"]), (&Value::Null, &before["department"]), "{import}");
    }
}

#[tokio::test]
async fn where_linking_is_refused_an_existing_user_is_409_and_untouched() {
    let house =
        TestBridge::with(Setup { import: "off", tenant: "on_existing = \"refuse\"", ..Setup::default() });
    let before = house.cloud.snapshot();
    let got = house.scim("POST", "/Users", Some(agent("iris.keller"))).await;
    assert_eq!((got.status, &got.body["scimType"]), (409, &json!("uniqueness")), "{got:?}");
    assert!(got.body["detail"].as_str().unwrap().contains("on_existing"), "{got:?}");
    house.settled().await;
    assert_eq!(house.cloud.snapshot(), before);
}

#[tokio::test]
async fn what_somebody_else_gave_before_us_is_never_ours_to_take() {
    let house = imported().await;
    let iris = find(&house, "iris.keller@aurora.example").await;
    let id = iris["id"].as_str().unwrap();
    let path = format!("/Users/{id}");
    let before = holdings(&house.cloud, id);
    // The role and the first queue are hers already, the second queue is new.
    let ask = patch(json!([{"op": "add", "value": {OURS: {
        "roles": [{"role": "Agent", "division": "EMEA"}],
        "queues": ["EMEA Motor Claims", "VIP"],
    }}}]));
    let got = house.scim("PATCH", &path, Some(ask)).await;
    assert_eq!(got.status, 200, "{got:?}");
    house.settled().await;
    assert_eq!(holdings(&house.cloud, id)["queues"], json!(["EMEA Motor Claims", "VIP"]));
    let nothing = patch(json!([{"op": "replace", "value": {OURS: {"roles": [], "queues": []}}}]));
    let got = house.scim("PATCH", &path, Some(nothing)).await;
    assert_eq!(got.status, 200, "{got:?}");
    house.settled().await;
    assert_eq!(holdings(&house.cloud, id), before, "only what we gave was taken back");
}

fn with_entitlements(roles: &Value, queues: &Value) -> Value {
    let mut body = agent("nora");
    body["title"] = json!("Clerk");
    body[OURS] = json!({"roles": roles, "queues": queues, "skills": [{"name": "Chat", "proficiency": 3}]});
    body["schemas"].as_array_mut().unwrap().push(json!(OURS));
    body
}

#[tokio::test]
async fn a_put_without_our_extension_takes_nothing_away_and_one_with_empty_lists_takes_back_what_they_speak_of()
 {
    let house = TestBridge::with(Setup::default());
    let full = with_entitlements(&json!([{"role": "Agent", "division": "EMEA"}]), &json!(["VIP"]));
    let made = house.scim("POST", "/Users", Some(full)).await;
    assert_eq!(made.status, 201, "{made:?}");
    house.settled().await;
    let (id, path) = (made.id(), format!("/Users/{}", made.id()));
    give_role(&house, &id, "Reporting Viewer").await;
    let before = holdings(&house.cloud, &id);
    assert_eq!(before["grants"], json!(["Agent@EMEA", "Reporting Viewer@EMEA", "employee@Home"]));
    let mut plain = agent("nora");
    plain["title"] = json!("Clerk");
    plain["displayName"] = json!("Nora Quist");
    let got = house.scim("PUT", &path, Some(plain)).await;
    assert_eq!(got.status, 200, "{got:?}");
    house.settled().await;
    assert_eq!(holdings(&house.cloud, &id), before, "an absent extension is not spoken of");
    assert_eq!(house.cloud.snapshot()["users"][&id]["name"], "Nora Quist");
    let got = house.scim("PUT", &path, Some(with_entitlements(&json!([]), &json!([])))).await;
    assert_eq!(got.status, 200, "{got:?}");
    house.settled().await;
    let after = holdings(&house.cloud, &id);
    assert_eq!(
        after["grants"],
        json!(["Reporting Viewer@EMEA", "employee@Home"]),
        "not what somebody else gave"
    );
    assert_eq!((&after["queues"], &after["skills"]), (&json!([]), &json!({"Chat": 3.0})));
}

#[tokio::test]
async fn a_role_that_somebody_else_took_away_meanwhile_is_no_reason_to_fail() {
    let house = TestBridge::with(Setup::default());
    let full = with_entitlements(&json!([{"role": "Agent", "division": "EMEA"}]), &json!(["VIP"]));
    let made = house.scim("POST", "/Users", Some(full)).await;
    house.settled().await;
    let (id, path) = (made.id(), format!("/Users/{}", made.id()));
    let queues = administrator(&house, "GET", "/api/v2/routing/queues?pageSize=100", None).await;
    let vip = queues["entities"].as_array().unwrap().iter().find(|queue| queue["name"] == "VIP").unwrap();
    let member = format!("/api/v2/routing/queues/{}/members/{id}", vip["id"].as_str().unwrap());
    administrator(&house, "DELETE", &member, None).await;
    let got = house.scim("PUT", &path, Some(with_entitlements(&json!([]), &json!([])))).await;
    assert_eq!(got.status, 200, "{got:?}");
    house.settled().await;
    assert_eq!(holdings(&house.cloud, &id)["grants"], json!(["employee@Home"]));
}
