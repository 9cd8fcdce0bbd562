//! The import from Genesys: reads all its users and groups, page by page, and keeps them as unmanaged
//! records.
//!
//! Safe to repeat: records that an identity provider has written stay as they are (`directory::import` sees
//! to it). What is refused for one record is counted and passed over; a listing that breaks off ends the
//! import, and what was read is kept.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::Serialize;

use crate::directory::Directory;
use crate::directory::import::ImportState;
use crate::model::ports::{CallContext, Clock, Ids, Page, Priority, Store, Upstream};
use crate::model::{Backoff, Batch, Observed, ObservedGroup, Refusal, StoreError, Verdict};

/// How often one page is asked for before the import gives up.
const TRIES: u32 = 8;
/// Pause before a page whose answer was lost is asked for again.
const PAUSE: Duration = Duration::from_secs(1);
/// How often a record is tried again when another change came first.
const CONFLICTS: u32 = 3;

/// What the import works with.
pub struct ImportParts {
    /// Where to.
    pub directory: Arc<Directory>,
    /// Commits.
    pub store: Arc<dyn Store>,
    /// Where from.
    pub upstream: Arc<dyn Upstream>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Fresh ids.
    pub ids: Arc<dyn Ids>,
}

/// How far an import is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Progress {
    /// Whether it runs.
    pub running: bool,
    /// Users read.
    pub users: u64,
    /// All users of the parts of the listing begun so far, where Genesys tells.
    pub users_total: Option<u64>,
    /// Groups read.
    pub groups: u64,
    /// All groups, where Genesys tells.
    pub groups_total: Option<u64>,
    /// Records that are new here or changed.
    pub written: u64,
    /// Records passed over because they claim a name that another record owns.
    pub passed_over: u64,
}

/// Why an import ended early.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// Genesys refuses the listing.
    #[error("Genesys Cloud refuses to list {what}: {} ({})", .refusal.detail, .refusal.code)]
    Refused {
        /// Users or groups.
        what: &'static str,
        /// Its words.
        refusal: Refusal,
    },
    /// No answer came in many tries.
    #[error("Genesys Cloud does not answer when asked for {what} ({reason}); run the import again later")]
    NoAnswer {
        /// Users or groups.
        what: &'static str,
        /// What happened last.
        reason: String,
    },
    /// The store refuses.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Two at a time would be in each other's way.
    #[error("an import is running already; wait for it to end")]
    Running,
}

/// The shared view on a running import.
#[derive(Clone, Debug, Default)]
pub struct ProgressCell(Arc<Mutex<Progress>>);

