//! Filters: what is accepted, what it means, what is refused, and that printing reads back.

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::limits;
use crate::scim::error::ScimType;

fn user() -> Object {
    let user = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "id": "2819c223", "externalId": "Ext-1", "userName": "BJensen@example.com", "displayName": "Babs Jensen",
        "title": "", "active": true,
        "name": {"familyName": "O'Malley", "givenName": "Bärbel"},
        "emails": [
            {"type": "work", "value": "bjensen@EXAMPLE.com", "primary": true},
            {"type": "home", "value": "babs@home.example"}
        ],
        "roles": [{"value": "Agent", "primary": true}],
        "groups": [{"value": "g1", "display": "EMEA Support"}, {"value": "g2", "display": "Sales"}],
        "meta": {"created": "2026-01-01T00:00:00Z", "lastModified": "2026-05-13T04:42:34Z", "version": "W/\"3\""},
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {
            "department": "Support", "employeeNumber": "42", "manager": {"value": "m1"}},
        "urn:ietf:params:scim:schemas:extension:genesysbridge:2.0:User": {
            "queues": ["Sales", "Claims"], "skills": [{"name": "Billing", "proficiency": 4.0}, {"name": "Spanish"}]},
    });
    user.as_object().unwrap().clone()
}

fn parse(text: &str) -> Result<Filter, ScimError> {
    Filter::parse(ResourceKind::User, text)
}

