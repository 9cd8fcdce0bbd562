//! What a PATCH, a POST and a PUT make of a document: tables from RFC 7643 and 7644 and from what connectors
//! send.
//!
//! Pure: no server, no directory. How rows are written and read is in `rows`; every other file is one theme.
//! The same rules over the wire are `server_http`.

mod access;
mod bodies;
mod connectors;
mod extensions;
mod faults;
mod figures;
mod groups;
mod lists;
mod pathless;
mod properties;
mod rows;
mod single;
mod strict;

#[test]
fn the_tables_hold_as_many_cases_as_they_promise() {
    let tables = [
        figures::count(),
        single::count(),
        lists::count(),
        pathless::count(),
        extensions::count(),
        connectors::count(),
        faults::count(),
        groups::count(),
        strict::count(),
    ];
    let patches: usize = tables.iter().sum();
    assert!(patches >= 250, "{patches} cases of PATCH: {tables:?}");
    assert!(bodies::count() >= 60, "{} cases of POST and PUT", bodies::count());
}
