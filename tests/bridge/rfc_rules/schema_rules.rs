//! RFC 7643 sections 2, 3 and 4: attributes, their types, common attributes, and the resources User and
//! Group.

use serde_json::{Value, json};

use super::bench::{PUBLIC, bench};
use crate::support::bodies::{CORE, ENTERPRISE, GROUP, OURS, address, user};

#[tokio::test]
async fn every_resource_lists_the_schemas_it_uses_its_base_schema_first_and_none_twice() {
    let bench = bench();
    let listed = json!({"schemas": [ENTERPRISE, CORE, ENTERPRISE, CORE], ENTERPRISE: {"department": "D"}});
    let got = bench.user("schemas-twice", listed).await;
    assert_eq!(got.body["schemas"], json!([CORE, ENTERPRISE]));
    let got = bench.user("schemas-silent", json!({"schemas": [CORE], ENTERPRISE: {"department": "D"}})).await;
    assert_eq!(got.body["schemas"], json!([CORE, ENTERPRISE]), "what is used is listed, asked or not");
    let got = bench.user("schemas-plain", json!({})).await;
    assert_eq!(got.body["schemas"], json!([CORE]));
    let asked = format!("/Users/{}?attributes={OURS}:provisioning", got.id());
    assert_eq!(bench.get(&asked).await.body["schemas"], json!([CORE, OURS]), "ours, where its part is shown");
    assert_eq!(bench.group("Schemas Plain", &[]).await.body["schemas"], json!([GROUP]));
}

#[tokio::test]
async fn the_order_of_schemas_and_of_members_of_an_object_changes_nothing() {
    let bench = bench();
    let mut documents = Vec::new();
    for (name, text) in [
        (
            "order-a",
            r#"{"schemas":["@core","@ent"],"userName":"@name","name":{"givenName":"G","familyName":"F"},"@ent":{"department":"D"}}"#,
        ),
        (
            "order-b",
            r#"{"@ent":{"department":"D"},"name":{"familyName":"F","givenName":"G"},"userName":"@name","schemas":["@ent","@core"]}"#,
        ),
    ] {
        let text = text.replace("@core", CORE).replace("@ent", ENTERPRISE).replace("@name", &address(name));
        let body: Value = serde_json::from_str(&text).unwrap();
        let mut got = bench.call("POST", "/Users", Some(body)).await.body;
        for own in ["id", "meta", "userName", "displayName"] {
            got.as_object_mut().unwrap().remove(own);
        }
        documents.push(got);
    }
    assert_eq!(documents[0], documents[1]);
}

#[tokio::test]
async fn schemas_of_a_resource_holds_no_urn_that_its_resource_type_does_not_have() {
    let bench = bench();
    let got = bench.user("schemas-foreign", json!({"schemas": [CORE, "urn:example:nothing", GROUP]})).await;
    assert_eq!(got.body["schemas"], json!([CORE]));
    let got = bench.get(&format!("/Users/{}", got.id())).await;
    assert_eq!(got.body["schemas"], json!([CORE]));
}

#[tokio::test]
async fn id_and_meta_are_given_by_the_service_and_what_a_client_says_about_them_is_passed_over() {
    let bench = bench();
    let theirs = json!({"id": "mine", "meta": {"version": "W/\"99\"", "created": "1999-01-01T00:00:00Z",
        "resourceType": "Robot", "location": "https://x/1"}});
    let got = bench.user("meta-theirs", theirs.clone()).await;
    assert_ne!(got.id(), "mine");
    assert_eq!(got.body["meta"]["resourceType"], "User");
    assert_eq!(got.body["meta"]["version"], "W/\"1\"");
    assert_ne!(got.body["meta"]["created"], "1999-01-01T00:00:00Z");
    assert_eq!(got.body["meta"]["location"], format!("{PUBLIC}/Users/{}", got.id()));
    let path = format!("/Users/{}", got.id());
    let put = bench.call("PUT", &path, Some(user("meta-theirs", theirs))).await;
    assert_eq!((put.status, put.id()), (200, got.id()), "{put:?}");
    assert_eq!(put.body["meta"]["created"], got.body["meta"]["created"]);
    let group = bench
        .call("POST", "/Groups", Some(json!({"schemas": [GROUP], "displayName": "Meta Theirs", "id": "x"})))
        .await;
    assert_eq!(group.status, 201, "{group:?}");
    assert_ne!(group.id(), "x");
    assert_eq!(group.body["meta"]["resourceType"], "Group");
}

