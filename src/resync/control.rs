//! Beginning, watching and ending runs: one at a time for a tenant, in the background, going on after a restart.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::run::{Counts, End, Estimate, Mode, Phase, Place, Run, Scope, Why};
use super::runs::Runs;
use super::{Halt, ResyncParts};
use crate::model::{Batch, Cause, DriftClass, StoreError, UserId};

/// Pause before a run goes on whose store refused.
const TROUBLE: Duration = Duration::from_secs(30);

/// What is asked for.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    /// Whom it is about.
    pub(crate) scope: Scope,
    /// What it does.
    pub(crate) mode: Mode,
    /// Whether a repair may change however many people.
    pub(crate) many: bool,
}

/// Why a run does not begin.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StartFault {
    /// One is under way.
    #[error("run {0} is under way; wait for its end, or cancel it")]
    Running(String),
    /// The user is none that the bridge manages.
    #[error("there is no user {0} that the bridge manages")]
    NoUser(String),
    /// What there is to list cannot be found out.
    #[error("{0}")]
    Genesys(String),
    /// The store refuses.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<Halt> for StartFault {
    fn from(halt: Halt) -> Self {
        match halt {
            Halt::Store(error) => Self::Store(error),
            other => Self::Genesys(other.to_string()),
        }
    }
}

/// A run at work.
pub(super) struct Live {
    pub(super) run: Run,
    pub(super) cancelled: CancellationToken,
}

impl Live {
    /// Counts what a page showed, once: not when the page is read again.
    pub(super) fn count(&mut self, class: DriftClass, of: usize) {
        if of > 0 && !self.run.place.again {
            *self.run.counts.by_class.entry(class).or_default() += of as u64;
        }
    }

    /// Whether it may go on.
    pub(super) fn go_on(&self, parts: &ResyncParts) -> Result<(), Halt> {
        if self.cancelled.is_cancelled() {
            return Err(Halt::Cancelled);
        }
        if parts.stop.is_cancelled() { Err(Halt::Stopped) } else { Ok(()) }
    }
}

/// The runs of a tenant.
pub(crate) struct Resync {
    parts: Arc<ResyncParts>,
    /// The one at work, and what ends it.
    current: Mutex<Option<(String, CancellationToken)>>,
    /// One at a time decides whether one begins.
    beginning: tokio::sync::Mutex<()>,
}

impl ResyncParts {
    pub(super) fn runs(&self) -> Runs {
        Runs::new(self.tenant.clone(), Arc::clone(&self.store))
    }

    /// Writes the run's record with what else changed.
    pub(super) async fn keep(&self, live: &mut Live, mut batch: Batch) -> Result<(), Halt> {
        live.run.updated_ms = self.clock.now_ms();
        self.runs().put_run(&mut batch, &live.run)?;
        self.store.commit(batch).await?;
        Ok(())
    }

    /// All phases that are left.
    async fn all(&self, live: &mut Live) -> Result<(), Halt> {
        loop {
            live.go_on(self)?;
            match live.run.phase {
                Phase::List => self.sweep(live).await?,
                Phase::Compare => self.find_the_gone(live).await?,
                Phase::Confirm => self.confirm(live).await?,
                Phase::Apply => {
                    let end = self.conclude(live).await?;
                    live.run.finish(end, self.clock.now_ms());
                    return self.keep(live, Batch::new()).await;
                }
                Phase::Done => return Ok(()),
            }
        }
    }

    /// Runs until the end, however often the store refuses on the way.
    async fn drive(&self, live: &mut Live) -> Result<(), Halt> {
        loop {
            match self.all(live).await {
                Err(Halt::Cancelled) => {
                    live.run.finish(End::Cancelled, self.clock.now_ms());
                    return self.keep(live, Batch::new()).await;
                }
                Err(Halt::Incomplete(why)) => {
                    live.run.incomplete.push(why);
                    live.run.finish(End::Incomplete, self.clock.now_ms());
                    return self.keep(live, Batch::new()).await;
                }
                Err(Halt::Store(error)) => {
                    tracing::error!(run = live.run.id, %error, "a resync has to wait");
                    self.nap(&live.cancelled, TROUBLE).await?;
                    // What is on disk counts: the page in hand is read again.
                    if let Ok(Some(run)) = self.runs().get(&live.run.id).await {
                        live.run = run;
                    }
                }
                ended => return ended,
            }
        }
    }
}

