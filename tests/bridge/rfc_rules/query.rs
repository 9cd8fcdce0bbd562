//! RFC 7644 sections 3.4.2 and 3.4.3: list answers, the server root, sorting, paging, and queries by POST.

use serde_json::{Value, json};

use super::bench::bench;
use crate::support::bodies::{MESSAGES, address};

#[tokio::test]
async fn a_list_says_what_it_is_how_many_there_are_and_which_of_them_it_holds() {
    let bench = bench();
    for n in 0..5 {
        bench.user(&format!("listed-{n}"), json!({})).await;
    }
    let filter = ("filter", "userName sw \"listed-\"");
    let got = bench.list("Users", &[filter, ("count", "2"), ("startIndex", "3")]).await;
    assert_eq!(got.body["schemas"], json!([format!("{MESSAGES}:ListResponse")]));
    assert_eq!((got.at("/totalResults"), got.at("/startIndex")), (&json!(5), &json!(3)));
    assert_eq!((got.at("/itemsPerPage"), got.column("id").len()), (&json!(2), 2));
    let got = bench.list("Users", &[filter, ("startIndex", "5"), ("count", "10")]).await;
    assert_eq!((got.at("/totalResults"), got.at("/itemsPerPage")), (&json!(5), &json!(1)));
}

#[tokio::test]
async fn no_match_is_200_with_a_total_of_zero() {
    let bench = bench();
    for (endpoint, filter) in [("Users", "userName eq \"nobody\""), ("Groups", "displayName eq \"none\"")] {
        let got = bench.list(endpoint, &[("filter", filter)]).await;
        assert_eq!((got.status, got.at("/totalResults")), (200, &json!(0)), "{got:?}");
    }
}

#[tokio::test]
async fn parameters_that_nobody_knows_are_passed_over() {
    let bench = bench();
    bench.user("flagged", json!({})).await;
    let query = [("filter", "userName sw \"flagged@\""), ("aadOptscim062020", ""), ("colour", "red")];
    assert_eq!(bench.list("Users", &query).await.at("/totalResults"), &json!(1));
}

#[tokio::test]
async fn a_count_is_never_exceeded_a_negative_one_is_zero_and_zero_tells_the_total_alone() {
    let bench = bench();
    for n in 0..4 {
        bench.user(&format!("counted-{n}"), json!({})).await;
    }
    let filter = ("filter", "userName sw \"counted-\"");
    for (count, items) in [("0", 0), ("-7", 0), ("1", 1), ("3", 3), ("99999", 4)] {
        let got = bench.list("Users", &[filter, ("count", count)]).await;
        assert_eq!(got.at("/totalResults"), &json!(4), "{count}");
        assert_eq!(got.column("id").len(), items, "{count}");
    }
    for start in ["0", "-5", "1"] {
        let query = [filter, ("startIndex", start), ("count", "1"), ("sortBy", "userName")];
        let got = bench.list("Users", &query).await;
        assert_eq!(got.at("/startIndex"), &json!(1), "{start}: less than 1 is 1");
        assert_eq!(got.column("userName"), [address("counted-0")], "{start}");
    }
}

#[tokio::test]
async fn only_resources_that_fulfil_the_filter_come_back() {
    let bench = bench();
    for (name, title) in [("filtered-a", "x"), ("filtered-b", "y"), ("filtered-c", "x")] {
        bench.user(name, json!({"title": title})).await;
    }
    let got = bench.among("filtered-", "title eq \"x\"").await;
    assert_eq!(got.column("userName"), [address("filtered-a"), address("filtered-c")]);
}

async fn sorted(prefix: &str, by: &str, order: Option<&str>) -> Vec<String> {
    let bench = bench();
    let filter = format!("userName sw \"{prefix}\"");
    let mut query = vec![("filter", filter.as_str()), ("sortBy", by)];
    query.extend(order.map(|order| ("sortOrder", order)));
    let got = bench.list("Users", &query).await;
    got.column("userName").iter().map(|it| it.replace(prefix, "").replace("@aurora.example", "")).collect()
}

#[tokio::test]
async fn sorting_follows_the_attribute_its_letter_case_and_its_type() {
    let bench = bench();
    for (name, body) in [
        ("sorted-1", json!({"title": "bravo", "externalId": "b"})),
        ("sorted-2", json!({"title": "Alpha", "externalId": "B"})),
        ("sorted-3", json!({"title": "Charlie", "externalId": "a"})),
        ("sorted-4", json!({})),
    ] {
        bench.user(name, body).await;
    }
    for (by, order, wanted) in [
        ("title", None, ["2", "1", "3", "4"]),
        ("title", Some("ascending"), ["2", "1", "3", "4"]),
        ("title", Some("descending"), ["4", "3", "1", "2"]),
        ("externalId", None, ["2", "3", "1", "4"]),
        ("meta.created", Some("descending"), ["4", "3", "2", "1"]),
        ("urn:ietf:params:scim:schemas:core:2.0:User:userName", Some("descending"), ["4", "3", "2", "1"]),
    ] {
        assert_eq!(sorted("sorted-", by, order).await, wanted, "{by} {order:?}");
    }
}

#[tokio::test]
async fn a_multi_valued_attribute_sorts_by_its_primary_value_and_else_by_its_first() {
    let bench = bench();
    let mail =
        |value: &str, primary: bool| json!({"value": format!("{value}@x.example"), "primary": primary});
    for (name, emails) in [
        ("mailed-1", json!([mail("a", false), mail("z", true)])),
        ("mailed-2", json!([mail("m", false), mail("b", false)])),
        ("mailed-3", json!([mail("c", false)])),
    ] {
        bench.user(name, json!({"emails": emails})).await;
    }
    assert_eq!(sorted("mailed-", "emails.value", None).await, ["3", "2", "1"]);
    assert_eq!(sorted("mailed-", "emails", None).await, ["3", "2", "1"]);
    let unknown = bench.list("Users", &[("sortBy", "shoeSize")]).await;
    unknown.is_error(400, Some("invalidPath"));
}

