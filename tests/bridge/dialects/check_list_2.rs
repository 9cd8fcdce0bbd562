//! Points 14 to 25 of the check-list in docs/connectors.md C8, in their order.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::guest::{Guest, each, set};
use crate::support::bodies::{CORE, ENTERPRISE, ERROR, GROUP, LIST, NOBODY, agent, patch};
use crate::support::bridge::{ADMIN, SCIM, TestBridge};
use crate::support::client::call;
use crate::support::setup::Setup;

// Point 14.
#[tokio::test]
async fn a_taken_name_is_409_uniqueness_and_ones_own_name_on_put_is_fine() {
    let guest = Guest::new("taken");
    let (a, b) = (guest.hire("a").await, guest.hire("b").await);
    let mut shouted = guest.user("a", json!({"externalId": "another"}));
    shouted["userName"] = json!(guest.name("a").to_uppercase());
    guest.scim("POST", "/Users", shouted).await.is_error(409, Some("uniqueness"));
    let rename = json!([{"op": "replace", "path": "userName", "value": guest.name("a")}]);
    guest.refused(&format!("/Users/{b}"), rename, 409, "uniqueness").await;
    let put = guest.scim("PUT", &format!("/Users/{b}"), guest.user("a", json!({}))).await;
    put.is_error(409, Some("uniqueness"));
    let own = guest.scim("PUT", &format!("/Users/{a}"), guest.user("a", json!({"title": "T"}))).await;
    assert_eq!((own.status, &own.body["title"]), (200, &json!("T")), "{own:?}");
    let (one, two) = (guest.group("one", &[]).await, guest.group("two", &[]).await);
    let body = |name: &str| json!({"schemas": [GROUP], "displayName": guest.group_name(name), "members": []});
    guest.scim("POST", "/Groups", body("ONE")).await.is_error(409, Some("uniqueness"));
    guest.scim("PUT", &two, body("one")).await.is_error(409, Some("uniqueness"));
    let rename = json!([{"op": "replace", "value": {"displayName": guest.group_name("one")}}]);
    guest.refused(&two, rename, 409, "uniqueness").await;
    assert_eq!(guest.scim("PUT", &one, body("one")).await.status, 200, "its own name");
    assert_eq!(guest.scim("PUT", &one, body("One")).await.body["displayName"], "taken One");
}

// Point 15; with 24 connections, removals and what reaches Genesys Cloud in `concurrency`.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn members_added_in_parallel_are_all_members_afterwards() {
    let guest = Guest::new("parallel");
    let mut ids = BTreeSet::new();
    for n in 0..8 {
        ids.insert(guest.hire(&format!("u{n}")).await);
    }
    let group = guest.group("crew", &[]).await;
    let add = |id: &String| {
        let value = json!([{"$ref": null, "value": id}]);
        guest.scim("PATCH", &group, patch(json!([{"op": "Add", "path": "members", "value": value}])))
    };
    for got in futures_util::future::join_all(ids.iter().map(add)).await {
        assert_eq!(got.status, 200, "{got:?}");
    }
    assert_eq!(guest.members(&group).await, ids);
}

// Point 16; 256 members in one request and groups of thousands in `large_groups`.
#[tokio::test]
async fn members_are_added_and_removed_again_and_again_without_a_fault() {
    let guest = Guest::new("again");
    let (a, b, c) = (guest.hire("a").await, guest.hire("b").await, guest.hire("c").await);
    let group = guest.group("crew", &[&a]).await;
    let add = json!([{"op": "Add", "path": "members", "value": [{"value": a}, {"value": b}, {"value": b}]}]);
    let first = guest.changed(&group, add.clone()).await;
    let second = guest.changed(&group, add).await;
    assert_eq!(first, second, "nothing changed, so not even the version");
    assert_eq!(guest.members(&group).await, set([&a, &b]));
    let remove = json!([{"op": "remove", "path": format!("members[value eq \"{c}\"]")},
        {"op": "Remove", "path": "members", "value": [{"value": a}]},
        {"op": "remove", "path": format!("members[value eq \"{a}\"]")}]);
    let first = guest.changed(&group, remove.clone()).await;
    let second = guest.changed(&group, remove).await;
    assert_eq!(first, second, "nor now");
    assert_eq!(guest.members(&group).await, set([&b]));
}

