//! How a bridge ends: by a signal or by its owner; requests finish, sagas reach a safe point, the store is
//! closed.

use std::sync::{Arc, mpsc};

use super::Running;
use crate::bridge::Bridge;
use crate::import::from_genesys::{ImportError, Progress, import};
use crate::limits;
use crate::model::ports::Store;
use crate::server::Listening;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// Exit code of a process that was told twice to stop, as shells know it.
const INTERRUPTED: i32 = 130;

/// How an end was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stopped {
    /// Whether every saga reached a safe point in time. All are safe on disk either way.
    pub quiet: bool,
}

async fn end(
    listening: Vec<Listening>,
    bridge: Arc<Bridge>,
    stop: CancellationToken,
    store: Arc<dyn Store>,
) -> Stopped {
    for one in listening {
        one.stop().await;
    }
    stop.cancel();
    let quiet = bridge.quiet(limits::STOP_GRACE).await;
    if let Err(error) = store.close().await {
        tracing::error!(%error, "the store did not close well; what was acknowledged is safe");
    }
    tracing::info!(quiet, "stopped");
    Stopped { quiet }
}

impl Running {
    /// Takes no more requests, lets running ones and the steps in flight finish, closes the store. Open sagas
    /// go on at the next start.
    pub async fn stop(mut self) -> Stopped {
        let work = self.ending();
        self.ground.engine.handle.spawn(work).await.unwrap_or(Stopped { quiet: false })
    }

    /// As [`Running::stop`], for callers outside of a runtime.
    pub fn stop_blocking(mut self) -> Stopped {
        let work = self.ending();
        let (done, wait) = mpsc::channel();
        self.ground.engine.handle.spawn(async move { done.send(work.await) });
        wait.recv().unwrap_or(Stopped { quiet: false })
    }

    /// Serves until SIGINT or SIGTERM, then stops well. A second signal ends the process at once, with code
    /// 130: what was acknowledged is safe, and open sagas go on at the next start.
    ///
    /// # Errors
    /// The system does not let us listen for signals.
    pub fn serve_until_signal(self) -> std::io::Result<Stopped> {
        let (sent, wait) = mpsc::channel();
        self.ground.engine.handle.spawn(async move {
            let signals = Signals::new();
            match signals {
                Ok(mut signals) => {
                    signals.next().await;
                    drop(sent.send(Ok(())));
                    signals.next().await;
                    tracing::warn!("told to stop a second time: ending at once");
                    std::process::exit(INTERRUPTED);
                }
                Err(error) => drop(sent.send(Err(error))),
            }
        });
        match wait.recv() {
            Ok(Ok(())) => {
                tracing::info!("stopping");
                Ok(self.stop_blocking())
            }
            Ok(Err(error)) => Err(error),
            Err(_) => Ok(self.stop_blocking()),
        }
    }

    /// Imports what Genesys has, on the engine.
    ///
    /// # Errors
    /// See [`ImportError`].
    pub async fn import(&self) -> Result<Progress, ImportError> {
        let (parts, progress) = (Arc::clone(&self.tenant.import), self.tenant.progress.clone());
        let task = self.ground.engine.handle.spawn(async move { import(&parts, &progress).await });
        match task.await {
            Ok(result) => result,
            Err(error) => Err(ImportError::NoAnswer { what: "anything", reason: error.to_string() }),
        }
    }

    fn ending(&mut self) -> impl Future<Output = Stopped> + Send + 'static {
        let (stop, store) = (self.ground.stop.clone(), Arc::clone(&self.ground.store));
        end(std::mem::take(&mut self.listening), Arc::clone(&self.tenant.bridge), stop, store)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.ground.stop.cancel();
        for one in self.listening.drain(..) {
            one.abandon();
        }
    }
}

/// SIGINT and SIGTERM, from now on for as long as it lives.
struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    fn new() -> std::io::Result<Self> {
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    async fn next(&mut self) {
        tokio::select! {
            biased;
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}
