//! `/admin/import`: fills the directory with the users and groups that Genesys already has; `GET` tells how
//! far it is.

use actix_web::HttpRequest;
use actix_web::http::StatusCode;

use super::state::{Administration, HandlerResult, json};

/// `POST`: runs an import and answers with what it found.
///
/// # Errors
/// Genesys cannot be read to the end.
pub(crate) async fn start(req: HttpRequest, state: Administration) -> HandlerResult {
    state.note(&req, "import", "-").await?;
    let found = state.door.import().await?;
    Ok(json(StatusCode::OK, &found))
}

/// `GET`: how far it is.
///
/// # Errors
/// None.
pub(crate) async fn progress(state: Administration) -> HandlerResult {
    Ok(json(StatusCode::OK, &state.door.import_progress()))
}
