//! Details that real requests turned up, from the wire to Genesys: names given twice, states that are no
//! state, numbers with separators, names misspelt, and what is computed being asked for.
//!
//! What each shape means for a document is in the tables of `scim`; here what is answered, kept and carried.

use serde_json::{Value, json};

use super::guest::{Guest, each};
use crate::support::bodies::{CORE, ENTERPRISE, GROUP, patch};
use crate::support::bridge::SCIM;
use crate::support::client::send;

const OURS: &str = "urn:ietf:params:scim:schemas:extension:genesysbridge:2.0:User";

fn in_genesys(guest: &Guest, id: &str, pointer: &str) -> Value {
    let all = guest.house.cloud.snapshot();
    all.pointer(&format!("/users/{id}{pointer}")).cloned().unwrap_or_default()
}

// Entra renames whom it soft-deletes: 32 hexadecimal digits before the old address (docs/connectors.md C5.5).
#[tokio::test]
async fn entras_tombstone_leaves_the_old_address_to_whoever_comes_next_and_comes_back() {
    let guest = Guest::new("entra-tomb");
    let address = guest.name("a");
    let user =
        guest.hired("a", json!({"emails": [{"type": "work", "value": address, "primary": true}]})).await;
    let id = user["id"].as_str().unwrap();
    let path = format!("/Users/{id}");
    let buried = format!("8f14e45fceea167a5a36dedd4bea2543{address}");
    let tombstone = json!([
        {"op": "Replace", "path": "userName", "value": buried},
        {"op": "Replace", "path": "active", "value": "False"},
    ]);
    let user = guest.changed(&path, tombstone.clone()).await;
    assert_eq!((&user["userName"], &user["active"]), (&json!(buried), &json!(false)));
    assert_eq!(in_genesys(&guest, id, "/state"), "inactive");
    assert_eq!(guest.changed(&path, tombstone).await, user, "sent again it changes nothing");
    let by_name = format!("userName eq \"{address}\"");
    assert_eq!(guest.ids("/Users", &by_name).await, Vec::<String>::new());
    assert_eq!(guest.ids("/Users", &format!("userName eq \"{buried}\"")).await, [id]);
    // Restored in Entra before anybody took the address.
    let back = json!([
        {"op": "Replace", "path": "userName", "value": address},
        {"op": "Replace", "path": "active", "value": "True"},
    ]);
    let user = guest.changed(&path, back).await;
    assert_eq!((&user["userName"], &user["active"]), (&json!(address), &json!(true)));
    assert_eq!(in_genesys(&guest, id, "/email"), json!(address));
    assert_eq!(in_genesys(&guest, id, "/state"), "active");
}

#[tokio::test]
async fn a_tombstone_frees_the_address_for_a_new_person() {
    let guest = Guest::new("entra-next");
    let address = guest.name("a");
    let id = guest.hire("a").await;
    let buried = format!("8f14e45fceea167a5a36dedd4bea2544{address}");
    let both = json!([{"op": "Replace", "path": "active", "value": "False"},
        {"op": "Replace", "path": "userName", "value": buried}]);
    guest.changed(&format!("/Users/{id}"), both).await;
    let next = guest.user("a", json!({"externalId": "somebody-else"}));
    let next = guest.scim("POST", "/Users", next).await;
    assert_eq!(next.status, 201, "{next:?}");
    assert_ne!(next.id(), id, "another person");
    assert_eq!(in_genesys(&guest, &next.id(), "/email"), json!(address));
    assert_eq!(in_genesys(&guest, &next.id(), "/state"), "active");
    assert_eq!(in_genesys(&guest, &id, "/state"), "inactive");
}

#[tokio::test]
async fn a_new_user_without_active_is_active_in_every_view() {
    for guest in [Guest::new("silent"), Guest::strict("silent-s")] {
        let body = json!({"schemas": [CORE], "userName": guest.name("a"), "displayName": "A"});
        let made = guest.scim("POST", "/Users", body.clone()).await;
        assert_eq!((made.status, &made.body["active"]), (201, &json!(true)), "{made:?}");
        let path = format!("/Users/{}", made.id());
        assert_eq!(guest.get(&path).await["active"], true);
        let filter = format!("userName eq \"{}\" and active eq true", guest.name("a"));
        assert_eq!(guest.ids("/Users", &filter).await, [made.id()]);
        guest.changed(&path, json!([{"op": "replace", "path": "active", "value": false}])).await;
        let put = guest.scim("PUT", &path, body).await;
        assert_eq!(
            (put.status, &put.body["active"]),
            (200, &json!(false)),
            "silence gives nobody access: {put:?}"
        );
        assert_eq!(in_genesys(&guest, &made.id(), "/state"), "inactive");
        for (operation, scim_type) in [
            (json!({"op": "remove", "path": "active"}), "mutability"),
            (json!({"op": "replace", "path": "active", "value": null}), "invalidValue"),
            (json!({"op": "replace", "value": {"active": ""}}), "invalidValue"),
        ] {
            guest.refused(&path, json!([operation]), 400, scim_type).await;
        }
        assert_eq!(in_genesys(&guest, &made.id(), "/state"), "inactive");
    }
}

