//! Shapes of the Microsoft Entra provisioning service (docs/connectors.md C1 to C5) beyond the check-list.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::guest::{Guest, each, set};
use crate::support::bodies::{CORE, ENTERPRISE, GROUP, NOBODY, patch};

// Section 1.3, the documented body.
#[tokio::test]
async fn a_user_is_created_with_the_documented_body() {
    let guest = Guest::new("entra-create");
    let body = json!({
        "schemas": [CORE, ENTERPRISE], "externalId": "entra-guid-1", "userName": guest.name("a"), "active": true,
        "displayName": "Entra User", "emails": [{"primary": true, "type": "work", "value": guest.name("a")}],
        "meta": {"resourceType": "User"},
        "name": {"formatted": "Given Family", "familyName": "Family", "givenName": "Given"}, "roles": [],
    });
    let got = guest.scim("POST", "/Users", body.clone()).await;
    assert_eq!(got.status, 201, "{got:?}");
    for name in ["externalId", "userName", "active", "displayName", "emails", "name"] {
        assert_eq!(got.body[name], body[name], "{name} as it was sent");
    }
    assert_eq!(got.body["meta"]["resourceType"], "User");
    assert_eq!(guest.get(&format!("/Users/{}", got.id())).await, got.body);
}

// Section 1.2.
#[tokio::test]
async fn a_reference_is_checked_by_id_and_manager_and_only_the_id_is_read() {
    let guest = Guest::new("entra-ref");
    let boss = guest.hire("boss").await;
    let user = guest.hired("a", json!({ENTERPRISE: {"manager": boss}})).await;
    let id = user["id"].as_str().unwrap();
    for (manager, found) in [(boss.as_str(), 1), (NOBODY, 0)] {
        let filter = format!("id eq \"{id}\" and manager eq \"{manager}\"");
        let query = [("filter", filter.as_str()), ("attributes", "id")];
        let list = guest.send("GET", "/Users", &query, &[], None).await.body;
        assert_eq!(list["totalResults"], found, "{list}");
        if found == 1 {
            assert_eq!(
                (&list["Resources"][0]["id"], &list["Resources"][0]["userName"]),
                (&json!(id), &Value::Null)
            );
        }
    }
}

// Section 1.7: at least eleven users, count=5, startIndex = page * 5 + 1.
#[tokio::test]
async fn account_discovery_pages_over_everybody_once() {
    let guest = Guest::new("entra-page");
    for n in 0..11 {
        guest.hired(&format!("u{n:02}"), json!({"userType": "Entra Paged"})).await;
    }
    let mut seen = BTreeSet::new();
    for page in 0..3 {
        let start = (page * 5 + 1).to_string();
        let query = [("filter", "userType eq \"Entra Paged\""), ("startIndex", &start), ("count", "5")];
        let list = guest.send("GET", "/Users", &query, &[], None).await.body;
        assert_eq!(
            (&list["startIndex"], &list["totalResults"]),
            (&json!(page * 5 + 1), &json!(11)),
            "{list}"
        );
        seen.extend(each::<Vec<_>>(&list["Resources"], "userName"));
    }
    assert_eq!(seen, (0..11).map(|n| guest.name(&format!("u{n:02}"))).collect::<BTreeSet<_>>());
}

