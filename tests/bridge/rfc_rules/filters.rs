//! RFC 7644 section 3.4.2.2: what filters mean and which of them are refused.

use serde_json::json;

use super::bench::{Bench, bench};
use crate::support::bodies::{ENTERPRISE, address};

/// Users to ask about. The shared bridge lives as long as somebody holds it: keep what this hands back.
async fn cast(prefix: &str) -> Bench {
    let bench = bench();
    for (name, body) in [
        (
            "1",
            json!({"title": "Agent", "userType": "Employee", "active": true, "externalId": "Ext-1",
            "emails": [{"type": "work", "value": "one@example.com"}, {"type": "home", "value": "one@example.org"}],
            "name": {"familyName": "O'Malley"}, ENTERPRISE: {"department": "Support"}}),
        ),
        (
            "2",
            json!({"title": "Lead", "active": false,
            "emails": [{"type": "work", "value": "two@example.org"}, {"type": "home", "value": "two@example.com"}]}),
        ),
        ("3", json!({"userType": "Intern", "active": true})),
    ] {
        bench.user(&format!("{prefix}{name}"), body).await;
    }
    bench
}

async fn rows(prefix: &str, filter: &str) -> String {
    let got = bench().among(prefix, filter).await;
    got.column("userName").iter().map(|it| it.replace(prefix, "").replace("@aurora.example", "")).collect()
}

#[tokio::test]
async fn every_operator_means_what_the_table_says() {
    let prefix = "operators-";
    let _held = cast(prefix).await;
    for (filter, wanted) in [
        ("title eq \"Agent\"", "1"),
        ("title ne \"Agent\"", "23"),
        ("title co \"ea\"", "2"),
        ("title sw \"Le\"", "2"),
        ("title sw \"Lead\"", "2"),
        ("title ew \"nt\"", "1"),
        ("title ew \"Agent\"", "1"),
        ("title pr", "12"),
        ("name pr", "1"),
        ("title gt \"Agent\"", "2"),
        ("title ge \"Agent\"", "12"),
        ("title lt \"Lead\"", "1"),
        ("title le \"Lead\"", "12"),
        ("meta.created gt \"2011-05-13T04:42:34Z\"", "123"),
        ("meta.lastModified le \"2011-05-13T04:42:34Z\"", ""),
        ("active eq true", "13"),
        ("title eq null", "3"),
        ("emails co \"example.org\"", "12"),
        ("emails.type eq \"work\"", "12"),
        (&format!("schemas eq \"{ENTERPRISE}\""), "1"),
        (&format!("{ENTERPRISE}:department eq \"support\""), "1"),
    ] {
        assert_eq!(rows(prefix, filter).await, wanted, "{filter}");
    }
}

#[tokio::test]
async fn not_binds_before_and_and_and_before_or_and_parentheses_before_all() {
    let prefix = "precedence-";
    let _held = cast(prefix).await;
    for (filter, wanted) in [
        ("title eq \"Lead\" or userType eq \"Employee\" and active eq false", "2"),
        ("(title eq \"Lead\" or userType eq \"Employee\") and active eq false", "2"),
        ("title eq \"Agent\" or title eq \"Lead\" and active eq true", "1"),
        ("(title eq \"Agent\" or title eq \"Lead\") and active eq true", "1"),
        ("active eq true or title eq \"Lead\" and active eq true", "13"),
        ("title eq \"Lead\" and active eq true or active eq true", "13"),
        ("title eq \"Lead\" and (active eq true or active eq true)", ""),
        ("not (title eq \"Agent\") and active eq true", "3"),
        ("not (title eq \"Agent\" and active eq true)", "23"),
    ] {
        assert_eq!(rows(prefix, filter).await, wanted, "{filter}");
    }
}

