//! Attribute paths, of PATCH operations and of `attributes`: any text is refused or read, and reads the same
//! twice.
//!
//! The first byte chooses the resource type, the rest is the path. What operations do there: `patch`.

#![no_main]

use genesys_scim_bridge::testing::limits;
use genesys_scim_bridge::testing::scim::filter::ElementFilter;
use genesys_scim_bridge::testing::scim::path::{Path, Place};
use genesys_scim_bridge::testing::scim::{Projection, ResourceKind};
use libfuzzer_sys::fuzz_target;
use serde_json::json;

fuzz_target!(|data: &[u8]| {
    let Some((first, rest)) = data.split_first() else { return };
    let Ok(text) = std::str::from_utf8(rest) else { return };
    let kind = if first % 2 == 0 { ResourceKind::User } else { ResourceKind::Group };
    let known = first & 2 != 0;
    let _ = Projection::parse(kind, Some(text), None);
    let _ = Projection::parse(kind, None, Some(text));
    let Ok(path) = Path::parse(kind, text, |_| known) else { return };
    let again = Path::parse(kind, &format!(" {text} "), |_| known);
    assert_eq!(format!("{again:?}"), format!("Ok({path:?})"), "blanks round a path do not matter");
    if let Path::Element { place: Place { attribute: Some(attribute), .. }, filter, .. } = &path {
        let _ = (filter.values(), filter.seeds());
        let element = json!({"value": "ada@example.com", "type": "work", "primary": true, "display": "Ada"});
        let found = filter.matches(&element);
        let printed = filter.to_string();
        let brackets = printed.matches(['(', '[']).count();
        if printed.len() > limits::FILTER_BYTES || brackets > limits::FILTER_DEPTH {
            return;
        }
        match ElementFilter::parse(attribute, &printed) {
            Ok(again) => assert_eq!(again.matches(&element), found, "{text:?} and {printed:?} differ"),
            Err(error) => panic!("{text:?} prints as {printed:?}, which is refused: {error}"),
        }
    }
});