#[test]
fn filters_mean_what_the_rfc_says_in_the_spellings_that_connectors_use() {
    let enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
    let table = [
        (r#"userName eq "bjensen@example.com""#, true),
        (r#"USERNAME Eq "BJENSEN@EXAMPLE.COM""#, true),
        (r#"urn:ietf:params:scim:schemas:core:2.0:User:userName sw "BJ""#, true),
        (r#"externalId eq "Ext-1""#, true),
        (r#"externalId eq "ext-1""#, false),
        ("externalId eq Ext-1", true),
        (r#"id eq "2819c223" and manager eq "m1""#, true),
        (r#"id eq "2819c223" and manager eq "m2""#, false),
        (r#"name.familyName co "O'Malley""#, true),
        (r#"name.givenName eq "BÄRBEL""#, true),
        ("title pr", false),
        ("not(title pr)", true),
        ("not ( title pr ) and active eq True", true),
        (r#"active eq "true""#, true),
        ("active ne false", true),
        ("nickName eq null", true),
        ("displayName ne null", true),
        (r#"nickName ne "x""#, true),
        (r#"emails co "home""#, true),
        (r#"emails.value ew ".com""#, true),
        (r#"emails.type ne "work""#, true),
        (r#"emails[type eq "work" and value co "home"]"#, false),
        (r#"emails[type eq "home" and value co "home"]"#, true),
        (r#"emails[ type eq "work" ].value eq "BJENSEN@example.com""#, true),
        (r#"emails[type eq "home" or type eq "x"].value eq "bjensen@example.com""#, false),
        (r#"emails[not (type eq "work")]"#, true),
        (r#"emails[primary eq true and type eq "home"]"#, false),
        (r#"roles[primary eq "True"].value eq "agent""#, true),
        (r#"groups eq "g2""#, true),
        (r#"groups.display eq "emea support""#, true),
        (r#"groups[display sw "EMEA"] and queues eq "sales""#, true),
        (r#"meta.lastModified gt "2026-05-13T04:42:33Z""#, true),
        (r#"meta.lastModified ge "2026-05-13T06:42:34+02:00""#, true),
        (r#"meta.lastModified lt "2026-05-13T04:42:34Z""#, false),
        (r#"skills.proficiency ge 4"#, true),
        (r#"skills[name eq "Billing" and proficiency gt 4]"#, false),
        (r#"skills[name eq "billing"]"#, false),
        (r#"queues[value eq "Claims"]"#, true),
        (r#"userName gt "a" and userName lt "c""#, true),
        (r#"title eq "x" or displayName eq "babs jensen" and active eq false"#, false),
        (r#"(title eq "x" or displayName eq "babs jensen") and active eq true"#, true),
        (r#"employeeNumber eq 42"#, true),
        (r#"schemas eq "urn:ietf:params:scim:schemas:core:2.0:User""#, true),
    ];
    for (text, expected) in table {
        let filter = parse(text).unwrap_or_else(|fault| panic!("{text}: {fault}"));
        assert_eq!(filter.matches(&user()), expected, "{text}");
        assert_eq!(parse(&filter.to_string()), Ok(filter), "printed form of {text}");
    }
    let filter = parse(&format!(r#"{enterprise}:department eq "support""#)).unwrap();
    assert!(filter.matches(&user()));
    assert_eq!(filter.to_string(), format!(r#"{enterprise}:department eq "support""#));
}

#[test]
fn what_makes_no_sense_is_an_invalid_filter_that_quotes_no_value() {
    let long = format!(r#"userName eq "{}""#, "x".repeat(limits::FILTER_BYTES));
    let deep = format!(
        "{}active eq true{}",
        "not (".repeat(limits::FILTER_DEPTH + 1),
        ")".repeat(limits::FILTER_DEPTH + 1)
    );
    let hostile = "not (".repeat(700);
    let table = [
        "",
        "  ",
        "userName",
        "userName eq",
        r#"userName is "secret""#,
        r#"hatSize eq "secret""#,
        r#"name.hat eq "secret""#,
        r#"userName.x eq "secret""#,
        r#"name eq "secret""#,
        r#"active eq "secret""#,
        "active gt true",
        "active eq 1",
        r#"active co "t""#,
        "userName eq true",
        "userName gt null",
        r#"skills.proficiency eq "secret""#,
        r#"skills.proficiency co "4""#,
        r#"meta.lastModified gt "secret""#,
        r#"emails[hat eq "secret"]"#,
        r#"emails[type eq "work""#,
        r#"emails[value[type eq "x"]]"#,
        r#"emails.value[type eq "x"]"#,
        r#"userName eq "a" xor userName eq "b""#,
        r#"userName eq "a" and"#,
        r#"urn:nonsense:hat eq "secret""#,
        "((((",
        "\"",
        "userName eq \"secret",
        &long,
        &deep,
        &hostile,
    ];
    for text in table {
        let fault = parse(text).unwrap_err();
        assert_eq!(fault.scim_type, Some(ScimType::InvalidFilter), "{text}");
        assert!(!fault.detail.contains("secret"), "{text}: {}", fault.detail);
    }
}

#[test]
fn one_equality_on_an_indexed_attribute_is_a_lookup() {
    let user = |text: &str| parse(text).unwrap().lookup();
    assert_eq!(user(r#"id eq "A""#), Some(Lookup::Id("A".into())));
    assert_eq!(user(r#"USERNAME eq "A@B""#), Some(Lookup::UserName("a@b".into())));
    assert_eq!(user(r#"externalId eq "A""#), Some(Lookup::ExternalId("A".into())));
    for text in [
        r#"emails eq "A@B""#,
        r#"emails.value eq "A@B""#,
        r#"emails[type eq "work"].value eq "A@B""#,
        r#"emails[value eq "A@B"]"#,
    ] {
        assert_eq!(user(text), Some(Lookup::Email("a@b".into())), "{text}");
    }
    for text in [
        r#"userName ne "a""#,
        r#"displayName eq "a""#,
        "userName pr",
        r#"emails[value eq "a" or type eq "work"]"#,
        r#"not (userName eq "a")"#,
    ] {
        assert_eq!(user(text), None, "{text}");
    }
    let group = Filter::parse(ResourceKind::Group, r#"displayName eq "EMEA""#).unwrap();
    assert_eq!(group.lookup(), Some(Lookup::DisplayName("emea".into())));
}

#[test]
fn a_filter_says_which_attributes_it_looks_at() {
    let filter =
        Filter::parse(ResourceKind::Group, r#"displayName pr and not (members[value eq "u"])"#).unwrap();
    assert!(filter.mentions("members") && filter.mentions("displayname") && !filter.mentions("externalId"));
    let by_ref = Filter::parse(ResourceKind::Group, r#"members.$ref ew "/u1""#).unwrap();
    let group = json!({"members": [{"value": "u1", "$ref": "https://x/Users/u1"}]});
    assert!(by_ref.matches(group.as_object().unwrap()));
    assert_eq!(by_ref.to_string(), r#"members.$ref ew "/u1""#);
}

#[test]
fn an_element_filter_tells_the_ids_and_the_seeds_it_stands_for() {
    let attribute =
        |name| crate::scim::registry::registry().core_or_common(ResourceKind::User, name).unwrap();
    let read = |name, text| ElementFilter::parse(attribute(name), text).unwrap();
    let values = read("emails", r#"value eq "a" or value eq "b""#).values();
    assert_eq!(values, Some(vec!["a".into(), "b".into()]));
    assert_eq!(read("emails", r#"value eq "a" and type eq "b""#).values(), None);
    let seeds = read("roles", r#"primary eq "True" and type eq "x""#).seeds();
    assert_eq!(seeds.map(Value::Object), Some(json!({"primary": true, "type": "x"})));
    assert_eq!(read("emails", r#"type eq "a" and type eq "b""#).seeds(), None);
    assert_eq!(read("emails", r#"not (type eq "a")"#).seeds(), None);
}

#[test]
fn a_fault_between_brackets_is_counted_from_the_bracket_on() {
    let emails = crate::scim::registry::registry().core_or_common(ResourceKind::User, "emails").unwrap();
    for (text, expected) in [
        ("", "The filter is empty"),
        (
            "type eq \"secret\" and hat pr",
            "At character 22 of the text between the brackets: hat is not a sub-",
        ),
        (
            "type eq \"secret\" ]",
            "At character 18 of the text between the brackets: expected \"and\", \"or\" or",
        ),
        ("value[type pr]", "At character 1 of the text between the brackets: brackets cannot stand inside"),
    ] {
        let fault = ElementFilter::parse(emails, text).unwrap_err();
        assert_eq!(fault.scim_type, Some(ScimType::InvalidFilter), "{text}");
        assert!(fault.detail.starts_with(expected), "{}", fault.detail);
    }
}

fn condition() -> impl Strategy<Value = String> {
    let text = "[ -~äß]{0,12}".prop_map(|text| serde_json::to_string(&text).unwrap());
    let name = prop::sample::select(vec![
        "userName",
        "name.familyName",
        "emails.value",
        "manager.value",
        "groups.display",
        "queues",
        "externalId",
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department",
    ]);
    let op = prop::sample::select(vec!["eq", "ne", "co", "sw", "ew", "gt", "lt", "ge", "le"]);
    prop_oneof![
        (name.clone(), op, text.clone()).prop_map(|(name, op, text)| format!("{name} {op} {text}")),
        name.prop_map(|name| format!("{name} pr")),
        any::<bool>().prop_map(|flag| format!("active eq {flag}")),
        (-9.0..9.0f64).prop_map(|level| format!("skills.proficiency le {level}")),
        text.clone().prop_map(|text| format!("emails[type eq {text} and primary eq true]")),
        text.prop_map(|text| format!("emails[type eq \"work\"].value eq {text}")),
    ]
}

fn filter_text() -> impl Strategy<Value = String> {
    condition().prop_recursive(4, 24, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 2..4).prop_map(|list| format!("({})", list.join(" and "))),
            prop::collection::vec(inner.clone(), 2..4).prop_map(|list| format!("({})", list.join(" or "))),
            inner.prop_map(|one| format!("not({one})")),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn every_filter_prints_to_a_text_that_means_the_same(text in filter_text()) {
        let filter = parse(&text).map_err(|fault| TestCaseError::fail(format!("{text}: {fault}")))?;
        let again = parse(&filter.to_string());
        prop_assert_eq!(again.as_ref(), Ok(&filter), "{}", text);
        prop_assert_eq!(filter.matches(&user()), again.unwrap().matches(&user()));
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in "[a-z\"\\[\\]() .:$\\\\eqandort]{0,60}") {
        let _ = parse(&text).map(|filter| filter.matches(&user()));
    }
}

#[test]
fn a_part_of_a_long_text_is_found_without_letter_case_and_without_taking_long() {
    let long = format!("{}NEEDLE{}", "aA".repeat(100_000), "b".repeat(100_000));
    let user = json!({"title": long}).as_object().unwrap().clone();
    let found = |part: &str| parse(&format!("title co \"{part}\"")).unwrap().matches(&user);
    assert!(found("needle") && found("aAaneedle") && found(""));
    // Each place of the text begins like the part does.
    assert!(!found(&format!("{}x", "a".repeat(3_900))));
}
