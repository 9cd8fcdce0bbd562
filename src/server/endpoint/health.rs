//! `GET /healthz`: 200 while the process serves, 503 once only another start helps: its disk refused a write, for
//! example, so that a supervisor acts. Says nothing about Genesys; that is `/readyz`.

use actix_web::HttpResponse;
use actix_web::web::Data;
use serde_json::json;

use crate::server::state::ServerState;

/// Says that it is alive, or why it should be started again.
pub(crate) async fn handle(state: Data<ServerState>) -> HttpResponse {
    let why: Vec<String> = state.tenants.iter().filter_map(|tenant| tenant.front.to_be_restarted()).collect();
    let mut answer = if why.is_empty() { HttpResponse::Ok() } else { HttpResponse::ServiceUnavailable() };
    let body =
        if why.is_empty() { json!({ "alive": true }) } else { json!({ "alive": false, "restart": why }) };
    answer.content_type("application/json").body(body.to_string())
}
