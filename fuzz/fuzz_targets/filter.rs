//! Filters: any text is refused or read; what was read prints, reads back as itself, and finds the same.
//!
//! The first byte chooses the resource type, the rest is the filter. Paths of PATCH operations: `path`.

#![no_main]

use std::sync::LazyLock;

use genesys_scim_bridge::testing::limits;
use genesys_scim_bridge::testing::model::Object;
use genesys_scim_bridge::testing::scim::{Filter, ResourceKind};
use libfuzzer_sys::fuzz_target;

#[path = "../documents.rs"]
mod documents;

static USER: LazyLock<Object> = LazyLock::new(documents::user);
static GROUP: LazyLock<Object> = LazyLock::new(documents::group);

/// Deepest nesting of brackets outside of texts; printing adds parentheses, and too deep a filter is refused.
fn depth(text: &str) -> usize {
    let (mut depth, mut deepest, mut inside, mut escaped) = (0_usize, 0, false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if inside => escaped = true,
            b'"' => inside = !inside,
            b'(' | b'[' if !inside => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b')' | b']' if !inside => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

fuzz_target!(|data: &[u8]| {
    let Some((first, rest)) = data.split_first() else { return };
    let Ok(text) = std::str::from_utf8(rest) else { return };
    let (kind, document) =
        if first % 2 == 0 { (ResourceKind::User, &*USER) } else { (ResourceKind::Group, &*GROUP) };
    let Ok(filter) = Filter::parse(kind, text) else { return };
    let found = filter.matches(document);
    let _ = (filter.lookup(), filter.mentions("members"));
    let printed = filter.to_string();
    if printed.len() > limits::FILTER_BYTES || depth(&printed) > limits::FILTER_DEPTH {
        return;
    }
    let again = match Filter::parse(kind, &printed) {
        Ok(again) => again,
        Err(error) => panic!("{text:?} prints as {printed:?}, which is refused: {error}"),
    };
    assert_eq!(again.to_string(), printed, "printing is stable");
    assert_eq!(again.matches(document), found, "{text:?} and {printed:?} differ");
});
