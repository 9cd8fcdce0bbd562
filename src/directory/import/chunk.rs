//! The offline import: users from a file, many in one batch, as the import of Genesys' own users would keep
//! them.
//!
//! What becomes of one user is [`super`]'s business; here it is said why one was not taken, and that no two
//! of a chunk claim one userName, which the conditions of a commit cannot see. Who reads the file and
//! commits: `import::from_file`.

use std::collections::HashSet;

use crate::limits::STORE_BATCH_KEYS;
use crate::model::{Batch, Observed, Reservation, StoreError, SubjectId};
use crate::scim::value::fold;

use crate::directory::{Directory, index};

/// Most users of one chunk: enough that a sync is shared by many, few enough that a chunk stays small in
/// memory.
const CHUNK_USERS: usize = 500;

/// Users that are committed together.
#[derive(Debug, Default)]
pub struct Chunk {
    batch: Batch,
    users: usize,
    names: HashSet<String>,
}

impl Chunk {
    /// Whether there is nothing to commit.
    pub fn is_empty(&self) -> bool {
        self.users == 0
    }

    /// Whether it is time to commit.
    pub fn is_full(&self) -> bool {
        self.users >= CHUNK_USERS || self.batch.put.len() + self.batch.delete.len() >= STORE_BATCH_KEYS
    }

    /// What is to be committed; the chunk is empty afterwards.
    pub fn take(&mut self) -> Batch {
        std::mem::take(self).batch
    }
}

/// What became of a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It is in the chunk.
    Written,
    /// It is in the directory as it is here.
    Unchanged,
    /// An identity provider has written it; it stays as it is.
    Managed,
    /// Its userName belongs to another user of the directory or of the chunk.
    NameInUse,
    /// Its userName is claimed by a change that is under way.
    NameReserved,
}

impl Directory {
    /// Adds a user to the chunk, unless there is a reason not to. `fresh` becomes its subject unless it has
    /// one here or carries our mark. The same id must not be given twice for one chunk.
    ///
    /// # Errors
    /// A damaged record.
    pub async fn chunk_user(
        &self,
        chunk: &mut Chunk,
        observed: &Observed,
        fresh: SubjectId,
        now_ms: i64,
    ) -> Result<Taken, StoreError> {
        let Some(id) = &observed.id else { return Ok(Taken::Unchanged) };
        if self.get_user(id).await?.is_some_and(|user| user.managed) {
            return Ok(Taken::Managed);
        }
        let name = index::text(&observed.document, "userName").map(fold).unwrap_or_default();
        let owner = self.owner(index::USER_NAME, &name).await?;
        if chunk.names.contains(&name) || owner.is_some_and(|owner| owner != id.as_str()) {
            return Ok(Taken::NameInUse);
        }
        let batch = self.batch_import_user(observed, fresh, now_ms).await?;
        if batch.is_empty() {
            let free = self.unreserved(&mut Batch::new(), Reservation::UserName(name)).await?;
            return Ok(if free { Taken::Unchanged } else { Taken::NameReserved });
        }
        chunk.batch.append(batch);
        chunk.users += 1;
        chunk.names.insert(name);
        Ok(Taken::Written)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::json;

    use super::*;
    use crate::directory::{StoredUser, UserLookup};
    use crate::model::UserId;
    use crate::model::ports::{Store, TurnRecords as _};
    use crate::store::MemoryStore;
    use crate::store::samples::{committed, object, put_user, subject, tenant};

    struct House {
        store: Arc<MemoryStore>,
        directory: Directory,
        chunk: Chunk,
    }

    impl House {
        fn new() -> Self {
            let store = Arc::new(MemoryStore::new());
            let directory = Directory::new(tenant(), Arc::clone(&store) as Arc<dyn Store>);
            Self { store, directory, chunk: Chunk::default() }
        }

        async fn take(&mut self, id: &str, name: &str) -> Taken {
            let document = object(json!({ "userName": name, "title": "Agent" }));
            let user = Observed { id: Some(UserId::new(id)), document, ..Observed::default() };
            self.directory.chunk_user(&mut self.chunk, &user, subject(7), 5).await.unwrap()
        }

        async fn commit(&mut self) {
            let batch = self.chunk.take();
            self.store.commit(batch).await.unwrap();
        }

        async fn named(&self, name: &str) -> Option<StoredUser> {
            self.directory.user_by(UserLookup::UserName(name)).await.unwrap()
        }
    }

    #[tokio::test]
    async fn users_of_one_chunk_are_found_by_name_and_unmanaged() {
        let mut house = House::new();
        assert_eq!(house.take("u1", "Ada").await, Taken::Written);
        assert_eq!(house.take("u2", "bea").await, Taken::Written);
        house.commit().await;
        let user = house.named("ada").await.unwrap();
        assert!(!user.managed && user.version == 1 && user.id == UserId::new("u1"));
        assert_eq!((house.take("u1", "Ada").await, house.chunk.is_empty()), (Taken::Unchanged, true));
        assert_eq!(house.take("u1", "Cleo").await, Taken::Written);
        house.commit().await;
        assert_eq!((house.named("ada").await, house.named("cleo").await.unwrap().version), (None, 2));
    }

    #[tokio::test]
    async fn a_name_has_one_owner_in_the_chunk_and_in_the_directory() {
        let mut house = House::new();
        assert_eq!(house.take("u1", "ada").await, Taken::Written);
        assert_eq!(house.take("u2", "ADA").await, Taken::NameInUse);
        house.commit().await;
        assert_eq!(house.take("u2", "ADA").await, Taken::NameInUse);
        assert_eq!(house.named("ada").await.unwrap().id, UserId::new("u1"));
    }

    #[tokio::test]
    async fn what_an_identity_provider_wrote_stays() {
        let mut house = House::new();
        let saga = put_user(1, None, json!({"userName": "ada"}), None);
        let batch = house.directory.compose(&saga, &committed("u1"), &Default::default(), 1).await.unwrap();
        house.store.commit(batch).await.unwrap();
        assert_eq!(house.take("u1", "another").await, Taken::Managed);
        assert!(house.named("ada").await.unwrap().managed);
    }

    #[tokio::test]
    async fn a_chunk_is_full_before_a_transaction_becomes_too_large() {
        let mut house = House::new();
        for n in 0..CHUNK_USERS {
            assert!(!house.chunk.is_full(), "{n}");
            house.take(&format!("u{n}"), &format!("name{n}")).await;
        }
        assert!(house.chunk.is_full());
    }
}
