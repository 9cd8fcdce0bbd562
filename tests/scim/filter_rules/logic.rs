//! Order of operations (RFC 7644 section 3.4.2.2): grouping, then `not`, then `and`, then `or`.

use super::{Table, check, users};

/// `active eq true` is true here, `title eq "x"` is false.
pub(crate) const LOGIC: Table = users(&[
    (r#"active eq true and title eq "x""#, false),
    (r#"active eq true or title eq "x""#, true),
    (r#"active eq true or active eq true and title eq "x""#, true),
    (r#"(active eq true or active eq true) and title eq "x""#, false),
    (r#"title eq "x" and active eq true or active eq true"#, true),
    (r#"title eq "x" and (active eq true or active eq true)"#, false),
    (r#"title eq "x" or title eq "x" and active eq true"#, false),
    (r#"title eq "x" or active eq true and active eq true"#, true),
    (r#"not (title eq "x") and active eq true"#, true),
    (r#"not (title eq "x" and active eq true)"#, true),
    (r#"not (title eq "x" or active eq true)"#, false),
    (r#"not (active eq true) or active eq true"#, true),
    (r#"not (active eq true or active eq true)"#, false),
    (r#"not (active eq true) and title eq "x""#, false),
    (r#"active eq true and not (title eq "x")"#, true),
    (r#"active eq true and not(title eq "x") or title eq "x""#, true),
    (r#"title eq "x" or not (title eq "x") and active eq true"#, true),
    (r#"active eq true and active eq true and active eq true"#, true),
    (r#"active eq true and active eq true and title eq "x""#, false),
    (r#"title eq "x" or title eq "x" or active eq true"#, true),
    (r#"(active eq true and (active eq true and (active eq true)))"#, true),
    (r#"(title eq "x" or (title eq "x" or (active eq true)))"#, true),
    (r#"(title eq "x" or active eq true) and (active eq true or title eq "x")"#, true),
    (r#"(title eq "x" and active eq true) or (active eq true and title eq "x")"#, false),
    (r#"not (not (not (title eq "x")))"#, true),
    (r#"(((title eq "x"))) or (((active eq true)))"#, true),
    // A name may begin with a logical word, and a value may be one.
    (r#"nickName eq "and" or organization eq "universal studios""#, true),
    (r#"title eq "or" or title eq "not" or title eq "and""#, false),
]);

#[test]
fn not_binds_before_and_and_and_before_or() {
    check(&LOGIC);
}
