//! The process-wide metrics recorder, rendered in our own route: no second listener and no push gateway.
//!
//! Which metrics exist: requests in [`super::track`], errors in [`super::answer`], gauges in `endpoint::metrics`, Genesys
//! calls in `genesys`.

use std::collections::HashMap;
use std::sync::{OnceLock, PoisonError, RwLock};

use metrics::{Counter, Histogram};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

/// Upper bounds in seconds: a directory read takes below a millisecond, a hire some seconds, the deadline is 20.
const BUCKETS: [f64; 13] = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0];

static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();

/// The recorder's handle; installs the recorder on first use. Several bridges in one process share it.
pub fn handle() -> PrometheusHandle {
    HANDLE
        .get_or_init(|| {
            let builder = ["scim_request_seconds", "genesys_call_seconds"].iter().fold(
                PrometheusBuilder::new(),
                |builder, name| match builder
                    .set_buckets_for_metric(Matcher::Full((*name).to_owned()), &BUCKETS)
                {
                    Ok(builder) => builder,
                    Err(_) => PrometheusBuilder::new(),
                },
            );
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

type Meters = HashMap<(&'static str, &'static str, u16), (Counter, Histogram)>;

/// Where requests are counted, looked up once for each kind of request: a look-up in the recorder costs more than a read.
static METERS: RwLock<Option<Meters>> = RwLock::new(None);

/// Counts one request. Method and resource are from a fixed set of words.
pub fn request(method: &'static str, resource: &'static str, status: u16, millis: u64) {
    let key = (method, resource, status);
    #[expect(clippy::cast_precision_loss, reason = "a request takes far fewer than 2^52 milliseconds")]
    let seconds = millis as f64 / 1000.0;
    {
        let known = METERS.read().unwrap_or_else(PoisonError::into_inner);
        if let Some((counter, histogram)) = known.as_ref().and_then(|known| known.get(&key)) {
            counter.increment(1);
            histogram.record(seconds);
            return;
        }
    }
    let counter = metrics::counter!(
        "scim_requests_total", "method" => method, "resource" => resource, "status" => status.to_string()
    );
    let histogram = metrics::histogram!("scim_request_seconds", "method" => method, "resource" => resource);
    counter.increment(1);
    histogram.record(seconds);
    // Before the recorder is there, what is counted goes nowhere, and must not be remembered as going there.
    if HANDLE.get().is_some() {
        let mut known = METERS.write().unwrap_or_else(PoisonError::into_inner);
        known.get_or_insert_default().insert(key, (counter, histogram));
    }
}

fn describe() {
    metrics::describe_counter!("genesys_calls_total", "Calls to Genesys Cloud by operation and verdict");
    metrics::describe_histogram!("genesys_call_seconds", "Time of a call to Genesys Cloud");
    metrics::describe_counter!("genesys_tokens_total", "Access tokens fetched from Genesys Cloud");
    metrics::describe_counter!("sagas_total", "Sagas that ended, by outcome");
    metrics::describe_counter!("recompute_postponed_total", "Users whose recomputation had to wait");
    metrics::describe_counter!("scim_requests_total", "Requests by method, resource and status");
    metrics::describe_histogram!("scim_request_seconds", "Time from the request's headers to its answer");
    metrics::describe_counter!("scim_validation_errors_total", "Answers 400 by scimType");
    metrics::describe_gauge!("scim_validation_error_ratio", "Share of answers 400 in the last five minutes");
    metrics::describe_counter!("scim_conflicts_total", "Answers 409");
    metrics::describe_gauge!("sagas_open", "Sagas that have not ended, stuck ones included");
    metrics::describe_gauge!("sagas_stuck", "Sagas that wait for an administrator");
    metrics::describe_gauge!("saga_oldest_seconds", "Age of the oldest open saga");
    metrics::describe_gauge!("genesys_budget_left", "Genesys calls that could be made right now");
}
