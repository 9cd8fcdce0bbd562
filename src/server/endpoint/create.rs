//! `POST /Users`, `POST /Groups` (RFC 7644 section 3.3): 201 with `Location` and `ETag`.
//!
//! Whether it may be created is decided behind the front door. What the writes share: `write`.

use actix_web::HttpRequest;
use actix_web::web::{Data, Payload};

use super::write;
use crate::scim::change::Change;
use crate::scim::kind::ResourceKind;
use crate::server::body;
use crate::server::routes::Answer;
use crate::server::state::ServerState;

/// Creates a user.
///
/// # Errors
/// A body that cannot be read, or what the front door refuses with.
pub async fn user(req: HttpRequest, payload: Payload, state: Data<ServerState>) -> Answer {
    handle(ResourceKind::User, &req, payload, &state).await
}

/// Creates a group.
///
/// # Errors
/// As [`user`].
pub async fn group(req: HttpRequest, payload: Payload, state: Data<ServerState>) -> Answer {
    handle(ResourceKind::Group, &req, payload, &state).await
}

async fn handle(kind: ResourceKind, req: &HttpRequest, payload: Payload, state: &ServerState) -> Answer {
    let body = body::read(req, payload, state).await?;
    write::submit(req, state, Change::create(kind, body, state.settings.dialect)?).await
}
