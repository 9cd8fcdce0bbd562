//! Letter case: of values by the attribute's caseExact (RFC 7643 section 2.2), of names and operators never
//! (RFC 7644 section 3.4.2.2), of URNs never (RFC 8141 section 3.1 for the part that matters here).

use super::{Table, check, users};

/// userName and most texts without case; id, externalId, references, ids of others with it (RFC 7643 section
/// 8.7.1).
pub(crate) const CASE_RULES: Table = users(&[
    (r#"userName eq "bjensen@example.com""#, true),
    (r#"userName eq "BJENSEN@EXAMPLE.COM""#, true),
    (r#"userName ne "BJENSEN@EXAMPLE.COM""#, false),
    (r#"userName sw "BJ""#, true),
    (r#"userName co "JENSEN@ex""#, true),
    (r#"userName ew ".COM""#, true),
    (r#"userName ge "BJENSEN@EXAMPLE.COM""#, true),
    (r#"id eq "2819c223-7f76-453a-919d-413861904646""#, true),
    (r#"id eq "2819C223-7F76-453A-919D-413861904646""#, false),
    (r#"id ne "2819C223-7F76-453A-919D-413861904646""#, true),
    (r#"id co "C223""#, false),
    (r#"externalId eq "Ext-701984""#, true),
    (r#"externalId eq "ext-701984""#, false),
    (r#"externalId sw "EXT""#, false),
    (r#"externalId gt "Ext""#, true),
    (r#"externalId gt "ext""#, false),
    (r#"schemas eq "URN:IETF:PARAMS:SCIM:SCHEMAS:CORE:2.0:USER""#, false),
    (r#"meta.resourceType eq "User""#, true),
    (r#"meta.resourceType eq "user""#, false),
    (r#"meta.version eq "W/\"3694e05e9dff591\"""#, true),
    (r#"meta.version eq "w/\"3694E05E9DFF591\"""#, false),
    (r#"meta.location co "/v2/Users/""#, true),
    (r#"meta.location co "/v2/users/""#, false),
    (r#"profileUrl ew "BJensen""#, true),
    (r#"profileUrl ew "bjensen""#, false),
    (r#"photos.value ew "/F.jpg""#, true),
    (r#"photos.value ew "/f.jpg""#, false),
    (r#"photos.type eq "PHOTO""#, true),
    (r#"groups.value eq "E9e30dba""#, true),
    (r#"groups.value eq "e9E30DBA""#, false),
    (r#"groups.display eq "tour guides""#, true),
    (r#"emails.value eq "BJENSEN@example.COM""#, true),
    (r#"emails.type eq "WORK""#, true),
    (r#"manager.value eq "26118915-6090-4610-87E4-49D8CA9F808D""#, false),
    (r#"manager.displayName eq "JOHN smith""#, true),
    (r#"skills.name eq "billing""#, false),
    (r#"queues eq "sales""#, true),
    (r#"x509Certificates eq "miidqzcc""#, false),
    (r#"USERNAME EQ "bjensen@example.com""#, true),
    (r#"NAME.FAMILYNAME eq "o'malley""#, true),
    (r#"EMAILS[TYPE EQ "work" AND VALUE CO "jensen"]"#, true),
    (r#"Meta.LastModified GE "2011-05-13T04:42:34Z""#, true),
]);

/// Case beyond ASCII: the lower case of Unicode, letter by letter.
pub(crate) const BEYOND_ASCII: Table = users(&[
    (r#"name.givenName eq "BÄRBEL""#, true),
    (r#"name.givenName eq "Barbel""#, false),
    (r#"name.givenName sw "BÄ""#, true),
    (r#"name.givenName co "Rb""#, true),
    (r#"name.givenName ew "ÄRBEL""#, true),
    (r#"name.givenName gt "bz""#, true),
    (r#"addresses.locality eq "KÖLN""#, true),
    (r#"addresses.locality lt "KOZ" and addresses.locality gt "KOZ""#, true),
    (r#"title eq "Tour Guıde""#, false),
    ("title eq \"Tour Guide\u{301}\"", false),
    ("displayName co \"\u{212a}\"", false),
    (r#"userType eq "Employee" and title ne "ΟΔΟΣ""#, true),
]);

#[test]
fn letter_case_counts_where_the_schema_says_so_and_nowhere_else() {
    check(&CASE_RULES);
}

#[test]
fn letter_case_is_folded_beyond_ascii() {
    check(&BEYOND_ASCII);
}
