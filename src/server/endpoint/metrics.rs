//! `GET /metrics`: Prometheus text. Counters are kept where things happen; gauges are brought up to date when
//! somebody asks, from numbers that are at hand: this route is open, and nobody may make the bridge work by
//! asking.

use actix_web::HttpResponse;
use actix_web::web::Data;

use crate::model::metric;
use crate::server::state::ServerState;
use crate::server::tenant::Tenant;

/// Renders all metrics.
pub(crate) async fn handle(state: Data<ServerState>) -> HttpResponse {
    let now_ms = state.clock.monotonic_ms();
    for tenant in state.tenants.iter() {
        refresh(tenant).await;
        tenant.metrics.refresh(now_ms);
    }
    state.recorder.run_upkeep();
    HttpResponse::Ok().content_type("text/plain; version=0.0.4; charset=utf-8").body(state.recorder.render())
}

async fn refresh(tenant: &Tenant) {
    let stats = tenant.front.stats().await;
    let id = tenant.id.as_str();
    #[expect(clippy::cast_precision_loss, reason = "numbers far below 2^52")]
    for (gauge, value) in [
        (&metric::SAGAS_OPEN, stats.open as f64),
        (&metric::SAGAS_STUCK, stats.stuck as f64),
        (&metric::SAGA_OLDEST_AGE, stats.oldest_s as f64),
        (&metric::SAGA_STUCK_OLDEST_AGE, stats.stuck_oldest_s as f64),
        (&metric::GENESYS_BUDGET_LEFT, f64::from(stats.budget_left)),
    ] {
        gauge.of(id, []).set(value);
    }
}
