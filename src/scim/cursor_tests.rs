//! Cursors: what was sealed comes back, and nothing else does.

use proptest::prelude::*;

use super::*;
use crate::scim::ScimType;

const NOW: i64 = 1_700_000_000_500;

fn key() -> CursorKey {
    CursorKey::new([7; 32])
}

fn query(kind: ResourceKind, pairs: &[(&str, &str)]) -> ListQuery {
    ListQuery::parse(kind, pairs.iter().copied()).unwrap()
}

fn of_users(pairs: &[(&str, &str)]) -> Fingerprint {
    key().fingerprint("t", &[(ResourceKind::User, &query(ResourceKind::User, pairs))])
}

fn fault(text: &str, fingerprint: &Fingerprint, now_ms: i64) -> Option<ScimType> {
    let error = key().read(text, fingerprint, now_ms).unwrap_err();
    assert_eq!(error.status, 400);
    error.scim_type
}

fn position() -> Position {
    Position { kind: ResourceKind::User, after: After::Id("7f3a".into()) }
}

#[test]
fn a_cursor_lives_as_long_as_promised_and_no_second_longer() {
    let here = of_users(&[]);
    let text = key().issue(&position(), &here, NOW).unwrap();
    let lifetime = i64::try_from(limits::CURSOR_TIMEOUT.as_millis()).unwrap();
    for (later, lives) in [(0, true), (-60_000, true), (lifetime, true), (lifetime + 1_000, false)] {
        match key().read(&text, &here, NOW + later) {
            Ok(read) => assert!(lives && read == position(), "{later}"),
            Err(error) => {
                assert!(!lives && error.scim_type == Some(ScimType::ExpiredCursor), "{later}: {error}");
            }
        }
    }
}

#[test]
fn another_query_is_told_apart_and_the_same_query_spelt_otherwise_is_not() {
    let filter = ("filter", "userName eq \"ada@example.com\" and active eq true");
    let here = of_users(&[filter, ("sortBy", "userName")]);
    let text = key().issue(&position(), &here, NOW).unwrap();
    for same in [
        vec![filter, ("sortBy", "userName"), ("count", "5"), ("attributes", "userName")],
        vec![("FILTER", "USERNAME  EQ \"ada@example.com\" AND (active eq true)"), ("sortBy", "username")],
        vec![filter, ("sortBy", "userName"), ("sortOrder", "ascending"), ("cursor", "anything")],
    ] {
        assert_eq!(key().read(&text, &of_users(&same), NOW), Ok(position()), "{same:?}");
    }
    for other in [
        vec![],
        vec![filter],
        vec![("sortBy", "userName")],
        vec![filter, ("sortBy", "userName"), ("sortOrder", "descending")],
        vec![filter, ("sortBy", "displayName")],
        vec![("filter", "userName eq \"bob@example.com\" and active eq true"), ("sortBy", "userName")],
    ] {
        assert_eq!(fault(&text, &of_users(&other), NOW), Some(ScimType::InvalidCursor), "{other:?}");
    }
}

#[test]
fn tenants_resource_types_and_keys_do_not_share_cursors() {
    let (users, groups) = (query(ResourceKind::User, &[]), query(ResourceKind::Group, &[]));
    let both = [(ResourceKind::User, &users), (ResourceKind::Group, &groups)];
    let places = [
        key().fingerprint("t", &both[..1]),
        key().fingerprint("t", &both[1..]),
        key().fingerprint("t", &both),
        key().fingerprint("other", &both[..1]),
        CursorKey::new([8; 32]).fingerprint("t", &both[..1]),
    ];
    for (at, made) in places.iter().enumerate() {
        let text = key().issue(&position(), made, NOW).unwrap();
        for (with, used) in places.iter().enumerate() {
            assert_eq!(key().read(&text, used, NOW).is_ok(), at == with, "{at} {with}");
        }
        assert!(CursorKey::new([8; 32]).read(&text, made, NOW).is_err());
    }
}

#[test]
fn nothing_that_was_not_made_here_is_taken() {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD as URL;
    let here = of_users(&[]);
    let good = key().issue(&position(), &here, NOW).unwrap();
    let mut parts = good.split('.');
    let (header, claims, seal) = (parts.next().unwrap(), parts.next().unwrap(), parts.next().unwrap());
    let none = URL.encode(r#"{"typ":"JWT","alg":"none"}"#);
    let hs512 = URL.encode(r#"{"typ":"JWT","alg":"HS512"}"#);
    let later = URL.encode(format!(r#"{{"k":"U","i":"0","q":"{here}","exp":9999999999}}"#));
    for text in [
        String::new(),
        "2".into(),
        "..".into(),
        "\u{1f600}.\u{1f600}.\u{1f600}".into(),
        format!("{none}.{claims}."),
        format!("{none}.{claims}.{seal}"),
        format!("{hs512}.{claims}.{seal}"),
        format!("{header}.{later}.{seal}"),
        format!("{header}.{claims}"),
        format!("{good}."),
        format!("{good}="),
        format!(" {good}"),
        "A".repeat(100_000),
    ] {
        assert_eq!(fault(&text, &here, NOW), Some(ScimType::InvalidCursor), "{text:.80}");
    }
}

#[test]
fn a_cursor_does_not_show_what_was_asked_for_and_needs_no_escaping() {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD as URL;
    let here = of_users(&[("filter", "userName eq \"ada@example.com\"")]);
    let text = key().issue(&position(), &here, NOW).unwrap();
    assert!(text.chars().all(|c| c.is_ascii_alphanumeric() || "-._~".contains(c)), "{text}");
    assert!(text.len() < limits::CURSOR_BYTES / 2, "{}", text.len());
    for part in text.split('.') {
        let inside = String::from_utf8_lossy(&URL.decode(part).unwrap()).into_owned();
        assert!(!inside.contains("ada") && !inside.contains("userName"), "{inside}");
    }
    assert_eq!(format!("{:?}", key()), "CursorKey(secret)");
}

fn positions() -> impl Strategy<Value = Position> {
    let kind = prop_oneof![Just(ResourceKind::User), Just(ResourceKind::Group)];
    let after = prop_oneof!["\\PC{0,60}".prop_map(After::Id), any::<usize>().prop_map(After::Count)];
    (kind, after).prop_map(|(kind, after)| Position { kind, after })
}

proptest! {
    #[test]
    fn what_is_issued_is_read_back(position in positions(), print in any::<[u8; 16]>(), now in 0_i64..1 << 52) {
        let here = Fingerprint(print);
        let text = key().issue(&position, &here, now).unwrap();
        prop_assert_eq!(key().read(&text, &here, now), Ok(position));
    }

    #[test]
    fn no_changed_byte_goes_unnoticed(position in positions(), at in any::<prop::sample::Index>(), flip in 1_u8..128) {
        let here = of_users(&[]);
        let text = key().issue(&position, &here, NOW).unwrap();
        let mut bytes = text.clone().into_bytes();
        let at = at.index(bytes.len());
        bytes[at] ^= flip;
        let changed = String::from_utf8(bytes).unwrap();
        prop_assert_eq!(fault(&changed, &here, NOW), Some(ScimType::InvalidCursor));
    }

    #[test]
    fn no_other_fingerprint_opens_it(position in positions(), print in any::<[u8; 16]>(), other in any::<[u8; 16]>()) {
        prop_assume!(print != other);
        let text = key().issue(&position, &Fingerprint(print), NOW).unwrap();
        prop_assert_eq!(fault(&text, &Fingerprint(other), NOW), Some(ScimType::InvalidCursor));
    }
}
