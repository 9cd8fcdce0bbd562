//! The process-wide recorder of metrics, rendered in our own route: no second listener and no push gateway.
//!
//! Which metrics exist is declared in `model::metric`. Installed on first use; several bridges in one process
//! share it, each tenant's numbers under its own label.

use std::sync::OnceLock;

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

use crate::model::metric::{self, MetricKind};

/// Upper bounds in seconds: a directory read takes below a millisecond, a hire some seconds, the deadline is
/// 20.
const BUCKETS: [f64; 13] = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0];

static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();

/// The recorder's handle; installs the recorder on first use.
pub fn handle() -> PrometheusHandle {
    HANDLE
        .get_or_init(|| {
            let histograms = metric::ALL.iter().filter(|metric| metric.kind == MetricKind::Histogram);
            let builder = histograms.fold(PrometheusBuilder::new(), |builder, metric| {
                let name = Matcher::Full(metric.name.to_owned());
                builder.set_buckets_for_metric(name, &BUCKETS).unwrap_or_else(|_| PrometheusBuilder::new())
            });
            let recorder = builder.build_recorder();
            let handle = recorder.handle();
            if metrics::set_global_recorder(recorder).is_err() {
                tracing::warn!("another metrics recorder is installed; /metrics will stay empty");
            }
            describe();
            handle
        })
        .clone()
}

fn describe() {
    for metric in metric::ALL {
        match metric.kind {
            MetricKind::Counter => metrics::describe_counter!(metric.name, metric.help),
            MetricKind::Gauge => metrics::describe_gauge!(metric.name, metric.help),
            MetricKind::Histogram => metrics::describe_histogram!(metric.name, metric.help),
        }
    }
}
