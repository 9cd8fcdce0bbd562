//! Conditions between brackets (RFC 7644 section 3.4.2.2, valuePath): one and the same element fulfils all of
//! them.

use super::{Table, check, users};

/// valFilter with everything it may hold.
pub(crate) const VALUE_PATHS: Table = users(&[
    (r#"emails[type eq "work"]"#, true),
    (r#"emails[type eq "other"]"#, false),
    (r#"emails[type eq "work" and value co "example"]"#, true),
    (r#"emails[type eq "home" and value co "example"]"#, false),
    (r#"emails[type eq "home" or value co "example"]"#, true),
    (r#"emails[type eq "other" or type eq "home"]"#, true),
    (r#"emails[not (type eq "work")]"#, true),
    (r#"emails[not(type eq "work")]"#, true),
    (r#"emails[not (type eq "work" or type eq "home")]"#, false),
    (r#"emails[(type eq "work" or type eq "home") and primary eq true]"#, true),
    (r#"emails[((type eq "work"))]"#, true),
    (r#"emails[type eq "work" and (value sw "x" or (value sw "b" and value ew "com"))]"#, true),
    (r#"emails[type eq "work" and not (value sw "x" or not (value sw "b"))]"#, true),
    (r#"emails[type eq "work" and value eq "a ] b"]"#, false),
    (r#"emails[type eq "home" and primary eq true]"#, false),
    (r#"emails[type eq "home" and primary eq false]"#, true),
    (r#"emails[type eq "home" and primary ne true]"#, true),
    (r#"emails[type eq "home" and primary ne false]"#, false),
    (r#"emails[type eq "home" and primary pr]"#, false),
    (r#"emails[type eq "home" and primary eq null]"#, true),
    (r#"emails[display pr]"#, true),
    (r#"emails[type eq "work" and display eq null]"#, true),
    (r#"emails[type eq "work" and display ne "x"]"#, true),
    (r#"phoneNumbers[type eq "work"]"#, false),
    (r#"phoneNumbers[not (type eq "work")]"#, false),
    (r#"not (phoneNumbers[type eq "work"])"#, true),
    (r#"entitlements[value eq null]"#, true),
    (r#"addresses[country eq "US" and region eq "ca"]"#, true),
    (r#"addresses[country eq "DE" and region eq "ca"]"#, false),
    (r#"groups[$ref pr and display sw "tour"]"#, true),
    (r#"groups[$ref pr and display sw "emp"]"#, false),
    (r#"queues[value eq "Claims"]"#, true),
    (r#"queues[value sw "c" and value ew "s"]"#, true),
    (r#"queues[value sw "s" and value ew "ms"]"#, false),
    (r#"queues[not (value eq "Claims")]"#, true),
    (r#"schemas[value co "genesysbridge"]"#, true),
    (r#"skills[name eq "Billing" and proficiency ge 4]"#, true),
    (r#"skills[name eq "Billing" and proficiency gt 4]"#, false),
    (r#"manager[value sw "26118915" and displayName eq "john smith"]"#, true),
    (r#"name[familyName eq "O'Malley" and givenName sw "B"]"#, true),
    (r#"urn:ietf:params:scim:schemas:core:2.0:User:emails[type eq "work"]"#, true),
    (r#"emails[type eq "work"] and addresses[type eq "home"]"#, true),
]);

/// What stands behind the brackets belongs to the same element (docs/connectors.md C2.2: required by Entra).
pub(crate) const TAILS: Table = users(&[
    (r#"emails[type eq "work"].value eq "bjensen@example.com""#, true),
    (r#"emails[type eq "home"].value eq "bjensen@example.com""#, false),
    (r#"emails[type eq "home" or type eq "other"].value eq "bjensen@example.com""#, false),
    (r#"emails[type eq "home" or type eq "work"].value eq "bjensen@example.com""#, true),
    (r#"emails[ type eq "work" ].value sw "bj""#, true),
    (r#"emails[not (type eq "work")].value ew "org""#, true),
    (r#"emails[type eq "work"].value pr"#, true),
    (r#"emails[type eq "work"].display pr"#, false),
    (r#"emails[type eq "work"].display eq null"#, true),
    (r#"emails[type eq "work"].primary eq True"#, true),
    (r#"emails[type eq "home"].primary eq "False""#, true),
    (r#"emails[(type eq "work")].VALUE EQ "bjensen@example.com" and active eq true"#, true),
    (r#"not (emails[type eq "work"].value eq "x")"#, true),
    (r#"groups[display eq "Tour Guides"].$ref ew "E9e30dba""#, true),
    (r#"roles[primary eq "True"].value eq "Agent""#, true),
    (r#"queues[value sw "S"].value ew "s""#, true),
    (r#"skills[name eq "Spanish"].proficiency gt 4"#, true),
    (r#"emails[type eq "work" and value pr].value eq "bjensen@example.com" or title eq "x""#, true),
]);

#[test]
fn conditions_between_brackets_hold_for_one_element() {
    check(&VALUE_PATHS);
}

#[test]
fn a_condition_behind_the_brackets_holds_for_the_same_element() {
    check(&TAILS);
}
