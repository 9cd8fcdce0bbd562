//! `POST /Users`, `POST /Groups` (RFC 7644 section 3.3): 201 with `Location` and `ETag`.
//!
//! Whether it may be created is decided behind the front door. What the writes share: `write`.

use actix_web::HttpRequest;
use actix_web::web::Payload;

use super::write;
use crate::scim::change::Change;
use crate::scim::kind::ResourceKind;
use crate::server::answer::HandlerResult;
use crate::server::context::Current;

/// Creates a user.
///
/// # Errors
/// A body that cannot be read, or what the front door refuses with.
pub(crate) async fn user(req: HttpRequest, payload: Payload, tenant: Current) -> HandlerResult {
    let read = |body, dialect| Change::create(ResourceKind::User, body, dialect);
    write::with_body(&req, payload, &tenant, read).await
}

/// Creates a group.
///
/// # Errors
/// As [`user`].
pub(crate) async fn group(req: HttpRequest, payload: Payload, tenant: Current) -> HandlerResult {
    let read = |body, dialect| Change::create(ResourceKind::Group, body, dialect);
    write::with_body(&req, payload, &tenant, read).await
}
