//! The filters that connectors really send (docs/connectors.md C2, C4, C6, C7, C9).

use super::{Table, check, groups, users};

/// Microsoft Entra about users (docs/connectors.md C2, C4).
pub(crate) const ENTRA: Table = users(&[
    (r#"userName eq "9a3d8d2c-0f6e-4d70-9d0b-59a2fbb1a09c""#, false),
    (r#"userName eq "bjensen@EXAMPLE.COM""#, true),
    (r#"externalId eq "9a3d8d2c-0f6e-4d70-9d0b-59a2fbb1a09c""#, false),
    ("externalId eq jyoung", false),
    ("externalId eq Ext-701984", true),
    ("externalId eq O'Brien", false),
    (r#"displayName eq "'Babs'""#, false),
    ("displayName eq \"\u{201c}Babs\u{201d}\"", false),
    ("userName eq bjensen@example.com", true),
    ("userName eq bjensen@example.com and active eq True", true),
    ("(userName eq bjensen@example.com)", true),
    ("id eq 2819c223-7f76-453a-919d-413861904646", true),
    (r#"emails[type eq "work"].value eq "user@contoso.com""#, false),
    (r#"emails[type eq "work"].value eq "BJensen@example.com""#, true),
    (r#"emails[primary eq true].value eq "bjensen@example.com""#, true),
    (
        r#"id eq "2819c223-7f76-453a-919d-413861904646" and manager eq "26118915-6090-4610-87e4-49d8ca9f808d""#,
        true,
    ),
    (r#"id eq "2819c223-7f76-453a-919d-413861904646" and manager eq "nobody""#, false),
    (r#"manager eq "26118915-6090-4610-87e4-49d8ca9f808d""#, true),
    (r#"roles[primary eq "True"]"#, true),
    (r#"roles[primary eq "False"]"#, false),
    (r#"roles[primary eq "true"].value eq "agent""#, true),
    (r#"active eq "True""#, true),
    (r#"active eq "false""#, false),
    (r#"username eq "bjensen@example.com""#, true),
    (r#"urn:ietf:params:scim:schemas:core:2.0:User:displayName sw "Babs""#, true),
    (r#"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber eq 701984"#, true),
    (r#"displayName eq "O'Brien & Söhne""#, false),
]);

/// Microsoft Entra about groups (docs/connectors.md C2.3, C2.6): apostrophes, blanks and umlauts occur in
/// names.
pub(crate) const ENTRA_GROUPS: Table = groups(&[
    (r#"displayName eq "Tour Guides – Süd""#, true),
    (r#"displayName eq "TOUR GUIDES – SÜD""#, true),
    (r#"displayName eq "Tour Guides""#, false),
    (r#"displayName eq "d'Artagnan's""#, false),
    (r#"externalId eq "Grp-1""#, true),
    (r#"id eq "e9e30dba-f08f-4109-8486-d5c6a331660a" and members eq "2819c223""#, true),
    (r#"id eq "e9e30dba-f08f-4109-8486-d5c6a331660a" and members eq "stranger""#, false),
    (r#"members[value eq "2819c223"] and displayName pr"#, true),
]);

/// Okta (docs/connectors.md C6.2), Auth0 and Ping (C7.4, C7.5), the IPSIE profile (C9.3).
pub(crate) const OTHERS: Table = users(&[
    (r#"userName eq "BJensen@Example.com""#, true),
    (r#"userName eq "00u1a2b3c4@okta.example""#, false),
    (r#"externalId eq "auth0|5f7c8ec7c33c6c004bbafe82""#, false),
    (r#"emails[value eq "babs@jensen.org"]"#, true),
    (r#"emails[value eq "BABS@JENSEN.ORG"]"#, true),
    (r#"emails.value eq "babs@jensen.org""#, true),
    (r#"emails[type eq "work" and value eq "bjensen@example.com"]"#, true),
    (r#"(userName eq "bjensen@example.com")"#, true),
    (r#"userName eq "bjensen@example.com" or emails.value eq "bjensen@example.com""#, true),
    (r#"meta.lastModified gt "2011-01-01T00:00:00.000Z""#, true),
    (r#"active eq true and userName sw "b""#, true),
]);

#[test]
fn entra_finds_users_and_groups() {
    check(&ENTRA);
    check(&ENTRA_GROUPS);
}

#[test]
fn other_connectors_find_users() {
    check(&OTHERS);
}
