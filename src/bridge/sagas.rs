//! The sagas of this process as the front door sees them: who has reserved what, and the one transaction that
//! opens a saga.
//!
//! What goes into a saga was decided in its draft; when it may be opened is `admission`, what happens next
//! `waiting`.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::deadline::Deadline;
use super::draft::Draft;
use super::fault::Fault;
use crate::directory::Directory;
use crate::model::ports::{Clock, Ids, Journal};
use crate::model::{
    Batch, Cause, GrantedSet, GroupId, Intent, Reservation, SagaId, SagaOpened, SagaState, StoreError,
    Subject, SubjectId, TenantId, UserId,
};
use crate::plan::{Leftover, Reached, leftover};
use crate::saga::{Handle, Parked, Runner, Yielded};
use crate::scim::kind::ResourceKind;
use crate::scim::value::fold;

/// Pause before looking again at a saga that is about to run or to end.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// The saga whose place a new one takes.
pub(super) enum Predecessor {
    None,
    Parked(Handle, Parked),
    /// Only a leaver takes the place of one that nobody was promised anything of, or that does not get on.
    Passed(Handle, Yielded),
    /// Only a leaver goes past a stuck saga.
    Stuck(SagaId),
}

impl Predecessor {
    /// Lets it go on: nothing takes its place.
    pub(super) async fn let_go(&self) {
        if let Self::Parked(handle, _) | Self::Passed(handle, _) = self {
            handle.resume().await;
        }
    }

    fn id(&self) -> Option<SagaId> {
        match self {
            Self::None => None,
            Self::Parked(handle, _) | Self::Passed(handle, _) => Some(handle.id()),
            Self::Stuck(saga) => Some(*saga),
        }
    }
}

/// A saga that must end, or give way, before a change can be planned.
pub(super) enum InTheWay {
    Nobody,
    Running(Handle),
    Stuck(SagaId),
    /// Open on disk, and nobody works on it: its task died, or the store or the process is ending.
    LeftOpen(Box<SagaState>),
}

/// Opens sagas and finds those that are open.
pub(super) struct Sagas {
    pub(super) tenant: TenantId,
    pub(super) ids: Arc<dyn Ids>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) journal: Arc<dyn Journal>,
    pub(super) directory: Arc<Directory>,
    pub(super) runner: Arc<Runner>,
    pub(super) opening: Opening,
}

/// Sagas that are being opened: on disk, perhaps, and about to run.
#[derive(Default)]
pub(super) struct Opening(Mutex<BTreeSet<SagaId>>);

impl Opening {
    fn lock(&self) -> MutexGuard<'_, BTreeSet<SagaId>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lists a saga for as long as the guard lives.
    fn enter(&self, saga: SagaId) -> BeingOpened<'_> {
        self.lock().insert(saga);
        BeingOpened { opening: self, saga }
    }
}

struct BeingOpened<'a> {
    opening: &'a Opening,
    saga: SagaId,
}

impl Drop for BeingOpened<'_> {
    fn drop(&mut self) {
        self.opening.lock().remove(&self.saga);
    }
}

impl Sagas {
    /// The open saga, if there is one, that has reserved that.
    pub(super) async fn in_the_way(&self, wanted: &Reservation) -> Result<InTheWay, StoreError> {
        if let Some(handle) = self.running_for(wanted) {
            return Ok(InTheWay::Running(handle));
        }
        match self.journal.reserved_by(wanted).await? {
            Some(saga) => self.standing(saga).await,
            None => Ok(InTheWay::Nobody),
        }
    }

    /// How it is with a saga that had reserved something a moment ago. The order of the looks matters: who is
    /// not being opened any more runs, or has run, and what it ended with was on disk before it left.
    async fn standing(&self, saga: SagaId) -> Result<InTheWay, StoreError> {
        while self.opening.lock().contains(&saga) {
            self.clock.sleep(LOOK_AGAIN).await;
        }
        if let Some(handle) = self.runner.find(saga) {
            return Ok(InTheWay::Running(handle));
        }
        // Between the end of a saga and our look its reservation may still be seen.
        Ok(match self.journal.load(saga).await?.filter(|saga| !saga.is_finished()) {
            None => InTheWay::Nobody,
            Some(open) if open.is_stuck() => InTheWay::Stuck(saga),
            Some(open) => InTheWay::LeftOpen(Box::new(open)),
        })
    }

    /// Goes on with a saga on which nobody works.
    pub(super) fn take_up(&self, open: SagaState) -> Handle {
        tracing::warn!(saga = %open.opened.id, "taking up a saga that was left open");
        self.runner.start(open.opened, Some(&open.turns), None)
    }

    /// The running saga that has reserved that, if it runs in this process.
    pub(super) async fn running(&self, wanted: &Reservation) -> Option<Handle> {
        let saga = self.journal.reserved_by(wanted).await.ok().flatten()?;
        self.runner.find(saga)
    }

    /// The running saga of a resource, also of one that was made by it: a new user is bound before the end.
    fn running_for(&self, wanted: &Reservation) -> Option<Handle> {
        let is_it = |handle: &Handle| match (&handle.opened().about, wanted) {
            (Subject::User(Some(user)), Reservation::User(id)) => user == id,
            (Subject::User(None), Reservation::User(id)) => {
                handle.progress().bound.as_deref() == Some(id.as_str())
            }
            (Subject::Group { id: group, .. }, Reservation::Group(id)) => group == id,
            _ => false,
        };
        self.runner.all().into_iter().find(is_it)
    }

