//! The ground that all tenants of a process share: engine runtime, store, clock, ids, recorder of metrics,
//! and the word to stop.
//!
//! Knows no tenant; what is built on it for one: [`super::tenant`]. In which order a bridge comes up:
//! [`super::start`].

use std::sync::Arc;

use metrics_exporter_prometheus::PrometheusHandle;
use tokio::runtime::{Handle, Runtime};
use tokio_util::sync::CancellationToken;

use super::system::{SystemClock, SystemIds};
use super::{Overrides, StartError};
use crate::config::Config;
use crate::model::StoreError;
use crate::model::ports::{Clock, Ids, Store};
use crate::server::recorder;
use crate::store::{self, OpenError, OpenOptions};

/// What the tenants stand on.
pub(super) struct Ground {
    pub(super) engine: Engine,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) ids: Arc<dyn Ids>,
    pub(super) store: Arc<dyn Store>,
    pub(super) recorder: PrometheusHandle,
    pub(super) stop: CancellationToken,
}

impl Ground {
    /// Starts the engine and opens the store.
    ///
    /// # Errors
    /// The system refuses threads, or the data directory cannot be used.
    pub(super) fn lay(config: &Config, overrides: &Overrides) -> Result<Self, StartError> {
        let engine = Engine::new(config.server.workers.max(2)).map_err(StartError::Engine)?;
        let clock = overrides.clock.clone().unwrap_or_else(|| Arc::new(SystemClock::new()));
        let ids = overrides.ids.clone().unwrap_or_else(|| Arc::new(SystemIds));
        let (recorder, stop) = (recorder::handle(), CancellationToken::new());
        let store = open(config, overrides)?;
        Ok(Self { engine, clock, ids, store, recorder, stop })
    }

    /// Does work of the store on the engine and waits for it, before anything else runs.
    ///
    /// # Errors
    /// What the work fails with.
    pub(super) fn on_engine<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T, StoreError>> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (done, wait) = std::sync::mpsc::channel();
        self.engine.handle.spawn(async move { done.send(work.await) });
        wait.recv().map_err(|_| StoreError::Failed("the engine ended while it started".to_owned()))?
    }
}

fn open(config: &Config, overrides: &Overrides) -> Result<Arc<dyn Store>, OpenError> {
    if let Some(other) = &overrides.store {
        return Ok(Arc::clone(other));
    }
    let mut options = OpenOptions::new(&config.data_dir);
    options.cache_bytes = config.store.cache_bytes();
    options.reserve_bytes = config.store.reserve_bytes();
    store::open(&options)
}

/// The engine runtime. Dropped in the background, so that it may be dropped inside of another runtime as
/// well.
pub(super) struct Engine {
    pub(super) handle: Handle,
    runtime: Option<Runtime>,
}

impl Engine {
    fn new(threads: usize) -> std::io::Result<Self> {
        let mut builder = tokio::runtime::Builder::new_multi_thread();
        let runtime = builder.worker_threads(threads).thread_name("engine").enable_all().build()?;
        Ok(Self { handle: runtime.handle().clone(), runtime: Some(runtime) })
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
