//! What is refused, each with `invalidFilter` (RFC 7644 table 9), the place in the text, and without the
//! value.
//!
//! A `^` marks the character that the error names, and is not part of the filter; `secret` stands where
//! values stand.

use genesys_scim_bridge::testing::scim::filter::Filter;
use genesys_scim_bridge::testing::scim::{ResourceKind, ScimType};

/// Texts that are no filters (RFC 7644 section 3.4.2.2 figure 1).
const MALFORMED: &[&str] = &[
    "userName^",
    "userName ^",
    "userName eq^",
    "userName eq ^",
    "userName eq ^)",
    "eq^",
    r#"userName ^"secret""#,
    r#"userName ^is "secret""#,
    r#"userName ^regex "secret""#,
    r#"userName ^like "secret""#,
    r#"userName ^= "secret""#,
    r#"userName ^== "secret""#,
    r#"userName ^eqq "secret""#,
    r#"userName eq^"secret""#,
    "userName ^prr",
    "userName pr ^secret",
    r#"userName pr ^eq "secret""#,
    r#"^"secret" eq userName"#,
    r#"^'userName' eq "secret""#,
    "userName eq ^\"secret",
    // Quotes that JSON does not have would be part of the value, and nobody has such a name.
    "userName eq ^'secret'",
    "userName eq ^'secret",
    "userName eq ^`secret`",
    "userName eq ^\u{201c}secret\u{201d}",
    "userName eq ^\u{201e}secret\u{201c}",
    "userName eq ^\u{2018}secret\u{2019}",
    "userName eq ^\u{ab}secret\u{bb}",
    "userName eq ^\u{ff02}secret\u{ff02}",
    "userName eq ^secret\u{201d}",
    "userName eq ^%22secret%22",
    "userName eq ^&quot;secret&quot;",
    "userName eq ^\\secret",
    "active eq ^'true'",
    "emails[type eq ^'work']",
    "emails[type eq ^\u{201c}work\u{201d}].value eq \"secret\"",
    "title pr and userName eq ^'secret one'",
    "userName eq ^\"secret\\\"",
    r#"userName eq ^"secret\x""#,
    r#"userName eq ^"secret\u12""#,
    r#"userName eq ^"secret\ud83d""#,
    r#"userName eq ^"secret\ude00\ud83d""#,
    "userName eq ^\"secret\n\"",
    "userName eq ^\"secret\u{0}\"",
    r#"userName eq "secret"^""#,
    r#"userName eq "secret" ^"secret""#,
    r#"userName eq "secret" ^userName eq "secret""#,
    r#"userName eq "secret" ^xor userName eq "secret""#,
    r#"userName eq "secret" ^, title pr"#,
    r#"userName eq "secret" ^&& title pr"#,
    r#"userName eq "secret"^and title pr"#,
    r#"userName eq "secret" and^(title pr)"#,
    r#"(userName eq "secret")^and (title pr)"#,
    r#"userName eq "secret" and^"#,
    r#"userName eq "secret" or ^"#,
    r#"userName eq "secret" or ^)"#,
    r#"userName eq ^and title pr"#,
    r#"userName eq ^or"#,
    r#"and ^userName eq "secret""#,
    "(^)",
    "((((^",
    "(userName pr^",
    "(userName pr^]",
    "userName pr^)",
    "(userName pr)^)",
    "not ^",
    "not ^userName pr",
    r#"not ^"secret""#,
    "not (userName pr^",
    "not ^not (userName pr)",
    "emails[^",
    "emails[^]",
    "emails[type^",
    r#"emails[type eq "work"^"#,
    r#"emails[type eq "work"^)"#,
    r#"emails[(type eq "work"^]"#,
    r#"emails[type eq "work"]^]"#,
    r#"emails[type eq "work"]^value eq "secret""#,
    r#"emails[type eq "work"].^ value eq "secret""#,
    r#"emails[type eq "work"].value^"#,
    r#"emails[type eq "work"].value ^is "secret""#,
    r#"emails[type eq "work"] ^eq "secret""#,
    r#"emails[type eq "work"] ^pr"#,
    "^[type pr]",
    "^\"",
    "^%00",
    "^ä pr",
    "title co \"ä\" and ^ö pr",
    "^*",
    "^{\"userName\": \"secret\"}",
];

