//! The front door: one change at a time for each user or group, from a typed change to an outcome.
//!
//! [`Bridge::submit`] is the only way to change anything. It knows neither HTTP (`server`) nor how a call is
//! made (`genesys`), and reads no JSON as it was sent: that was `scim::change`. Files below use files further
//! down, never the other way round:
//!
//! | file | what it does |
//! |---|---|
//! | `submit` | the way of one change, stage by stage |
//! | `admission` | budget, lane, and the open saga that is in the way |
//! | `users`, `groups` | from a change to a draft of a saga |
//! | `recompute`, `preview` | the same without a request: because something changed, and only to show it |
//! | `new_rules` | everybody under other rules, only to show it |
//! | `orphans`, `group_work` | what a create may have left behind; members of groups who are not there yet |
//! | `work`, `breakers` | whom to recompute when; what is refused to everybody for the time being |
//! | `user_plan`, `members` | what the user needs, who comes and who goes |
//! | `drift` | how a user differs from what Genesys shows |
//! | `patching` | PATCHes, those that take long on threads of their own |
//! | `resolve`, `looks`, `adoption` | what Genesys has to be asked |
//! | `whose` | whether a user of Genesys is ours |
//! | `waiting` | what the client hears, and when |
//! | `sagas`, `recovery`, `left_open` | who has reserved what; opening sagas and taking them up again |
//! | `trail` | what an administrator asked for, in the audit trail |
//! | `intervention` | what an administrator may do about a saga that does not end |
//! | `goal`, `draft`, `submission`, `claims`, `deadline` | what is passed between these |
//! | `fault`, `answer` | why something is not done; what SCIM error that is |

mod admission;
mod adoption;
mod answer;
mod breakers;
mod claims;
mod deadline;
mod draft;
mod drift;
mod fault;
mod goal;
mod group_work;
mod groups;
mod intervention;
pub(crate) mod lanes;
mod left_open;
mod looks;
mod members;
pub(crate) mod new_rules;
mod orphans;
mod patching;
mod preview;
mod recompute;
mod recovery;
mod resolve;
mod sagas;
mod submission;
mod submit;
mod trail;
mod user_plan;
mod users;
mod waiting;
mod whose;
mod work;

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

pub(crate) use drift::{Compared, Look};
pub(crate) use fault::Fault;
pub(crate) use intervention::Consequence;
pub use intervention::Intervention;
pub(crate) use intervention::consequence;
pub(crate) use preview::{Preview, PreviewOf};
pub use recovery::InterventionError;
pub use submission::{Answer, Done, Reply, Submission};

use crate::directory::Directory;
use crate::entitlements::RuleSet;
use crate::limits;
use crate::model::ports::{Budget, CallContext, Clock, Ids, Journal, Lanes, Store, TurnRecords, Upstream};
use crate::model::{Cause, SagaId, SagaState, StoreError, TenantId, UserId, Wanted};
use crate::saga::{Runner, RunnerPorts, Try};
use crate::scim::kind::ResourceKind;
use crate::scim::value::fold;

pub use crate::model::policy::{OnExisting, OnUnknownRequestName, OnUnknownRuleName};

/// Pause between two looks at whether sagas are still at work.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// An imported resource where the tenant does not let the bridge adopt.
const NOT_LINKED: &str =
    "Genesys Cloud had this before the bridge; set on_existing = \"link\" to let the bridge change it";

/// A POST finds that a deleted user has the address.
const OWNER_DELETED: &str = "a deleted Genesys Cloud user owns this address and is not ours; restore it there, change its address, or set \
     on_deleted_email = \"restore\"";

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
    /// Unknown names in requests.
    pub on_unknown_request_name: OnUnknownRequestName,
    /// Domain for userNames that are no e-mail address.
    pub fallback_email_domain: Option<String>,
    /// Forward passwords to Genesys.
    pub forward_passwords: bool,
    /// Create groups in Genesys, or adopt existing ones only.
    pub create_groups: bool,
    /// Addresses and Genesys ids of users whom the bridge must never change, lower case.
    pub protected: Vec<String>,
    /// Division of users whose document names none.
    pub default_division: Option<String>,
    /// How long a saga waits trouble out that does not end.
    pub give_up_after: Duration,
    /// How long a call may take to arrive in Genesys, also when nobody waits for its answer any more.
    pub arrives_within: Duration,
    /// Users who are recomputed at a time.
    pub parallel: usize,
}

