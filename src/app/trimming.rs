//! Lets go of what is too old, once after the start and then every day: audit entries and finished sagas.
//!
//! Beside everything else, a little in each commit. What goes is decided by `audit` and `store::journal`; work that is
//! over is removed at once and needs none of it.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::ground::Ground;
use crate::audit::{self, Keep};
use crate::config::{Config, KeepConfig};
use crate::model::ports::{Clock, Store};
use crate::model::{StoreError, TenantId};
use crate::store::StoreJournal;

/// Pause between two times.
const PAUSE: Duration = Duration::from_secs(24 * 60 * 60);

/// Lets go of what is too old until the bridge stops.
pub(super) fn begin(ground: &Ground, config: &Config, journal: Arc<StoreJournal>) {
    let trimming = Trimming {
        tenant: config.tenant.name.clone(),
        store: Arc::clone(&ground.store),
        journal,
        clock: Arc::clone(&ground.clock),
        keep: config.store.keep,
        stop: ground.stop.clone(),
    };
    ground.engine.handle.spawn(trimming.for_ever());
}

struct Trimming {
    tenant: TenantId,
    store: Arc<dyn Store>,
    journal: Arc<StoreJournal>,
    clock: Arc<dyn Clock>,
    keep: KeepConfig,
    stop: CancellationToken,
}

impl Trimming {
    async fn for_ever(self) {
        loop {
            tokio::select! {
                biased;
                () = self.stop.cancelled() => return,
                trimmed = self.once() => if let Err(error) = trimmed {
                    tracing::warn!(tenant = %self.tenant, %error, "what is too old could not be removed; tried again tomorrow");
                },
            }
            tokio::select! {
                biased;
                () = self.stop.cancelled() => return,
                () = self.clock.sleep(PAUSE) => {}
            }
        }
    }

    async fn once(&self) -> Result<(), StoreError> {
        let now_ms = self.clock.now_ms();
        // By the time of the newest entry: a clock that is years ahead at a start takes nothing away.
        let newest_ms = audit::newest_ms(self.store.as_ref(), &self.tenant).await?.unwrap_or(now_ms);
        let by_ms = now_ms.min(newest_ms);
        let since = |age: Duration| by_ms.saturating_sub(i64::try_from(age.as_millis()).unwrap_or(i64::MAX));
        let keep = Keep { since_ms: since(self.keep.audit), most: self.keep.audit_entries };
        let entries = audit::trim(self.store.as_ref(), &self.tenant, keep, now_ms).await?;
        let sagas = self.journal.trim_before(since(self.keep.sagas)).await?;
        if entries > 0 || sagas > 0 {
            tracing::info!(tenant = %self.tenant, entries, sagas, "what is too old was removed");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::system::SystemClock;
    use crate::audit::testing::trail;
    use crate::model::Batch;
    use crate::model::ports::Journal;
    use crate::store::samples::{committed, put_user, saga_id, tenant};

    #[tokio::test]
    async fn entries_and_sagas_of_long_ago_go_at_the_start() {
        // Entries and sagas of 1970.
        let (store, of_trail) = trail(4).await;
        let store: Arc<dyn Store> = Arc::new(store);
        let journal = Arc::new(StoreJournal::new(tenant(), Arc::clone(&store)).await.unwrap());
        journal.open(&put_user(1, None, serde_json::json!({}), None), Batch::new()).await.unwrap();
        journal.turn(saga_id(1), &committed("u"), Batch::new()).await.unwrap();
        let mut batch = Batch::new();
        let last = audit::export(store.as_ref(), &of_trail, 3).next().await.unwrap().unwrap().record;
        let clock = SystemClock::new();
        audit::append(&mut batch, &of_trail, &audit::AuditRecord { at_ms: clock.now_ms(), ..last }).unwrap();
        store.commit(batch).await.unwrap();
        let day = Duration::from_secs(24 * 60 * 60);
        let trimming = Trimming {
            tenant: of_trail.clone(),
            store: Arc::clone(&store),
            journal: Arc::clone(&journal),
            clock: Arc::new(clock),
            keep: KeepConfig { audit: day, audit_entries: 99, sagas: day, finished: 99 },
            stop: CancellationToken::new(),
        };
        trimming.once().await.unwrap();
        assert_eq!(audit::trimmed(store.as_ref(), &of_trail).await, Ok(4));
        assert_eq!(audit::verify(store.as_ref(), &of_trail).await, Ok(6));
        assert_eq!(journal.finished(9).await.unwrap(), []);
    }
}
