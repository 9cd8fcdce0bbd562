//! Groups: members as changes for the directory, and everything else of the document.
//!
//! Whether a member exists and is a user is asked by the bridge, when the changes are applied.

use genesys_scim_bridge::testing::limits;
use genesys_scim_bridge::testing::scim::{Dialect, ResourceKind};
use serde_json::{Value, json};

use super::rows::{apply, group, group_table, tables};

tables! { group_table;
    members_come: r#"
        // docs/connectors.md C4.7, C6.7.
        ["Add", "members", [{"$ref": null, "value": "a"}]] => [{"add": ["a"]}]
        ["add", "members", [{"value": "a", "display": "A"}, {"value": "b"}]] => [{"add": ["a", "b"]}]
        ["add", "members", [{"value": "a"}, {"value": "a"}]] => [{"add": ["a"]}]
        ["add", "members", {"value": "a"}] => [{"add": ["a"]}]
        ["add", "members", ["a"]] => [{"add": ["a"]}]
        ["add", "members", []] => [{"add": []}]
        ["add", null, {"members": [{"value": "a"}]}] => [{"add": ["a"]}]
        ["add", "MEMBERS", [{"VALUE": "a"}]] => [{"add": ["a"]}]
        ["add", "urn:ietf:params:scim:schemas:core:2.0:Group:members", [{"value": "a"}]] => [{"add": ["a"]}]
        ["add", "members[value eq 'a']", {"value": "a"}] => [{"add": ["a"]}]
    "#
    entra_removes_members_with_a_value_list_and_only_those_go: r#"
        // docs/connectors.md C8.4.
        ["Remove", "members", [{"value": "u1091"}]] => [{"remove": ["u1091"]}]
        ["Remove", "members", [{"$ref": null, "value": "u1091"}]] => [{"remove": ["u1091"]}]
        ["Remove", "members", [{"value": "a"}, {"value": "b"}]] => [{"remove": ["a", "b"]}]
        ["Remove", "members", {"value": "a"}] => [{"remove": ["a"]}]
        ["Remove", "members", []] => [{"remove": []}]
    "#
    members_go_by_filter_or_all: r#"
        ["remove", "members[value eq 'a']"] => [{"remove": ["a"]}]
        ["remove", "members[value eq 'a' or value eq 'b']"] => [{"remove": ["a", "b"]}]
        ["remove", "members[value eq 'a' or value eq 'b' or value eq 'c']"] => [{"remove": ["a", "b", "c"]}]
        ["remove", "members"] => [{"all": []}]
        ["remove", "members", null] => [{"all": []}]
        [["add", "members", [{"value": "a"}]], ["remove", "members[value eq 'a']"]] => [{"add": ["a"]}, {"remove": ["a"]}]
    "#
    okta_replaces_members_with_a_list_and_an_empty_one_clears: r#"
        // docs/connectors.md C6.7.
        ["replace", "members", [{"value": "a"}]] => [{"all": ["a"]}]
        ["replace", "members", []] => [{"all": []}]
        ["replace", "members", null] => [{"all": []}]
        ["replace", null, {"members": [{"value": "a"}], "id": "2819c223", "displayName": "Tour Guides"}] => [{"all": ["a"]}]
        ["replace", null, {"members": [], "id": "2819c223", "displayName": "Tour Guides"}] => [{"all": []}]
    "#
    a_rename_never_touches_members: r#"
        // docs/connectors.md C8.17.
        ["replace", null, {"id": "2819c223", "displayName": "New"}] => []
        ["replace", "displayName", "New"] => []
        ["Replace", "externalId", "x"] => []
        ["replace", null, {"id": "2819c223", "displayName": "New"}] => {"displayName": "New"}
        ["replace", "displayName", "New"] => {"displayName": "New"}
        ["replace", null, {"externalId": "x"}] => {"externalId": "x"}
        ["replace", "displayName", "Tour Guides"] => {}
        ["add", "members", [{"value": "a"}]] => {}
    "#
    the_parts_of_a_member_are_immutable: r#"
        // RFC 7643 section 4.2, RFC 7644 section 3.5.2.
        ["replace", "members[value eq 'a'].value", "b"] => mutability
        ["replace", "members[value eq 'a'].value", "a"] => [{"add": ["a"]}]
        ["replace", "members[value eq 'a']", {"value": "b"}] => mutability
        ["replace", "members[value eq 'a'].type", "Group"] => mutability
        ["replace", "members[value eq 'a'].type", "User"] => [{"add": ["a"]}]
        ["replace", "members[value eq 'a'].$ref", "https://x/Users/b"] => mutability
        ["replace", "members[value eq 'a'].$ref", "https://x/Users/a"] => [{"add": ["a"]}]
        ["replace", "members[value eq 'a'].display", "A"] => [{"add": ["a"]}]
        ["remove", "members[value eq 'a'].value"] => mutability
        ["remove", "members[value eq 'a'].type"] => mutability
    "#
    faults_on_groups_have_their_keywords: r#"
        ["remove", "displayName"] => mutability
        ["replace", "displayName", ""] => mutability
        ["replace", "displayName", "  "] => invalidValue
        ["replace", "id", "another"] => mutability
        ["replace", null, {"id": "another", "displayName": "x"}] => mutability
        ["add", "members", [{"display": "x"}]] => invalidValue
        ["add", "members", [{"value": ""}]] => invalidValue
        ["add", "members", 1] => invalidValue
        ["remove", "members.value"] => invalidPath
        ["add", "members.value", "a"] => invalidPath
        ["add", "members[nonsense eq 'a']", {"value": "a"}] => invalidFilter
        ["replace", "members[type eq 'User']", {"value": "a"}] => noTarget
        // True of nobody, since only ids are kept: refused instead of passed over.
        ["remove", "members[display eq 'Ada']"] => invalidFilter
        ["remove", "members[value pr and $ref co 'x']"] => invalidFilter
        ["add", "userName", "x"] => invalidPath
        ["add", "C:displayName", "x"] => invalidPath
        ["add", "E:department", "x"] => invalidPath
    "#
}

#[test]
fn more_members_than_the_limit_are_too_much_for_one_request() {
    let ids: Vec<Value> =
        (0..=limits::MEMBERS_PER_REQUEST).map(|n| json!({"value": n.to_string()})).collect();
    let fault =
        apply(ResourceKind::Group, Dialect::Tolerant, &group(), &json!(["add", "members", ids])).unwrap_err();
    assert_eq!(fault.status, 413);
}

#[test]
fn a_filter_over_types_stays_a_filter() {
    let row = json!(["remove", "members[type eq \"User\"]"]);
    let patched = apply(ResourceKind::Group, Dialect::Tolerant, &group(), &row).unwrap();
    assert!(format!("{:?}", patched.members).starts_with("[RemoveWhere"));
}
