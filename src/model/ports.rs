//! The ports: what the core asks of the world. Signatures only.
//!
//! Adapters: `store` (Store, Journal), `directory` (TurnRecords), `genesys` (Upstream, Budget), `bridge`
//! (Lanes), `app` (Clock, Ids). Tests bring their own. What the words mean: the other files of `model`.

mod budget;
mod clock;

use async_trait::async_trait;
use bytes::Bytes;

pub(crate) use self::budget::{Asked, Permit, RouteFamily, Shift, Shifts, WaitingPlace};
pub use self::budget::{Budget, CallContext, Limited, Priority, Urgency};
pub use self::clock::Clock;
use super::{
    Aspects, Batch, CommitToken, Created, Entitlement, FoundUser, GroupId, Held, Holder, Kind, Listed, Mark,
    Named, Object, Observed, ObservedGroup, Proficiency, Refusal, Report, Reservation, RoleGrant, SagaId,
    SagaOpened, SagaState, Secret, StoreError, StoreTrouble, SubjectId, Table, Turn, UserId, UserState,
    Verdict, Wanted,
};

/// Fresh ids, injected.
pub trait Ids: Send + Sync {
    /// A saga id; sorts by time.
    fn saga(&self) -> SagaId;
    /// A subject id; sorts by time.
    fn subject(&self) -> SubjectId;
    /// A group id.
    fn group(&self) -> GroupId;
}

/// Keys and values, in the order of keys.
pub type Rows = Vec<(Vec<u8>, Bytes)>;

/// The durable key-value store.
#[async_trait]
pub trait Store: Send + Sync {
    /// Makes the batch durable. An empty batch costs nothing and yields a token.
    ///
    /// # Errors
    /// A condition that does not hold, a record too large, a disk that refuses; nothing is written then.
    async fn commit(&self, batch: Batch) -> Result<CommitToken, StoreError>;

    /// The value of a key.
    ///
    /// # Errors
    /// A damaged record.
    async fn get(&self, table: Table, key: &[u8]) -> Result<Option<Bytes>, StoreError>;

    /// Up to `limit` records whose key starts with `prefix`, in key order, after key `after` (exclusive).
    ///
    /// # Errors
    /// A damaged record.
    async fn scan(
        &self,
        table: Table,
        prefix: &[u8],
        after: Option<&[u8]>,
        limit: usize,
    ) -> Result<Rows, StoreError> {
        Ok(self.scan_within(table, prefix, after, limit, usize::MAX).await?.0)
    }

    /// As [`Store::scan`], but ends behind the record with which `bytes` are exceeded. True: there are more.
    ///
    /// # Errors
    /// A damaged record.
    async fn scan_within(
        &self,
        table: Table,
        prefix: &[u8],
        after: Option<&[u8]>,
        limit: usize,
        bytes: usize,
    ) -> Result<(Rows, bool), StoreError>;

    /// The key of the `nth` record (from 1) whose key starts with `prefix`, in key order, after key `after`;
    /// `None` where there are fewer. Reads no values.
    ///
    /// # Errors
    /// A damaged database.
    async fn nth_key(
        &self,
        table: Table,
        prefix: &[u8],
        after: Option<&[u8]>,
        nth: usize,
    ) -> Result<Option<Vec<u8>>, StoreError>;

    /// Why commits do not succeed, or should not be asked for, now; `None` while all is well. Reads may still
    /// work.
    fn trouble(&self) -> Option<StoreTrouble>;

    /// Finishes what is queued and takes no more commits. Reads still work. Closing twice is fine.
    ///
    /// # Errors
    /// What was queued, or the end itself, could not be written.
    async fn close(&self) -> Result<(), StoreError>;
}

/// The saga log.
#[async_trait]
pub trait Journal: Send + Sync {
    /// Opens a saga and reserves its names in one transaction.
    ///
    /// # Errors
    /// `Conflict` in `Table::Index` when a name is reserved by another saga.
    async fn open(&self, opened: &SagaOpened, with: Batch) -> Result<CommitToken, StoreError>;

    /// Appends a turn together with `with`. `Finished` and `HandedOver` also free the names.
    ///
    /// # Errors
    /// An illegal turn, or a disk that refuses.
    async fn turn(&self, id: SagaId, turn: &Turn, with: Batch) -> Result<CommitToken, StoreError>;

    /// Ends `from` with `HandedOver` and opens `to`, which takes over the names, in one transaction.
    ///
    /// # Errors
    /// As `open` and `turn`.
    async fn hand_over(&self, from: SagaId, to: &SagaOpened, with: Batch) -> Result<CommitToken, StoreError>;

    /// One saga with its turns.
    ///
    /// # Errors
    /// A damaged record.
    async fn load(&self, id: SagaId) -> Result<Option<SagaState>, StoreError>;

