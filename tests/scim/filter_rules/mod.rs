//! What SCIM filters mean, as tables: a filter, and whether the user or the group of [`documents`] fulfils
//! it.
//!
//! One file for each theme, each with the section of RFC 7644, the erratum or the fact of docs/connectors.md
//! it comes from. Filters over HTTP are in `server_http`; here the rules themselves are held.

mod case_rules;
mod connectors;
mod dates;
mod documents;
mod generators;
mod grammar;
mod laws;
mod limits;
mod logic;
mod lookups;
mod multi_valued;
mod names;
mod numbers;
mod oracle;
mod presence;
mod refusals;
mod rfc_examples;
mod texts;
mod value_paths;

use genesys_scim_bridge::testing::scim::ResourceKind;
use genesys_scim_bridge::testing::scim::filter::Filter;

use documents::document;

/// Filters over resources of one kind, each with its truth.
pub(crate) struct Table {
    kind: ResourceKind,
    cases: &'static [(&'static str, bool)],
}

const fn users(cases: &'static [(&'static str, bool)]) -> Table {
    Table { kind: ResourceKind::User, cases }
}

const fn groups(cases: &'static [(&'static str, bool)]) -> Table {
    Table { kind: ResourceKind::Group, cases }
}

/// All tables of accepted filters.
const TABLES: &[&Table] = &[
    &rfc_examples::FIGURE,
    &rfc_examples::TEXT,
    &grammar::GRAMMAR,
    &grammar::BLANKS,
    &grammar::LITERALS,
    &texts::TEXTS,
    &texts::DATA,
    &case_rules::CASE_RULES,
    &case_rules::BEYOND_ASCII,
    &multi_valued::MULTI_VALUED,
    &multi_valued::GROUPS,
    &value_paths::VALUE_PATHS,
    &value_paths::TAILS,
    &logic::LOGIC,
    &names::NAMES,
    &dates::DATES,
    &numbers::NUMBERS,
    &presence::PRESENCE,
    &presence::NULL,
    &connectors::ENTRA,
    &connectors::ENTRA_GROUPS,
    &connectors::OTHERS,
];

/// Every filter means what its table says, and printed it reads back as the same filter.
fn check(table: &Table) {
    let document = document(table.kind);
    for (text, expected) in table.cases {
        let filter = Filter::parse(table.kind, text).unwrap_or_else(|fault| panic!("{text}\n{fault}"));
        assert_eq!(filter.matches(&document), *expected, "{text}\nread as {filter}");
        let printed = filter.to_string();
        assert_eq!(Filter::parse(table.kind, &printed).as_ref(), Ok(&filter), "{text}\nprinted as {printed}");
    }
}

#[test]
fn there_are_cases_enough_and_none_twice() {
    let mut all: Vec<(ResourceKind, &str)> =
        TABLES.iter().flat_map(|table| table.cases.iter().map(|(text, _)| (table.kind, *text))).collect();
    let (accepted, refused) = (all.len(), refusals::count());
    assert!(accepted >= 300, "{accepted} accepted filters");
    assert!(refused >= 80, "{refused} refused filters");
    println!("{accepted} filters accepted, {refused} refused");
    all.sort_unstable();
    let twice: Vec<_> = all.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| pair[0]).collect();
    assert!(twice.is_empty(), "{twice:?}");
}
