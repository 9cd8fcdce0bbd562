//! `GET /Users/{id}`, `GET /Groups/{id}` (RFC 7644 section 3.4.1), `HEAD` too: with ETag, and 304 for what
//! the client has.
//!
//! Answered from the directory alone. How the resource is put together: `view`.

use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use actix_web::http::header::IF_NONE_MATCH;
use actix_web::web::Path;

use crate::scim::error::ScimError;
use crate::scim::etag::Precondition;
use crate::scim::kind::ResourceKind;
use crate::scim::projection::Projection;
use crate::scim::render;
use crate::scim::store_fault::store_fault;
use crate::server::answer::HandlerResult;
use crate::server::context::Current;
use crate::server::reads::Stored;
use crate::server::{answer, query, slow_reads, view};

/// A group of up to so many members is read on the thread that serves requests.
const QUICK_MEMBERS: usize = 1000;

/// Shows a user.
///
/// # Errors
/// 404 when there is none; 400 for bad `attributes`.
pub(crate) async fn user(req: HttpRequest, id: Path<String>, tenant: Current) -> HandlerResult {
    handle(ResourceKind::User, &req, &id, &tenant).await
}

/// Shows a group.
///
/// # Errors
/// As [`user`].
pub(crate) async fn group(req: HttpRequest, id: Path<String>, tenant: Current) -> HandlerResult {
    handle(ResourceKind::Group, &req, &id, &tenant).await
}

async fn handle(kind: ResourceKind, req: &HttpRequest, id: &str, tenant: &Current) -> HandlerResult {
    let projection = view::projection(kind, &query::pairs(req.query_string())?)?;
    let stored = tenant.reads.get(kind, id).await.map_err(|error| store_fault(&error))?;
    let stored = stored.ok_or_else(|| ScimError::not_found(format!("There is no {kind} with this id.")))?;
    let tag = view::tag(&stored);
    let location = render::location(tenant.settings.base_url(), kind, &stored.id);
    // What is still going on is told under one version: whoever asks while it does gets an answer.
    let mut response = if !stored.telling && has_already(req, stored.version) {
        answer::empty(StatusCode::NOT_MODIFIED)
    } else {
        show(kind, stored, projection, tenant).await?
    };
    answer::describe(&mut response, &tag, Some(&location));
    Ok(response)
}

/// The resource as an answer. A group with many members is read as a long listing is.
async fn show(kind: ResourceKind, stored: Stored, projection: Projection, tenant: &Current) -> HandlerResult {
    let many = kind == ResourceKind::Group
        && projection.wants("members")
        && tenant
            .reads
            .more_members_than(&stored.id, QUICK_MEMBERS)
            .await
            .map_err(|error| store_fault(&error))?;
    if !many {
        let text = view::body(tenant, kind, &stored, &projection).await?;
        return Ok(answer::text(StatusCode::OK, text, tenant.pace(None)));
    }
    let place = tenant.settings.slow_reads.place(tenant.client(), &tenant.clock).await?;
    let own = tenant.clone();
    let reading = async move { view::body(&own, kind, &stored, &projection).await };
    let (text, place) = slow_reads::aside(place, reading).await?;
    Ok(answer::text(StatusCode::OK, text, tenant.pace(Some(place))))
}

/// Whether `If-None-Match` names the version at hand. A header that cannot be read matches nothing.
fn has_already(req: &HttpRequest, version: u64) -> bool {
    req.headers().get_all(IF_NONE_MATCH).any(|line| {
        let condition = line.to_str().ok().and_then(|text| Precondition::parse(text).ok());
        condition.is_some_and(|it| it.matches(version))
    })
}
