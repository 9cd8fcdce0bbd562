//! What the connectors of identity providers really send, over real sockets: each test is named after what a
//! connector does.
//!
//! The points of docs/connectors.md C8 in their order (`check_list_1`, `check_list_2`), then the shapes of C1
//! to C7 by connector, then what a tenant with `dialect = "strict"` refuses. Values are compared in the
//! answer and read back. Types and tolerances one by one are tested in `scim`; whole conversations of the
//! connectors in `conformance/suites`.

mod check_list_1;
mod check_list_2;
mod entra;
mod guest;
mod okta;
mod others;
mod requests_seen;
mod seen_by_both;
mod strict;
