//! RFC 7644 sections 3.5.2.1 to 3.5.2.3: what add, remove and replace do to each kind of target.

use serde_json::{Value, json};

use super::bench::{bench, strict};
use crate::support::client::Response;

async fn after(name: &str, before: Value, operation: Value) -> Response {
    let bench = bench();
    let path = format!("/Users/{}", bench.user(name, before).await.id());
    bench.patch(&path, json!([operation])).await
}

fn mails() -> Value {
    json!([{"value": "w@x.example", "type": "work"}, {"value": "h@x.example", "type": "home"}])
}

#[tokio::test]
async fn add_sets_what_is_single_and_appends_to_what_is_many() {
    let got =
        after("add-single", json!({"title": "a"}), json!({"op": "add", "path": "title", "value": "b"})).await;
    assert_eq!(got.at("/title"), "b");
    let got = after("add-new", json!({}), json!({"op": "add", "path": "nickName", "value": "b"})).await;
    assert_eq!(got.at("/nickName"), "b");
    let operation = json!({"op": "add", "path": "name", "value": {"givenName": "G"}});
    let got = after("add-complex", json!({"name": {"familyName": "F"}}), operation).await;
    assert_eq!(got.at("/name"), &json!({"familyName": "F", "givenName": "G"}));
    let operation = json!({"op": "add", "path": "emails", "value": [{"value": "n@x.example"}]});
    let got = after("add-many", json!({"emails": mails()}), operation).await;
    assert_eq!(got.at("/emails").as_array().unwrap().len(), 3);
    let operation = json!({"op": "add", "value": {"title": "t", "emails": [{"value": "n@x.example"}]}});
    let got = after("add-pathless", json!({"emails": mails()}), operation).await;
    assert_eq!((got.at("/title"), got.at("/emails").as_array().unwrap().len()), (&json!("t"), 3));
}

#[tokio::test]
async fn adding_what_is_there_already_succeeds_and_leaves_tag_and_time_alone() {
    let bench = bench();
    let made = bench.user("add-same", json!({"title": "t", "emails": mails()})).await;
    let path = format!("/Users/{}", made.id());
    for operation in [
        json!({"op": "add", "path": "title", "value": "t"}),
        json!({"op": "add", "path": "emails", "value": [{"value": "w@x.example", "type": "work"}]}),
        json!({"op": "replace", "path": "title", "value": "t"}),
        json!({"op": "remove", "path": "nickName"}),
    ] {
        let got = bench.patch(&path, json!([operation])).await;
        assert_eq!(got.status, 200, "{operation} {got:?}");
        assert_eq!(got.body, made.body, "{operation}");
    }
    let group = bench.group("Add Same", &[&made.id()]).await;
    let path = format!("/Groups/{}", group.id());
    let same = json!([{"op": "add", "path": "members", "value": [{"value": made.id()}]}]);
    let got = bench.patch(&path, same).await;
    assert_eq!((got.status, &got.body["meta"]), (200, &group.body["meta"]), "{got:?}");
}

#[tokio::test]
async fn add_and_replace_need_a_value_and_a_value_without_path_is_an_object() {
    for (name, operation) in [
        ("no-value-1", json!({"op": "add", "path": "title"})),
        ("no-value-2", json!({"op": "replace", "path": "title"})),
        ("no-value-3", json!({"op": "add", "value": "text"})),
        ("no-value-4", json!({"op": "replace", "value": 7})),
    ] {
        let got = after(name, json!({}), operation).await;
        got.is_error(400, Some("invalidValue"));
    }
}

#[tokio::test]
async fn a_complex_target_takes_an_object_of_sub_attributes_and_keeps_those_not_named() {
    let before = json!({"name": {"givenName": "G", "familyName": "F"}});
    let operation = json!({"op": "replace", "path": "name", "value": {"givenName": "X"}});
    assert_eq!(
        after("complex-kept", before.clone(), operation).await.at("/name"),
        &json!({"givenName": "X", "familyName": "F"})
    );
    for op in ["add", "replace"] {
        let operation = json!({"op": op, "path": "name", "value": "a text"});
        after(&format!("complex-text-{op}"), before.clone(), operation)
            .await
            .is_error(400, Some("invalidValue"));
    }
}

