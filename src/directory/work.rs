//! Work records: users who may not be as they should be, each once, with the reasons and when to try next.
//!
//! A record is kept until what it wants is true, or an administrator drops it. Beside it stands a key by
//! time, so that what is due is found without looking at the rest. Who works them off: `bridge`; the parts of
//! a group change from which records are made: [`super::recompute`].

use std::collections::BTreeMap;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::limits::WORK_FAR_AHEAD;
use crate::model::{Batch, Expect, GroupId, StoreError, SubjectId, Table, UserId};

use super::{Directory, record};

/// How long what failed is left alone before it is tried again for the first time, in milliseconds.
pub(super) const FIRST_RETRY_MS: i64 = 60_000;

/// How long what may still arrive is waited for before it is verified, in milliseconds: longer than a look may be
/// older than a write ([`crate::model::ours`]).
pub(crate) const VERIFY_AFTER_MS: i64 = 6 * 60 * 1000;

/// Why somebody may not be as they should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WorkReason {
    /// A group of theirs changed.
    GroupChanged,
    /// The rules changed.
    RulesChanged,
    /// A step was refused, or tried in vain.
    StepFailed,
    /// A name is not known to Genesys.
    NameHeld,
    /// An administrator asked.
    Asked,
    /// A create went back, and nobody knows whether it had taken effect.
    UnsettledCreate,
    /// A call had no answer: what was done is compared once everything has arrived.
    Unverified,
    /// A resync found a difference.
    Resync,
}

impl WorkReason {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::GroupChanged,
        Self::RulesChanged,
        Self::StepFailed,
        Self::NameHeld,
        Self::Asked,
        Self::UnsettledCreate,
        Self::Unverified,
        Self::Resync,
    ];

    /// Its name in records, answers and metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::GroupChanged => "group_changed",
            Self::RulesChanged => "rules_changed",
            Self::StepFailed => "step_failed",
            Self::NameHeld => "name_held",
            Self::Asked => "asked",
            Self::UnsettledCreate => "unsettled_create",
            Self::Unverified => "unverified",
            Self::Resync => "resync",
        }
    }
}

/// What the key of a record begins with that is about a create: the user has no id yet.
const CREATE: &str = "create-";

/// What the key of a record begins with that is about the members of a group.
const GROUP: &str = "group-";

/// The key of the record about the members of a group.
pub(super) fn group_key(group: &GroupId) -> UserId {
    UserId::new(format!("{GROUP}{}", group.as_str()))
}

/// The group that a record is about, if it is about one.
pub(crate) fn group_of(key: &UserId) -> Option<GroupId> {
    key.as_str().strip_prefix(GROUP).map(GroupId::new)
}

/// The key of the record about the create of a subject.
pub(super) fn create_key(subject: SubjectId) -> UserId {
    UserId::new(format!("{CREATE}{subject}"))
}

/// The subject of whose create a record is; `None` if it is about a user.
pub(crate) fn created_subject(key: &UserId) -> Option<SubjectId> {
    SubjectId::parse(key.as_str().strip_prefix(CREATE)?)
}

/// What the last try came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastTry {
    /// When, Unix milliseconds.
    pub at_ms: i64,
    /// In words, without personal values.
    pub why: String,
    /// Genesys' code, or the bridge's own.
    pub code: String,
    /// Genesys' correlation id.
    pub correlation_id: Option<String>,
    /// What is refused to everybody at the moment, if that is why.
    #[serde(default)]
    pub blocked_by: Option<String>,
}

/// A user who may not be as they should be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Work {
    /// Whom it is about: a Genesys id, or `create-` and the subject of a create that is not settled.
    pub user: UserId,
    /// Why, and since when, Unix milliseconds.
    pub reasons: BTreeMap<WorkReason, i64>,
    /// Not to be tried before, Unix milliseconds.
    pub not_before_ms: i64,
    /// Tries that came to a refusal, or to nothing.
    pub attempts: u32,
    /// Times in a row that it had to wait for somebody else.
    #[serde(default)]
    pub deferrals: u32,
    /// How often something was added. Another record each time, also for a reason that was there already: who
    /// looked at the user before it came must not take it for done.
    #[serde(default)]
    pub asked: u64,
    /// What the last try came to.
    pub last: Option<LastTry>,
    /// The row that it was read from.
    #[serde(skip)]
    row: Row,
}

