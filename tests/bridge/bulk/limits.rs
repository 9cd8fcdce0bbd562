//! What the service says it takes, and that it takes so much and no more (RFC 7644 section 3.7.4).

use serde_json::{Value, json};

use super::{request, send, shown, statuses, user};
use crate::support::bridge::TestBridge;
use crate::support::setup::Setup;

fn deletes(number: usize) -> Value {
    json!(vec![json!({"method": "DELETE", "path": "/Users/nobody"}); number])
}

#[tokio::test]
async fn what_service_provider_config_states_is_what_is_taken_and_more_is_413_naming_the_limit() {
    let house = TestBridge::with(Setup::default());
    let bulk = shown(&house, "/ServiceProviderConfig").await["bulk"].clone();
    assert_eq!(bulk["supported"], true);
    let most = usize::try_from(bulk["maxOperations"].as_u64().unwrap()).unwrap();
    let bytes = usize::try_from(bulk["maxPayloadSize"].as_u64().unwrap()).unwrap();
    let done = send(&house, deletes(most)).await;
    assert_eq!((done.len(), done.iter().all(|it| it["status"] == "404")), (most, true));
    let mut operations = deletes(most);
    operations.as_array_mut().unwrap().push(user("first"));
    operations.as_array_mut().unwrap().rotate_right(1);
    let got = house.scim("POST", "/Bulk", Some(request(&operations))).await;
    assert_eq!((got.status, &got.body["status"]), (413, &json!("413")), "{got:?}");
    let detail = got.body["detail"].as_str().unwrap();
    assert!(detail.contains("maxOperations") && detail.contains(&most.to_string()), "{detail}");
    assert_eq!(shown(&house, "/Users").await["totalResults"], 0, "nothing of it was begun");

    let mut large = request(&json!([user("large")]));
    let bare = large.to_string().len();
    large["pad"] = json!("x".repeat(bytes - bare - r#","pad":"""#.len()));
    assert_eq!(large.to_string().len(), bytes);
    assert_eq!(statuses(&super::send_body(&house, large.clone()).await), ["201"], "exactly so much is taken");
    large["pad"] = json!(format!("{}x", large["pad"].as_str().unwrap()));
    let got = house.scim("POST", "/Bulk", Some(large)).await;
    assert_eq!((got.status, &got.body["status"]), (413, &json!("413")), "{got:?}");
    let detail = got.body["detail"].as_str().unwrap();
    assert!(detail.contains("maxPayloadSize") && detail.contains(&bytes.to_string()), "{detail}");
}

#[tokio::test]
async fn what_is_no_bulk_request_is_refused_as_a_whole() {
    let house = TestBridge::with(Setup::default());
    for (body, scim_type) in [
        (json!([]), "invalidSyntax"),
        (json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"]}), "invalidSyntax"),
        (request(&json!([])), "invalidSyntax"),
        (json!({"failOnErrors": 0, "Operations": [user("nora")]}), "invalidValue"),
    ] {
        let got = house.scim("POST", "/Bulk", Some(body)).await;
        assert_eq!((got.status, got.body["scimType"].as_str()), (400, Some(scim_type)), "{got:?}");
    }
    assert_eq!(house.scim("GET", "/Bulk", None).await.status, 405);
    let url = house.url("/scim/v2/Bulk");
    let body = request(&json!([user("nora")])).to_string();
    let got =
        crate::support::client::call(&house.http, &url, "gsb_no-token-of-ours", "POST", Some(body)).await;
    assert_eq!(got.status, 401, "{got:?}");
    assert_eq!(shown(&house, "/Users").await["totalResults"], 0);
}
