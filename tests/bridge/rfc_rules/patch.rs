//! RFC 7644 section 3.5.2: the PATCH request as a whole: its shape, mutability, order, atomicity and answers.

use serde_json::json;

use super::bench::{bench, strict};
use crate::support::bodies::{CORE, ENTERPRISE, patch};
use crate::support::client::Response;

#[tokio::test]
async fn a_patch_needs_its_schema_and_operations_with_one_op_each() {
    let bench = strict();
    let path = format!("/Users/{}", bench.user("patch-shape", json!({})).await.id());
    let good = json!({"op": "replace", "path": "title", "value": "t"});
    for body in [
        json!({"Operations": [good]}),
        json!({"schemas": [CORE], "Operations": [good]}),
        patch(json!([])),
        patch(json!([{"path": "title", "value": "t"}])),
        patch(json!([{"op": "move", "path": "title", "value": "t"}])),
        json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"]}),
    ] {
        bench.call("PATCH", &path, Some(body)).await.is_error(400, Some("invalidSyntax"));
    }
    assert_eq!(bench.call("PATCH", &path, Some(patch(json!([good])))).await.status, 200);
}

#[tokio::test]
async fn operations_must_fit_the_mutability_and_the_type_of_what_they_change() {
    let bench = bench();
    let made = bench.user("patch-fit", json!({"title": "t"})).await;
    let path = format!("/Users/{}", made.id());
    for (operation, scim_type) in [
        (json!({"op": "replace", "path": "id", "value": "x"}), "mutability"),
        (json!({"op": "replace", "path": "meta.created", "value": "2011-05-13T04:42:34Z"}), "mutability"),
        (json!({"op": "add", "path": "groups", "value": [{"value": "g"}]}), "mutability"),
        (json!({"op": "remove", "path": "groups"}), "mutability"),
        (json!({"op": "remove", "path": "meta"}), "mutability"),
        (json!({"op": "replace", "path": "active", "value": "perhaps"}), "invalidValue"),
        (json!({"op": "replace", "path": "name", "value": 7}), "invalidValue"),
        (json!({"op": "replace", "path": "shoeSize", "value": 7}), "invalidPath"),
        (json!({"op": "replace", "path": "name.shoeSize", "value": 7}), "invalidPath"),
        (json!({"op": "replace", "path": "name[", "value": 7}), "invalidPath"),
    ] {
        bench.patch(&path, json!([operation])).await.is_error(400, Some(scim_type));
    }
    assert_eq!(bench.get(&path).await.body, made.body);
}

#[tokio::test]
async fn operations_are_done_in_their_order_each_on_what_the_one_before_left() {
    let bench = bench();
    let path = format!("/Users/{}", bench.user("patch-order", json!({})).await.id());
    let got = bench
        .patch(
            &path,
            json!([
                {"op": "add", "path": "title", "value": "a"},
                {"op": "replace", "path": "title", "value": "b"},
                {"op": "add", "path": "emails", "value": [{"value": "x@x.example", "type": "work"}]},
                {"op": "replace", "path": "emails[type eq \"work\"].value", "value": "y@x.example"},
                {"op": "add", "path": "nickName", "value": "n"},
                {"op": "remove", "path": "nickName"},
            ]),
        )
        .await;
    assert_eq!((got.status, &got.body["title"]), (200, &json!("b")), "{got:?}");
    assert_eq!(got.body["emails"], json!([{"value": "y@x.example", "type": "work"}]));
    assert!(got.body.get("nickName").is_none());
}

#[tokio::test]
async fn one_operation_that_fails_undoes_all_and_the_resource_is_as_before() {
    let bench = bench();
    let made = bench.user("patch-atomic", json!({"title": "before"})).await;
    let path = format!("/Users/{}", made.id());
    let world = bench.get(&path).await;
    let got = bench
        .patch(
            &path,
            json!([
                {"op": "replace", "path": "title", "value": "after"},
                {"op": "add", "path": "nickName", "value": "n"},
                {"op": "remove", "path": "userName"},
            ]),
        )
        .await;
    got.is_error(400, Some("mutability"));
    let after = bench.get(&path).await;
    assert_eq!((after.body, after.headers.get("etag")), (world.body, world.headers.get("etag")));
}

#[tokio::test]
async fn a_new_primary_value_takes_the_mark_from_the_old_one() {
    let bench = bench();
    let emails = json!([{"value": "a@x.example", "type": "work", "primary": true}, {"value": "b@x.example", "type": "home"}]);
    let path = format!("/Users/{}", bench.user("patch-primary", json!({"emails": emails})).await.id());
    let primary = |got: &Response| -> Vec<String> {
        let all = got.body["emails"].as_array().unwrap_or_else(|| panic!("{got:?}")).clone();
        all.iter()
            .filter(|it| it["primary"] == true)
            .map(|it| it["value"].as_str().unwrap().to_owned())
            .collect()
    };
    let got = bench
        .patch(&path, json!([{"op": "replace", "path": "emails[type eq \"home\"].primary", "value": true}]))
        .await;
    assert_eq!(primary(&got), ["b@x.example"]);
    let third =
        json!([{"op": "add", "path": "emails", "value": [{"value": "c@x.example", "primary": true}]}]);
    assert_eq!(primary(&bench.patch(&path, third).await), ["c@x.example"]);
    let whole = json!([{"op": "replace", "path": "emails[type eq \"work\"]", "value": {"value": "a@x.example", "primary": true}}]);
    assert_eq!(primary(&bench.patch(&path, whole).await), ["a@x.example"]);
}

#[tokio::test]
async fn an_attribute_added_by_its_full_name_lists_its_schema() {
    let bench = bench();
    let made = bench.user("patch-schemas", json!({})).await;
    assert_eq!(made.body["schemas"], json!([CORE]));
    let path = format!("/Users/{}", made.id());
    let number = json!([{"op": "add", "path": format!("{ENTERPRISE}:employeeNumber"), "value": "42"}]);
    let got = bench.patch(&path, number).await;
    assert_eq!(got.body["schemas"], json!([CORE, ENTERPRISE]), "{got:?}");
    let both = json!([{"op": "remove", "path": ENTERPRISE}, {"op": "add", "path": format!("{ENTERPRISE}:department"), "value": "D"}]);
    let got = bench.patch(&path, both).await;
    assert_eq!(
        (&got.body["schemas"], &got.body[ENTERPRISE]),
        (&json!([CORE, ENTERPRISE]), &json!({"department": "D"}))
    );
}

#[tokio::test]
async fn success_is_200_with_the_whole_resource_and_its_new_tag() {
    let bench = bench();
    let made = bench.user("patch-answer", json!({"nickName": "n"})).await;
    let path = format!("/Users/{}", made.id());
    let got = bench.patch(&path, json!([{"op": "replace", "path": "title", "value": "t"}])).await;
    assert_eq!((got.status, got.header("etag")), (200, "W/\"2\""));
    assert_eq!((&got.body["title"], &got.body["nickName"]), (&json!("t"), &json!("n")));
    assert_eq!(got.body, bench.get(&path).await.body);
}
