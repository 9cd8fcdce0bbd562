//! The parser of `scim_v2` as a second opinion: what it accepts is accepted here and means the same, and
//! where it is known to refuse or misread what clients send, we do not.

use genesys_scim_bridge::testing::scim::ResourceKind;
use genesys_scim_bridge::testing::scim::filter::Filter;
use proptest::prelude::*;
use scim_v2::filter::Filter as Theirs;

use super::TABLES;
use super::generators::strict_filter;

fn ours(kind: ResourceKind, text: &str) -> Result<Filter, TestCaseError> {
    Filter::parse(kind, text).map_err(|fault| TestCaseError::fail(format!("{text}\n{fault}")))
}

/// Both read the text, and theirs, printed, is the same filter to us.
fn agreed(kind: ResourceKind, text: &str) -> Result<bool, TestCaseError> {
    let Ok(theirs) = text.parse::<Theirs>() else { return Ok(false) };
    // Whole numbers beyond 64 bits lose their last digits there.
    if text.split(' ').any(|word| word.len() > 20 && word.bytes().all(|byte| byte.is_ascii_digit())) {
        return Ok(false);
    }
    let filter = ours(kind, text)?;
    let printed = theirs.to_string();
    prop_assert_eq!(ours(kind, &printed)?, filter.clone(), "{} is to them {}", text, printed);
    // Our form is a form of theirs as well, as long as it needs no `$ref`.
    let own = filter.to_string();
    if !own.contains("$ref") {
        prop_assert!(own.parse::<Theirs>().is_ok(), "{} printed as {}", text, own);
    }
    Ok(true)
}

#[test]
fn both_parsers_agree_on_the_tables() {
    let (mut both, mut all) = (0, 0);
    for table in TABLES {
        for (text, _) in table.cases.iter().filter(|(text, _)| !MISREAD_BY_THEM.contains(text)) {
            all += 1;
            both += usize::from(agreed(table.kind, text).unwrap_or_else(|fault| panic!("{fault}")));
        }
    }
    assert!(both * 4 > all * 3, "only {both} of {all} are read by both; the second opinion is worth little");
}

/// What they read and lose digits of: numbers beyond 64 bits become floats, which is not what a text
/// attribute holds.
const MISREAD_BY_THEM: &[&str] = &["externalId eq 12345678901234567890123"];

#[test]
fn what_they_are_known_to_misread_keeps_its_digits_here() {
    for text in MISREAD_BY_THEM {
        let theirs = text.parse::<Theirs>().unwrap().to_string();
        assert!(!theirs.contains("12345678901234567890123"), "they read {theirs} now");
        let own = ours(ResourceKind::User, text).unwrap().to_string();
        assert!(own.contains("12345678901234567890123"), "{own}");
    }
}

/// What `scim_v2` 1.0.0 refuses, by defect.
const REFUSED_BY_THEM: &[(&str, &[&str])] = &[
    ("no blank behind not (erratum 7319 allows for it)", &["not(title pr)", "emails[not(type eq \"work\")]"]),
    (
        "a blank before a name that begins with pr is taken for the operator",
        &[
            "( preferredLanguage eq \"en\" )",
            "( profileUrl pr )",
            "emails[ primary eq true ]",
            "active pr and ( preferredLanguage pr )",
        ],
    ),
    ("$ref is no name", &["members.$ref pr", "members[$ref pr]", "members.$ref ew \"/u1\""]),
    (
        "a condition behind brackets",
        &["emails[type eq \"work\"].value eq \"x\"", "emails[type eq \"work\"].value pr"],
    ),
    ("booleans and null in another letter case", &["active eq True", "active eq FALSE", "active eq NULL"]),
    ("values without quotes", &["externalId eq jyoung", "externalId eq 9a3d8d2c-0f6e", "costCenter eq 0042"]),
    ("numbers beyond a float", &["skills.proficiency lt 1e400"]),
];

#[test]
fn what_they_are_known_to_refuse_is_read_here() {
    for (defect, texts) in REFUSED_BY_THEM {
        for text in *texts {
            let kind = if text.starts_with("members") { ResourceKind::Group } else { ResourceKind::User };
            assert!(text.parse::<Theirs>().is_err(), "{defect}: {text} is read by them now");
            ours(kind, text).unwrap_or_else(|fault| panic!("{defect}: {fault}"));
        }
    }
}

#[test]
fn a_schema_as_a_whole_is_not_taken_for_an_attribute_named_user() {
    let text = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User pr";
    assert!(text.parse::<Theirs>().is_ok(), "{text} is refused by them now");
    let fault = Filter::parse(ResourceKind::User, text).unwrap_err();
    assert!(fault.detail.contains("a schema as a whole"), "{}", fault.detail);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn every_filter_in_the_letter_of_the_grammar_is_read_by_both_and_is_the_same_to_both(text in strict_filter()) {
        prop_assert!(agreed(ResourceKind::User, &text)?, "{} is refused by them", text);
    }
}
