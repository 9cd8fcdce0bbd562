//! What Entra, Okta, OneLogin and others really send to users (docs/connectors.md).
//!
//! What they send to groups is in `groups`.

use super::rows::{tables, user_table};

tables! { user_table;
    entra_capitalises_operations_and_writes_booleans_as_texts: r#"
        // docs/connectors.md C4.1, C8.2, C8.3.
        ["Replace", "active", "False"] => {"active": false}
        ["Replace", "active", "false"] => {"active": false}
        ["REPLACE", "active", "FALSE"] => {"active": false}
        ["Add", "active", "False"] => {"active": false}
        ["Replace", "active", "True"] => {}
        ["Add", "nickName", "Babs"] => {"nickName": "Babs"}
        ["Remove", "title"] => {"title": null}
        ["Replace", "name.givenName", "G"] => {"name": {"formatted": "Ms. Barbara J Jensen III", "familyName": "Jensen", "givenName": "G"}}
        ["Replace", "Name.FamilyName", "F"] => {"name": {"formatted": "Ms. Barbara J Jensen III", "familyName": "F", "givenName": "Barbara"}}
        ["Replace", "username", "b2"] => {"userName": "b2"}
        ["Replace", "externalId", "x"] => {"externalId": "x"}
        ["Replace", "E:employeeNumber", "42"] => {"E:employeeNumber": "42"}
        ["Replace", "C:displayName", "D"] => {"displayName": "D"}
        ["Add", "emails[type eq 'home'].primary", "true"] => {"emails": [<work-2>, {"type": "home", "value": "babs@jensen.org", "primary": true}]}
        ["Add", "emails", [{"value": "o@x", "primary": "False"}]] => {"emails": [<work>, <home>, {"value": "o@x", "primary": false}]}
        ["replace", null, {"active": "false"}] => {"active": false}
        // The object as a text, from scim-for-keycloak (docs/connectors.md C7.6).
        ["replace", null, "{\"active\":\"false\"}"] => {"active": false}
        // Okta (docs/connectors.md C6.4).
        ["replace", null, {"active": false}] => {"active": false}
        ["replace", null, {"active": true}] => {}
    "#
    entra_creates_an_entry_through_its_filter_once_and_wipes_no_other: r#"
        // docs/connectors.md C8.7, C8.8.
        ["Replace", "emails[type eq 'other'].value", "o@x"] => {"emails": [<work>, <home>, {"type": "other", "value": "o@x"}]}
        ["Add", "emails[type eq 'other'].value", "o@x"] => {"emails": [<work>, <home>, {"type": "other", "value": "o@x"}]}
        [["Add", "emails[type eq 'other'].value", "o@x"], ["Add", "emails[type eq 'other'].display", "O"]] => {"emails": [<work>, <home>, {"type": "other", "value": "o@x", "display": "O"}]}
        [["Add", "addresses[type eq 'other'].country", "DE"], ["Add", "addresses[type eq 'other'].locality", "Berlin"], ["Add", "addresses[type eq 'other'].postalCode", "10115"]] => {"addresses": [<plaza>, <blvd>, {"type": "other", "country": "DE", "locality": "Berlin", "postalCode": "10115"}]}
        ["Add", "photos[type eq 'photo' and primary eq true].value", "p"] => {"photos": [{"type": "photo", "primary": true, "value": "p"}]}
        ["Add", "photos[type eq 'photo']", {"value": "p"}] => {"photos": [{"type": "photo", "value": "p"}]}
        ["Replace", "roles[primary eq 'True'].value", "Boss"] => {"roles": [{"value": "Boss", "primary": true}]}
        [["Remove", "roles"], ["Add", "roles[primary eq 'True'].value", "Boss"]] => {"roles": [{"primary": true, "value": "Boss"}]}
        [["Add", "roles[primary eq 'True'].display", "B"], ["Add", "roles[primary eq 'True'].type", "T"]] => {"roles": [{"value": "Agent", "primary": true, "display": "B", "type": "T"}]}
        ["Replace", "photos[type eq 'photo'].value", ""] => {}
        ["Replace", "emails[type eq 'work'].value", ""] => {"emails": [<home>]}
        // One that the filter would not find again is not made.
        ["Replace", "emails[type eq 'other']", {"type": "x", "value": "o@x"}] => noTarget
        ["Replace", "emails[type eq 'a' or type eq 'b'].value", "o@x"] => noTarget
        ["Replace", "emails[value sw 'q'].display", "o@x"] => noTarget
        ["Replace", "emails[not (value pr)].display", "o@x"] => noTarget
    "#
    a_manager_comes_as_text_object_array_or_nothing: r#"
        // docs/connectors.md C8.9. What was said about the old manager goes with him.
        ["Add", "manager", [{"$ref": "http://x/Users/m2", "value": "m2"}]] => {"E:manager": {"$ref": "http://x/Users/m2", "value": "m2"}}
        ["Add", "manager", [{"value": "m2"}]] => {"E:manager": {"value": "m2"}}
        ["Replace", "E:manager", "m2"] => {"E:manager": {"value": "m2"}}
        ["Replace", "E:manager", {"value": "m2"}] => {"E:manager": {"value": "m2"}}
        ["Replace", "E:manager", {"value": "m2", "displayName": "John"}] => {"E:manager": {"value": "m2"}}
        ["Replace", "E:manager", {"managerId": "m2", "displayName": "John"}] => {"E:manager": {"value": "m2"}}
        ["Replace", "E:manager.value", "m2"] => {"E:manager": {"value": "m2"}}
        ["Replace", "E", {"manager": "m2"}] => {"E:manager": {"value": "m2"}}
        ["Replace", "E:manager", "m1"] => {}
        ["Replace", "E:manager", {"value": "m1"}] => {}
        ["Replace", "E:manager", {"displayName": "John"}] => {}
        ["Replace", "E:manager", {"value": ""}] => {"E:manager": null}
        ["Replace", "E:manager", {"value": null}] => {"E:manager": null}
        ["Replace", "E:manager", {"managerId": ""}] => {"E:manager": null}
        ["Replace", "E:manager", [{"value": ""}]] => {"E:manager": null}
        ["Replace", "E:manager", ""] => {"E:manager": null}
        ["Replace", "E:manager", null] => {"E:manager": null}
        ["Replace", "E:manager", []] => {"E:manager": null}
        ["Replace", "E:manager.value", ""] => {"E:manager": null}
        ["Remove", "E:manager.value"] => {"E:manager": null}
        ["Remove", "manager"] => {"E:manager": null}
        ["replace", null, {"E": {"manager": {"value": ""}}}] => {"E:manager": null}
    "#
    entra_packs_roles_into_json_in_a_text: r#"
        // docs/connectors.md C4.5, AppRoleAssignmentsComplex.
        ["Add", "roles", [{"value": "{\"id\":\"1\",\"value\":\"Admin\",\"displayName\":\"Boss\"}"}]] => {"roles": [{"value": "Agent", "primary": true}, {"value": "Admin", "display": "Boss"}]}
        ["Replace", "roles", [{"value": "{\"id\":\"1\",\"value\":\"Admin\",\"displayName\":\"Boss\"}"}]] => {"roles": [{"value": "Admin", "display": "Boss"}]}
        ["Replace", "roles[primary eq 'True'].value", "{\"id\":\"1\",\"value\":\"Admin\",\"displayName\":\"Boss\"}"] => {"roles": [{"value": "Admin", "primary": true, "display": "Boss"}]}
        ["Add", "roles", [{"value": "{not json"}]] => {"roles": [{"value": "Agent", "primary": true}, {"value": "{not json"}]}
        ["Add", "roles", ["Boss"]] => {"roles": [{"value": "Agent", "primary": true}, {"value": "Boss"}]}
        ["Add", "roles", "Boss"] => {"roles": [{"value": "Agent", "primary": true}, {"value": "Boss"}]}
        ["Add", "roles", [{"value": "Boss", "primary": "True"}]] => {"roles": [{"value": "Agent", "primary": false}, {"value": "Boss", "primary": true}]}
    "#
    a_removal_that_lists_values_takes_only_those: r#"
        // docs/connectors.md C8.4.
        ["Remove", "emails", [{"value": "babs@jensen.org"}]] => {"emails": [<work>]}
        ["Remove", "emails", [{"value": "nobody@x"}]] => {}
        ["Remove", "emails", {"value": "babs@jensen.org"}] => {"emails": [<work>]}
        ["Remove", "emails", []] => {}
        ["Remove", "emails", [{"$ref": null, "value": "babs@jensen.org"}]] => {"emails": [<work>]}
        ["Remove", "roles", [{"value": "Agent"}]] => {"roles": null}
        ["Remove", "B:skills", "Billing"] => {"B:skills": null}
    "#
    formats_are_not_checked_and_numbers_become_texts: r#"
        // docs/connectors.md C8.19: the Validator sends random texts.
        ["Replace", "profileUrl", "BAPNQLJSRQGD"] => {"profileUrl": "BAPNQLJSRQGD"}
        ["Replace", "locale", "QWERTY"] => {"locale": "QWERTY"}
        ["Replace", "timezone", "nowhere"] => {"timezone": "nowhere"}
        ["Replace", "phoneNumbers[type eq 'work'].value", "+1 (555) abc"] => {"phoneNumbers": [{"type": "work", "value": "+1 (555) abc"}]}
        ["Replace", "emails[type eq 'home'].value", "not an address"] => {"emails": [<work>, {"type": "home", "value": "not an address"}]}
        ["Replace", "E:employeeNumber", 42] => {"E:employeeNumber": "42"}
        ["Replace", "title", {"value": "Boss"}] => {"title": "Boss"}
        ["Replace", "title", ["Boss"]] => {"title": "Boss"}
        ["Add", "title", [{"$ref": null, "value": "Boss"}]] => {"title": "Boss"}
        ["Add", "E:employeeNumber", [{"$ref": null, "value": 42}]] => {"E:employeeNumber": "42"}
        ["Replace", "name.givenName", ["B"]] => {"name": {"formatted": "Ms. Barbara J Jensen III", "familyName": "Jensen", "givenName": "B"}}
        ["Replace", "E:manager", ["m2"]] => {"E:manager": {"value": "m2"}}
        ["Replace", "E:manager", [{"$ref": null, "value": "m2"}]] => {"E:manager": {"value": "m2"}}
        ["Replace", "E:manager", [""]] => {"E:manager": null}
        ["replace", null, {"title": ["Boss"], "E": {"department": ["X"]}}] => {"title": "Boss", "E:department": "X"}
    "#
}
