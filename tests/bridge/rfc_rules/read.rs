//! RFC 7644 sections 3.4.1, 3.8 and 3.9: a known resource, media types and encodings, and which attributes
//! come back.

use serde_json::json;

use super::bench::{PUBLIC, bench};
use crate::support::bodies::{ENTERPRISE, OURS, patch, user};
use crate::support::bridge::SCIM;

#[tokio::test]
async fn a_known_resource_is_200_with_its_address_in_body_and_headers() {
    let bench = bench();
    let id = bench.user("known", json!({})).await.id();
    let got = bench.get(&format!("/Users/{id}")).await;
    assert_eq!((got.status, got.id()), (200, id.clone()));
    let address = format!("{PUBLIC}/Users/{id}");
    for header in ["location", "content-location"] {
        assert_eq!(got.header(header), address, "{header}");
    }
    assert_eq!(got.body["meta"]["location"], address);
}

#[tokio::test]
async fn json_in_utf_8_is_taken_and_given_whatever_letters_it_holds() {
    let bench = bench();
    let name = json!({"givenName": "Žofie 北京 🎧", "familyName": "Ünal-Ó'Brien"});
    let made = bench.user("utf-8", json!({"name": name, "displayName": "Ω"})).await;
    let got = bench.get(&format!("/Users/{}", made.id())).await;
    assert_eq!((&got.body["name"], &got.body["displayName"]), (&name, &json!("Ω")));
    let raw = bench.request("GET", &format!("/scim/v2/Users/{}", made.id())).bearer_auth(SCIM);
    let bytes = raw.send().await.unwrap().bytes().await.unwrap();
    assert!(std::str::from_utf8(&bytes).unwrap().contains("北京"));
}

#[tokio::test]
async fn scim_json_and_plain_json_are_both_accepted_as_what_a_client_wants_to_read() {
    let bench = bench();
    let id = bench.user("accepting", json!({})).await.id();
    for accept in ["application/scim+json", "application/json", "application/json, */*;q=0.1", "*/*", ""] {
        let got = bench.with("GET", &format!("/Users/{id}"), ("accept", accept), None).await;
        assert_eq!((got.status, got.id()), (200, id.clone()), "{accept}");
        assert!(got.header("content-type").starts_with("application/"), "{accept} {got:?}");
    }
    let got = bench.get(&format!("/Users/{id}")).await;
    assert_eq!(got.header("content-type"), "application/scim+json", "the format without a wish");
}

#[tokio::test]
async fn attributes_names_all_that_comes_back_beside_what_always_does() {
    let bench = bench();
    let body = json!({"title": "t", "name": {"givenName": "G", "familyName": "F"}, ENTERPRISE: {"department": "D", "costCenter": "C"}});
    let made = bench.call("POST", "/Users?attributes=title", Some(user("selected", body.clone()))).await;
    assert_eq!((made.status, made.keys()), (201, vec!["schemas", "id", "title"]), "on POST");
    let path = format!("/Users/{}", made.id());
    for (attributes, keys) in [
        ("userName", vec!["schemas", "id", "userName"]),
        ("TITLE,nothing", vec!["schemas", "id", "title"]),
        ("name.givenName", vec!["schemas", "id", "name"]),
        ("meta.version", vec!["schemas", "id", "meta"]),
        (&format!("{ENTERPRISE}:department"), vec!["schemas", "id", ENTERPRISE]),
        ("password", vec!["schemas", "id"]),
    ] {
        let got = bench.get(&format!("{path}?attributes={attributes}")).await;
        assert_eq!((got.status, got.keys()), (200, keys), "{attributes}");
    }
    let got = bench.get(&format!("{path}?attributes=name.givenName")).await;
    assert_eq!(got.body["name"], json!({"givenName": "G"}), "the named part alone");
    let put = bench.call("PUT", &format!("{path}?attributes=title"), Some(user("selected", body))).await;
    assert_eq!((put.status, put.keys()), (200, vec!["schemas", "id", "title"]), "on PUT");
    let title = patch(json!([{"op": "replace", "path": "title", "value": "u"}]));
    let patched = bench.call("PATCH", &format!("{path}?attributes=title"), Some(title)).await;
    assert_eq!((patched.status, patched.keys()), (200, vec!["schemas", "id", "title"]), "on PATCH");
    let listed =
        bench.list("Users", &[("filter", "userName sw \"selected@\""), ("attributes", "userName")]).await;
    let keys: Vec<&String> = listed.at("/Resources/0").as_object().unwrap().keys().collect();
    assert_eq!(keys, ["schemas", "id", "userName"], "in a list");
}

#[tokio::test]
async fn excluded_attributes_go_but_those_that_always_come_stay() {
    let bench = bench();
    let made = bench
        .user(
            "excluded",
            json!({"title": "t", "nickName": "n", "name": {"givenName": "G", "familyName": "F"}}),
        )
        .await;
    let path = format!("/Users/{}", made.id());
    let got = bench.get(&format!("{path}?excludedAttributes=title,name.familyName,meta,id,schemas")).await;
    assert_eq!(got.status, 200);
    assert!(got.body.get("title").is_none() && got.body.get("meta").is_none(), "{got:?}");
    assert_eq!(got.body["name"], json!({"givenName": "G"}));
    assert_eq!((got.id(), &got.body["nickName"]), (made.id(), &json!("n")));
    assert_eq!(got.body["schemas"], made.body["schemas"]);
    let query = [("filter", "userName sw \"excluded@\""), ("excludedAttributes", "title,meta")];
    let listed = bench.list("Users", &query).await;
    assert!(
        listed.at("/Resources/0").get("title").is_none() && listed.at("/Resources/0").get("meta").is_none()
    );
    let both = bench.get(&format!("{path}?attributes=title&excludedAttributes=name")).await;
    both.is_error(400, Some("invalidValue"));
}

#[tokio::test]
async fn what_is_returned_on_request_only_comes_when_it_is_named() {
    let bench = bench();
    let id = bench.user("on-request", json!({})).await.id();
    assert!(bench.get(&format!("/Users/{id}")).await.body.get(OURS).is_none());
    let got = bench.get(&format!("/Users/{id}?attributes={OURS}:provisioning")).await;
    assert_eq!(got.at(&format!("/{OURS}/provisioning/status")), "committed");
}
