//! RFC 7644 section 3.10 and RFC 7643 section 2.1: how attributes are named, in filters, projections, sorting
//! and PATCH.

use serde_json::json;

use super::bench::bench;
use crate::support::bodies::{CORE, ENTERPRISE, address};

#[tokio::test]
async fn an_attribute_is_found_by_its_short_and_by_its_full_name_in_any_letter_case() {
    let bench = bench();
    let body = json!({"name": {"givenName": "Nota"}, ENTERPRISE: {"department": "Ops"}});
    let made = bench.user("notation", body).await;
    for name in [
        "name.givenName".to_owned(),
        "NAME.GIVENNAME".to_owned(),
        format!("{CORE}:name.givenName"),
        format!("{}:Name.GivenName", CORE.to_uppercase()),
    ] {
        let got = bench.among("notation@", &format!("{name} eq \"nota\"")).await;
        assert_eq!(got.column("id"), [made.id()], "{name}");
        let got = bench.get(&format!("/Users/{}?attributes={name}", made.id())).await;
        assert_eq!(got.body["name"], json!({"givenName": "Nota"}), "{name}");
        let got =
            bench.list("Users", &[("filter", "userName sw \"notation@\""), ("sortBy", name.as_str())]).await;
        assert_eq!(got.column("userName"), [address("notation")], "{name}");
        let path = format!("/Users/{}", made.id());
        let got = bench.patch(&path, json!([{"op": "replace", "path": name, "value": "Nota"}])).await;
        assert_eq!(got.status, 200, "{name} {got:?}");
    }
    let full = format!("{ENTERPRISE}:department");
    assert_eq!(bench.among("notation@", &format!("{full} eq \"Ops\"")).await.column("id"), [made.id()]);
    let patched = bench
        .patch(&format!("/Users/{}", made.id()), json!([{"op": "replace", "path": full, "value": "Sales"}]))
        .await;
    assert_eq!(patched.body[ENTERPRISE]["department"], "Sales");
}

#[tokio::test]
async fn every_attribute_name_that_is_served_follows_the_grammar() {
    fn walk(attributes: &serde_json::Value, seen: &mut usize) {
        for attribute in attributes.as_array().unwrap() {
            let name = attribute["name"].as_str().unwrap();
            let plain = name.strip_prefix('$').unwrap_or(name);
            assert!(plain.starts_with(|it: char| it.is_ascii_alphabetic()), "{name}");
            assert!(plain.chars().all(|it| it.is_ascii_alphanumeric() || "$-_".contains(it)), "{name}");
            *seen += 1;
            if let Some(inner) = attribute.get("subAttributes") {
                walk(inner, seen);
            }
        }
    }
    let mut seen = 0;
    for schema in bench().get("/Schemas").await.body["Resources"].as_array().unwrap() {
        walk(&schema["attributes"], &mut seen);
    }
    assert!(seen > 150, "{seen}");
}