impl Policy {
    /// Whether the user of this address or Genesys id must not be touched.
    fn protects(&self, who: &str) -> bool {
        self.protected.contains(&fold(who))
    }
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

/// How long what failed so many times is left alone: a minute, and twice as long each time, up to six hours.
fn backoff(failed: u32) -> Duration {
    let longest = limits::WORK_PAUSE_MAX;
    limits::WORK_PAUSE_MIN.saturating_mul(1 << failed.saturating_sub(1).min(16)).min(longest)
}

/// Numbers for health and metrics.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Sagas that have not ended, stuck ones included.
    pub open: usize,
    /// Sagas that wait for an administrator.
    pub stuck: usize,
    /// Age of the oldest open one that is not stuck, in seconds.
    pub oldest_s: u64,
    /// The same of those that wait for an administrator, so that they hide nobody else.
    pub stuck_oldest_s: u64,
    /// Calls that could be made right now.
    pub budget_left: u32,
}

/// The front door.
pub struct Bridge {
    clock: Arc<dyn Clock>,
    journal: Arc<dyn Journal>,
    budget: Arc<dyn Budget>,
    engine: tokio::runtime::Handle,
    runner: Arc<Runner>,
    claims: Arc<claims::Claims>,
    submissions: Arc<submit::Submissions>,
    previews: preview::Previews,
    comparer: drift::Comparer,
    recovery: recovery::Recovery,
    worker: Arc<work::Worker>,
}

impl Bridge {
    /// Carries out a change and waits for it until its deadline.
    ///
    /// # Errors
    /// Why it is not done, or not yet.
    pub async fn submit(&self, asked: Submission) -> Result<Reply, Fault> {
        let claim = claims::claim_of(&asked.change);
        let (by, answer) = (asked.cause.by.clone(), asked.answer.clone());
        // Ends with this future, and so when the client has left.
        let visit = self.claims.visit();
        let (submissions, visitor) = (Arc::clone(&self.submissions), visit.presence());
        let work = self.engine.spawn(async move { submissions.carry_out(&asked, &visitor).await });
        let result = work.await.unwrap_or_else(|error| {
            tracing::error!(%error, "a change died");
            Err(Fault::Broken)
        });
        // Reached only if the client is still there: a handler that was dropped never spends the claim.
        if let (Ok(_), Some(claim)) = (&result, claim) {
            match answer {
                Answer::Alone => self.claims.spend(&by, &claim).await,
                Answer::WithOthers(company) => self.claims.told_with(&by, &claim, company),
            }
        }
        result
    }

    /// The client is about to see the answers to creates that travel together ([`Answer::WithOthers`]), each
    /// with the name of what was made.
    pub async fn answered(&self, cause: &Cause, created: &[(ResourceKind, String)]) {
        for (kind, name) in created {
            self.claims.spend(&cause.by, &claims::claim_named(*kind, name, None)).await;
        }
    }

    /// Plans without opening.
    ///
    /// # Errors
    /// As a request would hear them.
    pub async fn preview(&self, of: PreviewOf) -> Result<Preview, Fault> {
        self.previews.preview(of).await
    }

    /// How a user differs from what a listing showed, or from what Genesys says now.
    ///
    /// # Errors
    /// Genesys cannot be asked, or the record makes no sense.
    pub(crate) async fn compare(
        &self,
        user: &UserId,
        look: Look<'_>,
        context: &CallContext,
    ) -> Result<Compared, Fault> {
        match look {
            Look::Listed(observed) => self.comparer.with_listed(user, observed, context).await,
            Look::Now(kinds) => self.comparer.with_look(user, kinds.as_ref(), context).await,
        }
    }

    /// All that the rules may give, as far as they name it.
    pub(crate) fn wanted_by_rules(&self) -> Vec<Wanted> {
        self.comparer.planner.rules.wanted().cloned().collect()
    }

