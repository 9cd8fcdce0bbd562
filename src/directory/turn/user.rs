//! From a saga's turn to the records of a user: document, version, index, what was granted, provisioning
//! status.
//!
//! Called by the room's head only. Several turns of one saga write the same records again and count as one
//! change.

use crate::model::{
    Actor, Batch, Certainty, Effect, Failure, FailureState, GrantedSet, Intent, Ours, Outcome, Report, Step,
    StoreError, Table, Turn, UserId,
};
use crate::scim::kind::ResourceKind;

use super::input::TurnInput;
use crate::directory::granted::{Wish, failures, ours_after};
use crate::directory::record::{self, NOT_OF_USERS, Provisioning, ProvisioningState, StoredUser};
use crate::directory::work::{self, FIRST_RETRY_MS, VERIFY_AFTER_MS, WorkReason};
use crate::directory::{Directory, index};

impl Directory {
    pub(super) async fn put_user(&self, batch: &mut Batch, input: &TurnInput<'_>) -> Result<(), StoreError> {
        let opened = input.opened;
        let Intent::PutUser { document, version, .. } = &opened.intent else {
            return Ok(());
        };
        let id = match input.user() {
            Ok(id) => id,
            // A stuck create that is handed over may never have been bound.
            Err(_) if input.hands_over() => return Ok(()),
            Err(error) => return Err(error),
        };
        let as_it_is = self.as_it_is(Table::Users, &self.user_key(&id)).await?;
        let before = self.get_user(&id).await?;
        let again = before.as_ref().is_some_and(|user| user.saga == Some(opened.id));
        if input.hands_over() && !again {
            return Ok(());
        }
        let document = record::document_of_record(document, &NOT_OF_USERS);
        let unchanged = before.as_ref().is_some_and(|user| user.managed && user.document == document);
        let last = [before.as_ref().map(|user| user.version), self.tombstone(&id).await?, *version];
        let last = last.into_iter().flatten().max().unwrap_or(0);
        let kept = before.as_ref().filter(|_| again || unchanged);
        let owed = self.put_ours(batch, input, &id, Wish::Stands).await?;
        let user = StoredUser {
            subject: opened.subject,
            id: id.clone(),
            version: kept.map_or(last.saturating_add(1), |user| user.version),
            created_ms: before.as_ref().map_or(input.now_ms, |user| user.created_ms),
            modified_ms: kept.map_or(input.now_ms, |user| user.modified_ms),
            managed: true,
            status: status(input, owed),
            division: before.as_ref().and_then(|user| user.division.clone()),
            saga: Some(opened.id),
            document,
        };
        batch.expect(Table::Users, self.user_key(&id), as_it_is);
        self.write_user(batch, before.as_ref(), &user).await?;
        self.work_left(batch, input, &user).await?;
        if owed && matches!(input.turn, Turn::Finished(_)) {
            self.add_later(batch, input, &id, WorkReason::StepFailed, 0).await?;
        }
        if !again {
            self.write_claim(batch, opened, id.as_str())?;
        }
        Ok(())
    }

    /// What is ours after the turn. True: something is still to go of somebody whom we had removed, and whom Genesys
    /// gave back, with what it keeps of a removed user, where a new one was asked for.
    async fn put_ours(
        &self,
        batch: &mut Batch,
        input: &TurnInput<'_>,
        id: &UserId,
        wish: Wish,
    ) -> Result<bool, StoreError> {
        let Intent::PutUser { granted, granted_before, .. } = &input.opened.intent else { return Ok(false) };
        let Ours { granted: there, written } = self.ours(id).await?;
        let given_back = made(input) && wish == Wish::Stands;
        let still_to_go = there.iter().filter(|(key, one)| {
            given_back && one.certainty == Certainty::Leaving && !granted.contains_key(*key)
        });
        let owed: GrantedSet = still_to_go.map(|(key, one)| (key.clone(), one.clone())).collect();
        // A saga that never was visible goes back to what is there, whoever wrote it.
        let granted_before = if wish == Wish::Stands { granted_before.clone() } else { there };
        let before = Ours { granted: granted_before, written };
        // Also of an earlier change, whose calls may arrive only now.
        let in_doubt = input.report.in_doubt
            || self.work(id).await?.is_some_and(|work| work.is_unverified(input.now_ms));
        let (plan, report) = (&input.opened.plan, &Report { in_doubt, ..input.report.clone() });
        let mut ours = ours_after(plan, report, &before, granted, wish, input.now_ms);
        let is_owed = !owed.is_empty();
        ours.granted.extend(owed);
        batch.put(Table::Granted, self.granted_key(id), record::encode(&ours)?);
        Ok(is_owed)
    }

    /// A change was refused and undone: a look may still show it, and what could not be undone may be there.
    pub(super) async fn undone(&self, batch: &mut Batch, input: &TurnInput<'_>) -> Result<(), StoreError> {
        let Ok(id) = input.user() else { return Ok(()) };
        let of_user = matches!(input.opened.intent, Intent::PutUser { .. } | Intent::DeleteUser { .. });
        if !of_user || !self.has_user(&id).await? {
            return Ok(());
        }
        self.put_ours(batch, input, &id, Wish::Withdrawn).await?;
        // What it took over from a change that was promised has nobody else any more.
        let pending = |user: StoredUser| user.status.state == ProvisioningState::Pending;
        if self.get_user(&id).await?.is_some_and(pending) {
            self.add_later(batch, input, &id, WorkReason::StepFailed, FIRST_RETRY_MS).await?;
        }
        // Also a removal that was refused in the end may have taken effect.
        if input.is_in_doubt() {
            self.add_later(batch, input, &id, WorkReason::Unverified, VERIFY_AFTER_MS).await?;
        }
        Ok(())
    }

