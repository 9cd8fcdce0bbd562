//! Paging by cursor (RFC 9865) and by index over real sockets: nothing twice, nothing left out, and what is
//! wrong has its own keyword.
//!
//! What is inside a cursor, and that no byte of it can be changed, is tested beside `scim::cursor`.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::client::Response;
use crate::support::server::{TestServer, start};

/// The ids of a page.
fn ids(got: &Response) -> Vec<String> {
    assert_eq!(got.status, 200, "{got:?}");
    let resources = got.body["Resources"].as_array().unwrap();
    assert_eq!(got.body["itemsPerPage"], resources.len(), "{got:?}");
    resources.iter().map(|resource| resource["id"].as_str().unwrap().to_owned()).collect()
}

fn next(got: &Response) -> Option<&str> {
    got.body.get("nextCursor").map(|cursor| cursor.as_str().unwrap())
}

async fn users(server: &TestServer, number: usize) -> Vec<String> {
    let mut made = Vec::new();
    for n in 0..number {
        made.push(server.user(&format!("user{n:02}@example.com")).await);
    }
    made
}

/// Goes through all pages of a query.
async fn pages(server: &TestServer, query: &str) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    let mut cursor = String::new();
    loop {
        let got = server.call("GET", &format!("/scim/v2/{query}&cursor={cursor}"), None).await;
        assert_eq!(got.body.get("startIndex"), None, "{got:?}");
        found.push(ids(&got));
        match next(&got) {
            Some(next) => cursor = next.to_owned(),
            None => return found,
        }
        assert!(found.len() < 99, "no end");
    }
}

#[tokio::test]
async fn every_resource_comes_once_and_only_the_last_page_has_no_next_cursor() {
    let server = start();
    let made = users(&server, 25).await;
    for (count, sizes) in [(10, vec![10, 10, 5]), (25, vec![25]), (5, vec![5; 5]), (99, vec![25])] {
        let found = pages(&server, &format!("Users?count={count}")).await;
        assert_eq!(found.iter().map(Vec::len).collect::<Vec<_>>(), sizes, "count {count}");
        assert_eq!(found.concat(), made);
    }
    let first = server.call("GET", "/scim/v2/Users?cursor=&count=1", None).await;
    assert_eq!(first.body["totalResults"], 25);
    let found = pages(&server, "Users?count=4&filter=userName%20sw%20%22user1%22").await;
    assert_eq!(found.concat(), made[10..20]);
    let found = pages(&server, "Users?count=4&sortBy=userName&sortOrder=descending").await;
    assert_eq!(found.concat(), made.iter().rev().cloned().collect::<Vec<_>>());
    let found = pages(&server, "Users?count=4&filter=userName%20eq%20%22user07@example.com%22").await;
    assert_eq!(found, [vec![made[7].clone()]]);
    assert_eq!(pages(&server, "Groups?count=4").await, [Vec::<String>::new()]);
}

#[tokio::test]
async fn what_comes_and_goes_meanwhile_moves_nobody_to_another_page() {
    let server = start();
    let made = users(&server, 12).await;
    let first = server.call("GET", "/scim/v2/Users?cursor=&count=5", None).await;
    let gone = server.call("DELETE", &format!("/scim/v2/Users/{}", made[0]), None).await;
    assert_eq!(gone.status, 204);
    let late = server.user("late@example.com").await;
    let second =
        server.call("GET", &format!("/scim/v2/Users?count=99&cursor={}", next(&first).unwrap()), None).await;
    let mut wanted = made[5..].to_vec();
    wanted.push(late);
    assert_eq!((ids(&second), next(&second)), (wanted, None));
}

#[tokio::test]
async fn a_search_goes_through_users_and_then_groups() {
    let server = start();
    let mut made: BTreeSet<String> = users(&server, 5).await.into_iter().collect();
    for n in 0..4 {
        let group = json!({"displayName": format!("group{n}")});
        let got = server.call("POST", "/scim/v2/Groups", Some(group)).await;
        made.insert(got.body["id"].as_str().unwrap().to_owned());
    }
    for count in [1, 2, 3, 4, 5, 9, 50] {
        let (mut cursor, mut seen) = (String::new(), Vec::new());
        loop {
            let body = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "count": count,
                "cursor": cursor});
            let got = server.call("POST", "/scim/v2/.search", Some(body)).await;
            assert!(ids(&got).len() <= count);
            seen.extend(ids(&got));
            match next(&got) {
                Some(next) => cursor = next.to_owned(),
                None => break,
            }
            assert!(seen.len() < 99, "no end");
        }
        assert_eq!(seen.len(), 9, "count {count}: {seen:?}");
        assert_eq!(seen.into_iter().collect::<BTreeSet<_>>(), made, "count {count}");
    }
}

#[tokio::test]
async fn a_cursor_that_is_not_ours_or_of_another_query_is_refused_by_name() {
    let server = start();
    users(&server, 5).await;
    let first = server
        .call("GET", "/scim/v2/Users?cursor=&count=2&filter=active%20pr%20or%20userName%20pr", None)
        .await;
    let cursor = next(&first).unwrap();
    let refused = |query: String| {
        let server = &server;
        async move { server.call("GET", &format!("/scim/v2/{query}"), None).await }
    };
    for query in [
        "Users?cursor=nonsense".to_owned(),
        format!("Users?cursor={cursor}"),
        format!("Users?cursor={cursor}&filter=userName%20pr"),
        format!("Groups?cursor={cursor}"),
        format!("Users?cursor={}x&filter=active%20pr%20or%20userName%20pr", cursor),
    ] {
        refused(query).await.is_error(400, Some("invalidCursor"));
    }
    refused("Users?cursor=&count=0".to_owned()).await.is_error(400, Some("invalidCount"));
    refused(format!("Users?cursor={cursor}&startIndex=2")).await.is_error(400, Some("invalidValue"));
    // The page size may change from page to page, and so may what is shown.
    let same = "filter=active%20pr%20or%20userName%20pr";
    let got = refused(format!("Users?cursor={cursor}&count=9&attributes=id&{same}")).await;
    assert_eq!(ids(&got).len(), 3);
}

#[tokio::test]
async fn paging_by_index_counts_exactly_and_keeps_its_order() {
    let server = start();
    let made = users(&server, 11).await;
    let page = |query: &'static str| {
        let server = &server;
        async move { server.call("GET", &format!("/scim/v2/Users?{query}"), None).await }
    };
    for (query, total, start, wanted) in [
        ("count=5&startIndex=6", 11, 6, &made[5..10]),
        ("count=5&startIndex=11", 11, 11, &made[10..]),
        ("count=5&startIndex=12", 11, 12, &[]),
        ("count=0", 11, 1, &[]),
        ("startIndex=-3&count=2", 11, 1, &made[..2]),
        ("", 11, 1, &made[..]),
        ("filter=userName%20co%20%220%22&count=3&startIndex=2", 11, 2, &made[1..4]),
    ] {
        let got = page(query).await;
        assert_eq!(ids(&got), wanted, "{query}");
        let numbers = [&got.body["totalResults"], &got.body["startIndex"]];
        assert_eq!(numbers, [&Value::from(total), &Value::from(start)], "{query}");
        assert_eq!(next(&got), None);
    }
}
