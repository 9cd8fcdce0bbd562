//! Comparisons of texts (RFC 7644 section 3.4.2.2 table 3): part, beginning, end, order, and values that are
//! nothing but data.

use super::{Table, check, users};

/// Each operator on texts. Order is lexicographic, without letter case unless the attribute is caseExact.
pub(crate) const TEXTS: Table = users(&[
    (r#"title eq "Tour Guide""#, true),
    (r#"title eq "Tour Guid""#, false),
    (r#"title eq "Tour Guide ""#, false),
    (r#"title ne "Tour Guide""#, false),
    (r#"title ne "Tour""#, true),
    (r#"title co "Guide""#, true),
    (r#"title co "ur Gu""#, true),
    (r#"title co "Guidee""#, false),
    (r#"title co "Tour Guide and more""#, false),
    (r#"title co """#, true),
    (r#"title sw """#, true),
    (r#"title ew """#, true),
    (r#"title sw "Guide""#, false),
    (r#"title ew "Tour""#, false),
    (r#"title ew "Tour Guide""#, true),
    (r#"title sw "Tour Guide""#, true),
    (r#"title gt "Tour Guide""#, false),
    (r#"title ge "Tour Guidf""#, false),
    (r#"title gt "S""#, true),
    (r#"title gt "tour""#, true),
    (r#"title lt "u""#, true),
    (r#"title lt "Tour Guide""#, false),
    (r#"title le "Tour""#, false),
    (r#"title gt """#, true),
    (r#"title lt """#, false),
    (r#"division gt "a""#, false),
    (r#"division lt "z""#, false),
    (r#"division co """#, false),
    (r#"division ne "x""#, true),
    (r#"division eq "x""#, false),
    (r#"userType eq "Employee" and costCenter lt "5""#, true),
    (r#"costCenter gt "413""#, true),
    (r#"costCenter gt "9""#, false),
    (r#"name.familyName lt "P" and name.familyName gt "N""#, true),
    (r#"id sw "2819c223-""#, true),
    (r#"id ew "646""#, true),
    (r#"profileUrl sw "https://""#, true),
    (r#"profileUrl gt "https://a""#, true),
    (r#"x509Certificates eq "MIIDQzCCAqygAwIBAgICEAAw""#, true),
    (r#"x509Certificates ne "MIIDQzCCAqygAwIBAgICEAAw""#, false),
]);

/// Values are data: what is a wildcard, a pattern or the end of a text elsewhere means itself.
pub(crate) const DATA: Table = users(&[
    (r#"nickName eq "100%_.*""#, true),
    (r#"nickName eq "100%""#, false),
    (r#"nickName eq "%""#, false),
    (r#"nickName co "%""#, true),
    (r#"nickName sw "100%_""#, true),
    (r#"nickName sw "1_0""#, false),
    (r#"nickName ew ".*""#, true),
    (r#"nickName ew "*.""#, false),
    (r#"title eq "*""#, false),
    (r#"title co "*""#, false),
    (r#"title co "%""#, false),
    (r#"title co ".""#, false),
    (r#"title eq "Tour.Guide""#, false),
    (r#"title sw "^Tour""#, false),
    (r#"title eq "Tour Guide\u0000""#, false),
    (r#"title eq "x' or '1'='1""#, false),
    (r#"name.familyName eq "O'Malley""#, true),
    (r#"title eq "true""#, false),
    (r#"title eq "null""#, false),
]);

#[test]
fn texts_compare_as_the_table_of_operators_says() {
    check(&TEXTS);
}

#[test]
fn values_are_data_and_never_a_pattern() {
    check(&DATA);
}
