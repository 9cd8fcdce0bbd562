//! Member changes of a group as two sets: who comes, who goes.
//!
//! Idempotent: adding a member again or removing somebody who is none changes nothing. Every member must be a user of this
//! directory; nested groups are refused.

use std::collections::BTreeSet;

use serde_json::json;

use super::{Bridge, errors};
use crate::limits;
use crate::model::{GroupId, UserId};
use crate::scim::error::ScimError;
use crate::scim::patch::MemberChange;
use crate::scim::resource::Member;

/// Who comes and who goes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Delta {
    pub add: BTreeSet<String>,
    pub remove: BTreeSet<String>,
}

impl Delta {
    fn add(&mut self, id: String) {
        self.remove.remove(&id);
        self.add.insert(id);
    }

    fn remove(&mut self, id: String) {
        self.add.remove(&id);
        self.remove.insert(id);
    }
}

impl Bridge {
    /// The net effect of the changes, in order; what is so already is left out.
    pub(super) fn delta(
        &self,
        group: Option<&GroupId>,
        changes: &[MemberChange],
    ) -> Result<Delta, ScimError> {
        let mut delta = Delta::default();
        for change in changes {
            match change {
                MemberChange::Add(members) => {
                    for member in members {
                        delta.add(self.member_id(member)?);
                    }
                }
                MemberChange::Remove(ids) => ids.iter().cloned().for_each(|id| delta.remove(id)),
                MemberChange::RemoveWhere(filter) => match filter.values() {
                    Some(ids) => ids.into_iter().for_each(|id| delta.remove(id)),
                    None => {
                        let current = self.members_now(group, &delta)?;
                        let matching = current
                            .into_iter()
                            .filter(|id| filter.matches(&json!({ "value": id, "type": "User" })));
                        matching.for_each(|id| delta.remove(id));
                    }
                },
                MemberChange::ReplaceAll(members) => {
                    let wanted: BTreeSet<String> =
                        members.iter().map(|member| self.member_id(member)).collect::<Result<_, _>>()?;
                    for gone in self.members_now(group, &delta)?.difference(&wanted) {
                        delta.remove(gone.clone());
                    }
                    wanted.into_iter().for_each(|id| delta.add(id));
                }
            }
        }
        if delta.add.len() + delta.remove.len() > limits::MEMBERS_PER_REQUEST {
            let most = limits::MEMBERS_PER_REQUEST;
            return Err(ScimError::payload_too_large(format!(
                "more than {most} member changes in one request; split it"
            )));
        }
        self.without_what_is_so(group, delta)
    }

    fn without_what_is_so(&self, group: Option<&GroupId>, mut delta: Delta) -> Result<Delta, ScimError> {
        let Some(group) = group else {
            delta.remove.clear();
            return Ok(delta);
        };
        let is_member = |id: &String| {
            self.parts
                .directory
                .is_member(group, &UserId::new(id.as_str()))
                .map_err(|error| errors::store(&error))
        };
        let mut net = Delta::default();
        for id in delta.add {
            if !is_member(&id)? {
                net.add.insert(id);
            }
        }
        for id in delta.remove {
            if is_member(&id)? {
                net.remove.insert(id);
            }
        }
        Ok(net)
    }

    fn members_now(&self, group: Option<&GroupId>, delta: &Delta) -> Result<BTreeSet<String>, ScimError> {
        let mut now: BTreeSet<String> = match group {
            None => BTreeSet::new(),
            Some(group) => {
                let all = self
                    .parts
                    .directory
                    .members(group, None, usize::MAX)
                    .map_err(|error| errors::store(&error))?;
                all.into_iter().map(|user| user.as_str().to_owned()).collect()
            }
        };
        now.retain(|id| !delta.remove.contains(id));
        now.extend(delta.add.iter().cloned());
        Ok(now)
    }

    fn member_id(&self, member: &Member) -> Result<String, ScimError> {
        if member.kind.as_deref().is_some_and(|kind| kind.eq_ignore_ascii_case("group")) {
            return Err(ScimError::invalid_value("members: nested groups are not supported; name users"));
        }
        let id = UserId::new(member.value.as_str());
        match self.parts.directory.get_user(&id).map_err(|error| errors::store(&error))? {
            Some(_) => Ok(member.value.clone()),
            None => Err(ScimError::invalid_value(format!("members: there is no user {}", member.value))),
        }
    }
}