/// The bytes of a row, so that it can be told from another one whichever version of the program wrote it. They
/// are no part of what the record says.
#[derive(Clone, Debug, Default)]
struct Row(Option<Bytes>);

impl PartialEq for Row {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Row {}

impl Work {
    fn of_row(row: Bytes) -> Result<Self, StoreError> {
        let work: Self = record::decode(&row)?;
        Ok(Self { row: Row(Some(row)), ..work })
    }

    /// The row as it is there: as it was read, unless the record was changed since.
    fn bytes(&self) -> Result<Bytes, StoreError> {
        match &self.row.0 {
            Some(row) if record::decode::<Self>(row)? == *self => Ok(row.clone()),
            _ => record::encode(self),
        }
    }

    /// Work without a reason yet, due at that time.
    pub fn of(user: UserId, not_before_ms: i64) -> Self {
        Self {
            user,
            reasons: BTreeMap::new(),
            not_before_ms,
            attempts: 0,
            deferrals: 0,
            asked: 0,
            last: None,
            row: Row::default(),
        }
    }

    /// Adds a reason, which is older than what is known of it only where there was none. Doubt is as young as the
    /// last of it: only then everything has arrived.
    pub fn ask(&mut self, reason: WorkReason, now_ms: i64) {
        let since_ms = self.reasons.entry(reason).or_insert(now_ms);
        if reason == WorkReason::Unverified {
            *since_ms = now_ms;
        }
        self.asked = self.asked.wrapping_add(1);
    }

    /// Until when something about the user may still arrive, Unix milliseconds.
    pub fn unverified_until_ms(&self) -> Option<i64> {
        self.reasons.get(&WorkReason::Unverified).map(|since_ms| since_ms.saturating_add(VERIFY_AFTER_MS))
    }

    /// Whether something may still arrive; not after a clock was set back.
    pub fn is_unverified(&self, now_ms: i64) -> bool {
        let left = self.unverified_until_ms().map_or(0, |until_ms| until_ms.saturating_sub(now_ms));
        (1..=VERIFY_AFTER_MS).contains(&left)
    }

    /// The oldest of its reasons, Unix milliseconds.
    pub fn since_ms(&self) -> Option<i64> {
        self.reasons.values().min().copied()
    }
}

/// Everybody is to be looked at, because the rules changed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Everybody {
    /// Since when, Unix milliseconds.
    pub since_ms: i64,
    /// Up to whom that is done.
    pub done: Option<UserId>,
}

/// All reads fail with `StoreError::Damaged` on a record that cannot be read back, and with nothing else.
impl Directory {
    /// The work record of a user.
    pub async fn work(&self, user: &UserId) -> Result<Option<Work>, StoreError> {
        self.value(Table::Outbox, &self.work_key(user)).await?.map(Work::of_row).transpose()
    }

    /// Work records by user id, behind `after`.
    pub async fn works(&self, after: Option<&UserId>, limit: usize) -> Result<Vec<Work>, StoreError> {
        let after = after.map(|user| self.work_key(user));
        let rows = self.scan(Table::Outbox, &["work"], after.as_deref(), limit).await?;
        rows.into_iter().map(|(_, row)| Work::of_row(row)).collect()
    }

    /// Users whose work is due, the longest first; up to `limit`. Due is also what waits for longer than anything
    /// waits: the clock was set back since it was written down.
    pub async fn due(&self, now_ms: i64, limit: usize) -> Result<Vec<UserId>, StoreError> {
        let first = self.scan(Table::Outbox, &["due"], None, limit).await?;
        let now = self.key(&["due", &moment(now_ms.saturating_add(1))]);
        let due: Vec<_> = first.into_iter().take_while(|(key, _)| *key < now).collect();
        let never = self.key(&["due", &moment(now_ms.saturating_add(WORK_FAR_AHEAD))]);
        let room = limit.saturating_sub(due.len());
        let beyond = self.scan(Table::Outbox, &["due"], Some(&never), room).await?;
        due.iter().chain(&beyond).map(|(_, user)| Ok(UserId::new(super::id_text(user)?))).collect()
    }

