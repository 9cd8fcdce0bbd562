//! `GET /readyz`: 200 when requests can be served well, else 503 with the reasons for an operator.
//!
//! The reasons come from the front doors of all tenants: import not done, store unhealthy, Genesys refuses
//! our credentials.

use actix_web::HttpResponse;
use actix_web::web::Data;
use serde_json::json;

use crate::server::state::ServerState;

/// Says whether it is ready and, if not, why.
pub(crate) async fn handle(state: Data<ServerState>) -> HttpResponse {
    let mut reasons = Vec::new();
    for tenant in state.tenants.iter() {
        reasons.extend(tenant.front.unready().await);
    }
    let mut response =
        if reasons.is_empty() { HttpResponse::Ok() } else { HttpResponse::ServiceUnavailable() };
    response
        .content_type("application/json")
        .body(json!({ "ready": reasons.is_empty(), "reasons": reasons }).to_string())
}