fn search(filter: &str) -> Value {
    json!({"schemas": [format!("{MESSAGES}:SearchRequest")], "filter": filter})
}

#[tokio::test]
async fn a_query_by_post_means_what_the_same_query_by_get_means_and_creates_nothing() {
    let bench = bench();
    for n in 0..3 {
        bench.user(&format!("posted-{n}"), json!({"title": "t"})).await;
    }
    let mut body = search("userName sw \"posted-\"");
    for (name, value) in [
        ("attributes", json!(["userName"])),
        ("sortBy", json!("userName")),
        ("sortOrder", json!("descending")),
        ("startIndex", json!(2)),
        ("count", json!(1)),
    ] {
        body[name] = value;
    }
    let got = bench.call("POST", "/Users/.search", Some(body.clone())).await;
    assert_eq!((got.status, got.column("userName")), (200, vec![address("posted-1").as_str()]));
    assert_eq!(got.at("/totalResults"), &json!(3));
    assert_eq!(got.body["schemas"], json!([format!("{MESSAGES}:ListResponse")]));
    assert!(got.at("/Resources/0").get("title").is_none());
    body["attributes"] = json!([]);
    body["excludedAttributes"] = json!(["title", "id"]);
    let got = bench.call("POST", "/Users/.search", Some(body)).await;
    assert!(got.at("/Resources/0").get("title").is_none() && got.at("/Resources/0").get("id").is_some());
    let bad = bench.call("POST", "/Users/.search", Some(search("userName regex \"x\""))).await;
    bad.is_error(400, Some("invalidFilter"));
    bench.call("POST", "/Users/.search", Some(json!([]))).await.is_error(400, Some("invalidSyntax"));
}

#[tokio::test]
async fn a_search_of_the_server_root_takes_in_every_resource_type() {
    let bench = bench();
    bench.user("root-search", json!({"displayName": "Root Search"})).await;
    bench.group("Root Search", &[]).await;
    let got = bench.call("POST", "/.search", Some(search("displayName eq \"root search\""))).await;
    let mut kinds: Vec<&Value> =
        got.body["Resources"].as_array().unwrap().iter().map(|it| &it["meta"]["resourceType"]).collect();
    kinds.sort_by_key(|it| it.to_string());
    assert_eq!(kinds, [&json!("Group"), &json!("User")], "{got:?}");
    let only = "displayName eq \"root search\" and meta.resourceType eq \"Group\"";
    let got = bench.call("POST", "/.search", Some(search(only))).await;
    assert_eq!(
        (got.at("/totalResults"), got.at("/Resources/0/meta/resourceType")),
        (&json!(1), &json!("Group"))
    );
}

#[tokio::test]
async fn an_attribute_that_a_resource_type_does_not_have_counts_there_as_without_value() {
    let bench = bench();
    let user = bench.user("root-mixed", json!({"displayName": "Root Mixed One"})).await.id();
    let group = bench.group("Root Mixed Two", &[]).await.id();
    let mine = "displayName sw \"Root Mixed\"";
    for (filter, wanted) in [
        (
            format!(
                "{mine} and (userName eq \"{}\" or displayName eq \"Root Mixed Two\")",
                address("root-mixed")
            ),
            vec![&user, &group],
        ),
        (format!("{mine} and userName pr"), vec![&user]),
        (format!("{mine} and not (userName pr)"), vec![&group]),
        (format!("{mine} and name.givenName eq \"x\""), vec![]),
        (format!("{mine} and members pr"), vec![]),
        (format!("{mine} and not (emails[type eq \"work\"])"), vec![&user, &group]),
    ] {
        let got = bench.call("POST", "/.search", Some(search(&filter))).await;
        let mut ids = got.column("id");
        ids.sort_unstable();
        let mut wanted: Vec<&str> = wanted.into_iter().map(String::as_str).collect();
        wanted.sort_unstable();
        assert_eq!(ids, wanted, "{filter}");
    }
    let got = bench.call("POST", "/.search", Some(search("shoeSize pr"))).await;
    got.is_error(400, Some("invalidFilter"));
}

#[tokio::test]
async fn a_sorted_search_of_the_server_root_is_one_order_over_all_types() {
    let bench = bench();
    bench.user("root-order-1", json!({"displayName": "Root Order B"})).await;
    bench.user("root-order-2", json!({"displayName": "Root Order D"})).await;
    bench.group("Root Order A", &[]).await;
    bench.group("Root Order C", &[]).await;
    for (order, start, count, wanted) in [
        ("ascending", 1, 10, vec!["A", "B", "C", "D"]),
        ("descending", 1, 10, vec!["D", "C", "B", "A"]),
        ("ascending", 2, 2, vec!["B", "C"]),
    ] {
        let mut body = search("displayName sw \"Root Order\"");
        for (name, value) in [
            ("sortBy", json!("displayName")),
            ("sortOrder", json!(order)),
            ("startIndex", json!(start)),
            ("count", json!(count)),
        ] {
            body[name] = value;
        }
        let got = bench.call("POST", "/.search", Some(body)).await;
        let names: Vec<&str> =
            got.column("displayName").iter().map(|it| it.rsplit(' ').next().unwrap()).collect();
        assert_eq!((names, got.at("/totalResults")), (wanted, &json!(4)), "{order} {start} {count}");
    }
}
