//! Discovery (RFC 7644 section 4): exact shapes, no filters, everything else in the query passed over.

use serde_json::json;

use crate::support::server::{PUBLIC, start};

#[tokio::test]
async fn paging_is_announced_with_its_limits() {
    let server = start();
    let got = server.call("GET", "/scim/v2/ServiceProviderConfig", None).await;
    assert_eq!(
        got.body["pagination"],
        json!({
            "cursor": true,
            "index": true,
            "defaultPaginationMethod": "index",
            "defaultPageSize": 100,
            "maxPageSize": 1000,
            "cursorTimeout": 3600,
        })
    );
    let urn = "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig";
    let got = server.call("GET", &format!("/scim/v2/Schemas/{urn}"), None).await;
    let attributes = got.body["attributes"].as_array().unwrap();
    let described = attributes.iter().find(|it| it["name"] == "pagination").unwrap();
    let names: Vec<_> = described["subAttributes"].as_array().unwrap().iter().map(|it| &it["name"]).collect();
    assert_eq!(
        names,
        ["cursor", "index", "defaultPaginationMethod", "defaultPageSize", "maxPageSize", "cursorTimeout"]
    );
}

#[tokio::test]
async fn lists_hold_everything_and_each_entry_is_served_alone_at_its_location() {
    let server = start();
    for (path, total) in [("/scim/v2/ResourceTypes", 2), ("/scim/v2/Schemas", 8)] {
        let list = server.call("GET", path, None).await;
        assert_eq!(list.status, 200);
        assert_eq!(list.body["schemas"], json!(["urn:ietf:params:scim:api:messages:2.0:ListResponse"]));
        let items = list.body["Resources"].as_array().unwrap();
        assert_eq!(list.body["totalResults"], items.len(), "{path}");
        assert_eq!(list.body["itemsPerPage"], items.len(), "{path}");
        assert_eq!(list.body["startIndex"], 1);
        assert!(items.len() >= total, "{path} {}", items.len());
        for item in items {
            let location = item["meta"]["location"].as_str().unwrap();
            let alone = server.call("GET", location.strip_prefix(PUBLIC).unwrap(), None).await;
            assert_eq!((alone.status, &alone.body), (200, item), "{location}");
        }
    }
}

#[tokio::test]
async fn a_filter_is_forbidden_and_all_other_parameters_are_passed_over() {
    let server = start();
    for path in [
        "/scim/v2/ServiceProviderConfig",
        "/scim/v2/ResourceTypes",
        "/scim/v2/ResourceTypes/User",
        "/scim/v2/Schemas",
        "/scim/v2/Schemas/urn:ietf:params:scim:schemas:core:2.0:User",
    ] {
        for query in ["filter=id%20pr", "FILTER=name+eq+%22User%22", "count=1&filter=x"] {
            server.call("GET", &format!("{path}?{query}"), None).await.is_error(403, None);
        }
        let plain = server.call("GET", path, None).await;
        for query in [
            "startIndex=2&count=1",
            "count=0",
            "count=many",
            "cursor=a.b.c",
            "sortBy=id&sortOrder=descending",
            "attributes=id",
            "excludedAttributes=attributes",
            "aadOptscim062020",
        ] {
            let got = server.call("GET", &format!("{path}?{query}"), None).await;
            assert_eq!((got.status, &got.body), (200, &plain.body), "{path}?{query}");
        }
    }
}

#[tokio::test]
async fn what_is_not_there_is_404_and_a_trailing_slash_is_no_harm() {
    let server = start();
    for path in [
        "/scim/v2/ResourceTypes/Robot",
        "/scim/v2/ResourceTypes/user",
        "/scim/v2/Schemas/urn:nonsense",
        "/scim/v2/Schemas/User",
        "/scim/v2/ServiceProviderConfigs",
        "/scim/v2/ServiceProviderConfig/1",
        "/scim/v1/ServiceProviderConfig",
    ] {
        server.call("GET", path, None).await.is_error(404, None);
    }
    for path in [
        "/scim/v2/ServiceProviderConfig/",
        "/scim/v2/ResourceTypes/",
        "/scim/v2/ResourceTypes/User/",
        "/scim/v2/Schemas/",
        "/scim/v2/Schemas/urn:ietf:params:scim:schemas:core:2.0:User/",
        "/scim/v2/Schemas/urn%3Aietf%3Aparams%3Ascim%3Aschemas%3Acore%3A2.0%3AUser",
        "/scim/v2/Users/",
    ] {
        assert_eq!(server.call("GET", path, None).await.status, 200, "{path}");
    }
}

#[tokio::test]
async fn me_says_that_it_is_not_served_and_what_to_use_instead() {
    let server = start();
    for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
        let got = server.call(method, "/scim/v2/Me", Some(json!({}))).await;
        got.is_error(501, None);
        assert!(got.body["detail"].as_str().unwrap().contains("/Users"), "{got:?}");
    }
    assert!(server.documents.changes.lock().unwrap().is_empty());
}
