//! Points 1 to 13 of the check-list in docs/connectors.md C8, in their order.

use serde_json::{Value, json};

use super::guest::{Guest, each, nobody, set};
use crate::support::bodies::{CORE, ENTERPRISE, GROUP, NOBODY};

// Point 1.
#[tokio::test]
async fn a_look_up_that_finds_nobody_is_200_with_an_empty_list() {
    let guest = Guest::new("nobody");
    for (kind, filter) in [
        ("/Users", format!("userName eq \"{NOBODY}\"")),
        ("/Users", format!("externalId eq \"{NOBODY}\"")),
        ("/Users", format!("id eq \"{NOBODY}\"")),
        ("/Users", format!("emails[type eq \"work\"].value eq \"{NOBODY}\"")),
        ("/Users", format!("title eq \"{NOBODY}\"")),
        ("/Groups", format!("displayName eq \"{NOBODY}\"")),
        ("/Groups", format!("externalId eq \"{NOBODY}\"")),
    ] {
        let list = guest.find(kind, &filter).await;
        assert_eq!((&list["totalResults"], &list["Resources"]), (&json!(0), &json!([])), "{filter}");
        assert_eq!((&list["itemsPerPage"], &list["startIndex"]), (&json!(0), &json!(1)), "{filter}");
    }
}

// Point 2.
#[tokio::test]
async fn operations_are_written_in_any_letter_case() {
    let guest = Guest::new("opcase");
    let path = format!("/Users/{}", guest.hire("a").await);
    for (op, value) in [("Add", "One"), ("REPLACE", "Two"), ("rEpLaCe", "Three"), ("aDD", "Four")] {
        let user = guest.changed(&path, json!([{"op": op, "path": "nickName", "value": value}])).await;
        assert_eq!(user["nickName"], value, "{op}");
    }
    for op in ["Remove", "REMOVE"] {
        guest.changed(&path, json!([{"op": "add", "path": "nickName", "value": "x"}])).await;
        let user = guest.changed(&path, json!([{"op": op, "path": "nickName"}])).await;
        assert_eq!(user["nickName"], Value::Null, "{op}");
    }
}

// Point 3.
#[tokio::test]
async fn booleans_are_written_as_texts_and_answered_as_booleans() {
    let guest = Guest::new("textbool");
    let more = json!({
        "active": "True",
        "emails": [{"type": "work", "value": guest.name("a"), "primary": "True"}],
        "phoneNumbers": [{"type": "work", "value": "+1 555 0100", "primary": "true"}],
        "roles": [{"value": "Agent", "primary": "True"}],
        "addresses": [{"type": "work", "country": "DE", "primary": "False"}],
    });
    let user = guest.hired("a", more).await;
    assert_eq!(user["active"], true);
    for list in ["emails", "phoneNumbers", "roles"] {
        assert_eq!(user[list][0]["primary"], true, "{list}: {user}");
    }
    assert_eq!(user["addresses"][0]["primary"], false);
    let path = format!("/Users/{}", user["id"].as_str().unwrap());
    for (value, wanted) in
        [("False", false), ("True", true), ("false", false), ("TRUE", true), ("FALSE", false)]
    {
        let user = guest.changed(&path, json!([{"op": "Replace", "path": "active", "value": value}])).await;
        assert_eq!(user["active"], wanted, "{value}");
    }
    let primary = json!([{"op": "Replace", "path": "emails[type eq \"work\"].primary", "value": "false"}]);
    assert_eq!(guest.changed(&path, primary).await["emails"][0]["primary"], false);
    let detail = guest
        .refused(&path, json!([{"op": "Replace", "path": "active", "value": "perhaps"}]), 400, "invalidValue")
        .await;
    assert!(detail.contains("active") && !detail.contains("perhaps"), "{detail}");
}