#[tokio::test]
async fn an_id_stays_the_same_is_no_other_resources_and_never_holds_the_word_bulk_id() {
    let bench = bench();
    let mut seen = std::collections::BTreeSet::new();
    for name in ["ids-a", "ids-b", "ids-c"] {
        let made = bench.user(name, json!({})).await;
        let (id, path) = (made.id(), format!("/Users/{}", made.id()));
        assert!(!id.is_empty() && !id.to_lowercase().contains("bulkid"), "{id}");
        let patched = bench.patch(&path, json!([{"op": "replace", "path": "title", "value": "t"}])).await;
        assert_eq!((patched.id(), bench.get(&path).await.id()), (id.clone(), id.clone()));
        assert!(seen.insert(id), "given twice");
    }
    for name in ["Ids A", "Ids B"] {
        let id = bench.group(name, &[]).await.id();
        assert!(!id.to_lowercase().contains("bulkid") && seen.insert(id), "given twice");
    }
}

#[tokio::test]
async fn an_external_id_is_the_clients_alone_kept_to_the_letter_and_found_by_it() {
    let bench = bench();
    let none = bench.user("external-none", json!({})).await;
    assert!(none.body.get("externalId").is_none(), "the service gives none: {none:?}");
    let made = bench.user("external-one", json!({"externalId": "Ext-ÄB-1"})).await;
    assert_eq!(made.body["externalId"], "Ext-ÄB-1");
    let found = bench.list("Users", &[("filter", "externalId eq \"Ext-ÄB-1\"")]).await;
    assert_eq!(found.column("id"), [made.id()]);
    let found = bench.list("Users", &[("filter", "externalId eq \"ext-äb-1\"")]).await;
    assert_eq!(found.body["totalResults"], 0, "letter case counts");
}

#[tokio::test]
async fn created_and_last_modified_are_date_times_and_equal_until_the_first_change() {
    let bench = bench();
    let made = bench.user("times", json!({})).await;
    let time = |got: &Value, name: &str| -> jiff::Timestamp {
        let text = got["meta"][name].as_str().unwrap();
        assert!(text.contains('T') && text.ends_with('Z'), "{text}");
        text.parse().unwrap()
    };
    assert_eq!(made.body["meta"]["created"], made.body["meta"]["lastModified"]);
    let path = format!("/Users/{}", made.id());
    let got = bench.patch(&path, json!([{"op": "replace", "path": "title", "value": "t"}])).await;
    assert_eq!(time(&got.body, "created"), time(&made.body, "created"));
    assert!(time(&got.body, "lastModified") > time(&made.body, "lastModified"), "{got:?}");
}

#[tokio::test]
async fn times_of_different_precision_still_sort_as_they_came() {
    let bench = bench();
    for n in 0..12 {
        bench.user(&format!("precise-{n:02}"), json!({})).await;
    }
    let query = [("filter", "userName sw \"precise-\""), ("sortBy", "meta.created")];
    let got = bench.list("Users", &query).await;
    let times: Vec<jiff::Timestamp> = got.body["Resources"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["meta"]["created"].as_str().unwrap().parse().unwrap())
        .collect();
    assert_eq!(times.len(), 12);
    assert!(times.is_sorted(), "{times:?}");
    let lengths: std::collections::BTreeSet<usize> = got.body["Resources"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["meta"]["created"].as_str().unwrap().len())
        .collect();
    assert_eq!(lengths.len(), 1, "one precision, so that clients that compare texts are right as well");
}

