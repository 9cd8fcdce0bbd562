//! Creates: they do not know the id that Genesys will give, so a lost answer and a name that is taken are
//! looked into.
//!
//! What a create finds that is not of the new person goes in `given_back`. Every other step is repeated as it is, by
//! `drive`.

use super::{Driver, StepEnd, tries, will_be_put_right};
use crate::model::{Created, Refusal, RefusalKind, Step, Verdict};
use crate::plan::effects;

impl Driver {
    /// POST of a user. After a lost answer and on 409 the mark tells whether the user is ours.
    pub(super) async fn create(&mut self, step: &Step) -> StepEnd {
        let Some(mut write) = effects::forward(&step.effect, None).pop() else { return StepEnd::Done(None) };
        self.add_password(&mut write);
        let mut pauses = tries();
        let mut sent = false;
        loop {
            let (wait, why) = match self.upstream.write(&write, &self.context).await {
                Verdict::Done(made) => {
                    self.better.accepted(&write);
                    let Some(Created { id, user }) = made else { return StepEnd::Done(None) };
                    return self.made(step, id, user).await;
                }
                Verdict::Refused(refusal) if refusal.kind == RefusalKind::Uniqueness => {
                    return self.owner_of_the_name(step, refusal, sent).await;
                }
                Verdict::Refused(refusal) if will_be_put_right(&refusal) => (pauses.pause(), refusal.detail),
                Verdict::Refused(refusal) => return StepEnd::Refused { refusal, partial: sent },
                Verdict::Later(later) => (pauses.at_least(later.wait), later.reason),
                Verdict::Unknown(unknown) => {
                    tracing::info!(call = %self.context.label, reason = %unknown.reason, "create has no answer, looking for the mark");
                    sent = true;
                    // A look that is refused proves nothing: the POST is repeated and tells.
                    if let Ok(Some(user)) = self.look_for_mark().await {
                        return self.made(step, user.as_str().to_owned(), None).await;
                    }
                    (pauses.pause(), unknown.reason)
                }
            };
            if let Err(enough) = self.patience.rest(wait, &why).await {
                return enough.end(sent);
            }
        }
    }

    /// The name is taken: by our own create, whose answer was lost or came before a crash, or by somebody
    /// else.
    async fn owner_of_the_name(&mut self, step: &Step, refusal: Refusal, sent: bool) -> StepEnd {
        let looks = if sent { 6 } else { 2 };
        let mut pauses = tries();
        for look in 0..looks {
            match self.look_for_mark().await {
                Ok(Some(user)) => return self.made(step, user.as_str().to_owned(), None).await,
                Ok(None) => {}
                Err(StepEnd::Refused { refusal, .. }) => {
                    return StepEnd::Refused { refusal, partial: sent || self.resumed };
                }
                Err(StepEnd::Abandoned { .. }) => return StepEnd::Abandoned { partial: sent },
                Err(end) => return end,
            }
            if look + 1 < looks
                && let Err(enough) =
                    self.patience.rest(pauses.pause(), "the name is taken; looking for the mark").await
            {
                return enough.end(sent);
            }
        }
        StepEnd::Refused { refusal, partial: sent }
    }

    /// POST of a group. Names are unique in Genesys and this one was free when the plan was made, so it is
    /// the mark.
    pub(super) async fn create_group(&mut self, step: &Step, name: &str) -> StepEnd {
        let Some(write) = effects::forward(&step.effect, None).pop() else { return StepEnd::Done(None) };
        let mut pauses = tries();
        let mut sent = false;
        loop {
            let (wait, why) = match self.upstream.write(&write, &self.context).await {
                Verdict::Done(made) => return StepEnd::Done(made.map(|made| made.id)),
                Verdict::Refused(refusal) if will_be_put_right(&refusal) => (pauses.pause(), refusal.detail),
                Verdict::Refused(refusal) => {
                    // Only a POST of ours, before this one or before a crash, makes a group of that name
                    // ours.
                    let taken = refusal.kind == RefusalKind::Uniqueness && (sent || self.resumed);
                    if let (true, Verdict::Done(Some(group))) =
                        (taken, self.upstream.find_group(name, &self.context).await)
                    {
                        return StepEnd::Done(Some(group.id));
                    }
                    return StepEnd::Refused { refusal, partial: sent };
                }
                Verdict::Later(later) => (pauses.at_least(later.wait), later.reason),
                Verdict::Unknown(unknown) => {
                    sent = true;
                    if let Verdict::Done(Some(group)) = self.upstream.find_group(name, &self.context).await {
                        return StepEnd::Done(Some(group.id));
                    }
                    (pauses.pause(), unknown.reason)
                }
            };
            if let Err(enough) = self.patience.rest(wait, &why).await {
                return enough.end(sent);
            }
        }
    }
}
