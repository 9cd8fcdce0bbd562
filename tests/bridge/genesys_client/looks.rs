//! Every look: finding, observing, listing, resolving, and what is never taken for an answer.
//!
//! Looks under faults are in `faults.rs`.

use genesys_cloud_emulator::{Fault, FaultKind, Quirks};
use genesys_scim_bridge::testing::model::ports::{CallContext, Priority, Resolution, Upstream, Write};
use genesys_scim_bridge::testing::model::{
    Aspects, Kind, Mark, Proficiency, UserId, UserState, Verdict, Wanted,
};
use serde_json::json;

use super::rig::{AUTHORITY, Rig, context, done, everything, new_user};

#[tokio::test(flavor = "multi_thread")]
async fn a_user_is_found_by_its_address_in_every_state() {
    for filter_finds_inactive in [false, true] {
        let rig = Rig::with(Quirks { filter_finds_inactive, ..Quirks::default() }, |_| {});
        rig.cloud.settle();
        let rows = [
            ("Iris.Keller@aurora.example", Some(UserState::Active)),
            ("ben.okafor@aurora.example", Some(UserState::Inactive)),
            ("lena.brandt@aurora.example", Some(UserState::Deleted)),
            ("nobody@aurora.example", None),
        ];
        for (email, expected) in rows {
            let found = done(rig.client.find_by_email(email, &context()).await);
            assert_eq!(found.iter().map(|user| user.state).next(), expected, "{email}");
            assert!(found.len() <= 1, "{found:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_search_index_remembers_wrongly_is_looked_at() {
    let rig = Rig::with(Quirks { search_lag_ms: 600_000, ..Quirks::default() }, |_| {});
    rig.cloud.settle();
    let iris = rig.id_of("iris.keller@aurora.example").await;
    rig.write(Write::SetActive(iris.clone(), false)).await;
    let found = done(rig.client.find_by_email("iris.keller@aurora.example", &context()).await);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].state, UserState::Inactive, "the index still says active");
    rig.write(Write::DeleteUser(iris)).await;
    let found = done(rig.client.find_by_email("iris.keller@aurora.example", &context()).await);
    assert_eq!(found[0].state, UserState::Deleted);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mark_finds_its_user_and_no_other() {
    let rig = Rig::new();
    let user = UserId::new(rig.write(new_user("ada@aurora.example", "s-42")).await.unwrap());
    rig.observe(&user).await;
    let mark = |value: &str| Mark { authority: AUTHORITY.into(), value: value.into() };
    assert_eq!(done(rig.client.find_by_mark(&mark("s-42"), &context()).await), Some(user.clone()));
    assert_eq!(done(rig.client.find_by_mark(&mark("s-43"), &context()).await), None);
    let seen = rig.observe(&user).await;
    assert!(seen.external_ids.contains(&(AUTHORITY.to_owned(), "s-42".to_owned())), "{seen:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_is_observed_whole_and_a_stranger_is_none() {
    let rig = Rig::new();
    let iris = rig.id_of("iris.keller@aurora.example").await;
    let mut aspects = everything();
    let hr = Wanted::Attribute { schema: "HR".into(), field: "grade".into(), value: json!(3) };
    let resolved = done(rig.client.resolve(&[hr], None, &context()).await);
    let Resolution::Found(grade) = &resolved[0] else { panic!("{resolved:?}") };
    aspects.about = Aspects::of([&grade.target]).about;
    let seen = done(rig.client.observe(&iris, &aspects, &context()).await).unwrap();
    let words: Vec<String> = seen.entitlements.values().map(|one| one.target.to_string()).collect();
    for expected in [
        "role Agent in division EMEA",
        "role employee in division Home",
        "skill Motor claims",
        "language German",
        "queue EMEA Motor Claims",
        "attribute HR.badge_number_identifier",
    ] {
        assert!(words.iter().any(|word| word == expected), "{expected} in {words:?}");
    }
    assert!(!words.iter().any(|word| word.contains("Reporting Viewer")), "inherited from a group: {words:?}");
    assert_eq!(seen.division.unwrap().name, "EMEA");
    assert_eq!(seen.read, aspects.kinds);
    let stranger = UserId::new("00000000-0000-4000-8000-000000000000");
    assert_eq!(done(rig.client.observe(&stranger, &everything(), &context()).await), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn fewer_aspects_cost_fewer_calls() {
    let rig = Rig::new();
    let iris = rig.id_of("iris.keller@aurora.example").await;
    done(rig.client.observe(&iris, &everything(), &context()).await);
    rig.cloud.clear_ledger();
    done(rig.client.observe(&iris, &Default::default(), &context()).await);
    assert_eq!(rig.cloud.ledger().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn names_resolve_to_ids_and_unknown_ones_come_with_near_misses() {
    let rig = Rig::new();
    let level = Proficiency::new(3.0).unwrap();
    let wanted = [
        Wanted::Member { kind: Kind::Queue, name: "emea billing".into() },
        Wanted::Member { kind: Kind::Queue, name: "EMEA Biling".into() },
        Wanted::Level { kind: Kind::Skill, name: "billing".into(), proficiency: level },
        Wanted::Role { role: "Agent".into(), division: Some("Mars".into()) },
        Wanted::Attribute { schema: "HR".into(), field: "grade".into(), value: json!("eleven") },
        Wanted::Attribute { schema: "HR".into(), field: "grad".into(), value: json!(1) },
        Wanted::Attribute { schema: "Payroll".into(), field: "x".into(), value: json!(1) },
        Wanted::Role { role: "Agent".into(), division: None },
    ];
    let got = done(rig.client.resolve(&wanted, None, &context()).await);
    let words: Vec<String> = got
        .iter()
        .map(|one| match one {
            Resolution::Found(found) => format!("found {}", found.target),
            Resolution::UnknownName { what, similar } => format!("unknown {what} {similar:?}"),
            Resolution::BadValue(why) => format!("bad {why}"),
        })
        .collect();
    assert_eq!(words[0], "found queue EMEA Billing");
    assert!(words[1].starts_with("unknown queue \"EMEA Biling\" [\"EMEA Billing\""), "{}", words[1]);
    assert!(
        words[2].starts_with("unknown skill \"billing\" [\"Billing\""),
        "skills are case-sensitive: {}",
        words[2]
    );
    assert!(words[3].starts_with("unknown division \"Mars\""), "{}", words[3]);
    assert!(words[4].starts_with("bad ") && !words[4].contains("eleven"), "{}", words[4]);
    assert!(words[5].contains("[\"grade\"]"), "{}", words[5]);
    assert!(words[6].starts_with("unknown custom-attribute schema"), "{}", words[6]);
    assert_eq!(words[7], "found role Agent in division Home");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listing_is_read_once_and_a_missed_name_is_looked_up_once() {
    let rig = Rig::new();
    let wanted = [
        Wanted::Member { kind: Kind::Queue, name: "Nope".into() },
        Wanted::Member { kind: Kind::Queue, name: "VIP".into() },
    ];
    for _ in 0..3 {
        done(rig.client.resolve(&wanted, None, &context()).await);
    }
    assert_eq!(rig.count("GET", "/routing/queues"), 2, "one listing, one look-up by name");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listing_that_others_may_wait_for_is_never_background_work() {
    let rig = Rig::with(Quirks::default(), |settings| settings.tell_priority = true);
    let background = CallContext::new(Priority::Background, "import");
    done(rig.client.list_users(None, &background).await);
    let of = |part: &str| {
        let calls = rig.cloud.ledger();
        calls.into_iter().find(|call| call.path.contains(part)).and_then(|call| call.priority)
    };
    assert_eq!(of("scim/v2/users").as_deref(), Some("Background"));
    assert_eq!(of("authorization/divisions").as_deref(), Some("Waiting"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listing_that_breaks_off_is_no_listing() {
    let rig = Rig::new();
    let broken = Fault::on("GET", "/api/v2/routing/queues?", FaultKind::Status(503)).once();
    rig.cloud.fault(broken);
    let wanted = [Wanted::Member { kind: Kind::Queue, name: "VIP".into() }];
    let verdict = rig.client.resolve(&wanted, None, &context()).await;
    assert!(matches!(verdict, Verdict::Later(_)), "{verdict:?}");
    let found = done(rig.client.resolve(&wanted, None, &context()).await);
    assert!(matches!(found[0], Resolution::Found(_)), "{found:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_import_sees_active_and_inactive_users_and_all_groups_once() {
    let rig = Rig::new();
    for i in 0..30 {
        rig.write(new_user(&format!("agent{i}@aurora.example"), &format!("m-{i}"))).await;
    }
    let mut names = Vec::new();
    let mut page = None;
    loop {
        let got = done(rig.client.list_users(page, &context()).await);
        names.extend(got.items.iter().map(|user| user.document["userName"].as_str().unwrap().to_owned()));
        page = got.next;
        if page.is_none() {
            break;
        }
    }
    let distinct: std::collections::BTreeSet<_> = names.iter().collect();
    assert_eq!((names.len(), distinct.len()), (35, 35));
    assert!(names.contains(&"ben.okafor@aurora.example".to_owned()));
    assert!(!names.contains(&"lena.brandt@aurora.example".to_owned()));
    let groups = done(rig.client.list_groups(None, &context()).await);
    assert_eq!(groups.next, None);
    let night = groups.items.iter().find(|group| group.name == "Night Shift").unwrap();
    assert_eq!(night.members.as_ref().map(std::collections::BTreeSet::len), Some(2));
}

#[tokio::test(flavor = "multi_thread")]
async fn groups_divisions_and_the_organisation_are_found_by_name() {
    let rig = Rig::new();
    let group = done(rig.client.find_group("Night Shift", &context()).await).unwrap();
    assert_eq!(
        done(rig.client.observe_group(&group.id, false, &context()).await).unwrap().name,
        "Night Shift"
    );
    assert_eq!(done(rig.client.find_group("Day Shift", &context()).await), None);
    assert_eq!(done(rig.client.division("EMEA", &context()).await).unwrap().name, "EMEA");
    assert_eq!(done(rig.client.division("Mars", &context()).await), None);
    assert_eq!(done(rig.client.whoami(&context()).await), "Aurora Insurance");
}