    /// How many users have work for each reason, and since when the oldest, Unix milliseconds.
    pub async fn work_counts(&self) -> Result<BTreeMap<WorkReason, (usize, i64)>, StoreError> {
        let (mut counts, mut after) = (BTreeMap::new(), None::<UserId>);
        loop {
            let page = self.works(after.as_ref(), super::PAGE).await?;
            let Some(last) = page.last() else { return Ok(counts) };
            after = Some(last.user.clone());
            for (reason, since_ms) in page.iter().flat_map(|work| &work.reasons) {
                let (users, oldest) = counts.entry(*reason).or_insert((0, *since_ms));
                *users += 1;
                *oldest = (*oldest).min(*since_ms);
            }
        }
    }

    /// Adds a reason to a user's work; it is due at `not_before_ms`, or sooner if it was.
    pub async fn add_work(
        &self,
        batch: &mut Batch,
        user: &UserId,
        reason: WorkReason,
        now_ms: i64,
        not_before_ms: i64,
    ) -> Result<(), StoreError> {
        let before = self.work(user).await?;
        let mut work = before.clone().unwrap_or_else(|| Work::of(user.clone(), not_before_ms));
        work.ask(reason, now_ms);
        let in_doubt_only = work.reasons.keys().all(|reason| *reason == WorkReason::Unverified);
        work.not_before_ms =
            if in_doubt_only { not_before_ms } else { work.not_before_ms.min(not_before_ms) };
        self.put_work(batch, before.as_ref(), &work)
    }

    /// Writes a record in the place of `before`; refused if that is not there any more.
    pub fn put_work(&self, batch: &mut Batch, before: Option<&Work>, work: &Work) -> Result<(), StoreError> {
        self.expect_work(batch, &work.user, before)?;
        if let Some(before) = before {
            batch.delete(Table::Outbox, self.due_key(before));
        }
        batch.put(Table::Outbox, self.work_key(&work.user), record::encode(work)?);
        batch.put(Table::Outbox, self.due_key(work), work.user.as_str().to_owned());
        Ok(())
    }

    /// Removes a record; refused if it is not as it was.
    pub fn drop_work(&self, batch: &mut Batch, work: &Work) -> Result<(), StoreError> {
        self.expect_work(batch, &work.user, Some(work))?;
        batch.delete(Table::Outbox, self.due_key(work));
        batch.delete(Table::Outbox, self.work_key(&work.user));
        Ok(())
    }

    fn expect_work(&self, batch: &mut Batch, user: &UserId, there: Option<&Work>) -> Result<(), StoreError> {
        let expect = match there {
            Some(work) => Expect::Equals(work.bytes()?),
            None => Expect::Absent,
        };
        batch.expect(Table::Outbox, self.work_key(user), expect);
        Ok(())
    }

    /// Takes note of the rules that are in force. If they were others, everybody is to be looked at again.
    /// True: they were.
    pub async fn note_rules(&self, batch: &mut Batch, digest: &str, now_ms: i64) -> Result<bool, StoreError> {
        let key = self.key(&["rules"]);
        let before = self.noted_rules().await?;
        if before.as_deref() == Some(digest) {
            return Ok(false);
        }
        batch.put(Table::Meta, key, record::encode(&digest)?);
        let changed = before.is_some();
        if changed {
            self.put_everybody(batch, &Everybody { since_ms: now_ms, done: None })?;
        }
        Ok(changed)
    }

    /// The digest of the rules by which everybody is as they are; `None` before the first start.
    pub async fn noted_rules(&self) -> Result<Option<String>, StoreError> {
        self.read(Table::Meta, &self.key(&["rules"])).await
    }

    /// Whether everybody is to be looked at, and how far that is.
    pub async fn everybody(&self) -> Result<Option<Everybody>, StoreError> {
        self.read(Table::Outbox, &self.everybody_key()).await
    }

    /// Writes how far it is.
    pub fn put_everybody(&self, batch: &mut Batch, everybody: &Everybody) -> Result<(), StoreError> {
        batch.put(Table::Outbox, self.everybody_key(), record::encode(everybody)?);
        Ok(())
    }

    /// Everybody was looked at.
    pub fn everybody_done(&self, batch: &mut Batch) {
        batch.delete(Table::Outbox, self.everybody_key());
    }

    fn everybody_key(&self) -> Vec<u8> {
        self.key(&["everybody", "rules"])
    }

    fn work_key(&self, user: &UserId) -> Vec<u8> {
        self.key(&["work", user.as_str()])
    }

    fn due_key(&self, work: &Work) -> Vec<u8> {
        self.key(&["due", &moment(work.not_before_ms), work.user.as_str()])
    }
}

