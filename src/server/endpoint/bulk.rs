//! `POST /Bulk` (RFC 7644 section 3.7): 501 for now; ServiceProviderConfig says so too.

use crate::scim::error::ScimError;
use crate::server::routes::Answer;

/// Says that bulk requests are not supported.
///
/// # Errors
/// Always 501.
pub async fn handle() -> Answer {
    Err(ScimError::not_implemented("Bulk requests are not supported; send the operations one by one."))
}
