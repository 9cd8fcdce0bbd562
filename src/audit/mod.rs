//! The audit trail: who changed what, when, why and with which outcome, in a hash chain beside the changes
//! themselves.
//!
//! A record is committed in the same batch as its change and gets its place in the chain from the store's one
//! writer (`store::hash_chain`). What is too old is let go of by `trim`. Its form is [`crate::store::audit_record`]'s, here it is verified and
//! exported. Records of sagas are made by `directory`.

mod trim;

use serde::{Deserialize, Serialize};

use crate::model::ports::Store;
use crate::model::{StoreError, Table, TenantId};
use crate::store::{audit_record, hash_chain, keys};

pub use crate::store::audit_record::{AuditRecord, append};
pub(crate) use trim::{Keep, trim};

/// Links read in one go.
const PAGE: usize = 256;

/// A record with its place in the chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEntry {
    /// Its number, from 1 without gaps.
    pub seq: u64,
    /// What it says.
    pub record: AuditRecord,
    /// Its hash, which covers all entries before it, in lower-case hex.
    pub hash: String,
}

/// Why a chain cannot be trusted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// An entry is missing, changed or out of place.
    #[error("the audit trail is broken at entry {seq}: {why}")]
    At {
        /// The first entry that does not fit.
        seq: u64,
        /// What is wrong with it.
        why: &'static str,
    },
    /// It could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Number and hash (hex) of the last entry. Kept outside, as a checkpoint, it shows later that the trail was
/// not cut and rewritten.
///
/// # Errors
/// A damaged record.
pub async fn head(store: &dyn Store, tenant: &TenantId) -> Result<(u64, String), StoreError> {
    let head = read_head(store, tenant).await?;
    Ok((head.sequence, hex(&head.hash)))
}

/// When the last entry was written, Unix milliseconds; `None` where there is none.
///
/// # Errors
/// A damaged record.
pub(crate) async fn newest_ms(store: &dyn Store, tenant: &TenantId) -> Result<Option<i64>, StoreError> {
    let (last, _) = head(store, tenant).await?;
    let newest = export(store, tenant, last.saturating_sub(1)).next().await?;
    Ok(newest.map(|entry| entry.record.at_ms))
}

/// Number and hash of the last entry that was let go of because it was too old; 0 where none was.
///
/// # Errors
/// A damaged record.
pub async fn trimmed(store: &dyn Store, tenant: &TenantId) -> Result<u64, StoreError> {
    Ok(read_anchor(store, tenant).await?.sequence)
}

/// Recomputes the chain from the first entry that is kept to the head; tells the number of the last one.
///
/// # Errors
/// The first entry that is missing or changed.
pub async fn verify(store: &dyn Store, tenant: &TenantId) -> Result<u64, Broken> {
    let prefix = audit_record::prefix(tenant);
    // Read first: entries that are appended meanwhile are beyond it and not looked at.
    let last = read_head(store, tenant).await?;
    let mut head = read_anchor(store, tenant).await?;
    let mut links = Links::new(store, tenant);
    while head.sequence != last.sequence {
        let Some((key, value)) = links.next().await? else { break };
        let seq = head.sequence.saturating_add(1);
        if key != hash_chain::link_key(&prefix, seq) {
            return Err(Broken::At { seq, why: "it is missing" });
        }
        let Some((hash, content)) = hash_chain::split_link(&value) else {
            return Err(Broken::At { seq, why: "it is cut short" });
        };
        head = head.next(content);
        if *hash != head.hash {
            return Err(Broken::At { seq, why: "its hash does not follow from what came before" });
        }
    }
    if head == last {
        Ok(head.sequence)
    } else {
        Err(Broken::At {
            seq: head.sequence.saturating_add(1),
            why: "the head of the chain does not fit its end",
        })
    }
}

/// The entries behind number `after` in order (0 is before the first), read in pages as they are asked for.
pub fn export<'a>(store: &'a dyn Store, tenant: &TenantId, after: u64) -> Export<'a> {
    let mut links = Links::new(store, tenant);
    links.after = (after > 0).then(|| hash_chain::link_key(&audit_record::prefix(tenant), after));
    Export { links }
}

/// The entries of a trail, see [`export`].
pub struct Export<'a> {
    links: Links<'a>,
}

impl Export<'_> {
    /// The next entry; `None` behind the last.
    ///
    /// # Errors
    /// A damaged record.
    pub async fn next(&mut self) -> Result<Option<AuditEntry>, StoreError> {
        let Some((key, value)) = self.links.next().await? else { return Ok(None) };
        let damaged = || StoreError::Damaged("an entry of the audit trail".to_owned());
        let seq = keys::last_part(&key).and_then(|part| part.parse().ok()).ok_or_else(damaged)?;
        let (hash, content) = hash_chain::split_link(&value).ok_or_else(damaged)?;
        Ok(Some(AuditEntry { seq, record: audit_record::read(content)?, hash: hex(hash) }))
    }
}

async fn read_head(store: &dyn Store, tenant: &TenantId) -> Result<hash_chain::Head, StoreError> {
    read_at(store, tenant, hash_chain::head_key).await
}

/// What the first entry that is kept goes on from.
async fn read_anchor(store: &dyn Store, tenant: &TenantId) -> Result<hash_chain::Head, StoreError> {
    read_at(store, tenant, hash_chain::anchor_key).await
}

