//! `POST /Bulk` (RFC 7644 section 3.7): many changes in one request, one after another, each as if it had
//! been sent alone.
//!
//! Each goes through the same front door as a single request, with a request id of its own (`<id>.<place>`),
//! and is all or nothing by itself; the request as a whole is not. Operations are begun for a limited time;
//! the rest is answered 503. A client that goes away ends the job: what was handed over is finished, what was
//! not is never begun. Order, references and the response are in `scim::bulk`.

use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::web::Payload;
use actix_web::{HttpRequest, HttpResponse};

use crate::bridge::{Answer, Done, Reply, Submission};
use crate::model::Cause;
use crate::scim::bulk::{BulkJob, Next, Work};
use crate::scim::change::Change;
use crate::scim::error::ScimError;
use crate::scim::kind::ResourceKind;
use crate::server::answer::HandlerResult;
use crate::server::context::{self, Current};
use crate::server::tenant::Tenant;
use crate::server::{answer, body, view};

/// Seconds after which a client may send again what there was no time for.
const RETRY_S: u32 = 5;

/// Carries out a bulk request.
///
/// # Errors
/// A body that cannot be read, or that is no bulk request; 413 when it is too large. Failures of single operations are part of
/// the 200.
pub(crate) async fn handle(req: HttpRequest, payload: Payload, tenant: Current) -> HandlerResult {
    let (base, dialect) = (tenant.settings.base_url().to_owned(), tenant.settings.dialect);
    let parse = move |body| BulkJob::parse(body, &base, dialect);
    let mut job = body::read_bulk(&req, payload, &tenant, parse).await?;
    let cause = context::cause(&req);
    let began = tenant.clock.monotonic_ms();
    // Whoever sends one of the names again while this is there is not this client trying anew.
    let (mut made, company) = (Vec::new(), Arc::new(()));
    while let Some(next) = job.next() {
        let (index, kind) = (next.index, next.kind);
        let over = u128::from(tenant.clock.monotonic_ms().saturating_sub(began))
            >= tenant.settings.bulk_begin.as_millis();
        let result = if over { Err(no_time()) } else { submit(next, &cause, &company, &tenant).await };
        match result {
            Ok((reply, name)) => {
                made.extend(name.map(|name| (kind, name)));
                note(&mut job, index, kind, &reply, &tenant).await;
            }
            Err(fault) => job.failed(index, fault),
        }
    }
    // Not reached when the client has left: then it has seen nothing, and may send all of it again.
    tenant.front.answered(&cause, &made).await;
    drop(company);
    Ok(respond(&job, &tenant))
}

/// Hands one operation over; with the reply comes the name of what a POST made.
async fn submit(
    next: Next,
    cause: &Cause,
    company: &Arc<()>,
    tenant: &Tenant,
) -> Result<(Reply, Option<String>), ScimError> {
    let dialect = tenant.settings.dialect;
    let change = match next.work {
        Work::Create(body) => Change::create(next.kind, body, dialect)?,
        Work::Replace(id, body) => Change::replace(next.kind, id, body, dialect)?,
        Work::Patch(id, body) => Change::patch(next.kind, id, body, dialect)?,
        Work::Delete(id) => Change::delete(next.kind, id),
    };
    let name = change.created().map(|created| created.name().to_owned());
    let asked = Submission {
        change: change.under(next.version.as_deref())?,
        cause: Cause { request: format!("{}.{}", cause.request, next.index + 1), ..cause.clone() },
        deadline: tenant.settings.deadline,
        answer: Answer::WithOthers(Arc::downgrade(company)),
    };
    Ok((tenant.front.submit(asked).await?, name))
}

/// Writes down what was done. It is done whether or not its version can be read just now.
async fn note(job: &mut BulkJob, index: usize, kind: ResourceKind, reply: &Reply, tenant: &Tenant) {
    let status = match reply.done {
        Done::Created => StatusCode::CREATED,
        Done::Changed => StatusCode::OK,
        Done::Deleted => StatusCode::NO_CONTENT,
    };
    let tag = match (reply.done, tenant.reads.get(kind, &reply.id).await) {
        (Done::Created | Done::Changed, Ok(Some(stored))) => Some(view::tag(&stored)),
        (_, Err(error)) => {
            tracing::error!(%error, "the version of a bulk operation cannot be read");
            None
        }
        _ => None,
    };
    job.done(index, kind, status.as_u16(), &reply.id, tag);
    if reply.pending {
        job.retry_after(answer::PENDING_RETRY_S);
    }
}

fn respond(job: &BulkJob, tenant: &Tenant) -> HttpResponse {
    job.faults().for_each(|fault| tenant.metrics.told(fault.into()));
    let mut response = answer::json(StatusCode::OK, &job.response(tenant.settings.base_url()));
    if let Some(seconds) = job.retry_after_s() {
        answer::retry_after(&mut response, seconds);
    }
    response
}

fn no_time() -> ScimError {
    ScimError::unavailable(
        RETRY_S,
        "The time for this bulk request was used up before this operation was begun; send it again.",
    )
}
