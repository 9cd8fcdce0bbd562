//! Presence and null: `pr` asks for a value that is not empty (RFC 7644 section 3.4.2.2 table 3); null, `[]`
//! and no value at all are one state (RFC 7643 section 2.5).

use super::{Table, check, users};

/// `pr` on every kind of value.
pub(crate) const PRESENCE: Table = users(&[
    ("userName pr", true),
    ("id pr", true),
    ("meta pr", true),
    ("meta.created pr", true),
    ("name pr", true),
    ("name.familyName pr", true),
    ("name.middleName pr", false),
    ("name.honorificPrefix pr", false),
    ("locale pr", false),
    ("timezone pr", false),
    ("organization pr", true),
    ("division pr", false),
    ("emails pr", true),
    ("emails.value pr", true),
    ("emails.display pr", true),
    ("phoneNumbers pr", false),
    ("phoneNumbers.value pr", false),
    ("entitlements pr", false),
    ("entitlements.value pr", false),
    ("photos.primary pr", false),
    // False and zero are values.
    ("ims.primary pr", true),
    ("languages[name eq \"Nil\" and proficiency pr]", true),
    ("manager pr", true),
    ("manager.value pr", true),
    ("manager.$ref pr", false),
    ("queues pr", true),
    ("provisioning pr", false),
    ("schemas pr", true),
    ("not (nickName pr) or title pr", true),
]);

/// `eq null` is `not pr`, `ne null` is `pr`.
pub(crate) const NULL: Table = users(&[
    ("title eq null", false),
    ("title ne null", true),
    ("division eq null", true),
    ("division ne null", false),
    ("locale eq null", true),
    ("timezone eq null", true),
    ("timezone ne null", false),
    ("timezone eq \"x\"", false),
    ("timezone ne \"x\"", true),
    ("phoneNumbers eq null", true),
    ("phoneNumbers ne null", false),
    ("phoneNumbers.value eq null", true),
    ("entitlements eq null", true),
    ("emails eq null", false),
    ("emails ne null", true),
    ("emails.display eq null", false),
    ("name eq null", false),
    ("name ne null", true),
    ("meta.created eq null", false),
    ("manager eq null", false),
    ("manager.$ref eq null", true),
    ("active eq null", false),
    ("skills.proficiency eq null", false),
    ("provisioning eq null", true),
    ("emails[display eq null]", true),
    ("emails[display ne null]", true),
    ("emails[value eq null]", false),
]);

#[test]
fn what_is_empty_is_not_present_and_what_is_false_or_zero_is() {
    check(&PRESENCE);
}

#[test]
fn null_stands_for_no_value() {
    check(&NULL);
}
