//! Every address that is not in the list of routes: 404 with a SCIM body, for those who were let in.

use crate::scim::error::ScimError;
use crate::server::answer::HandlerResult;

/// Says that there is nothing here.
///
/// # Errors
/// Always 404.
pub(crate) async fn handle() -> HandlerResult {
    Err(ScimError::not_found("There is no such endpoint. The SCIM service is below /scim/v2."))
}
