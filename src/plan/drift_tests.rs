//! Table tests of the differences of one user.

use serde_json::json;

use super::*;
use crate::model::{Granted, Proficiency};
use crate::store::samples::{granted, named, object};

const PERSON: &str = r#"{"userName": "ada@x.org", "displayName": "Ada", "active": true}"#;

/// What a case is made of; the default is an active user who is as it should be.
struct Case {
    document: serde_json::Value,
    observed: Option<Observed>,
    desired: Vec<Resolved>,
    unresolved: Vec<Wanted>,
    granted: GrantedSet,
    recent: Recent,
    division: Option<Named>,
    extent: Extent,
}

fn case() -> Case {
    let document: serde_json::Value = serde_json::from_str(PERSON).unwrap();
    Case {
        observed: Some(Observed {
            document: object(document.clone()),
            read: Kind::ALL.into_iter().collect(),
            ..Observed::default()
        }),
        document,
        desired: vec![],
        unresolved: vec![],
        granted: GrantedSet::new(),
        recent: Recent::new(),
        division: None,
        extent: Extent::Whole,
    }
}

fn entitlement(key: &str, level: Option<f64>) -> Entitlement {
    let (_, Granted { mut entitlement, .. }) = granted(key);
    if let Some(level) = level {
        entitlement.setting = Setting::Level(Proficiency::new(level).unwrap());
    }
    entitlement
}

impl Case {
    fn wants(mut self, key: &str, level: Option<f64>) -> Self {
        let reason = Reason::Rule("r".to_owned());
        self.desired.push(Resolved { entitlement: entitlement(key, level), reason });
        self
    }

    fn gave(mut self, key: &str, level: Option<f64>) -> Self {
        let (key, mut one) = granted(key);
        one.entitlement = entitlement(&key, level);
        self.granted.insert(key, one);
        self
    }

    fn has(mut self, key: &str, level: Option<f64>) -> Self {
        let held = entitlement(key, level);
        self.observed.as_mut().unwrap().entitlements.insert(key.to_owned(), held);
        self
    }

    fn state(mut self, active: bool, there: UserState) -> Self {
        self.document["active"] = json!(active);
        self.observed.as_mut().unwrap().state = there;
        self
    }

    fn told(&self) -> Vec<String> {
        let document = object(self.document.clone());
        let payload = identity::payload(&document, "ada@x.org", &|_| true);
        let input = DriftInput {
            document: &document,
            payload: &payload,
            observed: self.observed.as_ref(),
            extent: self.extent,
            division: self.division.as_ref(),
            desired: &self.desired,
            unresolved: &self.unresolved,
            granted: &self.granted,
            recent: &self.recent,
        };
        let line = |one: Difference| {
            format!(
                "{} {}{}",
                one.class,
                one.what,
                if one.wins == Winner::Genesys { " (theirs)" } else { "" }
            )
        };
        differences(&input).into_iter().map(line).collect()
    }
}

#[test]
fn each_way_to_differ_has_its_class_and_what_is_as_it_should_be_has_none() {
    let table: Vec<(&str, Case, &[&str])> = vec![
        ("nothing", case(), &[]),
        ("as it should be", case().wants("queue/q", None).gave("queue/q", None).has("queue/q", None), &[]),
        ("taken away", case().wants("queue/q", None).gave("queue/q", None), &["missing queue q"]),
        ("never given", case().wants("role/r/d", None), &["missing role r in division d"]),
        (
            "another level",
            case().wants("skill/s", Some(3.0)).gave("skill/s", Some(3.0)).has("skill/s", Some(4.0)),
            &["changed skill s"],
        ),
        ("the same level", case().wants("skill/s", Some(3.0)).has("skill/s", Some(3.0)), &[]),
        (
            "ours, and nobody wants it",
            case().gave("queue/q", None).has("queue/q", None),
            &["surplus queue q"],
        ),
        (
            "ours no longer, by another level",
            case().gave("skill/s", Some(3.0)).has("skill/s", Some(4.0)),
            &[],
        ),
        ("somebody else's", case().has("queue/q", None), &["foreign queue q (theirs)"]),
        ("out here, in there", case().state(false, UserState::Active), &["reactivated_outside access"]),
        ("in here, out there", case().state(true, UserState::Inactive), &["changed access (theirs)"]),
        (
            "out in both",
            case().state(false, UserState::Inactive).has("role/r/d", None).gave("role/r/d", None),
            &[],
        ),
        ("deleted", case().state(true, UserState::Deleted).wants("queue/q", None), &["gone access"]),
        ("not there", Case { observed: None, ..case() }, &["gone access"]),
        (
            "held by a name that Genesys does not know",
            Case { unresolved: vec![Wanted::Member { kind: Kind::Queue, name: "q".into() }], ..case() }
                .gave("queue/q", None)
                .has("queue/q", None),
            &[],
        ),
    ];
    for (why, case, wanted) in table {
        assert_eq!(case.told(), wanted, "{why}");
    }
}

