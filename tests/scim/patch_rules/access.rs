//! Who has access: `active` is set by true and false, and by nothing else; silence leaves it as it is.
//!
//! Each row for a user that is active and one that is not, in both dialects. What a POST means for somebody
//! who is there already is decided by the bridge; see `Incoming::with_state`.

use genesys_scim_bridge::testing::scim::{Dialect, PatchRequest, Replacement, ResourceKind, patch, resource};
use serde_json::{Value, json};

use super::rows::{ID, keyword, message, object, user};

const BOTH: [Dialect; 2] = [Dialect::Tolerant, Dialect::Strict];
const CORE: &str = "urn:ietf:params:scim:schemas:core:2.0:User";

/// What a row comes to: the state before it is `None` where the state stays as it was.
enum Row {
    Is(bool),
    Stays,
    Refused(&'static str),
}

use Row::{Is, Refused, Stays};

fn judge(what: &str, before: bool, found: Result<Value, Value>, expected: &Row) {
    let wanted = match expected {
        Is(state) => Ok(json!(state)),
        Stays => Ok(json!(before)),
        Refused(keyword) => Err(json!(keyword)),
    };
    assert_eq!(found, wanted, "{what} on active {before}");
}

#[test]
fn a_patch_says_true_or_false_or_is_refused() {
    let urn = format!("{CORE}:active");
    for (row, tolerant, strict) in [
        (json!(["replace", "active", true]), Is(true), Is(true)),
        (json!(["replace", "active", false]), Is(false), Is(false)),
        (json!(["replace", "active", "True"]), Is(true), Refused("invalidValue")),
        (json!(["replace", "active", ["True"]]), Is(true), Refused("invalidValue")),
        (json!(["replace", "active", [{"$ref": null, "value": "true"}]]), Is(true), Refused("invalidValue")),
        (json!(["replace", "active", {"value": false}]), Is(false), Refused("invalidValue")),
        (json!(["replace", "active", ""]), Refused("invalidValue"), Refused("invalidValue")),
        (json!(["replace", "active", null]), Refused("invalidValue"), Refused("invalidValue")),
        (json!(["replace", "active", []]), Refused("invalidValue"), Refused("invalidValue")),
        (json!(["replace", "active", [null]]), Refused("invalidValue"), Refused("invalidValue")),
        (json!(["replace", "active", [true, false]]), Refused("invalidValue"), Refused("invalidValue")),
        (json!(["replace", "active", "yes"]), Refused("invalidValue"), Refused("invalidValue")),
        (json!(["replace", "active", 1]), Refused("invalidValue"), Refused("invalidValue")),
        (json!(["add", "active", {}]), Refused("invalidValue"), Refused("invalidValue")),
        (json!(["add", &urn, null]), Refused("invalidValue"), Refused("invalidValue")),
        (json!(["replace", null, {"active": null}]), Refused("invalidValue"), Refused("invalidValue")),
        (json!(["replace", null, {"active": ""}]), Refused("invalidValue"), Refused("invalidValue")),
        (json!(["replace", null, {"ACTIVE": []}]), Refused("invalidValue"), Refused("invalidValue")),
        (json!(["remove", "active"]), Refused("mutability"), Refused("mutability")),
        (json!(["remove", "ACTIVE"]), Refused("mutability"), Refused("mutability")),
        (json!(["remove", &urn]), Refused("mutability"), Refused("mutability")),
        (
            json!(["replace", null, {"active": false, &urn: true}]),
            Refused("invalidSyntax"),
            Refused("invalidSyntax"),
        ),
        (json!(["replace", "title", "x"]), Stays, Stays),
    ] {
        for (dialect, expected) in BOTH.into_iter().zip([&tolerant, &strict]) {
            for before in [true, false] {
                let mut start = user();
                start.insert("active".into(), json!(before));
                let found = PatchRequest::parse(message(&row), dialect)
                    .and_then(|request| patch::apply(ResourceKind::User, &start, ID, &request))
                    .map(|patched| patched.document.get("active").cloned().unwrap_or_default())
                    .map_err(|fault| keyword(&fault));
                judge(&format!("{dialect:?} {row}"), before, found, expected);
            }
        }
    }
}

/// The bodies of a POST and a PUT, and what each means in the tolerant and the strict dialect.
fn bodies() -> Vec<(Value, Row, Row)> {
    let refused = || Refused("invalidValue");
    vec![
        (json!({"active": true}), Is(true), Is(true)),
        (json!({"active": false}), Is(false), Is(false)),
        (json!({"active": "True"}), Is(true), refused()),
        (json!({"Active": ["false"]}), Is(false), refused()),
        (json!({}), Stays, Stays),
        (json!({"active": null}), refused(), refused()),
        (json!({"active": ""}), refused(), refused()),
        (json!({"active": []}), refused(), refused()),
        (json!({"active": "enabled"}), refused(), refused()),
        (json!({"active": {}}), refused(), refused()),
    ]
}

fn body(more: &Value) -> Value {
    let mut body = json!({"schemas": [CORE], "userName": "bjensen"});
    for (key, value) in more.as_object().unwrap() {
        body[key] = value.clone();
    }
    body
}

#[test]
fn a_put_that_is_silent_leaves_the_state_as_it_is() {
    for (more, tolerant, strict) in bodies() {
        for (dialect, expected) in BOTH.into_iter().zip([&tolerant, &strict]) {
            for before in [true, false] {
                let current = object(json!({"schemas": [CORE], "userName": "bjensen", "active": before}));
                let found = Replacement::parse(ResourceKind::User, body(&more), dialect)
                    .and_then(|whole| whole.onto(&current))
                    .map(|incoming| incoming.document.get("active").cloned().unwrap_or_default())
                    .map_err(|fault| keyword(&fault));
                judge(&format!("{dialect:?} PUT {more}"), before, found, expected);
            }
        }
    }
}

#[test]
fn a_post_that_is_silent_makes_active_whoever_is_new_and_nobody_who_is_there() {
    for (more, tolerant, strict) in bodies() {
        for (dialect, expected) in BOTH.into_iter().zip([&tolerant, &strict]) {
            for before in [None, Some(true), Some(false)] {
                let found = resource::create(ResourceKind::User, body(&more), dialect)
                    .map(|incoming| incoming.with_state(before).get("active").cloned().unwrap_or_default())
                    .map_err(|fault| keyword(&fault));
                judge(&format!("{dialect:?} POST {more}"), before.unwrap_or(true), found, expected);
            }
        }
    }
    let group =
        resource::create(ResourceKind::Group, json!({"displayName": "G"}), Dialect::Tolerant).unwrap();
    assert!(!group.with_state(None).contains_key("active"), "a group has no access to give");
}
