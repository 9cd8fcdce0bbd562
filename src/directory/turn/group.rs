//! From a saga's turn to the records of a group: header, index, members, and the users to be computed again.
//!
//! Called by the room's head only. All members change in the same commit as the header: up to the 20,000 that
//! one request may name.

use std::collections::BTreeSet;

use crate::limits::GONE_MEMBERS;
use crate::model::{
    Actor, Batch, Expect, GroupId, Intent, Outcome, PlanKind, StoreError, Subject, Table, Turn, UserId,
};
use crate::scim::kind::ResourceKind;

use super::input::TurnInput;
use crate::directory::owed::{members_of, owed_after};
use crate::directory::record::{self, NOT_OF_GROUPS, StoredGroup};
use crate::directory::work::{self, FIRST_RETRY_MS, VERIFY_AFTER_MS, WorkReason};
use crate::directory::{Directory, index};

/// Which memberships come and go.
#[derive(Debug, Default, PartialEq, Eq)]
struct Change {
    joined: BTreeSet<UserId>,
    left: BTreeSet<UserId>,
}

impl Directory {
    pub(super) async fn put_group(&self, batch: &mut Batch, input: &TurnInput<'_>) -> Result<(), StoreError> {
        let opened = input.opened;
        let (Subject::Group { id, .. }, Intent::PutGroup { document, version, add, remove, replace }) =
            (&opened.about, &opened.intent)
        else {
            return Err(mismatch());
        };
        let as_it_is = self.as_it_is(Table::Groups, &self.group_key(id)).await?;
        let before = self.get_group(id).await?;
        let again = before.as_ref().is_some_and(|group| group.saga == Some(opened.id));
        if input.hands_over() && !again {
            return Ok(());
        }
        let change = if again { Change::default() } else { self.change(id, add, remove, *replace).await? };
        let document = record::document_of_record(document, &NOT_OF_GROUPS);
        let unchanged = before
            .as_ref()
            .is_some_and(|group| group.managed && group.document == document && change == Change::default());
        let last = before.as_ref().map(|group| group.version).max(*version).unwrap_or(0);
        let kept = before.as_ref().filter(|_| again || unchanged);
        let known = before.as_ref().and_then(|group| group.genesys.clone());
        let group = StoredGroup {
            subject: opened.subject,
            id: id.clone(),
            genesys: input.bound.clone().filter(|bound| bound != id.as_str()).or(known),
            document,
            version: kept.map_or(last.saturating_add(1), |group| group.version),
            created_ms: before.as_ref().map_or(input.now_ms, |group| group.created_ms),
            modified_ms: kept.map_or(input.now_ms, |group| group.modified_ms),
            managed: true,
            made: opened.plan.kind == PlanKind::GroupCreate
                || before.as_ref().is_some_and(|group| group.made),
            saga: Some(opened.id),
        };
        let renamed = before.as_ref().is_some_and(|old| old.display_name() != group.display_name());
        let affected = self.affected(id, &change, renamed).await?;
        batch.expect(Table::Groups, self.group_key(id), as_it_is);
        self.write_group(batch, before.as_ref(), &group).await?;
        for user in &change.joined {
            // Whoever is removed meanwhile must not come back as a member.
            batch.expect(Table::Users, self.user_key(user), Expect::Present);
            self.join(batch, id, user);
        }
        change.left.iter().for_each(|user| self.leave(batch, id, user));
        if !again {
            self.write_claim(batch, opened, id.as_str())?;
        }
        self.members_owed(batch, input, id).await?;
        self.recompute(batch, id, group.version, &affected, input.now_ms)
    }

