//! How keys are written: `<tenant>/<word>/<part>/...`, each part escaped so that no value can reach into its
//! neighbour.
//!
//! Says nothing about which keys exist: `journal`, `tokens`, `directory` and `audit` each name their own.

use std::borrow::Cow;

use crate::model::{Batch, TenantId};

/// Longest part in bytes, escaped, that is written as it is. Longer ones (a display name may have 256 KiB)
/// are replaced by their hash: keys must stay small enough for the store's pages.
const PART_BYTES: usize = 200;

/// Longest key that is stored as it is. sled keeps up to 257 keys in one index page, which must stay below
/// the 128 KiB of a blob file.
const KEY_BYTES: usize = 480;
/// Length of the mark and hash that stand for a key's tail.
const HASH_BYTES: usize = 2 + 64;

/// The key of those parts under a tenant.
pub fn key(tenant: &TenantId, parts: &[&str]) -> Vec<u8> {
    let bytes = parts.iter().map(|one| one.len() + 1).sum::<usize>();
    let mut text = String::with_capacity(tenant.as_str().len() + bytes + 1);
    text.push_str(&part(tenant.as_str()));
    for one in parts {
        text.push('/');
        text.push_str(&part(one));
    }
    text.into_bytes()
}

/// What all keys below those parts start with.
pub fn prefix(tenant: &TenantId, parts: &[&str]) -> Vec<u8> {
    let mut key = key(tenant, parts);
    key.push(b'/');
    key
}

/// The tenant of a key; `None` where its name was too long to be kept or is no text.
pub(super) fn tenant_of(key: &[u8]) -> Option<String> {
    std::str::from_utf8(key).ok()?.split('/').next().and_then(unescaped)
}

/// The last part of a key, as it was given to [`key`]; `None` where it was too long to be kept or is no text.
pub fn last_part(key: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(key).ok()?;
    text.rsplit('/').next().and_then(unescaped)
}

/// A part as it was given to [`key`]; `None` where only its hash was kept.
fn unescaped(part: &str) -> Option<String> {
    (!part.starts_with("%#")).then(|| part.replace("%2F", "/").replace("%25", "%"))
}

/// The key as it is stored: a very long one ends in the hash of the whole instead of its tail.
pub(super) fn fit(key: &[u8]) -> Cow<'_, [u8]> {
    match key.split_at_checked(KEY_BYTES - HASH_BYTES) {
        Some((start, tail)) if tail.len() > HASH_BYTES => {
            Cow::Owned([start, b"%#", blake3::hash(key).to_hex().as_bytes()].concat())
        }
        _ => Cow::Borrowed(key),
    }
}

/// All keys of a batch as they are stored.
pub(super) fn fit_batch(batch: &mut Batch) {
    let expected = batch.expect.iter_mut().map(|(_, key, _)| key);
    let put = batch.put.iter_mut().map(|(_, key, _)| key);
    let counted = batch.count.iter_mut().map(|(_, key, _)| key);
    let deleted = batch.delete.iter_mut().map(|(_, key)| key);
    for key in expected.chain(put).chain(counted).chain(deleted) {
        if let Cow::Owned(short) = fit(key) {
            *key = short;
        }
    }
}

/// One part, escaped; most need no change.
fn part(text: &str) -> Cow<'_, str> {
    if text.len() <= PART_BYTES && !text.bytes().any(|byte| matches!(byte, b'%' | b'/')) {
        return Cow::Borrowed(text);
    }
    let escaped = text.replace('%', "%25").replace('/', "%2F");
    if escaped.len() <= PART_BYTES {
        Cow::Owned(escaped)
    } else {
        Cow::Owned(format!("%#{}", blake3::hash(text.as_bytes()).to_hex()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_cannot_reach_into_their_neighbours() {
        let tenant = TenantId::new("a");
        assert_ne!(key(&tenant, &["x/y", "z"]), key(&tenant, &["x", "y/z"]));
        assert_ne!(key(&tenant, &["x%2Fy"]), key(&tenant, &["x/y"]));
        assert_ne!(key(&TenantId::new("a/b"), &["c"]), key(&tenant, &["b", "c"]));
    }

    #[test]
    fn the_last_part_comes_back_as_it_was_given() {
        let tenant = TenantId::new("t");
        for text in ["plain", "a/b", "50%", "%2F", "%25/", "ü/ß", ""] {
            assert_eq!(last_part(&key(&tenant, &["word", text])).as_deref(), Some(text), "{text}");
        }
    }

    #[test]
    fn keys_that_no_page_could_hold_are_shortened_and_stay_apart() {
        let long = |last: &str| format!("t/claim/okta/{}{last}", "x".repeat(5000)).into_bytes();
        let (one, other) = (fit(&long("1")).into_owned(), fit(&long("2")).into_owned());
        assert!(one.len() == KEY_BYTES && other.len() == KEY_BYTES && one != other);
        assert!(one.starts_with(b"t/claim/okta/xxx"));
        for length in [0, KEY_BYTES - HASH_BYTES, KEY_BYTES] {
            assert_eq!(fit(&vec![b'k'; length]).as_ref(), vec![b'k'; length]);
        }
        let mut batch = Batch::new();
        batch.put(crate::model::Table::Index, long("1"), "1");
        batch.expect(crate::model::Table::Index, long("1"), crate::model::Expect::Absent);
        batch.delete(crate::model::Table::Index, long("2"));
        fit_batch(&mut batch);
        assert_eq!((&batch.put[0].1, &batch.expect[0].1, &batch.delete[0].1), (&one, &one, &other));
    }

    #[test]
    fn very_long_parts_become_a_hash_of_their_own() {
        let tenant = TenantId::new("t");
        let one = key(&tenant, &[&"x".repeat(100_000)]);
        let other = key(&tenant, &[&"x".repeat(100_001)]);
        assert!(one.len() < 100 && one != other);
        assert_eq!(last_part(&one), None);
    }
}