/// Names that mean nothing (RFC 7644 section 3.4.2.2: attributes by their notation, section 3.10).
const UNKNOWN: &[&str] = &[
    r#"^hatSize eq "secret""#,
    r#"title pr and ^hatSize eq "secret""#,
    r#"title pr and (^hatSize pr)"#,
    "^user pr",
    "^userName. pr",
    "^.userName pr",
    "^name..familyName pr",
    "^name.familyName.x pr",
    r#"^name.hat eq "secret""#,
    r#"^userName.x eq "secret""#,
    r#"^userName.value eq "secret""#,
    r#"^queues.value eq "secret""#,
    r#"^name.primary eq true"#,
    "^$ref pr",
    "^1name pr",
    r#"^members eq "secret""#,
    r#"^urn:nonsense:hat eq "secret""#,
    r#"^urn:ietf:params:scim:schemas:core:2.0:Group:displayName eq "secret""#,
    r#"^urn:ietf:params:scim:schemas:core:1.0:User:userName eq "secret""#,
    r#"^urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:userName eq "secret""#,
    r#"^urn:ietf:params:scim:schemas:core:2.0:User:department eq "secret""#,
    "^urn:ietf:params:scim:schemas:core:2.0:User:hatSize pr",
    "^urn:ietf:params:scim:schemas:core:2.0:User: pr",
    "^urn:ietf:params:scim:schemas:core:2.0:User pr",
    "^urn:ietf:params:scim:schemas:extension:enterprise:2.0:User pr",
    r#"emails[^hat eq "secret"]"#,
    r#"emails[^emails.type eq "secret"]"#,
    r#"emails[^urn:ietf:params:scim:schemas:core:2.0:User:type eq "secret"]"#,
    r#"emails[type eq "work" and ^country eq "secret"]"#,
    r#"emails[type eq "work"].^hat eq "secret""#,
    r#"queues[^type eq "secret"]"#,
    r#"emails[^value[type eq "x"]]"#,
    r#"^emails.value[type eq "secret"]"#,
    r#"^userName[value eq "secret"]"#,
    r#"^hats[type eq "secret"]"#,
    // What is never returned is not found by either (RFC 7643 section 7).
    r#"^password eq "secret""#,
    r#"active eq true and ^password sw "secret""#,
    "^password pr",
];

/// Operators and values that do not fit the type (RFC 7644 section 3.4.2.2: booleans and binaries have no
/// order).
const MISFITS: &[&str] = &[
    "active gt ^true",
    "active ge ^false",
    "active lt ^true",
    "active le ^true",
    r#"active co ^"secret""#,
    r#"active sw ^"secret""#,
    r#"active eq ^"secret""#,
    "active eq ^1",
    "active eq ^secret",
    r#"active eq ^"""#,
    r#"emails[primary gt ^"secret"]"#,
    r#"x509Certificates gt ^"secret""#,
    r#"x509Certificates.value lt ^"secret""#,
    r#"x509Certificates co ^"secret""#,
    r#"^name eq "secret""#,
    r#"^name co "secret""#,
    r#"^addresses eq "secret""#,
    r#"^meta eq "secret""#,
    r#"^skills gt 4"#,
    "name gt ^null",
    "userName eq ^true",
    "userName co ^false",
    "userName gt ^null",
    "userName co ^null",
    "userName sw ^Null",
    r#"skills.proficiency eq ^"secret""#,
    r#"skills.proficiency gt ^"""#,
    r#"skills.proficiency co ^"4""#,
    "skills.proficiency sw ^4",
    "skills.proficiency eq ^true",
    "skills.proficiency gt ^null",
    "skills.proficiency eq ^04",
    "skills.proficiency eq ^+4",
    "skills.proficiency eq ^4.",
    "skills.proficiency eq ^.4",
    "skills.proficiency eq ^4e",
    "skills.proficiency eq ^0x4",
    "skills.proficiency eq ^--4",
    "skills.proficiency eq ^NaN",
    "skills.proficiency lt ^Infinity",
    r#"meta.created gt ^"secret""#,
    r#"meta.created gt ^"""#,
    r#"meta.created gt ^"2010-01-23""#,
    r#"meta.created gt ^"2010-01-23T04:56Z""#,
    r#"meta.created gt ^"2010-01-23 04:56:22Z""#,
    r#"meta.created gt ^"2010-01-23t04:56:22z""#,
    r#"meta.created gt ^"2010-02-30T04:56:22Z""#,
    r#"meta.created gt ^"1900-02-29T00:00:00Z""#,
    r#"meta.created gt ^"2010-13-01T04:56:22Z""#,
    r#"meta.created gt ^"2010-01-23T25:00:00Z""#,
    r#"meta.created gt ^"2010-01-23T24:00:01Z""#,
    r#"meta.created gt ^"2010-01-23T23:59:60Z""#,
    r#"meta.created gt ^"2010-01-23T04:56:22+15:00""#,
    r#"meta.created gt ^"2010-01-23T04:56:22[Europe/Berlin]""#,
    "meta.created gt ^2010",
    "meta.created gt ^true",
    "meta.created lt ^null",
    "meta.created co ^true",
];

