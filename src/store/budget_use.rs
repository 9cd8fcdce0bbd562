//! The budget's last minute, kept: read at the start, written over and over while calls are made.
//!
//! What it means and how often it is written: `genesys::budget`.

use super::{keys, record};
use crate::model::ports::Store;
use crate::model::{Batch, BudgetUse, StoreError, Table, TenantId};

const FORMAT: u8 = 1;

/// What was kept last; `None` before the first time.
///
/// # Errors
/// A damaged record.
pub async fn load(store: &dyn Store, tenant: &TenantId) -> Result<Option<BudgetUse>, StoreError> {
    let kept = store.get(Table::Meta, &keys::key(tenant, &["budget"])).await?;
    kept.map(|kept| record::decode(FORMAT, &kept)).transpose()
}

/// Keeps it.
///
/// # Errors
/// A store that refuses.
pub async fn save(store: &dyn Store, tenant: &TenantId, used: &BudgetUse) -> Result<(), StoreError> {
    let mut batch = Batch::new();
    batch.put(Table::Meta, keys::key(tenant, &["budget"]), record::encode(FORMAT, used)?);
    store.commit(batch).await.map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::SentCalls;
    use crate::store::MemoryStore;

    #[tokio::test]
    async fn what_was_kept_last_is_loaded() {
        let (store, tenant) = (MemoryStore::new(), TenantId::new("t"));
        assert_eq!(load(&store, &tenant).await, Ok(None));
        for calls in [1, 2] {
            let sent = vec![SentCalls { ago_ms: 5, calls, saved: 0 }];
            let used = BudgetUse { at_ms: 7, sent, families: vec![("a".into(), 9)], ..BudgetUse::default() };
            save(&store, &tenant, &used).await.unwrap();
            assert_eq!(load(&store, &tenant).await, Ok(Some(used)));
        }
    }
}
