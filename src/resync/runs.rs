//! Runs on disk: their records, which listings they read, what the pages held, who seems to differ, and the lines of
//! their reports.
//!
//! Everything about a run stands below its id, so that it goes as one. Says nothing about what is done when.

use std::sync::Arc;

use bytes::Bytes;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::plan::Listing;
use super::run::Run;
use crate::limits;
use crate::model::ports::Store;
use crate::model::{Batch, Difference, DriftClass, StoreError, Table, TenantId, UserId};
use crate::store::{keys, record};

const FORMAT: u8 = 1;
const ROOM: &str = "resync";
/// Rows that go in one commit.
const PAGE: usize = 500;

/// What a page held, as far as it is needed later: who, and in which division.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct PageRow {
    /// The users on it.
    pub(super) users: Vec<String>,
    /// Of roles: the division of each, as a number in `named`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) divisions: Vec<u32>,
    /// Ids and names of the divisions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) named: Vec<(String, String)>,
}

/// Somebody who seems to differ.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Candidate {
    /// What the listings showed; `None` where they did not show enough.
    pub(super) listed: Option<Vec<Difference>>,
    /// What the first look showed, and when that was, Unix milliseconds.
    pub(super) looked: Option<(i64, Vec<Difference>)>,
    /// Looks at which the user was being changed, or could not be looked at.
    pub(super) in_vain: u32,
}

/// A line of a report.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Line {
    /// Whom it is about.
    pub(crate) user: String,
    /// What differs.
    #[serde(flatten)]
    pub(crate) difference: Difference,
}

/// Runs of a tenant.
#[derive(Clone)]
pub(crate) struct Runs {
    pub(super) tenant: TenantId,
    pub(super) store: Arc<dyn Store>,
}

impl Runs {
    /// Of a tenant.
    pub(crate) fn new(tenant: TenantId, store: Arc<dyn Store>) -> Self {
        Self { tenant, store }
    }

    fn key(&self, parts: &[&str]) -> Vec<u8> {
        keys::key(&self.tenant, &[&[ROOM], parts].concat())
    }

    fn prefix(&self, parts: &[&str]) -> Vec<u8> {
        keys::prefix(&self.tenant, &[&[ROOM], parts].concat())
    }

    async fn read<T: DeserializeOwned>(&self, parts: &[&str]) -> Result<Option<T>, StoreError> {
        let value = self.store.get(Table::Meta, &self.key(parts)).await?;
        value.map(|value| record::decode(FORMAT, &value)).transpose()
    }

    fn put<T: Serialize>(&self, batch: &mut Batch, parts: &[&str], row: &T) -> Result<(), StoreError> {
        batch.put(Table::Meta, self.key(parts), record::encode(FORMAT, row)?);
        Ok(())
    }

    /// A run.
    pub(crate) async fn get(&self, id: &str) -> Result<Option<Run>, StoreError> {
        self.read(&["run", id]).await
    }

    /// All runs that are kept, newest first.
    pub(crate) async fn list(&self) -> Result<Vec<Run>, StoreError> {
        let rows =
            self.store.scan(Table::Meta, &self.prefix(&["run"]), None, limits::RESYNC_RUNS * 2).await?;
        let mut runs: Vec<Run> =
            rows.iter().map(|(_, value)| record::decode(FORMAT, value)).collect::<Result<_, _>>()?;
        runs.reverse();
        Ok(runs)
    }

    pub(super) fn put_run(&self, batch: &mut Batch, run: &Run) -> Result<(), StoreError> {
        self.put(batch, &["run", &run.id], run)
    }

    pub(super) async fn listings(&self, id: &str) -> Result<Option<Vec<Listing>>, StoreError> {
        self.read(&["listings", id]).await
    }

    pub(super) fn put_listings(
        &self,
        batch: &mut Batch,
        id: &str,
        listings: &[Listing],
    ) -> Result<(), StoreError> {
        self.put(batch, &["listings", id], &listings)
    }

    pub(super) fn put_page(
        &self,
        batch: &mut Batch,
        id: &str,
        place: (usize, u32),
        row: &PageRow,
    ) -> Result<(), StoreError> {
        self.put(batch, &["page", id, &format!("{:08}", place.0), &format!("{:08}", place.1)], row)
    }

    /// The pages of a listing that were read, from the first.
    pub(super) async fn each_page(
        &self,
        id: &str,
        listing: usize,
        mut look: impl FnMut(PageRow),
    ) -> Result<(), StoreError> {
        let prefix = self.prefix(&["page", id, &format!("{listing:08}")]);
        let mut after: Option<Vec<u8>> = None;
        loop {
            let rows = self.store.scan(Table::Meta, &prefix, after.as_deref(), 16).await?;
            let Some((last, _)) = rows.last() else { return Ok(()) };
            after = Some(last.clone());
            for (_, value) in &rows {
                look(record::decode(FORMAT, value)?);
            }
        }
    }

