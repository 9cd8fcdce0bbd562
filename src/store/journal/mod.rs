//! The saga journal on any store: how sagas are opened, turned, ended and found again.
//!
//! Keys: `saga/<id>` (how it was opened, written once), `turn/<id>/<nnnn>` (one for each turn), `open/<id>`
//! (it has not ended), `done/<inverted number>` (it has; newest first), and that of a reservation
//! ([`reserve_key`]) in the index.
//! Which turn may follow which: `transitions`. What a saga does: the saga room. The records that go with a
//! turn: `directory`.

mod transitions;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;

use crate::model::ports::{Journal, Store};
use crate::model::{
    Batch, CommitToken, Expect, Reservation, SagaId, SagaOpened, SagaState, StoreError, Table, TenantId, Turn,
};

use super::{keys, record};
use crate::limits::{FINISHED_KEPT, SAGA_TURNS};

const FORMAT: u8 = 1;
/// Finished sagas removed by one commit, at most; each commit that ends one saga removes up to this many.
const TRIM: usize = 4;
/// Open sagas read in one go.
const PAGE: usize = 256;

/// A [`Journal`] of one tenant on a store.
pub struct StoreJournal {
    tenant: TenantId,
    store: Arc<dyn Store>,
    /// Number of the next saga to finish.
    next_done: AtomicU64,
    /// Finished sagas that are kept.
    kept: u64,
}

impl StoreJournal {
    /// The journal of a tenant.
    ///
    /// # Errors
    /// A damaged record.
    pub async fn new(tenant: TenantId, store: Arc<dyn Store>) -> Result<Self, StoreError> {
        let newest = store.scan(Table::Journal, &keys::prefix(&tenant, &["done"]), None, 1).await?;
        let number = match newest.first() {
            None => 0,
            Some((key, _)) => done_number(key)
                .ok_or_else(|| StoreError::Damaged("a key of the finished sagas".to_owned()))?
                .saturating_add(1),
        };
        Ok(Self { tenant, store, next_done: AtomicU64::new(number), kept: FINISHED_KEPT })
    }

    /// The same journal, which keeps so many finished sagas.
    #[must_use]
    pub fn keeping(self, kept: u64) -> Self {
        Self { kept, ..self }
    }

    /// Removes finished sagas that were opened before `before_ms`, oldest first. Returns how many.
    ///
    /// # Errors
    /// A damaged record, or the store refuses.
    pub async fn trim_before(&self, before_ms: i64) -> Result<usize, StoreError> {
        let prefix = keys::prefix(&self.tenant, &["done"]);
        let all = usize::try_from(self.kept).unwrap_or(usize::MAX).saturating_add(TRIM);
        let listed = self.store.scan(Table::Journal, &prefix, None, all).await?;
        let mut removed = 0;
        for (key, id) in listed.into_iter().rev() {
            let id = record::id(&id)?;
            let old = self.load_text(id).await?.is_none_or(|saga| saga.opened.opened_ms < before_ms);
            if !old {
                break;
            }
            let mut batch = Batch::new();
            self.remove(&mut batch, key, id).await?;
            self.store.commit(batch).await?;
            removed += 1;
        }
        Ok(removed)
    }

    async fn remove(&self, batch: &mut Batch, listed: Vec<u8>, id: &str) -> Result<(), StoreError> {
        let turns = keys::prefix(&self.tenant, &["turn", id]);
        for (turn, _) in self.store.scan(Table::Journal, &turns, None, SAGA_TURNS).await? {
            batch.delete(Table::Journal, turn);
        }
        batch.delete(Table::Journal, self.key(&["saga", id]));
        batch.delete(Table::Journal, listed);
        Ok(())
    }

    /// What opening a saga writes. Names are taken if they are free, or held by `predecessor`.
    async fn open_batch(
        &self,
        opened: &SagaOpened,
        predecessor: Option<SagaId>,
    ) -> Result<Batch, StoreError> {
        if opened.tenant != self.tenant {
            return Err(StoreError::Failed("a saga of another tenant was opened here".to_owned()));
        }
        let id = opened.id.to_string();
        let saga = self.key(&["saga", &id]);
        let mut batch = Batch::new();
        batch.expect(Table::Journal, saga.clone(), Expect::Absent);
        batch.put(Table::Journal, saga, record::encode(FORMAT, opened)?);
        batch.put(Table::Journal, self.key(&["open", &id]), id.clone());
        for name in &opened.names {
            let key = reserve_key(&self.tenant, name);
            let held = self.store.get(Table::Index, &key).await?;
            let by_predecessor = predecessor.map(|saga| saga.to_string());
            let expect = match (held, by_predecessor) {
                (Some(held), Some(by)) if held == by.as_bytes() => Expect::Equals(held),
                _ => Expect::Absent,
            };
            batch.expect(Table::Index, key.clone(), expect);
            batch.put(Table::Index, key, id.clone());
        }
        Ok(batch)
    }