impl ProgressCell {
    /// How far it is.
    pub(crate) fn get(&self) -> Progress {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn update(&self, change: impl FnOnce(&mut Progress)) {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Starts anew; false if one runs.
    fn begin(&self) -> bool {
        let mut progress = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if progress.running {
            return false;
        }
        *progress = Progress { running: true, ..Progress::default() };
        true
    }
}

/// Imports everything and notes that it was done.
///
/// # Errors
/// A listing breaks off or the store refuses; what was read is kept.
pub async fn import(parts: &ImportParts, cell: &ProgressCell) -> Result<Progress, ImportError> {
    if !cell.begin() {
        return Err(ImportError::Running);
    }
    let result = all(parts, cell).await;
    cell.update(|progress| progress.running = false);
    result.map(|()| cell.get())
}

async fn all(parts: &ImportParts, cell: &ProgressCell) -> Result<(), ImportError> {
    // What is there already must be counted before anything is added to it.
    parts.store.commit(parts.directory.batch_first_counts().await?).await?;
    users(parts, cell).await?;
    groups(parts, cell).await?;
    let done = cell.get();
    let state = ImportState { finished_ms: parts.clock.now_ms(), users: done.users, groups: done.groups };
    parts.store.commit(parts.directory.batch_import_done(state)?).await?;
    tracing::info!(users = done.users, groups = done.groups, written = done.written, "import finished");
    Ok(())
}

async fn users(parts: &ImportParts, cell: &ProgressCell) -> Result<(), ImportError> {
    let context = CallContext::new(Priority::Background, "import");
    let mut next = None;
    let mut total = Total::default();
    loop {
        let page: Page<Observed> =
            patiently(parts, "users", || parts.upstream.list_users(next, &context)).await?;
        for user in &page.items {
            let subject = parts.ids.subject();
            let make = || parts.directory.batch_import_user(user, subject, parts.clock.now_ms());
            keep(parts, cell, make).await?;
        }
        let read = u64::try_from(page.items.len()).unwrap_or(0);
        let all = total.after(read, page.total);
        cell.update(|progress| {
            progress.users += read;
            progress.users_total = all.or(progress.users_total);
        });
        next = match page.next {
            Some(page) => Some(page),
            None => return Ok(()),
        };
    }
}

/// How many there are in all, out of what each part of a listing says of itself: the active users are one, the
/// inactive another.
#[derive(Default)]
struct Total {
    parts_before: u64,
    read: u64,
}

impl Total {
    /// After a page with so many, of a part with so many.
    fn after(&mut self, read: u64, of_part: Option<u64>) -> Option<u64> {
        let of_part = of_part?;
        self.read += read;
        let all = self.parts_before + of_part;
        if self.read >= of_part {
            self.parts_before += self.read;
            self.read = 0;
        }
        Some(all)
    }
}

async fn groups(parts: &ImportParts, cell: &ProgressCell) -> Result<(), ImportError> {
    let context = CallContext::new(Priority::Background, "import");
    let mut next = None;
    loop {
        let page: Page<ObservedGroup> =
            patiently(parts, "groups", || parts.upstream.list_groups(next, &context)).await?;
        for group in &page.items {
            let fresh = (parts.ids.group(), parts.ids.subject());
            let make = || parts.directory.batch_import_group(group, fresh.clone(), parts.clock.now_ms());
            keep(parts, cell, make).await?;
        }
        let read = u64::try_from(page.items.len()).unwrap_or(0);
        cell.update(|progress| {
            progress.groups += read;
            progress.groups_total = page.total.or(progress.groups_total);
        });
        next = match page.next {
            Some(page) => Some(page),
            None => return Ok(()),
        };
    }
}

/// Commits what one record needs. A conflict is made anew; one that stays is a name that somebody else owns.
async fn keep<F: Future<Output = Result<Batch, StoreError>>>(
    parts: &ImportParts,
    cell: &ProgressCell,
    make: impl Fn() -> F,
) -> Result<(), ImportError> {
    for _ in 0..CONFLICTS {
        let batch = make().await?;
        if batch.is_empty() {
            return Ok(());
        }
        match parts.store.commit(batch).await {
            Ok(_) => {
                cell.update(|progress| progress.written += 1);
                return Ok(());
            }
            Err(StoreError::Conflict { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    tracing::warn!("an imported record claims a name that another record owns; it is passed over");
    cell.update(|progress| progress.passed_over += 1);
    Ok(())
}

/// Asks again until there is an answer that counts; a listing changes nothing, so it may be repeated at will.
async fn patiently<T, F: Future<Output = Verdict<T>>>(
    parts: &ImportParts,
    what: &'static str,
    ask: impl Fn() -> F,
) -> Result<T, ImportError> {
    let mut last = String::new();
    let mut backoff = Backoff::new(PAUSE, PAUSE);
    for _ in 0..TRIES {
        let wait = match ask().await {
            Verdict::Done(value) => return Ok(value),
            Verdict::Refused(refusal) => return Err(ImportError::Refused { what, refusal }),
            Verdict::Later(later) => {
                last = later.reason;
                later.wait
            }
            Verdict::Unknown(unknown) => {
                last = unknown.reason;
                backoff.pause()
            }
        };
        parts.clock.sleep(wait).await;
    }
    Err(ImportError::NoAnswer { what, reason: last })
}

#[cfg(test)]
mod tests {
    use super::Total;

    #[test]
    fn the_total_of_a_listing_in_two_parts_is_that_of_both() {
        let mut total = Total::default();
        let pages = [(100, 250), (100, 250), (50, 250), (30, 30)];
        let shown: Vec<_> = pages.map(|(read, of_part)| total.after(read, Some(of_part))).into();
        assert_eq!(shown, [Some(250), Some(250), Some(250), Some(280)]);
        assert_eq!(Total::default().after(5, None), None, "Genesys does not tell");
    }
}
