//! The way of one change: budget, lane, whoever is in the way, plan, saga, outcome.
//!
//! Each stage is a file of its own: `admission`, `users` and `groups`, `sagas`, `waiting`, and `adoption`
//! where Genesys turns out to know the person. Runs on the engine, so that a client that leaves takes nothing
//! with it.

use std::sync::Arc;

use super::BridgeParts;
use super::admission::{Admission, Admitted, goes_first, overtaken};
use super::adoption::Adoption;
use super::claims::{Claims, Presence, claim_named};
use super::deadline::Deadline;
use super::draft::{Draft, Prepared};
use super::fault::Fault;
use super::groups::Groups;
use super::looks::Looks;
use super::patching::Patching;
use super::sagas::{Predecessor, Sagas};
use super::submission::{Reply, Submission};
use super::user_plan::UserPlanner;
use super::users::Users;
use super::waiting::{Waited, Waiting};
use super::work::GroupsChanged;
use crate::directory::granted::{Wish, ours_after};
use crate::model::ports::Clock;
use crate::model::{FoundUser, Intent, Ours, PlanKind, RefusalKind, UserId};
use crate::plan::identity::is_active;
use crate::saga::{Handle, Parked};
use crate::scim::kind::ResourceKind;
use crate::scim::resource::name_in;

/// What a change that a leaver came before was doing, in words.
const NOT_BEGUN: &str = "the change was not begun";

/// Carries out changes.
pub(super) struct Submissions {
    clock: Arc<dyn Clock>,
    claims: Arc<Claims>,
    admission: Admission,
    users: Users,
    groups: Groups,
    sagas: Arc<Sagas>,
    waiting: Waiting,
    adoption: Adoption,
    changed: Arc<GroupsChanged>,
}

/// What other ways into the room share with this one.
pub(super) struct Stages {
    pub(super) claims: Arc<Claims>,
    pub(super) sagas: Arc<Sagas>,
    pub(super) looks: Arc<Looks>,
    pub(super) planner: Arc<UserPlanner>,
    pub(super) changed: Arc<GroupsChanged>,
}

impl Submissions {
    pub(super) fn new(parts: BridgeParts, stages: Stages) -> Self {
        let BridgeParts { clock, ids, store, directory, upstream, budget, lanes, policy, .. } = parts;
        let Stages { claims, sagas, looks, planner, changed } = stages;
        let policy = Arc::new(policy);
        let admission = Admission {
            upstream: Arc::clone(&upstream),
            store: Arc::clone(&store),
            coming: Arc::default(),
            budget,
            lanes,
            clock: Arc::clone(&clock),
            sagas: Arc::clone(&sagas),
        };
        let patching: Arc<Patching> = Arc::default();
        let users = Users {
            policy: Arc::clone(&policy),
            directory: Arc::clone(&directory),
            store: Arc::clone(&store),
            claims: Arc::clone(&claims),
            planner,
            patching: Arc::clone(&patching),
            sagas: Arc::clone(&sagas),
        };
        let groups = Groups {
            policy: Arc::clone(&policy),
            ids,
            directory: Arc::clone(&directory),
            store,
            claims: Arc::clone(&claims),
            looks,
            patching,
        };
        let adoption = Adoption { upstream, policy, directory: Arc::clone(&directory) };
        let waiting = Waiting { clock: Arc::clone(&clock), directory, sagas: Arc::clone(&sagas) };
        Self { clock, claims, admission, users, groups, sagas, waiting, adoption, changed }
    }

    /// Carries out a change and waits for it until its deadline.
    pub(super) async fn carry_out(&self, asked: &Submission, visitor: &Presence) -> Result<Reply, Fault> {
        let mut coming = Some(self.admission.within_budget(&asked.change, asked.deadline)?);
        let deadline = Deadline::after(&self.clock, asked.deadline);
        let mut owner: Option<FoundUser> = None;
        let had_access = self.first_look(asked).await?;
        loop {
            let admitted = self.admission.admit(&asked.change, deadline).await?;
            let draft = match self.prepared(asked, owner.as_ref(), &admitted, deadline).await {
                Ok(None) => {
                    admitted.before.let_go().await;
                    continue;
                }
                Ok(Some(Prepared::Saga(draft))) => draft,
                Ok(Some(Prepared::Nothing(reply))) => {
                    admitted.before.let_go().await;
                    return Ok(reply);
                }
                Err(fault) => {
                    admitted.before.let_go().await;
                    return Err(fault);
                }
            };
            // It was sent before the deactivation that came first, and knows nothing of it.
            if let Some(user) = &had_access
                && gives_access(&draft)
                && !self.has_access(user).await?
            {
                admitted.before.let_go().await;
                return Err(Fault::RolledBack { refusal: overtaken(false), during: NOT_BEGUN.to_owned() });
            }
            let Some(handle) = self.open(asked, visitor, &draft, admitted, deadline).await? else { continue };
            // From here on the saga says what it still has to do.
            drop(coming.take());
            match self.waiting.wait_for(&handle, &draft, deadline).await? {
                Waited::Reply(reply) => {
                    if asked.change.kind() == ResourceKind::Group || asked.change.removes() {
                        self.changed.tell();
                    }
                    return Ok(reply);
                }
                Waited::Removed => {}
                Waited::RolledBack { refusal, during } => {
                    let taken =
                        refusal.kind == RefusalKind::Uniqueness && draft.plan.kind == PlanKind::Create;
                    if !taken || owner.is_some() {
                        return Err(Fault::RolledBack { refusal, during });
                    }
                    owner = Some(self.adoption.owner(handle.opened(), refusal).await?);
                }
            }
        }
    }

