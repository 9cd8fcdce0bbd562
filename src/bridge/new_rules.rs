//! Everybody, looked at under other rules: a walk over the directory, page by page, that changes nothing and asks
//! nobody.
//!
//! What the rules mean for one person is `plan::new_rules`; what one person's plan is, with a look at Genesys,
//! [`super::preview`]. Who has it walk, and what becomes of the lines, is `app` and `cli`.

use std::sync::Arc;

use serde::Serialize;
use serde_json::{Value, json};

use super::Policy;
use crate::directory::{Directory, GroupNames, StoredUser};
use crate::entitlements::RuleSet;
use crate::model::{GroupId, Object, StoreError, UserId};
use crate::plan::identity;
use crate::plan::new_rules::{Before, Difference, Look, Person, Tally, Who, foresee};
use crate::scim::value::fold;

/// People who are read at once.
const PAGE: usize = 200;

/// The choices of the tenant that count beside the rules.
#[derive(Clone, Debug, Default)]
pub(crate) struct House {
    /// Division of users whose document names none.
    pub default_division: Option<String>,
    /// Addresses and Genesys ids of users whom the bridge never changes, lower case.
    pub protected: Vec<String>,
    /// Domain for userNames that are no e-mail address.
    pub fallback_email_domain: Option<String>,
}

impl From<&Policy> for House {
    fn from(policy: &Policy) -> Self {
        Self {
            default_division: policy.default_division.clone(),
            protected: policy.protected.clone(),
            fallback_email_domain: policy.fallback_email_domain.clone(),
        }
    }
}

/// The rules in force, as far as they are known.
#[derive(Clone, Debug)]
pub(crate) enum InForce {
    /// By what the directory notes of them: the bridge does not run.
    Noted,
    /// These.
    Rules(Arc<RuleSet>),
}

/// One difference of one person.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Line {
    /// Whom.
    #[serde(flatten)]
    pub who: Who,
    /// What.
    #[serde(flatten)]
    pub difference: Difference,
}

/// A walk over everybody.
pub(crate) struct Walk {
    directory: Arc<Directory>,
    house: House,
    new: RuleSet,
    former: Former,
    at: Option<UserId>,
    names: GroupNames,
    tally: Tally,
}

/// What the rules are compared with.
enum Former {
    Unknown,
    Same,
    Rules(Arc<RuleSet>),
}

impl Former {
    fn known(&self) -> Before<'_> {
        match self {
            Self::Unknown => Before::Unknown,
            Self::Same => Before::Same,
            Self::Rules(rules) => Before::Rules(rules),
        }
    }

    fn looks_at_groups(&self) -> bool {
        matches!(self, Self::Rules(rules) if rules.looks_at_groups())
    }
}

impl Walk {
    /// A walk that has not begun.
    ///
    /// # Errors
    /// The store cannot be read.
    pub(crate) async fn new(
        directory: Arc<Directory>,
        house: House,
        new: RuleSet,
        in_force: InForce,
    ) -> Result<Self, StoreError> {
        let former = match in_force {
            InForce::Rules(rules) if rules.digest() == new.digest() => Former::Same,
            InForce::Rules(rules) => Former::Rules(rules),
            InForce::Noted if directory.noted_rules().await?.as_deref() == Some(new.digest()) => Former::Same,
            InForce::Noted => Former::Unknown,
        };
        let (at, names, tally) = (None, GroupNames::new(), Tally::default());
        Ok(Self { directory, house, new, former, at, names, tally })
    }

    /// The differences of some more people; `None` when everybody was looked at.
    ///
    /// # Errors
    /// The store cannot be read, or a record is damaged.
    pub(crate) async fn next(&mut self) -> Result<Option<Vec<Line>>, StoreError> {
        let page = self.directory.users_after(self.at.as_ref(), PAGE).await?;
        let Some(last) = page.last() else { return Ok(None) };
        self.at = Some(last.id.clone());
        let mut lines = Vec::new();
        // Who was not written yet is not ours to change.
        for user in page.into_iter().filter(|user| user.managed) {
            let user_name = user.document.get("userName").and_then(Value::as_str).unwrap_or_default();
            let who = Who { user: user.id.clone(), user_name: user_name.to_owned() };
            let look = self.look(user).await?;
            self.tally.count(&who, &look);
            if let Look::Foreseen(foreseen) = look {
                let line = |difference| Line { who: who.clone(), difference };
                lines.extend(foreseen.differences.into_iter().map(line));
            }
        }
        Ok(Some(lines))
    }

    /// The sums so far.
    pub(crate) fn told(&self) -> Value {
        self.tally.told(&self.new)
    }

    async fn look(&mut self, user: StoredUser) -> Result<Look, StoreError> {
        let email = identity::email_of(&user.document, self.house.fallback_email_domain.as_deref());
        let protects = |who: &str| self.house.protected.contains(&fold(who));
        if protects(user.id.as_str()) || email.as_deref().is_ok_and(protects) {
            return Ok(Look::Protected);
        }
        if email.is_err() {
            return Ok(Look::Unreadable);
        }
        let granted = self.directory.ours(&user.id).await?.granted;
        let document = self.with_groups(user.document, &user.id).await?;
        let person = Person { document: &document, granted: &granted, told: &user.status.failures };
        let default = self.house.default_division.as_deref();
        let foreseen = foresee(&person, &self.new, self.former.known(), default);
        Ok(foreseen.map_or(Look::Unreadable, Look::Foreseen))
    }

    /// The document as rules see it; groups are only read where a rule looks at them.
    async fn with_groups(&mut self, mut document: Object, user: &UserId) -> Result<Object, StoreError> {
        document.insert("id".into(), json!(user));
        if self.new.looks_at_groups() || self.former.looks_at_groups() {
            let groups = self.directory.groups_of_by(user, &mut self.names).await?;
            let group = |(id, name): (GroupId, String)| json!({ "value": id, "display": name });
            document.insert("groups".into(), Value::Array(groups.into_iter().map(group).collect()));
        }
        Ok(document)
    }
}

#[cfg(test)]
#[path = "new_rules_tests.rs"]
mod tests;
