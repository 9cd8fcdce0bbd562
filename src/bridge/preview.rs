//! What would change, and why, without changing anything.
//!
//! Same way as a request up to the plan; nothing is opened and nothing reserved.

use std::sync::Arc;

use super::fault::Fault;
use super::goal::{UserGoal, Who};
use super::new_rules::{House, InForce, Walk};
use super::user_plan::UserPlanner;
use crate::directory::{Directory, UserLookup};
use crate::entitlements::RuleSet;
use crate::model::ports::{CallContext, Priority};
use crate::model::{Failure, GrantedSet, Plan, StoreError, UserId};
use crate::plan::explain;
use crate::scim::kind::ResourceKind;
use crate::scim::resource::Incoming;
use crate::scim::value::fold;

/// Whose preview.
#[derive(Clone, Debug)]
pub enum PreviewOf {
    /// A user of the directory, as it is recorded.
    Id(String),
    /// A user as if it were sent now: replaces the one with its userName, or is new.
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

/// Plans and does nothing.
pub(super) struct Previews {
    pub(super) directory: Arc<Directory>,
    pub(super) planner: Arc<UserPlanner>,
}

impl Previews {
    pub(super) async fn preview(&self, of: PreviewOf) -> Result<Preview, Fault> {
        let goal = self.goal(of).await?;
        let context = CallContext::new(Priority::Waiting, "preview");
        let ours = self.planner.ours(&goal).await?;
        let planned = self.planner.plan(goal, ours, &context).await?;
        let mut text = explain(&planned.planned.plan, &planned.planned.granted);
        for held in &planned.held {
            let reason = held.reason.as_ref().map(|reason| format!(" ({reason})")).unwrap_or_default();
            text.push_str(&format!("{}: {}{reason}: {}\n", held.state.as_str(), held.what, held.why));
        }
        Ok(Preview {
            id: planned.goal.stored().map(|stored| stored.id.as_str().to_owned()),
            plan: planned.planned.plan,
            granted: planned.planned.granted,
            held: planned.held,
            text,
        })
    }

    pub(super) async fn under_rules(&self, new: RuleSet) -> Result<Walk, StoreError> {
        let (house, in_force) = (House::from(self.planner.policy.as_ref()), Arc::clone(&self.planner.rules));
        Walk::new(Arc::clone(&self.directory), house, new, InForce::Rules(in_force)).await
    }

    async fn goal(&self, of: PreviewOf) -> Result<UserGoal, Fault> {
        match of {
            PreviewOf::Id(id) => {
                let stored = self.directory.get_user(&UserId::new(id.as_str())).await?;
                let stored = stored.ok_or(Fault::NotFound { kind: ResourceKind::User, id })?;
                Ok(UserGoal::recorded(stored))
            }
            PreviewOf::Document(incoming) => {
                let name = fold(incoming.name());
                let stored = self.directory.user_by(UserLookup::UserName(&name)).await?;
                let who = stored.map_or(Who::New, |stored| Who::Known(Box::new(stored)));
                Ok(UserGoal::created(who, &incoming))
            }
        }
    }
}
