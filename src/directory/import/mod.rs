//! The import: users and groups that Genesys already has become *unmanaged* records, found by every look-up.
//!
//! Never touches a record that an identity provider has written. Lists nothing itself: who asks Genesys and
//! commits the batches is `import`. A batch that meets another change is refused as a conflict and can be
//! made anew; one that stays refused claims a name that another record owns, which is to be reported and
//! passed over.

mod chunk;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::model::{
    Batch, Expect, GroupId, Mark, Object, Observed, ObservedGroup, Reservation, StoreError, SubjectId, Table,
    UserState,
};
use crate::scim::kind::GENESYS_USER;
use crate::scim::value::fold;
use crate::store::journal::reserve_key;

use crate::directory::record::{self, Provisioning, StoredGroup, StoredUser};
use crate::directory::{Directory, index};

pub use chunk::Chunk;
pub(crate) use chunk::Taken;

/// That an import was finished.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportState {
    /// When, Unix milliseconds.
    pub finished_ms: i64,
    /// Users seen.
    pub users: u64,
    /// Groups seen.
    pub groups: u64,
}

impl Directory {
    /// Takes a user of Genesys in, or brings an unmanaged one up to date. Empty when there is nothing to
    /// write. `fresh` becomes its subject unless it has one here or carries our mark.
    ///
    /// # Errors
    /// A damaged record.
    pub async fn batch_import_user(
        &self,
        observed: &Observed,
        fresh: SubjectId,
        now_ms: i64,
    ) -> Result<Batch, StoreError> {
        let mut batch = Batch::new();
        let Some(id) = observed.id.as_ref().filter(|_| observed.state != UserState::Deleted) else {
            return Ok(batch);
        };
        let as_it_is = self.as_it_is(Table::Users, &self.user_key(id)).await?;
        let before = self.get_user(id).await?;
        let document = identity_of(&observed.document);
        let same = before.as_ref().is_some_and(|user| user.document == document);
        if same || before.as_ref().is_some_and(|user| user.managed) {
            return Ok(batch);
        }
        let last = before.as_ref().map(|user| user.version).max(self.tombstone(id).await?).unwrap_or(0);
        let user = StoredUser {
            subject: before.as_ref().map(|user| user.subject).or(self.marked(observed)).unwrap_or(fresh),
            id: id.clone(),
            document,
            version: last.saturating_add(1),
            created_ms: before.as_ref().map_or(now_ms, |user| user.created_ms),
            modified_ms: now_ms,
            managed: false,
            status: Provisioning { updated_ms: now_ms, ..Provisioning::default() },
            division: observed.division.clone(),
            saga: None,
        };
        let name = fold(index::text(&user.document, "userName").unwrap_or_default());
        if !self.unreserved(&mut batch, Reservation::UserName(name)).await? {
            return Ok(Batch::new());
        }
        batch.expect(Table::Users, self.user_key(id), as_it_is);
        self.write_user(&mut batch, before.as_ref(), &user).await?;
        Ok(batch)
    }

    /// Takes a group of Genesys in with those of its members that are users here; `fresh` becomes its id and
    /// subject if it is new.
    ///
    /// # Errors
    /// A damaged record.
    pub async fn batch_import_group(
        &self,
        observed: &ObservedGroup,
        fresh: (GroupId, SubjectId),
        now_ms: i64,
    ) -> Result<Batch, StoreError> {
        let mut batch = Batch::new();
        let id = self.group_by_genesys(&observed.id).await?.map_or(fresh.0, |group| group.id);
        let as_it_is = self.as_it_is(Table::Groups, &self.group_key(&id)).await?;
        let before = self.get_group(&id).await?;
        if before.as_ref().is_some_and(|group| group.managed) {
            return Ok(batch);
        }
        let current = self.all_members(&id).await?;
        let mut wanted = BTreeSet::new();
        for user in observed.members.as_ref().unwrap_or(&current) {
            if self.has_user(user).await? {
                wanted.insert(user.clone());
            }
        }
        let document = group_document(observed);
        let same = before.as_ref().is_some_and(|group| group.document == document);
        if same && wanted == current {
            return Ok(batch);
        }
        let group = StoredGroup {
            subject: before.as_ref().map_or(fresh.1, |group| group.subject),
            id: id.clone(),
            genesys: Some(observed.id.clone()),
            document,
            version: before.as_ref().map_or(1, |group| group.version.saturating_add(1)),
            created_ms: before.as_ref().map_or(now_ms, |group| group.created_ms),
            modified_ms: now_ms,
            managed: false,
            made: false,
            saga: None,
        };
        let name = fold(index::text(&group.document, "displayName").unwrap_or_default());
        if !self.unreserved(&mut batch, Reservation::GroupName(name)).await? {
            return Ok(Batch::new());
        }
        batch.expect(Table::Groups, self.group_key(&id), as_it_is);
        self.write_group(&mut batch, before.as_ref(), &group).await?;
        wanted.difference(&current).for_each(|user| self.join(&mut batch, &id, user));
        current.difference(&wanted).for_each(|user| self.leave(&mut batch, &id, user));
        Ok(batch)
    }

    /// Notes that an import has been through; readiness waits for the first one.
    ///
    /// # Errors
    /// A record that cannot be written.
    pub fn batch_import_done(&self, state: ImportState) -> Result<Batch, StoreError> {
        let mut batch = Batch::new();
        batch.put(Table::Meta, self.key(&["import"]), record::encode(&state)?);
        Ok(batch)
    }

    /// The last import that was finished.
    ///
    /// # Errors
    /// A damaged record.
    pub async fn import_state(&self) -> Result<Option<ImportState>, StoreError> {
        self.read(Table::Meta, &self.key(&["import"])).await
    }

    /// The subject that a user's mark names: it was made by this bridge, perhaps before its directory was
    /// lost.
    fn marked(&self, observed: &Observed) -> Option<SubjectId> {
        observed.external_ids.iter().find_map(|(authority, value)| {
            let subject = SubjectId::parse(value)?;
            (Mark::of(&self.tenant, subject).authority == *authority).then_some(subject)
        })
    }

    /// Whether no open saga has reserved the name: what a saga is about to own, the next import will find to
    /// be managed.
    pub(super) async fn unreserved(&self, batch: &mut Batch, name: Reservation) -> Result<bool, StoreError> {
        let key = reserve_key(&self.tenant, &name);
        if self.store.get(Table::Index, &key).await?.is_some() {
            return Ok(false);
        }
        batch.expect(Table::Index, key, Expect::Absent);
        Ok(true)
    }
}

/// The document of a user as far as it is identity. Roles, skills and languages that others gave are nobody's
/// wish here: in the document of record they would count as asked for once the user is adopted, and be given
/// again, in other divisions as well.
fn identity_of(observed: &Object) -> Object {
    let mut document = record::document_of_record(observed, &record::NOT_OF_USERS);
    document.retain(|name, _| !name.eq_ignore_ascii_case("roles"));
    if let Some(extension) = document.get_mut(GENESYS_USER).and_then(Value::as_object_mut) {
        extension.retain(|name, _| !matches!(name.as_str(), "routingSkills" | "routingLanguages"));
    }
    document
}

fn group_document(observed: &ObservedGroup) -> Object {
    let empty = Object::new();
    let sent = observed.document.as_object().unwrap_or(&empty);
    let mut document = record::document_of_record(sent, &record::NOT_OF_GROUPS);
    if index::text(&document, "displayName").is_none() {
        document.insert("displayName".to_owned(), observed.name.clone().into());
    }
    document
}
