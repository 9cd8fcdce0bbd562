//! `GET /metrics`: Prometheus text. Counters are kept where things happen; gauges are taken at the moment of asking.

use actix_web::HttpResponse;
use actix_web::web::Data;

use crate::server::state::ServerState;

/// Renders all metrics.
pub async fn handle(state: Data<ServerState>) -> HttpResponse {
    let stats = state.front.stats().await;
    for (name, value) in [
        ("sagas_open", stats.sagas_open),
        ("sagas_stuck", stats.sagas_stuck),
        ("saga_oldest_seconds", stats.oldest_saga_s),
        ("genesys_budget_left", stats.budget_left),
    ] {
        #[expect(clippy::cast_precision_loss, reason = "counts far below 2^52")]
        metrics::gauge!(name).set(value as f64);
    }
    metrics::gauge!("scim_validation_error_ratio").set(state.share.of(state.clock.monotonic_ms()));
    state.metrics.run_upkeep();
    HttpResponse::Ok().content_type("text/plain; version=0.0.4; charset=utf-8").body(state.metrics.render())
}
