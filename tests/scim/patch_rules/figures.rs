//! Every example of RFC 7644 section 3.5.2, as literally as the user and group of these tests allow.
//!
//! Cases beyond the examples are in the other files.

use super::rows::{group_table, tables, user_table};

mod on_groups {
    use super::{group_table, tables};

    tables! { group_table;
        the_examples_about_members_of_rfc_7644_section_3_5_2: r#"
            // 3.5.2.1: add a member.
            ["add", "members", [{"display": "Babs Jensen", "$ref": "https://example.com/v2/Users/2819c223", "value": "2819c223"}]] => [{"add": ["2819c223"]}]
            // 3.5.2.2: remove one member, remove all.
            ["remove", "members[value eq '2819c223-7f76-...413861904646']"] => [{"remove": ["2819c223-7f76-...413861904646"]}]
            ["remove", "members"] => [{"all": []}]
            // 3.5.2.2: remove one and add another.
            [["remove", "members[value eq '2819c223']"], ["add", "members", [{"display": "James Smith", "$ref": "https://example.com/v2/Users/08e1d05d", "value": "08e1d05d"}]]] => [{"remove": ["2819c223"]}, {"add": ["08e1d05d"]}]
            // 3.5.2.2: remove all, then add a list.
            [["remove", "members"], ["add", "members", [{"display": "Babs Jensen", "value": "2819c223"}, {"display": "James Smith", "value": "08e1d05d"}]]] => [{"all": []}, {"add": ["2819c223", "08e1d05d"]}]
            // 3.5.2.3: replace all.
            ["replace", "members", [{"display": "Babs Jensen", "value": "2819c223"}, {"display": "James Smith", "value": "08e1d05d"}]] => [{"all": ["2819c223", "08e1d05d"]}]
            // Figure 8: a path to a label of one member; labels are not kept.
            ["replace", "members[value eq '2819c223'].displayName", "Babs"] => [{"add": ["2819c223"]}]
            ["remove", "members[value eq '2819c223'].displayName"] => []
        "#
    }
}

mod on_users {
    use super::{tables, user_table};

    tables! { user_table;
        the_examples_about_users_of_rfc_7644_section_3_5_2: r#"
            // 3.5.2.1: attributes without a path; names in any case.
            ["add", null, {"emails": [{"value": "babs@new.org", "type": "home"}], "nickname": "Babs"}] => {"emails": [<work>, <home>, {"value": "babs@new.org", "type": "home"}], "nickName": "Babs"}
            ["add", null, {"emails": [{"value": "babs@jensen.org", "type": "home"}], "nickname": "Babs"}] => {"nickName": "Babs"}
            // 3.5.2.2: a complex filter.
            ["remove", "emails[type eq 'work' and value ew 'example.com']"] => {"emails": [<home>]}
            ["remove", "emails[type eq 'home' and value ew 'example.com']"] => {}
            // 3.5.2.3: a whole address; primary leaves the others.
            ["replace", "addresses[type eq 'work']", {"type": "work", "streetAddress": "911 Universal City Plaza", "locality": "Hollywood", "region": "CA", "postalCode": "91608", "country": "US", "formatted": "911 Universal City Plaza\nHollywood, CA 91608 US", "primary": true}] => {"addresses": [{"type": "work", "streetAddress": "911 Universal City Plaza", "locality": "Hollywood", "region": "CA", "postalCode": "91608", "country": "US", "formatted": "911 Universal City Plaza\nHollywood, CA 91608 US", "primary": true}, <blvd>]}
            // 3.5.2.3: one part of one address.
            ["replace", "addresses[type eq 'work'].streetAddress", "1010 Broadway Ave"] => {"addresses": [{"type": "work", "streetAddress": "1010 Broadway Ave", "locality": "Hollywood", "primary": true}, <blvd>]}
            // 3.5.2.3: all values of several attributes; the others stay.
            ["replace", null, {"emails": [{"value": "bjensen@example.com", "type": "work", "primary": true}, {"value": "babs@jensen.org", "type": "home"}], "nickname": "Babs"}] => {"nickName": "Babs"}
            ["replace", null, {"emails": [{"value": "x@example.com", "type": "work", "primary": true}], "nickname": "B"}] => {"emails": [{"value": "x@example.com", "type": "work", "primary": true}], "nickName": "B"}
            // Figure 8.
            ["replace", "name.familyName", "Smith"] => {"name": {"formatted": "Ms. Barbara J Jensen III", "familyName": "Smith", "givenName": "Barbara"}}
            ["remove", "addresses[type eq 'work']"] => {"addresses": [<blvd>]}
        "#
    }
}

pub(crate) fn count() -> usize {
    on_groups::count() + on_users::count()
}
