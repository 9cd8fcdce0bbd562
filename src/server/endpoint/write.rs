//! What POST, PUT, PATCH and DELETE share: the change that is handed to the front door, and the answer to a
//! reply.
//!
//! What is asked for was read by the endpoint into a `scim::change`. A 2xx is built only from a `Reply`.

use actix_web::http::StatusCode;
use actix_web::http::header::IF_MATCH;
use actix_web::web::Payload;
use actix_web::{HttpRequest, HttpResponse};
use serde_json::Value;

use crate::bridge::{Answer, Done, Reply, Submission};
use crate::limits;
use crate::scim::change::{Action, Change};
use crate::scim::dialect::Dialect;
use crate::scim::error::ScimError;
use crate::scim::kind::ResourceKind;
use crate::scim::render;
use crate::scim::store_fault::store_fault;
use crate::server::answer::HandlerResult;
use crate::server::context::cause;
use crate::server::tenant::Tenant;
use crate::server::{answer, body, query, view};

/// Reads the body of a request into a change, hands it to the front door and answers.
pub(super) async fn with_body(
    req: &HttpRequest,
    payload: Payload,
    tenant: &Tenant,
    read: impl FnOnce(Value, Dialect) -> Result<Change, ScimError> + Send + 'static,
) -> HandlerResult {
    let dialect = tenant.settings.dialect;
    let change = body::read(req, payload, tenant, move |body| read(body, dialect)).await?;
    submit(req, tenant, change).await
}

/// Hands a change to the front door and answers.
pub(super) async fn submit(req: &HttpRequest, tenant: &Tenant, change: Change) -> HandlerResult {
    let kind = change.kind();
    let pairs = query::pairs(req.query_string())?;
    let projection = view::projection(kind, &pairs)?;
    // Who names attributes is answered 200 with them (RFC 7644 section 3.5.2).
    let asked = query::first(&pairs, "attributes").is_some();
    let short = matches!(change.action(), Action::Patch(..)) && kind == ResourceKind::Group && !asked;
    let change = change.under(if_match(req)?.as_deref())?;
    let asked =
        Submission { change, cause: cause(req), deadline: tenant.settings.deadline, answer: Answer::Alone };
    let reply = tenant.front.submit(asked).await?;
    let mut response = respond(kind, tenant, &reply, &projection, short).await?;
    if reply.pending {
        answer::pending(&mut response);
    }
    Ok(response)
}

async fn respond(
    kind: ResourceKind,
    tenant: &Tenant,
    reply: &Reply,
    projection: &crate::scim::projection::Projection,
    short: bool,
) -> Result<HttpResponse, ScimError> {
    let status = match reply.done {
        Done::Deleted => return Ok(answer::empty(StatusCode::NO_CONTENT)),
        Done::Created => StatusCode::CREATED,
        Done::Changed => StatusCode::OK,
    };
    let stored = tenant.reads.get(kind, &reply.id).await.map_err(|error| store_fault(&error))?;
    let Some(stored) = stored else {
        // It was committed and is gone again: somebody deleted it in between. The change itself was done.
        return Ok(answer::empty(StatusCode::NO_CONTENT));
    };
    let location = render::location(tenant.settings.base_url(), kind, &stored.id);
    let mut response = if short && large(tenant, &stored.id).await? {
        answer::empty(StatusCode::NO_CONTENT)
    } else {
        answer::text(status, view::body(tenant, kind, &stored, projection).await?, tenant.pace(None))
    };
    answer::describe(&mut response, &view::tag(&stored), Some(&location));
    Ok(response)
}

async fn large(tenant: &Tenant, group: &str) -> Result<bool, ScimError> {
    let more = tenant.reads.more_members_than(group, limits::PATCH_BODY_MEMBERS).await;
    more.map_err(|error| store_fault(&error))
}

/// All `If-Match` lines as one list (RFC 9110 section 5.2).
fn if_match(req: &HttpRequest) -> Result<Option<String>, ScimError> {
    let mut lines = Vec::new();
    for line in req.headers().get_all(IF_MATCH) {
        let line = line.to_str();
        lines.push(line.map_err(|_| ScimError::invalid_value("If-Match is not a list of ETags."))?);
    }
    Ok((!lines.is_empty()).then(|| lines.join(", ")))
}