// Point 4.
#[tokio::test]
async fn remove_members_with_a_list_of_values_removes_only_those() {
    let guest = Guest::new("valuelist");
    let (a, b, c) = (guest.hire("a").await, guest.hire("b").await, guest.hire("c").await);
    let group = guest.group("crew", &[&a, &b, &c]).await;
    let remove = |value: Value| json!([{"op": "Remove", "path": "members", "value": value}]);
    guest.changed(&group, remove(json!([{"$ref": null, "value": a}]))).await;
    assert_eq!(guest.members(&group).await, set([&b, &c]));
    guest.changed(&group, remove(json!([]))).await;
    assert_eq!(guest.members(&group).await, set([&b, &c]), "an empty list names nobody");
    guest.changed(&group, remove(json!([{"value": NOBODY}]))).await;
    assert_eq!(guest.members(&group).await, set([&b, &c]), "nor does a list of strangers");
    guest.changed(&group, remove(json!({"value": b}))).await;
    assert_eq!(guest.members(&group).await, set([&c]), "one object without its list");
    assert!(nobody(&guest.get(&format!("/Users/{a}")).await["groups"]));
}

// Point 5.
#[tokio::test]
async fn one_operation_without_a_path_carries_plain_dotted_and_urn_keys() {
    let guest = Guest::new("pathless");
    for (op, who) in [("replace", "a"), ("add", "b"), ("Replace", "c")] {
        let path = format!("/Users/{}", guest.hire(who).await);
        let number = format!("{ENTERPRISE}:employeeNumber");
        let name = format!("{CORE}:nickName");
        let user = guest
            .changed(
                &path,
                json!([{"op": op, "value": {
                    "displayName": "Bjfe", "name.givenName": "Kkom", "name.familyName": "Unua",
                    number: "Aklq", name: "Babs", ENTERPRISE: {"department": "Care"},
                }}]),
            )
            .await;
        assert_eq!((&user["displayName"], &user["nickName"]), (&json!("Bjfe"), &json!("Babs")), "{user}");
        assert_eq!(
            (&user["name"]["givenName"], &user["name"]["familyName"]),
            (&json!("Kkom"), &json!("Unua"))
        );
        assert_eq!(user[ENTERPRISE], json!({"employeeNumber": "Aklq", "department": "Care"}), "{user}");
        let keys: Vec<&String> = user.as_object().unwrap().keys().collect();
        assert!(!keys.iter().any(|key| key.contains('.') && !key.starts_with("urn:")), "{keys:?}");
    }
}

// Point 6.
#[tokio::test]
async fn an_operation_without_a_path_repeats_the_id_of_its_own_resource() {
    let guest = Guest::new("ownid");
    let a = guest.hire("a").await;
    let group = guest.group("crew", &[&a]).await;
    let id = group.strip_prefix("/Groups/").unwrap();
    let renamed = guest
        .changed(&group, json!([{"op": "replace", "value": {"id": id, "displayName": "ownid new"}}]))
        .await;
    assert_eq!((&renamed["id"], &renamed["displayName"]), (&json!(id), &json!("ownid new")));
    assert_eq!(guest.members(&group).await, set([&a]));
    let path = format!("/Users/{a}");
    let user = guest.changed(&path, json!([{"op": "replace", "value": {"id": a, "title": "T"}}])).await;
    assert_eq!((&user["id"], &user["title"]), (&json!(a), &json!("T")));
    guest.changed(&path, json!([{"op": "Replace", "path": "id", "value": a}])).await;
    let other = json!([{"op": "replace", "value": {"id": NOBODY, "title": "U"}}]);
    guest.refused(&path, other, 400, "mutability").await;
}

// Point 7.
#[tokio::test]
async fn a_value_filter_that_matches_nothing_creates_the_element_once_and_leaves_the_others() {
    let guest = Guest::new("create");
    let home = format!("home.{}", guest.name("a"));
    let user = guest.hired("a", json!({"emails": [{"type": "home", "value": home}]})).await;
    let path = format!("/Users/{}", user["id"].as_str().unwrap());
    for (op, at) in [("Add", "work"), ("Replace", "other")] {
        let address = format!("{at}.{}", guest.name("a"));
        let email = format!("emails[type eq \"{at}\"].value");
        let user = guest.changed(&path, json!([{"op": op, "path": email, "value": address}])).await;
        let emails = user["emails"].as_array().unwrap();
        let of = |kind: &str| emails.iter().filter(|one| one["type"] == kind).collect::<Vec<_>>();
        assert_eq!(of(at), [&json!({"type": at, "value": address})], "{user}");
        assert_eq!(of("home"), [&json!({"type": "home", "value": home})], "{user}");
    }
    let parts = json!([
        {"op": "Add", "path": "addresses[type eq \"work\"].streetAddress", "value": "Street 1"},
        {"op": "Add", "path": "addresses[type eq \"work\"].locality", "value": "Town"},
        {"op": "Replace", "path": "addresses[type eq \"work\"].country", "value": "DE"},
    ]);
    let work = json!([{"type": "work", "streetAddress": "Street 1", "locality": "Town", "country": "DE"}]);
    assert_eq!(guest.changed(&path, parts).await["addresses"], work);
}

