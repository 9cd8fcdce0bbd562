//! The directory as the server reads it: users and groups under one set of methods.

use std::sync::Arc;

use async_trait::async_trait;

use crate::directory::{Directory, Provisioning, ProvisioningState, UserLookup, View};
use crate::limits;
use crate::model::{GroupId, StoreError, UserId};
use crate::scim::filter::Lookup;
use crate::scim::kind::ResourceKind;
use crate::scim::render::{self, GroupRef, ProvisioningItem};
use crate::scim::rendered::time;
use crate::scim::resource::Member;
use crate::server::{MemberNames, Reads, Stored};

/// Members that are read at once.
const CHUNK: usize = 1000;

/// The read side of a directory.
pub(super) struct DirectoryReads(pub(super) Arc<Directory>);

#[async_trait]
impl Reads for DirectoryReads {
    async fn get(&self, kind: ResourceKind, id: &str) -> Result<Option<Stored>, StoreError> {
        Ok(self.0.view(kind, id).await?.map(stored))
    }

    async fn lookup(&self, kind: ResourceKind, lookup: &Lookup) -> Result<Option<Vec<Stored>>, StoreError> {
        // More than that share it: they are walked, with the limit that walking has.
        let few =
            |views: Option<Vec<View>>| views.filter(|views| views.len() <= limits::LOOKUP_SHARED).map(all);
        let by = match (kind, lookup) {
            (_, Lookup::Id(id)) => return Ok(Some(self.get(kind, id).await?.into_iter().collect())),
            (ResourceKind::Group, Lookup::DisplayName(name)) => {
                let group = self.0.group_view_by_name(name).await?;
                return Ok(Some(group.map(stored).into_iter().collect()));
            }
            (ResourceKind::Group, Lookup::ExternalId(id)) => {
                return Ok(few(self.0.group_views_by_external_id(id, limits::LOOKUP_SHARED + 1).await?));
            }
            (ResourceKind::Group, Lookup::Member(id)) => {
                return Ok(few(self
                    .0
                    .group_views_of(&UserId::new(id.as_str()), limits::LOOKUP_SHARED + 1)
                    .await?));
            }
            (ResourceKind::User, Lookup::UserName(name)) => UserLookup::UserName(name),
            (ResourceKind::User, Lookup::ExternalId(id)) => UserLookup::ExternalId(id),
            (ResourceKind::User, Lookup::Email(email)) => UserLookup::Email(email),
            _ => return Ok(None),
        };
        Ok(few(self.0.user_views_by(by, limits::LOOKUP_SHARED + 1).await?))
    }

    async fn scan(
        &self,
        kind: ResourceKind,
        after: Option<&str>,
        limit: usize,
        bytes: usize,
    ) -> Result<(Vec<Stored>, bool), StoreError> {
        let (views, more) = self.0.views(kind, after, limit, bytes).await?;
        Ok((all(views), more))
    }

    async fn nth_id(
        &self,
        kind: ResourceKind,
        after: Option<&str>,
        nth: usize,
    ) -> Result<Option<String>, StoreError> {
        self.0.nth_id(kind, after, nth).await
    }

    async fn count(&self, kind: ResourceKind) -> Result<u64, StoreError> {
        let counts = self.0.counts().await?;
        let count = if kind == ResourceKind::User { counts.users } else { counts.groups };
        Ok(u64::try_from(count).unwrap_or(u64::MAX))
    }

    async fn generation(&self, kind: ResourceKind) -> Result<u64, StoreError> {
        self.0.generation(kind).await
    }

    async fn provisioning(&self, user: &str) -> Result<Option<render::Provisioning>, StoreError> {
        let user = self.0.get_user(&UserId::new(user)).await?.filter(|user| user.managed);
        Ok(user.map(|user| status(&user.status)))
    }

    async fn groups_of(&self, user: &str) -> Result<Vec<GroupRef>, StoreError> {
        let groups = self.0.groups_of(&UserId::new(user)).await?.into_iter();
        Ok(groups.map(|(id, name)| GroupRef { value: id.to_string(), display: Some(name) }).collect())
    }

    async fn groupless(&self, first: &str, last: &str) -> Result<bool, StoreError> {
        self.0.groupless(&UserId::new(first), &UserId::new(last)).await
    }

    async fn members(&self, group: &str, names: MemberNames) -> Result<Vec<Member>, StoreError> {
        let (group, mut found) = (GroupId::new(group), Vec::new());
        loop {
            let chunk = self.0.members(&group, found.last(), CHUNK).await?;
            let full = chunk.len() == CHUNK;
            found.extend(chunk);
            if !full {
                break;
            }
        }
        let named = match names {
            MemberNames::None => false,
            MemberNames::OfSmallGroups => found.len() <= limits::MEMBERS_NAMED,
            MemberNames::All => true,
        };
        let mut members = Vec::with_capacity(found.len());
        for id in found {
            let value = id.to_string();
            let user = if named { self.0.view(ResourceKind::User, &value).await? } else { None };
            let display = user.map(|user| user.text.called()).filter(|name| !name.is_empty());
            members.push(Member { value, display, kind: None });
        }
        Ok(members)
    }

    async fn more_members_than(&self, group: &str, number: usize) -> Result<bool, StoreError> {
        let some = self.0.members(&GroupId::new(group), None, number.saturating_add(1)).await?;
        Ok(some.len() > number)
    }
}

fn all(views: Vec<View>) -> Vec<Stored> {
    views.into_iter().map(stored).collect()
}

fn stored(view: View) -> Stored {
    let View { id, version, telling, text, .. } = view;
    Stored { id, version, telling, text }
}

fn status(status: &Provisioning) -> render::Provisioning {
    let items = status.failures.iter().map(|failure| ProvisioningItem {
        entitlement: failure.what.clone(),
        state: failure.state.as_str().to_owned(),
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
