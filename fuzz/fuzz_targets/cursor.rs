//! Cursors and the parameters round them: nothing that was not issued is taken, and all that was issued is.
//!
//! The input is used as a cursor, as a query string, as a search request, and as the position of a cursor
//! that is issued.

#![no_main]

use std::sync::LazyLock;

use genesys_scim_bridge::testing::scim::cursor::{After, CursorKey, Position};
use genesys_scim_bridge::testing::scim::list::CursorParam;
use genesys_scim_bridge::testing::scim::{ListQuery, ResourceKind};
use genesys_scim_bridge::testing::server::{body, query};
use libfuzzer_sys::fuzz_target;

static KEY: LazyLock<CursorKey> = LazyLock::new(|| CursorKey::new([42; 32]));
const NOW_MS: i64 = 1_800_000_000_000;

fn parameters(text: &str, rest: &[u8]) -> Option<ListQuery> {
    let from_body =
        body::parse(rest).ok().and_then(|it| ListQuery::from_search(ResourceKind::User, &it).ok());
    from_body.or_else(|| {
        let pairs = query::pairs(text).ok()?;
        ListQuery::parse(
            ResourceKind::User,
            pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())),
        )
        .ok()
    })
}

fuzz_target!(|data: &[u8]| {
    let Some((first, rest)) = data.split_first() else { return };
    let text = String::from_utf8_lossy(rest);
    let Ok(plain) = ListQuery::parse(ResourceKind::User, []) else { return };
    let query = parameters(&text, rest).unwrap_or_else(|| plain.clone());
    let fingerprint = KEY.fingerprint("tenant", &[(ResourceKind::User, &query)]);

    // No input is a cursor: the key is not in the corpus.
    assert!(KEY.read(&text, &fingerprint, NOW_MS).is_err(), "a forged cursor was taken");
    if let Some(CursorParam::At(sent)) = &query.cursor {
        assert!(KEY.read(sent, &fingerprint, NOW_MS).is_err(), "a forged cursor was taken");
    }

    let kind = if first % 2 == 0 { ResourceKind::User } else { ResourceKind::Group };
    let after = if first & 2 == 0 {
        After::Id(text.chars().take(64).collect())
    } else {
        After::Count(
            rest.iter().fold(0, |sum: usize, byte| sum.wrapping_mul(257).wrapping_add(usize::from(*byte))),
        )
    };
    let position = Position { kind, after };
    let issued = match KEY.issue(&position, &fingerprint, NOW_MS) {
        Ok(issued) => issued,
        Err(error) => panic!("{position:?} cannot be sealed: {error}"),
    };
    assert_eq!(KEY.read(&issued, &fingerprint, NOW_MS), Ok(position), "what was issued reads back");
    let other = KEY.fingerprint("another tenant", &[(ResourceKind::User, &query)]);
    assert!(KEY.read(&issued, &other, NOW_MS).is_err(), "another tenant's cursor was taken");
    let at = usize::from(*first) % issued.len();
    let mut changed = issued.into_bytes();
    changed[at] ^= 1 + rest.first().map_or(0, |byte| byte % 127);
    let changed = String::from_utf8_lossy(&changed);
    assert!(KEY.read(&changed, &fingerprint, NOW_MS).is_err(), "a changed byte went unnoticed");
});