// Point 8.
#[tokio::test]
async fn roles_are_picked_by_primary_eq_true_as_a_text() {
    let guest = Guest::new("roles");
    let path = format!("/Users/{}", guest.hire("a").await);
    let set = |op: &str, value: &str| {
        json!([
            {"op": op, "path": "roles[primary eq \"True\"].display", "value": value},
            {"op": op, "path": "roles[primary eq \"True\"].value", "value": value},
            {"op": op, "path": "roles[primary eq \"True\"].type", "value": "WindowsAzureActiveDirectoryRole"},
        ])
    };
    let role = |name: &str| json!([{"primary": true, "display": name, "value": name, "type": "WindowsAzureActiveDirectoryRole"}]);
    assert_eq!(guest.changed(&path, set("Add", "Agent")).await["roles"], role("Agent"));
    assert_eq!(guest.changed(&path, set("Replace", "Supervisor")).await["roles"], role("Supervisor"));
}

// Point 9.
#[tokio::test]
async fn a_manager_comes_as_text_object_array_or_nothing_and_is_answered_as_an_object() {
    let guest = Guest::new("manager");
    let path = format!("/Users/{}", guest.hire("a").await);
    let urn = format!("{ENTERPRISE}:manager");
    let sub = format!("{urn}.value");
    for (number, (at, value)) in [
        (urn.as_str(), json!("m0")),
        (&urn, json!({"value": "m1"})),
        ("manager", json!([{"$ref": "http://x/Users/m2", "value": "m2"}])),
        (&sub, json!("m3")),
        ("manager", json!("m4")),
    ]
    .into_iter()
    .enumerate()
    {
        for op in ["Add", "Replace"] {
            let user = guest.changed(&path, json!([{"op": op, "path": at, "value": value}])).await;
            assert_eq!(user[ENTERPRISE]["manager"]["value"], format!("m{number}"), "{op} {at} {value}");
        }
    }
    for operation in [
        json!({"op": "replace", "path": urn, "value": {"value": ""}}),
        json!({"op": "replace", "path": urn, "value": ""}),
        json!({"op": "Replace", "path": "manager", "value": []}),
        json!({"op": "Remove", "path": urn}),
        json!({"op": "replace", "value": {urn.clone(): ""}}),
        json!({"op": "replace", "value": {ENTERPRISE: {"manager": null}}}),
    ] {
        let there = guest.changed(&path, json!([{"op": "add", "path": urn, "value": "m9"}])).await;
        assert_eq!(there[ENTERPRISE]["manager"]["value"], "m9");
        let gone = guest.changed(&path, json!([operation])).await;
        assert_eq!(gone.pointer(&format!("/{ENTERPRISE}/manager")), None, "{operation}");
    }
    for (who, manager) in [("b", json!("m1")), ("c", json!({"value": "m1"})), ("d", json!([{"value": "m1"}]))]
    {
        let user = guest.hired(who, json!({ENTERPRISE: {"manager": manager}})).await;
        assert_eq!(user[ENTERPRISE]["manager"]["value"], "m1", "{manager}");
    }
    let empty = guest.hired("e", json!({ENTERPRISE: {"manager": ""}})).await;
    assert_eq!(empty.pointer(&format!("/{ENTERPRISE}/manager")), None);
}

// Point 10.
#[tokio::test]
async fn people_are_looked_up_by_user_name_external_id_work_address_and_display_name() {
    let guest = Guest::new("lookup");
    let work = format!("work.{}", guest.name("a"));
    let more = json!({"emails": [{"type": "work", "value": work, "primary": true}]});
    let id = guest.hired("a", more).await["id"].as_str().unwrap().to_owned();
    guest.hire("b").await;
    for filter in [
        format!("userName eq \"{}\"", guest.name("a")),
        "externalId eq \"ext-lookup-a\"".to_owned(),
        "externalId eq ext-lookup-a".to_owned(),
        format!("emails[type eq \"work\"].value eq \"{work}\""),
        format!("emails[type eq \"work\" and value eq \"{work}\"]"),
        format!("emails.value eq \"{work}\""),
        "displayName eq \"lookup a\"".to_owned(),
        format!("id eq \"{id}\""),
        format!("userName eq \"{}\" and active eq true", guest.name("a")),
        format!("{CORE}:userName eq \"{}\"", guest.name("a")),
    ] {
        assert_eq!(guest.ids("/Users", &filter).await, std::slice::from_ref(&id), "{filter}");
    }
    let other = format!("emails[type eq \"home\"].value eq \"{work}\"");
    assert_eq!(guest.ids("/Users", &other).await, Vec::<String>::new(), "the type counts");
}

