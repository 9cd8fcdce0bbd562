//! How keys are written: `<tenant>/<word>/<part>/...`, each part escaped so that no value can reach into its neighbour.
//!
//! Says nothing about which keys exist: `journal`, `tokens`, `directory` and `audit` each name their own.

use crate::model::TenantId;

/// Longest part in bytes, escaped, that is written as it is. Longer ones (a display name may have 256 KiB) are replaced by their hash: keys
/// must stay small enough for the store's pages.
const PART_BYTES: usize = 200;

/// The key of those parts under a tenant.
pub fn key(tenant: &TenantId, parts: &[&str]) -> Vec<u8> {
    let mut text = part(tenant.as_str());
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

/// The last part of a key, as it was given to [`key`]; `None` where it was too long to be kept or is no text.
pub fn last_part(key: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(key).ok()?;
    let part = text.rsplit('/').next()?;
    (!part.starts_with("%#")).then(|| part.replace("%2F", "/").replace("%25", "%"))
}

/// One part, escaped.
fn part(text: &str) -> String {
    let escaped = text.replace('%', "%25").replace('/', "%2F");
    if escaped.len() <= PART_BYTES {
        escaped
    } else {
        format!("%#{}", blake3::hash(text.as_bytes()).to_hex())
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
    fn very_long_parts_become_a_hash_of_their_own() {
        let tenant = TenantId::new("t");
        let one = key(&tenant, &[&"x".repeat(100_000)]);
        let other = key(&tenant, &[&"x".repeat(100_001)]);
        assert!(one.len() < 100 && one != other);
        assert_eq!(last_part(&one), None);
    }
}