// Sections 1.4 and 1.6: 36 operations, one for each attribute.
#[tokio::test]
async fn one_patch_sets_every_attribute_with_an_operation_of_its_own() {
    let guest = Guest::new("entra-verbose");
    let path = format!("/Users/{}", guest.hire("a").await);
    let mut operations = Vec::new();
    let mut wanted = Vec::new();
    for name in [
        "displayName",
        "title",
        "nickName",
        "preferredLanguage",
        "userType",
        "locale",
        "timezone",
        "profileUrl",
    ] {
        operations.push(json!({"op": "Add", "path": name, "value": format!("v-{name}")}));
        wanted.push((format!("/{name}"), format!("v-{name}")));
    }
    for name in ["givenName", "familyName", "formatted", "middleName", "honorificPrefix", "honorificSuffix"] {
        operations.push(json!({"op": "Add", "path": format!("name.{name}"), "value": format!("v-{name}")}));
        wanted.push((format!("/name/{name}"), format!("v-{name}")));
    }
    for name in ["employeeNumber", "costCenter", "organization", "department"] {
        operations
            .push(json!({"op": "Add", "path": format!("{ENTERPRISE}:{name}"), "value": format!("v-{name}")}));
        wanted.push((format!("/{ENTERPRISE}/{name}"), format!("v-{name}")));
    }
    for name in ["formatted", "streetAddress", "locality", "region", "postalCode", "country"] {
        for kind in ["work", "other"] {
            let at = format!("addresses[type eq \"{kind}\"].{name}");
            operations.push(json!({"op": "Add", "path": at, "value": format!("{kind}-{name}")}));
        }
    }
    for (number, kind) in ["work", "mobile", "fax", "home", "other", "pager"].into_iter().enumerate() {
        let at = format!("phoneNumbers[type eq \"{kind}\"].value");
        operations.push(json!({"op": "Add", "path": at, "value": format!("+1 555 010{number}")}));
        wanted.push((format!("/phoneNumbers/{number}/value"), format!("+1 555 010{number}")));
    }
    assert_eq!(operations.len(), 36);
    let user = guest.changed(&path, json!(operations)).await;
    for (at, value) in wanted {
        assert_eq!(user.pointer(&at).and_then(Value::as_str), Some(value.as_str()), "{at}: {user}");
    }
    assert_eq!(user["addresses"].as_array().unwrap().len(), 2, "{user}");
    assert_eq!(user["addresses"][1]["postalCode"], "other-postalCode", "{user}");
    assert_eq!(user["meta"]["version"], "W/\"2\"", "one change");
}

// Section 1.4: the flag keeps value paths apart and merges the rest; it does not work on demand, so one
// server sees both.
#[tokio::test]
async fn both_patch_dialects_reach_the_same_user() {
    let guest = Guest::new("entra-both");
    let id = guest.hire("a").await;
    let number = format!("{ENTERPRISE}:employeeNumber");
    let plain = json!([
        {"op": "Replace", "path": "emails[type eq \"work\"].value", "value": "one.entra-both@aurora.example"},
        {"op": "Replace", "path": "name.familyName", "value": "One"},
        {"op": "Replace", "path": number, "value": "1"},
        {"op": "Replace", "path": "active", "value": "False"},
    ]);
    let user = guest.changed(&format!("/Users/{id}"), plain).await;
    assert_eq!((&user["name"]["familyName"], &user["active"]), (&json!("One"), &json!(false)));
    let flagged = patch(json!([
        {"op": "replace", "path": "emails[type eq \"work\"].value", "value": "two.entra-both@aurora.example"},
        {"op": "replace", "value": {"name.familyName": "Two", number: "2", "active": true}},
    ]));
    let got = guest.scim("PATCH", &format!("/Users/{id}?aadOptscim062020"), flagged).await;
    assert_eq!(got.status, 200, "{got:?}");
    assert_eq!(got.body["emails"], json!([{"type": "work", "value": "two.entra-both@aurora.example"}]));
    assert_eq!((&got.body["name"]["familyName"], &got.body["active"]), (&json!("Two"), &json!(true)));
    assert_eq!(got.body[ENTERPRISE]["employeeNumber"], "2");
}

// Section 1.4, AppRoleAssignmentsComplex.
#[tokio::test]
async fn a_role_is_json_inside_a_text() {
    let guest = Guest::new("entra-role");
    let text =
        |name: &str| format!("{{\"id\":\"06b0\",\"value\":\"{name}\",\"displayName\":\"The {name}\"}}");
    let id = guest.hire("a").await;
    let path = format!("/Users/{id}");
    let add = json!([{"op": "Add", "path": "roles", "value": [{"value": text("Agent")}]}]);
    let user = guest.changed(&path, add).await;
    assert_eq!(user["roles"], json!([{"value": "Agent", "display": "The Agent"}]));
    let add = json!([{"op": "Add", "path": "roles", "value": [{"value": text("Supervisor")}]}]);
    let user = guest.changed(&path, add).await;
    assert_eq!(
        each::<BTreeSet<_>>(&user["roles"], "value"),
        ["Agent", "Supervisor"].map(str::to_owned).into()
    );
    let more = json!({"roles": [{"value": text("Agent"), "primary": "True"}]});
    let created = guest.hired("b", more).await;
    assert_eq!(
        (&created["roles"][0]["value"], &created["roles"][0]["primary"]),
        (&json!("Agent"), &json!(true))
    );
}