#[tokio::test]
async fn null_an_empty_list_and_nothing_at_all_are_the_same_state() {
    let bench = bench();
    let empty = json!({"title": null, "roles": [], "emails": null, ENTERPRISE: {"department": null}});
    let made = bench.user("unassigned", empty).await;
    for gone in ["title", "roles", "emails"] {
        assert!(made.body.get(gone).is_none_or(|it| it == &json!([])), "{gone}: {made:?}");
    }
    let got = bench.among("unassigned@", "not (title pr) and not (roles pr) and not (emails pr)").await;
    assert_eq!(got.body["totalResults"], 1);
    let path = format!("/Users/{}", made.id());
    bench.patch(&path, json!([{"op": "add", "value": {"title": "t", "roles": []}}])).await;
    let got = bench.patch(&path, json!([{"op": "replace", "value": {"title": null}}])).await;
    assert!(got.body.get("title").is_none(), "{got:?}");
}

#[tokio::test]
async fn values_that_are_not_of_the_declared_type_are_refused() {
    let bench = bench();
    for (name, value) in [
        ("active", json!("perhaps")),
        ("active", json!(1)),
        ("userName", json!(["a"])),
        ("title", json!(true)),
        ("name", json!("a text")),
        ("emails", json!([1])),
        (OURS, json!({"skills": [{"name": "Billing", "proficiency": "much"}]})),
        (ENTERPRISE, json!("text")),
    ] {
        let got = bench.call("POST", "/Users", Some(user("mistyped", json!({name: value})))).await;
        got.is_error(400, Some("invalidValue"));
    }
}

#[tokio::test]
async fn a_certificate_must_be_base64() {
    let bench = bench();
    let with = |value: &str| user("certified", json!({"x509Certificates": [{"value": value}]}));
    for bad in ["not base64!", "a", "MIIB+*"] {
        bench.call("POST", "/Users", Some(with(bad))).await.is_error(400, Some("invalidValue"));
    }
    let got = bench.call("POST", "/Users", Some(with("MIIBszCCARwCAQ=="))).await;
    assert_eq!(got.status, 201, "{got:?}");
    let path = format!("/Users/{}", got.id());
    let bad = json!([{"op": "replace", "path": "x509Certificates", "value": [{"value": "%%%"}]}]);
    bench.patch(&path, bad).await.is_error(400, Some("invalidValue"));
    let unpadded =
        json!([{"op": "replace", "path": "x509Certificates", "value": [{"value": "MIIBszCCARwCAQ"}]}]);
    assert_eq!(bench.patch(&path, unpadded).await.status, 200, "padding may be left out");
}

#[tokio::test]
async fn at_most_one_value_is_primary_and_the_same_value_is_not_returned_twice() {
    let bench = bench();
    let both = json!({"emails": [{"value": "a@x.example", "primary": true}, {"value": "b@x.example", "primary": true}]});
    bench.call("POST", "/Users", Some(user("primaries", both))).await.is_error(400, Some("invalidValue"));
    let twice = json!({"phoneNumbers": [{"value": "+49 1", "type": "work"}, {"value": "+49 1", "type": "work"},
        {"value": "+49 1", "type": "home"}]});
    let made = bench.user("twins", twice).await;
    let wanted = json!([{"value": "+49 1", "type": "work"}, {"value": "+49 1", "type": "home"}]);
    assert_eq!(made.body["phoneNumbers"], wanted, "the same (type, value) once");
}

