//! `/Me` (RFC 7644 section 3.11): 501, since a bearer token stands for an identity provider, not for a
//! person.

use crate::scim::error::ScimError;
use crate::server::answer::HandlerResult;

/// Says that there is no such thing.
///
/// # Errors
/// Always 501.
pub(crate) async fn handle() -> HandlerResult {
    Err(ScimError::not_implemented(
        "/Me is not served: the token belongs to an identity provider. Use /Users with a filter on userName.",
    ))
}