    /// All sagas that have not ended, oldest first, stuck ones included.
    ///
    /// # Errors
    /// A damaged record.
    async fn open_sagas(&self) -> Result<Vec<SagaState>, StoreError>;

    /// Finished sagas, newest first.
    ///
    /// # Errors
    /// A damaged record.
    async fn finished(&self, limit: usize) -> Result<Vec<SagaState>, StoreError>;

    /// Who has reserved that.
    ///
    /// # Errors
    /// A damaged record.
    async fn reserved_by(&self, wanted: &Reservation) -> Result<Option<SagaId>, StoreError>;
}

/// Turns what a saga achieved into the records that are committed with its turn.
#[async_trait]
pub trait TurnRecords: Send + Sync {
    /// Records for `Acknowledged` (visible, perhaps pending) and `Finished`/`HandedOver` of a saga that was
    /// not rolled back.
    ///
    /// # Errors
    /// A damaged record.
    async fn compose(
        &self,
        opened: &SagaOpened,
        turn: &Turn,
        report: &Report,
        now_ms: i64,
    ) -> Result<Batch, StoreError>;

    /// Whether the directory has that user, and as somebody else than the saga is about.
    ///
    /// # Errors
    /// A damaged record.
    async fn is_another(&self, _opened: &SagaOpened, _user: &UserId) -> Result<bool, StoreError> {
        Ok(false)
    }
}

/// One write to Genesys Cloud: one idempotent effect.
#[derive(Clone, Debug)]
pub enum Write {
    /// SCIM POST. `Done` carries the new id.
    CreateUser {
        /// SCIM payload with the mark.
        document: Object,
        /// Forwarded only if the tenant says so.
        password: Option<Secret>,
    },
    /// PATCH state=active of a deleted user.
    RestoreUser(UserId),
    /// SCIM PATCH: `set` full path → value, `remove` full paths.
    UpdateUser {
        /// Whom.
        user: UserId,
        /// Path and new value.
        set: Vec<(String, serde_json::Value)>,
        /// Paths to remove.
        remove: Vec<String>,
        /// Forwarded only if the tenant says so.
        password: Option<Secret>,
    },
    /// SCIM PATCH of `active`.
    SetActive(UserId, bool),
    /// DELETE of all tokens of the user; 404 is done.
    RevokeSessions(UserId),
    /// SCIM DELETE; 404 is done.
    DeleteUser(UserId),
    /// Move to a division.
    MoveDivision(UserId, String),
    /// bulkadd of grants, in chunks.
    AddRoles(UserId, Vec<RoleGrant>),
    /// Single DELETE; 404 is done.
    RemoveRole(UserId, RoleGrant),
    /// PATCH bulk of a kind with levels, at most 50.
    SetLevels(Kind, UserId, Vec<(String, Proficiency)>),
    /// DELETE; 404 is done.
    RemoveLevel(Kind, UserId, String),
    /// PATCH of one schema's record; fields in `clear` are taken out (by null, or DELETE of the record when
    /// nothing else is in it).
    SetAttributes {
        /// Whom.
        user: UserId,
        /// Schema id.
        schema: String,
        /// Schema version.
        version: u32,
        /// Field and value.
        set: Vec<(String, serde_json::Value)>,
        /// Fields to take out.
        clear: Vec<String>,
    },
    /// Becomes a member of the id; being one already is done.
    Join(Kind, UserId, String),
    /// Ceases to be one; not being one is done.
    Leave(Kind, UserId, String),
    /// REST POST. `Done` carries what was made.
    CreateGroup(String),
    /// REST PUT with version.
    RenameGroup(String, String),
    /// REST DELETE until it is gone; 404 is done.
    DeleteGroup(String),
    /// At most 50.
    AddMembers(String, Vec<UserId>),
    /// At most 50.
    RemoveMembers(String, Vec<UserId>),
}

/// What names resolved to.
#[derive(Clone, Debug, PartialEq)]
pub enum Resolution {
    /// The entitlement with ids. A role without division in `Wanted` is resolved in the division given.
    Found(Entitlement),
    /// No such name; what was looked for and close names.
    UnknownName {
        /// `queue "Sles"`.
        what: String,
        /// `Sales`.
        similar: Vec<String>,
    },
    /// The value does not fit (custom attribute type).
    BadValue(String),
}

/// One page of a listing; `next` is `None` on the last.
#[derive(Clone, Debug, PartialEq)]
pub struct Page<T> {
    /// What is on it.
    pub items: Vec<T>,
    /// Number of the next page, opaque.
    pub next: Option<u32>,
    /// Total of the part of the listing that the page belongs to, where Genesys tells: active users are one part,
    /// inactive ones another.
    pub total: Option<u64>,
}

