//! `POST /admin/plan`: a dry run. What would change for a user, in words, and why; nothing is written
//! anywhere. `POST /admin/plan/rules`: what other rules would change for everybody.

use std::convert::Infallible;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Bytes, Payload};
use futures_util::stream::poll_fn;

use super::state::{Administration, HandlerResult, json, parse};
use crate::limits;
use crate::scim::error::ScimError;

/// Answers with the plan.
///
/// # Errors
/// A body that makes no sense, or Genesys cannot be asked.
pub(crate) async fn handle(body: Bytes, state: Administration) -> HandlerResult {
    let plan = state.door.plan(parse(&body)?).await?;
    Ok(json(StatusCode::OK, &plan))
}

/// Answers with lines of JSON while everybody is looked at, each difference on its own where the body asks for
/// `lines`; the last line holds the sums.
///
/// # Errors
/// 413 for a body that is too large, 400 with the place of what is wrong with the rules, 429 while somebody else's
/// are tried out.
pub(crate) async fn under_rules(body: Payload, state: Administration) -> HandlerResult {
    let most = limits::NEW_RULES_BYTES;
    let body = body.to_bytes_limited(most).await.map_err(|_| {
        ScimError::payload_too_large(format!("The rules are larger than {most} bytes; send fewer."))
    })?;
    let body = body.map_err(|_| ScimError::invalid_syntax("The request body cannot be read."))?;
    let mut lines = state.door.under_rules(parse(&body)?).await?;
    let lines = poll_fn(move |at| lines.poll_recv(at).map(|line| line.map(Ok::<_, Infallible>)));
    Ok(HttpResponse::Ok().content_type("application/x-ndjson").streaming(lines))
}
