//! Reads: by id, by filter, page by page, with projection, ETags and discovery.

use serde_json::json;

use crate::support::bridge::SCIM;
use crate::support::server::{PUBLIC, start};

#[tokio::test]
async fn a_resource_comes_with_its_address_under_the_public_url_and_its_etag() {
    let server = start();
    let id = server.user("ada@example.com").await;
    let got = server.call("GET", &format!("/scim/v2/Users/{id}"), None).await;
    assert_eq!(got.status, 200);
    assert_eq!(got.header("content-type"), "application/scim+json");
    assert_eq!(got.header("etag"), "W/\"1\"");
    assert_eq!(got.body["meta"]["location"], format!("{PUBLIC}/scim/v2/Users/{id}"));
    assert_eq!(got.body["meta"]["version"], "W/\"1\"");
    assert_eq!(got.body["meta"]["created"], "2023-11-14T22:13:20.000Z");
}

#[tokio::test]
async fn head_answers_as_get_without_a_body() {
    let server = start();
    let id = server.user("ada@example.com").await;
    for path in [format!("/scim/v2/Users/{id}"), "/scim/v2/Users".to_owned(), "/scim/v2/Schemas".to_owned()] {
        let got = server.call("HEAD", &path, None).await;
        assert_eq!((got.status, got.body.as_str()), (200, Some("")), "{path}");
        assert_eq!(got.header("content-type"), "application/scim+json");
    }
}

#[tokio::test]
async fn a_client_that_has_the_current_version_gets_304() {
    let server = start();
    let id = server.user("ada@example.com").await;
    let path = format!("/scim/v2/Users/{id}");
    for (condition, status) in
        [("W/\"1\"", 304), ("W/\"7\", W/\"1\"", 304), ("*", 304), ("W/\"2\"", 200), ("nonsense", 200)]
    {
        let request = server.request("GET", &path).bearer_auth(SCIM).header("if-none-match", condition);
        assert_eq!(server.send(request).await.status, status, "{condition}");
    }
}

#[tokio::test]
async fn nothing_found_is_an_empty_list_and_unknown_parameters_are_passed_over() {
    let server = start();
    for query in [
        "filter=userName+eq+%22nobody%22",
        "filter=userName%20eq%20%22nobody%22&aadOptscim062020",
        "aadOptscim062020&filter=externalId%20eq%20%22x%22",
        "AzureAdScimPatch062020&filter=title%20eq%20%22x%22",
    ] {
        let got = server.call("GET", &format!("/scim/v2/Users?{query}"), None).await;
        assert_eq!(got.status, 200, "{query} {got:?}");
        assert_eq!(got.body["totalResults"], 0);
        assert_eq!(got.body["Resources"], json!([]));
        assert_eq!(got.body["schemas"][0], "urn:ietf:params:scim:api:messages:2.0:ListResponse");
    }
}

#[tokio::test]
async fn pages_are_stable_and_totals_exact() {
    let server = start();
    for n in 0..12 {
        server.user(&format!("user{n:02}")).await;
    }
    let mut seen = Vec::new();
    for (start, wanted) in [(1, 5), (6, 5), (11, 2), (16, 0)] {
        let got = server.call("GET", &format!("/scim/v2/Users?startIndex={start}&count=5"), None).await;
        assert_eq!(got.body["totalResults"], 12);
        assert_eq!(got.body["startIndex"], start);
        assert_eq!(got.body["itemsPerPage"], wanted);
        seen.extend(got.body["Resources"].as_array().unwrap().iter().map(|it| it["userName"].clone()));
    }
    assert_eq!(seen, (0..12).map(|n| json!(format!("user{n:02}"))).collect::<Vec<_>>());
    for (query, total, items) in [
        ("count=0", 12, 0),
        ("count=-3", 12, 0),
        ("startIndex=-4&count=2", 12, 2),
        ("filter=userName+sw+%22user1%22&count=1", 2, 1),
        ("filter=userName+eq+%22USER03%22", 1, 1),
    ] {
        let got = server.call("GET", &format!("/scim/v2/Users?{query}"), None).await;
        assert_eq!(got.body["totalResults"], total, "{query}");
        assert_eq!(got.body["itemsPerPage"], items, "{query}");
    }
    let got = server.call("GET", "/scim/v2/Users?sortBy=userName&sortOrder=descending&count=2", None).await;
    assert_eq!(got.body["Resources"][0]["userName"], "user11");
    assert_eq!(got.body["totalResults"], 12);
}

#[tokio::test]
async fn bad_queries_say_what_is_wrong() {
    let server = start();
    for (query, scim_type) in [
        ("filter=userName+eq", "invalidFilter"),
        ("filter=((((", "invalidFilter"),
        ("filter=nonsense+eq+%22x%22", "invalidFilter"),
        ("filter=%ff", "invalidValue"),
        ("attributes=a&excludedAttributes=b", "invalidValue"),
    ] {
        server.call("GET", &format!("/scim/v2/Users?{query}"), None).await.is_error(400, Some(scim_type));
    }
}

#[tokio::test]
async fn a_query_that_would_look_at_too_many_resources_is_refused_with_a_way_out() {
    let server = start();
    server.documents.crowd(20_001);
    let got = server.call("GET", "/scim/v2/Users?sortBy=userName", None).await;
    got.is_error(400, Some("tooMany"));
    assert!(
        got.body["detail"].as_str().unwrap().contains("leave out sortBy or narrow the filter"),
        "{got:?}"
    );
    let search = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "sortBy": "id"});
    server.call("POST", "/scim/v2/.search", Some(search)).await.is_error(400, Some("tooMany"));
    let got = server.call("GET", "/scim/v2/Users?count=1", None).await;
    assert_eq!((got.status, &got.body["totalResults"]), (200, &json!(20_001)));
}