/// A moment as part of a key: sorts by time.
fn moment(ms: i64) -> String {
    format!("{:020}", ms.max(0))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::model::ports::Store;
    use crate::store::MemoryStore;
    use crate::store::samples::tenant;

    async fn commit(store: &MemoryStore, fill: impl AsyncFnOnce(&mut Batch)) -> Result<(), StoreError> {
        let mut batch = Batch::new();
        fill(&mut batch).await;
        store.commit(batch).await.map(drop)
    }

    #[tokio::test]
    async fn a_user_has_one_record_with_all_reasons_and_is_due_once_at_the_earliest_of_its_times() {
        let store = Arc::new(MemoryStore::new());
        let directory = Directory::new(tenant(), store.clone());
        let user = UserId::new("u1");
        for (reason, now, at) in [
            (WorkReason::StepFailed, 10, 70),
            (WorkReason::GroupChanged, 20, 20),
            (WorkReason::GroupChanged, 30, 30),
        ] {
            let add = async |batch: &mut Batch| {
                directory.add_work(batch, &user, reason, now, at).await.unwrap();
            };
            commit(&store, add).await.unwrap();
        }
        let work = directory.work(&user).await.unwrap().unwrap();
        let reasons = [(WorkReason::GroupChanged, 20), (WorkReason::StepFailed, 10)];
        assert_eq!(work.reasons, reasons.into());
        assert_eq!((work.not_before_ms, work.since_ms()), (20, Some(10)));
        assert_eq!(directory.due(19, 9).await.unwrap(), []);
        assert_eq!(directory.due(99, 9).await.unwrap(), std::slice::from_ref(&user));
        let later = Work { not_before_ms: 500, attempts: 1, ..work.clone() };
        commit(&store, async |batch| directory.put_work(batch, Some(&work), &later).unwrap()).await.unwrap();
        assert_eq!(directory.due(499, 9).await.unwrap(), []);
        assert_eq!(directory.due(500, 9).await.unwrap(), std::slice::from_ref(&user));
        let stale = commit(&store, async |batch| directory.drop_work(batch, &work).unwrap()).await;
        assert!(matches!(stale, Err(StoreError::Conflict { .. })), "{stale:?}");
        commit(&store, async |batch| directory.drop_work(batch, &later).unwrap()).await.unwrap();
        assert_eq!(directory.due(9_999, 9).await.unwrap(), []);
        assert_eq!(directory.works(None, 9).await.unwrap(), []);
    }

    #[tokio::test]
    async fn what_was_put_off_by_a_clock_that_was_set_back_since_is_due() {
        let store = Arc::new(MemoryStore::new());
        let directory = Directory::new(tenant(), store.clone());
        let (user, hour) = (UserId::new("u1"), 3_600_000);
        let day = 24 * hour;
        let add = async |batch: &mut Batch| {
            directory.add_work(batch, &user, WorkReason::StepFailed, day, day + 6 * hour).await.unwrap();
        };
        commit(&store, add).await.unwrap();
        assert_eq!(directory.due(day, 9).await.unwrap(), [], "it waits as long as work may");
        assert_eq!(directory.due(0, 9).await.unwrap(), [user], "the clock went back by a day");
        assert_eq!(directory.due(0, 0).await.unwrap(), []);
    }

    #[tokio::test]
    async fn a_reason_that_comes_again_while_somebody_works_on_it_is_not_done_with() {
        let store = Arc::new(MemoryStore::new());
        let directory = Directory::new(tenant(), store.clone());
        let user = UserId::new("u1");
        for now in [10, 20] {
            let add = async |batch: &mut Batch| {
                directory.add_work(batch, &user, WorkReason::GroupChanged, now, 10).await.unwrap();
            };
            let looked_at = directory.work(&user).await.unwrap();
            commit(&store, add).await.unwrap();
            let Some(looked_at) = looked_at else { continue };
            let done = commit(&store, async |batch| directory.drop_work(batch, &looked_at).unwrap()).await;
            assert!(matches!(done, Err(StoreError::Conflict { .. })), "{done:?}");
        }
        assert_eq!(directory.due(10, 9).await.unwrap(), [user]);
    }

    #[tokio::test]
    async fn a_row_that_another_version_wrote_can_be_changed_and_removed() {
        let store = Arc::new(MemoryStore::new());
        let directory = Directory::new(tenant(), store.clone());
        let user = UserId::new("u1");
        for _ in 0..2 {
            let add = async |batch: &mut Batch| {
                directory.add_work(batch, &user, WorkReason::Asked, 10, 10).await.unwrap();
            };
            commit(&store, add).await.unwrap();
            let key = directory.work_key(&user);
            let row = store.get(Table::Outbox, &key).await.unwrap().unwrap();
            let said = String::from_utf8_lossy(&row).replace("\"attempts\":0", "\"attempts\":0,\"mood\":7");
            assert_ne!(said.as_bytes(), &row[..], "{said}");
            commit(&store, async |batch| batch.put(Table::Outbox, key, said.into_bytes())).await.unwrap();
        }
        let work = directory.work(&user).await.unwrap().unwrap();
        commit(&store, async |batch| directory.drop_work(batch, &work).unwrap()).await.unwrap();
        assert_eq!(directory.works(None, 9).await.unwrap(), []);
    }

    #[tokio::test]
    async fn who_waits_longest_is_due_first_whoever_has_which_id() {
        let store = Arc::new(MemoryStore::new());
        let directory = Directory::new(tenant(), store.clone());
        for (user, at) in [("a", 300), ("b", 100), ("c", 200), ("d", 1_000)] {
            let add = async |batch: &mut Batch| {
                let user = UserId::new(user);
                directory.add_work(batch, &user, WorkReason::Asked, at, at).await.unwrap();
            };
            commit(&store, add).await.unwrap();
        }
        let due = directory.due(300, 9).await.unwrap();
        assert_eq!(due.iter().map(UserId::as_str).collect::<Vec<_>>(), ["b", "c", "a"]);
        assert_eq!(directory.due(300, 2).await.unwrap().len(), 2);
        assert_eq!(directory.work_counts().await.unwrap(), [(WorkReason::Asked, (4, 100))].into());
        let listed = directory.works(Some(&UserId::new("b")), 9).await.unwrap();
        assert_eq!(listed.iter().map(|work| work.user.as_str()).collect::<Vec<_>>(), ["c", "d"]);
    }

    #[tokio::test]
    async fn rules_that_were_others_are_work_for_everybody_and_those_of_the_first_start_are_not() {
        let store = Arc::new(MemoryStore::new());
        let directory = Directory::new(tenant(), store.clone());
        for (digest, changed) in [("a", false), ("a", false), ("b", true), ("b", false), ("", true)] {
            let note = async |batch: &mut Batch| {
                assert_eq!(directory.note_rules(batch, digest, 7).await.unwrap(), changed, "{digest}");
            };
            commit(&store, note).await.unwrap();
            assert_eq!(directory.everybody().await.unwrap().is_some(), changed, "{digest}");
            commit(&store, async |batch| directory.everybody_done(batch)).await.unwrap();
        }
    }

    #[tokio::test]
    async fn a_second_doubt_puts_the_comparison_off_and_never_what_else_is_to_be_done() {
        let store = Arc::new(MemoryStore::new());
        let directory = Directory::new(tenant(), Arc::clone(&store) as Arc<dyn Store>);
        let user = UserId::new("u");
        let ask = async |reason, now_ms: i64, due_ms| {
            let mut batch = Batch::new();
            directory.add_work(&mut batch, &user, reason, now_ms, due_ms).await.unwrap();
            store.commit(batch).await.unwrap();
            let work = directory.work(&user).await.unwrap().unwrap();
            (work.not_before_ms, work.unverified_until_ms())
        };
        let until = |since_ms| Some(since_ms + VERIFY_AFTER_MS);
        assert_eq!(ask(WorkReason::Unverified, 0, VERIFY_AFTER_MS).await, (VERIFY_AFTER_MS, until(0)));
        let later = 5_000 + VERIFY_AFTER_MS;
        assert_eq!(ask(WorkReason::Unverified, 5_000, later).await, (later, until(5_000)));
        assert_eq!(ask(WorkReason::StepFailed, 6_000, 7_000).await, (7_000, until(5_000)));
        assert_eq!(ask(WorkReason::Unverified, 9_000, 9_000 + VERIFY_AFTER_MS).await, (7_000, until(9_000)));
    }

    #[test]
    fn reasons_are_the_words_that_records_hold() {
        for reason in WorkReason::ALL {
            assert_eq!(serde_json::to_string(&reason).unwrap(), format!("{:?}", reason.as_str()));
        }
    }
}