async fn read_at(
    store: &dyn Store,
    tenant: &TenantId,
    key: fn(&[u8]) -> Vec<u8>,
) -> Result<hash_chain::Head, StoreError> {
    let prefix = audit_record::prefix(tenant);
    let Some(value) = store.get(Table::Audit, &key(&prefix)).await? else {
        return Ok(hash_chain::Head::genesis(&prefix));
    };
    hash_chain::Head::from_bytes(&value)
        .ok_or_else(|| StoreError::Damaged("the head of the audit trail".to_owned()))
}

fn hex(hash: &[u8; 32]) -> String {
    blake3::Hash::from(*hash).to_hex().to_string()
}

/// The links of a chain as they are stored, page by page.
struct Links<'a> {
    store: &'a dyn Store,
    prefix: Vec<u8>,
    after: Option<Vec<u8>>,
    page: std::vec::IntoIter<(Vec<u8>, bytes::Bytes)>,
}

impl<'a> Links<'a> {
    fn new(store: &'a dyn Store, tenant: &TenantId) -> Self {
        let prefix = hash_chain::links_prefix(&audit_record::prefix(tenant));
        Self { store, prefix, after: None, page: Vec::new().into_iter() }
    }

    async fn next(&mut self) -> Result<Option<(Vec<u8>, bytes::Bytes)>, StoreError> {
        if let Some(row) = self.page.next() {
            return Ok(Some(row));
        }
        let page = self.store.scan(Table::Audit, &self.prefix, self.after.as_deref(), PAGE).await?;
        if let Some((key, _)) = page.last() {
            self.after = Some(key.clone());
        }
        self.page = page.into_iter();
        Ok(self.page.next())
    }
}

/// A trail for tests.
#[cfg(test)]
pub(crate) mod testing {
    use super::append;
    use crate::model::ports::Store;
    use crate::model::{Batch, TenantId};
    use crate::store::MemoryStore;
    use crate::store::audit_record::AuditRecord;

    /// So many entries in a store of their own.
    pub(crate) async fn trail(entries: i64) -> (MemoryStore, TenantId) {
        let (store, tenant) = (MemoryStore::new(), TenantId::new("t"));
        for at_ms in 0..entries {
            let entry = AuditRecord {
                at_ms,
                who: "client:okta".to_owned(),
                credential: None,
                request: "r".to_owned(),
                what: "create".to_owned(),
                subject: "u".to_owned(),
                outcome: "committed".to_owned(),
                codes: vec![],
                saga: None,
            };
            let mut batch = Batch::new();
            append(&mut batch, &tenant, &entry).expect("a record");
            store.commit(batch).await.expect("committed");
        }
        (store, tenant)
    }
}

#[cfg(test)]
mod tests {
    use super::testing::trail;
    use super::*;
    use crate::model::Batch;

    #[tokio::test]
    async fn a_whole_trail_is_verified_and_exported_in_order() {
        for entries in [0, 1, 600] {
            let (store, tenant) = trail(entries).await;
            assert_eq!(verify(&store, &tenant).await, Ok(entries as u64));
            let (mut all, mut export) = (Vec::new(), export(&store, &tenant, 0));
            while let Some(entry) = export.next().await.unwrap() {
                all.push(entry);
            }
            let numbers: Vec<u64> = all.iter().map(|entry| entry.seq).collect();
            assert_eq!(numbers, (1..=entries as u64).collect::<Vec<_>>());
            assert_eq!(
                all.last().map(|last| (last.seq, last.hash.clone())).unwrap_or_default().0,
                entries as u64
            );
            for after in [1, entries as u64 / 2, entries as u64] {
                let next = super::export(&store, &tenant, after).next().await.unwrap();
                assert_eq!(next.map(|entry| entry.seq), (after < entries as u64).then_some(after + 1));
            }
            if let Some(last) = all.last() {
                assert_eq!(head(&store, &tenant).await.unwrap(), (last.seq, last.hash.clone()));
            }
        }
    }

    #[tokio::test]
    async fn a_changed_a_missing_and_a_cut_entry_are_found() {
        let (store, tenant) = trail(5).await;
        let prefix = audit_record::prefix(&tenant);
        let third = hash_chain::link_key(&prefix, 3);
        let value = store.get(Table::Audit, &third).await.unwrap().unwrap();
        let mut changed = value.to_vec();
        let last = changed.len() - 3;
        changed[last] ^= 1;
        let mut tampered = Vec::new();
        for (expected, put, delete) in [
            (3, Some(changed), None),
            (3, Some(vec![1; 8]), None),
            (3, None, Some(third.clone())),
            (5, None, Some(hash_chain::link_key(&prefix, 5))),
        ] {
            let copy = store.copy();
            let mut batch = Batch::new();
            if let Some(value) = put {
                batch.put(Table::Audit, third.clone(), value);
            }
            if let Some(key) = delete {
                batch.delete(Table::Audit, key);
            }
            copy.commit(batch).await.unwrap();
            tampered.push((expected, verify(&copy, &tenant).await));
        }
        for (expected, found) in tampered {
            assert!(matches!(found, Err(Broken::At { seq, .. }) if seq == expected), "{expected}: {found:?}");
        }
    }
}
