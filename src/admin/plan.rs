//! `POST /admin/plan`: a dry run. What would change for a user, in words, and why; nothing is written
//! anywhere.

use actix_web::http::StatusCode;
use actix_web::web::Bytes;

use super::state::{Administration, HandlerResult, json, parse};

/// Answers with the plan.
///
/// # Errors
/// A body that makes no sense, or Genesys cannot be asked.
pub(crate) async fn handle(body: Bytes, state: Administration) -> HandlerResult {
    let plan = state.door.plan(parse(&body)?).await?;
    Ok(json(StatusCode::OK, &plan))
}
