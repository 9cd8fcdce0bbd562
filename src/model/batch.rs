//! What is written together, and the proof that it was.
//!
//! A [`Batch`] is data: puts, deletes and what must be true beforehand. `store` makes it durable and hands
//! out the [`CommitToken`], without which no 2xx to a write can be built. Who composes batches: `directory`,
//! `audit`, `saga`.

use bytes::Bytes;

/// The trees of the store. Every key starts with the tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Table {
    /// Open and finished sagas.
    Journal,
    /// Users as the identity provider sees them.
    Users,
    /// Group headers.
    Groups,
    /// One key for each membership, both directions.
    Members,
    /// Look-ups: userName, externalId, e-mail, displayName; reservations of names.
    Index,
    /// What we gave.
    Granted,
    /// Who did what, when, why.
    Audit,
    /// Work to be expanded later: recomputations, notifications.
    Outbox,
    /// Bearer tokens, hashed.
    Tokens,
    /// Format versions, import state.
    Meta,
}

impl Table {
    /// All tables, in the order of their trees.
    pub const ALL: [Table; 10] = [
        Table::Journal,
        Table::Users,
        Table::Groups,
        Table::Members,
        Table::Index,
        Table::Granted,
        Table::Audit,
        Table::Outbox,
        Table::Tokens,
        Table::Meta,
    ];
}

/// What must hold for a key before a batch is applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expect {
    /// The key is absent.
    Absent,
    /// The key is there, whatever it holds.
    Present,
    /// The key holds exactly this.
    Equals(Bytes),
}

/// Writes that take effect all together or not at all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Batch {
    /// Conditions; one that fails refuses the whole batch.
    pub expect: Vec<(Table, Vec<u8>, Expect)>,
    /// Keys to write, the later of two winning.
    pub put: Vec<(Table, Vec<u8>, Bytes)>,
    /// Keys to remove; removing an absent key is fine. Deletes are applied before puts.
    pub delete: Vec<(Table, Vec<u8>)>,
    /// Numbers to add to what a key holds; the sum is made at the commit, so that two batches never quarrel
    /// about it.
    pub count: Vec<(Table, Vec<u8>, i64)>,
    /// What to append to hash chains in [`Table::Audit`]: the prefix of a chain's keys and the content of its
    /// next link. Number and hash are given at the commit, so that two batches never quarrel about the end of
    /// a chain.
    pub chained: Vec<(Vec<u8>, Bytes)>,
}

impl Batch {
    /// An empty batch.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a condition.
    pub fn expect(&mut self, table: Table, key: impl Into<Vec<u8>>, expect: Expect) {
        self.expect.push((table, key.into(), expect));
    }

    /// Adds a write.
    pub fn put(&mut self, table: Table, key: impl Into<Vec<u8>>, value: impl Into<Bytes>) {
        self.put.push((table, key.into(), value.into()));
    }

    /// Adds a removal.
    pub fn delete(&mut self, table: Table, key: impl Into<Vec<u8>>) {
        self.delete.push((table, key.into()));
    }

    /// Adds to the number that a key holds; a key that is absent holds 0. Written as `store::record::number`
    /// reads it.
    pub fn count(&mut self, table: Table, key: impl Into<Vec<u8>>, by: i64) {
        self.count.push((table, key.into(), by));
    }

    /// Adds a link to the hash chain whose keys start with that prefix; the first one begins the chain.
    /// Verified by `audit`.
    pub fn append_chained(&mut self, chain: impl Into<Vec<u8>>, content: impl Into<Bytes>) {
        self.chained.push((chain.into(), content.into()));
    }

    /// Takes over all of another batch.
    pub fn append(&mut self, other: Batch) {
        self.expect.extend(other.expect);
        self.put.extend(other.put);
        self.delete.extend(other.delete);
        self.count.extend(other.count);
        self.chained.extend(other.chained);
    }

    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        let keyed = self.expect.is_empty() && self.put.is_empty() && self.delete.is_empty();
        keyed && self.count.is_empty() && self.chained.is_empty()
    }
}

/// Proof that a batch is durable. Only `store` mints it (the tidy test watches that), and a 2xx to a write
/// needs one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CommitToken {
    sequence: u64,
}

impl CommitToken {
    /// For `store` only.
    pub(crate) const fn mint(sequence: u64) -> Self {
        Self { sequence }
    }

    /// Number of the commit since the store was opened.
    pub const fn sequence(self) -> u64 {
        self.sequence
    }
}

/// Why a store takes no writes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreTrouble {
    /// It passes by itself, or by what an operator does beside the process. What is begun may still end.
    #[error("{0}")]
    Passing(String),
    /// It stays until the store is opened again.
    #[error("{0}")]
    Final(String),
}

impl From<StoreTrouble> for StoreError {
    fn from(trouble: StoreTrouble) -> Self {
        Self::Failed(trouble.to_string())
    }
}

/// Why a commit or a read failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// A condition did not hold; nothing was written.
    #[error("another change came first ({table:?})")]
    Conflict {
        /// In which table.
        table: Table,
        /// At which key.
        key: Vec<u8>,
    },
    /// Too large to be kept safely; nothing was written.
    #[error("a record of {bytes} bytes is larger than the store accepts")]
    TooLarge {
        /// Its size.
        bytes: usize,
    },
    /// The disk refused or the data is damaged: the store takes no more writes until it is reopened.
    #[error("the store cannot write: {0}")]
    Failed(String),
    /// A record cannot be read back.
    #[error("a record is damaged: {0}")]
    Damaged(String),
}
