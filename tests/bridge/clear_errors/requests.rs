//! Bad requests: bodies, filters, PATCH operations and tokens. Each is answered with its status, keyword and
//! words, and afterwards directory and Genesys are as they were.

use serde_json::{Value, json};

use super::says;
use crate::support::bodies::{CORE, OURS, agent, patch};
use crate::support::bridge::{ADMIN, SCIM, TestBridge};
use crate::support::client::{call, send};
use crate::support::setup::Setup;

/// Method, path (`{id}` is a user), content type, body, status, keyword, words.
type Row = (&'static str, &'static str, String, u16, Option<&'static str>, &'static [&'static str]);

/// A house with one user, settled.
async fn inhabited() -> (TestBridge, String) {
    let house = TestBridge::with(Setup::default());
    let made = house.scim("POST", "/Users", Some(agent("nora"))).await;
    assert_eq!((made.status, made.etag.as_str()), (201, "W/\"1\""), "{made:?}");
    house.settled().await;
    (house, made.id())
}

async fn each_is_refused_and_changes_nothing(house: &TestBridge, id: &str, rows: Vec<Row>) {
    let before = (house.directory().await, house.cloud.snapshot());
    for (method, path, body, status, scim_type, words) in rows {
        let row = format!("{method} {path} {}", body.chars().take(120).collect::<String>());
        let url = house.url(&format!("/scim/v2{}", path.replace("{id}", id)));
        let body = (method != "GET").then_some(body);
        let got = call(&house.http, &url, SCIM, method, body).await;
        assert_eq!((got.status, got.body["scimType"].as_str()), (status, scim_type), "{row}: {got:?}");
        assert_eq!(got.body["schemas"][0], "urn:ietf:params:scim:api:messages:2.0:Error", "{row}");
        assert_eq!(got.body["status"], status.to_string(), "{row}");
        says(&row, got.body["detail"].as_str().unwrap(), words);
        assert_eq!((house.directory().await, house.cloud.snapshot()), before, "{row}");
    }
    assert_eq!(house.admin("GET", "/sagas", None).await.body["open"], json!([]), "nothing is at work");
}

fn with(name: &str, value: Value) -> String {
    let mut body = agent("vera");
    body[name] = value;
    body.to_string()
}

#[tokio::test]
async fn a_bad_body_is_named_and_changes_nothing() {
    let (house, id) = inhabited().await;
    let deep = format!("{}1{}", "{\"a\":".repeat(40), "}".repeat(40));
    let syntax = Some("invalidSyntax");
    let value = Some("invalidValue");
    let mut nameless = agent("vera");
    nameless.as_object_mut().unwrap().remove("userName");
    let mut foreign = agent("vera");
    foreign["schemas"] = json!(["urn:example:unknown"]);
    foreign["urn:example:unknown"] = json!({"a": 1});
    let rows: Vec<Row> = vec![
        ("POST", "/Users", "{\"userName\": ".into(), 400, syntax, &["not valid JSON", "line 1", "column"]),
        ("POST", "/Users", "{'userName': 'x'}".into(), 400, syntax, &["not valid JSON"]),
        ("POST", "/Users", "{\"userName\":\"\u{1}\"}".into(), 400, syntax, &["not valid JSON"]),
        ("POST", "/Users", String::new(), 400, syntax, &["no body"]),
        ("POST", "/Users", "[]".into(), 400, syntax, &["JSON object"]),
        ("PUT", "/Users/{id}", "null".into(), 400, syntax, &["JSON object"]),
        ("POST", "/Users", deep, 400, syntax, &["nested more than 32"]),
        ("POST", "/Users", with("nickName", json!("x".repeat(4_300_000))), 413, None, &["4194304"]),
        ("POST", "/Users", with("nickName", json!("x".repeat(300_000))), 400, value, &["nickName", "262144"]),
        ("POST", "/Users", with("active", json!("perhaps")), 400, value, &["active"]),
        ("POST", "/Users", with("emails", json!(7)), 400, value, &["emails"]),
        ("POST", "/Users", with("userName", json!({"a": 1})), 400, value, &["userName", "text"]),
        ("POST", "/Users", with("userName", json!("  ")), 400, value, &["userName"]),
        (
            "POST",
            "/Users",
            with("userName", json!("no-address")),
            400,
            value,
            &["e-mail", "fallback_email_domain"],
        ),
        ("POST", "/Users", nameless.to_string(), 400, value, &["userName"]),
        ("POST", "/Groups", json!({"displayName": {"a": 1}}).to_string(), 400, value, &["displayName"]),
        ("POST", "/Groups", json!({}).to_string(), 400, value, &["displayName"]),
        ("PUT", "/Users/nobody-of-this-id", agent("vera").to_string(), 404, None, &["nobody-of-this-id"]),
        ("DELETE", "/Users/nobody-of-this-id", String::new(), 404, None, &["nobody-of-this-id"]),
    ];
    each_is_refused_and_changes_nothing(&house, &id, rows).await;
    let url = house.url("/scim/v2/Users");
    let before = house.cloud.snapshot();
    for kind in ["text/plain", "application/xml", "application/x-www-form-urlencoded"] {
        let request =
            house.http.post(&url).bearer_auth(SCIM).header("content-type", kind).body(foreign.to_string());
        let got = send(request).await;
        assert_eq!(got.status, 415, "{kind} {got:?}");
        says(kind, got.body["detail"].as_str().unwrap(), &["application/scim+json"]);
    }
    assert_eq!(house.cloud.snapshot(), before);
}

#[tokio::test]
async fn a_bad_filter_is_named_and_quotes_no_value() {
    let (house, id) = inhabited().await;
    let filter = Some("invalidFilter");
    let long = format!("/Users?filter=userName%20eq%20%22{}%22", "x".repeat(5000));
    let nested = format!("/Users?filter={}active%20eq%20true{}", "not%20(".repeat(60), ")".repeat(60));
    let (long, nested): (&'static str, &'static str) = (long.leak(), nested.leak());
    let get = |path: &'static str, kind: Option<&'static str>, words: &'static [&'static str]| -> Row {
        ("GET", path, String::new(), 400, kind, words)
    };
    let rows = vec![
        get("/Users?filter=userName", filter, &["filter"]),
        get("/Users?filter=userName%20zz%20%22secret%22", filter, &["filter"]),
        get("/Users?filter=userName%20eq%20", filter, &["filter"]),
        get("/Users?filter=userName%20eq%20%22a%22%20secret", filter, &["filter"]),
        get("/Users?filter=userNmae%20eq%20%22secret%22", filter, &["userNmae"]),
        get("/Users?filter=active%20gt%20true", filter, &["active", "gt"]),
        get("/Users?filter=(active%20eq%20true", filter, &["filter"]),
        get(long, filter, &["4096"]),
        get(nested, filter, &["deep"]),
        get("/Users?startIndex=one", Some("invalidValue"), &["startIndex", "whole number"]),
        get("/Users?count=many", Some("invalidValue"), &["count", "whole number"]),
        get("/Users?sortBy=nothing", Some("invalidPath"), &["sortBy"]),
        get("/Users?sortBy=userName&sortOrder=up", Some("invalidValue"), &["ascending or descending"]),
        get("/Groups?filter=userName%20eq%20%22x%22", filter, &["userName"]),
    ];
    each_is_refused_and_changes_nothing(&house, &id, rows).await;
    let got = house.scim("GET", "/Users?filter=userName%20zz%20%22canary-7731%22", None).await;
    assert!(!got.body.to_string().contains("canary-7731"), "{got:?}");
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "a table")]
async fn every_fault_of_a_patch_has_its_keyword_and_none_of_its_operations_is_done() {
    let (house, id) = inhabited().await;
    let good = json!({"op": "replace", "path": "displayName", "value": "never seen"});
    let after_good = |operation: Value| patch(json!([good, operation])).to_string();
    let row = |operation: Value, kind: &'static str, words: &'static [&'static str]| -> Row {
        ("PATCH", "/Users/{id}", after_good(operation), 400, Some(kind), words)
    };
    let mut rows = vec![
        row(
            json!({"op": "swap", "path": "title", "value": "x"}),
            "invalidSyntax",
            &["Operation 2", "add, replace or remove"],
        ),
        row(json!("remove"), "invalidSyntax", &["Operation 2", "op, path and value"]),
        row(json!({"op": "remove"}), "noTarget", &["Operation 2", "path"]),
        row(json!({"op": "add", "path": "title"}), "invalidValue", &["Operation 2", "value"]),
        row(
            json!({"op": "add", "path": 7, "value": 1}),
            "invalidPath",
            &["Operation 2", "path must be a text"],
        ),
        row(
            json!({"op": "replace", "path": "titel", "value": "x"}),
            "invalidPath",
            &["Operation 2", "titel", "/Schemas"],
        ),
        row(
            json!({"op": "replace", "path": "emails[type eq", "value": "x"}),
            "invalidPath",
            &["Operation 2", "malformed"],
        ),
        row(
            json!({"op": "replace", "path": "emails[typ eq \"work\"].value", "value": "x"}),
            "invalidFilter",
            &["Operation 2", "typ"],
        ),
        row(
            json!({"op": "replace", "path": "title.part", "value": "x"}),
            "invalidPath",
            &["Operation 2", "title"],
        ),
        row(json!({"op": "replace", "path": "id", "value": "x"}), "mutability", &["Operation 2", "id"]),
        row(
            json!({"op": "replace", "path": "meta.version", "value": "x"}),
            "mutability",
            &["Operation 2", "read-only"],
        ),
        row(json!({"op": "remove", "path": "userName"}), "mutability", &["userName"]),
        row(
            json!({"op": "replace", "path": "active", "value": "perhaps"}),
            "invalidValue",
            &["Operation 2", "active"],
        ),
        row(
            json!({"op": "replace", "path": "userName", "value": ["a", "b"]}),
            "invalidValue",
            &["Operation 2", "userName"],
        ),
        row(json!({"op": "replace", "value": "text"}), "invalidValue", &["Operation 2", "object"]),
        row(
            json!({"op": "replace", "path": "emails[type eq \"home\"].value", "value": [1, 2]}),
            "invalidValue",
            &["Operation 2"],
        ),
        row(
            json!({"op": "replace", "path": format!("{OURS}:skills"), "value": [{"name": "Billing", "proficiency": 9}]}),
            "invalidValue",
            &["0 to 5"],
        ),
        ("PATCH", "/Users/{id}", "[]".into(), 400, Some("invalidSyntax"), &["Operations"]),
        (
            "PATCH",
            "/Users/{id}",
            patch(json!([])).to_string(),
            400,
            Some("invalidSyntax"),
            &["Operations", "not empty"],
        ),
        (
            "PATCH",
            "/Users/{id}",
            json!({"schemas": [CORE]}).to_string(),
            400,
            Some("invalidSyntax"),
            &["Operations"],
        ),
        (
            "PATCH",
            "/Users/nobody-of-this-id",
            patch(json!([good])).to_string(),
            404,
            None,
            &["nobody-of-this-id"],
        ),
    ];
    let many: Vec<Value> = (0..1001).map(|_| good.clone()).collect();
    rows.push((
        "PATCH",
        "/Users/{id}",
        patch(Value::Array(many)).to_string(),
        413,
        None,
        &["1000", "send several"],
    ));
    each_is_refused_and_changes_nothing(&house, &id, rows).await;
}

