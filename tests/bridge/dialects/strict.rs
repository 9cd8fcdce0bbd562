//! A tenant with `dialect = "strict"`: the letter of RFC 7643 and 7644 is taken, what connectors bend is
//! refused and changes nothing.

use serde_json::{Value, json};

use super::guest::{Guest, set};
use crate::support::bodies::{CORE, ENTERPRISE, GROUP, NOBODY, patch};

#[tokio::test]
async fn what_the_rfcs_write_is_taken() {
    let guest = Guest::strict("letter");
    let a = guest.hire("a").await;
    let path = format!("/Users/{a}");
    let user = guest
        .changed(
            &path,
            json!([
                {"op": "replace", "path": "active", "value": false},
                {"op": "add", "value": {"title": "T", "name": {"givenName": "G"}}},
                {"op": "add", "path": format!("{ENTERPRISE}:department"), "value": "Care"},
                {"op": "add", "path": "emails", "value": [{"type": "work", "value": guest.name("a")}]},
                {"op": "replace", "path": "emails[type eq \"work\"].value", "value": "w.letter@aurora.example"},
            ]),
        )
        .await;
    assert_eq!(
        (&user["active"], &user["title"], &user["name"]["givenName"]),
        (&json!(false), &json!("T"), &json!("G"))
    );
    assert_eq!(user["emails"], json!([{"type": "work", "value": "w.letter@aurora.example"}]));
    let group = guest.group("crew", &[]).await;
    guest.changed(&group, json!([{"op": "add", "path": "members", "value": [{"value": a}]}])).await;
    assert_eq!(guest.members(&group).await, set([&a]));
    guest.changed(&group, json!([{"op": "remove", "path": format!("members[value eq \"{a}\"]")}])).await;
    assert!(guest.members(&group).await.is_empty());
}

// Against points 2, 3, 7 and 9 of the check-list and the Keycloak text of section 3.
#[tokio::test]
async fn what_connectors_bend_in_a_patch_is_refused_with_its_keyword() {
    let guest = Guest::strict("bent");
    let path = format!("/Users/{}", guest.hire("a").await);
    let manager = format!("{ENTERPRISE}:manager");
    for (operation, scim_type) in [
        (json!({"op": "Replace", "path": "active", "value": false}), "invalidSyntax"),
        (json!({"op": "ADD", "path": "title", "value": "T"}), "invalidSyntax"),
        (json!({"op": "replace", "path": "active", "value": "False"}), "invalidValue"),
        (
            json!({"op": "replace", "path": "emails[type eq \"fax\"].value", "value": "x@aurora.example"}),
            "noTarget",
        ),
        (json!({"op": "replace", "value": "{\"active\":false}"}), "invalidValue"),
        (json!({"op": "add", "path": manager, "value": "m1"}), "invalidValue"),
        (json!({"op": "add", "path": manager, "value": [{"value": "m1"}]}), "invalidValue"),
        (json!({"op": "add", "path": "emails", "value": "x@aurora.example"}), "invalidValue"),
        (json!({"op": "add", "path": format!("{ENTERPRISE}:employeeNumber"), "value": 42}), "invalidValue"),
        (json!({"op": "replace", "value": {"hatSize": 1}}), "invalidPath"),
        (json!({"op": "replace", "path": "hatSize", "value": 1}), "invalidPath"),
    ] {
        guest.refused(&path, json!([operation]), 400, scim_type).await;
    }
}

#[tokio::test]
async fn a_patch_without_its_schema_is_refused() {
    let guest = Guest::strict("frame");
    let path = format!("/Users/{}", guest.hire("a").await);
    let before = guest.get(&path).await;
    for schemas in [Value::Null, json!([]), json!([CORE])] {
        let body =
            json!({"schemas": schemas, "Operations": [{"op": "replace", "path": "title", "value": "T"}]});
        guest.scim("PATCH", &path, body).await.is_error(400, Some("invalidSyntax"));
    }
    assert_eq!(guest.get(&path).await, before);
}

#[tokio::test]
async fn bodies_with_bent_types_or_unknown_attributes_are_refused_and_nobody_is_made() {
    let guest = Guest::strict("body");
    for (more, scim_type) in [
        (json!({"active": "True"}), "invalidValue"),
        (json!({"emails": "x@aurora.example"}), "invalidValue"),
        (json!({"emails": [{"value": "x@aurora.example", "primary": "True"}]}), "invalidValue"),
        (json!({"schemas": [CORE, ENTERPRISE], ENTERPRISE: {"manager": "m1"}}), "invalidValue"),
        (json!({"shoeSize": 43}), "invalidSyntax"),
        (json!({"schemas": [CORE, ENTERPRISE], ENTERPRISE: {"hobby": "chess"}}), "invalidSyntax"),
        (json!({ENTERPRISE: {"department": "not listed in schemas"}}), "invalidSyntax"),
    ] {
        let got = guest.scim("POST", "/Users", guest.user("a", more.clone())).await;
        got.is_error(400, Some(scim_type));
    }
    assert_eq!(
        guest.ids("/Users", &format!("userName eq \"{}\"", guest.name("a"))).await,
        Vec::<String>::new()
    );
}

// Point 4 of the check-list: a strict tenant must not read it as "remove all members".
#[tokio::test]
async fn a_value_beside_remove_never_empties_a_group() {
    let guest = Guest::strict("safe");
    let (a, b) = (guest.hire("a").await, guest.hire("b").await);
    let group = guest.group("crew", &[&a, &b]).await;
    let body = json!([{"op": "remove", "path": "members", "value": [{"value": a}]}]);
    let got = guest.scim("PATCH", &group, patch(body)).await;
    assert!(matches!(got.status, 200 | 400), "{got:?}");
    assert!(guest.members(&group).await.contains(&b), "whoever was not named stays");
    guest.changed(&group, json!([{"op": "remove", "path": "members"}])).await;
    assert!(guest.members(&group).await.is_empty(), "all of them, by the letter");
}

#[tokio::test]
async fn what_has_nothing_to_do_with_dialects_is_the_same() {
    let guest = Guest::strict("same");
    let a = guest.hire("a").await;
    assert_eq!(
        guest.ids("/Users", &format!("userName eq \"{}\"", guest.name("A"))).await,
        std::slice::from_ref(&a)
    );
    let taken = guest.scim("POST", "/Users", guest.user("a", json!({}))).await;
    taken.is_error(409, Some("uniqueness"));
    let group = guest.group("crew", &[&a]).await;
    let put = guest.scim("PUT", &group, json!({"schemas": [GROUP], "displayName": "same crew"})).await;
    assert_eq!(put.status, 200, "{put:?}");
    assert_eq!(guest.members(&group).await, set([&a]));
    guest.scim("GET", &format!("/Users/{NOBODY}"), Value::Null).await.is_error(404, None);
    let own = guest.changed(&group, json!([{"op": "replace", "value": {"displayName": "same two"}}])).await;
    assert_eq!(own["displayName"], "same two");
}