#[tokio::test]
async fn conditions_between_brackets_hold_for_one_and_the_same_value() {
    let prefix = "brackets-";
    let _held = cast(prefix).await;
    for (filter, wanted) in [
        ("emails[type eq \"work\" and value co \"@example.com\"]", "1"),
        ("emails.type eq \"work\" and emails.value co \"@example.com\"", "12"),
        ("emails[type eq \"home\" and not (value ew \".org\")]", "2"),
        ("emails[type eq \"work\" and value co \"@example.com\"] or userType eq \"Intern\"", "13"),
    ] {
        assert_eq!(rows(prefix, filter).await, wanted, "{filter}");
    }
    let got = bench().among(prefix, "emails[userName eq \"x\"]").await;
    got.is_error(400, Some("invalidFilter"));
}

#[tokio::test]
async fn names_and_operators_have_no_letter_case_and_values_have_it_where_the_attribute_does() {
    let prefix = "cases-";
    let _held = cast(prefix).await;
    for (filter, wanted) in [
        ("TITLE Eq \"agent\"", "1"),
        ("title EQ \"AGENT\" AND Active eq True", "1"),
        ("externalid eq \"Ext-1\"", "1"),
        ("externalId eq \"ext-1\"", ""),
        ("externalId sw \"ext\"", ""),
        ("Name.FamilyName co \"O'MALLEY\"", "1"),
    ] {
        assert_eq!(rows(prefix, filter).await, wanted, "{filter}");
    }
}

#[tokio::test]
async fn what_cannot_be_compared_or_is_no_filter_is_400_invalid_filter_with_a_reason() {
    let bench = bench();
    for (filter, word) in [
        ("active gt true", "active"),
        ("active ge true", "active"),
        ("active lt true", "active"),
        ("active le true", "active"),
        ("x509Certificates.value gt \"TUlJ\"", "x509Certificates"),
        ("x509Certificates.value le \"TUlJ\"", "x509Certificates"),
        ("userName regex \"x\"", "filter"),
        ("userName", "filter"),
        ("userName eq", "filter"),
        ("eq \"x\"", "filter"),
        ("and", "filter"),
        ("userName eq \"x\" userName eq \"y\"", "filter"),
        ("(userName eq \"x\"", "filter"),
        ("name eq \"x\"", "name"),
        ("shoeSize eq 43", "shoeSize"),
        ("emails[type eq \"work\"", "filter"),
    ] {
        let got = bench.list("Users", &[("filter", filter)]).await;
        let detail = got.is_error(400, Some("invalidFilter"));
        assert!(detail.contains(word), "{filter}: {detail}");
    }
}

#[tokio::test]
async fn filters_see_what_was_returned_to_the_client_and_nothing_else() {
    let bench = bench();
    let made = bench.user("defaulted", json!({"name": {"givenName": "Dora", "familyName": "Default"}})).await;
    for name in ["active", "displayName", "title", "name.givenName", "meta.created", "groups", "emails"] {
        let shown = made.body.pointer(&format!("/{}", name.replace('.', "/")));
        let shown = shown.is_some_and(|it| !it.is_null() && it != &json!([]));
        let got = bench.among("defaulted@", &format!("{name} pr")).await;
        let wanted = if shown { vec![address("defaulted")] } else { vec![] };
        assert_eq!(got.column("userName"), wanted, "{name}: {made:?}");
    }
}

#[tokio::test]
async fn a_value_that_says_nothing_about_being_primary_is_not_primary() {
    let prefix = "unmarked-";
    let bench = bench();
    for (name, emails) in [
        ("1", json!([{"value": "a@x.example"}])),
        ("2", json!([{"value": "a@x.example", "primary": true}])),
        ("3", json!([{"value": "a@x.example", "primary": false}, {"value": "b@x.example", "primary": true}])),
    ] {
        bench.user(&format!("{prefix}{name}"), json!({"emails": emails})).await;
    }
    for (filter, wanted) in [
        ("emails[primary eq false]", "13"),
        ("emails[primary eq true]", "23"),
        ("emails[primary ne true]", "13"),
        ("emails.primary eq false", "13"),
        ("emails[value eq \"a@x.example\" and not (primary eq true)]", "13"),
    ] {
        assert_eq!(rows(prefix, filter).await, wanted, "{filter}");
    }
}