#[tokio::test]
async fn a_name_given_twice_is_refused_wherever_it_stands() {
    for guest in [Guest::new("twice"), Guest::strict("twice-s")] {
        let path = format!("/Users/{}", guest.hire("a").await);
        let before = guest.get(&path).await;
        let name = guest.name("b");
        let message = "urn:ietf:params:scim:api:messages:2.0";
        for (method, path, body, named) in [
            (
                "POST",
                "/Users",
                format!(r#"{{"schemas":["{CORE}"],"userName":"{name}","userName":"c"}}"#),
                "userName",
            ),
            (
                "PUT",
                &path,
                format!(r#"{{"schemas":["{CORE}"],"userName":"{name}","active":false,"Active":true}}"#),
                "Active",
            ),
            (
                "PATCH",
                &path,
                format!(
                    r#"{{"schemas":["{message}:PatchOp"],"Operations":[],"operations":[{{"op":"replace","path":"active","value":false}}]}}"#
                ),
                "operations",
            ),
            (
                "PATCH",
                &path,
                format!(
                    r#"{{"schemas":["{message}:PatchOp"],"Operations":[{{"op":"replace","path":"title","value":"t","value":"u"}}]}}"#
                ),
                "value",
            ),
            (
                "POST",
                "/Bulk",
                format!(
                    r#"{{"schemas":["{message}:BulkRequest"],"Operations":[{{"method":"POST","path":"/Users","bulkId":"1","data":{{"userName":"{name}","USERNAME":"d"}}}}]}}"#
                ),
                "USERNAME",
            ),
            (
                "POST",
                "/Users/.search",
                format!(r#"{{"schemas":["{message}:SearchRequest"],"count":1,"Count":2}}"#),
                "Count",
            ),
        ] {
            let request = guest
                .http
                .request(method.parse().unwrap(), guest.house.url(&format!("/scim/v2{path}")))
                .bearer_auth(SCIM)
                .header("content-type", "application/scim+json")
                .body(body.clone());
            let got = send(request).await;
            let detail = got.is_error(400, Some("invalidSyntax"));
            assert!(detail.starts_with(&format!("{named} is given twice")), "{body}: {detail}");
            assert!(!detail.contains(&name), "{detail}");
        }
        assert_eq!(guest.get(&path).await, before);
        assert_eq!(guest.ids("/Users", &format!("userName eq \"{name}\"")).await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn telephone_numbers_reach_genesys_in_e164_and_are_returned_as_they_were_sent() {
    let guest = Guest::new("phones");
    let sent = json!([
        {"type": "work", "value": "+1 425-555-0100"},
        {"type": "mobile", "value": "tel:+1-201-555-0123;ext=7"},
        {"type": "fax", "value": "+14255550177"},
        {"type": "home", "value": "555-0101"},
    ]);
    let user = guest.hired("a", json!({"phoneNumbers": sent})).await;
    assert_eq!(user["phoneNumbers"], sent);
    let id = user["id"].as_str().unwrap();
    let mut phones: Vec<Value> = in_genesys(&guest, id, "/phones").as_array().unwrap().clone();
    phones.sort_by_key(ToString::to_string);
    assert_eq!(
        phones,
        [json!(["mobile", "tel:+12015550123;ext=7", false]), json!(["work", "+14255550100", false])]
    );
    let told = guest.house.provisioning(id).await;
    assert_eq!(told["status"], "committed", "{told}");
    let items = told["items"].to_string();
    assert!(
        items.contains("telephone number 3: kept") && items.contains("telephone number 4: kept"),
        "{told}"
    );
    assert!(
        !items.contains("telephone number 1") && !items.contains("0101") && !items.contains("0177"),
        "{told}"
    );
    // The same number in another notation is no change for Genesys.
    let calls = guest.house.cloud.snapshot();
    let path = format!("/Users/{id}");
    let again = json!([{"op": "Replace", "path": "phoneNumbers[type eq \"work\"].value", "value": "tel:+14255550100"}]);
    let user = guest.changed(&path, again).await;
    assert_eq!(user["phoneNumbers"][0]["value"], "tel:+14255550100");
    assert_eq!(guest.house.cloud.snapshot()["users"][id], calls["users"][id]);
}

#[tokio::test]
async fn a_lone_address_without_type_or_mark_is_the_address() {
    let guest = Guest::new("lone");
    let more = json!({"userName": "lone.a", "emails": [{"value": "lone.a@aurora.example"}]});
    let user = guest.hired("a", more).await;
    assert_eq!(in_genesys(&guest, user["id"].as_str().unwrap(), "/email"), "lone.a@aurora.example");
}

#[tokio::test]
async fn a_misspelt_attribute_of_our_extension_is_refused_with_the_names_there_are() {
    let guest = Guest::new("misspelt");
    let id = guest.hire("a").await;
    let path = format!("/Users/{id}");
    for (operation, scim_type) in [
        (json!({"op": "Add", "path": format!("{OURS}:compactQueue"), "value": "Sales"}), "invalidPath"),
        (json!({"op": "add", "value": {format!("{OURS}:compactQueue"): "Sales"}}), "invalidPath"),
        (json!({"op": "add", "value": {OURS: {"compactQueue": "Sales"}}}), "invalidPath"),
    ] {
        let detail = guest.refused(&path, json!([operation]), 400, scim_type).await;
        assert!(detail.contains("compactQueues") && detail.contains("compactQueue is not"), "{detail}");
        assert!(!detail.contains("Sales"), "{detail}");
    }
    for more in [json!({OURS: {"compactQueue": "Sales"}}), json!({format!("{OURS}:compactQueue"): "Sales"})] {
        let got = guest.scim("POST", "/Users", guest.user("b", more)).await;
        let detail = got.is_error(400, Some("invalidValue"));
        assert!(detail.contains("compactQueues") && !detail.contains("Sales"), "{detail}");
    }
    // Custom extensions of Entra's own naming are kept as they come (docs/connectors.md C3.2).
    let custom = "urn:ietf:params:scim:schemas:extension:CustomExtensionName:2.0:User";
    let more = json!({custom: {"tag": "x"}, ENTERPRISE: {"hobby": "chess"}, OURS: {"compactSkills": ""}});
    let user = guest.hired("c", more).await;
    assert_eq!((&user[custom]["tag"], &user[ENTERPRISE]["hobby"]), (&json!("x"), &json!("chess")));
}

#[tokio::test]
async fn an_attribute_of_an_extension_without_its_urn_is_one_attribute_everywhere() {
    let guest = Guest::new("bare");
    let user = guest.hired("a", json!({"department": "Care", "employeeNumber": 7})).await;
    assert_eq!(user[ENTERPRISE], json!({"department": "Care", "employeeNumber": "7"}));
    assert_eq!(user.get("department"), None, "it is stored once");
    let path = format!("/Users/{}", user["id"].as_str().unwrap());
    let found = format!("department eq \"care\" and userName eq \"{}\"", guest.name("a"));
    assert_eq!(guest.ids("/Users", &found).await.len(), 1);
    let user = guest.changed(&path, json!([{"op": "Replace", "path": "department", "value": "Sales"}])).await;
    assert_eq!(user[ENTERPRISE]["department"], "Sales");
    let put = guest.scim("PUT", &path, guest.user("a", json!({"department": "Claims"}))).await;
    assert_eq!(put.body[ENTERPRISE], json!({"department": "Claims"}), "{put:?}");
    let wrong = format!("{ENTERPRISE}.employeeNumber");
    guest.refused(&path, json!([{"op": "Replace", "path": wrong, "value": "8"}]), 400, "invalidPath").await;
}

#[tokio::test]
async fn what_is_computed_can_be_asked_for() {
    let guest = Guest::new("computed");
    let (a, b) = (guest.hire("a").await, guest.hire("b").await);
    let own =
        format!("userName sw \"{}\"", guest.name("").trim_start_matches(".").split('@').next().unwrap());
    for filter in [
        format!("{OURS}:provisioning.status eq \"committed\""),
        "provisioning.status eq \"committed\"".to_owned(),
        "provisioning pr".to_owned(),
        "not (provisioning.status eq \"failed\")".to_owned(),
    ] {
        let found = guest.ids("/Users", &format!("({filter}) and {own}")).await;
        assert_eq!(found.len(), 2, "{filter}: {found:?}");
    }
    assert!(guest.ids("/Users", &format!("provisioning.status eq \"failed\" and {own}")).await.is_empty());
    let group = guest.group("crew", &[&a, &b]).await;
    let shown = guest.get(&group).await;
    let asked = guest.get(&format!("{group}?attributes=members.value,members.display")).await;
    let mut names: Vec<String> = each(&asked["members"], "display");
    names.sort();
    assert_eq!(names, ["computed a", "computed b"]);
    let crew = guest.group_name("crew");
    let by_name = format!("members.display eq \"computed a\" and displayName eq \"{crew}\"");
    assert_eq!(guest.ids("/Groups", &by_name).await.len(), 1);
    for (query, wanted) in [
        ("attributes=members.bogus", json!(null)),
        ("attributes=members.display", json!([{"display": "computed a"}, {"display": "computed b"}])),
    ] {
        let got = guest.get(&format!("{group}?{query}")).await;
        let mut members = got["members"].clone();
        if let Some(list) = members.as_array_mut() {
            list.sort_by_key(ToString::to_string);
        }
        assert_eq!(members, wanted, "{query}");
    }
    let id = group.strip_prefix("/Groups/").unwrap();
    let other = guest.group("other", &[&b]).await;
    for (filter, wanted) in [
        (format!("members.value eq \"{a}\""), vec![id]),
        (format!("members[value eq \"{a}\"]"), vec![id]),
        (
            format!("members eq \"{b}\" and displayName eq \"{}\"", guest.group_name("other")),
            vec![&other[8..]],
        ),
        (format!("members.value eq \"{a}\" and members.value eq \"{b}\""), vec![id]),
        (format!("members.value eq \"{}\"", a.to_uppercase()), vec![]),
        ("members.value eq \"nobody\"".to_owned(), vec![]),
    ] {
        assert_eq!(guest.ids("/Groups", &filter).await, wanted, "{filter}");
    }
    let body = json!({"schemas": [GROUP], "displayName": crew, "members": asked["members"]});
    let put = guest.scim("PUT", &format!("/Groups/{id}"), body).await;
    assert_eq!(
        (put.status, &put.body["members"]),
        (200, &shown["members"]),
        "what is shown can be sent back"
    );
}

#[tokio::test]
async fn queries_that_name_nobody_by_mistake_are_refused() {
    for guest in [Guest::new("queries"), Guest::strict("queries-s")] {
        let name = guest.name("a+b");
        let made = guest.hired("a+b", json!({})).await;
        for filter in ["", "   ", "userName eq 'x'", "userName eq \u{201c}x\u{201d}"] {
            let got = guest.send("GET", "/Users", &[("filter", filter)], &[], None).await;
            got.is_error(400, Some("invalidFilter"));
            for at in ["/Users/.search", "/.search"] {
                let body = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "filter": filter});
                guest.scim("POST", at, body).await.is_error(400, Some("invalidFilter"));
            }
        }
        // A literal plus where blanks are written %20 (docs/connectors.md C2.6).
        for query in [
            format!("userName%20eq%20%22{name}%22"),
            format!("userName%20eq%20%22{}%22", name.replace('+', "%2B")),
            format!("userName+eq+%22{}%22", name.replace('+', "%2B")),
        ] {
            let list = guest.get(&format!("/Users?filter={query}")).await;
            assert_eq!(list["Resources"][0]["id"], made["id"], "{query}");
        }
    }
}

#[tokio::test]
async fn a_single_value_comes_in_an_array_too() {
    let guest = Guest::new("arrays");
    let path = format!("/Users/{}", guest.hire("a").await);
    let operations = json!([
        {"op": "Add", "path": "title", "value": [{"$ref": null, "value": "Agent"}]},
        {"op": "Add", "path": "nickName", "value": ["Ada"]},
        {"op": "Replace", "path": "active", "value": ["True"]},
    ]);
    let user = guest.changed(&path, operations).await;
    assert_eq!(
        (&user["title"], &user["nickName"], &user["active"]),
        (&json!("Agent"), &json!("Ada"), &json!(true))
    );
    let strict = Guest::strict("arrays-s");
    let path = format!("/Users/{}", strict.hire("a").await);
    let got =
        strict.scim("PATCH", &path, patch(json!([{"op": "add", "path": "title", "value": ["Agent"]}]))).await;
    got.is_error(400, Some("invalidValue"));
}
