//! The front door: one change at a time for each user or group, from a SCIM request to an outcome.
//!
//! [`Bridge::submit`] is the only way to change anything. It prepares a plan (`user`, `group`), opens a saga and waits for
//! it (`wait`). It does not know HTTP (`server`) nor how a call is made (`genesys`).

mod adopt;
mod claims;
mod errors;
mod goal;
mod group;
pub mod lanes;
mod members;
mod open;
mod preview;
mod recompute;
mod resolve;
mod submission;
mod submit;
mod user;
mod wait;

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

pub use preview::{Preview, PreviewOf};
pub use submission::{Done, Reply, Submission};

use crate::directory::Directory;
use crate::entitlements::RuleSet;
use crate::model::ports::{Budget, Clock, Ids, Journal, Lanes, Store, Upstream};
use crate::model::{Refusal, SagaId, SagaState, StoreError, TenantId, Turn};
use crate::saga::{Runner, RunnerPorts};

pub use crate::model::policy::{OnExisting, OnUnknownRuleName};

/// The tenant's choices.
#[derive(Clone, Debug)]
pub struct Policy {
    /// Tenant.
    pub tenant: TenantId,
    /// Existing users and groups.
    pub on_existing: OnExisting,
    /// Restore a deleted user that owns the e-mail even if it is not ours.
    pub restore_deleted: bool,
    /// Unknown names in rules.
    pub on_unknown_rule_name: OnUnknownRuleName,
    /// Domain for userNames that are no e-mail address.
    pub fallback_email_domain: Option<String>,
    /// Forward passwords to Genesys.
    pub forward_passwords: bool,
    /// Create groups in Genesys, or adopt existing ones only.
    pub create_groups: bool,
    /// Addresses that the bridge must never change, lower case.
    pub protected: Vec<String>,
    /// Division of users whose document names none.
    pub default_division: Option<String>,
}

/// What the bridge works with.
pub struct BridgeParts {
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Fresh ids.
    pub ids: Arc<dyn Ids>,
    /// The store.
    pub store: Arc<dyn Store>,
    /// The saga log.
    pub journal: Arc<dyn Journal>,
    /// Users and groups as the identity provider sees them.
    pub directory: Arc<Directory>,
    /// Genesys Cloud.
    pub upstream: Arc<dyn Upstream>,
    /// The shared budget.
    pub budget: Arc<dyn Budget>,
    /// One change at a time.
    pub lanes: Arc<dyn Lanes>,
    /// Rules.
    pub rules: RuleSet,
    /// Choices.
    pub policy: Policy,
    /// Where sagas run.
    pub engine: tokio::runtime::Handle,
    /// Cancelled when the process stops.
    pub stop: CancellationToken,
}

/// The front door.
pub struct Bridge {
    parts: BridgeParts,
    runner: Arc<Runner>,
    recompute: tokio::sync::Notify,
    /// Creates whose answer may not have reached the client.
    claims: claims::Claims,
}

/// Numbers for health and metrics.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Sagas that have not ended, stuck ones included.
    pub open: usize,
    /// Sagas that wait for an administrator.
    pub stuck: usize,
    /// Age of the oldest open one in seconds.
    pub oldest_s: u64,
    /// Calls that could be made right now.
    pub budget_left: u32,
}

impl Bridge {
    /// A bridge that has not recovered yet.
    pub fn new(parts: BridgeParts) -> Arc<Self> {
        let ports = RunnerPorts {
            journal: Arc::clone(&parts.journal),
            upstream: Arc::clone(&parts.upstream),
            directory: Arc::clone(&parts.directory) as Arc<dyn crate::model::ports::TurnRecords>,
            clock: Arc::clone(&parts.clock),
        };
        let runner = Runner::new(ports, parts.engine.clone(), parts.stop.clone());
        Arc::new(Self {
            parts,
            runner,
            recompute: tokio::sync::Notify::new(),
            claims: claims::Claims::default(),
        })
    }

    /// Takes every saga that was left open forward or back, and starts the background work. Returns how many there were.
    ///
    /// # Errors
    /// A damaged journal.
    pub async fn recover(self: &Arc<Self>) -> Result<usize, StoreError> {
        let open = self.parts.journal.open_sagas().await?;
        let count = open.len();
        for saga in open {
            if saga.is_stuck() {
                tracing::warn!(saga = %saga.opened.id, "saga is stuck and waits for an administrator");
                continue;
            }
            tracing::info!(saga = %saga.opened.id, turns = saga.turns.len(), "going on with an open saga");
            self.runner.start(saga.opened, Some(&saga.turns), None);
        }
        let bridge = Arc::clone(self);
        self.parts.engine.spawn(async move { bridge.recompute_for_ever().await });
        Ok(count)
    }