// Section 1.4, AssertiveAppRoleAssignmentsComplex and SingleAppRoleAssignment.
#[tokio::test]
async fn replacing_the_roles_replaces_all_of_them() {
    let guest = Guest::new("entra-roles");
    let user = guest.hired("a", json!({"roles": [{"value": "Agent", "primary": true}]})).await;
    let path = format!("/Users/{}", user["id"].as_str().unwrap());
    let replace =
        json!([{"op": "Replace", "path": "roles", "value": [{"primary": "True", "value": "Supervisor"}]}]);
    assert_eq!(
        guest.changed(&path, replace).await["roles"],
        json!([{"primary": true, "value": "Supervisor"}])
    );
    let gone = guest.changed(&path, json!([{"op": "Remove", "path": "roles"}])).await;
    assert_eq!(gone["roles"], Value::Null);
}

// Section 1.4: rancher#54871 and #54025.
#[tokio::test]
async fn core_attributes_come_with_their_urn_in_other_letter_case_and_active_through_add() {
    let guest = Guest::new("entra-urn");
    let path = format!("/Users/{}", guest.hire("a").await);
    let name = format!("{CORE}:displayName");
    let mail = format!("{CORE}:emails[type eq \"work\"].value");
    let user = guest
        .changed(
            &path,
            json!([{"op": "Replace", "path": name, "value": "By URN"},
                {"op": "Replace", "path": "Name.FamilyName", "value": "Cased"},
                {"op": "Replace", "path": mail, "value": "urn.entra@aurora.example"},
                {"op": "Add", "path": "active", "value": "False"}]),
        )
        .await;
    assert_eq!((&user["displayName"], &user["name"]["familyName"]), (&json!("By URN"), &json!("Cased")));
    assert_eq!(
        (&user["emails"][0]["value"], &user["active"]),
        (&json!("urn.entra@aurora.example"), &json!(false))
    );
    let moved = format!("moved.{}", guest.name("a"));
    let user = guest.changed(&path, json!([{"op": "Replace", "path": "username", "value": moved}])).await;
    assert_eq!((&user["userName"], &user["username"]), (&json!(moved), &Value::Null));
}

// Section 1.4, gallery test SCIM_Null_Update.
#[tokio::test]
async fn an_empty_text_and_a_null_both_clear_and_read_back_as_absent() {
    let guest = Guest::new("entra-clear");
    let path = format!("/Users/{}", guest.hire("a").await);
    let department = format!("{ENTERPRISE}:department");
    for empty in [json!(""), Value::Null] {
        for at in ["title", "name.givenName", department.as_str()] {
            guest.changed(&path, json!([{"op": "Add", "path": at, "value": "there"}])).await;
            let user = guest.changed(&path, json!([{"op": "Replace", "path": at, "value": empty}])).await;
            assert!(!user.to_string().contains("there"), "{at} {empty}: {user}");
            assert!(!user.to_string().contains("null"), "{at} {empty}: {user}");
        }
        guest.changed(&path, json!([{"op": "Add", "path": "title", "value": "there"}])).await;
        let user = guest.changed(&path, json!([{"op": "replace", "value": {"title": empty}}])).await;
        assert_eq!(user.get("title"), None, "{empty}");
    }
}

// Section 1.6, group "replace attributes" and "add member (op replace path members)".
#[tokio::test]
async fn the_validator_adds_a_member_by_replacing_and_moves_the_external_id_without_a_path() {
    let guest = Guest::new("entra-valid");
    let (a, b) = (guest.hire("a").await, guest.hire("b").await);
    let group = guest.group("crew", &[&a]).await;
    let moved = guest.changed(&group, json!([{"op": "replace", "value": {"externalId": "moved"}}])).await;
    assert_eq!((&moved["externalId"], &moved["displayName"]), (&json!("moved"), &json!("entra-valid crew")));
    assert_eq!(guest.members(&group).await, set([&a]));
    guest.changed(&group, json!([{"op": "replace", "path": "members", "value": [{"value": b}]}])).await;
    assert_eq!(guest.members(&group).await, set([&b]));
    let both = json!([{"op": "Add", "path": "members", "value": [{"$ref": null, "value": a}]},
        {"op": "Remove", "path": "members", "value": [{"$ref": null, "value": a}]}]);
    guest.changed(&group, both).await;
    assert_eq!(guest.members(&group).await, set([&b]), "added and removed in one request");
}

