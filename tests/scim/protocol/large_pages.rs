//! Pages of large resources over real sockets: a page ends before it is too large, whatever number was asked for,
//! nothing is left out or comes twice, and what cannot be sorted within bounds is told.

use genesys_scim_bridge::testing::limits::{PAGE_BYTES, SORT_BYTES};
use serde_json::{Value, json};

use crate::support::bodies::group;
use crate::support::client::Response;
use crate::support::server::{TestServer, start};

/// Bytes of one large attribute; four of them make about a megabyte.
const LARGE: usize = 250_000;
/// Resources of a megabyte that one page holds at most: it ends behind the one that exceeds its bytes.
const A_PAGE: usize = PAGE_BYTES / 1_000_000 + 2;

async fn large_users(server: &TestServer, number: usize) -> Vec<String> {
    let text = "x".repeat(LARGE);
    let mut made = Vec::new();
    for n in 0..number {
        let body = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": format!("large{n:03}@example.com"),
            "title": text, "displayName": text, "nickName": text, "userType": text,
        });
        let got = server.call("POST", "/scim/v2/Users?attributes=userName", Some(body)).await;
        made.push(got.is(201).id());
    }
    made
}

fn ids(got: &Response) -> Vec<String> {
    assert_eq!(got.status, 200, "{:?}", got.body["detail"]);
    let resources = got.body["Resources"].as_array().unwrap();
    assert_eq!(got.body["itemsPerPage"], resources.len());
    assert!((1..=A_PAGE).contains(&resources.len()), "{} resources on one page", resources.len());
    resources.iter().map(|resource| resource["id"].as_str().unwrap().to_owned()).collect()
}

/// All ids, as a client finds them that goes on behind what it was given.
async fn by_index(server: &TestServer, query: &str, total: usize) -> Vec<String> {
    let mut found = Vec::new();
    while found.len() < total {
        let path = format!("/scim/v2/{query}&count=1000&startIndex={}", found.len() + 1);
        let got = server.call("GET", &path, None).await;
        assert_eq!(got.body["totalResults"], total);
        found.extend(ids(&got));
    }
    found
}

async fn by_cursor(server: &TestServer, query: &str) -> Vec<String> {
    let (mut found, mut cursor) = (Vec::new(), String::new());
    loop {
        let got = server.call("GET", &format!("/scim/v2/{query}&count=1000&cursor={cursor}"), None).await;
        found.extend(ids(&got));
        match got.body.get("nextCursor").and_then(Value::as_str) {
            Some(next) => next.clone_into(&mut cursor),
            None => return found,
        }
    }
}

#[tokio::test]
async fn pages_of_large_resources_end_early_and_everything_comes_once() {
    let server = start();
    let made = large_users(&server, 2 * A_PAGE).await;
    assert!(made.len() * 4 * LARGE > SORT_BYTES, "too much to be sorted");
    for way in ["startIndex=1", "cursor="] {
        let got = server.call("GET", &format!("/scim/v2/Users?sortBy=userName&count=2&{way}"), None).await;
        got.is_error(400, Some("tooMany"));
    }
    for query in ["Users?", "Users?filter=userName%20sw%20%22large%22"] {
        assert_eq!(by_index(&server, query, made.len()).await, made, "{query}");
        assert_eq!(by_cursor(&server, query).await, made, "{query}");
    }
    server.call("POST", "/scim/v2/Groups", Some(group("Small", &[]))).await.is(201);
    let mut found = Vec::new();
    while found.len() < made.len() + 1 {
        let all = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],
            "count": 1000, "startIndex": found.len() + 1, "attributes": ["title"],
        });
        found.extend(ids(&server.call("POST", "/scim/v2/.search", Some(all)).await));
    }
    assert_eq!(found[..made.len()], made, "over both types: users to their end, then groups");
    let few = "Users?filter=userName%20lt%20%22large020%22&sortBy=userName&sortOrder=descending";
    let newest_first: Vec<String> = made.iter().take(20).rev().cloned().collect();
    assert_eq!(by_index(&server, few, 20).await, newest_first);
    assert_eq!(by_cursor(&server, few).await, newest_first);
}

#[tokio::test]
async fn members_count_for_the_size_of_a_page_though_they_are_not_stored_with_the_group() {
    let server = start();
    let member = |n: usize| format!("{n:08}-1111-2222-3333-{}", "4".repeat(200));
    let members: Vec<String> = (0..9_000).map(member).collect();
    let members: Vec<&str> = members.iter().map(String::as_str).collect();
    let mut made = Vec::new();
    for n in 0..20 {
        let path = "/scim/v2/Groups?attributes=displayName";
        made.push(
            server.call("POST", path, Some(group(&format!("Group {n:02}"), &members))).await.is(201).id(),
        );
    }
    let first = server.call("GET", "/scim/v2/Groups?count=1000", None).await;
    assert!(ids(&first).len() < made.len(), "not all of them in one answer");
    assert_eq!(by_index(&server, "Groups?", made.len()).await, made);
    assert_eq!(by_cursor(&server, "Groups?").await, made);
    let without = server.call("GET", "/scim/v2/Groups?count=1000&excludedAttributes=members", None).await;
    assert_eq!(without.body["itemsPerPage"], made.len(), "without members they are small");
}
