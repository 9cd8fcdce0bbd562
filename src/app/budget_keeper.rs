//! Keeps what is used of the budget, so that a restart goes on where the last process ended: no burst, and no
//! pause of Genesys forgotten.
//!
//! When it must be written and what a successor makes of it is `genesys::budget`.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::ground::Ground;
use crate::config::Config;
use crate::genesys::SharedBudget;
use crate::model::ports::{Clock, Store};
use crate::model::{StoreError, TenantId};
use crate::store::budget_use;

/// The tenant's budget, as its last process left it.
///
/// # Errors
/// The store cannot be read.
pub(super) fn raise(ground: &Ground, config: &Config) -> Result<Arc<SharedBudget>, StoreError> {
    let clock: Arc<dyn Clock> = Arc::clone(&ground.clock);
    let (calls, margin) = (config.genesys.calls_per_minute, u32::from(config.genesys.margin_percent));
    let budget = Arc::new(SharedBudget::new(calls, margin, clock));
    let (store, tenant) = (Arc::clone(&ground.store), config.tenant.name.clone());
    let used = ground.on_engine({
        let (store, tenant) = (Arc::clone(&store), tenant.clone());
        async move { budget_use::load(store.as_ref(), &tenant).await }
    })?;
    budget.resume(used.as_ref());
    ground.engine.handle.spawn(keep(Arc::clone(&budget), store, tenant, ground.stop.clone()));
    Ok(budget)
}

async fn keep(budget: Arc<SharedBudget>, store: Arc<dyn Store>, tenant: TenantId, stop: CancellationToken) {
    // After the word to stop what is in flight still needs its calls.
    let mut stopping = false;
    loop {
        let (store, tenant) = (store.as_ref(), &tenant);
        let kept =
            budget.write_down(|used| async move { budget_use::save(store, tenant, &used).await }).await;
        match kept {
            Err(error) if !stopping => {
                tracing::warn!(%error, "what was used of the budget could not be kept; a restart may exceed it");
            }
            _ => {}
        }
        stopping = stop.is_cancelled();
    }
}
