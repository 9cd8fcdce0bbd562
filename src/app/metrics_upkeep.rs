//! What keeps `/metrics` cheap: open sagas and work that is left are counted now and then in the background, and measured times are
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
use crate::directory::Directory;
use crate::directory::work::WorkReason;
use crate::model::ports::Clock;
use crate::model::{TenantId, metric};

/// Pause between two foldings of the metrics.
const FOLDING: Duration = Duration::from_secs(30);
/// Pause between two countings of the work that is left.
const COUNTING_WORK: Duration = Duration::from_secs(60);
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

/// Counts the work of a tenant that is left until the bridge stops.
pub(super) fn count_work(
    engine: &Handle,
    directory: &Arc<Directory>,
    tenant: &TenantId,
    clock: &Arc<dyn Clock>,
    stop: CancellationToken,
) {
    let (directory, tenant, clock) = (Arc::clone(directory), tenant.clone(), Arc::clone(clock));
    engine.spawn(async move {
        loop {
            match directory.work_counts().await {
                Ok(counts) => {
                    let now = clock.now_ms();
                    for reason in WorkReason::ALL {
                        let (users, since_ms) = counts.get(&reason).copied().unwrap_or((0, now));
                        let labels = [reason.as_str()];
                        let age_s = now.saturating_sub(since_ms).max(0) / 1000;
                        #[expect(clippy::cast_precision_loss, reason = "numbers far below 2^52")]
                        let (users, age_s) = (users as f64, age_s as f64);
                        metric::WORK_USERS.of(tenant.as_str(), labels).set(users);
                        metric::WORK_OLDEST_AGE.of(tenant.as_str(), labels).set(age_s);
                    }
                }
                Err(error) => tracing::error!(%error, "work records cannot be read"),
            }
            tokio::select! {
                biased;
                () = stop.cancelled() => return,
                () = clock.sleep(COUNTING_WORK) => {}
            }
        }
    });
}