impl Resync {
    /// Of a tenant; nothing runs yet.
    pub(crate) fn new(parts: ResyncParts) -> Arc<Self> {
        Arc::new(Self { parts: Arc::new(parts), current: Mutex::default(), beginning: Default::default() })
    }

    /// Goes on with the run that a predecessor left, if there is one.
    ///
    /// # Errors
    /// A damaged record.
    pub(crate) async fn recover(self: &Arc<Self>) -> Result<(), StoreError> {
        if let Some(run) = self.under_way().await? {
            tracing::info!(run = run.id, "a resync goes on that was interrupted");
            self.spawn(run);
        }
        Ok(())
    }

    async fn under_way(&self) -> Result<Option<Run>, StoreError> {
        Ok(self.parts.runs().list().await?.into_iter().find(|run| !run.is_over()))
    }

    /// Begins a run and says what it will cost.
    ///
    /// # Errors
    /// Another one is under way, there is no such user, or the store refuses.
    pub(crate) async fn begin(self: &Arc<Self>, asked: Asked, cause: &Cause) -> Result<Run, StartFault> {
        let _one = self.beginning.lock().await;
        if let Some(other) = self.under_way().await? {
            return Err(StartFault::Running(other.id));
        }
        if let Scope::User(id) = &asked.scope {
            let user = self.parts.directory.get_user(&UserId::new(id.as_str())).await?;
            if !user.is_some_and(|user| user.managed) {
                return Err(StartFault::NoUser(id.clone()));
            }
        }
        let now = self.parts.clock.now_ms();
        let all = asked.scope == Scope::All;
        let mut run = Run {
            id: self.parts.ids.subject().to_string(),
            by: cause.by.to_string(),
            why: Why::Administrator,
            mode: asked.mode,
            many: asked.many,
            scope: asked.scope,
            phase: if all { Phase::List } else { Phase::Compare },
            started_ms: now,
            updated_ms: now,
            finished_ms: None,
            estimate: Estimate::default(),
            calls: 0,
            place: Place::default(),
            counts: Counts::default(),
            incomplete: Vec::new(),
            unlisted: Vec::new(),
            end: None,
        };
        let mut batch = Batch::new();
        if all {
            let listings = self.parts.listings(&mut run).await?;
            self.parts.runs().put_listings(&mut batch, &run.id, &listings)?;
        }
        self.parts.runs().put_run(&mut batch, &run)?;
        self.parts.store.commit(batch).await?;
        self.spawn(run.clone());
        Ok(run)
    }

    /// Ends the run that is under way. False: that one is not.
    pub(crate) fn cancel(&self, id: &str) -> bool {
        let current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        let found = current.as_ref().filter(|(running, _)| running == id);
        found.map(|(_, cancelled)| cancelled.cancel()).is_some()
    }

    /// What runs know and show.
    pub(crate) fn runs(&self) -> Runs {
        self.parts.runs()
    }

    fn spawn(self: &Arc<Self>, run: Run) {
        let cancelled = CancellationToken::new();
        let id = run.id.clone();
        *self.current.lock().unwrap_or_else(PoisonError::into_inner) = Some((id.clone(), cancelled.clone()));
        let (resync, parts) = (Arc::clone(self), Arc::clone(&self.parts));
        self.parts.engine.spawn(async move {
            let mut live = Live { run, cancelled };
            match parts.drive(&mut live).await {
                Ok(()) => {
                    let Run { id, end, counts, calls, .. } = &live.run;
                    tracing::info!(run = id, ?end, users = counts.users, calls, "a resync ended");
                    if let Err(error) = parts.runs().tidy_up(id).await {
                        tracing::warn!(run = id, %error, "what a resync needs no more cannot be let go of");
                    }
                }
                Err(halt) => tracing::info!(run = live.run.id, %halt, "a resync stands still"),
            }
            let mut current = resync.current.lock().unwrap_or_else(PoisonError::into_inner);
            if current.as_ref().is_some_and(|(running, _)| *running == id) {
                *current = None;
            }
        });
    }
}
