//! `PUT /Users/{id}`, `PUT /Groups/{id}` (RFC 7644 section 3.5.1): the whole resource anew.
//!
//! The change itself is done behind the front door. What the writes share: `write`.

use actix_web::HttpRequest;
use actix_web::web::{Path, Payload};

use super::write;
use crate::scim::change::Change;
use crate::scim::kind::ResourceKind;
use crate::server::answer::HandlerResult;
use crate::server::context::Current;

/// Replaces a user.
///
/// # Errors
/// A body that cannot be read, or what the front door refuses with.
pub(crate) async fn user(
    req: HttpRequest,
    id: Path<String>,
    payload: Payload,
    tenant: Current,
) -> HandlerResult {
    let read = |body, dialect| Change::replace(ResourceKind::User, id.into_inner(), body, dialect);
    write::with_body(&req, payload, &tenant, read).await
}

/// Replaces a group.
///
/// # Errors
/// As [`user`].
pub(crate) async fn group(
    req: HttpRequest,
    id: Path<String>,
    payload: Payload,
    tenant: Current,
) -> HandlerResult {
    let read = |body, dialect| Change::replace(ResourceKind::Group, id.into_inner(), body, dialect);
    write::with_body(&req, payload, &tenant, read).await
}
