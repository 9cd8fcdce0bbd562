//! The directory as the server reads it: users and groups under one set of methods.

use std::sync::Arc;

use crate::directory::{Directory, Provisioning, ProvisioningState, StoredGroup, StoredUser, UserLookup};
use crate::model::{GroupId, StoreError, UserId};
use crate::scim::filter::Lookup;
use crate::scim::kind::ResourceKind;
use crate::scim::render::{self, GroupRef, ProvisioningItem};
use crate::scim::resource::Member;
use crate::server::view::time;
use crate::server::{Reads, Stored};

/// Members that are read at once.
const CHUNK: usize = 1000;
/// Most users that one look-up answers; an e-mail address or externalId is shared by a few at most.
const SHARED: usize = 1000;

/// The read side of a directory.
pub(super) struct DirectoryReads(pub(super) Arc<Directory>);

impl Reads for DirectoryReads {
    fn get(&self, kind: ResourceKind, id: &str) -> Result<Option<Stored>, StoreError> {
        Ok(match kind {
            ResourceKind::User => self.0.get_user(&UserId::new(id))?.map(user),
            ResourceKind::Group => self.0.get_group(&GroupId::new(id))?.map(group),
        })
    }

    fn lookup(&self, kind: ResourceKind, lookup: &Lookup) -> Result<Option<Vec<Stored>>, StoreError> {
        let users = |by| Ok(Some(self.0.users_by(by, SHARED)?.into_iter().map(user).collect()));
        match (kind, lookup) {
            (_, Lookup::Id(id)) => Ok(Some(self.get(kind, id)?.into_iter().collect())),
            (ResourceKind::User, Lookup::UserName(name)) => users(UserLookup::UserName(name)),
            (ResourceKind::User, Lookup::ExternalId(id)) => users(UserLookup::ExternalId(id)),
            (ResourceKind::User, Lookup::Email(email)) => users(UserLookup::Email(email)),
            (ResourceKind::Group, Lookup::DisplayName(name)) => {
                Ok(Some(self.0.group_by_name(name)?.map(group).into_iter().collect()))
            }
            // Several groups may share an externalId, and the index gives the first only: these are walked.
            _ => Ok(None),
        }
    }

    fn scan(&self, kind: ResourceKind, after: Option<&str>, limit: usize) -> Result<Vec<Stored>, StoreError> {
        Ok(match kind {
            ResourceKind::User => {
                self.0.scan_users(after.map(UserId::new).as_ref(), limit)?.into_iter().map(user).collect()
            }
            ResourceKind::Group => {
                self.0.scan_groups(after.map(GroupId::new).as_ref(), limit)?.into_iter().map(group).collect()
            }
        })
    }

    fn count(&self, kind: ResourceKind) -> Result<u64, StoreError> {
        let counts = self.0.counts()?;
        let count = if kind == ResourceKind::User { counts.users } else { counts.groups };
        Ok(u64::try_from(count).unwrap_or(u64::MAX))
    }

    fn groups_of(&self, user: &str) -> Result<Vec<GroupRef>, StoreError> {
        let groups = self.0.groups_of(&UserId::new(user))?.into_iter();
        Ok(groups.map(|(id, name)| GroupRef { value: id.to_string(), display: Some(name) }).collect())
    }

    fn members(&self, group: &str) -> Result<Vec<Member>, StoreError> {
        let (group, mut found) = (GroupId::new(group), Vec::new());
        loop {
            let chunk = self.0.members(&group, found.last(), CHUNK)?;
            let full = chunk.len() == CHUNK;
            found.extend(chunk);
            if !full {
                break;
            }
        }
        Ok(found.into_iter().map(|id| Member { value: id.to_string(), display: None, kind: None }).collect())
    }

    fn more_members_than(&self, group: &str, number: usize) -> Result<bool, StoreError> {
        let some = self.0.members(&GroupId::new(group), None, number.saturating_add(1))?;
        Ok(some.len() > number)
    }
}

fn user(user: StoredUser) -> Stored {
    let provisioning = user.managed.then(|| status(&user.status));
    Stored {
        id: user.id.to_string(),
        document: user.document,
        version: user.version,
        created_ms: user.created_ms,
        modified_ms: user.modified_ms,
        provisioning,
    }
}

fn group(group: StoredGroup) -> Stored {
    Stored {
        id: group.id.to_string(),
        document: group.document,
        version: group.version,
        created_ms: group.created_ms,
        modified_ms: group.modified_ms,
        provisioning: None,
    }
}

fn status(status: &Provisioning) -> render::Provisioning {
    let items = status.failures.iter().map(|failure| ProvisioningItem {
        entitlement: failure.what.clone(),
        state: failure.state.clone(),
        reason: if failure.code.is_empty() {
            failure.why.clone()
        } else {
            format!("{} ({})", failure.why, failure.code)
        },
    });
    let state: ProvisioningState = status.state;
    render::Provisioning {
        status: state.as_str().to_owned(),
        items: items.collect(),
        updated: Some(time(status.updated_ms)),
    }
}