// Point 11.
#[tokio::test]
async fn names_are_compared_without_letter_case_and_ids_exactly() {
    let guest = Guest::new("letter");
    let id = guest.hire("a").await;
    let body = json!({"schemas": [GROUP], "displayName": "Letter Crew", "externalId": "Ext-Crew"});
    let group = guest.scim("POST", "/Groups", body).await.id();
    for (kind, filter, found) in [
        ("/Users", format!("userName eq \"{}\"", guest.name("a").to_uppercase()), true),
        ("/Users", "USERNAME eq \"Letter.A@Aurora.Example\"".to_owned(), true),
        ("/Users", "displayName eq \"LETTER A\"".to_owned(), true),
        ("/Users", "externalId eq \"EXT-LETTER-A\"".to_owned(), false),
        ("/Users", format!("id eq \"{}\"", id.to_uppercase()), false),
        ("/Groups", "displayName eq \"lETTER cREW\"".to_owned(), true),
        ("/Groups", "externalId eq \"Ext-Crew\"".to_owned(), true),
        ("/Groups", "externalId eq \"ext-crew\"".to_owned(), false),
    ] {
        let wanted = if kind == "/Users" { &id } else { &group };
        let wanted: Vec<String> = found.then(|| wanted.clone()).into_iter().collect();
        assert_eq!(guest.ids(kind, &filter).await, wanted, "{filter}");
    }
}

// Point 12.
#[tokio::test]
async fn groups_are_read_without_their_members_on_request() {
    let guest = Guest::new("without");
    let a = guest.hire("a").await;
    let group = guest.group("crew", &[&a]).await;
    let lean = guest.get(&format!("{group}?excludedAttributes=members")).await;
    assert_eq!((&lean["displayName"], &lean["members"]), (&json!("without crew"), &Value::Null));
    let filter = [("excludedAttributes", "members"), ("filter", "displayName eq \"without crew\"")];
    let list = guest.send("GET", "/Groups", &filter, &[], None).await.body;
    assert_eq!((&list["totalResults"], &list["Resources"][0]), (&json!(1), &lean));
    let only = guest.get(&format!("{group}?attributes=displayName")).await;
    assert_eq!(only["members"], Value::Null);
    let whole = guest.get(&group).await;
    assert_eq!(each::<Vec<_>>(&whole["members"], "value"), [a]);
}

// Point 13.
#[tokio::test]
async fn a_disabled_user_is_found_and_read_and_comes_back_under_its_id() {
    let guest = Guest::new("disabled");
    let id = guest.hire("a").await;
    let path = format!("/Users/{id}");
    let off = json!([{"op": "Replace", "path": "active", "value": "False"}]);
    assert_eq!(guest.changed(&path, off).await["active"], false);
    for filter in [
        format!("userName eq \"{}\"", guest.name("a")),
        "externalId eq \"ext-disabled-a\"".to_owned(),
        format!("userName eq \"{}\" and active eq false", guest.name("a")),
        format!("userName eq \"{}\" and active eq \"False\"", guest.name("a")),
    ] {
        assert_eq!(guest.ids("/Users", &filter).await, std::slice::from_ref(&id), "{filter}");
    }
    let taken = guest.scim("POST", "/Users", guest.user("a", json!({}))).await;
    assert_eq!((taken.status, &taken.body["scimType"]), (409, &json!("uniqueness")), "{taken:?}");
    let on = json!([{"op": "Replace", "path": "active", "value": "True"},
        {"op": "Replace", "path": "displayName", "value": "Back"}]);
    let back = guest.changed(&path, on).await;
    assert_eq!(
        (&back["id"], &back["active"], &back["displayName"]),
        (&json!(id), &json!(true), &json!("Back"))
    );
}