#[tokio::test]
async fn projections_are_honoured_and_excluded_members_are_never_loaded() {
    let server = start();
    let user = server.user("ada@example.com").await;
    let group = json!({"displayName": "EMEA", "members": [{"value": user}]});
    let got = server.call("POST", "/scim/v2/Groups?excludedAttributes=members", Some(group)).await;
    assert_eq!(got.status, 201, "{got:?}");
    let id = got.body["id"].as_str().unwrap().to_owned();
    let path = format!("/scim/v2/Groups/{id}");
    assert!(
        server.call("GET", &format!("{path}?excludedAttributes=members"), None).await.body["members"]
            .is_null()
    );
    let query = "/scim/v2/Groups?excludedAttributes=members&filter=displayName%20eq%20%22EMEA%22";
    assert_eq!(server.call("GET", query, None).await.body["totalResults"], 1);
    assert_eq!(*server.documents.members_read.lock().unwrap(), 0);
    let got = server.call("GET", &path, None).await;
    assert_eq!(got.body["members"][0]["value"], user.as_str());
    let got = server.call("GET", &format!("/scim/v2/Users/{user}?attributes=userName"), None).await;
    let keys: Vec<_> = got.body.as_object().unwrap().keys().cloned().collect();
    assert_eq!(keys, ["schemas", "id", "userName"]);
    let got = server.call("GET", &format!("/scim/v2/Users/{user}"), None).await;
    assert_eq!(got.body["groups"][0]["value"], id.as_str());
}

#[tokio::test]
async fn a_search_by_post_answers_as_the_list_does() {
    let server = start();
    server.user("ada@example.com").await;
    server.call("POST", "/scim/v2/Groups", Some(json!({"displayName": "EMEA"}))).await;
    let body = |filter: &str| {
        Some(json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "filter": filter}))
    };
    for (path, filter, total) in [
        ("/scim/v2/Users/.search", "userName eq \"ada@example.com\"", 1),
        ("/scim/v2/Users/.search", "userName eq \"bob\"", 0),
        ("/scim/v2/Groups/.search", "displayName eq \"emea\"", 1),
        ("/scim/v2/.search", "id pr", 2),
        ("/scim/v2/.search", "userName pr", 1),
    ] {
        let got = server.call("POST", path, body(filter)).await;
        assert_eq!(got.status, 200, "{path} {filter} {got:?}");
        assert_eq!(got.body["totalResults"], total, "{path} {filter}");
    }
    server
        .call("POST", "/scim/v2/.search", body("nonsense eq \"x\""))
        .await
        .is_error(400, Some("invalidFilter"));
}

#[tokio::test]
async fn discovery_is_complete_and_takes_no_filter() {
    let server = start();
    let got = server.call("GET", "/scim/v2/ServiceProviderConfig", None).await;
    assert_eq!(got.body["patch"]["supported"], true);
    let types = server.call("GET", "/scim/v2/ResourceTypes", None).await;
    assert_eq!(types.body["totalResults"], 2);
    for path in ["/scim/v2/ResourceTypes", "/scim/v2/Schemas"] {
        let all = server.call("GET", path, None).await;
        for one in all.body["Resources"].as_array().unwrap() {
            let id = one["id"].as_str().unwrap();
            let got = server.call("GET", &format!("{path}/{id}"), None).await;
            assert_eq!(got.body["id"], id, "{path}");
        }
        server.call("GET", &format!("{path}?filter=id+pr"), None).await.is_error(403, None);
        server.call("GET", &format!("{path}/nothing"), None).await.is_error(404, None);
    }
}

#[tokio::test]
async fn a_page_deep_in_a_long_listing_is_the_right_one_also_after_somebody_came_or_went() {
    let server = start();
    server.documents.crowd(2_300);
    let page = |start: usize| {
        let server = &server;
        async move {
            let got = server.call("GET", &format!("/scim/v2/Users?startIndex={start}&count=3"), None).await;
            assert_eq!(got.body["startIndex"], start, "{got:?}");
            let ids = got.body["Resources"].as_array().unwrap().iter();
            let ids: Vec<String> = ids.map(|user| user["id"].as_str().unwrap().to_owned()).collect();
            (got.body["totalResults"].as_u64().unwrap(), ids)
        }
    };
    let from = |n: usize| -> Vec<String> { (n..n + 3).map(|n| format!("crowd-{n:06}")).collect() };
    // Each place twice: found by walking, then by what the walk learnt; and in every order.
    for start in [1_201, 1_201, 2_001, 501, 1_001, 1_000, 1_002, 2_298, 1] {
        assert_eq!(page(start).await, (2_300, from(start - 1)), "{start}");
    }
    assert_eq!(page(2_300).await, (2_300, vec!["crowd-002299".to_owned()]));
    assert_eq!(page(2_301).await, (2_300, Vec::new()));
    let gone = server.call("DELETE", "/scim/v2/Users/crowd-000000", None).await;
    assert_eq!(gone.status, 204);
    for start in [1_201, 2_001, 501, 1] {
        assert_eq!(page(start).await, (2_299, from(start)), "after a removal: {start}");
    }
}
