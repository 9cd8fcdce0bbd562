//! `POST /admin/plan`: a dry run. What would change for a user, in words, and why; nothing is written anywhere.

use actix_web::http::StatusCode;
use actix_web::web::{Bytes, Data};

use super::state::{AdminState, Answer, json, parse};

/// Answers with the plan.
///
/// # Errors
/// A body that makes no sense, or Genesys cannot be asked.
pub async fn handle(body: Bytes, state: Data<AdminState>) -> Answer {
    let plan = state.door.plan(parse(&body)?).await?;
    Ok(json(StatusCode::OK, &plan))
}