#[tokio::test]
async fn a_token_that_is_wrong_revoked_or_of_the_other_scope_is_401_and_no_answer_tells_which() {
    let (house, id) = inhabited().await;
    let setup = json!({"label": "okta", "scope": "scim"});
    let made = house.admin("POST", "/tokens", Some(setup)).await;
    let (token, token_id) = (made.body["token"].as_str().unwrap().to_owned(), made.id());
    let list = house.url("/scim/v2/Users");
    assert_eq!(call(&house.http, &list, &token, "GET", None).await.status, 200, "it works before");
    assert_eq!(house.admin("DELETE", &format!("/tokens/{token_id}"), None).await.status, 204);
    let before = (house.directory().await, house.cloud.snapshot());
    let one = house.url(&format!("/scim/v2/Users/{id}"));
    let mut answers = std::collections::BTreeSet::new();
    for wrong in ["gsb_wrong", token.as_str(), ADMIN, &SCIM[..SCIM.len() - 1], "", "'; drop table tokens"] {
        for (method, url, body) in [
            ("GET", &list, None),
            ("POST", &list, Some(agent("vera").to_string())),
            ("PUT", &one, Some(agent("vera").to_string())),
            ("DELETE", &one, None),
        ] {
            let got = call(&house.http, url, wrong, method, body).await;
            assert_eq!(got.status, 401, "{wrong} {method} {got:?}");
            says("token", got.body["detail"].as_str().unwrap(), &["bearer token", "scim-bridge token new"]);
            assert!(!got.body.to_string().contains("okta"), "{got:?}");
            answers.insert(got.body.to_string());
        }
    }
    assert_eq!(answers.len(), 1, "every refusal reads the same");
    assert_eq!(call(&house.http, &house.url("/admin/tokens"), SCIM, "GET", None).await.status, 401);
    assert_eq!((house.directory().await, house.cloud.snapshot()), before);
}
