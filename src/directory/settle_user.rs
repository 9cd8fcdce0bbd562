//! From a saga's turn to the records of a user: document, version, index, what was granted, provisioning status.
//!
//! Called by `settle` only. Several turns of one saga write the same records again and count as one change.

use crate::model::{Batch, Failure, Intent, Outcome, StoreError, Table, Turn, UserId};

use super::granted::{failures, granted_after};
use super::record::{self, Provisioning, ProvisioningState, StoredUser};
use super::settle::Settled;
use super::{Directory, form, index};
use crate::scim::kind::ResourceKind;

/// Attributes that are never part of a user's document of record: they are computed, or secret.
pub(super) const NOT_KEPT: [&str; 4] = ["id", "meta", "groups", "password"];

impl Directory {
    pub(super) async fn put_user(&self, batch: &mut Batch, settled: &Settled<'_>) -> Result<(), StoreError> {
        let opened = settled.opened;
        let Intent::PutUser { document, granted, granted_before, version, .. } = &opened.intent else {
            return Ok(());
        };
        let id = match settled.user() {
            Ok(id) => id,
            // A stuck create that is handed over may never have been bound.
            Err(_) if settled.hands_over() => return Ok(()),
            Err(error) => return Err(error),
        };
        let before = self.get_user(&id).await?;
        let again = before.as_ref().is_some_and(|user| user.saga == Some(opened.id));
        if settled.hands_over() && !again {
            return Ok(());
        }
        let document = record::document_of_record(document, &NOT_KEPT);
        let unchanged = before.as_ref().is_some_and(|user| user.managed && user.document == document);
        let last = [before.as_ref().map(|user| user.version), self.tombstone(&id).await?, *version];
        let last = last.into_iter().flatten().max().unwrap_or(0);
        let kept = before.as_ref().filter(|_| again || unchanged);
        let user = StoredUser {
            subject: opened.subject,
            id: id.clone(),
            version: kept.map_or(last.saturating_add(1), |user| user.version),
            created_ms: before.as_ref().map_or(settled.now_ms, |user| user.created_ms),
            modified_ms: kept.map_or(settled.now_ms, |user| user.modified_ms),
            managed: true,
            status: status(settled),
            division: settled
                .report
                .division
                .clone()
                .or(before.as_ref().and_then(|user| user.division.clone())),
            saga: Some(opened.id),
            document,
        };
        self.unchanged_since(batch, Table::Users, self.user_key(&id)).await?;
        self.write_user(batch, before.as_ref(), &user).await?;
        let granted = granted_after(&opened.plan, settled.report, granted_before, granted);
        batch.put(Table::Granted, self.granted_key(&id), record::encode(&granted)?);
        Ok(())
    }

    pub(super) async fn delete_user(
        &self,
        batch: &mut Batch,
        settled: &Settled<'_>,
        version: u64,
    ) -> Result<(), StoreError> {
        if settled.hands_over() {
            // What was visible of it, the removal, was written when it was acknowledged.
            return Ok(());
        }
        let id = settled.user()?;
        let before = self.get_user(&id).await?;
        let gone = self.tombstone(&id).await?;
        let last =
            [before.as_ref().map(|user| user.version), gone, Some(version)].into_iter().flatten().max();
        batch.put(Table::Users, self.tombstone_key(&id), record::encode(&last)?);
        if let Some(user) = before {
            let old = index::user(&self.tenant, id.as_str(), &user.document);
            self.replace_index(batch, id.as_str(), &old, &index::Claims::default()).await?;
            self.unchanged_since(batch, Table::Users, self.user_key(&id)).await?;
            self.went(batch, ResourceKind::User);
        }
        batch.delete(Table::Users, self.user_key(&id));
        batch.delete(Table::Granted, self.granted_key(&id));
        self.leave_all(batch, &id).await
    }

    /// Lists something on a user that a change without a waiting client could not give.
    ///
    /// # Errors
    /// A damaged record.
    pub async fn note_failure(
        &self,
        id: &UserId,
        failure: Failure,
        now_ms: i64,
    ) -> Result<Batch, StoreError> {
        let mut batch = Batch::new();
        let Some(mut user) = self.get_user(id).await? else { return Ok(batch) };
        self.unchanged_since(&mut batch, Table::Users, self.user_key(id)).await?;
        user.status =
            Provisioning { state: ProvisioningState::Failed, failures: vec![failure], updated_ms: now_ms };
        batch.put(Table::Users, self.user_key(id), form::encode_user(&user)?);
        Ok(batch)
    }

    /// The user's record and its index keys.
    pub(super) async fn write_user(
        &self,
        batch: &mut Batch,
        before: Option<&StoredUser>,
        user: &StoredUser,
    ) -> Result<(), StoreError> {
        let claims = |user: &StoredUser| index::user(&self.tenant, user.id.as_str(), &user.document);
        let old = before.map(claims).unwrap_or_default();
        self.replace_index(batch, user.id.as_str(), &old, &claims(user)).await?;
        batch.put(Table::Users, self.user_key(&user.id), form::encode_user(user)?);
        if before.is_none() {
            self.came(batch, ResourceKind::User);
        }
        Ok(())
    }

    pub(super) async fn replace_index(
        &self,
        batch: &mut Batch,
        id: &str,
        old: &index::Claims,
        new: &index::Claims,
    ) -> Result<(), StoreError> {
        let mut owners = index::Owners::new();
        for key in new.unique.union(&old.unique) {
            if let Some(owner) = self.store.get(Table::Index, key).await? {
                owners.insert(key.clone(), owner);
            }
        }
        index::replace(batch, id, old, new, &owners);
        Ok(())
    }

    /// Whether there is a user with that id; its record is not decoded.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn has_user(&self, id: &UserId) -> Result<bool, StoreError> {
        Ok(self.store.get(Table::Users, &self.user_key(id)).await?.is_some())
    }
}

/// The status that clients see after this turn.
fn status(settled: &Settled<'_>) -> Provisioning {
    let Intent::PutUser { granted, granted_before, held, .. } = &settled.opened.intent else {
        return Provisioning::default();
    };
    let mut listed: Vec<Failure> = match settled.turn {
        Turn::Finished(Outcome::Committed { failures, .. }) if !failures.is_empty() => failures.clone(),
        _ => failures(&settled.opened.plan, settled.report, granted_before, granted),
    };
    let new: Vec<Failure> =
        held.iter().filter(|held| !listed.iter().any(|one| one.what == held.what)).cloned().collect();
    listed.extend(new);
    let pending = match settled.turn {
        Turn::Acknowledged { .. } => !settled.report.settled,
        _ => settled.hands_over(),
    };
    let state = if pending {
        ProvisioningState::Pending
    } else if listed.iter().any(|failure| failure.state != "held") {
        ProvisioningState::Failed
    } else if listed.is_empty() {
        ProvisioningState::Committed
    } else {
        ProvisioningState::Held
    };
    Provisioning { state, failures: listed, updated_ms: settled.now_ms }
}
