//! Members of a group who could not be added or taken out: kept until Genesys has them as the directory says.
//!
//! Which way it is with each is not written down, because the directory knows it when it is tried again. The
//! record that says when is in [`super::work`]; who tries is `bridge`.

use std::collections::BTreeSet;

use crate::model::{Batch, Effect, GroupId, Plan, Report, StoreError, Table, UserId};

use super::{Directory, record};

impl Directory {
    /// Those of a group.
    pub(crate) async fn owed(&self, group: &GroupId) -> Result<BTreeSet<UserId>, StoreError> {
        Ok(self.read(Table::Outbox, &self.owed_key(group)).await?.unwrap_or_default())
    }

    /// Writes them; nothing is kept of none.
    pub(super) fn put_owed(
        &self,
        batch: &mut Batch,
        group: &GroupId,
        owed: &BTreeSet<UserId>,
    ) -> Result<(), StoreError> {
        if owed.is_empty() {
            batch.delete(Table::Outbox, self.owed_key(group));
        } else {
            batch.put(Table::Outbox, self.owed_key(group), record::encode(owed)?);
        }
        Ok(())
    }

    fn owed_key(&self, group: &GroupId) -> Vec<u8> {
        self.key(&["owed", group.as_str()])
    }
}

/// What is owed after a saga that ended: less what was done, and more what was not.
pub(super) fn owed_after(plan: &Plan, report: &Report, mut owed: BTreeSet<UserId>) -> BTreeSet<UserId> {
    for step in &plan.steps {
        for user in moved_by(&step.effect) {
            if report.done.contains(&step.id) {
                owed.remove(user);
            } else {
                owed.insert(user.clone());
            }
        }
    }
    owed
}

/// All whom the plan adds or takes out.
pub(super) fn members_of(plan: &Plan) -> impl Iterator<Item = UserId> {
    plan.steps.iter().flat_map(|step| moved_by(&step.effect)).cloned()
}

fn moved_by(effect: &Effect) -> &[UserId] {
    match effect {
        Effect::AddMembers(users) | Effect::RemoveMembers(users) | Effect::AssureMembers { users, .. } => {
            users
        }
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::StepId;
    use crate::store::samples::{plan, refusal};

    #[test]
    fn what_was_refused_is_owed_until_it_is_done() {
        let users = |ids: &[&str]| ids.iter().map(|id| UserId::new(*id)).collect::<Vec<_>>();
        let plan = plan(vec![
            Effect::AddMembers(users(&["a", "b"])),
            Effect::RemoveMembers(users(&["c"])),
            Effect::AssureMembers { users: users(&["d"]), inside: true },
        ]);
        let refused = |ids: &[u16]| ids.iter().map(|id| (StepId(*id), refusal())).collect::<Vec<_>>();
        let report = Report { done: vec![StepId(0)], failed: refused(&[1, 2]), ..Report::default() };
        let owed = owed_after(&plan, &report, users(&["b", "x"]).into_iter().collect());
        assert_eq!(owed.iter().map(UserId::as_str).collect::<Vec<_>>(), ["c", "d", "x"]);
        let report = Report { done: vec![StepId(1), StepId(2)], failed: refused(&[0]), ..Report::default() };
        let owed = owed_after(&plan, &report, owed);
        assert_eq!(owed.iter().map(UserId::as_str).collect::<Vec<_>>(), ["a", "b", "x"]);
    }
}