#[test]
fn whoever_has_access_and_should_not_heads_the_list() {
    let mut case = case().wants("skill/s", Some(3.0)).state(false, UserState::Active);
    case.document["title"] = json!("Agent");
    assert_eq!(case.told(), ["reactivated_outside access", "missing skill s", "missing title"]);
}

#[test]
fn letter_case_of_the_address_and_the_spelling_of_numbers_are_no_difference() {
    let mut case = case();
    case.document["phoneNumbers"] = json!([{"type": "work", "value": "+1 425-555-0100"}]);
    let observed = case.observed.as_mut().unwrap();
    observed.document.insert("userName".into(), json!("Ada@X.org"));
    observed.document.insert("phoneNumbers".into(), json!([{"type": "work", "value": "tel:+14255550100"}]));
    assert_eq!(case.told(), Vec::<String>::new());
    case.observed.as_mut().unwrap().document.insert("displayName".into(), json!("ADA"));
    assert_eq!(case.told(), ["changed displayName"]);
}

#[test]
fn a_listing_is_not_blamed_for_what_it_does_not_show() {
    let mut case = Case { extent: Extent::Listed, ..case() };
    case.document["externalId"] = json!("e-1");
    case.document["phoneNumbers"] = json!([{"type": "microsoftteams", "value": "+14255550100"}]);
    let observed = case.observed.as_mut().unwrap();
    observed.document.insert("phoneNumbers".into(), json!([{"type": "other", "value": "+14255550100"}]));
    observed.read.remove(&Kind::Attribute);
    let case = case.wants("attribute/a/f", None).gave("attribute/a/f", None);
    assert_eq!(case.told(), Vec::<String>::new());
    let whole = Case { extent: Extent::Whole, ..case };
    assert_eq!(whole.told(), ["missing externalId", "changed phoneNumbers"]);
}

#[test]
fn the_division_differs_only_where_somebody_wishes_one() {
    let mut case = case();
    case.observed.as_mut().unwrap().division = Some(named("d1"));
    assert_eq!(case.told(), Vec::<String>::new());
    case.division = Some(named("d2"));
    assert_eq!(case.told(), ["changed division"]);
}

#[test]
fn what_we_wrote_a_moment_ago_is_believed_more_than_an_older_look() {
    let mut ours = crate::model::Ours::default();
    let write = crate::model::ours::Write { was: None, is: Some(Setting::Held) };
    ours.wrote([("queue/q".to_owned(), Some(write))].into(), 5);
    let case = Case { recent: ours.recent(6), ..case() }.wants("queue/q", None).gave("queue/q", None);
    assert_eq!(case.told(), Vec::<String>::new());
}

#[test]
fn values_of_attributes_are_never_shown_and_levels_are() {
    let mut one = case().wants("skill/s", Some(3.0)).has("skill/s", Some(4.0));
    one.document["title"] = json!("Secret title");
    let document = object(one.document.clone());
    let payload = identity::payload(&document, "ada@x.org", &|_| true);
    let input = DriftInput {
        document: &document,
        payload: &payload,
        observed: one.observed.as_ref(),
        extent: Extent::Whole,
        division: None,
        desired: &one.desired,
        unresolved: &[],
        granted: &one.granted,
        recent: &one.recent,
    };
    let told = serde_json::to_string(&differences(&input)).unwrap();
    assert!(!told.contains("Secret"), "{told}");
    assert!(told.contains(r#""ours":"3","theirs":"4""#), "{told}");
    assert!(told.contains("rule r; it was not given yet"), "{told}");
}