    /// A walk over everybody under other rules, without a write and without a call to Genesys.
    ///
    /// # Errors
    /// The store cannot be read.
    pub(crate) async fn under_rules(&self, new: RuleSet) -> Result<new_rules::Walk, StoreError> {
        self.previews.under_rules(new).await
    }

    /// Takes every saga that was left open forward or back, and starts the background work. Returns how many
    /// there were.
    ///
    /// # Errors
    /// A damaged journal.
    pub async fn recover(&self) -> Result<usize, StoreError> {
        self.worker.note_rules().await?;
        let count = self.recovery.recover().await?;
        self.engine.spawn(Arc::clone(&self.worker).for_ever());
        let left_open = left_open::LeftOpen {
            journal: self.journal.clone(),
            runner: Arc::clone(&self.runner),
            clock: self.clock.clone(),
            store: self.worker.store.clone(),
            stop: self.worker.stop.clone(),
        };
        self.engine.spawn(left_open.for_ever());
        Ok(count)
    }

    /// What an intervention of an administrator would lead to.
    ///
    /// # Errors
    /// There is no such saga, or it cannot be done as the saga stands.
    pub async fn foresee(&self, id: SagaId, asked: Intervention) -> Result<Consequence, InterventionError> {
        self.recovery.foresee(id, asked).await
    }

    /// Does it; `cause` is who asks.
    ///
    /// # Errors
    /// As [`Bridge::foresee`], or the store refuses.
    pub async fn intervene(
        &self,
        id: SagaId,
        asked: Intervention,
        cause: &Cause,
    ) -> Result<Consequence, InterventionError> {
        self.recovery.intervene(id, asked, cause).await
    }

    /// What the last tries of a saga came to; `None` if nobody works on it.
    pub(crate) fn tries(&self, id: SagaId) -> Option<Vec<Try>> {
        self.runner.find(id).map(|handle| handle.tries())
    }

    /// Has a user recomputed as soon as it is its turn. False: there is none that we manage.
    ///
    /// # Errors
    /// The store refuses.
    pub(crate) async fn retry_work(&self, user: &UserId, cause: &Cause) -> Result<bool, StoreError> {
        self.worker.retry(user, cause).await
    }

    /// Drops what is still to be done for a user. False: there is nothing.
    ///
    /// # Errors
    /// The store refuses.
    pub(crate) async fn drop_work(&self, user: &UserId, cause: &Cause) -> Result<bool, StoreError> {
        self.worker.drop_work(user, cause).await
    }

    /// Open and stuck sagas.
    ///
    /// # Errors
    /// A damaged journal.
    pub async fn open_sagas(&self) -> Result<Vec<SagaState>, StoreError> {
        self.journal.open_sagas().await
    }

    /// Finished sagas, newest first.
    ///
    /// # Errors
    /// A damaged journal.
    pub async fn finished_sagas(&self, limit: usize) -> Result<Vec<SagaState>, StoreError> {
        self.journal.finished(limit).await
    }

    /// Numbers for health and metrics.
    ///
    /// # Errors
    /// A damaged journal.
    pub async fn stats(&self) -> Result<Stats, StoreError> {
        let open = self.journal.open_sagas().await?;
        let now = self.clock.now_ms();
        let oldest_s = |stuck: bool| {
            let opened =
                open.iter().filter(|saga| saga.is_stuck() == stuck).map(|saga| saga.opened.opened_ms);
            let age_ms = opened.min().map_or(0, |opened| now.saturating_sub(opened));
            u64::try_from(age_ms / 1000).unwrap_or(0)
        };
        Ok(Stats {
            open: open.len(),
            stuck: open.iter().filter(|saga| saga.is_stuck()).count(),
            oldest_s: oldest_s(false),
            stuck_oldest_s: oldest_s(true),
            budget_left: self.budget.left(),
        })
    }

    /// Waits until no saga is at work, at most `grace`. True if none is left.
    pub async fn quiet(&self, grace: Duration) -> bool {
        let until = deadline::Deadline::after(&self.clock, grace);
        while !self.runner.all().is_empty() {
            if until.is_over(&self.clock) {
                return false;
            }
            self.clock.sleep(LOOK_AGAIN).await;
        }
        true
    }

