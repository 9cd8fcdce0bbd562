//! Member changes of a group as two sets: who comes, who goes.
//!
//! Idempotent: adding a member again or removing somebody who is none changes nothing. Every member must be a
//! user of this directory; nested groups are refused.

use std::collections::BTreeSet;

use serde_json::json;

use super::fault::Fault;
use crate::directory::Directory;
use crate::limits;
use crate::model::{GroupId, UserId};
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

/// The members as the changes so far leave them: as a difference, or as the whole set once a change had to
/// look at all of them.
enum Working {
    Difference(Delta),
    Whole { before: BTreeSet<String>, now: BTreeSet<String> },
}

impl Working {
    fn add(&mut self, id: String) {
        match self {
            Self::Difference(delta) => delta.add(id),
            Self::Whole { now, .. } => drop(now.insert(id)),
        }
    }

    fn remove(&mut self, id: &str) {
        match self {
            Self::Difference(delta) => delta.remove(id.to_owned()),
            Self::Whole { now, .. } => drop(now.remove(id)),
        }
    }
}

/// Tells who comes and who goes.
pub(super) struct Members<'a> {
    pub(super) directory: &'a Directory,
}

impl Members<'_> {
    /// The net effect of the changes, in order; what is so already is left out.
    pub(super) async fn delta(
        &self,
        group: Option<&GroupId>,
        changes: &[MemberChange],
    ) -> Result<Delta, Fault> {
        let selects = |change: &&MemberChange| match change {
            MemberChange::RemoveWhere(filter) => filter.values().is_none(),
            _ => false,
        };
        if changes.iter().filter(selects).count() > limits::MEMBER_SELECTIONS {
            return Err(Fault::TooMuch(format!(
                "members: more than {} operations select members by something other than value; send several requests",
                limits::MEMBER_SELECTIONS
            )));
        }
        let mut working = Working::Difference(Delta::default());
        for change in changes {
            self.apply(group, &mut working, change).await?;
        }
        let delta = match working {
            Working::Difference(delta) => self.without_what_is_so(group, delta).await?,
            Working::Whole { before, now } => Delta {
                add: now.difference(&before).cloned().collect(),
                remove: before.difference(&now).cloned().collect(),
            },
        };
        within_limit(delta)
    }

    async fn apply(
        &self,
        group: Option<&GroupId>,
        working: &mut Working,
        change: &MemberChange,
    ) -> Result<(), Fault> {
        match change {
            MemberChange::Add(members) => {
                for member in members {
                    working.add(self.member_id(member).await?);
                }
            }
            MemberChange::Remove(ids) => ids.iter().for_each(|id| working.remove(id)),
            MemberChange::RemoveWhere(filter) => match filter.values() {
                Some(ids) => ids.iter().for_each(|id| working.remove(id)),
                None => {
                    let (_, now) = self.whole(group, working).await?;
                    now.retain(|id| !filter.matches(&json!({ "value": id, "type": "User" })));
                }
            },
            MemberChange::ReplaceAll(members) => {
                let (before, now) = self.whole(group, working).await?;
                let mut wanted = BTreeSet::new();
                for member in members {
                    // Who is a member already was looked up when it became one.
                    let known =
                        !is_group(member) && (before.contains(&member.value) || now.contains(&member.value));
                    wanted.insert(if known { member.value.clone() } else { self.member_id(member).await? });
                }
                *now = wanted;
            }
        }
        Ok(())
    }

    /// All members, before and now. Reads them once for all changes of a request.
    async fn whole<'a>(
        &self,
        group: Option<&GroupId>,
        working: &'a mut Working,
    ) -> Result<(&'a BTreeSet<String>, &'a mut BTreeSet<String>), Fault> {
        if let Working::Difference(delta) = working {
            let before = self.members_of(group).await?;
            let mut now = before.clone();
            now.retain(|id| !delta.remove.contains(id));
            now.append(&mut delta.add);
            *working = Working::Whole { before, now };
        }
        match working {
            Working::Whole { before, now } => Ok((before, now)),
            Working::Difference(_) => Err(Fault::Broken),
        }
    }

    async fn without_what_is_so(&self, group: Option<&GroupId>, mut delta: Delta) -> Result<Delta, Fault> {
        let Some(group) = group else {
            delta.remove.clear();
            return Ok(delta);
        };
        let mut net = Delta::default();
        for id in delta.add {
            if !self.is_member(group, &id).await? {
                net.add.insert(id);
            }
        }
        for id in delta.remove {
            if self.is_member(group, &id).await? {
                net.remove.insert(id);
            }
        }
        Ok(net)
    }

    async fn is_member(&self, group: &GroupId, id: &str) -> Result<bool, Fault> {
        Ok(self.directory.is_member(group, &UserId::new(id)).await?)
    }

    async fn members_of(&self, group: Option<&GroupId>) -> Result<BTreeSet<String>, Fault> {
        let Some(group) = group else { return Ok(BTreeSet::new()) };
        let all = self.directory.members(group, None, usize::MAX).await?;
        Ok(all.into_iter().map(|user| user.as_str().to_owned()).collect())
    }

    /// The member's id, if it is a user here. Only its key is looked for: a request may name thousands.
    async fn member_id(&self, member: &Member) -> Result<String, Fault> {
        let id = &member.value;
        if !is_group(member) && self.directory.has_user(&UserId::new(id.as_str())).await? {
            return Ok(id.clone());
        }
        if is_group(member) || self.directory.get_group(&GroupId::new(id.as_str())).await?.is_some() {
            return Err(Fault::Unacceptable(format!(
                "members: {id} is a group; nested groups are not supported, name its users instead"
            )));
        }
        Err(Fault::Unacceptable(format!("members: there is no user {id}")))
    }
}

fn is_group(member: &Member) -> bool {
    member.kind.as_deref().is_some_and(|kind| kind.eq_ignore_ascii_case("group"))
}

/// What really changes counts, not what was named: a replacement by the members that are there already is
/// none.
fn within_limit(delta: Delta) -> Result<Delta, Fault> {
    let most = limits::MEMBER_CHANGES;
    if delta.add.len() + delta.remove.len() > most {
        return Err(Fault::TooMuch(format!(
            "more than {most} members would come or go in one request; add or remove them in several"
        )));
    }
    Ok(delta)
}
