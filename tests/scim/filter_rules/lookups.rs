//! Which index answers a filter (docs/connectors.md C2.1), and when its hit need not be looked at again.

use genesys_scim_bridge::testing::scim::ResourceKind;
use genesys_scim_bridge::testing::scim::filter::{Filter, Lookup};
use proptest::prelude::*;
use serde_json::json;

use super::generators::{filter, quoted, user};

fn lookup(kind: ResourceKind, text: &str) -> (Option<Lookup>, bool) {
    let filter = Filter::parse(kind, text).unwrap();
    (filter.lookup(), filter.is_lookup_alone())
}

fn id(text: &str) -> Option<Lookup> {
    Some(Lookup::Id(text.into()))
}

fn user_name(text: &str) -> Option<Lookup> {
    Some(Lookup::UserName(text.into()))
}

fn email(text: &str) -> Option<Lookup> {
    Some(Lookup::Email(text.into()))
}

#[test]
fn one_equality_is_answered_by_its_index_alone() {
    for (text, expected) in [
        (r#"id eq "A""#, id("A")),
        (r#"((ID EQ "A"))"#, id("A")),
        (r#"userName eq "A@Ä""#, user_name("a@ä")),
        (r#"urn:ietf:params:scim:schemas:core:2.0:User:userName eq "A@B""#, user_name("a@b")),
        ("userName eq A@B", user_name("a@b")),
        (r#"externalId eq "A""#, Some(Lookup::ExternalId("A".into()))),
        ("externalId eq 42", Some(Lookup::ExternalId("42".into()))),
    ] {
        assert_eq!(lookup(ResourceKind::User, text), (expected, true), "{text}");
    }
    let group = lookup(ResourceKind::Group, r#"displayName eq "EMEA – Süd""#);
    assert_eq!(group, (Some(Lookup::DisplayName("emea – süd".into())), true));
    for text in [r#"members eq "U""#, r#"members.value eq "U""#] {
        assert_eq!(lookup(ResourceKind::Group, text), (Some(Lookup::Member("U".into())), true), "{text}");
    }
}

#[test]
fn an_index_answers_a_conjunction_and_the_best_one_is_taken() {
    for (text, expected) in [
        (r#"userName eq "A" and active eq true"#, user_name("a")),
        (r#"active eq true and userName eq "A""#, user_name("a")),
        (r#"active eq true and (title pr and userName eq "A")"#, user_name("a")),
        (r#"id eq "A" and manager eq "M""#, id("A")),
        (r#"emails eq "e" and userName eq "A" and id eq "I""#, id("I")),
        (r#"emails eq "e" and externalId eq "X" and userName eq "A""#, user_name("a")),
        (r#"emails eq "e" and externalId eq "X""#, Some(Lookup::ExternalId("X".into()))),
        (r#"userName eq "A" and userName eq "B""#, user_name("a")),
        (r#"(title pr or active pr) and userName eq "A""#, user_name("a")),
        (r#"not (title pr) and userName eq "A""#, user_name("a")),
    ] {
        assert_eq!(lookup(ResourceKind::User, text), (expected, false), "{text}");
    }
    let group = lookup(ResourceKind::Group, r#"members eq "u" and displayName eq "D""#);
    assert_eq!(group, (Some(Lookup::DisplayName("d".into())), false));
    for text in [
        r#"members[value eq "U"]"#,
        r#"members[type eq "User"].value eq "U""#,
        r#"members.value eq "U" and meta.created pr"#,
        r#"members.value eq "U" and members.value eq "V""#,
    ] {
        assert_eq!(lookup(ResourceKind::Group, text), (Some(Lookup::Member("U".into())), false), "{text}");
    }
    let id = lookup(ResourceKind::Group, r#"members eq "u" and id eq "G""#);
    assert_eq!(id, (Some(Lookup::Id("G".into())), false));
}

#[test]
fn an_address_is_looked_up_and_its_element_looked_at() {
    for text in [
        r#"emails eq "A@B""#,
        r#"emails.value eq "A@B""#,
        r#"emails[value eq "A@B"]"#,
        r#"emails[type eq "work"].value eq "A@B""#,
        r#"emails[type eq "work" and value eq "A@B"]"#,
        r#"emails[type eq "work" or primary eq true].value eq "A@B""#,
        r#"emails[type eq "work"].value eq "A@B" and active eq true"#,
    ] {
        assert_eq!(lookup(ResourceKind::User, text), (email("a@b"), false), "{text}");
    }
}

#[test]
fn whatever_may_be_true_elsewhere_has_no_index() {
    for text in [
        r#"userName ne "a""#,
        r#"userName sw "a""#,
        "userName pr",
        "userName eq null",
        r#"userName eq "a" or active eq true"#,
        r#"userName eq "a" or userName eq "b""#,
        r#"not (userName eq "a")"#,
        r#"not (userName eq "a" and active eq true)"#,
        r#"displayName eq "a""#,
        r#"emails[value eq "a" or type eq "work"]"#,
        r#"emails[not (value eq "a")]"#,
        r#"emails[type eq "a"]"#,
        r#"phoneNumbers[value eq "a"]"#,
        r#"manager.value eq "a""#,
        r#"externalIds[value eq "a"]"#,
    ] {
        assert_eq!(lookup(ResourceKind::User, text), (None, false), "{text}");
    }
    for text in [r#"members sw "u""#, r#"not (members eq "u")"#, r#"members.display eq "u""#, "members pr"] {
        assert_eq!(lookup(ResourceKind::Group, text), (None, false), "{text}");
    }
}

/// Whether an index with this user in it would name the user.
fn named(lookup: &Lookup, user: &serde_json::Map<String, serde_json::Value>) -> bool {
    let text = |key: &str| user.get(key).and_then(serde_json::Value::as_str);
    let fold = genesys_scim_bridge::testing::scim::value::fold;
    match lookup {
        Lookup::Id(id) => text("id") == Some(id),
        Lookup::UserName(name) => text("userName").map(fold).as_ref() == Some(name),
        Lookup::ExternalId(id) => text("externalId") == Some(id),
        Lookup::DisplayName(_) | Lookup::Member(_) => false,
        Lookup::Email(email) => {
            user.get("emails").and_then(|emails| emails.as_array()).is_some_and(|emails| {
                emails.iter().any(|one| one["value"].as_str().map(fold).as_ref() == Some(email))
            })
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn what_fulfils_a_filter_is_among_what_its_index_names(text in filter(), user in user()) {
        let name = user.get("userName").and_then(|name| name.as_str()).unwrap_or_default().to_owned();
        let own = quoted(&name, false);
        for text in [text.clone(), format!("userName eq {own} and ({text})"), format!("userName eq {own}")] {
            let filter = Filter::parse(ResourceKind::User, &text)
                .map_err(|fault| TestCaseError::fail(format!("{text}\n{fault}")))?;
            let Some(lookup) = filter.lookup() else { continue };
            if filter.matches(&user) {
                prop_assert!(named(&lookup, &user), "{} {:?}", text, lookup);
            }
            if filter.is_lookup_alone() {
                prop_assert_eq!(named(&lookup, &user), filter.matches(&user), "{}", text);
            }
        }
    }

    #[test]
    fn an_index_finds_a_name_in_any_letter_case(name in super::generators::any_text()) {
        let filter = Filter::parse(ResourceKind::User, &format!("userName eq {}", quoted(&name, false))).unwrap();
        let loud = json!({"userName": name.to_ascii_uppercase()});
        prop_assert!(named(&filter.lookup().unwrap(), loud.as_object().unwrap()));
    }
}
