//! What a group change leaves to be done: users whose entitlements must be computed again, in parts small
//! enough for one go each.
//!
//! A part is written in the commit of the group's change and removed when its users were handed to sagas of
//! their own; a part that is handled twice does no harm. A removed group with many members leaves one note instead,
//! and its members are taken out in parts. Who works them off: `bridge`.

use serde::{Deserialize, Serialize};

use crate::limits::GONE_MEMBERS;
use crate::model::{Batch, Expect, GroupId, StoreError, Table, UserId};

use super::{Directory, record};

/// Users in one part: its record stays within one piece of the store.
const PART_USERS: usize = 100;

/// Users to be computed again because of one change of a group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recompute {
    /// Which group changed.
    pub group: GroupId,
    /// Its version after the change.
    pub version: u64,
    /// Who is affected: became a member, left, or is a member of a group that was renamed or removed.
    pub users: Vec<UserId>,
    /// When, Unix milliseconds.
    pub at_ms: i64,
}

/// A removed group that had many members: they are still written down, under a group that nobody finds any more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Gone {
    group: GroupId,
    /// When, Unix milliseconds.
    at_ms: i64,
}

/// Members of a removed group who are out with the batch.
pub struct GonePart {
    /// What takes them out.
    pub batch: Batch,
    /// They are to be computed again.
    pub users: Vec<UserId>,
    /// When the group was removed, Unix milliseconds.
    pub at_ms: i64,
}

impl Directory {
    /// Notes that all members of a removed group are still to be taken out.
    pub(super) fn all_leave_later(
        &self,
        batch: &mut Batch,
        group: &GroupId,
        at_ms: i64,
    ) -> Result<(), StoreError> {
        let gone = Gone { group: group.clone(), at_ms };
        batch.put(Table::Outbox, self.key(&["gone", group.as_str()]), record::encode(&gone)?);
        Ok(())
    }

    /// Notes that a removed user is to be looked for among members once more: a group that took them in at the same
    /// moment, in a commit of its own, was not seen by the commit that removed them.
    pub(super) fn out_for_good(&self, batch: &mut Batch, user: &UserId) {
        batch.put(Table::Outbox, self.key(&["out", user.as_str()]), user.as_str().to_owned());
    }

    /// The next removed users who may have come into a group meanwhile.
    async fn out_part(&self, now_ms: i64) -> Result<Option<GonePart>, StoreError> {
        let rows = self.scan(Table::Outbox, &["out"], None, PART_USERS).await?;
        if rows.is_empty() {
            return Ok(None);
        }
        let mut batch = Batch::new();
        for (key, user) in rows {
            let user = UserId::new(super::id_text(&user)?);
            // Whoever is there again is a member by right.
            if !self.has_user(&user).await? {
                batch.expect(Table::Users, self.user_key(&user), Expect::Absent);
                self.leave_all(&mut batch, &user, now_ms).await?;
            }
            batch.delete(Table::Outbox, key);
        }
        Ok(Some(GonePart { batch, users: Vec::new(), at_ms: now_ms }))
    }

    /// The next members of a removed group, or groups of a removed user, to be ended; `None` where there are none.
    ///
    /// # Errors
    /// A damaged record.
    pub async fn gone_part(&self, now_ms: i64) -> Result<Option<GonePart>, StoreError> {
        let Some((key, value)) = self.scan(Table::Outbox, &["gone"], None, 1).await?.pop() else {
            return self.out_part(now_ms).await;
        };
        let Gone { group, at_ms } = record::decode(&value)?;
        let users = self.members(&group, None, GONE_MEMBERS).await?;
        let mut batch = Batch::new();
        users.iter().for_each(|user| self.leave(&mut batch, &group, user));
        if users.len() < GONE_MEMBERS {
            batch.delete(Table::Outbox, key);
        }
        Ok(Some(GonePart { batch, users, at_ms }))
    }

    /// Up to `limit` parts that wait, each with its key for [`Directory::recompute_done`].
    ///
    /// # Errors
    /// A damaged record.
    pub async fn recomputes(&self, limit: usize) -> Result<Vec<(Vec<u8>, Recompute)>, StoreError> {
        let rows = self.scan(Table::Outbox, &["recompute"], None, limit).await?;
        rows.into_iter().map(|(key, value)| Ok((key, record::decode(&value)?))).collect()
    }

    /// Removes a part that was worked off.
    pub fn recompute_done(&self, key: &[u8]) -> Batch {
        let mut batch = Batch::new();
        batch.delete(Table::Outbox, key);
        batch
    }

    /// Leaves of a part only the users that still wait.
    ///
    /// # Errors
    /// A record that cannot be written.
    pub fn recompute_rest(
        &self,
        key: &[u8],
        part: &Recompute,
        waiting: Vec<UserId>,
    ) -> Result<Batch, StoreError> {
        let mut batch = Batch::new();
        batch.put(Table::Outbox, key, record::encode(&Recompute { users: waiting, ..part.clone() })?);
        Ok(batch)
    }

    /// Writes the parts of one change.
    pub(super) fn recompute(
        &self,
        batch: &mut Batch,
        group: &GroupId,
        version: u64,
        users: &[UserId],
        at_ms: i64,
    ) -> Result<(), StoreError> {
        for (part, users) in users.chunks(PART_USERS).enumerate() {
            let recompute = Recompute { group: group.clone(), version, users: users.to_vec(), at_ms };
            let (version, part) = (format!("{version:020}"), format!("{part:06}"));
            let key = self.key(&["recompute", group.as_str(), &version, &part]);
            batch.put(Table::Outbox, key, record::encode(&recompute)?);
        }
        Ok(())
    }
}
