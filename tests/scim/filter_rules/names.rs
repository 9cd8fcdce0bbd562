//! Names of attributes: sub-attributes, URNs of core and extensions (RFC 7644 section 3.10), bare names of
//! extension attributes (docs/connectors.md C4.12: Entra writes `manager`).

use super::{Table, check, users};

/// With and without URN, in any letter case; versions in URNs have dots.
pub(crate) const NAMES: Table = users(&[
    (r#"urn:ietf:params:scim:schemas:core:2.0:User:userName eq "bjensen@example.com""#, true),
    (r#"urn:ietf:params:scim:schemas:core:2.0:User:name.familyName eq "o'malley""#, true),
    (r#"URN:IETF:PARAMS:SCIM:SCHEMAS:CORE:2.0:USER:NAME.FAMILYNAME eq "o'malley""#, true),
    (r#"urn:ietf:params:scim:schemas:core:2.0:User:id sw "2819""#, true),
    (r#"urn:ietf:params:scim:schemas:core:2.0:User:externalId sw "Ext""#, true),
    ("urn:ietf:params:scim:schemas:core:2.0:User:meta.created pr", true),
    ("urn:ietf:params:scim:schemas:core:2.0:User:active eq true", true),
    (r#"urn:ietf:params:scim:schemas:core:2.0:User:emails.type eq "work""#, true),
    (r#"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber eq "701984""#, true),
    (r#"urn:ietf:params:scim:schemas:extension:enterprise:2.0:user:DEPARTMENT eq "tour operations""#, true),
    (
        r#"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.displayName eq "John Smith""#,
        true,
    ),
    (r#"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager sw "26118915""#, true),
    ("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:division pr", false),
    (
        r#"urn:ietf:params:scim:schemas:extension:genesys:purecloud:2.0:User:routingSkills.name eq "Sales""#,
        true,
    ),
    (
        r#"urn:ietf:params:scim:schemas:extension:genesys:purecloud:2.0:User:externalIds[authority eq "HR"]"#,
        true,
    ),
    (r#"urn:ietf:params:scim:schemas:extension:genesysbridge:2.0:User:queues eq "Sales""#, true),
    (r#"urn:ietf:params:scim:schemas:extension:genesysbridge:2.0:User:skills[name eq "Billing"]"#, true),
    // The bridge's own roles are not the core roles.
    ("urn:ietf:params:scim:schemas:extension:genesysbridge:2.0:User:roles pr", false),
    ("roles pr", true),
    (r#"employeeNumber eq "701984""#, true),
    (r#"department eq "Tour Operations""#, true),
    (r#"Manager.DisplayName eq "john smith""#, true),
    (r#"routingSkills.name eq "Sales""#, true),
    (r#"x509certificates.VALUE ne "MII""#, true),
    (r#"name.formatted co "Barbara""#, true),
    ("name.honorificSuffix pr", false),
    (r#"not(urn:ietf:params:scim:schemas:core:2.0:User:title eq "x")"#, true),
]);

#[test]
fn attributes_are_found_by_every_way_to_name_them() {
    check(&NAMES);
}
