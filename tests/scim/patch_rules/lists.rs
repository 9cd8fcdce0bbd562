//! Attributes with several values: as a whole, by filter, by part, and which entry is primary.
//!
//! Members of groups are in `groups`; entitlement lists of the bridge's extension in `extensions`.

use super::rows::{tables, user_table};

tables! { user_table;
    add_adds_and_never_adds_twice: r#"
        // RFC 7644 section 3.5.2.1.
        ["add", "emails", [{"value": "o@x"}]] => {"emails": [<work>, <home>, {"value": "o@x"}]}
        ["add", "emails", {"value": "o@x", "type": "other"}] => {"emails": [<work>, <home>, {"value": "o@x", "type": "other"}]}
        ["add", "emails", [{"value": "a@x"}, {"value": "b@x"}]] => {"emails": [<work>, <home>, {"value": "a@x"}, {"value": "b@x"}]}
        ["add", "emails", [{"value": "a@x"}, {"value": "a@x"}]] => {"emails": [<work>, <home>, {"value": "a@x"}]}
        ["add", "emails", [<home>]] => {}
        ["add", "emails", [<work>, <home>]] => {}
        ["add", "emails", [{"value": "babs@jensen.org"}]] => {}
        ["add", "emails", []] => {}
        ["add", "ims", [{"value": "babs", "type": "xmpp"}]] => {"ims": [{"value": "babs", "type": "xmpp"}]}
        ["add", "photos", [{"value": "https://x/p.png", "type": "photo"}]] => {"photos": [{"value": "https://x/p.png", "type": "photo"}]}
        ["add", "entitlements", [{"value": "e"}]] => {"entitlements": [{"value": "e"}]}
        // One value with one type is there once (RFC 7643 section 2.4): the entry gets the new label instead
        // of a twin.
        ["add", "emails", [{"value": "babs@jensen.org", "type": "home", "display": "B"}]] => {"emails": [<work>, {"type": "home", "value": "babs@jensen.org", "display": "B"}]}
        ["add", "phoneNumbers", [{"value": "555-555-5555", "primary": true}]] => {"phoneNumbers": [{"type": "work", "value": "555-555-5555", "primary": true}]}
        ["add", "phoneNumbers", [{"value": "555-555-5555", "type": "fax"}]] => {"phoneNumbers": [{"type": "work", "value": "555-555-5555"}, {"value": "555-555-5555", "type": "fax"}]}
    "#
    replace_without_a_filter_replaces_all_and_remove_takes_all: r#"
        // RFC 7644 sections 3.5.2.2 and 3.5.2.3.
        ["replace", "emails", [{"value": "o@x"}]] => {"emails": [{"value": "o@x"}]}
        ["replace", "emails", [<work>, <home>]] => {}
        ["replace", "emails", []] => {"emails": null}
        ["replace", "emails", null] => {"emails": null}
        ["replace", "photos", [{"value": "p"}]] => {"photos": [{"value": "p"}]}
        ["remove", "emails"] => {"emails": null}
        ["remove", "photos"] => {}
        ["remove", "emails", null] => {"emails": null}
        [["remove", "emails"], ["add", "emails", [<home>]]] => {"emails": [<home>]}
    "#
    remove_by_filter_takes_what_matches_and_the_last_one_takes_the_attribute: r#"
        ["remove", "emails[type eq 'home']"] => {"emails": [<work>]}
        ["remove", "emails[value eq 'BABS@jensen.org']"] => {"emails": [<work>]}
        ["remove", "emails[primary eq true]"] => {"emails": [<home>]}
        ["remove", "emails[not (type eq 'home')]"] => {"emails": [<home>]}
        ["remove", "emails[type eq 'home' or type eq 'work']"] => {"emails": null}
        ["remove", "emails[value pr]"] => {"emails": null}
        ["remove", "phoneNumbers[type eq 'work']"] => {"phoneNumbers": null}
        [["remove", "emails[type eq 'home']"], ["remove", "emails[type eq 'work']"]] => {"emails": null}
        // Nothing there to remove is a success: the document is as asked.
        ["remove", "emails[type eq 'other']"] => {}
        ["remove", "photos[type eq 'photo']"] => {}
        ["remove", "emails[type eq 'other'].value"] => {}
        [["remove", "emails[type eq 'home']"], ["remove", "emails[type eq 'home']"]] => {"emails": [<work>]}
    "#
    parts_of_entries_are_set_and_taken_through_a_filter: r#"
        ["replace", "emails[type eq 'home'].value", "n@x"] => {"emails": [<work>, {"type": "home", "value": "n@x"}]}
        ["add", "emails[type eq 'home'].display", "B"] => {"emails": [<work>, {"type": "home", "value": "babs@jensen.org", "display": "B"}]}
        ["replace", "emails[value pr].display", "B"] => {"emails": [{"type": "work", "value": "bjensen@example.com", "primary": true, "display": "B"}, {"type": "home", "value": "babs@jensen.org", "display": "B"}]}
        ["replace", "emails[type eq 'home'].type", "other"] => {"emails": [<work>, {"type": "other", "value": "babs@jensen.org"}]}
        ["replace", "emails[type eq 'home'].value", "babs@jensen.org"] => {}
        ["remove", "addresses[type eq 'work'].locality"] => {"addresses": [{"type": "work", "streetAddress": "100 Universal City Plaza", "primary": true}, <blvd>]}
        // An entry that says nothing any more goes.
        ["remove", "emails[type eq 'home'].value"] => {"emails": [<work>]}
        ["remove", "addresses[type eq 'home'].streetAddress"] => {"addresses": [<plaza>]}
        ["remove", "emails.display"] => {}
        ["remove", "addresses.locality"] => {"addresses": [{"type": "work", "streetAddress": "100 Universal City Plaza", "primary": true}, <blvd>]}
        ["replace", "addresses.country", "US"] => {"addresses": [{"type": "work", "streetAddress": "100 Universal City Plaza", "locality": "Hollywood", "primary": true, "country": "US"}, {"type": "home", "streetAddress": "456 Hollywood Blvd", "country": "US"}]}
        ["add", "C:emails[type eq 'home'].display", "B"] => {"emails": [<work>, {"type": "home", "value": "babs@jensen.org", "display": "B"}]}
        ["replace", "EMAILS[TYPE eq 'HOME'].VALUE", "n@x"] => {"emails": [<work>, {"type": "home", "value": "n@x"}]}
        ["replace", "emails[ type eq 'home' ].value", "n@x"] => {"emails": [<work>, {"type": "home", "value": "n@x"}]}
    "#
    whole_entries_are_replaced_or_completed_through_a_filter: r#"
        ["replace", "emails[type eq 'home']", {"value": "n@x"}] => {"emails": [<work>, {"type": "home", "value": "n@x"}]}
        ["replace", "emails[type eq 'work']", {"value": "n@x"}] => {"emails": [{"type": "work", "value": "n@x"}, <home>]}
        ["replace", "emails[type eq 'home']", [{"value": "n@x"}]] => {"emails": [<work>, {"type": "home", "value": "n@x"}]}
        ["replace", "emails[type eq 'home']", <home>] => {}
        ["add", "emails[type eq 'home']", {"display": "B"}] => {"emails": [<work>, {"type": "home", "value": "babs@jensen.org", "display": "B"}]}
        ["replace", "emails[type eq 'home']", null] => {"emails": [<work>]}
    "#
    exactly_one_entry_is_primary: r#"
        // RFC 7644 section 3.5.2: a new primary entry makes the others secondary.
        ["add", "emails", [{"value": "o@x", "primary": true}]] => {"emails": [<work-2>, <home>, {"value": "o@x", "primary": true}]}
        ["add", "emails[type eq 'home'].primary", true] => {"emails": [<work-2>, {"type": "home", "value": "babs@jensen.org", "primary": true}]}
        ["replace", "emails[type eq 'home'].primary", true] => {"emails": [<work-2>, {"type": "home", "value": "babs@jensen.org", "primary": true}]}
        ["replace", "emails[type eq 'home']", {"value": "n@x", "primary": true}] => {"emails": [<work-2>, {"type": "home", "value": "n@x", "primary": true}]}
        ["replace", "emails[type eq 'other']", {"value": "n@x", "primary": true}] => {"emails": [<work-2>, <home>, {"type": "other", "value": "n@x", "primary": true}]}
        ["replace", "emails[type eq 'work'].primary", true] => {}
        ["replace", "emails[type eq 'work'].primary", false] => {"emails": [<work-2>, <home>]}
        ["remove", "emails[type eq 'work'].primary"] => {"emails": [{"type": "work", "value": "bjensen@example.com"}, <home>]}
        ["add", "emails", [{"value": "babs@jensen.org", "type": "home", "primary": true}]] => {"emails": [<work-2>, {"type": "home", "value": "babs@jensen.org", "primary": true}]}
        // Two in one value cannot be meant.
        ["add", "emails", [{"value": "a", "primary": true}, {"value": "b", "primary": true}]] => invalidValue
        ["replace", "emails", [{"value": "a", "primary": true}, {"value": "b", "primary": "True"}]] => invalidValue
        ["replace", null, {"emails": [{"value": "a", "primary": true}, {"value": "b", "primary": true}]}] => invalidValue
    "#
}
