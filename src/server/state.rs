//! The ground that all tenants share: how the socket is served, the clock, request ids and the recorder of
//! metrics.
//!
//! Built once, outside the worker factory, by `app`. What belongs to one tenant is in [`super::tenant`], and
//! nowhere here.

use std::sync::Arc;
use std::time::Duration;

use metrics_exporter_prometheus::PrometheusHandle;

use super::request_metrics::RequestMetrics;
use super::tenant::Tenants;
use crate::limits;
use crate::model::metric::NO_TENANT;
use crate::model::ports::Clock;

/// How the socket is served.
#[derive(Clone, Copy, Debug)]
pub struct ListenSettings {
    /// Worker threads.
    pub workers: usize,
    /// How long headers may take to arrive.
    pub headers_wait: Duration,
    /// How long a client may take nothing of what was sent to it.
    pub write_wait: Duration,
    /// Most connections of one address; 0 for as many as it likes.
    pub connections_per_address: usize,
}

impl Default for ListenSettings {
    fn default() -> Self {
        Self {
            workers: 2,
            headers_wait: limits::HEADERS_WAIT,
            write_wait: limits::WRITE_WAIT,
            connections_per_address: limits::CONNECTIONS_PER_ADDRESS,
        }
    }
}

/// Makes request ids.
pub type RequestIds = Arc<dyn Fn() -> String + Send + Sync>;

/// What every worker shares.
pub struct ServerState {
    /// How the socket is served.
    pub listen: ListenSettings,
    /// Whom it is served for.
    pub tenants: Tenants,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Fresh request ids.
    pub request_ids: RequestIds,
    /// Renders the metrics of all tenants.
    pub recorder: PrometheusHandle,
    /// Requests that are no tenant's, counted.
    pub metrics: RequestMetrics,
}

impl ServerState {
    /// The shared ground of these tenants.
    pub fn new(
        listen: ListenSettings,
        tenants: Tenants,
        clock: Arc<dyn Clock>,
        request_ids: RequestIds,
        recorder: PrometheusHandle,
    ) -> Self {
        Self { listen, tenants, clock, request_ids, recorder, metrics: RequestMetrics::new(NO_TENANT) }
    }
}
