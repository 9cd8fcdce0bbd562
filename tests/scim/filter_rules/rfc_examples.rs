//! Every filter that RFC 7644 itself writes down, to the letter.

use super::{Table, check, users};

/// RFC 7644 section 3.4.2.2, figure 2 "Example Filters".
pub(crate) const FIGURE: Table = users(&[
    (r#"userName eq "bjensen""#, false),
    (r#"name.familyName co "O'Malley""#, true),
    (r#"userName sw "J""#, false),
    (r#"urn:ietf:params:scim:schemas:core:2.0:User:userName sw "J""#, false),
    ("title pr", true),
    (r#"meta.lastModified gt "2011-05-13T04:42:34Z""#, false),
    (r#"meta.lastModified ge "2011-05-13T04:42:34Z""#, true),
    (r#"meta.lastModified lt "2011-05-13T04:42:34Z""#, false),
    (r#"meta.lastModified le "2011-05-13T04:42:34Z""#, true),
    (r#"title pr and userType eq "Employee""#, true),
    (r#"title pr or userType eq "Intern""#, true),
    (r#"schemas eq "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User""#, true),
    (r#"userType eq "Employee" and (emails co "example.com" or emails.value co "example.org")"#, true),
    (r#"userType ne "Employee" and not (emails co "example.com" or emails.value co "example.org")"#, false),
    (r#"userType eq "Employee" and (emails.type eq "work")"#, true),
    (r#"userType eq "Employee" and emails[type eq "work" and value co "@example.com"]"#, true),
    (
        r#"emails[type eq "work" and value co "@example.com"] or ims[type eq "xmpp" and value co "@foo.com"]"#,
        true,
    ),
]);

/// RFC 7644 sections 3.4.2.2 (letter case), 3.4.3 (search), 3.5.2 (the filters inside of paths) and 3.10
/// (notation).
pub(crate) const TEXT: Table = users(&[
    (r#"userName Eq "john""#, false),
    (r#"Username eq "john""#, false),
    (r#"displayName sw "smith""#, false),
    (r#"addresses[type eq "work"]"#, true),
    (r#"emails[type eq "work" and value ew "example.com"]"#, true),
    ("name.givenName pr", true),
    (r#"addresses[type eq "work"].streetAddress pr"#, true),
]);

#[test]
fn the_filters_of_the_rfc_are_read_to_the_letter() {
    check(&FIGURE);
    check(&TEXT);
}
