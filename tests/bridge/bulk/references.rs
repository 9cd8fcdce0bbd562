//! References by `bulkId`: in every place and any order, and circles.

use serde_json::json;

use super::{detail, group, id, members, post, send, send_body, shown, statuses, user};
use crate::support::bodies::{CORE, ENTERPRISE, GROUP, patch};
use crate::support::bridge::TestBridge;
use crate::support::setup::Setup;

#[tokio::test]
async fn the_rfcs_example_makes_alice_and_her_group() {
    let house = TestBridge::with(Setup::default());
    // RFC 7644 section 3.7.2, letter by letter but for the userName, which must be an address in Genesys
    // Cloud.
    let body = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
        "Operations": [
            {
                "method": "POST",
                "path": "/Users",
                "bulkId": "qwerty",
                "data": {
                    "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
                    "userName": "Alice@aurora.example"
                }
            },
            {
                "method": "POST",
                "path": "/Groups",
                "bulkId": "ytrewq",
                "data": {
                    "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"],
                    "displayName": "Tour Guides",
                    "members": [{"type": "User", "value": "bulkId:qwerty"}]
                }
            }
        ]
    });
    let done = send_body(&house, body).await;
    assert_eq!(statuses(&done), ["201", "201"], "{done:?}");
    assert_eq!((&done[0]["method"], &done[0]["bulkId"]), (&json!("POST"), &json!("qwerty")));
    assert_eq!((&done[1]["method"], &done[1]["bulkId"]), (&json!("POST"), &json!("ytrewq")));
    assert!(done[0]["location"].as_str().unwrap().contains("/scim/v2/Users/"), "{done:?}");
    let guides = shown(&house, &format!("/Groups/{}", id(&done[1]))).await;
    let location = &done[0]["location"];
    assert_eq!(guides["displayName"], "Tour Guides");
    assert_eq!(guides["members"][0]["value"], id(&done[0]));
    assert_eq!(&guides["members"][0]["$ref"], location);
    assert_eq!(guides["meta"]["version"], done[1]["version"], "the version is the group's ETag");
    let alice = shown(&house, &format!("/Users/{}", id(&done[0]))).await;
    assert_eq!(
        (&alice["userName"], &alice["meta"]["version"]),
        (&json!("Alice@aurora.example"), &done[0]["version"])
    );
    house.settled().await;
    let world = house.cloud.snapshot();
    assert!(
        world["users"].as_object().unwrap().contains_key(&id(&done[0])),
        "she is in Genesys Cloud as well"
    );
}

#[tokio::test]
async fn references_to_what_comes_later_are_resolved_and_the_answer_keeps_the_order_of_the_request() {
    let house = TestBridge::with(Setup::default());
    let mut minion = user("minion");
    minion["data"][ENTERPRISE] = json!({"manager": {"value": "bulkId:boss"}});
    let done =
        send(&house, json!([group("Team", &["bulkId:minion", "bulkId:boss"]), minion, user("boss")])).await;
    assert_eq!(statuses(&done), ["201", "201", "201"], "{done:?}");
    let bulk_ids: Vec<_> = done.iter().map(|it| it["bulkId"].as_str().unwrap()).collect();
    assert_eq!(bulk_ids, ["Team", "minion", "boss"]);
    let mut wanted = vec![id(&done[1]), id(&done[2])];
    wanted.sort();
    assert_eq!(members(&house, &id(&done[0])).await, wanted);
    let shown = shown(&house, &format!("/Users/{}", id(&done[1]))).await;
    assert_eq!(shown[ENTERPRISE]["manager"]["value"], id(&done[2]), "the RFC's extension example: {shown}");
}

#[tokio::test]
async fn references_in_values_and_filters_of_a_patch_and_in_paths_are_resolved() {
    let house = TestBridge::with(Setup::default());
    let swap = patch(json!([
        {"op": "remove", "path": "members[value eq \"bulkId:old\"]"},
        {"op": "add", "path": "members", "value": [{"value": "bulkId:new"}]},
    ]));
    let rename = json!({"schemas": [CORE], "userName": "new@aurora.example", "displayName": "Newer"});
    let title = patch(json!([{"op": "add", "path": "title", "value": "Guide"}]));
    let done = send(
        &house,
        json!([
            user("old"),
            group("Team", &["bulkId:old"]),
            {"method": "PATCH", "path": "/Groups/bulkId:Team", "data": swap},
            {"method": "PUT", "path": "/Users/bulkId:new", "data": rename},
            {"method": "PATCH", "path": "/Users/bulkId:new", "data": title},
            {"method": "DELETE", "path": "/Users/bulkId:old"},
            user("new"),
        ]),
    )
    .await;
    assert_eq!(statuses(&done), ["201", "201", "200", "200", "200", "204", "201"], "{done:?}");
    assert_eq!(members(&house, &id(&done[1])).await, [id(&done[6])]);
    assert_eq!((&done[2]["location"], &done[3]["location"]), (&done[1]["location"], &done[6]["location"]));
    let new = shown(&house, &format!("/Users/{}", id(&done[6]))).await;
    assert_eq!((&new["displayName"], &new["title"]), (&json!("Newer"), &json!("Guide")));
    assert_eq!(new["meta"]["version"], done[4]["version"]);
    assert_eq!(house.scim("GET", &format!("/Users/{}", id(&done[0])), None).await.status, 404);
}

#[tokio::test]
async fn circles_and_self_references_are_refused_with_409_and_everything_else_is_done() {
    let house = TestBridge::with(Setup::default());
    let manages = |name: &str, manager: &str| {
        let mut post = user(name);
        post["data"][ENTERPRISE] = json!({"manager": {"value": format!("bulkId:{manager}")}});
        post
    };
    let done = send(
        &house,
        json!([
            // RFC 7644 section 3.7.1.
            post("/Groups", "qwerty", json!({"schemas": [GROUP], "displayName": "Group A", "members": [{"type": "Group", "value": "bulkId:ytrewq"}]})),
            post("/Groups", "ytrewq", json!({"schemas": [GROUP], "displayName": "Group B", "members": [{"type": "Group", "value": "bulkId:qwerty"}]})),
            manages("chicken", "egg"),
            manages("egg", "chicken"),
            manages("narcissus", "narcissus"),
            group("Poultry", &["bulkId:chicken"]),
            user("free"),
            group("Free", &["bulkId:free"]),
        ]),
    )
    .await;
    assert_eq!(statuses(&done), ["409", "409", "409", "409", "409", "409", "201", "201"], "{done:?}");
    assert!(
        detail(&done[0]).contains("ytrewq") && detail(&done[0]).contains("circle"),
        "{}",
        detail(&done[0])
    );
    assert!(detail(&done[4]).contains("narcissus"), "{}", detail(&done[4]));
    assert_eq!(shown(&house, "/Users").await["totalResults"], 1);
    assert_eq!(shown(&house, "/Groups").await["totalResults"], 1);
}
