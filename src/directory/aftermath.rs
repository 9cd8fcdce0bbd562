//! Whose sagas were open when a process ended: calls that it had sent may still arrive in Genesys for a while.
//!
//! Kept, because the next process may end as well before they have. Who waits for it: `saga::runner::behind`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Directory, record};
use crate::model::{Batch, StoreError, SubjectId, Table};
use crate::store::keys;

/// Whose, and until when, Unix milliseconds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Aftermath {
    pub(crate) until_ms: BTreeMap<SubjectId, i64>,
}

impl Aftermath {
    /// What of it may still arrive. A time that is further away than any wait of ours is one of another clock, and
    /// counts as the longest of them.
    pub(crate) fn now(mut self, now_ms: i64, within_ms: i64) -> Self {
        let latest = now_ms.saturating_add(within_ms);
        self.until_ms.retain(|_, until_ms| *until_ms > now_ms);
        self.until_ms.values_mut().for_each(|until_ms| *until_ms = latest.min(*until_ms));
        self
    }

    /// The same with those whose sagas are open now.
    pub(crate) fn and(mut self, open: impl IntoIterator<Item = SubjectId>, until_ms: i64) -> Self {
        self.until_ms.extend(open.into_iter().map(|subject| (subject, until_ms)));
        self
    }
}

impl Directory {
    /// What the process before had noted.
    pub(crate) async fn aftermath(&self) -> Result<Aftermath, StoreError> {
        let kept = self.store.get(Table::Meta, &self.aftermath_key()).await?;
        kept.map(|kept| record::decode(&kept)).transpose().map(Option::unwrap_or_default)
    }

    /// Notes it for the next one.
    pub(crate) fn note_aftermath(&self, batch: &mut Batch, aftermath: &Aftermath) -> Result<(), StoreError> {
        batch.put(Table::Meta, self.aftermath_key(), record::encode(aftermath)?);
        Ok(())
    }

    fn aftermath_key(&self) -> Vec<u8> {
        keys::key(&self.tenant, &["aftermath"])
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn who_was_open_before_counts_until_the_calls_of_then_have_had_their_time() {
        let subject = |number: u128| SubjectId::new(Uuid::from_u128(number));
        let before = Aftermath::default().and([subject(1)], 16_000);
        for (now_ms, expected) in [
            (1_500, vec![(subject(1), 16_000)]),
            (16_000, vec![]),
            // The clock was set back by an hour.
            (1_000 - 3_600_000, vec![(subject(1), 16_000 - 3_600_000)]),
        ] {
            let after = before.clone().now(now_ms, 15_000);
            assert_eq!(after.until_ms, expected.into_iter().collect(), "{now_ms}");
        }
        let both = before.and([subject(2)], 17_000).and([subject(1)], 17_000);
        assert_eq!(both.until_ms, [(subject(1), 17_000), (subject(2), 17_000)].into());
    }
}