    /// What a turn writes.
    async fn turn_batch(&self, id: SagaId, turn: &Turn) -> Result<Batch, StoreError> {
        let text = id.to_string();
        let refused = || StoreError::Conflict { table: Table::Journal, key: self.key(&["saga", &text]) };
        let state = self.load(id).await?.ok_or_else(refused)?;
        if !transitions::legal(state.turns.last(), turn) {
            tracing::error!(saga = %id, after = state.turns.len(), "an illegal turn was refused");
            return Err(refused());
        }
        let number = state.turns.len();
        if number >= SAGA_TURNS {
            return Err(StoreError::Failed(format!("saga {id} has had {SAGA_TURNS} turns")));
        }
        let mut batch = Batch::new();
        let key = self.key(&["turn", &text, &format!("{number:04}")]);
        let open = self.key(&["open", &text]);
        batch.expect(Table::Journal, open.clone(), Expect::Present);
        batch.expect(Table::Journal, key.clone(), Expect::Absent);
        batch.put(Table::Journal, key, record::encode(FORMAT, turn)?);
        if transitions::ends(turn) {
            batch.delete(Table::Journal, open);
            for name in &state.opened.names {
                batch.delete(Table::Index, reserve_key(&self.tenant, name));
            }
            let done = self.next_done.fetch_add(1, Ordering::Relaxed);
            batch.put(Table::Journal, self.done_key(done), text);
            batch.append(self.trim(done).await?);
        }
        Ok(batch)
    }

    /// Removes a few of the sagas that are too old to be kept.
    async fn trim(&self, newest: u64) -> Result<Batch, StoreError> {
        let mut batch = Batch::new();
        let Some(oldest) = newest.checked_sub(self.kept) else { return Ok(batch) };
        let prefix = keys::prefix(&self.tenant, &["done"]);
        let after = self.done_key(oldest.saturating_add(1));
        for (key, id) in self.store.scan(Table::Journal, &prefix, Some(&after), TRIM).await? {
            self.remove(&mut batch, key, record::id(&id)?).await?;
        }
        Ok(batch)
    }

    async fn load_text(&self, id: &str) -> Result<Option<SagaState>, StoreError> {
        let Some(opened) = self.store.get(Table::Journal, &self.key(&["saga", id])).await? else {
            return Ok(None);
        };
        let prefix = keys::prefix(&self.tenant, &["turn", id]);
        let turns = self.store.scan(Table::Journal, &prefix, None, SAGA_TURNS).await?;
        let turns = turns.iter().map(|(_, turn)| record::decode(FORMAT, turn)).collect::<Result<_, _>>()?;
        Ok(Some(SagaState { opened: record::decode(FORMAT, &opened)?, turns }))
    }

    async fn load_listed(&self, id: &[u8]) -> Result<SagaState, StoreError> {
        self.load_text(record::id(id)?)
            .await?
            .ok_or_else(|| StoreError::Damaged("a listed saga is missing".to_owned()))
    }

    fn key(&self, parts: &[&str]) -> Vec<u8> {
        keys::key(&self.tenant, parts)
    }

    fn done_key(&self, number: u64) -> Vec<u8> {
        self.key(&["done", &format!("{:020}", u64::MAX - number)])
    }
}

/// The key in `Table::Index` under which a reservation says which open saga has it.
pub(crate) fn reserve_key(tenant: &TenantId, wanted: &Reservation) -> Vec<u8> {
    keys::key(tenant, &["reserve", &wanted.to_string()])
}

fn done_number(key: &[u8]) -> Option<u64> {
    keys::last_part(key)?.parse::<u64>().ok().map(|inverted| u64::MAX - inverted)
}

#[async_trait]
impl Journal for StoreJournal {
    async fn open(&self, opened: &SagaOpened, with: Batch) -> Result<CommitToken, StoreError> {
        let mut batch = self.open_batch(opened, None).await?;
        batch.append(with);
        self.store.commit(batch).await
    }

    async fn turn(&self, id: SagaId, turn: &Turn, with: Batch) -> Result<CommitToken, StoreError> {
        let mut batch = self.turn_batch(id, turn).await?;
        batch.append(with);
        self.store.commit(batch).await
    }

    async fn hand_over(&self, from: SagaId, to: &SagaOpened, with: Batch) -> Result<CommitToken, StoreError> {
        let mut batch = self.turn_batch(from, &Turn::HandedOver { to: to.id }).await?;
        batch.append(self.open_batch(to, Some(from)).await?);
        batch.append(with);
        self.store.commit(batch).await
    }

    async fn load(&self, id: SagaId) -> Result<Option<SagaState>, StoreError> {
        self.load_text(&id.to_string()).await
    }

    async fn open_sagas(&self) -> Result<Vec<SagaState>, StoreError> {
        let prefix = keys::prefix(&self.tenant, &["open"]);
        let (mut found, mut after) = (Vec::new(), None::<Vec<u8>>);
        loop {
            let page = self.store.scan(Table::Journal, &prefix, after.as_deref(), PAGE).await?;
            let Some((last, _)) = page.last() else { return Ok(found) };
            after = Some(last.clone());
            for (key, id) in page {
                // It may have ended, and even been trimmed, since the page was read.
                if self.store.get(Table::Journal, &key).await?.is_some() {
                    found.push(self.load_listed(&id).await?);
                }
            }
        }
    }

    async fn finished(&self, limit: usize) -> Result<Vec<SagaState>, StoreError> {
        let prefix = keys::prefix(&self.tenant, &["done"]);
        let page = self.store.scan(Table::Journal, &prefix, None, limit).await?;
        let mut found = Vec::with_capacity(page.len());
        for (_, id) in page {
            // It may have been trimmed since the page was read.
            found.extend(self.load_text(record::id(&id)?).await?);
        }
        Ok(found)
    }

    async fn reserved_by(&self, wanted: &Reservation) -> Result<Option<SagaId>, StoreError> {
        let Some(id) = self.store.get(Table::Index, &reserve_key(&self.tenant, wanted)).await? else {
            return Ok(None);
        };
        SagaId::parse(record::id(&id)?)
            .map(Some)
            .ok_or_else(|| StoreError::Damaged("a reservation names no saga".to_owned()))
    }
}

#[cfg(test)]
mod tests;