// Section 1.2: apostrophes, blanks and umlauts occur in the names of groups.
#[tokio::test]
async fn groups_are_matched_by_names_with_apostrophes_quotes_and_umlauts() {
    let guest = Guest::new("entra-name");
    for name in [
        "entra O'Neill & Söhne",
        "entra \"quoted\"",
        "entra 100% [all] (x)",
        "entra back\\slash",
        "entra ünï",
    ] {
        let got = guest.scim("POST", "/Groups", json!({"schemas": [GROUP], "displayName": name})).await;
        assert_eq!((got.status, &got.body["displayName"]), (201, &json!(name)), "{got:?}");
        let filter = format!("displayName eq {}", json!(name));
        assert_eq!(guest.ids("/Groups", &filter).await, [got.id()], "{filter}");
    }
}

// Section 1.5.
#[tokio::test]
async fn a_purged_user_is_gone_and_created_anew_in_a_later_cycle() {
    let guest = Guest::new("entra-purge");
    let id = guest.hire("a").await;
    let group = guest.group("crew", &[&id]).await;
    let path = format!("/Users/{id}");
    assert_eq!(guest.scim("DELETE", &path, Value::Null).await.status, 204);
    guest.scim("GET", &path, Value::Null).await.is_error(404, None);
    guest.scim("DELETE", &path, Value::Null).await.is_error(404, None);
    let update = patch(json!([{"op": "Replace", "path": "active", "value": "True"}]));
    guest.scim("PATCH", &path, update).await.is_error(404, None);
    assert_eq!(guest.members(&group).await, BTreeSet::new());
    let name = format!("userName eq \"{}\"", guest.name("a"));
    assert_eq!(guest.ids("/Users", &name).await, Vec::<String>::new());
    guest.house.cloud.settle();
    let again = guest.scim("POST", "/Users", guest.user("a", json!({}))).await;
    assert_eq!(again.status, 201, "{again:?}");
    assert_eq!(guest.ids("/Users", &name).await, [again.id()]);
}

// Section 1.4: `Add` on a list must not wipe the others (SCIM-SDK#668), the last of two operations on one
// attribute counts.
#[tokio::test]
async fn several_operations_in_one_request_are_done_in_order() {
    let guest = Guest::new("entra-order");
    let path = format!("/Users/{}", guest.hire("a").await);
    let user = guest
        .changed(
            &path,
            json!([
                {"op": "Add", "path": "emails", "value": [{"type": "home", "value": "h.order@aurora.example"}]},
                {"op": "Add", "path": "emails", "value": [{"type": "work", "value": "w.order@aurora.example"}]},
                {"op": "Replace", "path": "emails[type eq \"work\"].primary", "value": "True"},
                {"op": "Replace", "path": "displayName", "value": "First"},
                {"op": "Replace", "path": "displayName", "value": "Second"},
            ]),
        )
        .await;
    assert_eq!(user["emails"][0], json!({"type": "home", "value": "h.order@aurora.example"}));
    assert_eq!(
        user["emails"][1],
        json!({"type": "work", "value": "w.order@aurora.example", "primary": true})
    );
    assert_eq!(user["displayName"], "Second");
    // All or nothing: a fault in the last operation takes the first ones along.
    let faulty = json!([{"op": "Replace", "path": "displayName", "value": "Lost"}, {"op": "Destroy", "path": "title"}]);
    let detail = guest.refused(&path, faulty, 400, "invalidSyntax").await;
    assert!(detail.contains("Operation 2"), "{detail}");
}

// Section 1.4 and RFC 7643 section 4.2: Entra does not provision nested groups, others try.
#[tokio::test]
async fn a_group_within_a_group_is_refused_in_plain_words() {
    let guest = Guest::new("entra-nested");
    let (inner, outer) = (guest.group("inner", &[]).await, guest.group("outer", &[]).await);
    let id = inner.strip_prefix("/Groups/").unwrap();
    for member in [
        json!({"value": id, "type": "Group"}),
        json!({"value": id}),
        json!({"value": NOBODY, "type": "group"}),
    ] {
        let add = json!([{"op": "Add", "path": "members", "value": [member]}]);
        let detail = guest.refused(&outer, add, 400, "invalidValue").await;
        assert!(detail.contains("nested groups are not supported"), "{member}: {detail}");
    }
    let body = json!({"schemas": [GROUP], "displayName": "entra-nested third", "members": [{"value": id}]});
    guest.scim("POST", "/Groups", body).await.is_error(400, Some("invalidValue"));
    assert_eq!(guest.ids("/Groups", "displayName eq \"entra-nested third\"").await, Vec::<String>::new());
}