/// Genesys Cloud. Every method is one logical call with one verdict; retries of the transport kind happen
/// inside only for 401 (one new token) and version conflicts.
#[async_trait]
pub trait Upstream: Send + Sync {
    /// Why our credentials are not accepted, if that was said a moment ago: what begins now could only wait.
    fn refuses_us(&self) -> Option<Refusal> {
        None
    }

    /// What an operator should know of how it stands with us, as the calls tell it; `None` in it while all is
    /// well. Without it, only asking tells.
    fn standing(&self) -> Option<tokio::sync::watch::Receiver<Option<String>>> {
        None
    }

    /// When Genesys last answered a call as it should, by the monotonic clock, in milliseconds; `None` if it never
    /// did, or nobody counts.
    fn answered_ms(&self) -> Option<u64> {
        None
    }

    /// Carries out a write. `Done(Some(made))` for creates.
    async fn write(&self, write: &Write, context: &CallContext) -> Verdict<Option<Created>>;
    /// The user that carries the mark. Absence proves nothing.
    async fn find_by_mark(&self, mark: &Mark, context: &CallContext) -> Verdict<Option<UserId>>;
    /// Users with that main e-mail in any state: SCIM eq listings (active, inactive) and search (deleted).
    async fn find_by_email(&self, email: &str, context: &CallContext) -> Verdict<Vec<FoundUser>>;
    /// One user, with the aspects asked for. `Done(None)` when Genesys says 404.
    async fn observe(
        &self,
        user: &UserId,
        aspects: &Aspects,
        context: &CallContext,
    ) -> Verdict<Option<Observed>>;
    /// Resolves names through the cached catalogue; one result for each name, in order. `division` is used
    /// for roles without one, else Home.
    async fn resolve(
        &self,
        wanted: &[Wanted],
        division: Option<&Named>,
        context: &CallContext,
    ) -> Verdict<Vec<Resolution>>;
    /// A division by name.
    async fn division(&self, name: &str, context: &CallContext) -> Verdict<Option<Named>>;
    /// A group by exact name.
    async fn find_group(&self, name: &str, context: &CallContext) -> Verdict<Option<ObservedGroup>>;
    /// A group by id, with explicit members if asked. `Done(None)` on 404.
    async fn observe_group(
        &self,
        id: &str,
        members: bool,
        context: &CallContext,
    ) -> Verdict<Option<ObservedGroup>>;
    /// Users for the import, active and inactive, with their SCIM documents.
    async fn list_users(&self, page: Option<u32>, context: &CallContext) -> Verdict<Page<Observed>>;
    /// Groups for the import, with members.
    async fn list_groups(&self, page: Option<u32>, context: &CallContext) -> Verdict<Page<ObservedGroup>>;
    /// A page of users in that state, as far as a listing shows them: what of [`Observed::read`] is missing was not
    /// shown. Deleted ones cannot be listed. `at` is where the page before said that this one is.
    async fn list_in_state(
        &self,
        state: UserState,
        at: Option<&str>,
        context: &CallContext,
    ) -> Verdict<Listed<Observed>>;
    /// A page of those who hold something, whoever gave it, but not through a group.
    async fn list_holders(
        &self,
        of: &Held,
        at: Option<&str>,
        context: &CallContext,
    ) -> Verdict<Listed<Holder>>;
    /// Whether our credentials are good: the organisation's name.
    async fn whoami(&self, context: &CallContext) -> Verdict<String>;
}

/// One change at a time for each subject.
#[async_trait]
pub trait Lanes: Send + Sync {
    /// Waits for the lane of what a change would reserve; the guard carries a fencing token.
    async fn acquire(&self, wanted: &Reservation) -> Lane;
    /// The same for a leaver: whoever holds the lane, or gets it before, is called back.
    async fn acquire_first(&self, wanted: &Reservation) -> Lane;
}

/// A held lane; released on drop.
pub struct Lane {
    /// Grows with every acquisition; `SagaOpened` records it.
    pub fence: u64,
    /// How many leavers wait for it.
    pub leavers: tokio::sync::watch::Receiver<usize>,
    /// Whatever must live as long as the lane is held.
    pub guard: Box<dyn std::any::Any + Send + Sync>,
}

impl Lane {
    /// Waits until a leaver wants the lane: what was planned so far is then worth nothing.
    pub async fn called_back(&self) {
        let mut leavers = self.leavers.clone();
        if leavers.wait_for(|leavers| *leavers > 0).await.is_err() {
            std::future::pending().await
        }
    }
}

/// A refusal that the bridge itself makes, before any call.
pub fn refused_here(kind: super::RefusalKind, code: &str, detail: impl Into<String>) -> Refusal {
    Refusal { kind, status: 0, code: code.to_owned(), detail: detail.into(), correlation_id: None }
}
