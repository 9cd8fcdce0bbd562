//! What a user should have: rules and the request, turned into desired entitlements, each with its reason.
//!
//! Pure. Knows names, not Genesys ids: names are resolved by `genesys::catalogue`, and what has to change is
//! decided by `plan`. How a rule is written: `config`; how a condition is evaluated: `scim::filter`.

mod merge;
mod request;
mod rules;

pub(crate) use request::requested;
pub use rules::RuleSet;
pub(crate) use rules::{RuleError, judge};

use crate::model::{DesiredSet, Object};
use crate::scim::error::ScimError;

/// What the request itself speaks of, depending on how it was sent.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Mention<'a> {
    /// POST or PUT: the kinds present in the document, empty ones included.
    Document,
    /// PATCH: also the kinds that were present before, so that `remove` takes back.
    Patched {
        /// The document before.
        before: &'a Object,
    },
    /// No request (recomputation, resync): the document of record speaks.
    Record,
}

/// All that the user should have.
///
/// `user` is the document of record with the derived attributes `id` and `groups` (value and display) for the
/// conditions.
///
/// # Errors
/// 400 `invalidValue` naming the entitlement of the request that cannot be read.
pub(crate) fn desired(rules: &RuleSet, user: &Object, mention: Mention<'_>) -> Result<DesiredSet, ScimError> {
    let mut from_request = requested(user)?;
    if let Mention::Patched { before } = mention {
        // What was there before the PATCH counts as spoken of: its removal means "take back".
        from_request.managed.extend(request::mentioned(before));
    }
    let from_rules = rules.evaluate(user);
    Ok(merge::merge(from_request, from_rules))
}

#[cfg(test)]
mod tests;
