//! The port of the sagas: what each durable turn writes here, and the audit record that goes with it.
//!
//! Decides which turns make a change visible; the records themselves are in `user` and `group`, the audit
//! record in `audit`.

mod audit;
mod group;
mod input;
mod user;

use async_trait::async_trait;

use crate::model::{Batch, Intent, Outcome, Report, SagaOpened, StoreError, Turn, UserId, ports};
use crate::store::audit_record;

use super::Directory;
use input::TurnInput;

#[async_trait]
impl ports::TurnRecords for Directory {
    async fn compose(
        &self,
        opened: &SagaOpened,
        turn: &Turn,
        report: &Report,
        now_ms: i64,
    ) -> Result<Batch, StoreError> {
        let mut batch = Batch::new();
        let input = TurnInput::new(opened, turn, report, now_ms);
        match turn {
            // Seen by nobody: only the audit trail hears of the end. `Undoing` is told by the end that
            // follows it.
            Turn::Undoing { .. } => return Ok(batch),
            Turn::Stuck { .. } => {}
            Turn::Finished(Outcome::RolledBack { .. }) => {
                self.undone(&mut batch, &input).await?;
                self.unsettled_create(&mut batch, &input).await?;
            }
            Turn::Acknowledged { .. }
            | Turn::HandedOver { .. }
            | Turn::Finished(Outcome::Committed { .. } | Outcome::HandedOver) => match &opened.intent {
                Intent::PutUser { .. } => self.put_user(&mut batch, &input).await?,
                Intent::DeleteUser { version, passed } => {
                    self.delete_user(&mut batch, &input, *version, passed).await?;
                }
                Intent::PutGroup { .. } => self.put_group(&mut batch, &input).await?,
                Intent::DeleteGroup { version } => self.delete_group(&mut batch, &input, *version).await?,
            },
        }
        audit_record::append(&mut batch, &self.tenant, &audit::record(&input))?;
        Ok(batch)
    }

    async fn is_another(&self, opened: &SagaOpened, user: &UserId) -> Result<bool, StoreError> {
        // Who was imported while the create had no answer is the one whom it made.
        let known = self.get_user(user).await?.filter(|known| known.managed);
        Ok(known.is_some_and(|known| known.subject != opened.subject))
    }
}
