//! Attributes with one value, plain and complex, and their parts.
//!
//! Attributes with several values are in `lists`, extensions in `extensions`.

use super::rows::{tables, user_table};

tables! { user_table;
    add_sets_and_replace_sets_and_both_say_the_same_of_one_value: r#"
        // RFC 7644 section 3.5.2.1: a single value is replaced; 3.5.2.3: what is not there is added.
        ["add", "title", "Boss"] => {"title": "Boss"}
        ["replace", "title", "Boss"] => {"title": "Boss"}
        ["add", "nickName", "Babs"] => {"nickName": "Babs"}
        ["replace", "nickName", "Babs"] => {"nickName": "Babs"}
        ["add", "userName", "babs"] => {"userName": "babs"}
        ["replace", "userName", "BJENSEN"] => {"userName": "BJENSEN"}
        ["replace", "externalId", "42"] => {"externalId": "42"}
        ["add", "active", false] => {"active": false}
        ["replace", "active", false] => {"active": false}
        ["replace", "displayName", "B"] => {"displayName": "B"}
        ["replace", "locale", "en-US"] => {"locale": "en-US"}
        ["replace", "timezone", "America/Los_Angeles"] => {"timezone": "America/Los_Angeles"}
        ["replace", "preferredLanguage", "de, en;q=0.5"] => {"preferredLanguage": "de, en;q=0.5"}
        ["replace", "userType", "Employee"] => {"userType": "Employee"}
        ["replace", "profileUrl", "https://example.com/babs"] => {"profileUrl": "https://example.com/babs"}
    "#
    what_is_so_already_is_no_change: r#"
        // RFC 7644 section 3.5.2.1, last point.
        ["add", "title", "Guide"] => {}
        ["replace", "title", "Guide"] => {}
        ["add", "active", true] => {}
        ["replace", "userName", "bjensen"] => {}
        ["add", "name", {"givenName": "Barbara"}] => {}
        ["replace", "name", {"givenName": "Barbara", "familyName": "Jensen"}] => {}
        ["replace", "name.givenName", "Barbara"] => {}
        ["replace", "name", {}] => {}
        ["remove", "nickName"] => {}
        ["remove", "name.middleName"] => {}
        ["replace", "nickName", null] => {}
        [["replace", "title", "Boss"], ["replace", "title", "Guide"]] => {}
        [["remove", "title"], ["add", "title", "Guide"]] => {}
    "#
    parts_of_a_name_change_one_by_one_and_the_others_stay: r#"
        // RFC 7644 section 3.5.2.3, fifth point.
        ["replace", "name", {"givenName": "B"}] => {"name": {"formatted": "Ms. Barbara J Jensen III", "familyName": "Jensen", "givenName": "B"}}
        ["add", "name", {"givenName": "B"}] => {"name": {"formatted": "Ms. Barbara J Jensen III", "familyName": "Jensen", "givenName": "B"}}
        ["add", "name.middleName", "Jane"] => {"name": {"formatted": "Ms. Barbara J Jensen III", "familyName": "Jensen", "givenName": "Barbara", "middleName": "Jane"}}
        ["replace", "name.honorificPrefix", "Ms."] => {"name": {"formatted": "Ms. Barbara J Jensen III", "familyName": "Jensen", "givenName": "Barbara", "honorificPrefix": "Ms."}}
        ["remove", "name.formatted"] => {"name": {"familyName": "Jensen", "givenName": "Barbara"}}
        ["remove", "name"] => {"name": null}
        // Null is unassigned, in a part as well (RFC 7643 section 2.5); the parts not named stay.
        ["replace", "name", {"formatted": null}] => {"name": {"familyName": "Jensen", "givenName": "Barbara"}}
        ["replace", "name", {"formatted": "", "givenName": "B"}] => {"name": {"familyName": "Jensen", "givenName": "B"}}
        ["add", "name", {"formatted": null, "middleName": "Jane"}] => {"name": {"familyName": "Jensen", "givenName": "Barbara", "middleName": "Jane"}}
        // The last part takes the whole with it.
        [["remove", "name.formatted"], ["remove", "name.familyName"], ["remove", "name.givenName"]] => {"name": null}
        ["replace", "name", {"formatted": null, "familyName": null, "givenName": null}] => {"name": null}
        [["remove", "name"], ["add", "name.givenName", "B"]] => {"name": {"givenName": "B"}}
    "#
    names_are_found_in_any_letter_case_and_blanks_around_a_path_do_not_count: r#"
        // RFC 7643 section 2.1.
        ["replace", "TITLE", "Boss"] => {"title": "Boss"}
        ["replace", "Name.GivenName", "B"] => {"name": {"formatted": "Ms. Barbara J Jensen III", "familyName": "Jensen", "givenName": "B"}}
        ["replace", "NAME", {"GIVENNAME": "B"}] => {"name": {"formatted": "Ms. Barbara J Jensen III", "familyName": "Jensen", "givenName": "B"}}
        ["replace", " title ", "Boss"] => {"title": "Boss"}
        ["replace", "C:title", "Boss"] => {"title": "Boss"}
        ["replace", "URN:IETF:params:scim:schemas:CORE:2.0:user:Title", "Boss"] => {"title": "Boss"}
        ["replace", "C:name.givenName", "B"] => {"name": {"formatted": "Ms. Barbara J Jensen III", "familyName": "Jensen", "givenName": "B"}}
        ["remove", "C:name.formatted"] => {"name": {"familyName": "Jensen", "givenName": "Barbara"}}
        ["remove", "C:title"] => {"title": null}
    "#
    null_and_empty_take_away: r#"
        // RFC 7643 section 2.5; docs/connectors.md C4.9 for the empty text.
        ["replace", "title", null] => {"title": null}
        ["add", "title", null] => {"title": null}
        ["replace", "title", ""] => {"title": null}
        ["replace", "title", []] => {"title": null}
        [["replace", "title", ""], ["replace", "title", null]] => {"title": null}
        ["replace", "title", [""]] => {"title": null}
        ["replace", "title", [null]] => {"title": null}
        ["replace", "name.formatted", [""]] => {"name": {"familyName": "Jensen", "givenName": "Barbara"}}
        ["replace", "name.formatted", ""] => {"name": {"familyName": "Jensen", "givenName": "Barbara"}}
        ["replace", "name.formatted", null] => {"name": {"familyName": "Jensen", "givenName": "Barbara"}}
        ["replace", "name", null] => {"name": null}
        ["remove", "title"] => {"title": null}
        ["remove", "title", "anything"] => {"title": null}
        ["remove", "externalId"] => {"externalId": null}
    "#
    operations_run_in_order_on_what_the_ones_before_left: r#"
        // RFC 7644 section 3.5.2: the result of one is the target of the next.
        [["replace", "title", "A"], ["replace", "title", "B"]] => {"title": "B"}
        [["add", "title", "A"], ["remove", "title"]] => {"title": null}
        [["remove", "title"], ["add", "title", "A"]] => {"title": "A"}
        // Required attributes count after the last operation.
        [["remove", "userName"], ["add", "userName", "babs"]] => {"userName": "babs"}
        [["replace", "userName", "x"], ["replace", "userName", "bjensen"]] => {}
    "#
}
