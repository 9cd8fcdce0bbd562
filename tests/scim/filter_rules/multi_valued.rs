//! Multi-valued and complex attributes: one of the values is enough (RFC 7644 section 3.4.2.2), a complex
//! attribute is compared by its `value` (RFC 7643 section 2.4).

use super::{Table, check, groups, users};

/// On a user.
pub(crate) const MULTI_VALUED: Table = users(&[
    (r#"emails eq "babs@jensen.org""#, true),
    (r#"emails eq "nobody@jensen.org""#, false),
    (r#"emails co "example.com""#, true),
    (r#"emails sw "babs""#, true),
    (r#"emails ew ".org""#, true),
    (r#"emails.value co "jensen""#, true),
    (r#"emails.type eq "home""#, true),
    (r#"emails.type eq "other""#, false),
    // "Any of the values" holds for ne as well: one that differs is enough.
    (r#"emails.type ne "work""#, true),
    (r#"emails ne "babs@jensen.org""#, true),
    (r#"not (emails eq "babs@jensen.org")"#, false),
    (r#"photos.type ne "photo""#, false),
    (r#"phoneNumbers ne "+1""#, true),
    (r#"phoneNumbers eq "+1""#, false),
    (r#"entitlements ne "x""#, true),
    (r#"entitlements eq "x""#, false),
    // Two conditions may be met by two values, unless brackets hold them together.
    (r#"emails.type eq "home" and emails.value co "example.com""#, true),
    (r#"emails.type eq "work" and emails.value co "example.com""#, true),
    (r#"emails.primary eq true"#, true),
    // What does not say primary is not primary (RFC 7643 section 2.4).
    (r#"emails.primary eq false"#, true),
    (r#"emails.primary ne true"#, true),
    (r#"roles.primary eq false"#, false),
    (r#"roles.primary ne true"#, false),
    (r#"photos.primary eq false"#, true),
    (r#"photos.primary ne false"#, false),
    (r#"phoneNumbers.primary eq false"#, false),
    (r#"emails.display eq "at home""#, true),
    (r#"addresses.country eq "de""#, true),
    (r#"addresses.locality eq "Köln" and addresses.primary eq true"#, true),
    (r#"groups eq "fc348aa8""#, true),
    (r#"groups.value eq "fc348aa8""#, true),
    (r#"groups.$ref ew "/E9e30dba""#, true),
    (r#"groups.$REF co "Groups""#, true),
    (r#"groups.type eq "indirect""#, false),
    (r#"manager ew "-49d8ca9f808d""#, true),
    (r#"manager ne "26118915""#, true),
    (r#"manager sw "26118915""#, true),
    (r#"roles eq "agent""#, true),
    (r#"schemas co "enterprise""#, true),
    (r#"schemas eq "urn:ietf:params:scim:schemas:core:2.0:User""#, true),
    (r#"schemas eq "urn:ietf:params:scim:schemas:core:2.0:Group""#, false),
    (r#"schemas ne "urn:ietf:params:scim:schemas:core:2.0:User""#, true),
    (r#"queues eq "Claims""#, true),
    (r#"queues eq "Billing""#, false),
    (r#"queues co "ale""#, true),
    (r#"externalIds eq "h-1""#, true),
    (r#"externalIds.authority eq "HR""#, true),
]);

/// On a group.
pub(crate) const GROUPS: Table = groups(&[
    (r#"members eq "2819c223""#, true),
    (r#"members eq "2819C223""#, false),
    (r#"members.value eq "902c246b""#, true),
    (r#"members[value eq "902c246b"]"#, true),
    (r#"members.$ref ew "/Users/2819c223""#, true),
    (r#"members[$ref pr and type eq "User"]"#, true),
    (r#"members.type eq "user""#, true),
    (r#"members.display sw "mandy""#, true),
    (r#"members[display sw "mandy" and value eq "902c246b"]"#, true),
    (r#"members[display sw "mandy" and value eq "2819c223"]"#, false),
    ("members pr", true),
    (r#"displayName eq "tour guides – SÜD""#, true),
    (r#"displayName sw "Tour" and externalId eq "Grp-1""#, true),
    (r#"externalId eq "grp-1""#, false),
    (r#"meta.resourceType eq "Group""#, true),
    (r#"schemas eq "urn:ietf:params:scim:schemas:core:2.0:Group""#, true),
    (r#"urn:ietf:params:scim:schemas:core:2.0:Group:members.value eq "902c246b""#, true),
    (r#"not (members[value eq "nobody"])"#, true),
]);

#[test]
fn one_of_several_values_is_enough() {
    check(&MULTI_VALUED);
}

#[test]
fn groups_are_found_by_their_members() {
    check(&GROUPS);
}
