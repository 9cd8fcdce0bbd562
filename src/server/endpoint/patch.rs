//! `PATCH /Users/{id}`, `PATCH /Groups/{id}` (RFC 7644 section 3.5.2): some attributes; a large group is
//! answered 204.
//!
//! The change itself is done behind the front door. What the writes share: `write`.

use actix_web::HttpRequest;
use actix_web::web::{Path, Payload};

use super::write;
use crate::scim::change::Change;
use crate::scim::kind::ResourceKind;
use crate::server::answer::HandlerResult;
use crate::server::context::Current;

/// Changes a user.
///
/// # Errors
/// A body that cannot be read, or what the front door refuses with.
pub(crate) async fn user(
    req: HttpRequest,
    id: Path<String>,
    payload: Payload,
    tenant: Current,
) -> HandlerResult {
    let read = |body, dialect| Change::patch(ResourceKind::User, id.into_inner(), body, dialect);
    write::with_body(&req, payload, &tenant, read).await
}

/// Changes a group.
///
/// # Errors
/// As [`user`].
pub(crate) async fn group(
    req: HttpRequest,
    id: Path<String>,
    payload: Payload,
    tenant: Current,
) -> HandlerResult {
    let read = |body, dialect| Change::patch(ResourceKind::Group, id.into_inner(), body, dialect);
    write::with_body(&req, payload, &tenant, read).await
}