    /// Tries again to undo a stuck saga.
    ///
    /// # Errors
    /// It is not stuck, or the store refuses.
    pub async fn redrive(self: &Arc<Self>, id: SagaId) -> Result<(), RedriveError> {
        let Some(mut saga) = self.parts.journal.load(id).await? else { return Err(RedriveError::NotFound) };
        if !saga.is_stuck() || self.runner.find(id).is_some() {
            return Err(RedriveError::NotStuck);
        }
        let (refusal, step) = saga.turns.iter().rev().find_map(undoing).ok_or(RedriveError::NotStuck)?;
        let turn = Turn::Undoing { refusal, step };
        self.parts.journal.turn(id, &turn, crate::model::Batch::new()).await?;
        saga.turns.push(turn);
        self.runner.start(saga.opened, Some(&saga.turns), None);
        Ok(())
    }

    /// Open and stuck sagas.
    ///
    /// # Errors
    /// A damaged journal.
    pub async fn open_sagas(&self) -> Result<Vec<SagaState>, StoreError> {
        self.parts.journal.open_sagas().await
    }

    /// Finished sagas, newest first.
    ///
    /// # Errors
    /// A damaged journal.
    pub async fn finished_sagas(&self, limit: usize) -> Result<Vec<SagaState>, StoreError> {
        self.parts.journal.finished(limit).await
    }

    /// One saga.
    ///
    /// # Errors
    /// A damaged journal.
    pub async fn saga(&self, id: SagaId) -> Result<Option<SagaState>, StoreError> {
        self.parts.journal.load(id).await
    }

    /// Numbers for health and metrics.
    ///
    /// # Errors
    /// A damaged journal.
    pub async fn stats(&self) -> Result<Stats, StoreError> {
        let open = self.parts.journal.open_sagas().await?;
        let oldest = open.iter().map(|saga| saga.opened.opened_ms).min();
        let age_ms = oldest.map_or(0, |opened| self.parts.clock.now_ms().saturating_sub(opened));
        Ok(Stats {
            open: open.len(),
            stuck: open.iter().filter(|saga| saga.is_stuck()).count(),
            oldest_s: u64::try_from(age_ms / 1000).unwrap_or(0),
            budget_left: self.parts.budget.left(),
        })
    }

    /// Waits until no saga is at work, at most `grace`. True if none is left.
    pub async fn quiet(&self, grace: Duration) -> bool {
        let until = self.parts.clock.monotonic_ms() + u64::try_from(grace.as_millis()).unwrap_or(u64::MAX);
        while !self.runner.all().is_empty() {
            if self.parts.clock.monotonic_ms() >= until {
                return false;
            }
            self.parts.clock.sleep(Duration::from_millis(20)).await;
        }
        true
    }

    /// The directory, for reads.
    pub fn directory(&self) -> &Arc<Directory> {
        &self.parts.directory
    }

    /// The tenant's choices.
    pub fn policy(&self) -> &Policy {
        &self.parts.policy
    }

    /// Genesys Cloud, for the import and the check.
    pub fn upstream(&self) -> &Arc<dyn Upstream> {
        &self.parts.upstream
    }

    /// The store, for the import.
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.parts.store
    }

    /// Time.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.parts.clock
    }

    /// Fresh ids.
    pub fn ids(&self) -> &Arc<dyn Ids> {
        &self.parts.ids
    }
}

fn undoing(turn: &Turn) -> Option<(Refusal, Option<crate::model::StepId>)> {
    match turn {
        Turn::Undoing { refusal, step } => Some((refusal.clone(), *step)),
        _ => None,
    }
}

/// Why a saga cannot be redriven.
#[derive(Debug, thiserror::Error)]
pub enum RedriveError {
    /// No such saga.
    #[error("there is no such saga; `sagas list` shows those there are")]
    NotFound,
    /// Only stuck sagas can be redriven.
    #[error("the saga is not stuck: it is at work or has ended")]
    NotStuck,
    /// The store refuses.
    #[error(transparent)]
    Store(#[from] StoreError),
}
