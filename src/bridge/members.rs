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
                    let now = self.members_now(group, &delta)?;
                    let mut wanted = BTreeSet::new();
                    for member in members {
                        // Who is a member already was looked up when it became one.
                        let known = now.contains(&member.value) && !is_group(member);
                        wanted.insert(if known { member.value.clone() } else { self.member_id(member)? });
                    }
                    now.difference(&wanted).for_each(|gone| delta.remove(gone.clone()));
                    wanted.into_iter().for_each(|id| delta.add(id));
                }
            }
        }
        within_limit(self.without_what_is_so(group, delta)?)
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

    /// The member's id, if it is a user here. Only its key is looked for: a request may name thousands.
    fn member_id(&self, member: &Member) -> Result<String, ScimError> {
        let directory = &self.parts.directory;
        let find = |error| errors::store(&error);
        let id = &member.value;
        if !is_group(member) && directory.has_user(&UserId::new(id.as_str())).map_err(find)? {
            return Ok(id.clone());
        }
        if is_group(member) || directory.get_group(&GroupId::new(id.as_str())).map_err(find)?.is_some() {
            return Err(ScimError::invalid_value(format!(
                "members: {id} is a group; nested groups are not supported, name its users instead"
            )));
        }
        Err(ScimError::invalid_value(format!("members: there is no user {id}")))
    }
}

fn is_group(member: &Member) -> bool {
    member.kind.as_deref().is_some_and(|kind| kind.eq_ignore_ascii_case("group"))
}

/// What really changes counts, not what was named: a replacement by the members that are there already is none.
fn within_limit(delta: Delta) -> Result<Delta, ScimError> {
    let most = limits::MEMBER_CHANGES;
    if delta.add.len() + delta.remove.len() > most {
        return Err(ScimError::payload_too_large(format!(
            "more than {most} members would come or go in one request; add or remove them in several"
        )));
    }
    Ok(delta)
}
