//! `/admin/audit`: whether the trail is whole, where it ends, and its entries, page by page.
//!
//! The chain itself is `audit`'s matter. Reading a long trail takes a while: it is done on a thread of its
//! own, never on one that serves requests.

use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use actix_web::web;
use serde::Serialize;
use serde_json::json;
use tokio::runtime::Handle;

use super::state::{Administration, HandlerResult, json as answer};
use crate::audit::{self, AuditEntry, Broken};
use crate::limits;
use crate::model::ports::Store;
use crate::model::{StoreError, TenantId};
use crate::scim::error::ScimError;
use crate::scim::store_fault::store_fault;

/// What a verification found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Verification {
    /// Whether every entry follows from those before it, up to the end that is written down.
    pub whole: bool,
    /// The number of the last entry that is whole.
    pub entries: u64,
    /// How many of them were let go of because they were too old; the others go on from there.
    pub trimmed: u64,
    /// Hash of the last whole entry, in hex; `None` when there is none. Kept outside, it shows later that
    /// nothing was rewritten.
    pub hash: Option<String>,
    /// What is wrong with the first entry that is not.
    pub why: Option<&'static str>,
}

/// Recomputes the chain from its first entry.
///
/// # Errors
/// The store cannot be read.
pub(crate) async fn verification(store: &dyn Store, tenant: &TenantId) -> Result<Verification, StoreError> {
    let (entries, why) = match audit::verify(store, tenant).await {
        Ok(entries) => (entries, None),
        Err(Broken::At { seq, why }) => (seq.saturating_sub(1), Some(why)),
        Err(Broken::Store(error)) => return Err(error),
    };
    let trimmed = audit::trimmed(store, tenant).await?;
    let hash = match entries.checked_sub(1).filter(|_| entries > trimmed) {
        Some(before) => audit::export(store, tenant, before).next().await?.map(|entry| entry.hash),
        None => None,
    };
    Ok(Verification { whole: why.is_none(), entries, trimmed, hash, why })
}

/// Entries behind number `after`, at most as many as one answer has.
///
/// # Errors
/// A damaged record.
pub(crate) async fn page(
    store: &dyn Store,
    tenant: &TenantId,
    after: u64,
) -> Result<Vec<AuditEntry>, StoreError> {
    let mut export = audit::export(store, tenant, after);
    let mut page = Vec::new();
    while page.len() < limits::AUDIT_PAGE
        && let Some(entry) = export.next().await?
    {
        page.push(entry);
    }
    Ok(page)
}

/// `GET /admin/audit/verification`: 200 with what was found, whole or not.
///
/// # Errors
/// The store cannot be read.
pub(crate) async fn verify(state: Administration) -> HandlerResult {
    let here = Handle::current();
    let found = web::block(move || here.block_on(verification(state.store.as_ref(), &state.tenant))).await;
    let found = found.map_err(|_| busy())?.map_err(|error| store_fault(&error))?;
    Ok(answer(StatusCode::OK, &json!(found)))
}

/// `GET /admin/audit/head`: number and hash of the last entry.
///
/// # Errors
/// A damaged record.
pub(crate) async fn head(state: Administration) -> HandlerResult {
    let head = audit::head(state.store.as_ref(), &state.tenant).await;
    let (entries, hash) = head.map_err(|error| store_fault(&error))?;
    Ok(answer(StatusCode::OK, &json!({ "entries": entries, "hash": hash })))
}

/// `GET /admin/audit/entries?after=N`: the next entries behind number N; an empty list is the end.
///
/// # Errors
/// A damaged record.
pub(crate) async fn entries(req: HttpRequest, state: Administration) -> HandlerResult {
    let after = after(req.query_string());
    let page = page(state.store.as_ref(), &state.tenant, after).await;
    let page = page.map_err(|error| store_fault(&error))?;
    Ok(answer(StatusCode::OK, &json!({ "entries": page })))
}

fn after(query: &str) -> u64 {
    let given = query.split('&').find_map(|part| part.strip_prefix("after="));
    given.and_then(|text| text.parse().ok()).unwrap_or(0)
}

fn busy() -> ScimError {
    ScimError::unavailable(5, "Too many queries run at this moment; send this one again.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::testing::trail;
    use crate::model::{Batch, Table};
    use crate::store::{audit_record, hash_chain};

    #[tokio::test]
    async fn a_verification_tells_how_far_the_trail_is_whole_and_where_that_ends() {
        let (store, tenant) = trail(0).await;
        let empty = Verification { whole: true, entries: 0, trimmed: 0, hash: None, why: None };
        assert_eq!(verification(&store, &tenant).await, Ok(empty));
        let (store, tenant) = trail(5).await;
        let found = verification(&store, &tenant).await.expect("readable");
        let head = audit::head(&store, &tenant).await.expect("readable");
        assert_eq!((found.whole, found.entries, found.hash), (true, 5, Some(head.1)));
        let fourth = hash_chain::link_key(&audit_record::prefix(&tenant), 4);
        let mut batch = Batch::new();
        batch.delete(Table::Audit, fourth);
        store.commit(batch).await.expect("committed");
        let found = verification(&store, &tenant).await.expect("readable");
        assert_eq!((found.whole, found.entries, found.why), (false, 3, Some("it is missing")));
        assert!(found.hash.is_some());
    }

    #[tokio::test]
    async fn pages_follow_each_other_without_gaps() {
        let (store, tenant) = trail(5).await;
        let numbers = async |after| -> Vec<u64> {
            let page = page(&store, &tenant, after).await.expect("readable");
            page.iter().map(|entry| entry.seq).collect()
        };
        assert_eq!(numbers(0).await, [1, 2, 3, 4, 5]);
        assert_eq!(numbers(3).await, [4, 5]);
        assert_eq!(numbers(5).await, Vec::<u64>::new());
        assert_eq!([after("after=7"), after("a=1&after=2"), after("after=x"), after("")], [7, 2, 0, 0]);
    }
}
