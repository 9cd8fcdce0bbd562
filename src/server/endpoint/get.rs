//! `GET /Users/{id}`, `GET /Groups/{id}` (RFC 7644 section 3.4.1), `HEAD` too: with ETag, and 304 for what the client has.
//!
//! Answered from the directory alone. How the resource is put together: `view`.

use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use actix_web::http::header::IF_NONE_MATCH;
use actix_web::web::{Data, Path};

use crate::scim::error::ScimError;
use crate::scim::etag::Precondition;
use crate::scim::kind::ResourceKind;
use crate::scim::render;
use crate::server::routes::Answer;
use crate::server::state::ServerState;
use crate::server::{answer, query, view};

/// Shows a user.
///
/// # Errors
/// 404 when there is none; 400 for bad `attributes`.
pub async fn user(req: HttpRequest, id: Path<String>, state: Data<ServerState>) -> Answer {
    handle(ResourceKind::User, &req, &id, &state).await
}

/// Shows a group.
///
/// # Errors
/// As [`user`].
pub async fn group(req: HttpRequest, id: Path<String>, state: Data<ServerState>) -> Answer {
    handle(ResourceKind::Group, &req, &id, &state).await
}

async fn handle(kind: ResourceKind, req: &HttpRequest, id: &str, state: &ServerState) -> Answer {
    let projection = view::projection(kind, &query::pairs(req.query_string())?)?;
    let stored = state.reads.get(kind, id).await.map_err(|error| answer::store_fault(&error))?;
    let stored = stored.ok_or_else(|| ScimError::not_found(format!("There is no {kind} with this id.")))?;
    let tag = view::tag(&stored);
    let location = render::location(state.settings.base_url(), kind, &stored.id);
    // What is still going on is told under one version: whoever asks while it does gets an answer.
    let mut response = if !stored.telling && has_already(req, stored.version) {
        answer::empty(StatusCode::NOT_MODIFIED)
    } else {
        answer::text(StatusCode::OK, view::body(state, kind, &stored, &projection).await?)
    };
    answer::describe(&mut response, &tag, Some(&location));
    Ok(response)
}

/// Whether `If-None-Match` names the version at hand. A header that cannot be read matches nothing.
fn has_already(req: &HttpRequest, version: u64) -> bool {
    req.headers().get_all(IF_NONE_MATCH).any(|line| {
        let condition = line.to_str().ok().and_then(|text| Precondition::parse(text).ok());
        condition.is_some_and(|it| it.matches(version))
    })
}