    /// What is not there at the end is tried again later, and where calls may still arrive, somebody compares once
    /// they have. Of what was refused a recomputation says so itself.
    async fn work_left(
        &self,
        batch: &mut Batch,
        input: &TurnInput<'_>,
        user: &StoredUser,
    ) -> Result<(), StoreError> {
        let told = input.hands_over() || input.opened.cause.by == Actor::Recompute;
        let (reason, wait_ms) = match user.status.state {
            ProvisioningState::Failed if !told => (WorkReason::StepFailed, FIRST_RETRY_MS),
            ProvisioningState::Held if !told => (WorkReason::NameHeld, FIRST_RETRY_MS),
            _ if input.is_in_doubt() => (WorkReason::Unverified, VERIFY_AFTER_MS),
            _ => return Ok(()),
        };
        self.add_later(batch, input, &user.id, reason, wait_ms).await
    }

    /// A create that may have taken effect and was not found: it is looked for again once searches have caught up.
    pub(super) async fn unsettled_create(
        &self,
        batch: &mut Batch,
        input: &TurnInput<'_>,
    ) -> Result<(), StoreError> {
        if !input.report.unsettled || !made(input) {
            return Ok(());
        }
        let key = work::create_key(input.opened.subject);
        self.add_later(batch, input, &key, WorkReason::UnsettledCreate, FIRST_RETRY_MS).await
    }

    pub(super) async fn delete_user(
        &self,
        batch: &mut Batch,
        input: &TurnInput<'_>,
        version: u64,
        passed: &GrantedSet,
    ) -> Result<(), StoreError> {
        if input.hands_over() {
            // What was visible of it, the removal, was written when it was acknowledged.
            return Ok(());
        }
        let id = input.user()?;
        let as_it_is = self.as_it_is(Table::Users, &self.user_key(&id)).await?;
        let before = self.get_user(&id).await?;
        let gone = self.tombstone(&id).await?;
        let last =
            [before.as_ref().map(|user| user.version), gone, Some(version)].into_iter().flatten().max();
        batch.put(Table::Users, self.tombstone_key(&id), record::encode(&last)?);
        if let Some(user) = before {
            let old = index::user(&self.tenant, id.as_str(), &user.document);
            self.replace_index(batch, id.as_str(), &old, &index::Keys::default()).await?;
            batch.expect(Table::Users, self.user_key(&id), as_it_is);
            self.went(batch, ResourceKind::User);
        }
        let work = self.work(&id).await?;
        // The call that made the user may have been sent more than once, and another one may arrive only now.
        if input.is_in_doubt() || work.as_ref().is_some_and(|work| work.is_unverified(input.now_ms)) {
            let key = work::create_key(input.opened.subject);
            self.add_later(batch, input, &key, WorkReason::UnsettledCreate, FIRST_RETRY_MS).await?;
        }
        if let Some(work) = work {
            self.drop_work(batch, &work)?;
        }
        batch.delete(Table::Users, self.user_key(&id));
        // Genesys keeps what a removed user had, and gives it back with the user.
        let mut ours = self.ours(&id).await?;
        ours.granted.extend(passed.clone());
        let ours = ours.all_leaving();
        batch.put(Table::Granted, self.granted_key(&id), record::encode(&ours)?);
        self.out_for_good(batch, &id);
        self.leave_all(batch, &id, input.now_ms).await
    }
}

/// Whether the saga asks Genesys for a new user.
fn made(input: &TurnInput<'_>) -> bool {
    let made = |step: &Step| matches!(step.effect, Effect::CreateUser { .. });
    input.opened.plan.steps.iter().any(made)
}

/// The status that clients see after this turn. `owed`: something is still to be taken back.
fn status(input: &TurnInput<'_>, owed: bool) -> Provisioning {
    let Intent::PutUser { granted, granted_before, held, .. } = &input.opened.intent else {
        return Provisioning::default();
    };
    let mut listed: Vec<Failure> = match input.turn {
        Turn::Finished(Outcome::Committed { failures, .. }) if !failures.is_empty() => failures.clone(),
        _ => failures(&input.opened.plan, input.report, granted_before, granted),
    };
    let new: Vec<Failure> =
        held.iter().filter(|held| !listed.iter().any(|one| one.what == held.what)).cloned().collect();
    listed.extend(new);
    let pending = match input.turn {
        Turn::Acknowledged { .. } => owed || !input.report.settled,
        _ => owed || input.hands_over(),
    };
    let state = if pending {
        ProvisioningState::Pending
    } else if listed.iter().any(|failure| failure.state == FailureState::Failed) {
        ProvisioningState::Failed
    } else if listed.iter().any(|failure| failure.state == FailureState::Held) {
        ProvisioningState::Held
    } else {
        ProvisioningState::Committed
    };
    Provisioning { state, failures: listed, updated_ms: input.now_ms }
}