// Point 17.
#[tokio::test]
async fn a_rename_or_another_replace_never_touches_the_members() {
    let guest = Guest::new("rename");
    let (a, b) = (guest.hire("a").await, guest.hire("b").await);
    let group = guest.group("crew", &[&a, &b]).await;
    for operations in [
        json!([{"op": "Replace", "path": "displayName", "value": "rename one"}]),
        json!([{"op": "replace", "value": {"displayName": "rename two", "externalId": "e"}}]),
        json!([{"op": "Replace", "path": "externalId", "value": "f"}]),
        json!([{"op": "add", "value": {"displayName": "rename three"}}]),
        json!([{"op": "Remove", "path": "externalId"}]),
    ] {
        guest.changed(&group, operations.clone()).await;
        assert_eq!(guest.members(&group).await, set([&a, &b]), "{operations}");
    }
    let put = guest.scim("PUT", &group, json!({"schemas": [GROUP], "displayName": "rename four"})).await;
    assert_eq!((put.status, &put.body["displayName"]), (200, &json!("rename four")), "{put:?}");
    assert_eq!(guest.members(&group).await, set([&a, &b]), "a PUT that does not speak of members");
}

// Point 18.
#[tokio::test]
async fn unlisted_schemas_meta_empty_lists_and_nulls_are_no_fault() {
    let guest = Guest::new("unlisted");
    let custom = "urn:ietf:params:scim:schemas:extension:contoso:2.0:User";
    let more = json!({
        "schemas": [CORE, ENTERPRISE, "urn:contoso:unknown:1.0"],
        "meta": {"resourceType": "User", "version": "x", "created": "never"},
        "groups": [], "roles": [], "photos": [], "nickName": null, "title": null, "manager": null,
        custom: {"tag": "t"},
    });
    let user = guest.hired("a", more).await;
    assert_eq!(user[custom], json!({"tag": "t"}));
    let schemas: BTreeSet<&str> =
        user["schemas"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    assert!(schemas.contains(custom) && schemas.contains(CORE), "{schemas:?}");
    assert_eq!(user["meta"]["version"], "W/\"1\"", "ours, not theirs");
    assert!(!user.to_string().contains("null"), "{user}");
    let own = "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group";
    let body = json!({"schemas": [GROUP, own], "displayName": "unlisted crew", "externalId": null,
        "meta": {"resourceType": "Group"}, "members": null});
    let got = guest.scim("POST", "/Groups", body).await;
    assert_eq!(got.status, 201, "{got:?}");
    assert_eq!(got.body["schemas"][0], GROUP);
}

// Point 19.
#[tokio::test]
async fn formats_of_links_locales_time_zones_and_telephone_numbers_are_not_judged() {
    let guest = Guest::new("formats");
    let odd = json!({
        "profileUrl": "BAPNQLJSRQGD", "locale": "XKFHWPQ", "timezone": "QOWIEU", "preferredLanguage": "ZZZZZ",
        "userType": "x y", "phoneNumbers": [{"type": "work", "value": "87-070-6655 ext. x", "primary": true}],
        "photos": [{"type": "photo", "value": "not a link"}],
    });
    let user = guest.hired("a", odd.clone()).await;
    for (name, value) in odd.as_object().unwrap() {
        assert_eq!(&user[name], value, "kept as it was sent");
    }
    let path = format!("/Users/{}", user["id"].as_str().unwrap());
    let changed =
        guest.changed(&path, json!([{"op": "Replace", "path": "profileUrl", "value": "AnotherOne"}]));
    assert_eq!(changed.await["profileUrl"], "AnotherOne");
}

// Point 20.
#[tokio::test]
async fn unknown_parameters_are_passed_over_and_blanks_come_in_two_ways() {
    let guest = Guest::new("query");
    let id = guest.hire("a").await;
    for query in [
        "filter=userName%20eq%20%22query.a%40aurora.example%22",
        "filter=userName+eq+%22query.a%40aurora.example%22",
        "filter=userName+eq+%22query.a@aurora.example%22&aadOptscim062020",
        "AzureAdScimPatch062020&filter=externalId%20eq%20%22ext-query-a%22",
        "aadOptscim062020&unheardOf=1&filter=externalId+eq+%22ext-query-a%22",
    ] {
        let list = guest.get(&format!("/Users?{query}")).await;
        assert_eq!(each::<Vec<_>>(&list["Resources"], "id"), std::slice::from_ref(&id), "{query}");
    }
    let body = patch(json!([{"op": "replace", "value": {"title": "T"}}]));
    let got = guest.scim("PATCH", &format!("/Users/{id}?aadOptscim062020"), body).await;
    assert_eq!((got.status, &got.body["title"]), (200, &json!("T")), "{got:?}");
}

// Point 21.
#[tokio::test]
async fn a_patch_is_answered_200_with_the_whole_resource_its_address_and_its_new_version() {
    let guest = Guest::new("answer");
    let a = guest.hire("a").await;
    let user =
        guest.changed(&format!("/Users/{a}"), json!([{"op": "Add", "path": "title", "value": "T"}])).await;
    assert_eq!(
        (&user["id"], &user["title"], &user["meta"]["version"]),
        (&json!(a), &json!("T"), &json!("W/\"2\""))
    );
    assert!(user["meta"]["location"].as_str().unwrap().ends_with(&format!("/scim/v2/Users/{a}")), "{user}");
    let group = guest.group("crew", &[]).await;
    let add = json!([{"op": "Add", "path": "members", "value": [{"value": a}]}]);
    let body = guest.changed(&group, add).await;
    assert_eq!(
        (&body["members"][0]["value"], &body["meta"]["version"]),
        (&json!(a), &json!("W/\"2\"")),
        "{body}"
    );
}

// Point 22.
#[tokio::test]
async fn plain_json_is_taken_and_errors_are_scim_with_a_text_status_and_nothing_of_the_inside() {
    let guest = Guest::new("plain");
    for (who, kind) in [("a", "application/json"), ("b", "application/json; charset=utf-8")] {
        let got = guest
            .send("POST", "/Users", &[], &[("content-type", kind)], Some(&guest.user(who, json!({}))))
            .await;
        assert_eq!(got.status, 201, "{kind} {got:?}");
    }
    let path = format!("/Users/{NOBODY}");
    for (method, path, body, status, scim_type) in [
        ("GET", path.as_str(), Value::Null, 404, None),
        ("DELETE", &path, Value::Null, 404, None),
        ("PATCH", &path, patch(json!([{"op": "add", "path": "title", "value": "x"}])), 404, None),
        ("PUT", &path, guest.user("c", json!({})), 404, None),
        ("POST", "/Users", json!({"schemas": [CORE]}), 400, Some("invalidValue")),
        ("POST", "/Users", json!([1]), 400, Some("invalidSyntax")),
        ("GET", "/Users?filter=userName%20eq", Value::Null, 400, Some("invalidFilter")),
        ("GET", "/Nothing", Value::Null, 404, None),
    ] {
        let got = guest.scim(method, path, body).await;
        got.is_error(status, scim_type);
        let text = got.body.to_string();
        for inside in ["src/", "panicked", "sled", "unwrap", "reqwest"] {
            assert!(!text.contains(inside), "{inside}: {text}");
        }
    }
}

// Point 23.
#[tokio::test]
async fn what_the_sender_can_mend_is_4xx_and_what_takes_time_is_429_with_whole_seconds() {
    let guest = Guest::new("blame");
    let unknown = guest.user("a", json!({"roles": [{"value": "No Such Role"}]}));
    let got = guest.scim("POST", "/Users", unknown).await;
    got.is_error(400, Some("invalidValue"));
    assert!(got.body["detail"].as_str().unwrap().contains("No Such Role"), "{got:?}");
    let began = Instant::now();
    let look_ups = (0..50).map(|_| guest.get("/Users?filter=userName%20eq%20%22blame%22"));
    futures_util::future::join_all(look_ups).await;
    assert!(began.elapsed() < Duration::from_secs(2), "25 a second and more: {:?}", began.elapsed());
    // A budget of two calls a minute: what would wait longer than the deadline is sent away before anything
    // is begun.
    let poor = TestBridge::with(Setup { calls_per_minute: 2, deadline_s: 1, ..Setup::without_rules() })
        .leaving_work();
    let mut away = None;
    for n in 0..20 {
        let got = poor.scim("POST", "/Users", Some(agent(&format!("poor{n}")))).await;
        if got.status == 429 {
            away = Some(got);
            break;
        }
    }
    let away = away.expect("the budget is used up");
    assert_eq!((&away.body["schemas"], &away.body["status"]), (&json!([ERROR]), &json!("429")), "{away:?}");
    assert!(away.retry_after.is_some_and(|seconds| (1..=120).contains(&seconds)), "{away:?}");
}

// Point 24.
#[tokio::test]
async fn lists_carry_whole_numbers_echo_the_start_keep_their_order_and_need_no_parameters() {
    let guest = Guest::new("pages");
    for n in 0..5 {
        guest.hired(&format!("u{n}"), json!({"title": "Pages Of Five"})).await;
    }
    let filter = ("filter", "title eq \"Pages Of Five\"");
    let page = async |start: &str| {
        let query = [filter, ("startIndex", start), ("count", "2")];
        guest.send("GET", "/Users", &query, &[], None).await.body
    };
    let mut seen = Vec::new();
    for (start, items) in [("1", 2), ("3", 2), ("5", 1), ("7", 0)] {
        let list = page(start).await;
        for (name, wanted) in
            [("totalResults", 5), ("itemsPerPage", items), ("startIndex", start.parse().unwrap())]
        {
            assert!(list[name].is_u64() && list[name] == wanted, "{name} of {start}: {list}");
        }
        seen.extend(each::<Vec<String>>(&list["Resources"], "id"));
    }
    assert_eq!(seen.iter().collect::<BTreeSet<_>>().len(), 5, "nobody twice");
    assert_eq!(each::<Vec<String>>(&page("1").await["Resources"], "id"), seen[..2], "and in the same order");
    for kind in ["/Users", "/Groups"] {
        let list = guest.get(kind).await;
        assert_eq!((&list["schemas"], &list["startIndex"]), (&json!([LIST]), &json!(1)), "{kind}");
        assert!(list["Resources"].is_array() && list["totalResults"].is_u64(), "{kind}");
    }
}

// Point 25, as far as the bridge hands out tokens itself.
#[tokio::test]
async fn two_tokens_are_good_at_a_time_and_a_revoked_one_is_401_with_a_scim_error() {
    let house = TestBridge::with(Setup::without_rules());
    let setup = || Some(json!({"label": "entra", "scope": "scim", "days": 365}));
    let (old, new) =
        (house.admin("POST", "/tokens", setup()).await, house.admin("POST", "/tokens", setup()).await);
    assert_eq!((old.status, new.status), (201, 201), "{old:?} {new:?}");
    let url = house.url("/scim/v2/Users?count=1");
    let ask = async |token: &Value| call(&house.http, &url, token.as_str().unwrap(), "GET", None).await;
    for token in [&old.body["token"], &new.body["token"], &json!(SCIM)] {
        assert_eq!(ask(token).await.status, 200, "both secrets of a rotation are good");
    }
    assert_eq!(house.admin("DELETE", &format!("/tokens/{}", old.id()), None).await.status, 204);
    ask(&old.body["token"]).await.is_error(401, None);
    assert_eq!(ask(&new.body["token"]).await.status, 200);
    ask(&json!(ADMIN)).await.is_error(401, None);
}