    /// A bridge that has not recovered yet.
    pub fn new(mut parts: BridgeParts) -> Arc<Self> {
        let rules = std::mem::take(&mut parts.rules);
        let digest = rules.digest().to_owned();
        let BridgeParts { clock, ids, store, journal, directory, upstream, .. } = &parts;
        let ports = RunnerPorts {
            journal: journal.clone(),
            upstream: upstream.clone(),
            directory: Arc::clone(directory) as Arc<dyn TurnRecords>,
            clock: clock.clone(),
            give_up_after: parts.policy.give_up_after,
            arrives_within: parts.policy.arrives_within,
        };
        let runner = Runner::new(ports, parts.engine.clone(), parts.stop.clone());
        let tenant = parts.policy.tenant.clone();
        let claims = claims::Claims::new(directory.clone(), store.clone(), parts.engine.clone());
        let sagas = Arc::new(sagas::Sagas {
            tenant,
            ids: ids.clone(),
            clock: clock.clone(),
            journal: journal.clone(),
            directory: directory.clone(),
            runner: Arc::clone(&runner),
            opening: sagas::Opening::default(),
        });
        let looks = Arc::new(looks::Looks { upstream: upstream.clone(), clock: clock.clone() });
        let policy = Arc::new(parts.policy.clone());
        let planner = Arc::new(user_plan::UserPlanner {
            policy: Arc::clone(&policy),
            rules: Arc::new(rules),
            ids: ids.clone(),
            directory: directory.clone(),
            looks: Arc::clone(&looks),
            resolver: resolve::Resolver { looks: Arc::clone(&looks), policy },
        });
        let changed = Arc::new(work::GroupsChanged::default());
        let worker = worker(&parts, digest, &sagas, &planner, &changed);
        let comparer = drift::Comparer {
            directory: directory.clone(),
            journal: journal.clone(),
            planner: Arc::clone(&planner),
        };
        let previews = preview::Previews { directory: directory.clone(), planner: Arc::clone(&planner) };
        let recovery = recovery::Recovery {
            journal: journal.clone(),
            runner: Arc::clone(&runner),
            records: Arc::clone(directory) as Arc<dyn TurnRecords>,
            store: store.clone(),
            clock: clock.clone(),
            directory: directory.clone(),
            arrives_within: parts.policy.arrives_within,
        };
        let (clock, journal, budget) = (clock.clone(), journal.clone(), parts.budget.clone());
        let engine = parts.engine.clone();
        let stages = submit::Stages { claims: Arc::clone(&claims), sagas, looks, planner, changed };
        let submissions = Arc::new(submit::Submissions::new(parts, stages));
        Arc::new(Self {
            clock,
            journal,
            budget,
            engine,
            runner,
            claims,
            submissions,
            previews,
            comparer,
            recovery,
            worker,
        })
    }
}

/// What works off the work records.
fn worker(
    parts: &BridgeParts,
    rules: String,
    sagas: &Arc<sagas::Sagas>,
    planner: &Arc<user_plan::UserPlanner>,
    changed: &Arc<work::GroupsChanged>,
) -> Arc<work::Worker> {
    let recompute = Arc::new(recompute::Recompute {
        directory: Arc::clone(&parts.directory),
        store: Arc::clone(&parts.store),
        clock: Arc::clone(&parts.clock),
        lanes: Arc::clone(&parts.lanes),
        sagas: Arc::clone(sagas),
        planner: Arc::clone(planner),
        breakers: Default::default(),
    });
    Arc::new(work::Worker {
        tenant: parts.policy.tenant.clone(),
        directory: Arc::clone(&parts.directory),
        store: Arc::clone(&parts.store),
        clock: Arc::clone(&parts.clock),
        recompute,
        stop: parts.stop.clone(),
        changed: Arc::clone(changed),
        parallel: parts.policy.parallel,
        rules,
        busy: work::Busy::default(),
        slots: Arc::new(tokio::sync::Semaphore::new(parts.policy.parallel)),
    })
}