    /// Who has access and is whom the change is about, before anything is waited for. Who changes by id knows what a
    /// create of theirs made: the claim to it is over.
    async fn first_look(&self, asked: &Submission) -> Result<Option<UserId>, Fault> {
        let Submission { change, cause, .. } = asked;
        let (document, user) = match change.kind() {
            ResourceKind::User => match self.users.about(change).await? {
                Some(user) => (user.document, Some(user.id)),
                None => return Ok(None),
            },
            ResourceKind::Group => match self.groups.about(change).await? {
                Some(group) => (group.document, None),
                None => return Ok(None),
            },
        };
        if change.id().is_some() {
            let claim = claim_named(change.kind(), name_in(change.kind(), &document), None);
            self.claims.spend(&cause.by, &claim).await;
        }
        Ok(user.filter(|_| is_active(&document)))
    }

    async fn has_access(&self, user: &UserId) -> Result<bool, Fault> {
        let user = self.users.directory.get_user(user).await?;
        Ok(user.is_some_and(|user| is_active(&user.document)))
    }

    /// `None`: a leaver wants the lane, and what was read is worth nothing once it is through.
    async fn prepared(
        &self,
        asked: &Submission,
        owner: Option<&FoundUser>,
        admitted: &Admitted,
        deadline: Deadline,
    ) -> Result<Option<Prepared>, Fault> {
        tokio::select! {
            biased;
            prepared = self.prepare(asked, owner, &admitted.before, deadline) => prepared.map(Some),
            () = admitted.lane.called_back(), if !goes_first(&asked.change) => Ok(None),
        }
    }

    async fn prepare(
        &self,
        asked: &Submission,
        owner: Option<&FoundUser>,
        before: &Predecessor,
        deadline: Deadline,
    ) -> Result<Prepared, Fault> {
        let ours = match before {
            Predecessor::Parked(handle, parked) => self.ours_so_far(handle, parked).await?,
            _ => None,
        };
        let passed = self.sagas.left_behind(before).await?;
        let prepare = async {
            match asked.change.kind() {
                ResourceKind::User => self.users.prepare(asked, owner, ours, passed).await,
                ResourceKind::Group => self.groups.prepare(asked).await,
            }
        };
        deadline.within(&self.clock, prepare).await.ok_or(Fault::TooSlow)?
    }

    /// Opens the saga and gives the lane back: from then on the saga itself is in the way of others, and a
    /// leaver must be able to get to it. `None`: somebody reserved one of the names first, and is through
    /// now.
    async fn open(
        &self,
        asked: &Submission,
        visitor: &Presence,
        draft: &Draft,
        admitted: Admitted,
        deadline: Deadline,
    ) -> Result<Option<Handle>, Fault> {
        let Admitted { lane, before } = admitted;
        if let Some(claim) = &draft.claim {
            self.claims.answering(&asked.cause.by, claim, visitor);
        }
        let opened = self.sagas.open(draft, &asked.cause, &before, lane.fence).await?;
        drop(lane);
        if opened.is_none() {
            self.sagas.wait_for_holder(&draft.names, &before, deadline).await?;
        }
        Ok(opened)
    }

    /// What is ours by the parked saga: its successor must know it, though no turn has written it yet.
    async fn ours_so_far(&self, handle: &Handle, parked: &Parked) -> Result<Option<Ours>, Fault> {
        let opened = handle.opened();
        let (Intent::PutUser { granted, granted_before, .. }, Some(bound)) =
            (&opened.intent, &parked.report.bound)
        else {
            return Ok(None);
        };
        let written = self.users.directory.ours(&UserId::new(bound)).await?.written;
        let before = Ours { granted: granted_before.clone(), written };
        let now = self.clock.now_ms();
        Ok(Some(ours_after(&opened.plan, &parked.report, &before, granted, Wish::Stands, now)))
    }
}

/// Whether somebody is to be active when it is done.
fn gives_access(draft: &Draft) -> bool {
    matches!(&draft.intent, Intent::PutUser { document, .. } if is_active(document))
}
