//! What keeps `/metrics` cheap: open sagas are counted now and then in the background, and measured times are
//! folded into their histograms.
//!
//! The route is open and must not make anybody read the journal; where nobody asks for it, times would pile
//! up. The route itself is `server::endpoint::metrics`.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;

use crate::bridge::{Bridge, Stats};
use crate::model::ports::Clock;

/// Pause between two foldings of the metrics.
const FOLDING: Duration = Duration::from_secs(30);
/// Pause between two countings of the open sagas.
const COUNTING: Duration = Duration::from_secs(10);

/// Folds measured times into their histograms until the bridge stops.
pub(super) fn fold(
    engine: &Handle,
    recorder: PrometheusHandle,
    clock: &Arc<dyn Clock>,
    stop: CancellationToken,
) {
    let clock = Arc::clone(clock);
    engine.spawn(async move {
        loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => return,
                () = clock.sleep(FOLDING) => recorder.run_upkeep(),
            }
        }
    });
}

/// Counts the open sagas of a tenant until the bridge stops. While the journal cannot be read the last
/// numbers stand.
pub(super) fn count_sagas(
    engine: &Handle,
    bridge: &Arc<Bridge>,
    stats: &Arc<ArcSwap<Stats>>,
    clock: &Arc<dyn Clock>,
    stop: CancellationToken,
) {
    let (bridge, stats, clock) = (Arc::clone(bridge), Arc::clone(stats), Arc::clone(clock));
    engine.spawn(async move {
        loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => return,
                () = clock.sleep(COUNTING) => {}
            }
            match bridge.stats().await {
                Ok(now) => stats.store(Arc::new(now)),
                Err(error) => tracing::error!(%error, "the journal cannot be read"),
            }
        }
    });
}