    /// Members who could not be added or taken out are tried again later; a saga for that says so itself.
    async fn members_owed(
        &self,
        batch: &mut Batch,
        input: &TurnInput<'_>,
        id: &GroupId,
    ) -> Result<(), StoreError> {
        if !matches!(input.turn, Turn::Finished(Outcome::Committed { .. })) {
            return Ok(());
        }
        let before = self.owed(id).await?;
        let mut owed = owed_after(&input.opened.plan, input.report, before.clone());
        let (by_itself, is_owed) = (input.opened.cause.by == Actor::Recompute, !owed.is_empty());
        if input.is_in_doubt() && !by_itself {
            // Calls about them may still arrive: they are sent as they should be once more.
            owed.extend(members_of(&input.opened.plan));
        }
        // What an earlier change was in doubt about is so until its calls have arrived, whatever was answered since.
        let key = work::group_key(id);
        if self.work(&key).await?.is_some_and(|work| work.is_unverified(input.now_ms)) {
            owed.extend(before.iter().cloned());
        }
        if owed != before {
            self.put_owed(batch, id, &owed)?;
        }
        if owed.is_empty() || by_itself {
            return Ok(());
        }
        let (reason, wait_ms) = if is_owed {
            (WorkReason::StepFailed, FIRST_RETRY_MS)
        } else if input.is_in_doubt() {
            (WorkReason::Unverified, VERIFY_AFTER_MS)
        } else {
            return Ok(());
        };
        self.add_later(batch, input, &key, reason, wait_ms).await
    }

    pub(super) async fn delete_group(
        &self,
        batch: &mut Batch,
        input: &TurnInput<'_>,
        version: u64,
    ) -> Result<(), StoreError> {
        let Subject::Group { id, .. } = &input.opened.about else { return Err(mismatch()) };
        let as_it_is = self.as_it_is(Table::Groups, &self.group_key(id)).await?;
        let Some(group) = self.get_group(id).await?.filter(|_| !input.hands_over()) else { return Ok(()) };
        let members = self.members(id, None, GONE_MEMBERS + 1).await?;
        let old = index::group(&self.tenant, id.as_str(), &group.document, group.genesys.as_deref());
        self.replace_index(batch, id.as_str(), &old, &index::Keys::default()).await?;
        batch.expect(Table::Groups, self.group_key(id), as_it_is);
        batch.delete(Table::Groups, self.group_key(id));
        self.went(batch, ResourceKind::Group);
        self.put_owed(batch, id, &BTreeSet::new())?;
        if let Some(work) = self.work(&work::group_key(id)).await? {
            self.drop_work(batch, &work)?;
        }
        if members.len() > GONE_MEMBERS {
            return self.all_leave_later(batch, id, input.now_ms);
        }
        members.iter().for_each(|user| self.leave(batch, id, user));
        let version = group.version.max(version).saturating_add(1);
        self.recompute(batch, id, version, &members, input.now_ms)
    }

    /// What really changes: who is a member already does not join, who is none does not leave, and who is no
    /// user any more (removed while the saga ran) does not come back.
    async fn change(
        &self,
        id: &GroupId,
        add: &[String],
        remove: &[String],
        replace: bool,
    ) -> Result<Change, StoreError> {
        let add: BTreeSet<UserId> = add.iter().map(UserId::new).collect();
        let mut change = Change::default();
        if replace {
            change.left = self.all_members(id).await?.difference(&add).cloned().collect();
        } else {
            for user in remove.iter().map(UserId::new).filter(|user| !add.contains(user)) {
                if self.is_member(id, &user).await? {
                    change.left.insert(user);
                }
            }
        }
        for user in add {
            if !self.is_member(id, &user).await? && self.has_user(&user).await? {
                change.joined.insert(user);
            }
        }
        Ok(change)
    }

    /// Whose entitlements may change: those who come and go, and everybody when the name that rules look at
    /// is another one.
    async fn affected(
        &self,
        id: &GroupId,
        change: &Change,
        renamed: bool,
    ) -> Result<Vec<UserId>, StoreError> {
        let mut affected: BTreeSet<UserId> = change.joined.union(&change.left).cloned().collect();
        if renamed {
            affected.extend(self.all_members(id).await?);
        }
        Ok(affected.into_iter().collect())
    }
}

fn mismatch() -> StoreError {
    StoreError::Failed("a saga about a user carries a group's intent".to_owned())
}
