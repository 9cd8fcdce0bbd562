//! `DELETE /Users/{id}`, `DELETE /Groups/{id}` (RFC 7644 section 3.6): 204, and 404 ever after.
//!
//! The removal itself is done behind the front door. What the writes share: `write`.

use actix_web::HttpRequest;
use actix_web::web::Path;

use super::write;
use crate::scim::change::Change;
use crate::scim::kind::ResourceKind;
use crate::server::answer::HandlerResult;
use crate::server::context::Current;

/// Deletes a user.
///
/// # Errors
/// What the front door refuses with.
pub(crate) async fn user(req: HttpRequest, id: Path<String>, tenant: Current) -> HandlerResult {
    write::submit(&req, &tenant, Change::delete(ResourceKind::User, id.into_inner())).await
}

/// Deletes a group.
///
/// # Errors
/// As [`user`].
pub(crate) async fn group(req: HttpRequest, id: Path<String>, tenant: Current) -> HandlerResult {
    write::submit(&req, &tenant, Change::delete(ResourceKind::Group, id.into_inner())).await
}
