//! The secret that seals cursors: made at a tenant's first start and kept, because a cursor outlives a
//! restart.
//!
//! Randomness is a parameter. What is sealed with it: `scim::cursor`.

use crate::model::ports::Store;
use crate::model::{Batch, Expect, StoreError, Table, TenantId};

use super::{keys, record};

const FORMAT: u8 = 1;

/// The tenant's secret; the first time `fresh` becomes it.
///
/// # Errors
/// A damaged record, a store that refuses, or no randomness.
pub async fn keep(
    store: &dyn Store,
    tenant: &TenantId,
    fresh: impl FnOnce() -> Result<[u8; 32], String>,
) -> Result<[u8; 32], StoreError> {
    let at = keys::key(tenant, &["cursor-secret"]);
    if let Some(kept) = store.get(Table::Meta, &at).await? {
        let secret = record::decode_bytes(FORMAT, &kept)?.try_into();
        return secret.map_err(|_| StoreError::Damaged("the secret of cursors".to_owned()));
    }
    let secret = fresh().map_err(StoreError::Failed)?;
    let mut batch = Batch::new();
    batch.expect(Table::Meta, at.clone(), Expect::Absent);
    batch.put(Table::Meta, at, record::encode_bytes(FORMAT, &secret));
    store.commit(batch).await?;
    Ok(secret)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::MemoryStore;

    #[tokio::test]
    async fn the_first_secret_stays() {
        let (store, tenant) = (MemoryStore::new(), TenantId::new("t"));
        assert!(keep(&store, &tenant, || Err("none".to_owned())).await.is_err());
        for fresh in [7, 8] {
            assert_eq!(keep(&store, &tenant, || Ok([fresh; 32])).await, Ok([7; 32]));
        }
    }
}
