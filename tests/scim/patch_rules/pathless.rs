//! Values without a path: plain, dotted, filtered and URN keys, and resources sent back as they were read.
//!
//! The same changes with a path are in `single`, `lists` and `extensions`.

use super::rows::{tables, user_table};

tables! { user_table;
    plain_keys_change_their_attributes_and_no_others: r#"
        // RFC 7644 sections 3.5.2.1 and 3.5.2.3, first points.
        ["add", null, {"title": "Boss"}] => {"title": "Boss"}
        ["replace", null, {"title": "Boss", "active": false}] => {"title": "Boss", "active": false}
        ["replace", "", {"title": "Boss"}] => {"title": "Boss"}
        ["replace", null, {"TITLE": "Boss"}] => {"title": "Boss"}
        ["replace", null, {}] => {}
        ["replace", null, {"title": null}] => {"title": null}
        ["replace", null, {"title": ""}] => {"title": null}
        ["add", null, {"name": {"middleName": "Jane"}}] => {"name": {"formatted": "Ms. Barbara J Jensen III", "familyName": "Jensen", "givenName": "Barbara", "middleName": "Jane"}}
        ["add", null, {"emails": [{"value": "o@x"}]}] => {"emails": [<work>, <home>, {"value": "o@x"}]}
        ["replace", null, {"emails": [{"value": "o@x"}]}] => {"emails": [{"value": "o@x"}]}
        ["replace", null, {"emails": []}] => {"emails": null}
        ["replace", null, {"title": "Guide", "userName": "bjensen"}] => {}
    "#
    entra_merges_dotted_filtered_and_urn_keys_into_one_value: r#"
        // docs/connectors.md C4.2, C8.5, second dialect; section 4, rule 5.
        ["replace", null, {"displayName": "Bjfe", "name.givenName": "Kkom", "name.familyName": "Unua", "E:employeeNumber": "Aklq"}] => {"displayName": "Bjfe", "name": {"formatted": "Ms. Barbara J Jensen III", "familyName": "Unua", "givenName": "Kkom"}, "E:employeeNumber": "Aklq"}
        ["add", null, {"name.middleName": "Jane"}] => {"name": {"formatted": "Ms. Barbara J Jensen III", "familyName": "Jensen", "givenName": "Barbara", "middleName": "Jane"}}
        ["replace", null, {"name.formatted": null}] => {"name": {"familyName": "Jensen", "givenName": "Barbara"}}
        ["replace", null, {"emails[type eq 'work'].value": "n@x"}] => {"emails": [{"type": "work", "value": "n@x", "primary": true}, <home>]}
        ["replace", null, {"phoneNumbers[type eq 'mobile'].value": "1"}] => {"phoneNumbers": [{"type": "work", "value": "555-555-5555"}, {"type": "mobile", "value": "1"}]}
        ["replace", null, {"C:title": "Boss"}] => {"title": "Boss"}
        ["replace", null, {"C:name.formatted": ""}] => {"name": {"familyName": "Jensen", "givenName": "Barbara"}}
        ["add", null, {"E:manager": "m2"}] => {"E:manager": {"value": "m2"}}
        ["add", null, {"E:manager.value": "m2"}] => {"E:manager": {"value": "m2"}}
        ["add", null, {"manager": {"value": "m2"}}] => {"E:manager": {"value": "m2"}}
        ["replace", null, {"E": {"department": "X"}}] => {"E:department": "X"}
        ["replace", null, {"e:department": "X"}] => invalidPath
    "#
    what_we_added_to_a_resource_may_come_back_with_it: r#"
        // Read-only keys without a path are passed over, an id that is the resource's own as well
        // (docs/connectors.md C8.6, C8.18).
        ["replace", null, {"id": "2819c223", "title": "Boss"}] => {"title": "Boss"}
        ["replace", null, {"ID": "2819c223"}] => {}
        ["replace", null, {"C:id": "2819c223"}] => {}
        ["replace", null, {"id": null, "title": "Boss"}] => {"title": "Boss"}
        ["replace", null, {"meta": {"resourceType": "User", "version": "W/1"}, "groups": []}] => {}
        ["replace", null, {"meta.version": "W/1"}] => {}
        ["replace", null, {"groups": [{"value": "g1"}]}] => {}
        ["replace", null, {"C:groups": [{"value": "g1"}]}] => {}
        ["replace", null, {"manager.displayName": "John"}] => {}
        ["replace", null, {"E:manager.displayName": "John"}] => {}
        ["replace", null, {"B": {"provisioning": {"status": "x"}}}] => {}
        ["replace", null, {"B:provisioning": {"status": "x"}}] => {}
        ["replace", null, {"schemas": ["C"]}] => {}
        ["replace", null, {"schemas": null}] => {}
        ["replace", null, {"schemas": ["C", "E", "B"], "title": "Guide"}] => {}
    "#
    names_that_no_schema_knows_are_kept_as_sent: r#"
        // docs/connectors.md C3.2.
        ["replace", null, {"shoeSize": 43}] => {"shoeSize": 43}
        ["add", null, {"shoeSize": {"eu": 43}}] => {"shoeSize": {"eu": 43}}
        ["add", null, {"shoeSize": null}] => {}
        [["add", null, {"shoeSize": 43}], ["replace", "shoeSize", 44]] => {"shoeSize": 44}
        [["add", null, {"shoeSize": 43}], ["replace", null, {"SHOESIZE": 44}]] => {"shoeSize": 44}
        [["add", null, {"shoeSize": 43}], ["remove", "shoesize"]] => {}
        [["add", null, {"shoeSize": 43}], ["replace", null, {"shoeSize": null}]] => {}
    "#
    values_without_a_path_that_cannot_be_meant: r#"
        ["replace", null, "x"] => invalidValue
        ["replace", null, ["x"]] => invalidValue
        ["replace", null, null] => invalidValue
        ["add", null, 1] => invalidValue
        ["replace", null, {"id": "another"}] => mutability
        ["replace", null, {"C:id": "another"}] => mutability
        ["replace", null, {"title": "a", "TITLE": "b"}] => invalidSyntax
        ["replace", null, {"title": "a", "C:title": "b"}] => invalidSyntax
        ["replace", null, {"department": "a", "E:department": "b"}] => invalidSyntax
        ["replace", null, {"E": {"department": "a"}, "E:Department": "b"}] => invalidSyntax
        ["replace", null, {"emails[type eq 'work'].value": "a", "C:emails[type eq 'work'].value": "b"}] => invalidSyntax
        ["replace", null, "{\"title\":\"a\",\"Title\":\"b\"}"] => invalidSyntax
        ["replace", null, {"title": "a", "C:nickName": "b"}] => {"title": "a", "nickName": "b"}
        ["replace", null, {"name.nonsense": "a"}] => invalidPath
        ["replace", null, {"emails[nonsense eq 'a'].value": "a"}] => invalidFilter
        ["replace", null, {"emails[type eq 'work'": "a"}] => invalidPath
        ["replace", null, {"userName": null}] => mutability
        ["replace", null, {"userName": "  "}] => invalidValue
        ["replace", null, {"active": "perhaps"}] => invalidValue
        ["remove", null] => noTarget
        ["remove", null, {"title": "Guide"}] => noTarget
    "#
}