pub(crate) fn count() -> usize {
    MALFORMED.len() + UNKNOWN.len() + MISFITS.len()
}

fn refused(marked: &str) {
    let before = marked.find('^').unwrap_or_else(|| panic!("{marked}: no mark"));
    let text = marked.replacen('^', "", 1);
    let place = marked[..before].chars().count() + 1;
    let fault = match Filter::parse(ResourceKind::User, &text) {
        Ok(filter) => panic!("{text}\nread as {filter}"),
        Err(fault) => fault,
    };
    assert_eq!((fault.status, fault.scim_type), (400, Some(ScimType::InvalidFilter)), "{text}");
    let end = if before == text.len() { ", its end" } else { "" };
    let wanted = format!("At character {place} of the filter{end}: ");
    assert!(fault.detail.starts_with(&wanted), "{marked}\n{}", fault.detail);
    assert!(!fault.detail.contains("secret"), "{marked}\n{}", fault.detail);
}

#[test]
fn what_is_no_filter_is_refused_at_the_character_where_it_ceases_to_be_one() {
    MALFORMED.iter().for_each(|text| refused(text));
}

#[test]
fn names_that_mean_nothing_are_refused() {
    UNKNOWN.iter().for_each(|text| refused(text));
}

#[test]
fn operators_and_values_that_do_not_fit_the_attribute_are_refused() {
    MISFITS.iter().for_each(|text| refused(text));
}

#[test]
fn nothing_at_all_is_refused_too() {
    for text in ["", " ", "\t\n"] {
        let fault = Filter::parse(ResourceKind::User, text).unwrap_err();
        assert_eq!(fault.scim_type, Some(ScimType::InvalidFilter));
        assert!(fault.detail.contains("empty"), "{}", fault.detail);
    }
}

#[test]
fn a_refusal_says_what_was_expected() {
    for (text, expected) in [
        ("userName is \"x\"", "expected an operator: eq, ne, co, sw, ew, gt, ge, lt, le or pr"),
        ("userName eq", "expected a value: a text in quotes, a number, true, false or null"),
        ("(active pr", "expected \"and\", \"or\" or a closing parenthesis"),
        ("emails[value pr", "expected \"and\", \"or\" or a closing bracket"),
        ("active gt true", "active cannot be compared by gt"),
        ("active eq \"x\"", "active is compared with true or false, not with what was given"),
        ("name eq \"x\"", "name has sub-attributes; compare one of them"),
        ("emails.hat pr", "hat is not a sub-attribute of emails; see /Schemas for those that are"),
        ("hat pr", "hat is not an attribute of User; see /Schemas for those that are"),
        ("userName eq \"x", "the text that begins here has no closing quote"),
        ("password pr", "password is never returned, so nothing can be found by it"),
    ] {
        let detail = Filter::parse(ResourceKind::User, text).unwrap_err().detail;
        assert!(detail.ends_with(&format!(": {expected}.")), "{text}\n{detail}");
    }
}

#[test]
fn a_name_that_cannot_be_a_misspelling_is_not_repeated() {
    let detail = Filter::parse(ResourceKind::User, &format!("{} pr", "x".repeat(500))).unwrap_err().detail;
    assert!(detail.len() < 200, "{detail}");
}