#[tokio::test]
async fn remove_unassigns_whole_attributes_parts_and_selected_values() {
    let before = json!({"title": "t", "name": {"givenName": "G", "familyName": "F"}, "emails": mails()});
    for (name, path, gone, left) in [
        ("title", "title", "title", None),
        ("part", "name.givenName", "", Some(("name", json!({"familyName": "F"})))),
        ("all", "emails", "emails", None),
        ("one", "emails[type eq \"work\"]", "", Some(("emails", json!([mails()[1]])))),
        ("both", "emails[value ew \"x.example\"]", "emails", None),
    ] {
        let operation = json!({"op": "remove", "path": path});
        let got = after(&format!("remove-{name}"), before.clone(), operation).await;
        assert_eq!(got.status, 200, "{path} {got:?}");
        assert!(gone.is_empty() || got.body.get(gone).is_none(), "{path} {got:?}");
        if let Some((name, value)) = left {
            assert_eq!(got.body[name], value, "{path}");
        }
    }
}

#[tokio::test]
async fn remove_needs_a_path_and_never_takes_what_is_required_or_read_only() {
    for (name, operation, scim_type) in [
        ("pathless", json!({"op": "remove"}), "noTarget"),
        ("required", json!({"op": "remove", "path": "userName"}), "mutability"),
        ("emptied", json!({"op": "replace", "path": "userName", "value": ""}), "mutability"),
        ("read-only", json!({"op": "remove", "path": "meta.version"}), "mutability"),
        ("id", json!({"op": "remove", "path": "id"}), "mutability"),
    ] {
        after(&format!("remove-not-{name}"), json!({}), operation).await.is_error(400, Some(scim_type));
    }
    let bench = bench();
    let path = format!("/Groups/{}", bench.group("Remove Not", &[]).await.id());
    bench
        .patch(&path, json!([{"op": "remove", "path": "displayName"}]))
        .await
        .is_error(400, Some("mutability"));
}

#[tokio::test]
async fn replace_sets_adds_what_was_not_there_and_changes_every_value_that_is_selected() {
    let operation = json!({"op": "replace", "path": "title", "value": "b"});
    assert_eq!(after("replace-single", json!({"title": "a"}), operation.clone()).await.at("/title"), "b");
    assert_eq!(after("replace-new", json!({}), operation).await.at("/title"), "b");
    let operation = json!({"op": "replace", "path": "emails", "value": [{"value": "n@x.example"}]});
    assert_eq!(
        after("replace-many", json!({"emails": mails()}), operation).await.at("/emails"),
        &json!([{"value": "n@x.example"}])
    );
    let two = json!([{"value": "a@x.example", "type": "work"}, {"value": "b@x.example", "type": "work"}, mails()[1]]);
    let operation = json!({"op": "replace", "path": "emails[type eq \"work\"].display", "value": "W"});
    let got = after("replace-parts", json!({"emails": two}), operation).await;
    assert_eq!((got.at("/emails/0/display"), got.at("/emails/1/display")), (&json!("W"), &json!("W")));
    assert!(got.at("/emails/2").get("display").is_none());
    let operation = json!({"op": "replace", "path": "emails[value ew \"x.example\"]", "value": {"type": "other", "display": "O"}});
    let got = after("replace-records", json!({"emails": mails()}), operation).await;
    for at in ["/emails/0/type", "/emails/1/type"] {
        assert_eq!(got.at(at), "other", "{got:?}");
    }
    let operation = json!({"op": "replace", "value": {"title": "t", "emails": [{"value": "n@x.example"}]}});
    let got = after("replace-pathless", json!({"nickName": "n", "emails": mails()}), operation).await;
    assert_eq!((got.at("/title"), got.at("/nickName")), (&json!("t"), &json!("n")));
    assert_eq!(got.at("/emails"), &json!([{"value": "n@x.example"}]));
}

#[tokio::test]
async fn a_replace_whose_filter_selects_nothing_has_no_target_by_the_letter_of_the_rfc() {
    let bench = strict();
    let path = format!("/Users/{}", bench.user("no-target", json!({"emails": mails()})).await.id());
    for operation in [
        json!({"op": "replace", "path": "emails[type eq \"other\"].value", "value": "o@x.example"}),
        json!({"op": "replace", "path": "emails[type eq \"other\"]", "value": {"value": "o@x.example"}}),
    ] {
        bench.patch(&path, json!([operation])).await.is_error(400, Some("noTarget"));
    }
}
