//! How a hash chain is laid out in the audit table, for every engine: its links and its head under the
//! chain's prefix.
//!
//! Links come from `Batch::append_chained`. The sequence and the hash are given at the moment of the commit,
//! by the one writer there is, so that two concurrent changes never quarrel about the head of the chain. What
//! a link says and how a chain is verified: `audit`.

use bytes::Bytes;

use crate::model::StoreError;

/// Where the chain of a prefix stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// Number of its last link; 0 before the first.
    pub sequence: u64,
    /// Hash of its last link.
    pub hash: [u8; 32],
}

impl Head {
    /// Before the first link. The prefix (with the tenant) goes in, so that a chain cannot be passed off as
    /// another's.
    pub fn genesis(prefix: &[u8]) -> Self {
        Self { sequence: 0, hash: *blake3::hash(prefix).as_bytes() }
    }

    /// The head after one more link with that content.
    pub fn next(&self, content: &[u8]) -> Self {
        let sequence = self.sequence.saturating_add(1);
        let mut hasher = blake3::Hasher::new();
        hasher.update(&self.hash);
        hasher.update(&sequence.to_be_bytes());
        hasher.update(content);
        Self { sequence, hash: *hasher.finalize().as_bytes() }
    }

    /// As a value.
    pub fn to_bytes(self) -> Bytes {
        let mut bytes = self.sequence.to_be_bytes().to_vec();
        bytes.extend(self.hash);
        Bytes::from(bytes)
    }

    /// From a value.
    pub fn from_bytes(value: &[u8]) -> Option<Self> {
        let (sequence, rest) = value.split_first_chunk::<8>()?;
        Some(Self { sequence: u64::from_be_bytes(*sequence), hash: rest.try_into().ok()? })
    }
}

/// The key of the head.
pub fn head_key(prefix: &[u8]) -> Vec<u8> {
    [prefix, b"head"].concat()
}

/// The key of the anchor: the last link that was let go of, as a head. What follows goes on from it.
pub fn anchor_key(prefix: &[u8]) -> Vec<u8> {
    [prefix, b"anchor"].concat()
}

/// What the keys of all links start with.
pub fn links_prefix(prefix: &[u8]) -> Vec<u8> {
    [prefix, b"link/"].concat()
}

/// The key of one link; sorts by number.
pub fn link_key(prefix: &[u8], sequence: u64) -> Vec<u8> {
    let mut key = links_prefix(prefix);
    key.extend(format!("{sequence:020}").into_bytes());
    key
}

/// The value of a link: its hash, then its content.
pub fn link(head: &Head, content: &[u8]) -> Bytes {
    Bytes::from([head.hash.as_slice(), content].concat())
}

/// Hash and content of a link.
pub fn split_link(value: &[u8]) -> Option<(&[u8; 32], &[u8])> {
    value.split_first_chunk::<32>()
}

/// Reads a head as it is stored.
pub(super) fn read_head(prefix: &[u8], value: Option<Bytes>) -> Result<Head, StoreError> {
    value.map_or_else(
        || Ok(Head::genesis(prefix)),
        |value| {
            Head::from_bytes(&value).ok_or_else(|| StoreError::Damaged("the head of a hash chain".to_owned()))
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_depends_on_all_that_came_before() {
        let start = Head::genesis(b"a/");
        let two = start.next(b"x").next(b"y");
        assert_eq!(two.sequence, 2);
        assert_ne!(two.hash, start.next(b"y").next(b"x").hash);
        assert_ne!(two.hash, Head::genesis(b"b/").next(b"x").next(b"y").hash);
        assert_eq!(Head::from_bytes(&two.to_bytes()), Some(two));
        assert_eq!(Head::from_bytes(b"short"), None);
    }
}