#[tokio::test]
async fn every_user_has_a_user_name_and_two_never_have_the_same_in_any_letter_case() {
    let bench = bench();
    for bad in [json!(null), json!(""), json!("   ")] {
        bench
            .call("POST", "/Users", Some(user("nameless", json!({"userName": bad}))))
            .await
            .is_error(400, Some("invalidValue"));
    }
    bench.user("unique-name", json!({})).await;
    for same in ["unique-name", "UNIQUE-Name"] {
        bench.call("POST", "/Users", Some(user(same, json!({})))).await.is_error(409, Some("uniqueness"));
    }
    let other = bench.user("unique-other", json!({})).await;
    let path = format!("/Users/{}", other.id());
    let taken = json!([{"op": "replace", "path": "userName", "value": address("Unique-Name")}]);
    bench.patch(&path, taken).await.is_error(409, Some("uniqueness"));
    bench.call("PUT", &path, Some(user("unique-name", json!({})))).await.is_error(409, Some("uniqueness"));
    assert_eq!(bench.get(&path).await.body["userName"], address("unique-other"));
}

#[tokio::test]
async fn user_names_that_only_look_different_to_a_machine_are_the_same_name() {
    let bench = bench();
    bench.user("ren\u{e9}", json!({})).await;
    for same in ["rene\u{301}", "REN\u{c9}", "RENE\u{301}", "\u{ff52}\u{ff45}\u{ff4e}\u{e9}"] {
        bench.call("POST", "/Users", Some(user(same, json!({})))).await.is_error(409, Some("uniqueness"));
        let filter = format!("userName eq \"{}\"", address(same));
        let found = bench.list("Users", &[("filter", &filter)]).await;
        assert_eq!(found.body["totalResults"], 1, "{same}");
    }
}

#[tokio::test]
async fn the_name_that_agents_see_is_the_display_name_and_else_the_full_name() {
    let bench = bench();
    let name = json!({"givenName": "Barbara-Jo", "familyName": "Jensen-Rule"});
    let made = bench.user("full-name", json!({"name": name})).await;
    assert_eq!(made.body["name"], name);
    assert!(bench.world().to_string().contains("Barbara-Jo Jensen-Rule"));
    let path = format!("/Users/{}", made.id());
    let got =
        bench.patch(&path, json!([{"op": "add", "path": "displayName", "value": "Babs-of-the-Rule"}])).await;
    assert_eq!((got.status, &got.body["displayName"]), (200, &json!("Babs-of-the-Rule")));
    assert!(bench.world().to_string().contains("Babs-of-the-Rule"));
}

#[tokio::test]
async fn a_password_is_in_no_answer_of_any_request() {
    let bench = bench();
    let secret = "hunter2-of-the-table";
    let made = bench.user("secretive", json!({"password": secret})).await;
    let path = format!("/Users/{}", made.id());
    let put = bench.call("PUT", &path, Some(user("secretive", json!({"password": secret})))).await;
    let patched = bench.patch(&path, json!([{"op": "replace", "path": "password", "value": secret}])).await;
    let asked = bench.get(&format!("{path}?attributes=password,userName")).await;
    let listed = bench.among("secretive@", "userName pr").await;
    for got in [made, put, patched, asked, listed, bench.get(&path).await] {
        assert!((200..300).contains(&got.status), "{got:?}");
        let text = got.body.to_string();
        assert!(!text.contains(secret) && !text.contains("\"password\""), "{text}");
    }
}

#[tokio::test]
async fn letter_case_is_kept_in_every_value_that_is_case_exact() {
    let bench = bench();
    let exact = json!({"externalId": "AbC", "profileUrl": "https://X.example/AbC",
        "photos": [{"value": "https://X.example/Me.JPG", "type": "photo"}], "displayName": "De La Cruz"});
    let made = bench.user("case-kept", exact.clone()).await;
    for (name, value) in exact.as_object().unwrap() {
        assert_eq!(&made.body[name], value, "{name}");
    }
}

#[tokio::test]
async fn an_extension_is_an_object_under_its_urn_and_never_mixed_with_core_attributes() {
    let bench = bench();
    let made = bench
        .user("extended", json!({ENTERPRISE: {"employeeNumber": "701984", "manager": {"value": "m"}}}))
        .await;
    assert_eq!(made.body[ENTERPRISE], json!({"employeeNumber": "701984", "manager": {"value": "m"}}));
    assert!(made.body.get("employeeNumber").is_none() && made.body.get("manager").is_none());
}
