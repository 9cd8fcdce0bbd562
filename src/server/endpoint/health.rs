//! `GET /healthz`: the process is alive and its HTTP threads answer. Says nothing about Genesys; that is
//! `/readyz`.

use actix_web::HttpResponse;
use serde_json::json;

/// Says that it is alive.
pub(crate) async fn handle() -> HttpResponse {
    HttpResponse::Ok().content_type("application/json").body(json!({ "alive": true }).to_string())
}
