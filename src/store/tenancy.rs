//! Whose records a data directory holds.
//!
//! Every key starts with its tenant, so a tenant under another name finds nothing and looks like a new one,
//! while its people are still there. Whoever opens a directory for a tenant asks here first.

use super::keys;
use crate::model::ports::Store;
use crate::model::{StoreError, Table, TenantId};

/// The directory holds another tenant's records and none of this one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "tenant.name is \"{asked}\", but the data directory holds the records of \"{found}\" and none of \"{asked}\". Set tenant.name in the configuration back to \"{found}\"; for another organisation set data_dir to a directory of its own"
)]
pub struct OtherTenant {
    /// The name that was asked for.
    pub asked: String,
    /// The name under which records were found.
    pub found: String,
}

/// Looks whether a tenant would be taken for a new one in a directory that is another's. An empty directory is
/// anybody's.
///
/// # Errors
/// The store cannot be read.
pub async fn other_than(store: &dyn Store, tenant: &TenantId) -> Result<Option<OtherTenant>, StoreError> {
    let (own, mut found) = (keys::prefix(tenant, &[]), None);
    for table in Table::ALL {
        if !store.scan(table, &own, None, 1).await?.is_empty() {
            return Ok(None);
        }
        let first = store.scan(table, b"", None, 1).await?;
        found = found.or_else(|| first.first().and_then(|(key, _)| keys::tenant_of(key)));
    }
    Ok(found.map(|found| OtherTenant { asked: tenant.to_string(), found }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Batch;
    use crate::store::MemoryStore;

    #[tokio::test]
    async fn a_tenant_under_another_name_is_noticed_and_everything_else_is_fine() {
        let (one, other) = (TenantId::new("aurora"), TenantId::new("aurora/2"));
        let store = MemoryStore::new();
        assert_eq!(other_than(&store, &one).await, Ok(None), "an empty directory is anybody's");
        for (tenant, table) in [(&one, Table::Users), (&other, Table::Meta)] {
            let mut batch = Batch::new();
            batch.put(table, keys::key(tenant, &["x"]), b"1".to_vec());
            store.commit(batch).await.unwrap();
            assert_eq!(other_than(&store, tenant).await, Ok(None));
            let found = other_than(&store, &TenantId::new("borealis")).await.unwrap().expect("noticed");
            assert_eq!(found.found, "aurora");
            assert!(found.to_string().contains("\"borealis\""), "{found}");
        }
    }
}
