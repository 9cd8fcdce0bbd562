//! How long, how deep and how many: the largest filter is read, the next larger one is refused (RFC 7644
//! section
//! 3.4.2.2 leaves limits to the service; an error says which was reached).

use genesys_scim_bridge::testing::limits::{FILTER_BYTES, FILTER_CONDITIONS, FILTER_DEPTH};
use genesys_scim_bridge::testing::scim::filter::Filter;
use genesys_scim_bridge::testing::scim::{ResourceKind, ScimError, ScimType};

fn parse(text: &str) -> Result<Filter, ScimError> {
    Filter::parse(ResourceKind::User, text)
}

fn refused(text: &str, word: &str) {
    let fault = parse(text).unwrap_err();
    assert_eq!(fault.scim_type, Some(ScimType::InvalidFilter));
    assert!(fault.detail.contains(word), "{}", fault.detail);
}

#[test]
fn a_filter_may_be_as_long_as_the_limit_and_no_longer() {
    let of = |length: usize| format!(r#"title eq "{}""#, "x".repeat(length - r#"title eq """#.len()));
    assert!(parse(&of(FILTER_BYTES)).is_ok());
    refused(&of(FILTER_BYTES + 1), "longer than");
}

#[test]
fn a_filter_may_be_as_deep_as_the_limit_and_no_deeper() {
    for (open, close) in [("(", ")"), ("not (", ")"), ("not(", ")"), ("active pr and (", ")")] {
        let of = |depth: usize| format!("{}title pr{}", open.repeat(depth), close.repeat(depth));
        let deepest = parse(&of(FILTER_DEPTH)).unwrap();
        assert_eq!(parse(&deepest.to_string()).as_ref(), Ok(&deepest));
        refused(&of(FILTER_DEPTH + 1), "nested deeper");
    }
    let inside = |depth: usize| format!("emails[{}value pr{}]", "not (".repeat(depth), ")".repeat(depth));
    assert!(parse(&inside(FILTER_DEPTH - 1)).is_ok());
    refused(&inside(FILTER_DEPTH), "nested deeper");
}

#[test]
fn alternatives_within_conjunctions_print_within_the_limit() {
    let open = "(title pr or active pr and ".repeat(FILTER_DEPTH);
    let deepest = parse(&format!("{open}title pr{}", ")".repeat(FILTER_DEPTH))).unwrap();
    assert_eq!(parse(&deepest.to_string()).as_ref(), Ok(&deepest));
    // What stands behind the brackets goes between them, and alternatives there into parentheses.
    let tail = |depth: usize| {
        let (open, close) = ("not (".repeat(depth), ")".repeat(depth));
        format!("{open}emails[type pr or value pr].value pr{close}")
    };
    let deepest = parse(&tail(FILTER_DEPTH - 2)).unwrap();
    assert_eq!(parse(&deepest.to_string()).as_ref(), Ok(&deepest));
    refused(&tail(FILTER_DEPTH - 1), "nested deeper");
}

#[test]
fn a_filter_may_have_as_many_conditions_as_the_limit_and_no_more() {
    let of = |number: usize| vec!["title pr"; number].join(" or ");
    assert!(parse(&of(FILTER_CONDITIONS)).is_ok());
    refused(&of(FILTER_CONDITIONS + 1), "more than 100 conditions");
    let inside = format!("emails[{}].value pr", vec!["value pr"; FILTER_CONDITIONS].join(" or "));
    refused(&inside, "more than 100 conditions");
}

#[test]
fn a_hostile_filter_is_refused_before_it_costs_anything() {
    for text in
        ["(".repeat(FILTER_BYTES), "not(".repeat(FILTER_BYTES / 4), format!("emails[{}", "(".repeat(4000))]
    {
        refused(&text, "nested deeper");
    }
    refused(&"(".repeat(10_000_000), "longer than");
}
