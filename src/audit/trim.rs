//! Lets go of entries that are too old or too many, so that the trail does not grow for ever.
//!
//! What is kept goes on from an anchor: number and hash of the last entry that went, written in the commit that takes
//! it away. So the rest is verified as before, and a hash that was kept outside still fits. When it is done: `app`.

use super::{AuditRecord, Links, append, read_head};
use crate::model::ports::Store;
use crate::model::{Batch, StoreError, Table, TenantId};
use crate::store::{audit_record, hash_chain, keys};

/// Entries that go in one commit: others never wait longer than for that.
const AT_A_TIME: usize = 500;

/// What is kept.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Keep {
    /// Entries from then on, Unix milliseconds.
    pub(crate) since_ms: i64,
    /// No more of them than so many.
    pub(crate) most: u64,
}

/// Lets go of all that is not kept. Returns how many went; that is in the trail itself.
///
/// # Errors
/// A damaged record, or the store refuses.
pub(crate) async fn trim(
    store: &dyn Store,
    tenant: &TenantId,
    keep: Keep,
    now_ms: i64,
) -> Result<u64, StoreError> {
    // What is written meanwhile stays, the entries about this among it: else there would be no end.
    let end = read_head(store, tenant).await?.sequence;
    let mut went = 0;
    while let Some(some) = trim_some(store, tenant, keep, end, now_ms).await? {
        went += some;
    }
    Ok(went)
}

/// One commit's worth; `None` when nothing is to go.
async fn trim_some(
    store: &dyn Store,
    tenant: &TenantId,
    keep: Keep,
    end: u64,
    now_ms: i64,
) -> Result<Option<u64>, StoreError> {
    let prefix = audit_record::prefix(tenant);
    let (mut batch, mut links) = (Batch::new(), Links::new(store, tenant));
    let (mut went, mut last) = (0, None);
    while went < AT_A_TIME as u64 {
        let Some((key, value)) = links.next().await? else { break };
        let damaged = || StoreError::Damaged("an entry of the audit trail".to_owned());
        let sequence: u64 = keys::last_part(&key).and_then(|part| part.parse().ok()).ok_or_else(damaged)?;
        let (hash, content) = hash_chain::split_link(&value).ok_or_else(damaged)?;
        let too_many = end.saturating_sub(sequence) >= keep.most;
        if sequence >= end || !too_many && audit_record::read(content)?.at_ms >= keep.since_ms {
            break;
        }
        went += 1;
        last = Some(hash_chain::Head { sequence, hash: *hash });
        batch.delete(Table::Audit, key);
    }
    let Some(last) = last else { return Ok(None) };
    batch.put(Table::Audit, hash_chain::anchor_key(&prefix), last.to_bytes());
    let entry = AuditRecord {
        at_ms: now_ms,
        who: "bridge".to_owned(),
        credential: None,
        request: "trimming".to_owned(),
        what: "audit_trimmed".to_owned(),
        // The chain has no gaps.
        subject: format!("{}-{}", last.sequence.saturating_sub(went).saturating_add(1), last.sequence),
        outcome: "committed".to_owned(),
        codes: Vec::new(),
        saga: None,
    };
    append(&mut batch, tenant, &entry)?;
    store.commit(batch).await?;
    Ok(Some(went))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::testing::trail;
    use crate::audit::{export, head, trimmed, verify};

    async fn numbers(store: &dyn Store, tenant: &TenantId) -> Vec<u64> {
        let (mut numbers, mut export) = (Vec::new(), export(store, tenant, 0));
        while let Some(entry) = export.next().await.unwrap() {
            numbers.push(entry.seq);
        }
        numbers
    }

    #[tokio::test]
    async fn what_is_too_old_or_too_many_goes_and_the_rest_is_verified_as_before() {
        // Entry n was written at n - 1.
        for (since_ms, most, gone) in [(0, 99, 0), (3, 99, 3), (0, 4, 6), (99, 99, 9), (3, 4, 6)] {
            let (store, tenant) = trail(10).await;
            let before = export(&store, &tenant, 7).next().await.unwrap().unwrap();
            let went = trim(&store, &tenant, Keep { since_ms, most }, 50).await.unwrap();
            assert_eq!((went, trimmed(&store, &tenant).await.unwrap()), (gone, gone), "{since_ms} {most}");
            let last = if gone == 0 { 10 } else { 11 };
            assert_eq!(numbers(&store, &tenant).await, (gone + 1..=last).collect::<Vec<_>>());
            assert_eq!(verify(&store, &tenant).await, Ok(last));
            if gone < 8 {
                let after = export(&store, &tenant, 7).next().await.unwrap().unwrap();
                assert_eq!(before, after, "number and hash stay what they were");
            }
            if gone > 0 {
                let told = export(&store, &tenant, 10).next().await.unwrap().unwrap().record;
                assert_eq!((told.what.as_str(), told.subject), ("audit_trimmed", format!("1-{gone}")));
            }
        }
    }

    #[tokio::test]
    async fn a_long_trail_goes_in_several_commits_and_what_is_missing_afterwards_is_still_found() {
        let (store, tenant) = trail(1_200).await;
        assert_eq!(trim(&store, &tenant, Keep { since_ms: 1_100, most: 5_000 }, 2_000).await, Ok(1_100));
        let (last, _) = head(&store, &tenant).await.unwrap();
        assert_eq!((verify(&store, &tenant).await, last), (Ok(1_203), 1_203));
        let mut batch = Batch::new();
        let first = hash_chain::link_key(&audit_record::prefix(&tenant), 1_101);
        batch.delete(Table::Audit, first);
        store.commit(batch).await.unwrap();
        assert!(verify(&store, &tenant).await.is_err(), "the first that is kept is missing");
    }
}
