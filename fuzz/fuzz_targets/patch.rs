//! PATCH bodies, from bytes to the changed document: any body is refused or leaves a document that a POST may
//! bring.
//!
//! The first byte chooses resource type and dialect, the rest is the body. Only pure code runs: nothing is
//! stored.

#![no_main]

use std::sync::LazyLock;

use genesys_scim_bridge::testing::model::Object;
use genesys_scim_bridge::testing::scim::patch::{self, PatchRequest};
use genesys_scim_bridge::testing::scim::{Dialect, ResourceKind, resource};
use genesys_scim_bridge::testing::server::body;
use libfuzzer_sys::fuzz_target;

#[path = "../documents.rs"]
mod documents;

static USER: LazyLock<Object> = LazyLock::new(documents::user);
static GROUP: LazyLock<Object> = LazyLock::new(documents::group);
const ID: &str = "2819c223";

fuzz_target!(|data: &[u8]| {
    let Some((first, rest)) = data.split_first() else { return };
    let (kind, current) =
        if first % 2 == 0 { (ResourceKind::User, &*USER) } else { (ResourceKind::Group, &*GROUP) };
    let dialect = if first & 2 == 0 { Dialect::Tolerant } else { Dialect::Strict };
    let Ok(parsed) = body::parse(rest) else { return };
    let Ok(request) = PatchRequest::parse(parsed, dialect) else { return };
    let Ok(patched) = patch::apply(kind, current, ID, &request) else { return };
    assert_eq!(patched.changed, patched.document != *current, "what changed is said");
    assert!(!patched.document.contains_key("password"), "a password is never kept");
    assert!(!patched.document.contains_key("members"), "members are kept elsewhere");
    // The same once more is refused or not, but never breaks.
    let _ = patch::apply(kind, &patched.document, ID, &request);
    let outcome = patched.document.clone().into();
    if let Err(error) = resource::create(kind, outcome, Dialect::Tolerant) {
        panic!("the outcome is no {kind}: {error}\n{}", serde_json::Value::Object(patched.document));
    }
});
