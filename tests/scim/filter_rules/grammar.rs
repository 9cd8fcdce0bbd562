//! The grammar of RFC 7644 section 3.4.2.2 figure 1 with erratum 7319 (the blank behind `not`), and what is
//! accepted beyond it: no blank behind `not`, blanks wherever pieces meet, `True`, values without quotes.

use super::{Table, check, users};

/// Figure 1: attrExp, logExp, valuePath, `not`, grouping, compValue, each at least once in each place.
pub(crate) const GRAMMAR: Table = users(&[
    ("active pr", true),
    ("(active pr)", true),
    ("((active pr))", true),
    ("not (active pr)", false),
    ("not(active pr)", false),
    ("NOT (active pr)", false),
    ("Not(active pr)", false),
    ("not (not (active pr))", true),
    ("not(not(active pr))", true),
    ("(not (title pr))", false),
    ("active eq true", true),
    ("active eq false", false),
    ("active EQ true", true),
    (r#"userName ne "x""#, true),
    (r#"title co "our""#, true),
    (r#"title sw "Tour""#, true),
    (r#"title ew "Guide""#, true),
    (r#"title gt "Tour""#, true),
    (r#"title ge "Tour Guide""#, true),
    (r#"title lt "Tour""#, false),
    (r#"title le "Tour Guide""#, true),
    (r#"title PR and userType Eq "employee""#, true),
    (r#"title pr AND userType eq "Employee""#, true),
    (r#"title pr And userType eq "Employee""#, true),
    (r#"title eq "x" OR userType eq "Employee""#, true),
    ("emails[value pr]", true),
    ("not (emails[value pr])", false),
    ("(emails[value pr])", true),
    ("emails[value pr] and active eq true", true),
    ("active eq true and emails[value pr]", true),
]);

/// Blanks: ABNF wants exactly one, people and templates write more (docs/connectors.md C2.9).
pub(crate) const BLANKS: Table = users(&[
    ("  active eq true", true),
    ("active eq true  ", true),
    ("active   eq   true", true),
    ("active\teq\ttrue", true),
    ("active eq true\n", true),
    ("active\u{a0}eq\u{a0}true", true),
    ("( active eq true )", true),
    ("(  ( active eq true ) )", true),
    ("not   (active eq true)", false),
    ("not( active eq true )", false),
    ("active eq true   and   title pr", true),
    ("( preferredLanguage eq \"en-us\" )", true),
    ("emails[ primary eq true ]", true),
    ("emails [primary eq true]", true),
    ("emails[ ( primary eq true ) ]", true),
    ("emails[primary eq true ] and active eq true", true),
    ("emails[ type eq \"work\" and ( value pr ) ]", true),
]);

/// Literals: JSON strings with every escape (RFC 8259 section 7), booleans and null in any letter case.
pub(crate) const LITERALS: Table = users(&[
    (r#"displayName eq "Babs \"B\" Jensen""#, true),
    (r#"displayName co "\"B\"""#, true),
    (r#"displayName co "\\""#, false),
    (r#"title eq "Tour\tGuide""#, false),
    (r#"title eq "Tour\u0020Guide""#, true),
    (r#"title eq "\u0054our Guide""#, true),
    (r#"profileUrl eq "https:\/\/login.example.com\/BJensen""#, true),
    (r#"name.givenName eq "B\u00e4rbel""#, true),
    (r#"name.givenName eq "B\u00E4rbel""#, true),
    (r#"title eq "\ud83d\ude00""#, false),
    (r#"title ne "\ud83d\ude00""#, true),
    (r#"title co "\t""#, false),
    (r#"title co "\b\f\n\r\t""#, false),
    (r#"title ne "a ] ) ( [ b""#, true),
    (r#"title ne "x\" or active eq false or title eq \"""#, true),
    (r#"title eq """#, false),
    (r#"locale eq """#, true),
    ("active eq True", true),
    ("active eq TRUE", true),
    ("active eq False", false),
    ("active ne FALSE", true),
    ("active ne NULL", true),
    ("active eq Null", false),
]);

#[test]
fn the_grammar_is_read_as_written_and_a_little_beyond() {
    check(&GRAMMAR);
}

#[test]
fn blanks_may_stand_wherever_pieces_meet() {
    check(&BLANKS);
}

#[test]
fn literals_are_those_of_json_in_the_spellings_that_connectors_use() {
    check(&LITERALS);
}
