//! Units that all clients share: so many in all, and half of them at most for one client, so that whatever one client
//! does leaves some to the others.
//!
//! What a unit is, and what is said when there is none: `body_room`, `parsing`, `slow_reads`.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::model::ClientId;
use crate::model::ports::Clock;

/// The units.
#[derive(Clone, Debug)]
pub(super) struct Shares {
    all: Arc<Semaphore>,
    /// What one client may have at a time.
    share: usize,
    /// What is left of the share of each client that has taken some.
    own: Arc<Mutex<BTreeMap<ClientId, Arc<Semaphore>>>>,
}

/// Units that somebody has, until they are dropped.
#[derive(Debug)]
pub(super) struct Taken {
    own: OwnedSemaphorePermit,
    all: OwnedSemaphorePermit,
}

impl Taken {
    /// Puts more of the same client to these.
    pub(super) fn join(&mut self, more: Self) {
        self.own.merge(more.own);
        self.all.merge(more.all);
    }
}

impl Shares {
    /// So many units. Of one alone, one client may have it.
    pub(super) fn of(units: usize) -> Self {
        let units = units.min(Semaphore::MAX_PERMITS);
        Self { all: Arc::new(Semaphore::new(units)), share: units.div_ceil(2), own: Arc::default() }
    }

    /// So many units at once, or none: where they are not there now, or are more than the client's share.
    pub(super) fn now(&self, client: &ClientId, units: u32) -> Option<Taken> {
        let own = self.of_client(client).try_acquire_many_owned(units).ok()?;
        let all = Arc::clone(&self.all).try_acquire_many_owned(units).ok()?;
        Some(Taken { own, all })
    }

    /// One unit, if there is one within that time.
    pub(super) async fn one_within(
        &self,
        wait: Duration,
        client: &ClientId,
        clock: &Arc<dyn Clock>,
    ) -> Option<Taken> {
        clock.deadline(self.one(client), wait).await.ok().flatten()
    }

    /// One unit, as soon as the client's share has one, and then all have.
    async fn one(&self, client: &ClientId) -> Option<Taken> {
        let own = self.of_client(client).acquire_owned().await.ok()?;
        let all = Arc::clone(&self.all).acquire_owned().await.ok()?;
        Some(Taken { own, all })
    }

    fn of_client(&self, client: &ClientId) -> Arc<Semaphore> {
        let mut own = self.own.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(share) = own.get(client) {
            return Arc::clone(share);
        }
        // Those of whom nobody has anything need not be remembered.
        own.retain(|_, share| Arc::strong_count(share) > 1);
        let share = Arc::new(Semaphore::new(self.share));
        own.insert(client.clone(), Arc::clone(&share));
        share
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    #[test]
    fn one_client_has_half_at_most_and_all_together_no_more_than_there_is() {
        let [ada, ben, cid] = ["ada", "ben", "cid"].map(ClientId::new);
        for (units, share) in [(0, 0), (1, 1), (4, 2), (5, 3)] {
            let shares = Shares::of(units);
            let mut had = Vec::new();
            while let Some(one) = shares.now(&ada, 1) {
                had.push(one);
            }
            assert_eq!(had.len(), share, "of {units}");
            assert!(shares.one(&ada).now_or_never().is_none(), "who has its share waits");
            while let Some(one) = shares.one(&ben).now_or_never().or_else(|| Some(shares.now(&cid, 1))) {
                let Some(one) = one else { break };
                had.push(one);
            }
            assert_eq!(had.len(), units, "of {units}");
        }
    }

    #[test]
    fn what_is_dropped_is_given_back_and_who_has_nothing_is_forgotten() {
        let (shares, ada, ben) = (Shares::of(8), ClientId::new("ada"), ClientId::new("ben"));
        let mut had = shares.now(&ada, 1).unwrap();
        had.join(shares.now(&ada, 3).unwrap());
        assert!(shares.now(&ada, 1).is_none());
        drop(had);
        let had = shares.now(&ben, 4).unwrap();
        assert_eq!(shares.own.lock().unwrap().len(), 1, "ada has nothing");
        assert!(shares.now(&ben, 1).is_none() && shares.now(&ada, 5).is_none());
        assert!(shares.now(&ada, 4).is_some());
        drop(had);
    }
}