    /// Opens the saga, in the place of its predecessor if there is one, and starts it. `None`: a name is
    /// reserved.
    pub(super) async fn open(
        &self,
        draft: &Draft,
        cause: &Cause,
        before: &Predecessor,
        fence: u64,
    ) -> Result<Option<Handle>, Fault> {
        let opened = self.saga(draft, cause, fence);
        let _being_opened = self.opening.enter(opened.id);
        let result = match before {
            Predecessor::None => {
                let free = self.directory.names_free(&opened.names, own(&opened.about)).await?;
                self.journal.open(&opened, free).await
            }
            Predecessor::Parked(handle, parked) => {
                let result = handle.hand_over(opened.clone(), parked.epoch).await;
                if result.is_err() {
                    handle.resume().await;
                }
                result
            }
            Predecessor::Passed(handle, yielded) => {
                let result = handle.hand_over(opened.clone(), yielded.epoch).await;
                if result.is_err() {
                    handle.resume().await;
                }
                result
            }
            Predecessor::Stuck(saga) => {
                tracing::warn!(%saga, successor = %opened.id, "a leaver takes the place of a stuck saga");
                self.journal.hand_over(*saga, &opened, Batch::new()).await
            }
        };
        match result {
            Ok(_) => Ok(Some(match before {
                Predecessor::Passed(passed, _) => self.runner.start_behind(opened, None, passed),
                Predecessor::Parked(parked, Parked { arriving: true, .. }) => {
                    self.runner.start_behind(opened, draft.password.clone(), parked)
                }
                _ => self.runner.start(opened, None, draft.password.clone()),
            })),
            Err(StoreError::Conflict { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// What the saga that a leaver passes leaves behind; `None` where no saga is passed.
    pub(super) async fn left_behind(&self, before: &Predecessor) -> Result<Option<Leftover>, StoreError> {
        let left = |opened: &SagaOpened, reached: &Reached| {
            let none = GrantedSet::new();
            let (before, after) = match &opened.intent {
                Intent::PutUser { granted, granted_before, .. } => (granted_before, granted),
                _ => (&none, &none),
            };
            leftover(&opened.plan, before, after, reached)
        };
        Ok(match before {
            Predecessor::None | Predecessor::Parked(..) => None,
            Predecessor::Passed(handle, yielded) => Some(left(handle.opened(), &yielded.reached)),
            Predecessor::Stuck(saga) => {
                let stuck = self.journal.load(*saga).await?;
                stuck.map(|saga| left(&saga.opened, &Reached::unknown(&saga.opened.plan)))
            }
        })
    }

    /// Whether a call that nobody waits for may still arrive that is about the subject.
    pub(super) fn may_arrive(&self, subject: SubjectId) -> bool {
        self.runner.may_arrive(subject)
    }

    fn saga(&self, draft: &Draft, cause: &Cause, fence: u64) -> SagaOpened {
        SagaOpened {
            id: self.ids.saga(),
            tenant: self.tenant.clone(),
            subject: draft.subject,
            about: draft.about.clone(),
            names: draft.names.clone(),
            plan: draft.plan.clone(),
            intent: draft.intent.clone(),
            cause: cause.clone(),
            claim: draft.claim.clone(),
            opened_ms: self.clock.now_ms(),
            fence,
        }
    }

    /// Somebody reserved one of the names first: planning again before that saga is over would only burn the
    /// budget.
    pub(super) async fn wait_for_holder(
        &self,
        names: &[Reservation],
        before: &Predecessor,
        deadline: Deadline,
    ) -> Result<(), Fault> {
        let predecessor = before.id();
        for name in names {
            let holder = self.journal.reserved_by(name).await?;
            let Some(holder) = holder.filter(|holder| Some(*holder) != predecessor) else { continue };
            let standing = deadline.within(&self.clock, self.standing(holder)).await;
            return match standing.ok_or(Fault::NotDoneYet)?? {
                InTheWay::Nobody => continue,
                InTheWay::Stuck(_) => Err(Fault::Stuck(holder)),
                InTheWay::LeftOpen(_) => Err(Fault::LeftOpen),
                InTheWay::Running(handle) => {
                    let over = deadline.within(&self.clock, handle.over()).await;
                    over.map(drop).ok_or(Fault::NotDoneYet)
                }
            };
        }
        self.clock.sleep(LOOK_AGAIN).await;
        if deadline.is_over(&self.clock) { Err(Fault::NotDoneYet) } else { Ok(()) }
    }
}

/// The id under which the directory knows the subject.
fn own(about: &Subject) -> Option<&str> {
    match about {
        Subject::User(user) => user.as_ref().map(UserId::as_str),
        Subject::Group { id, .. } => Some(id.as_str()),
    }
}

/// The name of a user or group, as it is reserved.
pub(super) fn name_of(kind: ResourceKind, name: &str) -> Reservation {
    match kind {
        ResourceKind::User => Reservation::UserName(fold(name)),
        ResourceKind::Group => Reservation::GroupName(fold(name)),
    }
}

/// A resource that exists, as it is reserved.
pub(super) fn existing(kind: ResourceKind, id: &str) -> Reservation {
    match kind {
        ResourceKind::User => Reservation::User(UserId::new(id)),
        ResourceKind::Group => Reservation::Group(GroupId::new(id)),
    }
}
