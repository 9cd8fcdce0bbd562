//! What would change, and why, without changing anything.
//!
//! Same way as a request up to the plan; nothing is opened and nothing reserved.

use super::goal::Goal;
use super::submission::Done;
use super::{Bridge, errors};
use crate::model::ports::{CallContext, Priority};
use crate::model::{Failure, GrantedSet, Plan, UserId};
use crate::plan::explain;
use crate::scim::error::ScimError;
use crate::scim::resource::Incoming;
use crate::scim::value::fold;

/// Whose preview.
#[derive(Clone, Debug)]
pub enum PreviewOf {
    /// A user of the directory, as it is recorded.
    Id(String),
    /// A SCIM user, as if it were sent now: replaces the one with its userName, or is new.
    Document(Box<Incoming>),
}

/// What would be done.
#[derive(Clone, Debug, PartialEq)]
pub struct Preview {
    /// The user's id, if it exists.
    pub id: Option<String>,
    /// The steps.
    pub plan: Plan,
    /// What would have been granted afterwards, each with its reason.
    pub granted: GrantedSet,
    /// What would be held.
    pub held: Vec<Failure>,
    /// The plan in words.
    pub text: String,
}

impl Bridge {
    /// Plans without opening.
    ///
    /// # Errors
    /// As a request would hear them.
    pub async fn preview(&self, of: PreviewOf) -> Result<Preview, ScimError> {
        let find = |error| errors::store(&error);
        let goal = match of {
            PreviewOf::Id(id) => {
                let stored = self.parts.directory.get_user(&UserId::new(id.as_str())).await.map_err(find)?;
                let stored = stored.ok_or_else(|| ScimError::not_found(format!("there is no user {id}")))?;
                let document = stored.document.clone();
                let done = Done::Changed;
                Goal {
                    stored: Some(stored),
                    owner: None,
                    document,
                    patched: false,
                    record: true,
                    password: None,
                    done,
                }
            }
            PreviewOf::Document(incoming) => {
                let name = fold(incoming.name());
                let document = incoming.document;
                let stored = self
                    .parts
                    .directory
                    .user_by(crate::directory::UserLookup::UserName(&name))
                    .await
                    .map_err(find)?;
                let done = Done::Changed;
                Goal { stored, owner: None, document, patched: false, record: false, password: None, done }
            }
        };
        let context = CallContext::new(Priority::Waiting, "preview");
        let granted = match &goal.stored {
            Some(stored) => self.granted(stored).await?,
            None => GrantedSet::new(),
        };
        let planned = self.plan_goal(&goal, granted, &context).await?;
        let mut text = explain(&planned.planned.plan, &planned.planned.granted);
        for held in &planned.held {
            let reason = held.reason.as_ref().map(|reason| format!(" ({reason})")).unwrap_or_default();
            text.push_str(&format!("held: {}{reason}: {}\n", held.what, held.why));
        }
        let id = goal.stored.map(|stored| stored.id.as_str().to_owned());
        Ok(Preview {
            id,
            plan: planned.planned.plan,
            granted: planned.planned.granted,
            held: planned.held,
            text,
        })
    }
}