    /// Forgets the pages of a listing, because it is read again.
    pub(super) async fn forget_pages(&self, id: &str, listing: usize) -> Result<(), StoreError> {
        self.forget_all(&["page", id, &format!("{listing:08}")]).await
    }

    pub(super) async fn candidate(&self, id: &str, user: &UserId) -> Result<Option<Candidate>, StoreError> {
        self.read(&["candidate", id, user.as_str()]).await
    }

    pub(super) fn put_candidate(
        &self,
        batch: &mut Batch,
        id: &str,
        user: &UserId,
        candidate: &Candidate,
    ) -> Result<(), StoreError> {
        self.put(batch, &["candidate", id, user.as_str()], candidate)
    }

    pub(super) fn drop_candidate(&self, batch: &mut Batch, id: &str, user: &UserId) {
        batch.delete(Table::Meta, self.key(&["candidate", id, user.as_str()]));
    }

    /// Those who seem to differ, by id, behind one of them.
    pub(super) async fn candidates(
        &self,
        id: &str,
        after: Option<&UserId>,
        limit: usize,
    ) -> Result<Vec<(UserId, Candidate)>, StoreError> {
        let after = after.map(|user| self.key(&["candidate", id, user.as_str()]));
        let prefix = self.prefix(&["candidate", id]);
        let rows = self.store.scan(Table::Meta, &prefix, after.as_deref(), limit).await?;
        let read = |(key, value): &(Vec<u8>, Bytes)| {
            let user =
                keys::last_part(key).ok_or_else(|| StoreError::Damaged("a candidate's id".to_owned()))?;
            Ok((UserId::new(user), record::decode(FORMAT, value)?))
        };
        rows.iter().map(read).collect()
    }

    /// Puts the lines of one user into the report, where they stand by class.
    pub(super) fn put_lines(
        &self,
        batch: &mut Batch,
        id: &str,
        user: &UserId,
        differences: &[Difference],
    ) -> Result<(), StoreError> {
        for (number, difference) in differences.iter().enumerate() {
            let line = Line { user: user.as_str().to_owned(), difference: difference.clone() };
            let rank = rank(difference.class);
            self.put(batch, &["line", id, &rank, user.as_str(), &format!("{number:04}")], &line)?;
        }
        Ok(())
    }

    /// Lines of a report, the gravest first, behind a place; with the place of the last one.
    pub(crate) async fn lines(
        &self,
        id: &str,
        class: Option<DriftClass>,
        after: Option<&[u8]>,
        limit: usize,
    ) -> Result<Vec<(Vec<u8>, Line)>, StoreError> {
        let prefix = match class {
            Some(class) => self.prefix(&["line", id, &rank(class)]),
            None => self.prefix(&["line", id]),
        };
        let rows = self.store.scan(Table::Meta, &prefix, after, limit).await?;
        rows.into_iter().map(|(key, value)| Ok((key, record::decode(FORMAT, &value)?))).collect()
    }

    /// Lets go of what a run that is over needs no more, and of the oldest runs whole.
    pub(super) async fn tidy_up(&self, over: &str) -> Result<(), StoreError> {
        for part in ["page", "candidate", "listings"] {
            self.forget_all(&[part, over]).await?;
        }
        self.forget_one(&["listings", over]).await?;
        for run in self.list().await?.into_iter().skip(limits::RESYNC_RUNS) {
            for part in ["page", "candidate", "line"] {
                self.forget_all(&[part, &run.id]).await?;
            }
            self.forget_one(&["run", &run.id]).await?;
        }
        Ok(())
    }

    async fn forget_one(&self, parts: &[&str]) -> Result<(), StoreError> {
        let mut batch = Batch::new();
        batch.delete(Table::Meta, self.key(parts));
        self.store.commit(batch).await.map(drop)
    }

    async fn forget_all(&self, parts: &[&str]) -> Result<(), StoreError> {
        let prefix = self.prefix(parts);
        loop {
            let rows = self.store.scan(Table::Meta, &prefix, None, PAGE).await?;
            if rows.is_empty() {
                return Ok(());
            }
            let mut batch = Batch::new();
            rows.into_iter().for_each(|(key, _)| batch.delete(Table::Meta, key));
            self.store.commit(batch).await?;
        }
    }
}

/// By which reports are sorted.
fn rank(class: DriftClass) -> String {
    let at = DriftClass::ALL.iter().position(|one| *one == class).unwrap_or(DriftClass::ALL.len());
    format!("{at:02}")
}
